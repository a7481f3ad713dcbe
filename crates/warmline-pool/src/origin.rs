use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

use crate::aftermath::Aftermath;
use crate::origin_state::OriginState;
use crate::{Key, Lease, OriginStats, Permit, Poolable, Wait, WaitFor};

/// A cheap handle on one origin of a pool: a caller that keeps it spares the look-up.
///
/// It keeps the origin, but not the pool: once the last [`Pool`](crate::Pool) is dropped it answers
/// [`Checkout::Closed`].
pub struct Origin<C: Poolable> {
    pub(crate) state: Arc<OriginState<C>>,
}

/// What a checkout found. It never waits.
#[derive(Debug)]
pub enum Checkout<C: Poolable> {
    /// A connection that is open.
    Ready(Lease<C>),
    /// None, but a place for one: the caller makes it.
    Connect(Permit<C>),
    /// Neither, or others wait already: [`Origin::wait`] is what is left.
    Full,
    /// The pool was closed.
    Closed,
}

impl<C: Poolable> Origin<C> {
    pub(crate) fn new(state: Arc<OriginState<C>>) -> Self {
        Self { state }
    }

    /// Leases the connection used last, or lets the caller make one. Lock-free if a connection is
    /// there, or if nobody in the pool waits for a place and no other origin has to be asked for
    /// one.
    ///
    /// It never overtakes those who wait: with waiters at this origin it leaves connections to
    /// them, and a place to whoever waits for one.
    ///
    /// # Race window
    /// A waiter that queues up after the look at the line may find that this checkout was quicker:
    /// it then counts as having been there before.
    #[must_use]
    pub fn checkout(&self) -> Checkout<C> {
        let state = &self.state;
        if state.pool.is_closed() {
            return Checkout::Closed;
        }
        let mut after = Aftermath::new();
        if state.waiting.load(SeqCst) == 0
            && let Some(lease) = state.take_ready(&mut after)
        {
            if state.pool.is_closed() {
                // We may have put the entry back onto a list that has had its last purge.
                state.purge();
            }
            after.finish();
            return Checkout::Ready(lease);
        }
        // What was found dead frees its place before we ask for one.
        after.finish();
        state
            .pool
            .permit(state)
            .map_or(Checkout::Full, Checkout::Connect)
    }

    /// A place for a connection that nobody asks for, to have it in stock; `None` where that would be at
    /// somebody's cost: while others wait, if it took an eviction, or above a limit, that of idle
    /// connections included. The lease that comes of it counts as no checkout.
    #[must_use]
    pub fn spare(&self) -> Option<Permit<C>> {
        self.state.pool.spare(&self.state)
    }

    /// Joins the line.
    pub fn wait(&self, wants: WaitFor) -> Wait<C> {
        Wait::join(&self.state, wants)
    }

    /// What the origin's connections are for.
    #[must_use]
    pub fn key(&self) -> &Key {
        &self.state.key
    }

    /// What the origin holds and has done.
    #[must_use]
    pub fn stats(&self) -> OriginStats {
        self.state.stats()
    }
}

impl<C: Poolable> Clone for Origin<C> {
    fn clone(&self) -> Self {
        Self {
            state: Arc::clone(&self.state),
        }
    }
}

impl<C: Poolable> fmt::Debug for Origin<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Origin")
            .field("key", self.key())
            .finish_non_exhaustive()
    }
}
