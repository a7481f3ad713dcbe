use std::sync::Arc;
use std::sync::atomic::AtomicIsize;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};

use crate::aftermath::{Aftermath, Closing};
use crate::entry::{Entry, Take};
use crate::hot_list::{HotList, Vacant};
use crate::idle_limit::IdleLimit;
use crate::lease::Lease;
use crate::pool_state::PoolState;
use crate::poolable::CloseReason;
use crate::quota::Quota;
use crate::spot::Claim;
use crate::stats::{Counts, OriginStats};
use crate::sync::{AtomicU64, AtomicUsize, Mutex, publish_before_look};
use crate::tally::Tally;
use crate::uses::Uses;
use crate::{Key, Poolable};

/// Below this many tombstones a purge is not worth its walk, however few entries are alive.
const FEW_TOMBSTONES: isize = 16;

/// The lower half of [`OriginState::aside`].
const ASIDE_NOW: u64 = u32::MAX as u64;
/// One in the upper half of [`OriginState::aside`].
const ONE_ENDED: u64 = 1 << 32;

/// All that the pool has for one origin: the connections and their counts.
pub(crate) struct OriginState<C: Poolable> {
    pub(crate) key: Key,
    pub(crate) id: u64,
    pub(crate) pool: Arc<PoolState<C>>,
    /// Entries that can take a lease, the one used last on top, and tombstones.
    hot: HotList<Arc<Entry<C>>>,
    /// Waiters of this origin in the wait line. Changed under the line's lock, read without.
    pub(crate) waiting: AtomicUsize,
    /// Connections, connecting ones included.
    pub(crate) connections: Quota,
    /// How many reasons there are for takeable entries to be missing from the hot list: each entry
    /// that can be shared, each that is parked, and each purge under way. The lower half counts those
    /// there are, the upper half those that have ended.
    aside: AtomicU64,
    /// Entries on the hot list that are gone. A popper may count one off before its closer has
    /// counted it.
    tombstones: AtomicIsize,
    pub(crate) pending: AtomicIsize,
    /// Every open connection. Locked to establish, close, evict, sweep and count, and to lease only
    /// if something is aside.
    roster: Mutex<Roster<C>>,
    pub(crate) tally: Tally,
    pub(crate) idle_limit: IdleLimit,
}

struct Roster<C: Poolable> {
    entries: Vec<Arc<Entry<C>>>,
    /// Of connections that are closed now.
    past_uses: Uses,
}

/// What has come free, and so whom it can help.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Freed {
    /// A connection of this origin: its own waiters, or, by eviction, one that waits for a place.
    Connection,
    /// A place under the limits: any waiter.
    Place,
}

impl<C: Poolable> OriginState<C> {
    pub(crate) fn new(key: Key, id: u64, pool: Arc<PoolState<C>>) -> Self {
        Self {
            key,
            id,
            pool,
            hot: HotList::new(),
            waiting: AtomicUsize::new(0),
            connections: Quota::new(),
            aside: AtomicU64::new(0),
            tombstones: AtomicIsize::new(0),
            pending: AtomicIsize::new(0),
            roster: Mutex::new(Roster {
                entries: Vec::new(),
                past_uses: Uses::default(),
            }),
            tally: Tally::default(),
            idle_limit: IdleLimit::new(),
        }
    }

    /// Leases the connection used last that is fit for it. Lock-free, unless the hot list is empty
    /// and an entry may be aside.
    ///
    /// # Race window
    /// A purge may take the list away before the look at it and bring it back before the look at
    /// `aside`. So an empty list counts only if `aside` has not changed around the look.
    pub(crate) fn take_ready(&self, after: &mut Aftermath<C>) -> Option<Lease<C>> {
        let mut lease = self.take_listed(after);
        while lease.is_none() {
            let aside = self.aside.load(SeqCst);
            if aside & ASIDE_NOW != 0 {
                return self.take_enrolled(after);
            }
            lease = self.take_listed(after);
            if self.aside.load(SeqCst) == aside {
                break;
            }
        }
        lease
    }

