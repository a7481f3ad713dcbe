use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, UNIX_EPOCH};

/// Where the pool has its time from: monotonic, since any start.
pub trait Clock: Send + Sync + 'static {
    /// The time since the clock's start. Never goes backwards.
    fn now(&self) -> Duration;

    /// The time of day, since any start. It may be set, both ways, and goes on while the machine sleeps:
    /// where it gets ahead of [`Clock::now`], the pool takes it that the process was suspended. A
    /// clock that has no such time does as if it never was.
    fn wall(&self) -> Duration {
        self.now()
    }
}

/// The machine's monotonic clock, counted from when this value was made.
#[derive(Clone, Copy, Debug)]
pub struct MonotonicClock {
    start: Instant,
}

impl Default for MonotonicClock {
    fn default() -> Self {
        Self {
            start: Instant::now(),
        }
    }
}

impl Clock for MonotonicClock {
    fn now(&self) -> Duration {
        self.start.elapsed()
    }

    fn wall(&self) -> Duration {
        // A time of day before 1970 is none.
        UNIX_EPOCH.elapsed().unwrap_or_default()
    }
}

/// A clock that moves only when it is told to, for tests. Clones show the same time.
///
/// ```
/// use std::time::Duration;
/// use warmline_pool::{Clock, ManualClock};
///
/// let clock = ManualClock::default();
/// clock.advance(Duration::from_secs(30));
/// assert_eq!(clock.now(), Duration::from_secs(30));
/// ```
#[derive(Clone, Debug, Default)]
pub struct ManualClock {
    nanos: Arc<AtomicU64>,
    /// For how long it was suspended.
    suspended: Arc<AtomicU64>,
}

impl ManualClock {
    /// Moves the time forward by `by`.
    pub fn advance(&self, by: Duration) {
        self.nanos.fetch_add(nanos(by), Ordering::SeqCst);
    }

    /// Moves the time of day forward by `by`, and nothing else: what a suspended process sees.
    pub fn suspend(&self, by: Duration) {
        self.suspended.fetch_add(nanos(by), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Duration {
        Duration::from_nanos(self.nanos.load(Ordering::SeqCst))
    }

    fn wall(&self) -> Duration {
        self.now() + Duration::from_nanos(self.suspended.load(Ordering::SeqCst))
    }
}

/// Nanoseconds as the pool's atomics hold them: 584 years fit, and more counts as that.
pub(crate) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
