use std::time::Duration;

use proptest::prelude::*;

use super::{FEWEST, Health, HealthOptions, HealthState};

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn health() -> Health {
    Health::new(HealthOptions::default())
}

#[test]
fn nobody_knows_better_than_that_a_new_place_is_healthy() {
    let status = health().status(at(0));
    assert_eq!(status.state, HealthState::Healthy);
    assert_eq!((status.requests, status.latency), (0, None));
}

#[test]
fn failures_in_a_row_make_it_unhealthy_until_one_is_answered() {
    let mut health = health();
    for second in 0..2 {
        health.failed(at(second), "ECONNREFUSED");
    }
    assert_eq!(health.state(at(2)), HealthState::Healthy);
    health.failed(at(2), "503");
    let status = health.status(at(5));
    assert_eq!(status.state, HealthState::Unhealthy);
    assert_eq!(status.consecutive_failures, 3);
    assert_eq!(status.last_error, Some(("503".into(), at(3))));
    // However long nobody asks.
    assert_eq!(health.state(at(10_000)), HealthState::Unhealthy);
    health.answered(at(10_001), ms(5));
    assert_eq!(health.state(at(10_001)), HealthState::Healthy);
}

#[test]
fn many_failures_among_others_degrade_it_until_they_leave_the_window() {
    let mut health = health();
    for second in 0..20 {
        health.answered(at(second), ms(5));
        if second % 5 == 0 {
            health.failed(at(second), "500");
        }
    }
    assert_eq!(health.state(at(20)), HealthState::Degraded);
    for second in 20..90 {
        health.answered(at(second), ms(5));
    }
    let status = health.status(at(90));
    assert_eq!((status.state, status.failures), (HealthState::Healthy, 0));
    assert_eq!(status.last_error, Some(("500".into(), at(75))));
}

#[test]
fn a_few_requests_say_nothing_of_a_rate() {
    let mut health = health();
    for second in 0..FEWEST - 1 {
        if second % 2 == 0 {
            health.failed(at(second), "500");
        } else {
            health.answered(at(second), ms(5));
        }
    }
    assert_eq!(health.state(at(FEWEST)), HealthState::Healthy);
}

#[test]
fn answers_that_take_too_long_degrade_it() {
    let mut health = Health::new(HealthOptions {
        degraded_above: Some(ms(500)),
        ..HealthOptions::default()
    });
    for request in 0..100 {
        health.answered(at(1), if request < 90 { ms(20) } else { ms(900) });
    }
    assert_eq!(health.state(at(1)), HealthState::Degraded);
    for _ in 0..200 {
        health.answered(at(1), ms(20));
    }
    assert_eq!(health.state(at(1)), HealthState::Healthy);
}

#[test]
fn a_clock_that_goes_back_forgets_nothing() {
    let mut health = health();
    health.answered(at(100), ms(5));
    health.failed(at(0), "500");
    let status = health.status(at(50));
    assert_eq!((status.requests, status.failures), (2, 1));
    assert!(!health.is_at_rest(at(0)));
    health.answered(at(100), ms(5));
    assert!(health.is_at_rest(at(1000)));
}

proptest! {
    #[test]
    fn quantiles_are_within_two_percent(
        mut millis in prop::collection::vec(1..100_000_u64, 100..400)
    ) {
        let mut health = health();
        for took in &millis {
            health.answered(at(1), ms(*took));
        }
        millis.sort_unstable();
        let latency = health.status(at(1)).latency.unwrap();
        for (quantile, found) in [0.5, 0.95, 0.99].into_iter().zip(latency) {
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_precision_loss,
                clippy::cast_sign_loss,
                reason = "a place in a short list"
            )]
            let place = (quantile * (millis.len() - 1) as f64).floor() as usize;
            let real = ms(millis[place]).as_secs_f64();
            let next = ms(millis[place + 1]).as_secs_f64();
            let found = found.as_secs_f64();
            prop_assert!((real * 0.98..=next * 1.02).contains(&found), "{} for {}", found, real);
        }
    }

    #[test]
    fn the_window_counts_what_happened_in_it(
        events in prop::collection::vec((0..5000_u64, any::<bool>()), 1..300)
    ) {
        let mut health = health();
        let mut now = Duration::ZERO;
        let mut all = Vec::new();
        for (after, fails) in events {
            now += ms(after);
            all.push(now);
            if fails {
                health.failed(now, "x");
            } else {
                health.answered(now, ms(1));
            }
            let requests = health.status(now).requests;
            let within = |span: Duration| {
                all.iter().filter(|at| **at + span > now).count() as u64
            };
            // The oldest part leaves as a whole.
            prop_assert!(requests <= within(at(60)) && requests >= within(at(50)));
        }
    }
}
