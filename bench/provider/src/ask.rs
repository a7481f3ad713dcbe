//! What a request for a completion asks for: the few fields of its JSON that shape the answer.

use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Deserialize)]
pub(crate) struct Ask<'a> {
    /// The name as JSON, quotes included, so that it is echoed byte for byte.
    #[serde(borrow)]
    model: Option<&'a RawValue>,
    #[serde(default)]
    pub(crate) stream: Option<bool>,
    #[serde(default)]
    stream_options: Option<StreamOptions>,
    /// The three APIs' names for the same limit.
    #[serde(default, alias = "max_completion_tokens", alias = "max_output_tokens")]
    max_tokens: Option<u32>,
}

#[derive(Deserialize)]
struct StreamOptions {
    #[serde(default)]
    include_usage: bool,
}

/// Why a body is no request for a completion.
pub(crate) type BadAsk = &'static str;

/// The size of the answer: how many tokens, and whether the request's own limit ended it.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    pub(crate) prompt_tokens: usize,
    pub(crate) tokens: u32,
    pub(crate) cut_short: bool,
}

impl<'a> Ask<'a> {
    pub(crate) fn parse(body: &'a [u8]) -> Result<Self, BadAsk> {
        let ask: Self = serde_json::from_slice(body).map_err(|error| {
            if error.is_data() {
                "a field of the request has the wrong type"
            } else {
                "the request's body is not JSON"
            }
        })?;
        match ask.model {
            Some(model) if model.get().starts_with('"') => Ok(ask),
            _ => Err("you must provide a model parameter"),
        }
    }

    /// The model's name as a JSON string.
    pub(crate) fn model(&self) -> &'a str {
        self.model.map_or("null", RawValue::get)
    }

    pub(crate) fn include_usage(&self) -> bool {
        self.stream_options
            .as_ref()
            .is_some_and(|options| options.include_usage)
    }

    pub(crate) fn size(&self, tokens: u32, body: &[u8]) -> Size {
        /// English text has about four bytes to a token.
        const BYTES_PER_TOKEN: usize = 4;
        let limit = self.max_tokens.unwrap_or(u32::MAX);
        Size {
            prompt_tokens: body.len() / BYTES_PER_TOKEN,
            tokens: tokens.min(limit),
            cut_short: limit < tokens,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_models_name_is_echoed_as_it_was_written() {
        let ask = Ask::parse(br#"{"messages":[{"role":"user"}],"model":"a\u0041\"b"}"#).unwrap();
        assert_eq!(ask.model(), r#""a\u0041\"b""#);
    }

    #[test]
    fn each_api_limits_the_answer_by_its_own_name() {
        for name in ["max_tokens", "max_completion_tokens", "max_output_tokens"] {
            let body = format!(r#"{{"model":"m","{name}":5}}"#);
            let size = Ask::parse(body.as_bytes())
                .unwrap()
                .size(8, body.as_bytes());
            assert_eq!((size.tokens, size.cut_short), (5, true), "{name}");
        }
    }

    #[test]
    fn what_is_no_request_is_refused() {
        for body in [
            "",
            "{",
            "[]",
            r#"{"model":7}"#,
            "{}",
            r#"{"model":"m","stream":"yes"}"#,
        ] {
            assert!(Ask::parse(body.as_bytes()).is_err(), "{body}");
        }
    }
}
