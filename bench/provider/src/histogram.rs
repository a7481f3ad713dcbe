//! Latencies counted in buckets that grow with the value, so that a quantile is right to within 1.6 %.

use std::time::Duration;

/// Each power of two is split into this many buckets.
const STEPS: u64 = 64;
const STEP_BITS: u32 = STEPS.trailing_zeros();

pub(crate) struct Histogram {
    counts: Vec<u64>,
    total: u64,
}

impl Histogram {
    pub(crate) fn new() -> Self {
        Self {
            counts: vec![0; bucket(u64::MAX) + 1],
            total: 0,
        }
    }

    pub(crate) fn record(&mut self, value: Duration) {
        let nanos = u64::try_from(value.as_nanos()).unwrap_or(u64::MAX);
        self.counts[bucket(nanos)] += 1;
        self.total += 1;
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.counts.iter_mut().zip(&other.counts) {
            *mine += theirs;
        }
        self.total += other.total;
    }

    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// The least value that `percent` of all values do not exceed; zero if there is none.
    pub(crate) fn percentile(&self, percent: u64) -> Duration {
        let rank = (self.total * percent).div_ceil(100).max(1);
        let mut seen = 0;
        for (index, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= rank {
                return Duration::from_nanos(upper_edge(index));
            }
        }
        Duration::ZERO
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "there are fewer than 4,000 buckets"
)]
fn bucket(nanos: u64) -> usize {
    let shift = (u64::BITS - nanos.leading_zeros()).saturating_sub(STEP_BITS + 1);
    // Below 2 * STEPS each value has its own bucket; above, the leading bits tell which.
    (u64::from(shift) * STEPS + (nanos >> shift)) as usize
}

/// The greatest value that falls into the bucket.
fn upper_edge(index: usize) -> u64 {
    let index = index as u64;
    if index < 2 * STEPS {
        return index;
    }
    let shift = index / STEPS - 1;
    let leading = u128::from(index - shift * STEPS);
    u64::try_from(((leading + 1) << shift) - 1).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_again_to_within_one_step() {
        for nanos in [
            0,
            1,
            63,
            64,
            127,
            128,
            129,
            1000,
            65_535,
            1 << 40,
            u64::MAX - 1,
            u64::MAX,
        ] {
            let edge = upper_edge(bucket(nanos));
            assert!(
                edge >= nanos && edge - nanos <= nanos / STEPS,
                "{nanos} became {edge}"
            );
        }
    }

    #[test]
    fn percentiles_are_taken_by_rank() {
        let (mut first, mut second) = (Histogram::new(), Histogram::new());
        for nanos in 1..=50 {
            first.record(Duration::from_nanos(nanos));
            second.record(Duration::from_nanos(nanos + 50));
        }
        first.merge(&second);
        assert_eq!(first.total(), 100);
        assert_eq!(first.percentile(50), Duration::from_nanos(50));
        assert_eq!(first.percentile(99), Duration::from_nanos(99));
    }
}
