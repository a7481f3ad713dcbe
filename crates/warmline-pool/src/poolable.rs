/// A connection, as far as the pool has to know it.
///
/// `is_open` and `capacity` are asked on the hot path and sometimes while the pool's wait line is
/// locked: they must be quick, must not block and must not call into the pool.
pub trait Poolable: Send + Sync + 'static {
    /// A cheap look: false once the connection is closed or has failed.
    fn is_open(&self) -> bool;

    /// How many leases the connection carries at once: 1 for HTTP/1.1 (the default), the peer's
    /// `MAX_CONCURRENT_STREAMS` for HTTP/2 (RFC 9113 section 6.5.2). It may change at any time; the
    /// pool looks again at each checkout and return, and when [`Retire::capacity_changed`] is
    /// called.
    ///
    /// [`Retire::capacity_changed`]: crate::Retire::capacity_changed
    fn capacity(&self) -> u32 {
        1
    }

    /// Called exactly once, when the connection leaves the pool, with no lock of the pool's held.
    /// The connection's place under the limits is free only once this has returned. Must not panic.
    fn close(&self, reason: CloseReason);
}

/// Why a connection left the pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CloseReason {
    /// It sat idle for longer than its keep-alive time.
    Idle,
    /// It was older than the limit on age allows.
    MaxAge,
    /// It was found closed or failed.
    Dead,
    /// It was returned when as many connections as allowed were idle already.
    KeepaliveLimit,
    /// It was idle, the least recently used, and another origin needed its place.
    Evicted,
    /// The limits were lowered and it was one too many.
    Resized,
    /// Whoever leased it would not give it back: mid-response, out of protocol, told to close.
    Discarded,
    /// The pool was closed.
    PoolClosed,
}
