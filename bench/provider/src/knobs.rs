//! What a request may ask of the mock: latency, length, pace and faults.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use crate::words::Words;

/// How a request or a default spells a knob: `x-mock-` and its name.
pub(crate) const PREFIX: &str = "x-mock-";

const MAX_TOKENS: u32 = 10_000_000;
const MAX_HEADERS: u32 = 1_000;

#[derive(Clone, Debug)]
pub(crate) struct Knobs {
    pub(crate) latency: Duration,
    pub(crate) tokens: u32,
    pub(crate) interval: Duration,
    pub(crate) words: Words,
    pub(crate) stall_after: Option<u32>,
    pub(crate) status: Option<u16>,
    pub(crate) retry_after: Option<u32>,
    pub(crate) headers: u32,
    pub(crate) framing: BodyFraming,
    pub(crate) close: Option<Close>,
    pub(crate) id: Option<Arc<str>>,
}

/// How an answer that is not streamed says where it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyFraming {
    Length,
    Chunked,
}

/// When the server closes the connection on a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Close {
    Before,
    Headers,
    Body,
    After,
    Reset,
}

/// A knob that does not exist, or whose value makes no sense.
#[derive(Debug)]
pub(crate) struct BadKnob {
    name: String,
    value: String,
}

impl fmt::Display for BadKnob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "no such setting of the mock: {PREFIX}{}={}",
            self.name, self.value
        )
    }
}

impl std::error::Error for BadKnob {}

impl Default for Knobs {
    fn default() -> Self {
        Self {
            latency: Duration::ZERO,
            tokens: 32,
            interval: Duration::ZERO,
            words: Words::Plain,
            stall_after: None,
            status: None,
            retry_after: None,
            headers: 0,
            framing: BodyFraming::Length,
            close: None,
            id: None,
        }
    }
}

impl Knobs {
    /// Sets the knob of this name (without its prefix, in any case).
    pub(crate) fn set(&mut self, name: &str, value: &str) -> Result<(), BadKnob> {
        self.try_set(name, value.trim()).ok_or_else(|| BadKnob {
            name: name.to_owned(),
            value: value.to_owned(),
        })
    }

    fn try_set(&mut self, name: &str, value: &str) -> Option<()> {
        match name.to_ascii_lowercase().as_str() {
            "latency-ms" => self.latency = Duration::from_millis(number::<u32>(value)?.into()),
            "tokens" => self.tokens = number(value).filter(|n| *n <= MAX_TOKENS)?,
            "interval-ms" => self.interval = Duration::from_millis(number::<u32>(value)?.into()),
            "stamp" => self.words = words(value, Words::Stamped)?,
            "number" => self.words = words(value, Words::Numbered)?,
            "stall-after" => self.stall_after = Some(number(value)?),
            "status" => {
                self.status = Some(number(value).filter(|n| (400..600).contains(n))?);
            }
            "retry-after" => self.retry_after = Some(number(value)?),
            "headers" => self.headers = number(value).filter(|n| *n <= MAX_HEADERS)?,
            "framing" => {
                self.framing = match value {
                    "length" => BodyFraming::Length,
                    "chunked" => BodyFraming::Chunked,
                    _ => return None,
                }
            }
            "close" => {
                self.close = Some(match value {
                    "before" => Close::Before,
                    "headers" => Close::Headers,
                    "body" => Close::Body,
                    "after" => Close::After,
                    "reset" => Close::Reset,
                    _ => return None,
                });
            }
            "id" => self.id = Some(value.into()),
            _ => return None,
        }
        Some(())
    }
}

fn words(value: &str, wanted: Words) -> Option<Words> {
    match number::<u8>(value)? {
        0 => Some(Words::Plain),
        1 => Some(wanted),
        _ => None,
    }
}

fn number<T: FromStr>(value: &str) -> Option<T> {
    value.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_taken_in_any_case() {
        let mut knobs = Knobs::default();
        knobs.set("Latency-MS", " 250 ").unwrap();
        assert_eq!(knobs.latency, Duration::from_millis(250));
    }

    #[test]
    fn a_value_out_of_its_range_is_refused_and_changes_nothing() {
        let mut knobs = Knobs::default();
        for (name, value) in [
            ("status", "99"),
            ("tokens", "-1"),
            ("close", "later"),
            ("x", "1"),
        ] {
            assert!(knobs.set(name, value).is_err(), "{name}={value}");
        }
        assert_eq!((knobs.status, knobs.tokens, knobs.close), (None, 32, None));
    }
}
