//! The pools' clock.

use std::time::Duration;

use warmline_pool::Clock;

/// The kernel's coarse monotonic clock: some milliseconds fine, which is plenty for expiries of
/// seconds, and a fraction of the cost of the fine one, which every checkout and return would pay.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CoarseClock {
    start: coarsetime::Instant,
}

impl Default for CoarseClock {
    fn default() -> Self {
        Self {
            start: coarsetime::Instant::now(),
        }
    }
}

impl Clock for CoarseClock {
    fn now(&self) -> Duration {
        self.start.elapsed().into()
    }

    fn wall(&self) -> Duration {
        coarsetime::Clock::now_since_epoch().into()
    }
}
