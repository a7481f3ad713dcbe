//! Errors that a provider reports in the middle of its stream.

use serde::Deserialize;

use super::loose::Loose;

/// The most characters of an unknown error that are kept.
const MAX_UNKNOWN: usize = 1024;

/// An error in the provider's own words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProviderError {
    /// Its kind, such as `overloaded_error` or `UNAVAILABLE`.
    pub kind: Option<String>,
    /// Its code, where that is given beside the kind: a word or a number.
    pub code: Option<String>,
    /// For people.
    pub message: String,
}

impl ProviderError {
    /// An error of which nothing can be told apart.
    pub(super) fn unknown(payload: &str) -> Self {
        Self {
            message: payload.chars().take(MAX_UNKNOWN).collect(),
            ..Self::default()
        }
    }
}

/// The object that an error is in.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Fault<'a> {
    #[serde(borrow, rename = "type")]
    kind: Loose<'a>,
    /// What Google calls its kind.
    status: Loose<'a>,
    code: Loose<'a>,
    message: Loose<'a>,
}

impl Fault<'_> {
    fn error(&self) -> Option<ProviderError> {
        let kind = self.kind.text().or_else(|| self.status.text());
        let code = word(&self.code);
        let message = self.message.text();
        if kind.is_none() && code.is_none() && message.is_none() {
            return None;
        }
        Some(ProviderError {
            kind: kind.map(str::to_owned),
            code,
            message: message.unwrap_or_default().to_owned(),
        })
    }
}

/// What stands under `error`: an object, or its message alone. An empty one is none.
pub(super) fn error_of(error: &Loose<'_, Fault<'_>>) -> Option<ProviderError> {
    match error {
        Loose::Object(fault) => fault.error(),
        Loose::Text(message) if !message.is_empty() => Some(ProviderError {
            message: message.clone().into_owned(),
            ..ProviderError::default()
        }),
        _ => None,
    }
}

/// A code, which is a word or a number.
pub(super) fn word(code: &Loose<'_>) -> Option<String> {
    match code {
        Loose::Text(code) => Some(code.clone().into_owned()),
        Loose::Count(code) => Some(code.to_string()),
        _ => None,
    }
}
