use std::sync::Arc;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, SeqCst};
use std::sync::atomic::{AtomicU8, AtomicU64 as Stamp, AtomicUsize as Position};

use crate::Poolable;
use crate::aftermath::{Aftermath, Closing};
use crate::origin_state::{Freed, OriginState};
use crate::parking::Stand;
use crate::poolable::CloseReason;
use crate::spot::Claim;
use crate::state::State;
use crate::sync::{AtomicU64, Mutex};
use crate::uses::Uses;

/// One connection in the pool, from its establishment until its last lease is gone.
pub(crate) struct Entry<C: Poolable> {
    state: AtomicU64,
    pub(crate) id: u64,
    pub(crate) connection: Arc<C>,
    /// Keeps the origin. The cycle (the origin's roster and hot list hold entries) ends when the
    /// entry is closed and taken off both, which the end of the pool does for all.
    pub(crate) origin: Arc<OriginState<C>>,
    /// In the pool's nanoseconds.
    created: u64,
    /// This connection's own part of the jitter on age, 0 to 1.
    age_part: f64,
    /// When it was last given back, in the pool's nanoseconds.
    idle_since: Stamp,
    /// How long it may be idle this time; `u64::MAX` leaves that to the limits.
    idle_for: Stamp,
    /// Whether it counts in the origin's `aside`: see [`Entry::note_capacity`].
    sharing: AtomicU8,
    /// Where it is parked; locked by whoever parks or reclaims it.
    pub(crate) stand: Mutex<Option<Stand>>,
    /// Its place in the origin's roster; guarded by the roster's lock.
    pub(crate) position: Position,
}

const SHARING_NO: u8 = 0;
const SHARING_YES: u8 = 1;
const SHARING_ENDED: u8 = 2;

/// What came of trying to lease an entry.
pub(crate) enum Take<C: Poolable> {
    /// Leased. `was_idle`: it carried no lease before. `room`: it can carry another one.
    Leased {
        was_idle: bool,
        room: bool,
        /// See [`Entry::idle_age`].
        idle_age: u64,
    },
    /// Carries all it can; off the list, whoever gives back a lease lists it again.
    Full,
    /// Closed or doomed before.
    Gone,
    /// Found unfit and idle: closed now.
    Shut(Closing<C>),
    /// Found unfit, but others still use it: doomed now.
    Doomed,
}

impl<C: Poolable> Entry<C> {
    /// A new entry in a state with its first lease out.
    pub(crate) fn new(connection: C, origin: Arc<OriginState<C>>, state: State) -> Self {
        let now = origin.pool.now();
        let (id, age_part) = origin.pool.next_entry();
        Self {
            state: AtomicU64::new(state.word()),
            id,
            connection: Arc::new(connection),
            origin,
            created: now,
            age_part,
            idle_since: Stamp::new(now),
            idle_for: Stamp::new(u64::MAX),
            sharing: AtomicU8::new(SHARING_NO),
            stand: Mutex::new(None),
            position: Position::new(0),
        }
    }

    pub(crate) fn state(&self) -> State {
        State::from_word(self.state.load(SeqCst))
    }

    pub(crate) fn swap_state(&self, from: State, to: State) -> Result<(), State> {
        self.state
            .compare_exchange(from.word(), to.word(), SeqCst, SeqCst)
            .map(|_| ())
            .map_err(State::from_word)
    }

    /// Adds uses that the pool did not see as they happened.
    pub(crate) fn note_uses(&self, times: u32) {
        let mut state = self.state();
        while let Err(now) = self.swap_state(state, state.used_more(times)) {
            state = now;
        }
    }

    /// Open and carrying no lease, not even one that the holder of its spot took by itself.
    pub(crate) fn is_idle(&self) -> bool {
        let state = self.state();
        state.is_idle() && !(state.is_parked() && self.is_out())
    }

    pub(crate) fn uses(&self) -> Uses {
        Uses::of_one(self.state().uses())
    }

