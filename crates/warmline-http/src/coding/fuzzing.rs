//! Codings as the fuzz targets use them.

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};

use super::compress::encode as encoded;
use super::{Compression, DecodingLimits, Pulled, of};
use crate::error::Error;

/// What comes of a body that is encoded as its headers say, until its end or until it is refused; `None`
/// where it is not for us to decode.
#[must_use]
pub fn decode(
    headers: &HeaderMap,
    limits: DecodingLimits,
    pieces: &[&[u8]],
) -> Option<(Vec<u8>, Result<(), Error>)> {
    let mut decoding = of(&Method::GET, StatusCode::OK, headers, limits).ok()??;
    let mut body = Vec::new();
    let pieces = pieces.iter().map(|piece| Bytes::copy_from_slice(piece));
    for received in pieces.map(Some).chain([None]) {
        decoding.feed(received);
        loop {
            match decoding.pull() {
                Ok(Pulled::Piece(piece)) => body.extend_from_slice(&piece),
                Ok(Pulled::Pause) => {}
                Ok(Pulled::Hungry) => break,
                Ok(Pulled::End) => return Some((body, Ok(()))),
                Err(fault) => return Some((body, Err(fault.into()))),
            }
        }
    }
    unreachable!("it was told that there is no more")
}

/// A body, encoded.
#[must_use]
pub fn encode(plain: &[u8], compression: Compression) -> Option<Bytes> {
    encoded(plain, compression)
}
