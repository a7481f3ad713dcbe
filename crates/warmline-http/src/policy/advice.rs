//! What a server says of sending a request again: `retry-after`, and what LLM providers add to it.

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::{DATE, RETRY_AFTER};

/// In milliseconds, finer than the standard's: Azure has it, and what follows its ways.
const RETRY_AFTER_MS: &str = "retry-after-ms";
/// `true` or `false`: whether a retry makes sense, whatever the status, for the SDKs of some providers.
const SHOULD_RETRY: &str = "x-should-retry";

/// How long the server asks to wait; `None` where it does not say, or nothing that can be read.
///
/// `retry-after` is a number of seconds or a date (RFC 9110, section 10.2.3). A date counts from the response's
/// own `date`: then neither clock has to be right. Without one it counts from `now`.
pub(crate) fn wait(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    if let Some(millis) = number(headers, RETRY_AFTER_MS) {
        return Some(millis / 1000);
    }
    if let Some(seconds) = number(headers, RETRY_AFTER.as_str()) {
        return Some(seconds);
    }
    let until = date(headers, RETRY_AFTER.as_str())?;
    let from = date(headers, DATE.as_str()).unwrap_or(now);
    // A date that has passed asks for no wait.
    Some(until.duration_since(from).unwrap_or_default())
}

/// Whether the server wants the request again; `None` where it does not say.
pub(crate) fn should_retry(headers: &HeaderMap) -> Option<bool> {
    match headers.get(SHOULD_RETRY)?.as_bytes() {
        b"true" => Some(true),
        b"false" => Some(false),
        _ => None,
    }
}

/// A number that is not negative, as so many seconds. Providers write fractions, which the standard does not.
fn number(headers: &HeaderMap, name: &str) -> Option<Duration> {
    let text = headers.get(name)?.to_str().ok()?.trim();
    let digits = |byte: u8| byte.is_ascii_digit() || byte == b'.';
    if !text.bytes().all(digits) {
        return None;
    }
    Duration::try_from_secs_f64(text.parse().ok()?).ok()
}

fn date(headers: &HeaderMap, name: &str) -> Option<SystemTime> {
    httpdate::parse_http_date(headers.get(name)?.to_str().ok()?.trim()).ok()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const NOW: SystemTime = SystemTime::UNIX_EPOCH;

    fn asked(headers: &[(&'static str, &'static str)]) -> Option<Duration> {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)))
            .collect();
        wait(&headers, NOW)
    }

    #[test]
    fn seconds_milliseconds_and_dates_are_read() {
        for (name, value, wait) in [
            ("retry-after", "20", Some(20_000)),
            ("retry-after", " 0 ", Some(0)),
            ("retry-after", "1.5", Some(1500)),
            ("retry-after-ms", "250", Some(250)),
            ("retry-after-ms", "0.5", Some(0)),
            ("retry-after", "Thu, 01 Jan 1970 00:00:30 GMT", Some(30_000)),
            // The two other forms that have to be understood.
            (
                "retry-after",
                "Thursday, 01-Jan-70 00:00:30 GMT",
                Some(30_000),
            ),
            ("retry-after", "Thu Jan  1 00:00:30 1970", Some(30_000)),
            ("retry-after", "", None),
            ("retry-after", ".", None),
            ("retry-after", "-1", None),
            ("retry-after", "1e3", None),
            ("retry-after", "inf", None),
            ("retry-after", "NaN", None),
            ("retry-after", "soon", None),
            ("retry-after", "99999999999999999999999", None),
        ] {
            let millis = asked(&[(name, value)]).map(|wait| wait.as_millis());
            assert_eq!(millis, wait, "{name}: {value}");
        }
    }

    #[test]
    fn milliseconds_go_before_seconds() {
        let both = asked(&[("retry-after", "2"), ("retry-after-ms", "1234")]);
        assert_eq!(both, Some(Duration::from_millis(1234)));
    }

    #[test]
    fn a_date_counts_from_the_servers_own_clock() {
        let wait = asked(&[
            ("date", "Wed, 21 Oct 2026 07:28:00 GMT"),
            ("retry-after", "Wed, 21 Oct 2026 07:28:05 GMT"),
        ]);
        assert_eq!(wait, Some(Duration::from_secs(5)));
    }

    #[test]
    fn a_date_that_has_passed_asks_for_no_wait() {
        let wait = asked(&[
            ("date", "Wed, 21 Oct 2026 07:28:00 GMT"),
            ("retry-after", "Wed, 21 Oct 2026 07:27:00 GMT"),
        ]);
        assert_eq!(wait, Some(Duration::ZERO));
    }

    #[test]
    fn only_the_two_words_say_whether_to_retry() {
        for (value, word) in [("true", Some(true)), ("false", Some(false)), ("yes", None)] {
            let mut headers = HeaderMap::new();
            assert_eq!(should_retry(&headers), None);
            headers.insert(SHOULD_RETRY, HeaderValue::from_static(value));
            assert_eq!(should_retry(&headers), word, "{value}");
        }
    }
}
