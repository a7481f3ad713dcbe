//! Frames of `application/vnd.amazon.eventstream`, as Amazon Bedrock streams them.
//!
//! All numbers are big-endian: the frame's length, its headers' length, the CRC-32 of those two, the
//! headers, the payload, the CRC-32 of all that.

mod headers;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use super::limit::check;
use crate::error::{Error, Phase};

pub use headers::{HeaderValue, Headers};

/// Both lengths and their checksum.
const PRELUDE_BYTES: usize = 12;
const CHECKSUM_BYTES: usize = 4;
/// The protocol's own limit.
const MAX_HEADER_BYTES: usize = 128 * 1024;

/// One frame, as long as nobody needs it longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    headers: &'a [u8],
    /// What it carries; of what kind, its headers say.
    pub payload: &'a [u8],
}

impl<'a> Frame<'a> {
    /// Its headers, in their order.
    #[must_use]
    pub fn headers(&self) -> Headers<'a> {
        Headers::new(self.headers)
    }

    /// The text of the header of this name; `None` where there is none, or one that is no text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&'a str> {
        self.headers().find_map(|(key, value)| match value {
            HeaderValue::Text(text) if key == name => Some(text),
            _ => None,
        })
    }
}

/// Decodes frames whose bytes come in pieces, cut anywhere. Between two frames it holds no memory.
#[derive(Debug, Default)]
pub struct AwsFrames {
    /// The beginning of a frame whose end has not come.
    partial: Vec<u8>,
    /// The lengths of that frame, once its prelude is complete.
    lengths: Option<Lengths>,
}

/// What a prelude says.
#[derive(Clone, Copy, Debug)]
struct Lengths {
    total: usize,
    headers: usize,
}

impl AwsFrames {
    /// Takes in the next piece, and hands over the frames that it completes.
    ///
    /// # Errors
    /// The stream cannot be read on after `WARMLINE_FRAME_CHECKSUM` where a checksum does not match,
    /// `WARMLINE_FRAME_LENGTH` for lengths that contradict each other or the protocol,
    /// `WARMLINE_FRAME_HEADER` for headers that cannot be read, and `WARMLINE_EVENT_TOO_LARGE` for a
    /// payload of more than 16 MiB.
    pub fn feed(&mut self, chunk: &[u8], mut on_frame: impl FnMut(Frame<'_>)) -> Result<(), Error> {
        let mut rest = chunk;
        while !rest.is_empty() {
            if self.partial.is_empty()
                && let Some(lengths) = Lengths::read(rest)?
                && let Some((frame, after)) = rest.split_at_checked(lengths.total)
            {
                on_frame(parse(frame, lengths)?);
                rest = after;
                continue;
            }
            let wanted = self.lengths.map_or(PRELUDE_BYTES, |lengths| lengths.total);
            let missing = wanted - self.partial.len();
            let (now, after) = rest.split_at(missing.min(rest.len()));
            self.partial.extend_from_slice(now);
            rest = after;
            if self.partial.len() < wanted {
                break;
            }
            if let Some(lengths) = self.lengths.take() {
                let frame = std::mem::take(&mut self.partial);
                on_frame(parse(&frame, lengths)?);
            } else {
                self.lengths = Lengths::read(&self.partial)?;
            }
        }
        Ok(())
    }

    /// The body is complete.
    ///
    /// # Errors
    /// `WARMLINE_FRAME_TRUNCATED` in the middle of a frame.
    pub fn finish(&mut self) -> Result<(), Error> {
        if self.partial.is_empty() {
            return Ok(());
        }
        Err(fault(
            "WARMLINE_FRAME_TRUNCATED",
            "the body ends in the middle of a frame",
        ))
    }
}

impl Lengths {
    /// Of a frame's first bytes; `None` while there are too few of them.
    fn read(bytes: &[u8]) -> Result<Option<Self>, Error> {
        let Some((prelude, _)) = bytes.split_at_checked(PRELUDE_BYTES) else {
            return Ok(None);
        };
        let (lengths, checksum) = prelude.split_at(PRELUDE_BYTES - CHECKSUM_BYTES);
        verify(lengths, checksum, "a frame's prelude")?;
        let (total, headers) = lengths.split_at(4);
        let (total, headers) = (number(total), number(headers));
        let payload = total
            .checked_sub(PRELUDE_BYTES + CHECKSUM_BYTES)
            .and_then(|both| both.checked_sub(headers));
        let Some(payload) = payload.filter(|_| headers <= MAX_HEADER_BYTES) else {
            return Err(fault(
                "WARMLINE_FRAME_LENGTH",
                format!("a frame of {total} bytes cannot have {headers} bytes of headers"),
            ));
        };
        check(payload)?;
        Ok(Some(Self { total, headers }))
    }
}

/// Of a whole frame.
fn parse(frame: &[u8], lengths: Lengths) -> Result<Frame<'_>, Error> {
    let (content, checksum) = frame.split_at(frame.len() - CHECKSUM_BYTES);
    verify(content, checksum, "a frame")?;
    let (headers, payload) = content[PRELUDE_BYTES..].split_at(lengths.headers);
    if !Headers::are_sound(headers) {
        return Err(fault(
            "WARMLINE_FRAME_HEADER",
            "a frame's headers cannot be read",
        ));
    }
    Ok(Frame { headers, payload })
}

fn verify(bytes: &[u8], checksum: &[u8], what: &str) -> Result<(), Error> {
    if crc32fast::hash(bytes).to_be_bytes() == checksum {
        return Ok(());
    }
    Err(fault(
        "WARMLINE_FRAME_CHECKSUM",
        format!("the checksum of {what} does not match"),
    ))
}

/// Four bytes at the most.
fn number(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .fold(0, |number, byte| number << 8 | usize::from(*byte))
}

fn fault(code: &'static str, message: impl Into<Cow<'static, str>>) -> Error {
    Error::new(code, Phase::Body, message.into())
}
