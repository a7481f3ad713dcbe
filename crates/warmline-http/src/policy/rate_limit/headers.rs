//! What providers say of their limits in the heads of responses, in the formats that they document.

use std::time::Duration;

use http::header::DATE;
use http::{HeaderMap, HeaderName};
use jiff::fmt::rfc2822::DateTimeParser;
use jiff::{SignedDuration, Timestamp};

use super::levels::{Kind, Level, Report};

/// Longer than any limit lasts, for a header that makes no sense.
const LONGEST: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// How a provider writes one of its limits.
struct Form {
    kind: Kind,
    limit: HeaderName,
    remaining: HeaderName,
    reset: HeaderName,
    /// When nothing of the limit will be used.
    time: fn(&str, &HeaderMap) -> Option<Duration>,
}

/// `OpenAI`'s, `x-ratelimit-reset-requests: 6m0s`, and those of whoever speaks like it (Azure, Groq, Cerebras,
/// xAI, Together, Fireworks); then Anthropic's, `anthropic-ratelimit-requests-reset: 2026-01-15T14:24:00Z`, of which
/// the last one is the tightest of the others, or stands alone.
static FORMS: [Form; 6] = [
    Form {
        kind: Kind::Requests,
        limit: HeaderName::from_static("x-ratelimit-limit-requests"),
        remaining: HeaderName::from_static("x-ratelimit-remaining-requests"),
        reset: HeaderName::from_static("x-ratelimit-reset-requests"),
        time: relative,
    },
    Form {
        kind: Kind::Tokens,
        limit: HeaderName::from_static("x-ratelimit-limit-tokens"),
        remaining: HeaderName::from_static("x-ratelimit-remaining-tokens"),
        reset: HeaderName::from_static("x-ratelimit-reset-tokens"),
        time: relative,
    },
    Form {
        kind: Kind::Requests,
        limit: HeaderName::from_static("anthropic-ratelimit-requests-limit"),
        remaining: HeaderName::from_static("anthropic-ratelimit-requests-remaining"),
        reset: HeaderName::from_static("anthropic-ratelimit-requests-reset"),
        time: absolute,
    },
    Form {
        kind: Kind::InputTokens,
        limit: HeaderName::from_static("anthropic-ratelimit-input-tokens-limit"),
        remaining: HeaderName::from_static("anthropic-ratelimit-input-tokens-remaining"),
        reset: HeaderName::from_static("anthropic-ratelimit-input-tokens-reset"),
        time: absolute,
    },
    Form {
        kind: Kind::OutputTokens,
        limit: HeaderName::from_static("anthropic-ratelimit-output-tokens-limit"),
        remaining: HeaderName::from_static("anthropic-ratelimit-output-tokens-remaining"),
        reset: HeaderName::from_static("anthropic-ratelimit-output-tokens-reset"),
        time: absolute,
    },
    Form {
        kind: Kind::Tokens,
        limit: HeaderName::from_static("anthropic-ratelimit-tokens-limit"),
        remaining: HeaderName::from_static("anthropic-ratelimit-tokens-remaining"),
        reset: HeaderName::from_static("anthropic-ratelimit-tokens-reset"),
        time: absolute,
    },
];

/// Reads a response's head.
pub(crate) fn report(headers: &HeaderMap) -> Report {
    let mut report = Report::default();
    // Most say nothing of limits: to look at each name that there is costs less than to look for all of these.
    if !headers.keys().any(speaks_of_limits) {
        return report;
    }
    for form in &FORMS {
        let found = &mut report[form.kind as usize];
        *found = found.or_else(|| level(headers, form));
    }
    let split = report[Kind::InputTokens as usize].or(report[Kind::OutputTokens as usize]);
    if split.is_some() {
        report[Kind::Tokens as usize] = None;
    }
    report
}

fn speaks_of_limits(name: &HeaderName) -> bool {
    let name = name.as_str();
    name.starts_with("x-ratelimit-") || name.starts_with("anthropic-ratelimit-")
}

fn level(headers: &HeaderMap, form: &Form) -> Option<Level> {
    // Azure says -1 of what it does not count.
    let remaining = text(headers, &form.remaining)?.parse().ok()?;
    let reset = text(headers, &form.reset).and_then(|reset| (form.time)(reset, headers));
    Some(Level {
        limit: text(headers, &form.limit).and_then(|limit| limit.parse().ok()),
        remaining,
        full_in: reset.map(|time| time.min(LONGEST)),
    })
}

/// `12ms`, `6m0s`, `7.66s`, as Go writes durations; or seconds, as Azure has them.
fn relative(text: &str, _: &HeaderMap) -> Option<Duration> {
    if let Ok(seconds) = text.parse() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let duration: SignedDuration = text.parse().ok()?;
    duration.try_into().ok()
}

/// RFC 3339, seen from the time at which the server says that it wrote so: this machine's clock need not
/// agree with its.
fn absolute(text: &str, headers: &HeaderMap) -> Option<Duration> {
    let until: Timestamp = text.parse().ok()?;
    let left = until.duration_since(written(headers));
    Some(left.try_into().unwrap_or(Duration::ZERO))
}

