//! A pool of connections: who may use which, how many there may be, and who is next.
//!
//! A pure data structure. It opens no socket, starts no thread, sets no timer and has its time from
//! its [`Clock`] alone; what a connection is, [`Poolable`] says. One contract serves HTTP/1.1
//! connections, which carry one lease at a time, and HTTP/2 ones, which carry many.
//!
//! - [`Pool::origin`] gives a handle on all that the pool has for one [`Key`].
//! - [`Origin::checkout`] answers at once: a [`Lease`], a [`Permit`] to connect, or that it is full.
//! - [`Origin::wait`] queues up, first come, first served.
//! - A [`Lease`] goes back when it is dropped; a [`Permit`] too, so that a caller may be cancelled
//!   anywhere.
//! - [`Lease::park`] gives it back and leaves the connection in a [`Spot`], where the caller can take
//!   it again by one compare-and-swap, unless the pool was quicker.
//! - [`Pool::sweep`], called now and then, closes what nobody asked for in time.
//! - The age at which an origin's peer closes idle connections is learnt, and they are given up before it.
//!
//! # What is lock-free, and what is not
//! Lock-free: the checkout of a connection that is there and its return, if nobody waits at its
//! origin and the pool does not have to close it. That is the hot list (a Treiber stack of what can
//! be leased, used last on top), one word of state per connection, and the counts under the limits.
//! So are the roll-back of a place, [`Pool::is_closed`], and what the holder of a parked connection
//! does, which touches nothing but its spot. A checkout of a connection that was idle for half a second or
//! more tells so, under its origin's lock for that. Reading the time costs what the [`Clock`] costs.
//!
//! Finely locked: finding an origin by its key (a shard of the map; keep the [`Origin`] to spare
//! it), and establishing and closing a connection (its origin's roster). The roster is locked too
//! by statistics, by a sweep and by an eviction, for as long as it takes to walk one origin's
//! connections, and by a checkout that finds the hot list empty at an origin with shared or parked
//! connections. Each entry has a lock of its own, taken to park it and to take it from its spot.
//!
//! Behind one lock for the whole pool: the wait line. It is taken by those who wait, by whoever
//! frees something while somebody waits for it, and by a checkout that wants a place while others
//! do. One lock, because the order over origins is one order; a pool in which nobody waits never
//! takes it.
//!
//! No foreign code (closing a connection, waking a task, dropping a connection) runs under any of
//! these, except [`Poolable::is_open`] and [`Poolable::capacity`], which are looks.
//!
//! # Races
//! Each place where two threads may meet in an order that matters has a `Race window` section in
//! its documentation. The hot list, and checkout, return, parking, eviction, cancellation, wake-up,
//! closing and resizing around it, are explored by loom.
#![deny(unsafe_code)]
#![warn(missing_docs)]

mod aftermath;
mod clock;
mod entry;
mod give_back;
mod hot_list;
mod idle_limit;
mod idle_lore;
mod key;
mod lease;
mod limits;
mod line;
mod origin;
mod origin_state;
mod parking;
mod permit;
mod pool;
mod pool_state;
mod poolable;
mod quota;
mod spot;
mod state;
mod stats;
mod sync;
mod tally;
mod upkeep;
mod uses;
mod wait;
mod wakefulness;
mod warmth;

pub use clock::{Clock, ManualClock, MonotonicClock};
pub use key::{Key, Protocol, Scheme};
pub use lease::{Lease, Retire};
pub use limits::Limits;
pub use origin::{Checkout, Origin};
pub use parking::{Parked, Unparked};
pub use permit::{ConnectFailure, Permit};
pub use pool::Pool;
pub use poolable::{CloseReason, Poolable};
pub use spot::{Look, Spot};
pub use stats::{Counts, OriginStats, PoolStats};
pub use wait::{Granted, PoolClosed, Wait, WaitFor};
pub use warmth::Warmth;
