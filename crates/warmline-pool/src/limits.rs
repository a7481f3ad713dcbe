use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::time::Duration;

use crate::clock::nanos;

/// How much a pool may hold and for how long. The defaults are the reference client's.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// Connections in all, connecting ones included. Default 1000.
    pub max_connections: usize,
    /// Connections to one origin, connecting ones included. Default 1000.
    pub max_connections_per_origin: usize,
    /// Idle connections in all; a connection returned above that is closed. Default 100.
    pub max_keepalive: usize,
    /// How long a connection may sit idle. Default 30 s.
    pub keepalive_expiry: Duration,
    /// How old a connection may get; an older one is closed when next idle. Default none.
    pub max_age: Option<Duration>,
    /// By how much of `max_age` connections are closed earlier, each by its own random part, so
    /// that those opened together do not all end together. 0 to 1, default 0.1.
    pub max_age_jitter: f64,
    /// How long a caller may wait for a place (`pool_block_timeout`). Kept here, enforced by the
    /// caller's timer: the pool has none. Default none.
    pub wait_timeout: Option<Duration>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_connections: 1000,
            max_connections_per_origin: 1000,
            max_keepalive: 100,
            keepalive_expiry: Duration::from_secs(30),
            max_age: None,
            max_age_jitter: 0.1,
            wait_timeout: None,
        }
    }
}

/// The limits in force, each readable on its own without a lock. Changed under the pool's settings
/// lock; a reader may see some new and some old ones for a moment.
pub(crate) struct LiveLimits {
    max_connections: AtomicUsize,
    max_connections_per_origin: AtomicUsize,
    max_keepalive: AtomicUsize,
    keepalive_expiry: AtomicU64,
    /// `u64::MAX` for none.
    max_age: AtomicU64,
    /// The bits of the `f64`.
    max_age_jitter: AtomicU64,
}

impl LiveLimits {
    pub(crate) fn new(limits: &Limits) -> Self {
        let live = Self {
            max_connections: AtomicUsize::default(),
            max_connections_per_origin: AtomicUsize::default(),
            max_keepalive: AtomicUsize::default(),
            keepalive_expiry: AtomicU64::default(),
            max_age: AtomicU64::default(),
            max_age_jitter: AtomicU64::default(),
        };
        live.set(limits);
        live
    }

    pub(crate) fn set(&self, limits: &Limits) {
        self.max_connections.store(limits.max_connections, SeqCst);
        self.max_connections_per_origin
            .store(limits.max_connections_per_origin, SeqCst);
        self.max_keepalive.store(limits.max_keepalive, SeqCst);
        self.keepalive_expiry
            .store(nanos(limits.keepalive_expiry), SeqCst);
        self.max_age
            .store(limits.max_age.map_or(u64::MAX, nanos), SeqCst);
        self.max_age_jitter
            .store(limits.max_age_jitter.clamp(0.0, 1.0).to_bits(), SeqCst);
    }

    pub(crate) fn max_connections(&self) -> usize {
        self.max_connections.load(SeqCst)
    }

    pub(crate) fn max_connections_per_origin(&self) -> usize {
        self.max_connections_per_origin.load(SeqCst)
    }

    pub(crate) fn max_keepalive(&self) -> usize {
        self.max_keepalive.load(SeqCst)
    }

    /// In nanoseconds.
    pub(crate) fn keepalive_expiry(&self) -> u64 {
        self.keepalive_expiry.load(Relaxed)
    }

    /// In nanoseconds: what a connection may live whose own random part of the jitter is `part`, 0
    /// to 1.
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a duration: never negative, and a nanosecond more is no matter"
    )]
    pub(crate) fn max_age(&self, part: f64) -> Option<u64> {
        let max_age = self.max_age.load(Relaxed);
        if max_age == u64::MAX {
            return None;
        }
        let jitter = f64::from_bits(self.max_age_jitter.load(Relaxed));
        Some(max_age - (max_age as f64 * jitter * part) as u64)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn jitter_only_shortens_a_life_and_by_no_more_than_its_share() {
        let limits = LiveLimits::new(&Limits {
            max_age: Some(Duration::from_micros(1)),
            max_age_jitter: 0.2,
            ..Limits::default()
        });
        assert_eq!(limits.max_age(0.0), Some(1000));
        assert_eq!(limits.max_age(0.5), Some(900));
        assert_eq!(limits.max_age(1.0), Some(800));
    }

    #[test]
    fn a_jitter_out_of_range_is_clamped() {
        let limits = LiveLimits::new(&Limits {
            max_age: Some(Duration::from_micros(1)),
            max_age_jitter: 7.0,
            ..Limits::default()
        });
        assert_eq!(limits.max_age(1.0), Some(0));
    }

    #[test]
    fn without_a_limit_on_age_there_is_none() {
        assert_eq!(LiveLimits::new(&Limits::default()).max_age(1.0), None);
    }
}
