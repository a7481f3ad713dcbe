use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::{Analytics, AnalyticsOptions, MOST_HOURS, MOST_ORIGINS, Outcome};

const BOTH: AnalyticsOptions = AnalyticsOptions {
    connection_patterns: true,
    performance_metrics: true,
};

fn hour(number: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(number * 3600)
}

fn answered(reused: bool, at_once: u64) -> Outcome<'static> {
    Outcome {
        reused: Some(reused),
        connected: (!reused).then_some(Duration::from_millis(30)),
        answered: Some(Duration::from_millis(100)),
        error: None,
        at_once,
    }
}

fn failed(reason: &str) -> Outcome<'_> {
    Outcome {
        reused: None,
        connected: None,
        answered: None,
        error: Some(reason),
        at_once: 1,
    }
}

fn exported(analytics: &Analytics) -> Value {
    serde_json::from_str(&analytics.export()).unwrap()
}

#[test]
fn requests_are_counted_by_origin_and_hour() {
    let mut analytics = Analytics::new(BOTH);
    let (a, b): (Arc<str>, Arc<str>) = ("https://a.test".into(), "https://b.test".into());
    analytics.count(hour(1), &a, answered(false, 1));
    analytics.count(hour(1) + Duration::from_secs(3599), &a, answered(true, 7));
    analytics.count(hour(1), &a, failed("ECONNREFUSED"));
    analytics.count(hour(1), &a, failed("ECONNREFUSED"));
    analytics.count(hour(2), &b, failed("503"));
    let export = exported(&analytics);
    assert_eq!(
        export["hours"][0],
        json!({
            "hour": 3600,
            "origin": "https://a.test",
            "requests": 4,
            "reused": 1,
            "reuse_rate": 0.25,
            "connections_opened": 1,
            "most_requests_at_once": 7,
            "connections_timed": 1,
            "avg_connect_time_ms": 30.0,
            "max_connect_time_ms": 30.0,
            "responses": 2,
            "avg_response_time_ms": 100.0,
            "max_response_time_ms": 100.0,
            "errors": 2,
            "errors_by_reason": { "ECONNREFUSED": 2 },
        })
    );
    assert_eq!(export["hours"][1]["origin"], "https://b.test");
    assert_eq!(export["hours"].as_array().unwrap().len(), 2);
}

#[test]
fn only_what_is_to_be_collected_is_exported() {
    for (patterns, performance) in [(true, false), (false, true)] {
        let mut analytics = Analytics::new(AnalyticsOptions {
            connection_patterns: patterns,
            performance_metrics: performance,
        });
        analytics.count(hour(1), &"https://a.test".into(), answered(true, 1));
        let row = &exported(&analytics)["hours"][0];
        assert_eq!(row.get("reuse_rate").is_some(), patterns);
        assert_eq!(row.get("avg_connect_time_ms").is_some(), performance);
    }
}

#[test]
fn its_memory_does_not_grow_with_time_origins_or_errors() {
    let mut analytics = Analytics::new(BOTH);
    for number in 0..2 * MOST_HOURS as u64 {
        analytics.count(hour(number), &"https://a.test".into(), answered(true, 1));
    }
    assert_eq!(analytics.hours.len(), MOST_HOURS);
    assert_eq!(
        analytics.hours.first_key_value().unwrap().0,
        &(MOST_HOURS as u64)
    );
    for number in 0..1000 {
        let origin = format!("https://{number}.test").into();
        analytics.count(hour(5000), &origin, failed(&number.to_string()));
        analytics.count(
            hour(5001),
            &"https://a.test".into(),
            failed(&number.to_string()),
        );
    }
    assert_eq!(analytics.hours[&5000].len(), MOST_ORIGINS + 1);
    let export = exported(&analytics);
    let last = export["hours"].as_array().unwrap().last().unwrap();
    assert_eq!(last["errors"], 1000);
    assert_eq!(last["errors_by_reason"].as_object().unwrap().len(), 33);
}

#[test]
fn a_clock_that_leaps_makes_an_hour_and_no_harm() {
    let mut analytics = Analytics::new(BOTH);
    for now in [
        hour(500_000),
        UNIX_EPOCH - Duration::from_secs(1),
        hour(1_000_000),
    ] {
        analytics.count(now, &"https://a.test".into(), answered(true, 1));
    }
    assert_eq!(exported(&analytics)["hours"].as_array().unwrap().len(), 3);
}

#[test]
fn a_clock_that_is_set_back_goes_on_counting() {
    let mut analytics = Analytics::new(BOTH);
    let origin = "https://a.test".into();
    for number in 0..MOST_HOURS as u64 {
        analytics.count(hour(10_000 + number), &origin, answered(true, 1));
    }
    for _ in 0..3 {
        analytics.count(hour(500), &origin, answered(true, 1));
    }
    assert_eq!(analytics.hours.len(), MOST_HOURS);
    let export = exported(&analytics);
    assert_eq!(export["hours"][0]["hour"], 500 * 3600);
    assert_eq!(export["hours"][0]["requests"], 3);
}
