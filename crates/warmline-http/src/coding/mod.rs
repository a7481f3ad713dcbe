//! Content codings (RFC 9110, section 8.4): what a response's body is encoded with, undone piece by
//! piece, and what a request's may be. Rules and arithmetic, without I/O.
//!
//! What counts as an end, as garbage after it and as a list is what Node's own `fetch` makes of it, so
//! that a response that worked there works here. One thing differs: a body cut in the middle of its data
//! is an error, where `fetch` takes what came for the whole.

mod brotli;
mod chain;
mod compress;
mod fault;
#[cfg(fuzzing)]
pub(crate) mod fuzzing;
mod gzip_header;
mod inflate;
mod limits;
mod zstd;

use http::header::CONTENT_ENCODING;
use http::{HeaderMap, Method, StatusCode};

pub(crate) use self::chain::{Decoding, Pulled};
pub use self::compress::{Compression, compress, gzip_quickly};
pub use self::limits::DecodingLimits;
use crate::error::{Error, Phase};

/// Each coding costs its state and a buffer; more of them than this are an attack (undici's limit).
const MAX_CODINGS: usize = 5;

/// A coding that can be undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ContentCoding {
    Gzip,
    /// In zlib's frame, as RFC 9110 has it, or without, as some servers have it.
    Deflate,
    Brotli,
    Zstd,
}

impl ContentCoding {
    fn named(name: &str) -> Option<Self> {
        [
            ("gzip", Self::Gzip),
            ("x-gzip", Self::Gzip),
            ("deflate", Self::Deflate),
            ("br", Self::Brotli),
            ("zstd", Self::Zstd),
        ]
        .into_iter()
        .find_map(|(known, coding)| name.eq_ignore_ascii_case(known).then_some(coding))
    }
}

/// What undoes the codings of a response's body; `None` where there are none, no body, or one among
/// them that nobody here knows: then the bytes are the caller's as they came.
///
/// # Errors
/// `WARMLINE_DECOMPRESSION_CODINGS` for a list that is too long.
pub(crate) fn of(
    method: &Method,
    status: StatusCode,
    headers: &HeaderMap,
    limits: DecodingLimits,
) -> Result<Option<Box<Decoding>>, Error> {
    if !headers.contains_key(CONTENT_ENCODING) || *method == Method::HEAD || has_no_body(status) {
        return Ok(None);
    }
    let codings = stated(headers)?;
    Ok((!codings.is_empty()).then(|| Box::new(Decoding::new(&codings, limits))))
}

/// Fetch, "null body status".
fn has_no_body(status: StatusCode) -> bool {
    matches!(status.as_u16(), 101 | 103 | 204 | 205 | 304)
}

/// The codings in the order in which they were applied.
fn stated(headers: &HeaderMap) -> Result<Vec<ContentCoding>, Error> {
    let names: Vec<&[u8]> = headers
        .get_all(CONTENT_ENCODING)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .collect();
    if names.len() > MAX_CODINGS {
        let message = format!(
            "the response has {} content codings; at most {MAX_CODINGS} are undone",
            names.len()
        );
        let code = "WARMLINE_DECOMPRESSION_CODINGS";
        return Err(Error::new(code, Phase::Headers, message));
    }
    let known = |name: &[u8]| ContentCoding::named(std::str::from_utf8(name.trim_ascii()).ok()?);
    let codings: Option<Vec<_>> = names.into_iter().map(known).collect();
    Ok(codings.unwrap_or_default())
}

#[cfg(test)]
mod tests;
