//! What a user allows.

use std::num::{NonZeroU64, NonZeroUsize};
use std::time::Duration;

/// The limits of requests to one origin with one credential.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RateLimit {
    /// Default: none.
    pub requests_per_minute: Option<NonZeroU64>,
    /// Of the prompt and of the answer together. Default: none.
    pub tokens_per_minute: Option<NonZeroU64>,
    /// Requests under way, responses that are still read included. Default: none.
    pub concurrent_requests: Option<NonZeroUsize>,
    /// What the limits per minute are counted over: of each span of this length, they allow their part.
    /// Default 60 s.
    pub window: Duration,
    /// Whether requests also wait for what the provider's own headers say. Default true.
    pub follow_headers: bool,
    /// Default: requests wait.
    pub mode: Mode,
}

/// What becomes of a request that does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// It waits its turn, at most for so long; `None` leaves that to the request's own deadline.
    Wait {
        /// The most.
        most: Option<Duration>,
    },
    /// It fails at once.
    Refuse,
}

impl Default for RateLimit {
    fn default() -> Self {
        Self {
            requests_per_minute: None,
            tokens_per_minute: None,
            concurrent_requests: None,
            window: Duration::from_secs(60),
            follow_headers: true,
            mode: Mode::Wait { most: None },
        }
    }
}
