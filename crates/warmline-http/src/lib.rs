//! The HTTP engine: requests go in, responses come out, connections stay warm in between.
//!
//! [`transport`] opens and speaks on connections and knows no policy; `execute` is the one file that
//! joins it with the pool and the rules.

mod attempts;
mod busy;
mod client;
mod clock;
mod coding;
mod cooldowns;
mod credential;
mod engine;
mod error;
mod execute;
mod failover;
mod gates;
mod head;
mod hedging;
mod leases;
mod policy;
mod probe;
mod redirect;
pub mod relay;
mod request;
mod response;
mod routes;
mod shared;
pub mod sse;
mod standing;
mod target;
pub mod transport;

pub use client::{Client, ClientOptions, Totals};
pub use coding::{Compression, DecodingLimits, compress};
pub use cooldowns::{CooldownStatus, cooldowns};
pub use engine::engine;
pub use error::{Error, Phase};
pub use hedging::HedgeOptions;
pub use leases::{
    ConnectionGuard, EndpointId, EndpointLeaseStats, LeaseId, LeaseStats, LeasedConnection,
    NamedPool, Return, spots,
};
pub use policy::breaker::{BreakerOptions, BreakerState, BreakerStatus};
pub use policy::budget::BudgetOptions;
pub use policy::endpoints::{Balance, Ejection, EndpointState};
pub use policy::retry::{Exception, RetryOptions};
pub use request::{Hedging, RedirectMode, Request, Timeouts};
pub use response::{Body, Facts, Response};
pub use routes::{EndpointOptions, EndpointsOptions, Route};
pub use shared::{ProviderOptions, SharedOptions, configure};
pub use standing::{BreakerChange, BreakerWatch, watch_breakers};
pub use target::{Target, key_of};
pub use transport::{Abort, ConnectionInfo, RequestBody};
pub use warmline_pool::{Key, Limits, PoolStats, Protocol, Spot};
