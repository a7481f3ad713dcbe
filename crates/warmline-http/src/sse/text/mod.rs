//! The text that an event of a provider's stream adds, and what else a reader of text wants to know.
//!
//! What an event is shows in its payload's shape, so that one reading serves every provider, and the
//! many that speak like another.

mod count;
mod failure;
mod fields;
mod glance;
mod loose;
mod meter;
mod shape;
mod stream;
mod surrogates;
#[cfg(test)]
mod tests;
mod usage;

use std::borrow::Cow;

use crate::error::{Error, Phase};
use shape::Shape;

pub use failure::ProviderError;
pub(crate) use fields::after_string;
pub use meter::UsageMeter;
pub use stream::{Spoken, TextStream};
pub use usage::Usage;
pub(crate) use usage::reported;

/// What one event says.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Saying<'a> {
    /// What it adds to the first answer; empty for nothing. Thoughts, refusals and tool calls are no text.
    pub text: Cow<'a, str>,
    /// What it reports of the tokens used so far.
    pub usage: Usage,
    /// The provider's error, if it is one; then there is no text.
    pub error: Option<ProviderError>,
}

/// Reads an event's payload; `name` is the event's, where the stream gives events names. A payload of
/// no known shape says nothing.
///
/// # Errors
/// `WARMLINE_INVALID_EVENT` for what begins like an object and is not JSON.
pub fn read<'a>(name: Option<&str>, payload: &'a str) -> Result<Saying<'a>, Error> {
    // `[DONE]`, and whatever else is said between objects.
    if !payload.trim_ascii_start().starts_with('{') {
        return Ok(saying(name, payload, Shape::default()));
    }
    let reason = match serde_json::from_str(payload) {
        Ok(shape) => return Ok(saying(name, payload, shape)),
        Err(reason) => reason,
    };
    // JSON of a shape that nobody has, such as one with a field twice.
    if reason.is_data() {
        return Ok(saying(name, payload, Shape::default()));
    }
    if let Some(mended) = surrogates::mended(payload)
        && let Ok(shape) = serde_json::from_str(&mended)
    {
        return Ok(saying(name, payload, shape).into_owned());
    }
    let message = "an event of the stream is not valid JSON";
    Err(Error::new("WARMLINE_INVALID_EVENT", Phase::Body, message).with_source(reason))
}

fn saying<'a>(name: Option<&str>, payload: &str, shape: Shape<'a>) -> Saying<'a> {
    let error = shape
        .error()
        .or_else(|| (name == Some("error")).then(|| ProviderError::unknown(payload)));
    let usage = shape.usage();
    let text = match error {
        Some(_) => Cow::Borrowed(""),
        None => shape.into_text(),
    };
    Saying { text, usage, error }
}

impl Saying<'_> {
    fn into_owned<'b>(self) -> Saying<'b> {
        Saying {
            text: Cow::Owned(self.text.into_owned()),
            usage: self.usage,
            error: self.error,
        }
    }
}
