use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

use crate::aftermath::Aftermath;
use crate::shelf::Shelf;
use crate::{Key, Lease, OriginStats, Permit, Poolable, Wait, WaitFor};

/// A cheap handle on one origin of a pool: a caller that keeps it spares the look-up.
///
/// It keeps the origin, but not the pool: once the last [`Pool`](crate::Pool) is dropped it answers
/// [`Checkout::Closed`].
pub struct Origin<C: Poolable> {
    shelf: Arc<Shelf<C>>,
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
    pub(crate) fn new(shelf: Arc<Shelf<C>>) -> Self {
        Self { shelf }
    }

    /// Leases the connection used last, or lets the caller make one. Lock-free if a connection is there, or if
    /// nobody in the pool waits for a place and no other origin has to be asked for one.
    ///
    /// It never overtakes those who wait: with waiters at this origin it leaves connections to them, and a
    /// place to whoever waits for one.
    ///
    /// # Race window
    /// A waiter that queues up after the look at the line may find that this checkout was quicker: it then
    /// counts as having been there before.
    #[must_use]
    pub fn checkout(&self) -> Checkout<C> {
        let shelf = &self.shelf;
        if shelf.pool.is_closed() {
            return Checkout::Closed;
        }
        let mut after = Aftermath::new();
        if shelf.waiting.load(SeqCst) == 0
            && let Some(lease) = shelf.take_ready(&mut after)
        {
            if shelf.pool.is_closed() {
                // We may have put the entry back onto a list that has had its last purge.
                shelf.purge();
            }
            after.finish();
            return Checkout::Ready(lease);
        }
        // What was found dead frees its place before we ask for one.
        after.finish();
        shelf
            .pool
            .permit(shelf)
            .map_or(Checkout::Full, Checkout::Connect)
    }

    /// Joins the line.
    pub fn wait(&self, wants: WaitFor) -> Wait<C> {
        Wait::join(&self.shelf, wants)
    }

    /// What the origin's connections are for.
    #[must_use]
    pub fn key(&self) -> &Key {
        &self.shelf.key
    }

    /// What the origin holds and has done.
    #[must_use]
    pub fn stats(&self) -> OriginStats {
        self.shelf.stats()
    }
}

impl<C: Poolable> Clone for Origin<C> {
    fn clone(&self) -> Self {
        Self {
            shelf: Arc::clone(&self.shelf),
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
