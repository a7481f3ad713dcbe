use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::atomic::{AtomicIsize, AtomicU64 as Numbers};

use dashmap::DashMap;

use crate::aftermath::{Aftermath, Closing};
use crate::clock::nanos;
use crate::entry::Entry;
use crate::hot_list::Vacant;
use crate::limits::LiveLimits;
use crate::line::Line;
use crate::origin_state::{Freed, OriginState};
use crate::poolable::CloseReason;
use crate::quota::Quota;
use crate::spot::Claim;
use crate::stats::Counts;
use crate::sync::{Apart, AtomicUsize, Mutex};
use crate::tally::Tally;
use crate::uses::Uses;
use crate::wakefulness::Wakefulness;
use crate::{Clock, Granted, Key, Lease, Limits, Permit, PoolStats, Poolable};

/// In [`PoolState::attention`]: the pool is closed.
pub(crate) const CLOSED: usize = 1;
/// In [`PoolState::attention`]: one waiter that would take a place.
pub(crate) const ONE_WAITER: usize = 2;

/// All that a pool is, behind its handles.
pub(crate) struct PoolState<C: Poolable> {
    pub(crate) limits: LiveLimits,
    pub(crate) settings: Mutex<Limits>,
    clock: Box<dyn Clock>,
    wakefulness: Wakefulness,
    pub(crate) origins: DashMap<Key, Arc<OriginState<C>>>,
    /// Connections, connecting ones included.
    pub(crate) connections: Quota,
    /// Idle ones. May count one that is about to be or has just ceased to be.
    pub(crate) idle: Apart<AtomicUsize>,
    /// Parked ones. They are among the idle ones, even those that their holders have.
    pub(crate) parked: AtomicUsize,
    /// What those on the lock-free path have to look out for: whether the pool is closed, and how
    /// many wait for a place. Zero is the plain case.
    pub(crate) attention: AtomicUsize,
    pub(crate) line: Mutex<Line<C>>,
    pub(crate) waiting: AtomicIsize,
    pub(crate) pending: AtomicIsize,
    pub(crate) tally: Tally,
    /// Of connections of origins that are forgotten now. Locked while
    /// one is forgotten and while the sum over all is made, so that no figure is missed or counted
    /// twice.
    pub(crate) past_uses: Mutex<Uses>,
    numbers: Numbers,
    seed: u64,
}

/// Why there is no place.
enum Refusal {
    OriginFull,
    PoolFull,
}

impl<C: Poolable> PoolState<C> {
    pub(crate) fn new(limits: Limits, clock: Box<dyn Clock>) -> Self {
        Self {
            limits: LiveLimits::new(&limits),
            settings: Mutex::new(limits),
            wakefulness: Wakefulness::new(&*clock),
            clock,
            origins: DashMap::new(),
            connections: Quota::new(),
            idle: Apart(AtomicUsize::new(0)),
            parked: AtomicUsize::new(0),
            past_uses: Mutex::new(Uses::default()),
            attention: AtomicUsize::new(0),
            line: Mutex::new(Line::new()),
            waiting: AtomicIsize::new(0),
            pending: AtomicIsize::new(0),
            tally: Tally::default(),
            numbers: Numbers::new(1),
            seed: RandomState::new().hash_one(0),
        }
    }

    pub(crate) fn now(&self) -> u64 {
        let now = nanos(self.clock.now());
        self.wakefulness.look(&*self.clock, now);
        now
    }

    /// Since when the process has been awake, as of the last [`PoolState::now`]. What was idle before
    /// then may have lost its peer unseen.
    pub(crate) fn awake_since(&self) -> u64 {
        self.wakefulness.since()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.attention.load(SeqCst) & CLOSED != 0
    }

    fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Relaxed)
    }

    /// An entry's number, and its part, 0 to 1, of the jitter on age.
    #[allow(clippy::cast_precision_loss, reason = "53 bits fit")]
    pub(crate) fn next_entry(&self) -> (u64, f64) {
        let id = self.number();
        // SplitMix64 (Steele, Lea and Flood 2014): spreads consecutive numbers evenly.
        let mut bits = self
            .seed
            .wrapping_add(id.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        (id, (bits >> 11) as f64 / (1_u64 << 53) as f64)
    }

    pub(crate) fn origin(self: &Arc<Self>, key: &Key) -> Arc<OriginState<C>> {
        if let Some(origin) = self.origins.get(key) {
            return Arc::clone(&origin);
        }
        let new = || {
            Arc::new(OriginState::new(
                key.clone(),
                self.number(),
                Arc::clone(self),
            ))
        };
        Arc::clone(&self.origins.entry(key.clone()).or_insert_with(new))
    }

    /// All origins, the oldest first. Collected, so that no guard of the map is held while they are
    /// worked on.
    pub(crate) fn origins(&self) -> Vec<Arc<OriginState<C>>> {
        let mut origins: Vec<_> = self
            .origins
            .iter()
            .map(|origin| Arc::clone(origin.value()))
            .collect();
        origins.sort_unstable_by_key(|origin| origin.id);
        origins
    }

    /// Takes a place among the idle ones, if the limit leaves one.
    pub(crate) fn try_count_idle(&self) -> bool {
        if self.idle.fetch_add(1, SeqCst) < self.limits.max_keepalive() {
            return true;
        }
        self.idle.fetch_sub(1, SeqCst);
        false
    }

    /// Takes what is parked anywhere out of its holders' reach. False if nothing is parked.
    pub(crate) fn recall_all(&self, wanted: Claim) -> bool {
        if self.parked.load(SeqCst) == 0 {
            return false;
        }
        for origin in self.origins() {
            origin.recall(wanted);
        }
        true
    }

    /// How many of the idle ones their holders have.
    fn out(&self) -> usize {
        if self.parked.load(SeqCst) == 0 {
            return 0;
        }
        let origins = self.origins();
        origins.iter().map(|origin| origin.out()).sum()
    }

    /// A lease was taken on an entry that had none, or some.
    pub(crate) fn note_leased(&self, was_idle: bool) {
        if was_idle {
            self.idle.fetch_sub(1, SeqCst);
        }
    }

    /// A place for a new connection, unless somebody waits for it.
    ///
    /// # Race window
    /// A place taken at the origin and rolled back because the pool is full may make another
    /// checkout there see a full origin; one that waits is served after the roll-back.
    pub(crate) fn permit(&self, origin: &Arc<OriginState<C>>) -> Option<Permit<C>> {
        let mut after = Aftermath::new();
        let permit = if self.attention.load(SeqCst) == 0 {
            self.reserve(origin, &mut after)
        } else {
            let mut line = self.line.lock();
            self.grant_places(&mut line, &mut after);
            if line.closed || line.has_connector(origin) {
                Err(Refusal::OriginFull)
            } else {
                self.reserve(origin, &mut after)
            }
        };
        after.finish();
        if matches!(permit, Err(Refusal::PoolFull)) {
            origin.settle(Freed::Place);
        }
        permit.ok()
    }

    /// A place that nobody else wants: it is taken from no other origin, and there is none while somebody
    /// waits for a place, or where one more idle connection would not be kept.
    ///
    /// # Race window
    /// As in [`PoolState::permit`]. Several that are given out at once may come to more idle connections
    /// than are kept: the surplus is closed.
    pub(crate) fn spare(&self, origin: &Arc<OriginState<C>>) -> Option<Permit<C>> {
        let is_awaited = self.attention.load(SeqCst) != 0 || origin.waiting.load(SeqCst) > 0;
        if is_awaited
            || self.idle.load(SeqCst) >= self.limits.max_keepalive()
            || !origin
                .connections
                .try_take(self.limits.max_connections_per_origin())
        {
            return None;
        }
        if self.connections.try_take(self.limits.max_connections()) {
            return Some(Permit::spare(origin));
        }
        origin.connections.release();
        origin.settle(Freed::Place);
        None
    }

    /// Takes a place at the origin and one in the pool; if the pool is full, that of the idle
    /// connection of another origin that was used longest ago.
    fn reserve(
        &self,
        origin: &Arc<OriginState<C>>,
        after: &mut Aftermath<C>,
    ) -> Result<Permit<C>, Refusal> {
        if !origin
            .connections
            .try_take(self.limits.max_connections_per_origin())
        {
            return Err(Refusal::OriginFull);
        }
        let max_connections = self.limits.max_connections();
        if self.connections.try_take(max_connections) {
            return Ok(Permit::new(origin));
        }
        if self.connections.held() <= max_connections
            && let Some(closing) = self.shut_least_recent(Some(origin.id), CloseReason::Evicted)
        {
            after.closings.push(closing.pass_place_on());
            return Ok(Permit::new(origin));
        }
        origin.connections.release();
        Err(Refusal::PoolFull)
    }

    /// Closes the idle connection that was used longest ago, leaving out those of origin `except`.
    pub(crate) fn shut_least_recent(
        &self,
        except: Option<u64>,
        reason: CloseReason,
    ) -> Option<Closing<C>> {
        while self.idle.load(SeqCst) > 0 {
            let mut oldest: Option<Arc<Entry<C>>> = None;
            for origin in self.origins() {
                if except != Some(origin.id) {
                    let before = oldest.as_ref().map_or(u64::MAX, |entry| entry.idle_since());
                    oldest = origin.least_recent(before).or(oldest);
                }
            }
            // It may have been leased since: then look again.
            if let Some(closing) = oldest?.shut_if_idle(reason) {
                return Some(closing);
            }
        }
        None
    }

    /// Gives a leased connection on to the first waiter of its origin, as it is. Gives `vacant`
    /// back if there is none, or if it is another origin's turn.
    pub(crate) fn hand_over(
        &self,
        entry: &Arc<Entry<C>>,
        vacant: Option<Vacant>,
    ) -> Result<(), Handback> {
        let origin = &*entry.origin;
        let mut after = Aftermath::new();
        {
            let mut line = self.line.lock();
            let Some(waiter) = line.first(origin) else {
                return Err(Handback {
                    vacant,
                    yield_place: false,
                });
            };
            if !line.may_stay(origin) {
                return Err(Handback {
                    vacant,
                    yield_place: true,
                });
            }
            if !entry.pass_on() {
                return Err(Handback {
                    vacant,
                    yield_place: false,
                });
            }
            line.leave(&waiter);
            let lease = Lease::again(Arc::clone(entry), vacant);
            after.grants.push((waiter, Granted::Ready(lease)));
        }
        after.finish();
        Ok(())
    }

    /// Serves the waiters that something freed at `origin` can help.
    pub(crate) fn serve(&self, origin: &OriginState<C>) {
        let mut after = Aftermath::new();
        self.serve_line(&mut self.line.lock(), origin, &mut after);
        after.finish();
    }

    pub(crate) fn serve_line(
        &self,
        line: &mut Line<C>,
        origin: &OriginState<C>,
        after: &mut Aftermath<C>,
    ) {
        while let Some(waiter) = line.first(origin) {
            let Some(lease) = origin.take_ready(after) else {
                break;
            };
            line.leave(&waiter);
            after.grants.push((waiter, Granted::Ready(lease)));
        }
        // What was found unfit frees its place in the aftermath, which serves again: nobody is
        // evicted for a place that is as good as free.
        if after.closings.is_empty() {
            self.grant_places(line, after);
        }
    }

    /// Gives places to those who wait for one, the oldest over all origins first.
    pub(crate) fn grant_places(&self, line: &mut Line<C>, after: &mut Aftermath<C>) {
        let mut from = 0;
        while let Some(waiter) = line.first_connector(from) {
            match self.reserve(&waiter.origin, after) {
                Ok(permit) => {
                    line.leave(&waiter);
                    line.end_overtaking();
                    after.grants.push((waiter, Granted::Connect(permit)));
                }
                Err(Refusal::OriginFull) => from = waiter.ticket + 1,
                Err(Refusal::PoolFull) => return,
            }
        }
    }

    pub(crate) fn settings(&self) -> Limits {
        self.settings.lock().clone()
    }

    pub(crate) fn stats(&self) -> PoolStats {
        let gauge = |gauge: &AtomicIsize| usize::try_from(gauge.load(Relaxed)).unwrap_or(0);
        let uses = {
            let past = self.past_uses.lock();
            let present: Uses = self.origins.iter().map(|origin| origin.uses()).sum();
            *past + present
        };
        let counts = Counts::of(
            self.connections.held(),
            self.idle.load(SeqCst).saturating_sub(self.out()),
            gauge(&self.pending),
            gauge(&self.waiting),
            &self.tally,
            uses,
        );
        PoolStats {
            origins: self.origins.len(),
            counts,
            limits: self.settings(),
        }
    }
}

/// A connection that [`PoolState::hand_over`] did not take.
pub(crate) struct Handback {
    pub(crate) vacant: Option<Vacant>,
    /// It is to be closed: its place is due to a waiter of another origin.
    pub(crate) yield_place: bool,
}
