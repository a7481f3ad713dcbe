//! The payloads of all providers, as one: the fields that text, usage or an error can be in.
//!
//! The name of a provider beside a field says where it comes from; others may have it, too.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::count::Count;
use super::failure::{Fault, ProviderError, error_of, word};
use super::loose::Loose;
use super::usage::{Field, Usage};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Shape<'a> {
    #[serde(borrow, rename = "type")]
    kind: Loose<'a>,
    /// `OpenAI` chat completions and completions, Mistral.
    choices: Loose<'a, Choice<'a>>,
    /// Gemini.
    candidates: Loose<'a, Candidate<'a>>,
    /// `OpenAI` responses: a text. Anthropic, Cohere, Bedrock's Converse: an object.
    delta: Loose<'a, Delta<'a>>,
    /// Ollama's chat, Anthropic's `message_start`: an object. An error: a text.
    message: Loose<'a, Message<'a>>,
    /// Ollama's generate: a text. `OpenAI` responses: an object.
    response: Loose<'a, Response<'a>>,
    usage: Option<&'a RawValue>,
    /// Gemini.
    #[serde(rename = "usageMetadata")]
    metadata: Option<&'a RawValue>,
    /// Ollama.
    prompt_eval_count: Count,
    eval_count: Count,
    error: Loose<'a, Fault<'a>>,
    /// `OpenAI` responses, in an error that is the whole event.
    code: Loose<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Choice<'a> {
    #[serde(borrow)]
    index: Loose<'a>,
    delta: Loose<'a, ChoiceDelta<'a>>,
    /// Completions.
    text: Loose<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ChoiceDelta<'a> {
    /// A text; Mistral also has a list of parts.
    #[serde(borrow)]
    content: Loose<'a, Part<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Candidate<'a> {
    #[serde(borrow)]
    index: Loose<'a>,
    content: Loose<'a, Content<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Content<'a> {
    #[serde(borrow)]
    parts: Loose<'a, Part<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Part<'a> {
    #[serde(borrow, rename = "type")]
    kind: Loose<'a>,
    text: Loose<'a>,
    /// Gemini: it is no part of the answer.
    thought: Loose<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Delta<'a> {
    #[serde(borrow, rename = "type")]
    kind: Loose<'a>,
    /// Anthropic, Converse.
    text: Loose<'a>,
    /// Cohere.
    message: Loose<'a, Message<'a>>,
    usage: Option<&'a RawValue>,
    finish_reason: Loose<'a>,
    error: Loose<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Message<'a> {
    #[serde(borrow)]
    content: Loose<'a, Part<'a>>,
    /// Anthropic.
    usage: Option<&'a RawValue>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Response<'a> {
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
    error: Loose<'a, Fault<'a>>,
}

impl<'a> Shape<'a> {
    pub(super) fn into_text(self) -> Cow<'a, str> {
        let mut text = Cow::Borrowed("");
        match self.kind.text() {
            Some("response.output_text.delta") => text = self.delta.into_text().unwrap_or(text),
            Some("content_block_delta" | "content-delta") => {
                if let Some(delta) = self.delta.into_object() {
                    delta.pour(&mut text);
                }
            }
            Some(_) => {}
            None => self.pour_nameless(&mut text),
        }
        text
    }

    /// Of those whose payloads have no type.
    fn pour_nameless(self, text: &mut Cow<'a, str>) {
        for choice in self.choices.into_objects() {
            if is_first(&choice.index) {
                pour(choice.text, text);
                if let Some(delta) = choice.delta.into_object() {
                    pour_parts(delta.content, text);
                }
            }
        }
        for candidate in self.candidates.into_objects() {
            if is_first(&candidate.index)
                && let Some(content) = candidate.content.into_object()
            {
                pour_parts(content.parts, text);
            }
        }
        if let Some(message) = self.message.into_object() {
            pour_parts(message.content, text);
        }
        if let Some(delta) = self.delta.into_object() {
            delta.pour(text);
        }
        pour(self.response, text);
    }

    pub(super) fn usage(&self) -> Usage {
        let message = self.message.object().and_then(|message| message.usage);
        let response = self.response.object().and_then(|response| response.usage);
        let delta = self.delta.object().and_then(|delta| delta.usage);
        let mut usage = Usage {
            input: self.prompt_eval_count.count(),
            output: self.eval_count.count(),
            ..Usage::default()
        };
        for (field, report) in [
            (Field::Usage, self.usage),
            (Field::Usage, message),
            (Field::Usage, response),
            (Field::Usage, delta),
            (Field::Metadata, self.metadata),
        ] {
            if let Some(report) = report {
                usage.update(field.read(report.get().as_bytes()).0);
            }
        }
        usage
    }

    pub(super) fn error(&self) -> Option<ProviderError> {
        if let Some(error) = error_of(&self.error) {
            return Some(error);
        }
        match self.kind.text()? {
            "error" => Some(ProviderError {
                kind: None,
                code: word(&self.code),
                message: self.message.text()?.to_owned(),
            }),
            "response.failed" => error_of(&self.response.object()?.error),
            "message-end" => {
                let delta = self.delta.object()?;
                let message = delta.error.text().filter(|message| !message.is_empty())?;
                Some(ProviderError {
                    kind: delta.finish_reason.text().map(str::to_owned),
                    code: None,
                    message: message.to_owned(),
                })
            }
            _ => None,
        }
    }
}

impl<'a> Delta<'a> {
    fn pour(self, text: &mut Cow<'a, str>) {
        if matches!(self.kind.text(), None | Some("text_delta")) {
            pour(self.text, text);
        }
        if let Some(message) = self.message.into_object() {
            pour_parts(message.content, text);
        }
    }
}

/// A text, a part, or a list of such.
fn pour_parts<'a>(content: Loose<'a, Part<'a>>, text: &mut Cow<'a, str>) {
    match content {
        Loose::Object(part) => {
            let is_text = matches!(part.kind.text(), None | Some("text"));
            if is_text && !matches!(part.thought, Loose::Bool(true)) {
                pour(part.text, text);
            }
        }
        Loose::List(parts) => {
            for part in parts {
                pour_parts(part, text);
            }
        }
        content => pour(content, text),
    }
}

fn pour<'a, T>(value: Loose<'a, T>, text: &mut Cow<'a, str>) {
    match value.into_text() {
        Some(more) if text.is_empty() => *text = more,
        Some(more) => text.to_mut().push_str(&more),
        None => {}
    }
}

/// One of several answers that were asked for at once; where there is but one, it may have no number.
fn is_first(index: &Loose<'_>) -> bool {
    index.is_nothing() || index.count() == Some(0)
}