    /// How many leases it can have out.
    pub(crate) fn capacity(&self) -> u32 {
        self.connection.capacity().min(State::MAX_LEASES)
    }

    pub(crate) fn idle_since(&self) -> u64 {
        self.idle_since.load(Relaxed)
    }

    /// Starts an idle period at `now`, of at most `idle_for`. Several leases that end at once may
    /// each write; any of these values will do.
    pub(crate) fn begin_idle(&self, now: u64, idle_for: u64) {
        self.begin_idle_again(now);
        self.idle_for.store(idle_for, Relaxed);
    }

    /// Starts an idle period at `now`, of as much as the last one.
    pub(crate) fn begin_idle_again(&self, now: u64) {
        self.idle_since.store(now, Relaxed);
    }

    /// Why the connection should not be used any more, whoever holds it.
    pub(crate) fn worn(&self, now: u64) -> Option<CloseReason> {
        if !self.connection.is_open() {
            return Some(CloseReason::Dead);
        }
        let max_age = self.origin.pool.limits.max_age(self.age_part)?;
        (now.saturating_sub(self.created) > max_age).then_some(CloseReason::MaxAge)
    }

    /// Why an idle connection should not be handed out.
    pub(crate) fn stale(&self, now: u64) -> Option<CloseReason> {
        self.worn(now).or_else(|| {
            let idle_since = self.idle_since();
            let slept = idle_since < self.origin.pool.awake_since();
            let idle_for = now.saturating_sub(idle_since);
            (slept || idle_for > self.idle_for()).then_some(CloseReason::Idle)
        })
    }

    /// How long it may be idle this time, in nanoseconds.
    pub(crate) fn idle_for(&self) -> u64 {
        let own = self.idle_for.load(Relaxed);
        let idle_for = if own == u64::MAX {
            self.origin.pool.limits.keepalive_expiry()
        } else {
            own
        };
        // For one that nobody has used yet, peers have another time.
        if self.state().uses() == 0 {
            idle_for
        } else {
            idle_for.min(self.origin.idle_limit.get())
        }
    }

    /// For how long it has been idle in a `state` without leases, as its peer would count it: 0 if it was
    /// never used, and if nobody knows.
    pub(crate) fn idle_age(&self, state: State, now: u64) -> u64 {
        if state.uses() == 0 || state.leases() > 0 || state.is_parked() {
            return 0;
        }
        now.saturating_sub(self.idle_since())
    }

    /// Tries to lease. `popped`: the caller took it off the hot list, and puts it back if there is
    /// room; otherwise the lease is taken from the side, and the list, if it holds the entry, goes
    /// on doing so.
    pub(crate) fn take(self: &Arc<Self>, popped: bool, now: u64) -> Take<C> {
        let mut state = self.state();
        loop {
            if state.is_parked() {
                self.reclaim(Claim::Idle);
                state = self.state();
            }
            if state.is_gone() {
                return Take::Gone;
            }
            let base = if popped { state.unlisted() } else { state };
            let was_idle = state.leases() == 0;
            let unfit = if was_idle {
                self.stale(now)
            } else {
                self.worn(now)
            };
            let capacity = self.capacity();
            self.note_capacity(capacity);
            let (next, taken) = match unfit {
                // Its holder has it.
                _ if state.is_parked() => (base, Take::Full),
                Some(reason) if was_idle => {
                    let closed = base.closed();
                    (closed, Take::Shut(Closing::new(self, closed, reason)))
                }
                Some(reason) => (base.doomed(reason), Take::Doomed),
                None if state.leases() >= capacity => (base, Take::Full),
                None => {
                    let room = state.leases() + 1 < capacity;
                    let next = base.one_more();
                    let next = if popped && room { next.listed() } else { next };
                    let idle_age = self.idle_age(state, now);
                    let taken = Take::Leased {
                        was_idle,
                        room,
                        idle_age,
                    };
                    (next, taken)
                }
            };
            match self.swap_state(state, next) {
                Ok(()) => {
                    if matches!(taken, Take::Doomed) && next.is_listed() {
                        self.origin.note_tombstone();
                    }
                    return taken;
                }
                Err(now) => state = now,
            }
        }
    }

