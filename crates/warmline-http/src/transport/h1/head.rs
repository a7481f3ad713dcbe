//! The head of a response (RFC 9112, section 4 and 5): from bytes to a status and headers.

use std::mem::MaybeUninit;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Version};
use httparse::Status;
use memchr::memmem;
use tokio::time::Instant;

use super::framing::Framing;

/// The largest head, with the interim responses before it.
const MAX_HEAD_BYTES: usize = 64 * 1024;

/// The most header fields a response may have.
const MAX_FIELDS: usize = 256;

/// The head of a response.
#[derive(Debug)]
pub struct ResponseHead {
    /// The status code.
    pub status: StatusCode,
    /// HTTP/1.0 or HTTP/1.1.
    pub version: Version,
    /// The reason phrase, where it is not the status code's usual one.
    pub reason: Option<Bytes>,
    /// All headers, in the order in which they came.
    pub headers: HeaderMap,
    /// When the last of the request was written; `None` where the response came before that.
    pub sent: Option<Instant>,
}

/// Why a response's head is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HeadFault {
    /// It is longer than [`MAX_HEAD_BYTES`], or has more than [`MAX_FIELDS`] fields.
    TooLarge,
    /// What came is not HTTP.
    NotHttp,
    Version,
    Status,
    Field,
    /// The content-length is none, or there are two.
    Length,
    /// There is a content-length and a transfer-encoding.
    LengthTwice,
    TransferEncoding,
    /// A change of protocols that nobody asked for.
    Upgrade,
}

/// A head that is being received.
pub(super) struct HeadReader {
    /// What came before, unless it came at once.
    kept: Vec<u8>,
    /// How much of `kept` was there when it was last parsed.
    parsed: usize,
    interim: usize,
    to_head: bool,
}

/// A complete head, and where the body begins in the bytes that it was read from.
pub(super) struct Complete {
    pub(super) head: ResponseHead,
    pub(super) framing: Framing,
    length: usize,
}

impl HeadReader {
    /// A reader of the response to a request that was a HEAD or was not.
    pub(super) fn new(to_head: bool) -> Self {
        Self {
            kept: Vec::new(),
            parsed: 0,
            interim: 0,
            to_head,
        }
    }

    /// Whether a part of a head has come.
    pub(super) fn has_begun(&self) -> bool {
        !self.kept.is_empty()
    }

    /// Takes in what has come. Once the head is complete, `done` gets it with what follows it.
    pub(super) fn take<T>(
        &mut self,
        bytes: &mut [u8],
        done: impl FnOnce(Complete, &mut [u8]) -> T,
    ) -> Result<Option<T>, HeadFault> {
        if self.kept.is_empty() {
            let (skipped, found) = self.parse(bytes)?;
            if let Some(complete) = found {
                let body = skipped + complete.length;
                return Ok(Some(done(complete, &mut bytes[body..])));
            }
            self.keep(&bytes[skipped..]);
            self.parsed = self.kept.len();
            return Ok(None);
        }
        self.keep(bytes);
        if !self.is_worth_parsing(bytes.len()) {
            return Ok(None);
        }
        let mut kept = std::mem::take(&mut self.kept);
        let (skipped, found) = self.parse(&kept)?;
        if let Some(complete) = found {
            let body = skipped + complete.length;
            return Ok(Some(done(complete, &mut kept[body..])));
        }
        kept.drain(..skipped);
        self.parsed = kept.len();
        self.kept = kept;
        Ok(None)
    }

    fn keep(&mut self, bytes: &[u8]) {
        self.kept.extend_from_slice(bytes);
    }

    /// A head that comes byte by byte is not parsed from its start each time, only when its end has
    /// come or it has doubled, which finds what is wrong with it early.
    fn is_worth_parsing(&self, added: usize) -> bool {
        let kept = &self.kept;
        let from = kept.len().saturating_sub(added + 3);
        kept.len() >= 2 * self.parsed
            || kept.len() > MAX_HEAD_BYTES
            || memmem::find(&kept[from..], b"\n\r\n").is_some()
            || memmem::find(&kept[from..], b"\n\n").is_some()
    }

