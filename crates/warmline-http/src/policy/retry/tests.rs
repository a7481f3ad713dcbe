use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderValue, StatusCode};
use proptest::prelude::*;

use super::{Exception, RetryOptions};
use crate::error::{Error, Phase};

const MAX: f64 = 1.0;

fn after_status(
    retry: &RetryOptions,
    made: u32,
    status: u16,
    headers: &[(&'static str, &'static str)],
) -> Option<Duration> {
    let headers: HeaderMap = headers
        .iter()
        .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)))
        .collect();
    let status = StatusCode::from_u16(status).unwrap();
    retry.after_response(made, status, &headers, SystemTime::UNIX_EPOCH, MAX)
}

fn failure(code: &'static str, phase: Phase) -> Error {
    let mut error = Error::new(code, phase, "");
    error.retryable = phase < Phase::Send;
    error
}

#[test]
fn the_listed_statuses_are_retried_and_no_others() {
    let retry = RetryOptions::default();
    for status in [408, 429, 500, 502, 503, 504] {
        assert!(after_status(&retry, 0, status, &[]).is_some(), "{status}");
    }
    for status in [200, 204, 304, 400, 401, 404, 409, 501, 505, 529] {
        assert_eq!(after_status(&retry, 0, status, &[]), None, "{status}");
    }
}

#[test]
fn the_back_off_doubles_up_to_its_limit() {
    let retry = RetryOptions {
        attempts: 100,
        backoff_max_delay: Duration::from_secs(3),
        ..RetryOptions::default()
    };
    let waits: Vec<u128> = (0..5)
        .filter_map(|made| after_status(&retry, made, 503, &[]))
        .map(|wait| wait.as_millis())
        .collect();
    assert_eq!(waits, [500, 1000, 2000, 3000, 3000]);
    assert_eq!(
        after_status(&retry, 99, 503, &[]),
        Some(Duration::from_secs(3))
    );
}

#[test]
fn there_are_no_more_than_so_many_retries() {
    let retry = RetryOptions {
        attempts: 2,
        ..RetryOptions::default()
    };
    assert!(after_status(&retry, 1, 503, &[]).is_some());
    assert_eq!(after_status(&retry, 2, 503, &[]), None);
    let refused = failure("ECONNREFUSED", Phase::Connect);
    assert!(retry.after_failure(1, &refused, false, MAX).is_some());
    assert_eq!(retry.after_failure(2, &refused, false, MAX), None);
}

#[test]
fn the_servers_wait_is_kept_up_to_the_limit() {
    let retry = RetryOptions::default();
    let wait = after_status(&retry, 0, 429, &[("retry-after", "7")]);
    assert_eq!(wait, Some(Duration::from_secs(7)));
    let wait = after_status(&retry, 0, 429, &[("retry-after", "3600")]);
    assert_eq!(wait, Some(Duration::from_secs(60)));
    let wait = after_status(&retry, 0, 429, &[("retry-after-ms", "40")]);
    assert_eq!(wait, Some(Duration::from_millis(40)));
}

#[test]
fn the_servers_word_goes_before_the_list() {
    let retry = RetryOptions::default();
    let no = [("x-should-retry", "false")];
    let yes = [("x-should-retry", "true")];
    assert_eq!(after_status(&retry, 0, 503, &no), None);
    assert!(after_status(&retry, 0, 529, &yes).is_some());
    assert!(after_status(&retry, 0, 409, &yes).is_some());
    assert_eq!(after_status(&retry, 3, 503, &yes), None);
    // What was done is not to be done again.
    assert_eq!(after_status(&retry, 0, 200, &yes), None);
}

#[test]
fn what_may_have_reached_the_server_is_sent_again_only_if_it_is_repeatable() {
    let retry = RetryOptions::default();
    for (code, phase) in [
        ("ECONNRESET", Phase::Headers),
        ("UND_ERR_SOCKET", Phase::Headers),
        ("UND_ERR_HEADERS_TIMEOUT", Phase::Headers),
        ("WARMLINE_WRITE_TIMEOUT", Phase::Send),
    ] {
        let error = failure(code, phase);
        assert_eq!(retry.after_failure(0, &error, false, MAX), None, "{code}");
        assert!(
            retry.after_failure(0, &error, true, MAX).is_some(),
            "{code}"
        );
    }
    for (code, phase) in [
        ("ENOTFOUND", Phase::Dns),
        ("ECONNREFUSED", Phase::Connect),
        ("UND_ERR_CONNECT_TIMEOUT", Phase::Connect),
        ("WARMLINE_POOL_TIMEOUT", Phase::Pool),
        ("ECONNRESET", Phase::Tls),
    ] {
        let error = failure(code, phase);
        assert!(
            retry.after_failure(0, &error, false, MAX).is_some(),
            "{code}"
        );
    }
}

