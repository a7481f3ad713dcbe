use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicI64, AtomicU64};
use std::time::Duration;

use crate::Clock;
use crate::clock::nanos;

/// How far the time of day has to get ahead for the process to have been suspended. Above what a clock
/// is slewed by between two looks; below any idle limit that peers are known to have.
const LEAP: i64 = 2_000_000_000;

/// How long the monotonic clock goes on between two looks at the time of day, in nanoseconds, so that
/// few checkouts pay for one. It goes on for longer than that while a process is frozen: a system
/// freezes its processes first and puts its devices to sleep then, and wakes them in turn.
const LOOK_EVERY: u64 = 10_000_000;

/// Since when the process has been awake, told by its two clocks: the monotonic one stands still while
/// the machine sleeps or the process is frozen with it, the time of day does not.
///
/// A time of day that is set forward looks the same, and so does one that drifts, once in a long while:
/// that costs the idle connections, and nothing else.
pub(crate) struct Wakefulness {
    /// By how much the time of day was ahead of the monotonic clock, in nanoseconds. Written only after
    /// a leap, so that the looks of many threads share it.
    ahead: AtomicI64,
    /// In the pool's nanoseconds.
    since: AtomicU64,
    /// In the pool's nanoseconds.
    next_look: AtomicU64,
}

impl Wakefulness {
    pub(crate) fn new(clock: &dyn Clock) -> Self {
        Self {
            ahead: AtomicI64::new(ahead(clock.wall(), nanos(clock.now()))),
            since: AtomicU64::new(0),
            next_look: AtomicU64::new(0),
        }
    }

    /// Compares the clocks, if it is time for that; `now` is the monotonic one's.
    ///
    /// # Race window
    /// Of those who look right after a leap, each may take it for new: the time of waking is written
    /// first, so that nobody who finds the leap noted misses it, and only ever grows.
    pub(crate) fn look(&self, clock: &dyn Clock, now: u64) {
        if now < self.next_look.load(Relaxed) {
            return;
        }
        self.next_look
            .store(now.saturating_add(LOOK_EVERY), Relaxed);
        let ahead = ahead(clock.wall(), now);
        let leap = ahead.saturating_sub(self.ahead.load(Acquire));
        if leap > LEAP {
            self.since.fetch_max(now, Relaxed);
        }
        if leap.saturating_abs() > LEAP {
            self.ahead.store(ahead, Release);
        }
    }

    /// In the pool's nanoseconds.
    pub(crate) fn since(&self) -> u64 {
        self.since.load(Relaxed)
    }
}

fn ahead(wall: Duration, now: u64) -> i64 {
    let signed = |nanos| i64::try_from(nanos).unwrap_or(i64::MAX);
    signed(nanos(wall)) - signed(now)
}