    /// How many bytes of interim responses there were (RFC 9110, section 15.2), and the final head.
    fn parse(&mut self, bytes: &[u8]) -> Result<(usize, Option<Complete>), HeadFault> {
        let mut skipped = 0;
        loop {
            let parsed = parse(&bytes[skipped..], self.to_head)?;
            let length = match &parsed {
                Parsed::Partial => bytes.len() - skipped,
                Parsed::Interim(length) => *length,
                Parsed::Final(complete) => complete.length,
            };
            if self.interim + length > MAX_HEAD_BYTES {
                return Err(HeadFault::TooLarge);
            }
            match parsed {
                Parsed::Partial => return Ok((skipped, None)),
                Parsed::Interim(length) => {
                    skipped += length;
                    self.interim += length;
                }
                Parsed::Final(complete) => return Ok((skipped, Some(complete))),
            }
        }
    }
}

enum Parsed {
    Partial,
    /// A response before the response, of so many bytes.
    Interim(usize),
    Final(Complete),
}

fn parse(bytes: &[u8], to_head: bool) -> Result<Parsed, HeadFault> {
    let mut fields = [MaybeUninit::uninit(); MAX_FIELDS];
    let mut response = httparse::Response::new(&mut []);
    let outcome = httparse::ParserConfig::default().parse_response_with_uninit_headers(
        &mut response,
        bytes,
        &mut fields,
    );
    let length = match outcome {
        Ok(Status::Complete(length)) => length,
        Ok(Status::Partial) => return Ok(Parsed::Partial),
        Err(error) => return Err(fault(error, bytes)),
    };
    let status = response
        .code
        .and_then(|code| StatusCode::from_u16(code).ok());
    let status = status.ok_or(HeadFault::Status)?;
    match status.as_u16() {
        101 => return Err(HeadFault::Upgrade),
        100..=199 => return Ok(Parsed::Interim(length)),
        _ => {}
    }
    let version = if response.version == Some(0) {
        Version::HTTP_10
    } else {
        Version::HTTP_11
    };
    // One copy of the whole head, and every value a part of it.
    let shared = Bytes::copy_from_slice(&bytes[..length]);
    let mut headers = HeaderMap::with_capacity(response.headers.len());
    for field in response.headers.iter() {
        let name = HeaderName::from_bytes(field.name.as_bytes()).map_err(|_| HeadFault::Field)?;
        headers.append(name, value(field.value, bytes, &shared)?);
    }
    let reason = response
        .reason
        .filter(|reason| Some(*reason) != status.canonical_reason())
        .map(|reason| Bytes::copy_from_slice(reason.as_bytes()));
    let framing = Framing::of(status, version, &headers, to_head)?;
    let head = ResponseHead {
        status,
        version,
        reason,
        headers,
        sent: None,
    };
    Ok(Parsed::Final(Complete {
        head,
        framing,
        length,
    }))
}

/// A field's value, which is a part of `bytes`, as the same part of `shared`.
fn value(value: &[u8], bytes: &[u8], shared: &Bytes) -> Result<HeaderValue, HeadFault> {
    if value.is_empty() {
        return Ok(HeaderValue::from_static(""));
    }
    let start = value.as_ptr().addr() - bytes.as_ptr().addr();
    HeaderValue::from_maybe_shared(shared.slice(start..start + value.len()))
        .map_err(|_| HeadFault::Field)
}

fn fault(error: httparse::Error, bytes: &[u8]) -> HeadFault {
    match error {
        httparse::Error::TooManyHeaders => HeadFault::TooLarge,
        httparse::Error::HeaderName | httparse::Error::HeaderValue => HeadFault::Field,
        httparse::Error::Status => HeadFault::Status,
        httparse::Error::Version if bytes.starts_with(b"HTTP/") => HeadFault::Version,
        _ => HeadFault::NotHttp,
    }
}