    fn take_listed(&self, after: &mut Aftermath<C>) -> Option<Lease<C>> {
        let mut now = None;
        while let Some((entry, vacant)) = self.hot.pop() {
            let now = *now.get_or_insert_with(|| self.pool.now());
            match entry.take(true, now) {
                Take::Leased {
                    was_idle,
                    room,
                    idle_age,
                } => {
                    self.pool.note_leased(was_idle);
                    self.idle_limit.outlived(idle_age, now);
                    let vacant = if room {
                        self.hot.push(Arc::clone(&entry), Some(vacant));
                        None
                    } else {
                        Some(vacant)
                    };
                    return Some(Lease::again(entry, vacant));
                }
                Take::Gone => {
                    self.tombstones.fetch_sub(1, Relaxed);
                }
                Take::Full | Take::Doomed => {}
                Take::Shut(closing) => after.closings.push(closing),
            }
            self.hot.recycle(vacant);
            after.remains.push(entry);
        }
        None
    }

    /// Leases from the side whatever has room, listed or not.
    fn take_enrolled(&self, after: &mut Aftermath<C>) -> Option<Lease<C>> {
        let now = self.pool.now();
        let roster = self.roster.lock();
        for entry in &roster.entries {
            match entry.take(false, now) {
                Take::Leased { was_idle, .. } => {
                    self.pool.note_leased(was_idle);
                    return Some(Lease::again(Arc::clone(entry), None));
                }
                Take::Shut(closing) => after.closings.push(closing),
                Take::Full | Take::Gone | Take::Doomed => {}
            }
        }
        None
    }

    /// Puts an entry whose state says listed onto the hot list. Only who set that bit may call
    /// this.
    pub(crate) fn list(&self, entry: &Arc<Entry<C>>, vacant: Option<Vacant>) {
        self.hot.push(Arc::clone(entry), vacant);
    }

    pub(crate) fn recycle(&self, vacant: Option<Vacant>) {
        if let Some(vacant) = vacant {
            self.hot.recycle(vacant);
        }
    }

    /// Lets whoever waits have what has come free. Called after everything that frees something.
    ///
    /// # Race window
    /// Who frees something publishes it and then looks for waiters; who waits queues up and then
    /// looks for what is free. Whatever the order, one of the two sees the other, so no wake-up is
    /// lost.
    pub(crate) fn settle(&self, freed: Freed) {
        publish_before_look();
        let mine = self.waiting.load(SeqCst) > 0;
        let attention = self.pool.attention.load(SeqCst);
        if !mine && attention == 0 {
            return;
        }
        // A waiter elsewhere gains from a connection of ours only if the pool is full: otherwise it
        // waits for its own origin's limit.
        let helps_others = attention > 0
            && (freed == Freed::Place
                || self.pool.connections.held() >= self.pool.limits.max_connections());
        if mine || helps_others {
            self.pool.serve(self);
        }
        if self.pool.is_closed() {
            // Nothing pops from a closed pool: what was listed a moment too late must not stay
            // there and keep the origin alive.
            self.purge();
        }
    }

    pub(crate) fn aside_begin(&self) {
        self.aside.fetch_add(1, SeqCst);
    }

    pub(crate) fn aside_end(&self) {
        self.aside.fetch_add(ONE_ENDED - 1, SeqCst);
    }

    pub(crate) fn note_tombstone(&self) {
        self.tombstones.fetch_add(1, Relaxed);
    }

    /// Purges when the dead outnumber the living, so that their number, and the cost of skipping
    /// them, stays bounded between sweeps.
    pub(crate) fn purge_if_buried(&self) {
        let tombstones = self.tombstones.load(Relaxed);
        let living = isize::try_from(self.connections.held()).unwrap_or(isize::MAX);
        if tombstones > FEW_TOMBSTONES && tombstones > living {
            self.purge();
        }
    }

