use crate::Limits;
use crate::tally::Tally;
use crate::uses::Uses;

/// What a pool holds and has done, read counter by counter without stopping anybody: while others
/// work, figures may be an operation apart.
#[derive(Clone, Debug, PartialEq)]
pub struct PoolStats {
    /// Origins the pool knows.
    pub origins: usize,
    /// The counts of all origins together, those that are gone included.
    pub counts: Counts,
    /// The limits in force.
    pub limits: Limits,
}

/// What one origin holds and has done. The `_total`s count since the pool knows this origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginStats {
    /// The origin's counts.
    pub counts: Counts,
    /// The most connections it may have.
    pub max_connections: usize,
}

/// Gauges and counters, of an origin or of the pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Connections that carry at least one lease.
    pub active: usize,
    /// Connections that carry none.
    pub idle: usize,
    /// Connections being established.
    pub pending: usize,
    /// All of these: what the limits count.
    pub total: usize,
    /// Callers that wait for a connection or a place.
    pub waiting: usize,
    /// Connections established.
    pub created_total: u64,
    /// Connections closed, for whatever reason.
    pub closed_total: u64,
    /// Of those closed: closed so that another origin could have the place.
    pub evicted_total: u64,
    /// Attempts to connect that failed, other than by timing out.
    pub errors_total: u64,
    /// Attempts to connect and waits that timed out.
    pub timeouts_total: u64,
    /// Leases handed out, but those of connections from [`Origin::spare`](crate::Origin::spare) as they
    /// are established.
    pub checkouts_total: u64,
    /// Of those: on a connection that had been leased before.
    pub reused_total: u64,
}

impl Counts {
    pub(crate) fn of(
        total: usize,
        idle: usize,
        pending: usize,
        waiting: usize,
        tally: &Tally,
        uses: Uses,
    ) -> Self {
        Self {
            active: total.saturating_sub(idle).saturating_sub(pending),
            idle,
            pending,
            total,
            waiting,
            created_total: tally.created.get(),
            closed_total: tally.closed(),
            evicted_total: tally.evicted(),
            errors_total: tally.errors.get(),
            timeouts_total: tally.timeouts.get(),
            checkouts_total: uses.all,
            reused_total: uses.again,
        }
    }

    /// The part of the leases that were on a connection leased before: 0 to 1, and 0 before the
    /// first.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "a ratio of counts below 2^52")]
    pub fn reuse_rate(&self) -> f64 {
        if self.checkouts_total == 0 {
            return 0.0;
        }
        self.reused_total as f64 / self.checkouts_total as f64
    }

    #[allow(clippy::cast_precision_loss, reason = "a ratio of counts below 2^52")]
    fn utilization_percent(&self, max_connections: usize) -> f64 {
        if max_connections == 0 {
            return 100.0;
        }
        (self.active + self.pending) as f64 * 100.0 / max_connections as f64
    }
}

impl PoolStats {
    /// Connections in use or being established, in percent of what the pool may have.
    #[must_use]
    pub fn utilization_percent(&self) -> f64 {
        self.counts.utilization_percent(self.limits.max_connections)
    }

    /// See [`Counts::reuse_rate`].
    #[must_use]
    pub fn reuse_rate(&self) -> f64 {
        self.counts.reuse_rate()
    }
}

impl OriginStats {
    /// Connections in use or being established, in percent of what the origin may have.
    #[must_use]
    pub fn utilization_percent(&self) -> f64 {
        self.counts.utilization_percent(self.max_connections)
    }

    /// See [`Counts::reuse_rate`].
    #[must_use]
    pub fn reuse_rate(&self) -> f64 {
        self.counts.reuse_rate()
    }
}
