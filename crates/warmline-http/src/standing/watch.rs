//! Who hears that a breaker has changed its state.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::locked::locked;
use crate::policy::breaker::BreakerState;

/// A breaker has changed its state.
#[derive(Clone, Debug, PartialEq)]
pub struct BreakerChange {
    /// The origin, or the endpoint.
    pub place: Arc<str>,
    /// What it did before.
    pub from: BreakerState,
    /// What it does from now on.
    pub to: BreakerState,
    /// For how long, where that is known.
    pub retry_after: Duration,
}

/// Hears of changes, on the engine's threads, until it says false: then nobody wants them any more.
pub type BreakerWatch = Box<dyn Fn(&BreakerChange) -> bool + Send + Sync>;

/// Who hears of the changes of all breakers of the process that are monitored.
static WATCHES: Mutex<Vec<BreakerWatch>> = Mutex::new(Vec::new());

/// Has changes told.
pub fn watch_breakers(watch: BreakerWatch) {
    locked(&WATCHES).push(watch);
}

pub(super) fn tell(change: &BreakerChange) {
    locked(&WATCHES).retain(|watch| watch(change));
}
