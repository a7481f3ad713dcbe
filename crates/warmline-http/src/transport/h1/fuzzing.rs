//! Responses and requests as the fuzz targets see them, without a connection under them.

use http::{HeaderMap, StatusCode};

use super::chunked::Chunked;
use super::encode::RequestHead;
use super::framing::Framing;
use super::head::{Complete, HeadReader};
use crate::transport::body::RequestBody;

/// A response, as far as its connection's bytes go.
#[derive(Debug, PartialEq)]
pub struct Message {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    pub end: End,
}

/// How a response ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It is complete, and so many bytes were not its own.
    Whole { surplus: usize },
    /// With the connection, wherever that ends.
    WithConnection,
    /// It is not complete.
    Cut,
    /// It cannot be read on.
    Broken,
}

/// Reads the response to a request that was a HEAD or was not; `None` where no head is complete and sound.
#[must_use]
pub fn read(pieces: &[&[u8]], to_head: bool) -> Option<Message> {
    let mut reader = HeadReader::new(to_head);
    let mut reading = None;
    for piece in pieces {
        let mut bytes = piece.to_vec();
        match &mut reading {
            None => {
                reading = reader.take(&mut bytes, Reading::new).ok()?;
            }
            Some(reading) => reading.take(&mut bytes),
        }
    }
    reading.map(|reading| reading.message)
}

/// The bytes of a request's head.
#[must_use]
pub fn written(head: &RequestHead<'_>, body: &RequestBody) -> Vec<u8> {
    let mut bytes = Vec::new();
    head.encode(body.framing(head.method), &mut bytes);
    bytes
}

struct Reading {
    message: Message,
    decoder: Decoder,
}

enum Decoder {
    Length(u64),
    Chunked(Chunked),
    UntilClose,
}

impl Reading {
    fn new(complete: Complete, rest: &mut [u8]) -> Self {
        let (decoder, end) = match complete.framing {
            Framing::Length(length) => (Decoder::Length(length), End::Cut),
            Framing::Chunked => (Decoder::Chunked(Chunked::new()), End::Cut),
            Framing::UntilClose => (Decoder::UntilClose, End::WithConnection),
        };
        let mut reading = Self {
            message: Message {
                status: complete.head.status,
                headers: complete.head.headers,
                body: Vec::new(),
                end,
            },
            decoder,
        };
        reading.take(rest);
        reading
    }

    fn take(&mut self, bytes: &mut [u8]) {
        let Message { body, end, .. } = &mut self.message;
        match end {
            End::Whole { surplus } => return *surplus += bytes.len(),
            End::Broken => return,
            End::WithConnection | End::Cut => {}
        }
        match &mut self.decoder {
            Decoder::Length(left) => {
                let data = usize::try_from(*left).map_or(bytes.len(), |left| left.min(bytes.len()));
                *left -= data as u64;
                body.extend_from_slice(&bytes[..data]);
                if *left == 0 {
                    let surplus = bytes.len() - data;
                    *end = End::Whole { surplus };
                }
            }
            Decoder::Chunked(chunked) => {
                let decoded = chunked.decode(bytes);
                body.extend_from_slice(&bytes[..decoded.data]);
                if chunked.is_done() {
                    let surplus = bytes.len() - decoded.read;
                    *end = End::Whole { surplus };
                } else if chunked.fault().is_some() {
                    *end = End::Broken;
                }
            }
            Decoder::UntilClose => body.extend_from_slice(bytes),
        }
    }
}
