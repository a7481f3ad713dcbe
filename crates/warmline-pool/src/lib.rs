//! The connection pool.
#![deny(unsafe_code)]
#![warn(missing_docs)]

mod aftermath;
mod clock;
mod depot;
mod entry;
mod give_back;
mod hot_list;
mod key;
mod lease;
mod limits;
mod line;
mod origin;
mod permit;
mod pool;
mod poolable;
mod quota;
mod shelf;
mod state;
mod stats;
mod sync;
mod tally;
mod wait;

pub use clock::{Clock, ManualClock, MonotonicClock};
pub use key::{Key, Protocol, Scheme};
pub use lease::{Lease, Retire};
pub use limits::Limits;
pub use origin::{Checkout, Origin};
pub use permit::{ConnectFailure, Permit};
pub use pool::Pool;
pub use poolable::{CloseReason, Poolable};
pub use stats::{Counts, OriginStats, PoolStats};
pub use wait::{Granted, PoolClosed, Wait, WaitFor};
