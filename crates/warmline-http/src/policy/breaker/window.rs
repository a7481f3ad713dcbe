//! How many requests there were of late, and how many of them failed: counts of the slices of a window that
//! moves on by one of them at a time.

use std::time::Duration;

const SLICES: usize = 10;
/// The number of the first slice: there is a whole window before it.
const FIRST: u64 = SLICES as u64;

#[derive(Debug)]
pub(super) struct Window {
    slice: Duration,
    /// By number of the slice, modulo their count.
    counts: [Counts; SLICES],
    /// The number of the latest slice.
    latest: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    requests: u32,
    failed: u32,
}

impl Window {
    pub(super) fn new(length: Duration) -> Self {
        Self {
            // In a window of no length at all, a slice is still one.
            slice: (length / 10).max(Duration::from_millis(1)),
            counts: [Counts::default(); SLICES],
            latest: FIRST,
        }
    }

    pub(super) fn add(&mut self, now: Duration, failed: bool) {
        let number = self.number(now);
        // A clock that went back counts in the latest slice.
        if number > self.latest {
            let last_window = number - FIRST + 1;
            for begun in last_window.max(self.latest + 1)..=number {
                self.counts[index(begun)] = Counts::default();
            }
            self.latest = number;
        }
        let counts = &mut self.counts[index(self.latest)];
        counts.requests = counts.requests.saturating_add(1);
        counts.failed = counts.failed.saturating_add(failed.into());
    }

    /// Requests and failures in the window that ends now.
    pub(super) fn counts(&self, now: Duration) -> (u32, u32) {
        let passed = self.number(now).saturating_sub(self.latest);
        let gone = usize::try_from(passed).unwrap_or(SLICES).min(SLICES);
        // From the latest slice backwards.
        sum((0..SLICES - gone).map(|back| self.counts[index(self.latest - back as u64)]))
    }

    /// Requests and failures in the window that ends with the latest of them.
    pub(super) fn kept(&self) -> (u32, u32) {
        sum(self.counts.into_iter())
    }

    fn number(&self, now: Duration) -> u64 {
        let number = u64::try_from(now.as_nanos() / self.slice.as_nanos());
        number.unwrap_or(u64::MAX).saturating_add(FIRST)
    }
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "the remainder is less than the count of slices"
)]
fn index(number: u64) -> usize {
    (number % SLICES as u64) as usize
}

fn sum(slices: impl Iterator<Item = Counts>) -> (u32, u32) {
    slices.fold((0, 0), |(requests, failed), counts| {
        (
            u32::saturating_add(requests, counts.requests),
            u32::saturating_add(failed, counts.failed),
        )
    })
}
