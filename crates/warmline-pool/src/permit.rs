use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use crate::entry::Entry;
use crate::origin_state::{Freed, OriginState};
use crate::state::State;
use crate::{Key, Lease, Poolable};

/// A place under the limits, for a connection that the caller is about to make.
///
/// Dropping it gives the place back and wakes the next waiter, so that a connect that is cancelled
/// anywhere costs nobody a place.
#[must_use = "dropping it gives the place back"]
pub struct Permit<C: Poolable> {
    origin: Arc<OriginState<C>>,
    used: bool,
    /// For a connection that nobody asked for.
    spare: bool,
}

/// How an attempt to connect failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectFailure {
    /// Refused, unknown, unreachable, not trusted.
    Error,
    /// It took too long.
    TimedOut,
}

impl<C: Poolable> Permit<C> {
    /// For places already taken in the quotas of the origin and the pool.
    pub(crate) fn new(origin: &Arc<OriginState<C>>) -> Self {
        Self::begin(origin, false)
    }

    /// The same, for a connection that nobody asked for.
    pub(crate) fn spare(origin: &Arc<OriginState<C>>) -> Self {
        Self::begin(origin, true)
    }

    fn begin(origin: &Arc<OriginState<C>>, spare: bool) -> Self {
        origin.pending.fetch_add(1, Relaxed);
        origin.pool.pending.fetch_add(1, Relaxed);
        Self {
            origin: Arc::clone(origin),
            used: false,
            spare,
        }
    }

    /// Whom to connect to.
    #[must_use]
    pub fn key(&self) -> &Key {
        &self.origin.key
    }

    /// Puts the new connection into the pool, leased to the caller. One that can carry more than
    /// one lease is there for others at once.
    ///
    /// If the pool was closed meanwhile, the lease is good all the same, and the connection is
    /// closed when it ends.
    pub fn establish(mut self, connection: C) -> Lease<C> {
        self.used = true;
        let pool = &self.origin.pool;
        let state = if self.spare {
            State::stocked()
        } else {
            State::leased_once()
        };
        let entry = Arc::new(Entry::new(connection, Arc::clone(&self.origin), state));
        self.origin.enrol(&entry);
        self.origin.tally.created.add_one();
        pool.tally.created.add_one();
        self.end_pending();
        entry.open_to_others();
        Lease::first(entry)
    }

    /// Gives the place back because the connection could not be made, and counts that.
    pub fn fail(self, failure: ConnectFailure) {
        let (own, pool) = (&self.origin.tally, &self.origin.pool.tally);
        match failure {
            ConnectFailure::Error => {
                own.errors.add_one();
                pool.errors.add_one();
            }
            ConnectFailure::TimedOut => {
                own.timeouts.add_one();
                pool.timeouts.add_one();
            }
        }
    }

    fn end_pending(&self) {
        self.origin.pending.fetch_sub(1, Relaxed);
        self.origin.pool.pending.fetch_sub(1, Relaxed);
    }
}

impl<C: Poolable> Drop for Permit<C> {
    fn drop(&mut self) {
        if !self.used {
            self.end_pending();
            self.origin.connections.release();
            self.origin.pool.connections.release();
            self.origin.settle(Freed::Place);
        }
    }
}

impl<C: Poolable> fmt::Debug for Permit<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit")
            .field("origin", &self.origin.key)
            .finish_non_exhaustive()
    }
}
