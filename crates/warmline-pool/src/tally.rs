use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use crate::CloseReason;

/// A count that only statistics read: no decision depends on it, so it orders nothing.
#[derive(Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add_one(&self) {
        self.0.fetch_add(1, Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// What happened, of an origin or of the pool. Leases on reused connections are counted elsewhere,
/// on the line of memory that checkout touches anyway.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) created: Counter,
    closed: Counter,
    evicted: Counter,
    pub(crate) errors: Counter,
    pub(crate) timeouts: Counter,
}

impl Tally {
    pub(crate) fn note_closed(&self, reason: CloseReason) {
        self.closed.add_one();
        if reason == CloseReason::Evicted {
            self.evicted.add_one();
        }
    }

    pub(crate) fn closed(&self) -> u64 {
        self.closed.get()
    }

    pub(crate) fn evicted(&self) -> u64 {
        self.evicted.get()
    }
}
