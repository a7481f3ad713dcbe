//! Encodes a request's body, for servers that are known to take it so. Not with brotli, whose encoder alone
//! would make the binary larger by a megabyte.

use bytes::Bytes;
use http::HeaderValue;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use zlib_rs::{Deflate, DeflateFlush, Status};

use crate::error::{Error, Phase};
use crate::request::Request;
use crate::transport::RequestBody;

/// A longer body is encoded on a thread of its own: every stream of the engine's would wait for it.
const INLINE_BYTES: usize = 16 * 1024;

/// zlib's own default.
const GZIP_LEVEL: i32 = 6;
/// zlib's least: a quarter of the time, for half as much again.
const GZIP_QUICK: i32 = 1;
/// Gzip's frame around the largest window.
const GZIP_WINDOW_BITS: u8 = 16 + 15;
/// zstd's own default.
const ZSTD_LEVEL: i32 = 3;

/// What a request's body is to be encoded with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// RFC 1952.
    Gzip,
    /// RFC 8878.
    Zstd,
}

/// The same request with its body encoded; untouched if it has none at hand, or one that says it is
/// encoded already.
///
/// # Errors
/// `WARMLINE_COMPRESSION` where the encoder fails, which is for want of memory.
pub async fn compress(mut request: Request, compression: Compression) -> Result<Request, Error> {
    let RequestBody::Full(body) = &request.body else {
        return Ok(request);
    };
    if body.is_empty() || request.headers.contains_key(CONTENT_ENCODING) {
        return Ok(request);
    }
    let plain = body.clone();
    let encoded = if plain.len() <= INLINE_BYTES {
        encode(&plain, compression)
    } else {
        tokio::task::spawn_blocking(move || encode(&plain, compression))
            .await
            .ok()
            .flatten()
    };
    let encoded = encoded.ok_or_else(|| {
        let message = "the request's body could not be encoded";
        Error::new("WARMLINE_COMPRESSION", Phase::Pool, message)
    })?;
    // A length that was stated is that of the plain body.
    request.headers.remove(CONTENT_LENGTH);
    let name = match compression {
        Compression::Gzip => "gzip",
        Compression::Zstd => "zstd",
    };
    let name = HeaderValue::from_static(name);
    request.headers.insert(CONTENT_ENCODING, name);
    request.body = RequestBody::Full(encoded);
    Ok(request)
}

pub(super) fn encode(plain: &[u8], compression: Compression) -> Option<Bytes> {
    match compression {
        Compression::Gzip => gzip(plain, GZIP_LEVEL),
        Compression::Zstd => zstd(plain),
    }
    .map(Bytes::from)
}

/// Text as gzip, where the time matters more than the last bytes; `None` where the encoder fails, which is for want
/// of memory.
#[must_use]
pub fn gzip_quickly(plain: &[u8]) -> Option<Vec<u8>> {
    gzip(plain, GZIP_QUICK)
}

fn gzip(mut plain: &[u8], level: i32) -> Option<Vec<u8>> {
    let mut deflate = Deflate::new(level, true, GZIP_WINDOW_BITS);
    let mut encoded = Vec::new();
    let mut piece = [0; 8 * 1024];
    loop {
        let (read, written) = (deflate.total_in(), deflate.total_out());
        let status = deflate
            .compress(plain, &mut piece, DeflateFlush::Finish)
            .ok()?;
        plain = &plain[usize::try_from(deflate.total_in() - read).ok()?..];
        encoded.extend_from_slice(&piece[..usize::try_from(deflate.total_out() - written).ok()?]);
        if status == Status::StreamEnd {
            return Some(encoded);
        }
    }
}

fn zstd(plain: &[u8]) -> Option<Vec<u8>> {
    let mut encoded = Vec::with_capacity(zstd_safe::compress_bound(plain.len()));
    zstd_safe::compress(&mut encoded, plain, ZSTD_LEVEL).ok()?;
    Some(encoded)
}
