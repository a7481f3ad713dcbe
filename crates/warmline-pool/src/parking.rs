//! Connections that are idle in the pool and yet within their last holder's reach.

use std::fmt;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Weak};

use crate::entry::Entry;
use crate::hot_list::Vacant;
use crate::spot::{Claim, Look};
use crate::sync::publish_before_look;
use crate::{Lease, Poolable, Spot};

/// Where a parked entry stands.
///
/// Guarded by the entry's lock, under which it enters and leaves a spot and its state says so: the
/// spot of an entry that has left is free for another.
pub(crate) struct Stand {
    spot: &'static Spot,
    /// What the spot said when the idle time and the uses were last brought up to date.
    seen: Look,
}

impl Stand {
    /// Uses since the last look; 0 or more.
    fn new_uses(&self, now: Look) -> u32 {
        now.generation - self.seen.generation
    }
}

impl<C: Poolable> Entry<C> {
    /// Ends the only lease with the entry parked in `spot`, unless it has to be given back in the
    /// ordinary way. Counts as idle from then on, whoever has it: a place among the idle ones is kept
    /// for it while the holder has it.
    ///
    /// # Race window
    /// Somebody may begin to wait while the entry is being parked, and would not learn of what the
    /// holder puts back. So this publishes first and then looks who waits, and those who wait line up
    /// first and then recall what is parked.
    pub(crate) fn park(
        self: &Arc<Self>,
        spot: &'static Spot,
        generation: u32,
        idle_for: u64,
        vacant: &mut Option<Vacant>,
    ) -> bool {
        let (origin, pool) = (&*self.origin, &*self.origin.pool);
        let now = pool.now();
        let awaited = || origin.waiting.load(SeqCst) > 0 || pool.attention.load(SeqCst) != 0;
        if awaited()
            || self.capacity() != 1
            || self.worn(now).is_some()
            || self.is_surplus()
            || !self.try_count_idle()
        {
            return false;
        }
        self.begin_idle(now, idle_for);
        // Before it is parked: a checkout that finds the hot list empty looks at the roster for it.
        origin.aside_begin();
        pool.parked.fetch_add(1, SeqCst);
        if !self.enter(spot, generation) {
            pool.parked.fetch_sub(1, SeqCst);
            origin.aside_end();
            pool.idle.fetch_sub(1, SeqCst);
            return false;
        }
        origin.recycle(vacant.take());
        publish_before_look();
        if awaited() {
            self.recall(Claim::Any);
        }
        true
    }

    fn enter(&self, spot: &'static Spot, generation: u32) -> bool {
        let mut stand = self.stand.lock();
        let mut state = self.state();
        while !state.is_gone() && state.leases() == 1 {
            match self.swap_state(state, state.one_less().parked()) {
                Ok(()) => {
                    spot.park(generation);
                    let seen = spot.look();
                    *stand = Some(Stand { spot, seen });
                    return true;
                }
                Err(now) => state = now,
            }
        }
        false
    }

    /// Takes a parked entry out of its holder's reach, if it is what is wanted: one that was idle is
    /// the caller's to lease, to close or to list; one that was leased has that one lease out, for the
    /// holder to give back. True if it was idle.
    pub(crate) fn reclaim(&self, wanted: Claim) -> Option<bool> {
        let pool = &*self.origin.pool;
        let mut guard = self.stand.lock();
        let before = guard.as_ref()?.spot.reclaim(wanted)?;
        let stand = guard.take()?;
        if before != stand.seen {
            self.begin_idle_again(pool.now());
        }
        let mut state = self.state();
        loop {
            let used = state.unparked().used_more(stand.new_uses(before));
            let next = if before.leased {
                used.one_more_counted()
            } else {
                used
            };
            match self.swap_state(state, next) {
                Ok(()) => break,
                Err(now) => state = now,
            }
        }
        // Who closed it while it was parked has counted it off.
        if before.leased && !state.is_closed() {
            pool.idle.fetch_sub(1, SeqCst);
        }
        pool.parked.fetch_sub(1, SeqCst);
        self.origin.aside_end();
        Some(!before.leased)
    }

    /// The same, and what was idle is there for all.
    pub(crate) fn recall(self: &Arc<Self>, wanted: Claim) {
        if self.reclaim(wanted) == Some(true) {
            self.open_to_others();
        }
    }

    /// What the holder did since the last look starts the idle time anew. The holder reads no clock:
    /// the time is that of the first look after, which a sweep makes at the latest.
    pub(crate) fn bring_up_to_date(&self, now: u64) {
        if !self.state().is_parked() {
            return;
        }
        if let Some(stand) = &mut *self.stand.lock() {
            let look = stand.spot.look();
            if look != stand.seen {
                self.begin_idle_again(now);
                self.note_uses(stand.new_uses(look));
                stand.seen = look;
            }
        }
    }

    /// Whether a parked entry is out on a lease.
    pub(crate) fn is_out(&self) -> bool {
        let stand = self.stand.lock();
        stand.as_ref().is_some_and(|stand| stand.spot.look().leased)
    }
}

/// A connection parked in a [`Spot`], for whoever keeps track of the spots. Keeps neither the
/// connection nor the pool.
pub struct Parked<C: Poolable> {
    entry: Weak<Entry<C>>,
}

impl<C: Poolable> Parked<C> {
    pub(crate) fn new(entry: &Arc<Entry<C>>) -> Self {
        Self {
            entry: Arc::downgrade(entry),
        }
    }

    /// Whether the connection can still be used.
    #[must_use]
    pub fn is_open(&self) -> bool {
        let entry = self.entry.upgrade();
        entry.is_some_and(|entry| !entry.state().is_closed() && entry.connection.is_open())
    }

    /// Takes the connection out of the holder's reach if the holder has it just then.
    pub fn seize(&self) {
        if let Some(entry) = self.entry.upgrade() {
            entry.reclaim(Claim::Leased);
        }
    }

    /// The lease that the holder had when it lost its reach; `None` if the connection is gone.
    ///
    /// To be asked only once the spot says leased and not shared, and not again.
    #[must_use]
    pub fn lease(&self) -> Option<Lease<C>> {
        let entry = self.entry.upgrade()?;
        // Whoever reclaimed it may be about to write the lease into its state.
        drop(entry.stand.lock());
        Some(Lease::again(entry, None))
    }

    /// Takes the connection out of the holder's reach if the holder does not have it: it is idle, and
    /// anybody's once what this returns is dropped. `None` if the holder has it, or the pool was
    /// quicker.
    #[must_use]
    pub fn unpark(&self) -> Option<Unparked<C>> {
        let entry = self.entry.upgrade()?;
        entry.reclaim(Claim::Idle)?;
        Some(Unparked(entry))
    }
}

impl<C: Poolable> fmt::Debug for Parked<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.entry.upgrade().map(|entry| entry.id);
        f.debug_struct("Parked").field("id", &id).finish()
    }
}

/// An idle connection that is on its way back to where everybody finds it: dropping it lists it.
#[must_use = "dropping it may wake those who wait"]
pub struct Unparked<C: Poolable>(Arc<Entry<C>>);

impl<C: Poolable> Drop for Unparked<C> {
    fn drop(&mut self) {
        self.0.open_to_others();
    }
}
