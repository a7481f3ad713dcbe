//! The same bytes as they may come from a socket.

/// The most pieces of one length class: 1, 1 to 2, 1 to 4 and so on.
const CLASSES: u64 = 8;

/// The bytes in single ones, and in pieces of every size. Where they are cut follows from the bytes, so that
/// a seed is nothing but what it is a seed of, and an input that fails does so again.
#[must_use]
pub fn cut(bytes: &[u8]) -> [Vec<&[u8]>; 2] {
    let mut state = hash(bytes);
    let mut rest = bytes;
    let mut pieces = Vec::new();
    while !rest.is_empty() {
        state = next(state);
        let most = 1_u64 << ((state >> 32) % CLASSES);
        let length = usize::try_from(1 + state % most).map_or(1, |length| length.min(rest.len()));
        let (piece, after) = rest.split_at(length);
        pieces.push(piece);
        rest = after;
    }
    [bytes.chunks(1).collect(), pieces]
}

/// FNV-1a.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Xorshift, which nothing but zero leads to zero.
fn next(state: u64) -> u64 {
    let state = state.max(1);
    let state = state ^ (state << 13);
    let state = state ^ (state >> 7);
    state ^ (state << 17)
}
