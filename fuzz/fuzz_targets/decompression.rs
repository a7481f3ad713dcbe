//! Encoded bodies, the first line being their `content-encoding`: decoded to the same wherever they are cut, and never
//! to more than is allowed; and what this package encodes, it decodes.
#![no_main]

use http::header::CONTENT_ENCODING;
use http::{HeaderMap, HeaderValue};
use libfuzzer_sys::fuzz_target;
use warmline_fuzz::cut;
use warmline_http::fuzzing::{decode, encode};
use warmline_http::{Compression, DecodingLimits};

const MOST: u64 = 256 * 1024;
const LIMITS: DecodingLimits = DecodingLimits {
    ratio: Some(250),
    bytes: Some(MOST),
};

fuzz_target!(|bytes: &[u8]| {
    let mut parts = bytes.splitn(2, |byte| *byte == b'\n');
    let (codings, body) = (parts.next().unwrap_or(b""), parts.next().unwrap_or(b""));
    if let Ok(codings) = HeaderValue::from_bytes(codings)
        && let Some((whole, result)) = decoded(codings.clone(), &[body])
    {
        for pieces in cut(body) {
            let (again, ended) = decoded(codings.clone(), &pieces).expect("the same codings");
            // Where it is refused, more or less of what came before may have been handed over.
            let shorter = whole.len().min(again.len());
            assert_eq!(again[..shorter], whole[..shorter]);
            assert_eq!(
                ended.is_ok(),
                result.is_ok(),
                "{codings:?}, {ended:?}, {result:?}"
            );
            assert!(result.is_err() || whole.len() == again.len());
        }
    }
    for (name, compression) in [("gzip", Compression::Gzip), ("zstd", Compression::Zstd)] {
        let encoded = encode(body, compression).expect("enough memory");
        let (plain, _) = decoded(HeaderValue::from_static(name), &[&encoded]).expect("a coding");
        assert_eq!(plain, body);
    }
});

/// The body, and the code of what it is refused for.
fn decoded(codings: HeaderValue, pieces: &[&[u8]]) -> Option<(Vec<u8>, Result<(), String>)> {
    let headers = HeaderMap::from_iter([(CONTENT_ENCODING, codings)]);
    let (body, result) = decode(&headers, LIMITS, pieces)?;
    assert!(body.len() as u64 <= MOST);
    let result = result.map_err(|error| {
        assert!(error.code.starts_with("WARMLINE_DECOMPRESSION_"));
        error.code.into_owned()
    });
    Some((body, result))
}
