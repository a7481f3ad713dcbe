use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use crate::idle_lore::{IdleLore, LEAST_AGE};
use crate::sync::Mutex;

/// For how long the peer of an origin keeps idle connections, as far as it has shown. Reading the limit
/// takes no lock, and neither does using a connection again that was idle for less than half a second.
pub(crate) struct IdleLimit {
    lore: Mutex<IdleLore>,
    /// In nanoseconds; `u64::MAX` for none. Written under the lock.
    limit: AtomicU64,
}

impl IdleLimit {
    pub(crate) fn new() -> Self {
        Self {
            lore: Mutex::new(IdleLore::default()),
            limit: AtomicU64::new(u64::MAX),
        }
    }

    /// In nanoseconds; `u64::MAX` where nothing is known.
    pub(crate) fn get(&self) -> u64 {
        self.limit.load(Relaxed)
    }

    /// The peer closed a connection that had been idle for `age`.
    pub(crate) fn closed(&self, age: u64, now: u64) {
        self.learn(age, |lore| lore.closed(age, now));
    }

    /// A connection that had been idle for `age` was used again.
    pub(crate) fn outlived(&self, age: u64, now: u64) {
        self.learn(age, |lore| lore.outlived(age, now));
    }

    /// Lets time pass. True as long as what is known is worth keeping.
    pub(crate) fn review(&self, now: u64) -> bool {
        let mut lore = self.lore.lock();
        lore.review(now);
        self.limit.store(lore.limit(), Relaxed);
        lore.is_worth_keeping(now)
    }

    fn learn(&self, age: u64, take_in: impl FnOnce(&mut IdleLore)) {
        if age < LEAST_AGE {
            return;
        }
        let mut lore = self.lore.lock();
        take_in(&mut lore);
        self.limit.store(lore.limit(), Relaxed);
    }
}