    /// Takes all tombstones off the hot list.
    ///
    /// # Race window
    /// For that moment the list looks empty; `aside` sends others to the roster meanwhile.
    pub(crate) fn purge(&self) {
        self.aside_begin();
        let removed = self.hot.retain(|entry| !entry.state().is_gone());
        self.aside_end();
        self.tombstones.fetch_sub(
            isize::try_from(removed.len()).unwrap_or(isize::MAX),
            Relaxed,
        );
    }

    pub(crate) fn enrol(&self, entry: &Arc<Entry<C>>) {
        let entries = &mut self.roster.lock().entries;
        entry.position.store(entries.len(), Relaxed);
        entries.push(Arc::clone(entry));
    }

    /// Only for one that is closed: its uses are final.
    pub(crate) fn strike_off(&self, entry: &Arc<Entry<C>>) {
        let mut roster = self.roster.lock();
        roster.past_uses += entry.uses();
        let position = entry.position.load(Relaxed);
        let struck = roster.entries.swap_remove(position);
        if let Some(moved) = roster.entries.get(position) {
            moved.position.store(position, Relaxed);
        }
        drop(roster);
        drop(struck);
    }

    /// Takes what is parked here out of its holders' reach.
    pub(crate) fn recall(&self, wanted: Claim) {
        if self.aside.load(SeqCst) & ASIDE_NOW == 0 {
            return;
        }
        for entry in self.entries() {
            entry.recall(wanted);
        }
    }

    /// How many parked connections their holders have.
    pub(crate) fn out(&self) -> usize {
        let roster = self.roster.lock();
        let out = roster.entries.iter().filter(|entry| entry.is_out());
        out.count()
    }

    /// A copy of the roster, to go through without its lock.
    pub(crate) fn entries(&self) -> Vec<Arc<Entry<C>>> {
        self.roster.lock().entries.clone()
    }

    /// The idle entry that was given back longest ago, if that was before `before`.
    pub(crate) fn least_recent(&self, before: u64) -> Option<Arc<Entry<C>>> {
        let now = self.pool.now();
        let roster = self.roster.lock();
        let idle = roster
            .entries
            .iter()
            .inspect(|entry| entry.bring_up_to_date(now))
            .filter(|entry| entry.is_idle());
        let oldest = idle.min_by_key(|entry| entry.idle_since())?;
        (oldest.idle_since() < before).then(|| Arc::clone(oldest))
    }

    /// Closes the idle entry used longest ago.
    pub(crate) fn shut_least_recent(&self, reason: CloseReason) -> Option<Closing<C>> {
        loop {
            let oldest = self.least_recent(u64::MAX)?;
            // It may have been leased since: then look again.
            if let Some(closing) = oldest.shut_if_idle(reason) {
                return Some(closing);
            }
        }
    }

    /// Nothing that would be lost with it: no connection, none connecting, nobody waiting.
    pub(crate) fn is_empty(&self) -> bool {
        self.connections.held() == 0 && self.waiting.load(SeqCst) == 0
    }

    /// How often connections were leased.
    pub(crate) fn uses(&self) -> Uses {
        let now = self.pool.now();
        let roster = self.roster.lock();
        let entries = roster.entries.iter();
        let present: Uses = entries
            .inspect(|entry| entry.bring_up_to_date(now))
            .map(|entry| entry.uses())
            .sum();
        present + roster.past_uses
    }

    pub(crate) fn stats(&self) -> OriginStats {
        let total = self.connections.held();
        let pending = usize::try_from(self.pending.load(Relaxed)).unwrap_or(0);
        let idle = {
            let roster = self.roster.lock();
            roster
                .entries
                .iter()
                .filter(|entry| entry.is_idle())
                .count()
        };
        let waiting = self.waiting.load(SeqCst);
        OriginStats {
            counts: Counts::of(total, idle, pending, waiting, &self.tally, self.uses()),
            max_connections: self.pool.limits.max_connections_per_origin(),
        }
    }
}
