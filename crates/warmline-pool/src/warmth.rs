use std::sync::Arc;
use std::time::Duration;

use crate::clock::nanos;
use crate::entry::Entry;
use crate::{Origin, Poolable};

/// What an origin has for requests to come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Warmth {
    /// Connections that are idle and will be fit for use in a while.
    pub idle: usize,
    /// Whether one of its connections carries many leases at once and has room for more.
    pub shared: bool,
    /// Leases that were asked for so far.
    pub checkouts: u64,
}

impl<C: Poolable> Origin<C> {
    /// What is there for requests to come. A connection whose idle time or age will be over within `ahead`
    /// (or, of a short idle time, within its last quarter) does not count: it is time for another one.
    #[must_use]
    pub fn warmth(&self, ahead: Duration) -> Warmth {
        let state = &self.state;
        let (now, ahead) = (state.pool.now(), nanos(ahead));
        let mut warmth = Warmth {
            checkouts: state.uses().all,
            ..Warmth::default()
        };
        for entry in state.entries() {
            if entry.has_room_at(now, ahead) {
                warmth.shared |= entry.capacity() > 1;
                warmth.idle += usize::from(entry.is_idle());
            }
        }
        warmth
    }
}

impl<C: Poolable> Entry<C> {
    fn has_room_at(self: &Arc<Self>, now: u64, ahead: u64) -> bool {
        let state = self.state();
        let then = now.saturating_add(ahead.min(self.idle_for() / 4));
        let unfit = if state.leases() == 0 {
            self.stale(then)
        } else {
            self.worn(then)
        };
        !state.is_gone() && state.leases() < self.capacity() && unfit.is_none()
    }
}
