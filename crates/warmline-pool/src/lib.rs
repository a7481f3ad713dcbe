//! The connection pool.
mod clock;
mod key;
mod limits;
mod poolable;
mod skeleton;
mod stats;

pub use clock::{Clock, ManualClock, MonotonicClock};
pub use key::{Key, Protocol, Scheme};
pub use limits::Limits;
pub use poolable::{CloseReason, Poolable};
pub use skeleton::*;
pub use stats::{Counts, OriginStats, PoolStats};
