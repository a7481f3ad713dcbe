//! The HTTP engine: requests go in, responses come out, connections stay warm in between.
//!
//! [`transport`] opens and speaks on connections and knows no policy; `execute` is the one file that
//! joins it with the pool and the rules.

mod accounting;
mod analytics;
mod attempts;
mod busy;
mod checkout;
mod checks;
mod client;
mod clock;
mod coding;
mod cooldowns;
mod credential;
mod engine;
mod error;
mod execute;
mod failover;
mod floors;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod gates;
mod head;
mod healths;
mod hedging;
mod keep_alive;
mod latency;
mod leases;
mod locked;
pub mod metrics;
mod paces;
mod policy;
mod probe;
mod rate_limits;
mod redirect;
mod referrer;
pub mod relay;
mod remembered;
mod request;
mod response;
mod routes;
mod scaling;
mod shared;
pub mod sse;
mod standing;
mod target;
pub mod transport;
mod upkeep;

pub use analytics::AnalyticsOptions;
pub use checks::CheckOptions;
pub use client::{Client, ClientOptions, Totals};
pub use coding::{Compression, DecodingLimits, compress, gzip_quickly};
pub use cooldowns::{CooldownStatus, cooldowns};
pub use engine::engine;
pub use error::{Error, Phase};
pub use hedging::{HedgeDelay, HedgeOptions};
pub use latency::Latency;
pub use leases::{
    ConnectionGuard, EndpointId, EndpointLeaseStats, Holder, LeaseId, LeaseStats, LeasedConnection,
    NamedPool, Return, spots,
};
pub use policy::breaker::{BreakerOptions, BreakerState, BreakerStatus};
pub use policy::budget::BudgetOptions;
pub use policy::endpoints::{Balance, Ejection, EndpointState, Thresholds};
pub use policy::health::{HealthOptions, HealthState, HealthStatus};
pub use policy::rate_limit::{GateState, Mode, Priority, RateLimit};
pub use policy::retry::{Exception, RetryOptions};
pub use policy::scaling::{Demand, Forecast, Step, Steps};
pub use rate_limits::RateLimitOptions;
pub use referrer::{Referrer, ReferrerPolicy};
pub use request::{Hedging, RedirectMode, Request, Timeouts};
pub use response::{Body, Facts, Response};
pub use routes::{EndpointOptions, EndpointsOptions, Route};
pub use scaling::ScalingOptions;
pub use shared::{ProviderOptions, SharedOptions, configure};
pub use standing::{BreakerChange, BreakerWatch, watch_breakers};
pub use target::{Target, key_of};
pub use transport::{Abort, ConnectionInfo, Pieces, RequestBody, Rewind};
pub use upkeep::{HealthCheck, UpkeepOptions};
pub use warmline_pool::{Key, Limits, PoolStats, Protocol, Spot};
