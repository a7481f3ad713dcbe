//! How the places that requests go to do, over all clients of the process that judge them alike.

use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use http::StatusCode;

use crate::locked::locked;
use crate::policy::health::{Health, HealthOptions, HealthState, HealthStatus};
use crate::remembered::Remembered;

/// The places of clients with the same options.
pub(crate) struct Healths {
    options: HealthOptions,
    places: Remembered<Health>,
}

static ALL: Mutex<Vec<Weak<Healths>>> = Mutex::new(Vec::new());

impl Healths {
    /// Those with these options.
    pub(crate) fn of(options: HealthOptions) -> Arc<Self> {
        let mut all = locked(&ALL);
        all.retain(|healths| healths.strong_count() > 0);
        let mut there = all.iter().filter_map(Weak::upgrade);
        if let Some(there) = there.find(|healths| healths.options == options) {
            return there;
        }
        let healths = Arc::new(Self {
            options,
            places: Remembered::new(Health::is_at_rest),
        });
        all.push(Arc::downgrade(&healths));
        healths
    }

    /// A place has answered, after so long: a status of its own trouble is a failure.
    pub(crate) fn answered(&self, place: &Arc<str>, status: StatusCode, took: Duration) {
        if status.is_server_error() {
            self.failed(place, status.as_str());
        } else {
            self.told(place, |health, now| health.answered(now, took));
        }
    }

    /// A place has failed, for this reason.
    pub(crate) fn failed(&self, place: &Arc<str>, reason: &str) {
        self.told(place, |health, now| health.failed(now, reason));
    }

    pub(crate) fn state(&self, place: &str) -> HealthState {
        self.places.ask(place, Health::state).unwrap_or_default()
    }

    /// All places that requests went to, by their names.
    pub(crate) fn statuses(&self) -> Vec<(Arc<str>, HealthStatus)> {
        self.places.all(Health::status)
    }

    fn told(&self, place: &Arc<str>, tell: impl FnOnce(&mut Health, Duration)) {
        self.places.tell(place, || Health::new(self.options), tell);
    }
}
