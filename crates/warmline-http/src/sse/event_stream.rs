//! Server-sent events: as the standard has them (HTML, section 9.2.6 "Interpreting an event stream"), and
//! as SDKs read them.

use memchr::memchr2;

use super::decoded;
use super::limit::check;
use crate::error::Error;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Whose reading of a stream it is.
///
/// An SDK's differs from the standard's: to it nothing but names and data counts, an event that has a
/// name needs no data, and a byte order mark is dropped from every line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// The standard's.
    #[default]
    Standard,
    /// The `openai` package's: the end of the body ends the last line and the last event.
    OpenAi,
    /// The `openai` package's in its versions 5 and 6: an event that is not finished is dropped.
    OpenAi6,
    /// The `openai` package's in its version 4: as in 6, and no byte order mark is ever dropped.
    OpenAi4,
    /// The `@anthropic-ai/sdk` package's: an event that is not finished is dropped, and so is one that
    /// has no name, or no data, or is named `ping`. An error needs no data.
    Anthropic,
}

impl Dialect {
    fn drops_mark(self, begun: bool) -> bool {
        match self {
            Self::Standard => !begun,
            Self::OpenAi | Self::OpenAi6 | Self::Anthropic => true,
            Self::OpenAi4 => false,
        }
    }

    fn hands_over(self, name: Option<&str>, data: &str) -> bool {
        if self != Self::Anthropic {
            return true;
        }
        match name {
            None | Some("ping") => false,
            Some("error") => true,
            Some(_) => !data.is_empty(),
        }
    }
}

/// One event, as long as nobody needs it longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event<'a> {
    /// Its type; `None` where the stream names none, which stands for `message`.
    pub name: Option<&'a str>,
    /// Its data: all its lines, with a line feed between each two of them.
    pub data: &'a str,
    /// The last event id that the stream gave; empty for none.
    pub id: &'a str,
    /// The reconnection time in milliseconds, if the stream gave one since the last event.
    pub retry: Option<u64>,
}

/// Decodes an event stream whose bytes come in pieces, cut anywhere.
///
/// What is not UTF-8 becomes U+FFFD, as the standard decodes it. Between two events it holds no memory
/// but that of the last event id.
#[derive(Debug, Default)]
pub struct EventStream {
    dialect: Dialect,
    /// The beginning of a line whose end has not come.
    line: Vec<u8>,
    name: String,
    /// A name was given, be it an empty one.
    named: bool,
    /// Data lines of the event so far, each with a line feed after it.
    data: String,
    id: String,
    retry: Option<u64>,
    /// Past the place where a byte order mark may stand.
    begun: bool,
    /// The last byte was a carriage return: a line feed now belongs to it.
    after_return: bool,
}

impl EventStream {
    /// At the beginning of a stream.
    #[must_use]
    pub fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            ..Self::default()
        }
    }

    /// Takes in the next piece, and hands over the events that it completes.
    ///
    /// # Errors
    /// `WARMLINE_EVENT_TOO_LARGE` for an event of more than 16 MiB; the stream cannot be read on.
    pub fn feed(&mut self, chunk: &[u8], mut on_event: impl FnMut(Event<'_>)) -> Result<(), Error> {
        let mut rest = chunk;
        if self.after_return && !rest.is_empty() {
            self.after_return = false;
            rest = rest.strip_prefix(b"\n").unwrap_or(rest);
        }
        while let Some(end) = memchr2(b'\n', b'\r', rest) {
            let line = &rest[..end];
            let after = &rest[end + 1..];
            rest = match (rest[end], after) {
                (b'\r', [b'\n', after @ ..]) => after,
                (b'\r', []) => {
                    self.after_return = true;
                    after
                }
                _ => after,
            };
            if self.line.is_empty() {
                rest = self.line(line, rest, &mut on_event);
            } else {
                let mut whole = std::mem::take(&mut self.line);
                whole.extend_from_slice(line);
                rest = self.line(&whole, rest, &mut on_event);
            }
            check(self.data.len())?;
        }
        self.line.extend_from_slice(rest);
        check(self.data.len() + self.line.len())
    }

    /// The body is complete: hands over an event that its end ends, where the dialect has such.
    pub fn finish(&mut self, mut on_event: impl FnMut(Event<'_>)) {
        if self.dialect != Dialect::OpenAi {
            return;
        }
        let line = std::mem::take(&mut self.line);
        if !line.is_empty() {
            self.line(&line, &[], &mut on_event);
        }
        self.dispatch(&mut on_event);
    }

    /// One line. `rest` is what follows it in this piece; the result is what is left of that, less the
    /// blank line that was taken along.
    fn line<'chunk>(
        &mut self,
        line: &[u8],
        rest: &'chunk [u8],
        on_event: &mut impl FnMut(Event<'_>),
    ) -> &'chunk [u8] {
        let drops_mark = self.dialect.drops_mark(self.begun);
        self.begun = true;
        let line = match line.strip_prefix(BYTE_ORDER_MARK) {
            Some(line) if drops_mark => line,
            _ => line,
        };
        if line.is_empty() {
            self.dispatch(on_event);
            return rest;
        }
        let (field, value) = match memchr::memchr(b':', line) {
            Some(colon) => (&line[..colon], &line[colon + 1..]),
            None => (line, &[][..]),
        };
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match field {
            b"data" => {
                let value = decoded(value);
                // By far the most events are one line of data and the blank line after it: those are
                // never copied. A lone carriage return is left alone, since a line feed may follow.
                let after = rest
                    .strip_prefix(b"\n")
                    .or_else(|| rest.strip_prefix(b"\r\n"));
                if let (true, Some(after)) = (self.data.is_empty(), after) {
                    self.hand_over(&value, on_event);
                    return after;
                }
                self.data.push_str(&value);
                self.data.push('\n');
            }
            b"event" => {
                self.name.clear();
                self.name.push_str(&decoded(value));
                self.named = true;
            }
            _ if self.dialect != Dialect::Standard => {}
            b"id" if !value.contains(&0) => {
                self.id.clear();
                self.id.push_str(&decoded(value));
            }
            b"retry" if !value.is_empty() && value.iter().all(u8::is_ascii_digit) => {
                // More digits than fit is no time that anybody could wait.
                self.retry = decoded(value).parse().ok().or(self.retry);
            }
            // A comment, or what nobody knows.
            _ => {}
        }
        rest
    }

    fn dispatch(&mut self, on_event: &mut impl FnMut(Event<'_>)) {
        let data = std::mem::take(&mut self.data);
        match (data.strip_suffix('\n'), self.dialect) {
            (Some(data), _) => self.hand_over(data, on_event),
            (None, Dialect::Standard) => self.name.clear(),
            (None, _) if !self.name.is_empty() => self.hand_over("", on_event),
            // An empty name stays, and is the next event's.
            (None, _) => {}
        }
    }

    fn hand_over(&mut self, data: &str, on_event: &mut impl FnMut(Event<'_>)) {
        let named = match self.dialect {
            Dialect::Standard => !self.name.is_empty(),
            _ => self.named,
        };
        let name = named.then_some(self.name.as_str());
        if self.dialect.hands_over(name, data) {
            on_event(Event {
                name,
                data,
                id: &self.id,
                retry: self.retry.take(),
            });
        }
        self.name.clear();
        self.named = false;
    }
}
