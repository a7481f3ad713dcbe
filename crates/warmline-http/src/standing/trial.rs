//! A request's word on the place that it was sent to.

use std::sync::Arc;
use std::time::Duration;

use warmline_pool::Clock;

use super::{Standing, Standings};
use crate::policy::breaker::{Admission, Breaker};

/// A request on its way to a place. Dropped without a verdict, it says nothing of it.
pub(crate) struct Trial {
    pub(super) standings: Arc<Standings>,
    pub(super) standing: Arc<Standing>,
    pub(super) admission: Option<Admission>,
}

impl Trial {
    pub(crate) fn succeeded(self) {
        self.settle(Breaker::succeeded);
    }

    pub(crate) fn failed(self) {
        self.settle(Breaker::failed);
    }

    fn settle(mut self, verdict: impl FnOnce(&mut Breaker, Admission, Duration) -> bool) {
        let Some(admission) = self.admission.take() else {
            return;
        };
        let now = self.standings.clock.now();
        let change = {
            let mut state = self.standing.lock();
            state.breaker.as_mut().and_then(|breaker| {
                let from = breaker.state();
                let changed = verdict(breaker, admission, now);
                changed.then(|| (from, breaker.status(now)))
            })
        };
        if let Some((from, status)) = change {
            self.standings
                .tell(&self.standing, from, status.state, status.retry_after);
        }
    }
}

impl Drop for Trial {
    fn drop(&mut self) {
        if let Some(admission) = self.admission.take()
            && let Some(breaker) = &mut self.standing.lock().breaker
        {
            breaker.drop_out(admission);
        }
    }
}