#[test]
fn what_will_be_the_same_the_next_time_is_not_retried() {
    let retry = RetryOptions::default();
    for (code, phase) in [
        ("CERT_HAS_EXPIRED", Phase::Tls),
        ("ERR_TLS_CERT_ALTNAME_INVALID", Phase::Tls),
        ("EPROTO", Phase::Tls),
        ("ERR_INVALID_URL", Phase::Pool),
        ("WARMLINE_CLOSED", Phase::Pool),
        ("HPE_INVALID_CONSTANT", Phase::Headers),
        ("WARMLINE_REQUEST_BODY", Phase::Send),
        ("WARMLINE_TOTAL_TIMEOUT", Phase::Headers),
        ("ECONNRESET", Phase::Body),
    ] {
        let error = failure(code, phase);
        assert_eq!(retry.after_failure(0, &error, true, MAX), None, "{code}");
    }
}

#[test]
fn nothing_is_retried_after_a_defect_of_our_own_even_if_it_is_listed() {
    for code in ["WARMLINE_PANIC", "WARMLINE_ENGINE", "WARMLINE_INTERNAL"] {
        let retry = RetryOptions {
            exceptions: vec![
                Exception::Connect,
                Exception::Network,
                Exception::named(code),
            ],
            ..RetryOptions::default()
        };
        for phase in [Phase::Pool, Phase::Dns, Phase::Connect, Phase::Headers] {
            let mut error = failure(code, phase);
            error.retryable = true;
            assert_eq!(retry.after_failure(0, &error, true, MAX), None, "{code}");
        }
    }
}

#[test]
fn exceptions_are_those_that_are_listed() {
    let cases = [
        ("ConnectError", "ECONNREFUSED", Phase::Connect, true),
        (
            "ConnectError",
            "UND_ERR_CONNECT_TIMEOUT",
            Phase::Connect,
            false,
        ),
        ("ConnectError", "ECONNRESET", Phase::Headers, false),
        (
            "ConnectTimeout",
            "UND_ERR_CONNECT_TIMEOUT",
            Phase::Connect,
            true,
        ),
        (
            "ReadTimeout",
            "UND_ERR_HEADERS_TIMEOUT",
            Phase::Headers,
            true,
        ),
        (
            "ReadTimeout",
            "UND_ERR_CONNECT_TIMEOUT",
            Phase::Connect,
            false,
        ),
        ("PoolTimeout", "WARMLINE_POOL_TIMEOUT", Phase::Pool, true),
        (
            "TimeoutException",
            "WARMLINE_POOL_TIMEOUT",
            Phase::Pool,
            true,
        ),
        ("TimeoutException", "ECONNREFUSED", Phase::Connect, false),
        ("NetworkError", "ECONNREFUSED", Phase::Connect, true),
        ("NetworkError", "EPIPE", Phase::Send, true),
        (
            "NetworkError",
            "UND_ERR_HEADERS_TIMEOUT",
            Phase::Headers,
            false,
        ),
        ("EPROTO", "EPROTO", Phase::Tls, true),
        ("EPROTO", "ECONNRESET", Phase::Tls, false),
    ];
    for (name, code, phase, retried) in cases {
        let retry = RetryOptions {
            exceptions: vec![Exception::named(name)],
            ..RetryOptions::default()
        };
        let wait = retry.after_failure(0, &failure(code, phase), true, MAX);
        assert_eq!(wait.is_some(), retried, "{name}: {code}");
    }
}

proptest! {
    #[test]
    fn a_wait_is_a_part_of_the_back_off(
        made in 0..200_u32,
        factor in 0..100_000_u64,
        limit in 0..1_000_000_u64,
        random in 0.0..=1.0_f64,
    ) {
        let retry = RetryOptions {
            attempts: u32::MAX,
            backoff_factor: Duration::from_millis(factor),
            backoff_max_delay: Duration::from_millis(limit),
            ..RetryOptions::default()
        };
        let status = StatusCode::SERVICE_UNAVAILABLE;
        let now = SystemTime::UNIX_EPOCH;
        let wait = |random| retry.after_response(made, status, &HeaderMap::new(), now, random);
        let longest = wait(1.0).unwrap();
        prop_assert!(longest <= retry.backoff_max_delay);
        prop_assert_eq!(wait(0.0), Some(Duration::ZERO));
        prop_assert!(wait(random).unwrap() <= longest);
        if made > 0 {
            let before = retry.after_response(made - 1, status, &HeaderMap::new(), now, 1.0);
            prop_assert!(before.unwrap() <= longest);
        }
    }
}
