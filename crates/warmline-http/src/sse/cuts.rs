//! Bytes as a network hands them over, for the decoders' tests.

use std::fmt::Debug;

/// What `decode` makes of bytes, which has to be the same wherever they are cut: in up to three pieces at every
/// place, and byte by byte.
pub(super) fn same_wherever_cut<Seen: Debug + PartialEq>(
    bytes: &[u8],
    decode: impl Fn(&[&[u8]]) -> Seen,
) -> Seen {
    let whole = decode(&[bytes]);
    for first in 0..=bytes.len() {
        for second in first..=bytes.len() {
            let cut = decode(&[&bytes[..first], &bytes[first..second], &bytes[second..]]);
            assert_eq!(cut, whole, "cut at {first} and {second}");
        }
    }
    let singly: Vec<&[u8]> = bytes.chunks(1).collect();
    assert_eq!(decode(&singly), whole, "byte by byte");
    whole
}
