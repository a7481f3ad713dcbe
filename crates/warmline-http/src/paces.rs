//! How long the origins that requests go to usually take to answer, over all clients of the process that are set up
//! alike.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use warmline_pool::Clock;

use crate::clock::CoarseClock;
use crate::locked::locked;
use crate::policy::pace::Pace;

/// The most origins that are remembered. Clients send to a handful; a program that makes hosts up must not fill
/// the memory with them.
const MAX_ORIGINS: usize = 256;

pub(crate) struct Paces {
    quantile: f64,
    clock: CoarseClock,
    origins: Mutex<HashMap<Arc<str>, Pace>>,
}

impl Paces {
    pub(crate) fn new(quantile: f64) -> Self {
        Self {
            quantile,
            clock: CoarseClock::default(),
            origins: Mutex::default(),
        }
    }

    /// How long this part of an origin's answers takes at most; `None` until enough is known.
    pub(crate) fn usual(&self, origin: &str) -> Option<Duration> {
        locked(&self.origins)
            .get_mut(origin)?
            .usual(self.clock.now())
    }

    /// An origin has answered, after so long.
    pub(crate) fn answered(&self, origin: &Arc<str>, took: Duration) {
        let now = self.clock.now();
        let mut origins = locked(&self.origins);
        if origins.len() >= MAX_ORIGINS && !origins.contains_key(origin) {
            origins.retain(|_, pace| !pace.is_at_rest(now));
            if origins.len() >= MAX_ORIGINS {
                return;
            }
        }
        let pace = origins
            .entry(Arc::clone(origin))
            .or_insert_with(|| Pace::new(self.quantile));
        pace.answered(now, took);
    }
}
