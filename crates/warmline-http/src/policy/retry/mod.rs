//! Whether a request is sent again after what became of it, and when.

mod exceptions;

use std::time::{Duration, SystemTime};

use http::{HeaderMap, StatusCode};

use super::advice;
use super::budget::BudgetOptions;
use crate::error::{Error, Phase};

pub use exceptions::Exception;

/// When requests are sent again.
#[derive(Clone, Debug, PartialEq)]
pub struct RetryOptions {
    /// How often at the most, after the first time.
    pub attempts: u32,
    /// The back-off before the n-th retry is a random part of this times two to the power of n - 1.
    pub backoff_factor: Duration,
    /// The longest wait, also where a server asks for a longer one.
    pub backoff_max_delay: Duration,
    /// Statuses that are worth another try.
    pub statuses: Vec<u16>,
    /// Failures that are.
    pub exceptions: Vec<Exception>,
    /// How much load retries may add to an origin; `None` is as much as they come to.
    pub budget: Option<BudgetOptions>,
    /// Give requests whose method is not idempotent an `idempotency-key`, for servers that know it.
    pub idempotency_key: bool,
}

impl Default for RetryOptions {
    /// The reference's: three times, 0.5 s doubled each time up to 60 s.
    fn default() -> Self {
        Self {
            attempts: 3,
            backoff_factor: Duration::from_millis(500),
            backoff_max_delay: Duration::from_secs(60),
            statuses: vec![408, 429, 500, 502, 503, 504],
            exceptions: vec![Exception::Connect, Exception::Timeout, Exception::Network],
            budget: Some(BudgetOptions::default()),
            idempotency_key: false,
        }
    }
}

impl RetryOptions {
    /// How long to wait before the request is sent again, after a response and `made` retries; `None` if it is
    /// not. What the server says goes before the list of statuses. `random` is from 0 to 1.
    pub(crate) fn after_response(
        &self,
        made: u32,
        status: StatusCode,
        headers: &HeaderMap,
        now: SystemTime,
        random: f64,
    ) -> Option<Duration> {
        let may_follow = self.may_follow(status);
        let listed = self.lists(status);
        let wanted = may_follow && advice::should_retry(headers).unwrap_or(listed);
        if !wanted || made >= self.attempts {
            return None;
        }
        let asked = advice::wait(headers, now);
        let wait = asked.unwrap_or_else(|| self.backoff(made, random));
        Some(wait.min(self.backoff_max_delay))
    }

    /// Whether there are headers with which a response of this status would be asked for again.
    pub(crate) fn may_follow(&self, status: StatusCode) -> bool {
        // A server may call for a retry of what it refused, and not of what it did.
        status.is_client_error() || status.is_server_error() || self.lists(status)
    }

    fn lists(&self, status: StatusCode) -> bool {
        self.statuses.contains(&status.as_u16())
    }

    /// The same after a failure. `repeatable` says that the server knows a repetition for one, or does not mind
    /// it; what never reached the server can be sent again in any case.
    pub(crate) fn after_failure(
        &self,
        made: u32,
        error: &Error,
        repeatable: bool,
        random: f64,
    ) -> Option<Duration> {
        if error.is_a_defect() {
            return None;
        }
        let unsent = error.retryable || error.phase == Phase::Pool;
        let listed = self.exceptions.iter().any(|listed| listed.is(error));
        if !listed || !(unsent || repeatable) || made >= self.attempts {
            return None;
        }
        Some(self.backoff(made, random))
    }

    /// Exponential, with full jitter: a herd that failed together does not come back together.
    fn backoff(&self, made: u32, random: f64) -> Duration {
        // Doubled more often, any factor is beyond any limit.
        let longest = self.backoff_factor.saturating_mul(1 << made.min(31));
        longest
            .min(self.backoff_max_delay)
            .mul_f64(random.clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests;