    /// Puts a lease that is out into new hands, if a new one could be taken out in its place.
    pub(crate) fn pass_on(&self) -> bool {
        let mut state = self.state();
        while !state.is_gone() && state.leases() <= self.capacity() {
            match self.swap_state(state, state.used_again()) {
                Ok(()) => return true,
                Err(now) => state = now,
            }
        }
        false
    }

    /// Closes it if it carries no lease. The caller finishes the closing once it holds no lock.
    pub(crate) fn shut_if_idle(self: &Arc<Self>, reason: CloseReason) -> Option<Closing<C>> {
        let mut state = self.state();
        while state.is_idle() {
            if state.is_parked() {
                self.reclaim(Claim::Idle);
                state = self.state();
                if state.is_parked() {
                    return None;
                }
                continue;
            }
            match self.swap_state(state, state.closed()) {
                Ok(()) => return Some(Closing::new(self, state.closed(), reason)),
                Err(now) => state = now,
            }
        }
        None
    }

    /// Closes it now, whether or not it carries leases.
    pub(crate) fn shut(self: &Arc<Self>, reason: CloseReason) -> Option<Closing<C>> {
        let mut state = self.state();
        while !state.is_closed() {
            match self.swap_state(state, state.closed()) {
                Ok(()) => {
                    // From now on the holder of its spot cannot take it.
                    self.reclaim(Claim::Any);
                    return Some(Closing::new(self, state.closed(), reason));
                }
                Err(now) => state = now,
            }
        }
        None
    }

    /// Closes it now if it carries no lease, else when the last one is back.
    pub(crate) fn doom(self: &Arc<Self>, reason: CloseReason) -> Option<Closing<C>> {
        let mut state = self.state();
        while !state.is_gone() {
            if state.is_parked() {
                self.reclaim(Claim::Any);
                state = self.state();
                continue;
            }
            if state.is_idle() {
                if let Some(closing) = self.shut_if_idle(reason) {
                    return Some(closing);
                }
                state = self.state();
                continue;
            }
            match self.swap_state(state, state.doomed(reason)) {
                Ok(()) => {
                    if state.is_listed() {
                        self.origin.note_tombstone();
                    }
                    return None;
                }
                Err(now) => state = now,
            }
        }
        None
    }

    /// Puts it where others can lease it, if it has room for them, and tells those who wait.
    pub(crate) fn open_to_others(self: &Arc<Self>) {
        if self.origin.pool.is_closed() {
            if let Some(closing) = self.doom(CloseReason::PoolClosed) {
                Aftermath::of(closing).finish();
            }
            return;
        }
        let capacity = self.capacity();
        self.note_capacity(capacity);
        let mut state = self.state();
        while !state.is_gone() && !state.is_parked() && state.leases() < capacity {
            if !state.is_listed() {
                if let Err(now) = self.swap_state(state, state.listed()) {
                    state = now;
                    continue;
                }
                self.origin.list(self, None);
            }
            self.origin.settle(Freed::Connection);
            return;
        }
    }

    /// Remembers in the origin that this connection can carry several leases: from then on a
    /// checkout that finds the hot list empty looks at the roster too, because such an entry is off
    /// the list for a moment whenever it is leased. Counted once, until the connection closes.
    pub(crate) fn note_capacity(&self, capacity: u32) {
        if capacity > 1
            && self.sharing.load(Relaxed) == SHARING_NO
            && self
                .sharing
                .compare_exchange(SHARING_NO, SHARING_YES, AcqRel, Acquire)
                .is_ok()
        {
            self.origin.aside_begin();
        }
    }

    pub(crate) fn end_sharing(&self) {
        if self.sharing.swap(SHARING_ENDED, AcqRel) == SHARING_YES {
            self.origin.aside_end();
        }
    }
}
