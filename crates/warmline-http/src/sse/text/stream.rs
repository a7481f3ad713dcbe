//! A body as the text that it adds up to, however the provider frames its events.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::failure::ProviderError;
use super::loose::Loose;
use super::meter::may_report;
use super::read;
use super::usage::Usage;
use crate::error::{Error, Phase};
use crate::sse::{AwsFrames, Dialect, EventStream, Frame, Framing, JsonLines, decoded};

/// What a stream says to whoever reads its text.
#[derive(Debug, PartialEq, Eq)]
pub enum Spoken<'a> {
    /// More of the answer; never empty.
    Text(&'a str),
    /// The provider has failed; nothing follows.
    Failure(ProviderError),
}

/// Reads the text from a body whose bytes come in pieces, cut anywhere.
#[derive(Debug)]
pub struct TextStream {
    decoder: Decoder,
    reader: Reader,
}

#[derive(Debug)]
enum Decoder {
    Events(EventStream),
    Lines(JsonLines),
    Frames(AwsFrames),
}

/// Reads one event after the other.
#[derive(Debug, Default)]
struct Reader {
    usage: Usage,
    /// Nobody wants the text: events that can report neither usage nor an error are not read.
    usage_alone: bool,
    /// Nothing that follows counts: the stream has said that it is done, or has failed.
    over: bool,
    /// The event that could not be read.
    unreadable: Option<Error>,
}

impl TextStream {
    /// At the beginning of a body.
    #[must_use]
    pub fn new(framing: Framing) -> Self {
        let decoder = match framing {
            // The most forgiving of the dialects: an event that nothing follows is worth reading.
            Framing::Events => Decoder::Events(EventStream::new(Dialect::OpenAi)),
            Framing::Lines => Decoder::Lines(JsonLines::default()),
            Framing::AwsFrames => Decoder::Frames(AwsFrames::default()),
        };
        Self {
            decoder,
            reader: Reader::default(),
        }
    }

    /// As [`new`](Self::new), for whoever wants to know the usage and of failure alone.
    pub(super) fn usage_alone(framing: Framing) -> Self {
        let mut stream = Self::new(framing);
        stream.reader.usage_alone = true;
        stream
    }

    /// Takes in the next piece, and hands over what it says.
    ///
    /// # Errors
    /// Those of the framing's decoder, and `WARMLINE_INVALID_EVENT` for an event that is not the JSON
    /// which it begins to be; the stream cannot be read on.
    pub fn feed(
        &mut self,
        chunk: &[u8],
        mut on_spoken: impl FnMut(Spoken<'_>),
    ) -> Result<(), Error> {
        let Self { decoder, reader } = self;
        if reader.over {
            return Ok(());
        }
        let fed = match decoder {
            Decoder::Events(events) => events.feed(chunk, |event| {
                reader.event(event.name, event.data, &mut on_spoken);
            }),
            Decoder::Lines(lines) => {
                lines.feed(chunk, |line| reader.event(None, line, &mut on_spoken))
            }
            Decoder::Frames(frames) => {
                frames.feed(chunk, |frame| reader.frame(&frame, &mut on_spoken))
            }
        };
        reader.settle(fed)
    }

    /// The body is complete.
    ///
    /// # Errors
    /// As [`feed`](Self::feed).
    pub fn finish(&mut self, mut on_spoken: impl FnMut(Spoken<'_>)) -> Result<(), Error> {
        let Self { decoder, reader } = self;
        if reader.over {
            return Ok(());
        }
        let mut finished = Ok(());
        match decoder {
            Decoder::Events(events) => {
                events.finish(|event| reader.event(event.name, event.data, &mut on_spoken));
            }
            Decoder::Lines(lines) => lines.finish(|line| reader.event(None, line, &mut on_spoken)),
            Decoder::Frames(frames) => finished = frames.finish(),
        }
        reader.settle(finished)
    }

    /// What was reported so far of the tokens used.
    #[must_use]
    pub fn usage(&self) -> Usage {
        self.reader.usage.with_total()
    }
}

impl Reader {
    fn event(&mut self, name: Option<&str>, payload: &str, on_spoken: &mut impl FnMut(Spoken<'_>)) {
        if self.over {
            return;
        }
        if payload.starts_with("[DONE]") {
            self.over = true;
            return;
        }
        if self.usage_alone && name != Some("error") && !may_report(payload) {
            return;
        }
        let saying = match read(name, payload) {
            Ok(saying) => saying,
            Err(error) => {
                self.over = true;
                self.unreadable = Some(error);
                return;
            }
        };
        self.usage.update(saying.usage);
        if !saying.text.is_empty() {
            on_spoken(Spoken::Text(&saying.text));
        }
        if let Some(error) = saying.error {
            self.fail(error, on_spoken);
        }
    }

    fn frame(&mut self, frame: &Frame<'_>, on_spoken: &mut impl FnMut(Spoken<'_>)) {
        if self.over {
            return;
        }
        let payload = decoded(frame.payload);
        let word = |name| frame.text(name).map(str::to_owned);
        match frame.text(":message-type") {
            Some("exception") => {
                let said = serde_json::from_str(&payload).unwrap_or_default();
                let Exception { message, capital } = said;
                let message = message.into_text().or_else(|| capital.into_text());
                let error = ProviderError {
                    kind: word(":exception-type"),
                    message: message.unwrap_or_default().into_owned(),
                    code: None,
                };
                self.fail(error, on_spoken);
            }
            Some("error") => {
                let error = ProviderError {
                    kind: word(":error-code"),
                    message: word(":error-message").unwrap_or_default(),
                    code: None,
                };
                self.fail(error, on_spoken);
            }
            _ => match wrapped(&payload) {
                Some(Ok(inner)) => self.event(None, &inner, on_spoken),
                Some(Err(error)) => {
                    self.over = true;
                    self.unreadable = Some(error);
                }
                None => self.event(None, &payload, on_spoken),
            },
        }
    }

    fn fail(&mut self, error: ProviderError, on_spoken: &mut impl FnMut(Spoken<'_>)) {
        self.over = true;
        on_spoken(Spoken::Failure(error));
    }

    /// What the decoder says, unless an event before that could not be read.
    fn settle(&mut self, decoded: Result<(), Error>) -> Result<(), Error> {
        match self.unreadable.take() {
            Some(error) => Err(error),
            // After the end, nobody asks how the rest is framed.
            None if self.over => Ok(()),
            None => decoded,
        }
    }
}

/// The payload of an exception; which spelling, depends on the service.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Exception<'a> {
    #[serde(borrow)]
    message: Loose<'a>,
    #[serde(rename = "Message")]
    capital: Loose<'a>,
}

/// The payload of `InvokeModelWithResponseStream`: the model's own event, in base64.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Wrapper<'a> {
    #[serde(borrow)]
    bytes: Loose<'a>,
}

fn wrapped(payload: &str) -> Option<Result<String, Error>> {
    let wrapper: Wrapper<'_> = serde_json::from_str(payload).ok()?;
    let bytes = wrapper.bytes.into_text()?;
    Some(match STANDARD.decode(bytes.as_bytes()) {
        Ok(event) => Ok(decoded(&event).into_owned()),
        Err(error) => {
            let message = "an event of the stream is not valid base64";
            Err(Error::new("WARMLINE_INVALID_EVENT", Phase::Body, message).with_source(error))
        }
    })
}
