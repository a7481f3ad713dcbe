//! Who has leases out, so that none outlives whoever could give it back.

use std::sync::atomic::{AtomicU32, Ordering};

use super::named_pool::{Fate, settle};
use super::table::TABLE;

/// Somebody who takes leases and may end without giving them back, as a thread does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder(u32);

impl Holder {
    /// The process as a whole, which does not end before its leases do.
    pub const PROCESS: Self = Self(0);

    /// A holder unlike all others.
    #[must_use]
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }

    /// Gives back every lease that is still this holder's, in whichever pool; it must not take another.
    /// Requests that others have sent on them go on.
    pub fn end(self) {
        for id in TABLE.ids(|held| held.holder == self) {
            // Somebody else may have given it back just now.
            if let Some(held) = TABLE.take(id, |held| held.holder == self) {
                settle(held, Fate::Returned);
            }
        }
    }
}

impl Default for Holder {
    fn default() -> Self {
        Self::new()
    }
}
