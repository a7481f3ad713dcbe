//! A request as the caller states it, before the pool or the wire has seen it.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, Method};

use crate::leases::LeasedConnection;
use crate::policy::rate_limit::Priority;
use crate::referrer::Referrer;
use crate::routes::Route;
use crate::target::Target;
use crate::transport::RequestBody;

/// One request. Everything in it has been checked: a request that exists can be sent.
pub struct Request {
    /// The method; extension methods are allowed.
    pub method: Method,
    /// Where it goes.
    pub target: Arc<Target>,
    /// The caller's headers; `host` and the body's length are added on the way out.
    pub headers: HeaderMap,
    /// What is sent after the head.
    pub body: RequestBody,
    /// What to do with a redirect.
    pub redirect: RedirectMode,
    /// Where it says that it comes from. Boxed: few requests do.
    pub referrer: Option<Box<Referrer>>,
    /// This request's own deadlines; what it leaves open is the client's.
    pub timeouts: Timeouts,
    /// Leave the response's bytes encoded, and ask for no coding, whatever the client does.
    pub encoded: bool,
    /// Send on this leased connection and no other.
    pub connection: Option<LeasedConnection>,
    /// Send to one of the client's endpoints, whatever the target says.
    pub route: Option<Route>,
    /// Send it again where the client's policy says so. Whoever retries by themselves leaves it out: two who
    /// do multiply.
    pub retry: bool,
    /// Who goes first where a rate limit makes requests wait.
    pub priority: Priority,
    /// Whether it may be sent a second time beside the first, where its client does that.
    pub hedging: Hedging,
}

/// Which requests do no harm when they are sent twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hedging {
    /// None.
    #[default]
    Never,
    /// Those whose method is idempotent (RFC 9110 section 9.2.2).
    Idempotent,
    /// All.
    Always,
}

/// What a 3xx answer with a `location` does (Fetch standard, request redirect mode).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RedirectMode {
    /// Go there, up to the limit.
    #[default]
    Follow,
    /// Fail.
    Error,
    /// Hand the redirect to the caller.
    Manual,
}

/// The deadlines of a request; `None` waits as long as it takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timeouts {
    /// Waiting for a free place in the pool.
    pub pool: Option<Duration>,
    /// Name look-up, TCP and TLS together.
    pub connect: Option<Duration>,
    /// From the request on the wire to the response's head; the time to send a streamed body does not
    /// count.
    pub first_byte: Option<Duration>,
    /// How long the other side may take nothing of the request, until its response begins.
    pub write: Option<Duration>,
    /// Between two pieces of the response's body.
    pub idle: Option<Duration>,
    /// From the call to the last byte of the body.
    pub total: Option<Duration>,
}

impl Timeouts {
    /// These deadlines, with those of `fallback` where none is set here.
    #[must_use]
    pub fn or(self, fallback: Self) -> Self {
        Self {
            pool: self.pool.or(fallback.pool),
            connect: self.connect.or(fallback.connect),
            first_byte: self.first_byte.or(fallback.first_byte),
            write: self.write.or(fallback.write),
            idle: self.idle.or(fallback.idle),
            total: self.total.or(fallback.total),
        }
    }
}
