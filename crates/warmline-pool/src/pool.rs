use std::fmt;
use std::sync::Arc;

use crate::pool_state::PoolState;
use crate::{Clock, Key, Limits, MonotonicClock, Origin, OriginStats, PoolStats, Poolable};

/// A pool of connections to any number of origins, under common limits. Clones are the same pool;
/// when the last one is dropped, the pool is closed.
///
/// It does nothing by itself: no thread, no timer. Somebody calls [`Pool::sweep`] now and then.
///
/// ```
/// use warmline_pool::{Checkout, CloseReason, Key, Limits, Pool, Poolable, Scheme};
///
/// struct Connection;
/// impl Poolable for Connection {
///     fn is_open(&self) -> bool {
///         true
///     }
///     fn close(&self, _reason: CloseReason) {}
/// }
///
/// let pool = Pool::new(Limits::default());
/// let origin = pool.origin(&Key::new(Scheme::Https, "api.openai.com", 443));
/// if let Checkout::Connect(permit) = origin.checkout() {
///     let lease = permit.establish(Connection);
///     drop(lease); // idle now
/// }
/// assert!(matches!(origin.checkout(), Checkout::Ready(lease) if lease.reused()));
/// ```
pub struct Pool<C: Poolable> {
    keeper: Arc<Keeper<C>>,
}

/// Closes the pool when the last handle goes. Origins, leases and waits hold the state itself, so
/// it cannot be the state's own end that does it.
struct Keeper<C: Poolable> {
    state: Arc<PoolState<C>>,
}

impl<C: Poolable> Pool<C> {
    /// A pool that has its time from the machine's monotonic clock.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self::with_clock(limits, MonotonicClock::default())
    }

    /// A pool that has its time from `clock`.
    #[must_use]
    pub fn with_clock(limits: Limits, clock: impl Clock) -> Self {
        let state = Arc::new(PoolState::new(limits, Box::new(clock)));
        Self {
            keeper: Arc::new(Keeper { state }),
        }
    }

    /// The origin of `key`, made if the pool does not know it. All handles on one key are on the
    /// same origin for as long as any of them, or any connection, exists.
    #[must_use]
    pub fn origin(&self, key: &Key) -> Origin<C> {
        Origin::new(self.keeper.state.origin(key))
    }

    /// A handle on each origin that the pool knows, the oldest first. As long as it is held, its origin is
    /// known.
    #[must_use]
    pub fn origins(&self) -> Vec<Origin<C>> {
        let origins = self.keeper.state.origins();
        origins.into_iter().map(Origin::new).collect()
    }

    /// The limits in force.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.keeper.state.settings()
    }

    /// Changes the limits. Idle connections that are too many now are closed at once, busy ones
    /// when they are given back; if there is more room now, those who wait get it.
    pub fn set_limits(&self, limits: Limits) {
        self.keeper.state.set_limits(limits);
    }

    /// Closes what has been idle too long, is too old or is dead, among the idle connections, and
    /// forgets origins with nothing left to which nobody holds a handle, unless they are known to keep
    /// idle connections for a time of their own. Returns how many connections it closed.
    ///
    /// Call it now and then: nothing else closes an idle connection that nobody asks for.
    #[allow(clippy::must_use_candidate, reason = "it is called for its effect")]
    pub fn sweep(&self) -> usize {
        self.keeper.state.sweep()
    }

    /// Has each idle connection looked at, and closes those that are not sound, as
    /// [`CloseReason::Dead`](crate::CloseReason::Dead). Returns how many. The look runs under no lock.
    #[allow(clippy::must_use_candidate, reason = "it is called for its effect")]
    pub fn close_unsound(&self, is_sound: impl Fn(&C) -> bool) -> usize {
        self.keeper.state.close_unsound(is_sound)
    }

    /// Hands out nothing more: those who wait are told, idle connections are closed now, leased
    /// ones when they are given back. Calling it again does nothing.
    pub fn close(&self) {
        self.keeper.state.close();
    }

    /// Whether [`Pool::close`] has been called.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.keeper.state.is_closed()
    }

    /// What the pool holds and has done.
    #[must_use]
    pub fn stats(&self) -> PoolStats {
        self.keeper.state.stats()
    }

    /// The same for each origin that the pool knows, in no order.
    #[must_use]
    pub fn origin_stats(&self) -> Vec<(Key, OriginStats)> {
        let origins = self.keeper.state.origins();
        let stats = origins
            .iter()
            .map(|origin| (origin.key.clone(), origin.stats()));
        stats.collect()
    }
}

impl<C: Poolable> Clone for Pool<C> {
    fn clone(&self) -> Self {
        Self {
            keeper: Arc::clone(&self.keeper),
        }
    }
}

impl<C: Poolable> fmt::Debug for Pool<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("stats", &self.stats())
            .finish()
    }
}

impl<C: Poolable> Drop for Keeper<C> {
    fn drop(&mut self) {
        self.state.close();
        self.state.forget_origins();
    }
}
