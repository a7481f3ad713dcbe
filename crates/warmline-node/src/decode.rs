//! A response's body turned into events on the engine, and the events into JSON for one
//! `JSON.parse` of everything that a drain hands over.

use std::fmt::Write as _;

use napi::bindgen_prelude::{Buffer, Uint32Array};
use napi_derive::napi;
use warmline_http::Error;
use warmline_http::sse::{Dialect, Event, EventStream, Framing, Pattern};

use crate::balance::is_one_object;
use crate::error::error_json;
use crate::spoken::TextDecoder;
use crate::wire::{event, wish};

/// Memory for events that an open stream keeps between two drains.
const KEPT_BYTES: usize = 1024;
/// The longest text that crosses as it is, in the completion buffer.
const RAW_BYTES: usize = 64 * 1024;

/// What JavaScript wants of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// Events as the standard has them: their data is text.
    Events,
    /// Events as an SDK reads them: objects arrive parsed, all else as text.
    Sdk(Dialect),
    /// The text that a provider's events add up to.
    Text(Framing),
}

impl Wish {
    pub(crate) fn from_word(word: u32) -> Option<Self> {
        match word {
            wish::EVENTS => Some(Self::Events),
            wish::OPENAI => Some(Self::Sdk(Dialect::OpenAi)),
            wish::OPENAI_6 => Some(Self::Sdk(Dialect::OpenAi6)),
            wish::OPENAI_4 => Some(Self::Sdk(Dialect::OpenAi4)),
            wish::ANTHROPIC => Some(Self::Sdk(Dialect::Anthropic)),
            wish::TEXT_OF_EVENTS => Some(Self::Text(Framing::Events)),
            wish::TEXT_OF_LINES => Some(Self::Text(Framing::Lines)),
            wish::TEXT_OF_AWS_FRAMES => Some(Self::Text(Framing::AwsFrames)),
            _ => None,
        }
    }

    fn decoder(self) -> Decoder {
        match self {
            Self::Events => Decoder::Events(EventStream::new(Dialect::Standard)),
            Self::Sdk(dialect) => Decoder::Sdk(EventStream::new(dialect), Pattern::default()),
            Self::Text(framing) => Decoder::Text(Box::new(TextDecoder::new(framing))),
        }
    }
}

/// Decodes one body.
pub(crate) struct Decoding {
    decoder: Decoder,
    news: News,
}

enum Decoder {
    Events(EventStream),
    /// With what its objects have in common, as far as JavaScript knows it.
    Sdk(EventStream, Pattern),
    Text(Box<TextDecoder>),
}

/// Events that no drain has taken yet.
#[derive(Default)]
pub(crate) struct News {
    /// Each value with a comma before it.
    pub(crate) json: String,
    /// The words of each event; see [`event`].
    pub(crate) words: Vec<u32>,
    /// Data that crosses as it is.
    pub(crate) raw: Vec<u8>,
    /// Bytes of the body that they were made from.
    pub(crate) bytes: usize,
    /// JavaScript is to be told that the body is decoded, events or none.
    pub(crate) announced: bool,
}

impl Decoding {
    pub(crate) fn new(wish: Wish) -> Self {
        Self {
            decoder: wish.decoder(),
            news: News::default(),
        }
    }

    /// What a drain is to take, and to clear.
    pub(crate) fn news(&mut self) -> &mut News {
        if let Decoder::Text(text) = &mut self.decoder {
            text.tell_usage(&mut self.news);
        }
        &mut self.news
    }

    /// Whether there is anything for a drain to take.
    pub(crate) fn has_news(&self) -> bool {
        !self.news.is_empty()
    }

    /// JavaScript is to be told that the body is decoded, events or none.
    pub(crate) fn announce(&mut self) {
        self.news.announced = true;
    }

    /// Takes in a piece of the body. Returns the bytes that are settled at once, since no event that
    /// JavaScript could give credit for holds them.
    ///
    /// # Errors
    /// What the decoder cannot read on after, such as an event larger than its limit.
    pub(crate) fn feed(&mut self, chunk: &[u8]) -> Result<usize, Error> {
        let Self { decoder, news } = self;
        let before = news.words.len();
        let fed = match decoder {
            Decoder::Events(events) => events.feed(chunk, |event| news.add_as_text(&event)),
            Decoder::Sdk(events, pattern) => {
                events.feed(chunk, |event| news.add_parsed(pattern, &event))
            }
            Decoder::Text(text) => text.feed(chunk, news),
        };
        news.bytes += chunk.len();
        fed?;
        Ok(if news.words.len() == before && before == 0 {
            std::mem::take(&mut news.bytes)
        } else {
            0
        })
    }

    /// The body is complete.
    ///
    /// # Errors
    /// As [`feed`](Self::feed), and that it is not complete at all.
    pub(crate) fn finish(&mut self) -> Result<(), Error> {
        let Self { decoder, news } = self;
        match decoder {
            Decoder::Events(events) => {
                events.finish(|event| news.add_as_text(&event));
                Ok(())
            }
            Decoder::Sdk(events, pattern) => {
                events.finish(|event| news.add_parsed(pattern, &event));
                Ok(())
            }
            Decoder::Text(text) => text.finish(news),
        }
    }
}

impl News {
    pub(crate) fn is_empty(&self) -> bool {
        self.words.is_empty() && !self.announced
    }

