//! Rendezvous hashing: an endpoint's rank for a key depends on these two alone, and the highest rank has
//! the key. An endpoint that leaves gives away its own keys and no others, and takes them back when it returns.
//! (Thaler and Ravishankar, 1998; the weights are those of Schindelhauer and Schomaker, 2005.)

/// FNV-1a's, for 64 bits.
const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0100_0000_01b3;

/// The same in every process, so that gateways side by side send a key to the same endpoint.
pub(super) fn hash(text: &str) -> u64 {
    continued(OFFSET, text)
}

/// The endpoint's rank for a key; higher for a higher weight in the way that gives it so many more keys.
pub(super) fn rank(seed: u64, key: &str, weight: u32) -> f64 {
    // 53 bits are what a float can tell apart; the half keeps it off 0 and 1.
    #[allow(clippy::cast_precision_loss, reason = "53 bits")]
    let unit = ((mixed(continued(seed, key)) >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
    f64::from(weight) / -unit.ln()
}

fn continued(state: u64, text: &str) -> u64 {
    text.bytes().fold(state, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(PRIME)
    })
}

/// The end of `SplitMix64`: the high bits of FNV's hashes of alike texts are alike.
fn mixed(mut hash: u64) -> u64 {
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}
