//! How long the origins that requests go to usually take to answer, over all clients of the process that are set up
//! alike.

use std::sync::Arc;
use std::time::Duration;

use crate::policy::pace::Pace;
use crate::remembered::Remembered;

pub(crate) struct Paces {
    quantile: f64,
    origins: Remembered<Pace>,
}

impl Paces {
    pub(crate) fn new(quantile: f64) -> Self {
        Self {
            quantile,
            origins: Remembered::new(Pace::is_at_rest),
        }
    }

    /// How long this part of an origin's answers takes at most; `None` until enough is known.
    pub(crate) fn usual(&self, origin: &str) -> Option<Duration> {
        self.origins.ask(origin, Pace::usual)?
    }

    /// An origin has answered, after so long.
    pub(crate) fn answered(&self, origin: &Arc<str>, took: Duration) {
        let unknown = || Pace::new(self.quantile);
        self.origins
            .tell(origin, unknown, |pace, now| pace.answered(now, took));
    }
}
