//! How the places that requests go to do, over all clients of the process that judge them alike.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use http::StatusCode;
use warmline_pool::Clock;

use crate::clock::CoarseClock;
use crate::locked::locked;
use crate::policy::health::{Health, HealthOptions, HealthState, HealthStatus};

/// The most places that are remembered. Clients send to a handful; a program that makes hosts up must not fill
/// the memory with them.
const MAX_PLACES: usize = 256;

/// The places of clients with the same options.
pub(crate) struct Healths {
    options: HealthOptions,
    clock: CoarseClock,
    places: Mutex<HashMap<Arc<str>, Health>>,
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
            clock: CoarseClock::default(),
            places: Mutex::default(),
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
        let mut places = locked(&self.places);
        let health = places.get_mut(place);
        health.map_or(HealthState::Healthy, |health| {
            health.state(self.clock.now())
        })
    }

    /// All places that requests went to, by their names.
    pub(crate) fn statuses(&self) -> Vec<(Arc<str>, HealthStatus)> {
        let now = self.clock.now();
        let mut places = locked(&self.places);
        let mut statuses: Vec<_> = places
            .iter_mut()
            .map(|(place, health)| (Arc::clone(place), health.status(now)))
            .collect();
        statuses.sort_by(|(left, _), (right, _)| left.cmp(right));
        statuses
    }

    fn told(&self, place: &Arc<str>, tell: impl FnOnce(&mut Health, Duration)) {
        let now = self.clock.now();
        let mut places = locked(&self.places);
        if places.len() >= MAX_PLACES && !places.contains_key(place) {
            places.retain(|_, health| !health.is_at_rest(now));
            if places.len() >= MAX_PLACES {
                return;
            }
        }
        let health = places
            .entry(Arc::clone(place))
            .or_insert_with(|| Health::new(self.options));
        tell(health, now);
    }
}
