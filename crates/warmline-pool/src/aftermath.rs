use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

use crate::Poolable;
use crate::entry::Entry;
use crate::origin_state::Freed;
use crate::poolable::CloseReason;
use crate::state::State;
use crate::wait::{Granted, Waiter};

/// A closing that has been decided (the entry's state says closed) but not carried out. The
/// connection and its places under the limits are let go only by [`Aftermath::finish`].
#[must_use]
pub(crate) struct Closing<C: Poolable> {
    entry: Arc<Entry<C>>,
    reason: CloseReason,
    counted_idle: bool,
    /// The hot list still holds it, and nobody has counted that.
    tombstone: bool,
    /// See [`Entry::idle_age`]; 0 if it was not the peer that closed it.
    idle_age: u64,
    /// The place in the pool goes on to somebody else.
    passes_place_on: bool,
}

impl<C: Poolable> Closing<C> {
    /// `state` is the entry's, from the moment when it was closed.
    pub(crate) fn new(entry: &Arc<Entry<C>>, state: State, reason: CloseReason) -> Self {
        let idle_age = match reason {
            CloseReason::Dead => entry.idle_age(state, entry.origin.pool.now()),
            _ => 0,
        };
        Self {
            entry: Arc::clone(entry),
            reason,
            idle_age,
            counted_idle: state.leases() == 0,
            tombstone: state.is_listed() && state.doom().is_none(),
            passes_place_on: false,
        }
    }

    /// It was closed by its last lease, and never got to be idle.
    pub(crate) fn never_idle(mut self) -> Self {
        self.counted_idle = false;
        self
    }

    pub(crate) fn pass_place_on(mut self) -> Self {
        self.passes_place_on = true;
        self
    }

    fn carry_out(&self) {
        let entry = &self.entry;
        let (origin, pool) = (&*entry.origin, &*entry.origin.pool);
        // First the socket, then its place: a connection that takes the place never exists beside
        // it.
        entry.connection.close(self.reason);
        if self.counted_idle {
            pool.idle.fetch_sub(1, SeqCst);
        }
        origin.strike_off(entry);
        entry.end_sharing();
        origin.idle_limit.closed(self.idle_age, pool.now());
        origin.tally.note_closed(self.reason);
        pool.tally.note_closed(self.reason);
        origin.connections.release();
        if !self.passes_place_on {
            pool.connections.release();
        }
        if self.tombstone {
            origin.note_tombstone();
        }
        origin.purge_if_buried();
    }
}

/// What was decided under a lock, or in the middle of something, and is carried out after it:
/// foreign code (closing a connection, waking a task, dropping a value) never runs under a lock of
/// the pool's.
#[must_use]
pub(crate) struct Aftermath<C: Poolable> {
    pub(crate) closings: Vec<Closing<C>>,
    pub(crate) grants: Vec<(Arc<Waiter<C>>, Granted<C>)>,
    /// Entries that are off the hot list for good; the last hold on a connection may be among them.
    pub(crate) remains: Vec<Arc<Entry<C>>>,
}

impl<C: Poolable> Aftermath<C> {
    pub(crate) fn new() -> Self {
        Self {
            closings: Vec::new(),
            grants: Vec::new(),
            remains: Vec::new(),
        }
    }

    pub(crate) fn of(closing: Closing<C>) -> Self {
        Self {
            closings: vec![closing],
            ..Self::new()
        }
    }

    /// Closes what is to be closed, then delivers the grants, then lets others have what came free.
    ///
    /// # Race window
    /// A waiter that gave up after it was chosen leaves its grant here: dropping it gives the
    /// connection or the place to the next one.
    pub(crate) fn finish(self) {
        for closing in &self.closings {
            closing.carry_out();
        }
        for (waiter, granted) in self.grants {
            drop(waiter.deliver(granted));
        }
        for closing in &self.closings {
            closing.entry.origin.settle(Freed::Place);
        }
    }
}
