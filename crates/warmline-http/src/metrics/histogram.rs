//! Durations counted in buckets, by whoever has one and without a lock.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Each doubling of the time is cut into this many buckets (as HDR histograms do it), so that the middle
/// of a bucket is no more than a thirty-second off any duration in it.
const PARTS: usize = 1 << PART_BITS;
const PART_BITS: u32 = 4;
/// Up to 2^37 microseconds, 38 hours; what takes longer counts as that.
const DOUBLINGS: usize = 34;
const BUCKETS: usize = PARTS * DOUBLINGS;

/// Microseconds by bucket: exact below 16, then 16 buckets for each doubling.
pub(crate) struct Histogram {
    buckets: Box<[AtomicU64]>,
    micros: AtomicU64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            buckets: (0..BUCKETS).map(|_| AtomicU64::new(0)).collect(),
            micros: AtomicU64::new(0),
        }
    }
}

impl Histogram {
    /// Two additions that order nothing: a reader may see one of them first.
    pub(crate) fn record(&self, duration: Duration) {
        let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        self.buckets[bucket_of(micros)].fetch_add(1, Ordering::Relaxed);
        self.micros.fetch_add(micros, Ordering::Relaxed);
    }
}

/// A histogram that takes no memory before its first duration: most origins never use all of theirs.
#[derive(Default)]
pub(crate) struct Times(OnceLock<Box<Histogram>>);

impl Times {
    pub(crate) fn record(&self, duration: Duration) {
        self.0.get_or_init(Box::default).record(duration);
    }

    pub(crate) fn read(&self) -> Durations {
        let Some(histogram) = self.0.get() else {
            return Durations::default();
        };
        Durations {
            buckets: histogram
                .buckets
                .iter()
                .map(|count| count.load(Ordering::Relaxed))
                .collect(),
            micros: histogram.micros.load(Ordering::Relaxed),
        }
    }
}

/// What a histogram held when it was read.
#[derive(Clone, Debug, Default)]
pub struct Durations {
    /// None where nothing was recorded.
    buckets: Vec<u64>,
    micros: u64,
}

impl Durations {
    /// How many there were.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }

    /// All of them together.
    #[must_use]
    pub fn sum(&self) -> Duration {
        Duration::from_micros(self.micros)
    }

    /// Their mean; zero if there were none.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "a mean, of a count below 2^52")]
    pub fn mean(&self) -> Duration {
        match self.count() {
            0 => Duration::ZERO,
            count => self.sum().div_f64(count as f64),
        }
    }

    /// How many were shorter than each of some powers of two of microseconds, exactly; the powers ascend.
    #[must_use]
    pub fn shorter_than<const N: usize>(&self, powers: [u32; N]) -> [u64; N] {
        let (mut from, mut seen) = (0, 0);
        powers.map(|power| {
            let end = bucket_of(1 << power).min(self.buckets.len());
            seen += self.buckets[from..end].iter().sum::<u64>();
            from = end;
            seen
        })
    }

    /// What a part of them, 0 to 1, did not exceed, to a thirty-second; `None` if there were none.
    #[must_use]
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rank among counts below 2^52"
    )]
    pub fn quantile(&self, part: f64) -> Option<Duration> {
        let count = self.count();
        let rank = ((count as f64 * part).ceil() as u64).clamp(1, count.max(1));
        let mut seen = 0;
        let bucket = self.buckets.iter().position(|in_bucket| {
            seen += in_bucket;
            seen >= rank
        })?;
        let (from, to) = (start_of(bucket), start_of(bucket + 1));
        // The last microsecond of the bucket is `to - 1`.
        Some(Duration::from_micros(from.midpoint(to - 1)))
    }

    /// Takes in those of another histogram.
    pub(crate) fn add(&mut self, other: &Self) {
        if self.buckets.is_empty() {
            self.buckets.clone_from(&other.buckets);
        } else {
            for (own, other) in self.buckets.iter_mut().zip(&other.buckets) {
                *own += other;
            }
        }
        self.micros += other.micros;
    }
}

fn bucket_of(micros: u64) -> usize {
    let shift = (u64::BITS - micros.leading_zeros()).saturating_sub(PART_BITS + 1);
    // At most 31: it has five bits.
    let part = usize::try_from(micros >> shift).unwrap_or_default();
    (PARTS * shift as usize + part).min(BUCKETS - 1)
}

/// The first microsecond of a bucket.
fn start_of(bucket: usize) -> u64 {
    let (doubling, part) = (bucket / PARTS, bucket % PARTS);
    match doubling.checked_sub(1) {
        None => part as u64,
        Some(shift) => ((PARTS + part) as u64) << shift,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(micros: impl IntoIterator<Item = u64>) -> Durations {
        let times = Times::default();
        for micros in micros {
            times.record(Duration::from_micros(micros));
        }
        times.read()
    }

    #[test]
    fn buckets_follow_each_other_without_gap_or_overlap() {
        for bucket in 0..BUCKETS {
            assert_eq!(bucket_of(start_of(bucket)), bucket);
            assert_eq!(bucket_of(start_of(bucket + 1) - 1), bucket);
        }
    }

    #[test]
    fn nothing_recorded_has_no_quantile_and_a_mean_of_zero() {
        let none = Times::default().read();
        assert_eq!(none.quantile(0.5), None);
        assert_eq!((none.count(), none.mean()), (0, Duration::ZERO));
    }

    #[test]
    fn what_exceeds_the_last_bucket_is_counted_in_it() {
        assert_eq!(of([u64::MAX]).count(), 1);
    }

    #[test]
    fn a_power_of_two_is_not_shorter_than_itself() {
        let durations = of([1023, 1024, 5_000_000]);
        assert_eq!(durations.shorter_than([9, 10, 11, 60]), [0, 1, 2, 2 + 1]);
        assert_eq!(Times::default().read().shorter_than([10, 11]), [0, 0]);
    }

    proptest! {
        #[test]
        fn a_quantile_is_a_thirty_second_off_at_most(
            mut micros in prop::collection::vec(0_u64..1 << 36, 1..200),
            part in 0.01_f64..1.0,
        ) {
            let found = of(micros.iter().copied()).quantile(part).unwrap().as_secs_f64() * 1e6;
            micros.sort_unstable();
            #[allow(
                clippy::cast_precision_loss,
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "small numbers"
            )]
            let exact = micros[(micros.len() as f64 * part).ceil() as usize - 1] as f64;
            prop_assert!((found - exact).abs() <= exact / 32.0 + 0.5, "{found} for {exact}");
        }

        #[test]
        fn two_histograms_together_hold_what_both_held(
            one in prop::collection::vec(0_u64..1 << 36, 0..50),
            two in prop::collection::vec(0_u64..1 << 36, 0..50),
        ) {
            let mut both = of(one.iter().copied());
            both.add(&of(two.iter().copied()));
            let together = of(one.into_iter().chain(two));
            prop_assert_eq!(both.buckets, together.buckets);
            prop_assert_eq!(both.micros, together.micros);
        }
    }
}