/// When a response was written (RFC 9110, section 6.6.1).
fn written(headers: &HeaderMap) -> Timestamp {
    text(headers, &DATE)
        .and_then(|date| DateTimeParser::new().parse_timestamp(date).ok())
        .unwrap_or_else(Timestamp::now)
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn reported(lines: &[(&'static str, &'static str)]) -> Report {
        let lines = lines.iter().map(|(name, value)| {
            let name = HeaderName::from_static(name);
            (name, HeaderValue::from_static(value))
        });
        report(&lines.collect())
    }

    #[allow(clippy::unnecessary_wraps, reason = "as a report has it")]
    fn level(limit: u64, remaining: u64, millis: u64) -> Option<Level> {
        Some(Level {
            limit: Some(limit),
            remaining,
            full_in: Some(Duration::from_millis(millis)),
        })
    }

    #[test]
    fn what_openai_says() {
        let report = reported(&[
            ("x-ratelimit-limit-requests", "60"),
            ("x-ratelimit-limit-tokens", "150000"),
            ("x-ratelimit-remaining-requests", "59"),
            ("x-ratelimit-remaining-tokens", "149984"),
            ("x-ratelimit-reset-requests", "1s"),
            ("x-ratelimit-reset-tokens", "6m0s"),
        ]);
        let tokens = level(150_000, 149_984, 360_000);
        assert_eq!(report, [level(60, 59, 1000), tokens, None, None]);
    }

    #[test]
    fn durations_as_go_writes_them_and_seconds() {
        for (text, micros) in [
            ("12ms", 12_000),
            ("7.66s", 7_660_000),
            ("2m59.56s", 179_560_000),
            ("1h0m0.5s", 3_600_500_000),
            ("88.128ms", 88_128),
            ("250\u{b5}s", 250),
            ("0s", 0),
            ("0", 0),
            ("41", 41_000_000),
            ("1.5", 1_500_000),
        ] {
            let duration = relative(text, &HeaderMap::new());
            assert_eq!(duration, Some(Duration::from_micros(micros)), "{text}");
        }
        for text in [
            "",
            "soon",
            "-1",
            "-5s",
            "NaN",
            "1e300",
            "2026-01-15T14:24:00Z",
        ] {
            assert_eq!(relative(text, &HeaderMap::new()), None, "{text}");
        }
    }

    #[test]
    fn what_anthropic_says_is_seen_from_its_own_clock() {
        let date = ("date", "Thu, 15 Jan 2026 14:23:30 GMT");
        let requests = [
            ("anthropic-ratelimit-requests-limit", "4000"),
            ("anthropic-ratelimit-requests-remaining", "3999"),
            ("anthropic-ratelimit-requests-reset", "2026-01-15T14:24:00Z"),
        ];
        let input = [
            ("anthropic-ratelimit-input-tokens-limit", "400000"),
            ("anthropic-ratelimit-input-tokens-remaining", "312000"),
            (
                "anthropic-ratelimit-input-tokens-reset",
                "2026-01-15T14:23:43Z",
            ),
        ];
        let tightest = [
            ("anthropic-ratelimit-tokens-limit", "480000"),
            ("anthropic-ratelimit-tokens-remaining", "9000"),
            ("anthropic-ratelimit-tokens-reset", "2026-01-15T14:23:20Z"),
        ];
        let all = [&[date][..], &requests, &input, &tightest].concat();
        assert_eq!(
            reported(&all),
            [
                level(4000, 3999, 30_000),
                None,
                level(400_000, 312_000, 13_000),
                None
            ]
        );
        // A time that is over.
        let alone = [&[date][..], &tightest].concat();
        assert_eq!(
            reported(&alone),
            [None, level(480_000, 9000, 0), None, None]
        );
    }

    #[test]
    fn what_azure_says() {
        let report = reported(&[
            ("x-ratelimit-remaining-requests", "19"),
            ("x-ratelimit-limit-tokens", "-1"),
            ("x-ratelimit-remaining-tokens", "-1"),
            ("x-ratelimit-reset-tokens", "0"),
        ]);
        let requests = Some(Level {
            limit: None,
            remaining: 19,
            full_in: None,
        });
        assert_eq!(report, [requests, None, None, None]);
    }

    #[test]
    fn a_head_that_says_nothing_or_nonsense_limits_nothing() {
        assert_eq!(
            reported(&[("content-type", "application/json")]),
            Report::default()
        );
        assert_eq!(
            reported(&[
                ("x-ratelimit-remaining-requests", "many"),
                ("x-ratelimit-remaining-tokens", "1.5"),
            ]),
            Report::default()
        );
    }

    proptest! {
        #[test]
        fn whatever_a_head_says_no_wait_is_longer_than_a_week(
            remaining in "[0-9]{0,25}",
            limit in "[ -~]{0,20}",
            reset in prop_oneof![
                "[ -~]{0,30}",
                "[0-9]{1,20}(ms|s|m|h|d)([0-9]{1,5}s)?",
                "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z",
            ],
        ) {
            for form in &FORMS {
                let mut headers = HeaderMap::new();
                for (name, value) in [
                    (&form.remaining, &remaining),
                    (&form.limit, &limit),
                    (&form.reset, &reset),
                ] {
                    headers.insert(name, HeaderValue::from_str(value).unwrap());
                }
                let level = super::level(&headers, form);
                prop_assert_eq!(level.map(|level| level.remaining), remaining.parse().ok());
                let wait = level.and_then(|level| level.full_in).unwrap_or_default();
                prop_assert!(wait <= LONGEST);
            }
        }
    }
}
