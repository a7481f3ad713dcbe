use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, Weak};
use std::time::Duration;

use crate::aftermath::Aftermath;
use crate::clock::nanos;
use crate::entry::Entry;
use crate::hot_list::Vacant;
use crate::idle_lore::short_of;
use crate::{CloseReason, Key, Parked, Poolable, Spot};

/// The use of a connection, given back when dropped.
pub struct Lease<C: Poolable> {
    entry: Arc<Entry<C>>,
    /// The hot list's node, kept to put the entry back with.
    vacant: Option<Vacant>,
    reused: bool,
    spoilt: Option<CloseReason>,
    /// In nanoseconds; `u64::MAX` leaves it to the limits.
    idle_for: u64,
    ended: bool,
}

impl<C: Poolable> Lease<C> {
    pub(crate) fn first(entry: Arc<Entry<C>>) -> Self {
        Self {
            entry,
            vacant: None,
            reused: false,
            spoilt: None,
            idle_for: u64::MAX,
            ended: false,
        }
    }

    pub(crate) fn again(entry: Arc<Entry<C>>, vacant: Option<Vacant>) -> Self {
        Self {
            entry,
            vacant,
            reused: true,
            spoilt: None,
            idle_for: u64::MAX,
            ended: false,
        }
    }

    /// The connection, to be kept beyond the lease where need be (by a reader of its last bytes,
    /// say).
    #[must_use]
    pub fn connection(&self) -> &Arc<C> {
        &self.entry.connection
    }

    /// The connection's number, unique in this pool and never used again.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.entry.id
    }

    /// What the connection was made for.
    #[must_use]
    pub fn key(&self) -> &Key {
        &self.entry.origin.key
    }

    /// Whether the connection had been leased before.
    #[must_use]
    pub fn reused(&self) -> bool {
        self.reused
    }

    /// How many leases the connection has had so far, this one included unless it is that of a connection
    /// [in stock](crate::Origin::spare).
    #[must_use]
    pub fn uses(&self) -> u64 {
        self.entry.state().uses()
    }

    /// Lets the connection be idle for `at_most` after this lease, in place of
    /// [`Limits::keepalive_expiry`](crate::Limits::keepalive_expiry). For that one idle period.
    pub fn keep_idle_for(&mut self, at_most: Duration) {
        self.idle_for = nanos(at_most);
    }

    /// Lets the connection be idle after this lease for less than `kept`, for which its peer says that it
    /// keeps it (`Keep-Alive: timeout`, RFC 2068 section 19.7.1), by a second, and for half of less than two
    /// seconds; for no longer than it could be otherwise. For that one idle period.
    pub fn peer_keeps_for(&mut self, kept: Duration) {
        let own = if self.idle_for == u64::MAX {
            self.entry.origin.pool.limits.keepalive_expiry()
        } else {
            self.idle_for
        };
        self.idle_for = own.min(short_of(nanos(kept)));
    }

    /// Ends the lease with the connection parked in `spot`, from where the holder can
    /// [take](Spot::take) it again for as long as nobody else does. `generation` is this lease's, or
    /// any that is above all that the spot has had.
    ///
    /// To the pool it is an idle connection like all others: a checkout may take it away at any time,
    /// and so may whatever closes idle connections. The holder reads no clock: its idle time starts
    /// when the pool first sees it put back, which a [sweep](crate::Pool::sweep) does at the latest,
    /// and one that has been idle too long or grown too old can be taken until the sweep after that.
    ///
    /// # Errors
    /// The lease itself, where it has to be given back in the ordinary way: somebody waits, the
    /// connection is not to be used again or carries several leases, or a limit is reached.
    pub fn park(mut self, spot: &'static Spot, generation: u32) -> Result<Parked<C>, Self> {
        let parked = self
            .entry
            .park(spot, generation, self.idle_for, &mut self.vacant);
        if !parked {
            return Err(self);
        }
        self.ended = true;
        Ok(Parked::new(&self.entry))
    }

    /// Ends the lease and the connection with it. If the connection carries other leases, it is
    /// handed out no more, and closed when the last of them ends.
    pub fn discard(mut self, reason: CloseReason) {
        self.spoilt = Some(reason);
    }

    /// For the task that watches the connection.
    #[must_use]
    pub fn retire_handle(&self) -> Retire<C> {
        Retire {
            entry: Arc::downgrade(&self.entry),
        }
    }
}

impl<C: Poolable> Deref for Lease<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.entry.connection
    }
}

impl<C: Poolable> Drop for Lease<C> {
    fn drop(&mut self) {
        if !self.ended {
            self.entry
                .give_back(self.vacant.take(), self.spoilt, self.idle_for);
        }
    }
}

impl<C: Poolable> fmt::Debug for Lease<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease")
            .field("origin", self.key())
            .field("id", &self.id())
            .field("reused", &self.reused)
            .finish_non_exhaustive()
    }
}

/// What a connection's own task tells the pool by. Keeps neither the connection nor the pool.
pub struct Retire<C: Poolable> {
    entry: Weak<Entry<C>>,
}

impl<C: Poolable> Retire<C> {
    /// The connection has ended (the peer closed it, it failed): it leaves the pool at once, idle
    /// or leased, as [`CloseReason::Dead`], and its place is free. Leases that are out stay valid
    /// as values. Does nothing if it has left the pool already.
    pub fn closed(&self) {
        if let Some(entry) = self.entry.upgrade()
            && let Some(closing) = entry.shut(CloseReason::Dead)
        {
            Aftermath::of(closing).finish();
        }
    }

    /// The connection's [`Poolable::capacity`] has grown: whoever waits may have a lease on it now.
    pub fn capacity_changed(&self) {
        if let Some(entry) = self.entry.upgrade() {
            entry.open_to_others();
        }
    }
}

impl<C: Poolable> Clone for Retire<C> {
    fn clone(&self) -> Self {
        Self {
            entry: Weak::clone(&self.entry),
        }
    }
}

impl<C: Poolable> fmt::Debug for Retire<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.entry.upgrade().map(|entry| entry.id);
        f.debug_struct("Retire").field("id", &id).finish()
    }
}
