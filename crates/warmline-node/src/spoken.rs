//! The text of a body, and what else its reader is told, as values among those of a drain.

use serde_json::{Map, Value, json};
use warmline_http::Error;
use warmline_http::sse::{Framing, ProviderError, Spoken, TextStream, Usage};

use crate::decode::{News, units};
use crate::error::clip;
use crate::wire::event;

/// Reads a body's text, and remembers what JavaScript knows.
pub(crate) struct TextDecoder {
    stream: TextStream,
    told: Usage,
}

impl TextDecoder {
    pub(crate) fn new(framing: Framing) -> Self {
        Self {
            stream: TextStream::new(framing),
            told: Usage::default(),
        }
    }

    pub(crate) fn feed(&mut self, chunk: &[u8], news: &mut News) -> Result<(), Error> {
        self.stream.feed(chunk, |spoken| news.add_spoken(spoken))
    }

    pub(crate) fn finish(&mut self, news: &mut News) -> Result<(), Error> {
        self.stream.finish(|spoken| news.add_spoken(spoken))
    }

    /// Adds the usage, if there is news of it. Many providers report it with every event: once for each
    /// drain is enough.
    pub(crate) fn tell_usage(&mut self, news: &mut News) {
        let usage = self.stream.usage();
        if usage == self.told {
            return;
        }
        self.told = usage;
        news.add_object(&json!({ "usage": usage_value(&usage) }));
    }
}

impl News {
    fn add_spoken(&mut self, spoken: Spoken<'_>) {
        match spoken {
            Spoken::Text(text) => self.add_text(text),
            Spoken::Failure(error) => self.add_object(&json!({ "failure": failure_value(&error) })),
        }
    }

    /// What comes at once crosses as one text.
    fn add_text(&mut self, text: &str) {
        let start = self.json.len();
        self.text(text);
        let added = units(&self.json[start..]);
        match self.words.as_mut_slice() {
            [.., event::TEXT, length] => {
                // The quote that ended the text before, the comma, the quote that began this one.
                self.json.drain(start - 1..start + 2);
                *length += added - 3;
            }
            _ => self.words.extend([event::TEXT, added]),
        }
    }

    fn add_object(&mut self, object: &Value) {
        let start = self.json.len();
        self.json.push(',');
        self.json.push_str(&object.to_string());
        let length = units(&self.json[start..]);
        self.words.extend([0, length]);
    }
}

pub(crate) fn usage_value(usage: &Usage) -> Value {
    given([
        ("inputTokens", usage.input.map(Value::from)),
        ("outputTokens", usage.output.map(Value::from)),
        ("totalTokens", usage.total.map(Value::from)),
        ("cachedInputTokens", usage.cached.map(Value::from)),
    ])
}

pub(crate) fn failure_value(error: &ProviderError) -> Value {
    given([
        ("type", error.kind.as_deref().map(Value::from)),
        ("code", error.code.as_deref().map(Value::from)),
        ("message", Some(Value::from(clip(&error.message)))),
    ])
}

/// An object of those fields that there are.
fn given<const FIELDS: usize>(fields: [(&str, Option<Value>); FIELDS]) -> Value {
    let there = fields
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(there.collect::<Map<_, _>>())
}
