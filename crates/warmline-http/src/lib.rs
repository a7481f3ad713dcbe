//! The HTTP engine: requests go in, responses come out, connections stay warm in between.
//!
//! [`transport`] opens and speaks on connections and knows no policy; `execute` is the one file that
//! joins it with the pool and the rules.

mod busy;
mod client;
mod clock;
mod coding;
mod engine;
mod error;
mod execute;
mod failover;
mod head;
mod latency;
mod leases;
pub mod metrics;
mod policy;
mod probe;
mod redirect;
pub mod relay;
mod request;
mod response;
mod routes;
pub mod sse;
mod target;
pub mod transport;

pub use client::{Client, ClientOptions, Totals};
pub use coding::{Compression, DecodingLimits, compress};
pub use engine::engine;
pub use error::{Error, Phase};
pub use latency::Latency;
pub use leases::{
    ConnectionGuard, EndpointId, EndpointLeaseStats, LeaseId, LeaseStats, LeasedConnection,
    NamedPool, Return, spots,
};
pub use policy::endpoints::{Balance, Ejection, EndpointState};
pub use request::{RedirectMode, Request, Timeouts};
pub use response::{Body, Facts, Response};
pub use routes::{EndpointOptions, EndpointsOptions, Route};
pub use target::{Target, key_of};
pub use transport::{Abort, ConnectionInfo, RequestBody};
pub use warmline_pool::{Key, Limits, PoolStats, Protocol, Spot};
