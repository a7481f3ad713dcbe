//! From an origin to an open connection that carries requests: names, sockets, proxies, TLS, HTTP/1.1
//! and HTTP/2.
//! Nothing here knows the pool's limits, a retry or a deadline other than connecting's.

mod body;
mod connect;
mod connection;
mod deadline;
mod dial;
mod dns;
mod eyeballs;
mod fault;
mod h1;
mod h2;
mod incoming;
mod io;
mod line;
mod proxy;
pub(crate) mod scratch;
mod stall;
mod stopwatch;
mod tcp;
mod tls;
mod tls_fault;
mod tls_options;
mod trust;
mod verifier;

pub use body::{Abort, BodyFault, BodyStream, Pieces, RequestBody, Rewind};
pub use connect::{Connector, ConnectorOptions};
pub use connection::{ConnectTimings, Connection, ConnectionInfo};
pub use dns::{DnsOptions, Found, LookedUp, Lookup, LookupFailure};
#[cfg(fuzzing)]
pub(crate) use h1::fuzzing as h1_fuzzing;
pub use h1::{RequestHead, ResponseHead, SendError};
pub use h2::PingOptions;
pub use incoming::Incoming;
pub use io::Traffic;
#[cfg(fuzzing)]
pub(crate) use proxy::fuzzing as proxy_fuzzing;
pub use proxy::{Proxy, ProxyOptions};
pub use tcp::{AttemptError, AttemptErrors, TcpOptions};
pub use tls::TlsInfo;
pub use tls_options::{TlsIdentity, TlsOptions, TlsVersion};
pub use trust::{lacks_trust_store, offer_roots};
pub use verifier::Pin;