    /// Empty again. An open stream's memory for the next events is small enough to be kept.
    pub(crate) fn clear(&mut self) {
        self.json.clear();
        self.json.shrink_to(KEPT_BYTES);
        self.words.clear();
        self.words.shrink_to(KEPT_BYTES / 64);
        self.raw.clear();
        self.raw.shrink_to(KEPT_BYTES);
        self.bytes = 0;
        self.announced = false;
    }

    /// An event whose data is text.
    fn add_as_text(&mut self, event: &Event<'_>) {
        let start = self.json.len();
        let flags = self.name(event);
        let data = event.data;
        if data.is_ascii() && data.len() <= RAW_BYTES {
            self.raw.extend_from_slice(data.as_bytes());
            // Bounded by its limit.
            let length = u32::try_from(data.len()).unwrap_or_default();
            self.rest(
                start,
                flags | event::RAW | length << event::LENGTH_SHIFT,
                event,
            );
        } else {
            self.text(data);
            self.rest(start, flags | event::TEXT, event);
        }
    }

    /// An event whose data is wanted parsed, if it is an object.
    fn add_parsed(&mut self, pattern: &mut Pattern, event: &Event<'_>) {
        let start = self.json.len();
        let Event { name, data, .. } = *event;
        if pattern.fill(name, data, &mut self.json) {
            self.rest(start, event::LIKE, event);
        } else if !is_one_object(data.as_bytes()) {
            let flags = self.name(event);
            self.text(data);
            self.rest(start, flags | event::TEXT, event);
        } else if pattern.describe(name, data, &mut self.json) {
            pattern.fill(name, data, &mut self.json);
            self.rest(start, event::PATTERN, event);
        } else {
            let flags = self.name(event);
            self.json.push(',');
            self.json.push_str(data);
            self.rest(start, flags, event);
        }
    }

    fn name(&mut self, event: &Event<'_>) -> u32 {
        let Some(name) = event.name else { return 0 };
        self.text(name);
        event::NAMED
    }

    /// What comes after an event's data, and its words.
    fn rest(&mut self, start: usize, mut flags: u32, event: &Event<'_>) {
        if !event.id.is_empty() {
            flags |= event::IDENTIFIED;
            self.text(event.id);
        }
        if let Some(retry) = event.retry {
            flags |= event::RETRY;
            // Writing to a string cannot fail.
            let _ = write!(self.json, ",{retry}");
        }
        let units = units(&self.json[start..]);
        self.words.extend([flags, units]);
    }

    /// A JSON string, with a comma before it.
    pub(crate) fn text(&mut self, text: &str) {
        self.json.push_str(",\"");
        let mut plain = 0;
        for (at, byte) in text.bytes().enumerate() {
            let escape = match byte {
                b'"' => "\\\"",
                b'\\' => "\\\\",
                b'\n' => "\\n",
                b'\r' => "\\r",
                b'\t' => "\\t",
                0..0x20 => "",
                _ => continue,
            };
            self.json.push_str(&text[plain..at]);
            plain = at + 1;
            if escape.is_empty() {
                let _ = write!(self.json, "\\u{byte:04x}");
            } else {
                self.json.push_str(escape);
            }
        }
        self.json.push_str(&text[plain..]);
        self.json.push('"');
    }
}

/// Decodes bytes that JavaScript has: those of a response that came whole, or of a clone.
#[napi]
pub struct BodyDecoder {
    decoding: Decoding,
}

/// Events as they cross; see [`event`].
#[napi(object, object_from_js = false)]
pub struct Decoded {
    /// The text of a JSON array of all values; empty if there are none.
    pub json: String,
    pub words: Uint32Array,
    pub raw: Buffer,
    /// The error that ended the decoding, as JSON.
    pub failure: Option<String>,
}

#[napi]
impl BodyDecoder {
    #[napi(constructor, catch_unwind)]
    pub fn new(wish: u32) -> napi::Result<Self> {
        let wish = Wish::from_word(wish)
            .ok_or_else(|| napi::Error::new(napi::Status::InvalidArg, "no such wish"))?;
        Ok(Self {
            decoding: Decoding::new(wish),
        })
    }

    /// Takes in a piece of the body.
    #[napi(catch_unwind)]
    pub fn feed(&mut self, chunk: &[u8]) -> Decoded {
        let fed = self.decoding.feed(chunk);
        Decoded {
            failure: fed.err().map(|error| error_json(&error)),
            ..self.take()
        }
    }

    /// The body is complete.
    #[napi(catch_unwind)]
    pub fn finish(&mut self) -> Decoded {
        let finished = self.decoding.finish();
        Decoded {
            failure: finished.err().map(|error| error_json(&error)),
            ..self.take()
        }
    }

    fn take(&mut self) -> Decoded {
        let News {
            json, words, raw, ..
        } = std::mem::take(self.decoding.news());
        Decoded {
            json: list(json),
            words: words.into(),
            raw: raw.into(),
            failure: None,
        }
    }
}

/// The length of a piece of JSON as JavaScript counts it. An event is at most 16 MiB, an escaped one six
/// times that.
pub(crate) fn units(piece: &str) -> u32 {
    let units = if piece.is_ascii() {
        piece.len()
    } else {
        piece.encode_utf16().count()
    };
    u32::try_from(units).unwrap_or_default()
}

/// Values with a comma before each, as a JSON array; empty if there are none.
pub(crate) fn list(mut values: String) -> String {
    if !values.is_empty() {
        // The comma before the first value makes room for the bracket.
        values.replace_range(..1, "[");
        values.push(']');
    }
    values
}
