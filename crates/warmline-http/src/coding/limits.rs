//! How much a decoded body may grow: what stands between a small answer and a full memory.

use super::fault::Fault;

/// Below so many decoded bytes no ratio is looked at: small bodies of one letter compress a thousandfold.
const RATIO_FREE_BYTES: u64 = 16 * 1024 * 1024;

/// What a decoded body may come to, beside what was received for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodingLimits {
    /// Decoded bytes for each received one, from 16 MiB of them on; `None` is no limit.
    pub ratio: Option<u32>,
    /// Decoded bytes; `None` is no limit.
    pub bytes: Option<u64>,
}

impl Default for DecodingLimits {
    /// 250 to 1, which no real document comes near and every bomb exceeds, and 4 GiB.
    fn default() -> Self {
        Self {
            ratio: Some(250),
            bytes: Some(4 * 1024 * 1024 * 1024),
        }
    }
}

/// Holds a body to its limits.
#[derive(Debug)]
pub(super) struct Guard {
    limits: DecodingLimits,
    received: u64,
    decoded: u64,
}

impl Guard {
    pub(super) fn new(limits: DecodingLimits) -> Self {
        Self {
            limits,
            received: 0,
            decoded: 0,
        }
    }

    pub(super) fn received(&mut self, bytes: usize) {
        self.received += bytes as u64;
    }

    /// Counts what came out of a coding, be it the last or one on the way.
    ///
    /// # Errors
    /// Once that is more than may be.
    pub(super) fn decoded(&mut self, bytes: usize) -> Result<(), Fault> {
        self.decoded += bytes as u64;
        if let Some(most) = self.limits.bytes.filter(|most| self.decoded > *most) {
            return Err(Fault::TooLarge(most));
        }
        let most = |ratio: u32| self.received.saturating_mul(u64::from(ratio));
        match self.limits.ratio {
            Some(ratio) if self.decoded > RATIO_FREE_BYTES && self.decoded > most(ratio) => {
                Err(Fault::Ratio(ratio))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn has_received(&self) -> bool {
        self.received > 0
    }
}
