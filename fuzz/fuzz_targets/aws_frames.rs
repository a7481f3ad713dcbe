//! AWS's frames: cut anywhere, the same frames and the same error. No fuzzer finds a checksum, so that the input is
//! read as it is and once more with the right ones.
#![no_main]

use libfuzzer_sys::fuzz_target;
use warmline_fuzz::cut;
use warmline_http::Error;
use warmline_http::sse::AwsFrames;

const PRELUDE: usize = 8;
const CHECKSUM: usize = 4;

fuzz_target!(|bytes: &[u8]| {
    let mut mended = bytes.to_vec();
    mend(&mut mended);
    for bytes in [bytes, &mended] {
        let whole = read(&[bytes]);
        for pieces in cut(bytes) {
            assert_eq!(read(&pieces), whole, "{pieces:?}");
        }
    }
});

/// Each frame's headers and payload, and the code of the error that ended it.
fn read(pieces: &[&[u8]]) -> (Vec<(String, Vec<u8>)>, Option<String>) {
    let mut seen = Vec::new();
    let mut frames = AwsFrames::default();
    let mut run = || -> Result<(), Error> {
        for piece in pieces {
            frames.feed(piece, |frame| {
                let headers: Vec<_> = frame.headers().collect();
                let type_of = frame.text(":message-type");
                seen.push((format!("{headers:?} {type_of:?}"), frame.payload.to_vec()));
            })?;
        }
        frames.finish()
    };
    let code = run().err().map(|error| error.code.into_owned());
    (seen, code)
}

/// Gives every frame the checksums that it should have, as far as its length leads to another.
fn mend(mut rest: &mut [u8]) {
    while let Some((lengths, _)) = rest.split_first_chunk::<4>() {
        let total = u32::from_be_bytes(*lengths) as usize;
        if rest.len() < PRELUDE + CHECKSUM {
            return;
        }
        sum(rest, PRELUDE);
        if total < PRELUDE + 2 * CHECKSUM || total > rest.len() {
            return;
        }
        sum(rest, total - CHECKSUM);
        rest = &mut rest[total..];
    }
}

/// Writes the checksum of the first so many bytes behind them.
fn sum(bytes: &mut [u8], length: usize) {
    let sum = crc32fast::hash(&bytes[..length]).to_be_bytes();
    bytes[length..length + CHECKSUM].copy_from_slice(&sum);
}
