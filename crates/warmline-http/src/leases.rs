//! Named pools and leases: a caller takes a connection, holds it by an id for as long as it likes,
//! sends on it, and gives it back.
//!
//! An id names one lease of one real connection and is never used again. Taking an idle connection
//! and giving it back never blocks and never enters the operating system: a checkout and a return of
//! `warmline-pool`, four atomic counters, and one short lock of a [table](table) that each thread has
//! its own part of. A caller that parks what it returns need not even call for the next lease: see
//! [`NamedPool::park`].

mod endpoint;
mod held;
mod holder;
mod line;
mod named_pool;
mod opening;
mod parking;
mod request;
mod stats;
mod table;

pub use endpoint::EndpointId;
pub use holder::Holder;
pub use named_pool::NamedPool;
pub use parking::Return;
pub use request::{ConnectionGuard, LeasedConnection};
pub use stats::{EndpointLeaseStats, LeaseStats};
pub use table::{LeaseId, spots};
