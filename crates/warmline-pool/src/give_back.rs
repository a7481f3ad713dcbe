use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

use crate::Poolable;
use crate::aftermath::{Aftermath, Closing};
use crate::entry::Entry;
use crate::hot_list::Vacant;
use crate::origin_state::Freed;
use crate::poolable::CloseReason;
use crate::spot::Claim;

impl<C: Poolable> Entry<C> {
    /// Ends one lease. The connection goes to the first waiter of its origin, else onto the hot
    /// list, else it is closed. Lock-free if nobody waits and it stays open.
    ///
    /// `spoilt` is why the holder would not have it used again; `idle_for` the nanoseconds that it
    /// may be idle this time, `u64::MAX` for the limits' own.
    pub(crate) fn give_back(
        self: &Arc<Self>,
        vacant: Option<Vacant>,
        spoilt: Option<CloseReason>,
        idle_for: u64,
    ) {
        let origin = &*self.origin;
        let now = origin.pool.now();
        let mut unfit = spoilt
            .or_else(|| self.worn(now))
            .or_else(|| self.is_surplus().then_some(CloseReason::Resized));
        let mut vacant = vacant;
        if unfit.is_none() && origin.waiting.load(SeqCst) > 0 {
            match origin.pool.hand_over(self, vacant) {
                Ok(()) => return,
                Err(back) => {
                    vacant = back.vacant;
                    unfit = back.yield_place.then_some(CloseReason::Evicted);
                }
            }
        }
        self.begin_idle(now, idle_for);
        match self.end_lease(unfit) {
            End::Idle { list } => {
                if list {
                    origin.list(self, vacant);
                } else {
                    origin.recycle(vacant);
                }
                origin.settle(Freed::Connection);
            }
            End::StillLeased { list: true } => {
                origin.list(self, vacant);
                origin.settle(Freed::Connection);
            }
            End::StillLeased { list: false } => {
                origin.recycle(vacant);
                origin.settle(Freed::Connection);
            }
            End::Closed(closing) => {
                origin.recycle(vacant);
                Aftermath::of(closing).finish();
            }
            End::WasClosed => origin.recycle(vacant),
        }
    }

    fn end_lease(self: &Arc<Self>, mut unfit: Option<CloseReason>) -> End<C> {
        let mut counted_idle = false;
        let mut state = self.state();
        let end = loop {
            let left = state.one_less();
            let (next, end) = if state.is_closed() {
                (left, End::WasClosed)
            } else if left.leases() == 0 {
                if let Some(reason) = state.doom().or(unfit) {
                    let next = left.closed();
                    (
                        next,
                        End::Closed(Closing::new(self, next, reason).never_idle()),
                    )
                } else if counted_idle || self.try_count_idle() {
                    counted_idle = true;
                    (
                        left.listed(),
                        End::Idle {
                            list: !state.is_listed(),
                        },
                    )
                } else {
                    unfit = Some(CloseReason::KeepaliveLimit);
                    continue;
                }
            } else if state.doom().is_some() {
                (left, End::StillLeased { list: false })
            } else if let Some(reason) = unfit {
                (left.doomed(reason), End::StillLeased { list: false })
            } else if !state.is_listed() && left.leases() < self.capacity() {
                (left.listed(), End::StillLeased { list: true })
            } else {
                (left, End::StillLeased { list: false })
            };
            match self.swap_state(state, next) {
                Ok(()) => {
                    if next.is_listed() && next.doom().is_some() && state.doom().is_none() {
                        self.origin.note_tombstone();
                    }
                    break end;
                }
                Err(now) => state = now,
            }
        };
        if counted_idle && !matches!(end, End::Idle { .. }) {
            self.origin.pool.idle.fetch_sub(1, SeqCst);
        }
        end
    }

    /// The limits have been lowered and this connection is one too many.
    ///
    /// # Race window
    /// Several that are given back at once may all see the same surplus: then more are closed than
    /// need be, and never fewer.
    pub(crate) fn is_surplus(&self) -> bool {
        let (origin, pool) = (&*self.origin, &*self.origin.pool);
        origin.connections.held() > pool.limits.max_connections_per_origin()
            || pool.connections.held() > pool.limits.max_connections()
    }

    /// Takes a place among the idle ones, if the limit leaves one.
    ///
    /// # Race window
    /// Several that are given back at once at the limit may each see the other's count and all be
    /// closed; the limit itself is never passed.
    pub(crate) fn try_count_idle(&self) -> bool {
        let pool = &self.origin.pool;
        if pool.try_count_idle() {
            return true;
        }
        // What is parked and out on a lease holds a place that it does not need as long as that
        // lease lasts.
        pool.recall_all(Claim::Leased) && pool.try_count_idle()
    }
}

/// What came of ending a lease. `list`: the state now says listed, and it is on us to put it there.
enum End<C: Poolable> {
    Idle {
        list: bool,
    },
    StillLeased {
        list: bool,
    },
    Closed(Closing<C>),
    /// The peer closed it while it was leased; all else was done then.
    WasClosed,
}
