use std::sync::atomic::Ordering::SeqCst;

use crate::sync::AtomicUsize;

/// How many places of a limit are taken. Never more than the limit at the time of taking.
pub(crate) struct Quota {
    held: AtomicUsize,
}

impl Quota {
    pub(crate) fn new() -> Self {
        Self {
            held: AtomicUsize::new(0),
        }
    }

    pub(crate) fn held(&self) -> usize {
        self.held.load(SeqCst)
    }

    /// Takes a place if fewer than `limit` are taken.
    #[must_use]
    pub(crate) fn try_take(&self, limit: usize) -> bool {
        self.held
            .fetch_update(SeqCst, SeqCst, |held| (held < limit).then(|| held + 1))
            .is_ok()
    }

    pub(crate) fn release(&self) {
        self.held.fetch_sub(1, SeqCst);
    }
}
