//! What a client counts, from the beginning of each request to the head of its response.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use super::{Analytics, AnalyticsOptions, Outcome};
use crate::error::Error;
use crate::locked::locked;
use crate::response::{Facts, Response};

pub(crate) struct Records {
    analytics: Mutex<Analytics>,
    under_way: AtomicU64,
}

/// A request under way, until this is dropped.
pub(crate) struct Begun<'a> {
    records: &'a Records,
    origin: Arc<str>,
    at_once: u64,
}

impl Records {
    pub(crate) fn new(options: AnalyticsOptions) -> Self {
        Self {
            analytics: Mutex::new(Analytics::new(options)),
            under_way: AtomicU64::new(0),
        }
    }

    /// Exports this from now on; all is counted in any case.
    pub(crate) fn collect(&self, options: AnalyticsOptions) {
        self.lock().set_options(options);
    }

    pub(crate) fn begin(&self, origin: &Arc<str>) -> Begun<'_> {
        Begun {
            records: self,
            origin: Arc::clone(origin),
            // A gauge: no order with anything else is promised.
            at_once: self.under_way.fetch_add(1, Ordering::Relaxed) + 1,
        }
    }

    pub(crate) fn export(&self) -> String {
        self.lock().export()
    }

    fn lock(&self) -> MutexGuard<'_, Analytics> {
        locked(&self.analytics)
    }
}

impl Begun<'_> {
    /// The head of its response has come, or it has failed.
    pub(crate) fn end(self, took: Duration, result: &Result<Response, Error>) {
        let (origin, facts, error) = match result {
            Ok(response) => {
                let status = &response.status;
                let error =
                    (status.is_client_error() || status.is_server_error()).then(|| status.as_str());
                (Some(&response.target.origin), Some(&response.facts), error)
            }
            Err(error) => (
                error.origin.as_ref(),
                error.facts.as_deref(),
                Some(error.code.as_ref()),
            ),
        };
        let facts = facts.filter(|facts| facts.attempt > 0);
        let outcome = Outcome {
            reused: facts.map(|facts| facts.reused),
            connected: facts.and_then(connected),
            answered: result.is_ok().then_some(took),
            error,
            at_once: self.at_once,
        };
        let origin = origin.unwrap_or(&self.origin);
        let mut analytics = self.records.lock();
        analytics.count(SystemTime::now(), origin, outcome);
    }
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        self.records.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What opening the connection took, if that was for this request.
fn connected(facts: &Facts) -> Option<Duration> {
    let took = facts.dns + facts.tcp + facts.tls;
    Some(took).filter(|took| !took.is_zero())
}
