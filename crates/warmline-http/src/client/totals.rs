//! What a client has done so far, in sums.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What a client has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Requests that were sent or tried.
    pub requests: u64,
    /// Of these, those that got no response.
    pub errors: u64,
    /// From call to response head, summed over the requests that got one.
    pub response_time: Duration,
}

/// Counters that nobody reads together: no order among them is promised.
#[derive(Default)]
pub(super) struct Counters {
    requests: AtomicU64,
    errors: AtomicU64,
    response_micros: AtomicU64,
}

impl Counters {
    /// A request has ended so long after its call.
    pub(super) fn count<T, E>(&self, elapsed: Duration, result: &Result<T, E>) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        if result.is_ok() {
            let micros = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
            self.response_micros.fetch_add(micros, Ordering::Relaxed);
        } else {
            self.errors.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn totals(&self) -> Totals {
        let micros = self.response_micros.load(Ordering::Relaxed);
        Totals {
            requests: self.requests.load(Ordering::Relaxed),
            errors: self.errors.load(Ordering::Relaxed),
            response_time: Duration::from_micros(micros),
        }
    }
}
