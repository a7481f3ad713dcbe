//! How the places that requests go to have done: the breaker and the retry budget of each, shared by all
//! clients of the process that are set up alike.

mod trial;
mod watch;

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, RwLock, Weak};
use std::time::Duration;

use rustc_hash::FxHashMap;
use warmline_pool::Clock;

pub(crate) use self::trial::Trial;
pub use self::watch::{BreakerChange, BreakerWatch, watch_breakers};

use crate::clock::CoarseClock;
use crate::locked::locked;
use crate::paces::Paces;
use crate::policy::breaker::{Breaker, BreakerOptions, BreakerState, BreakerStatus};
use crate::policy::budget::{Budget, BudgetOptions};

/// The most places that are remembered. Clients send to a handful; a program that makes hosts up must not fill
/// the memory with them.
const MAX_PLACES: usize = 1024;

/// What is kept for each place.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Kept {
    pub(crate) breaker: Option<BreakerOptions>,
    /// Of retries.
    pub(crate) budget: Option<BudgetOptions>,
    /// Of requests that are sent a second time beside the first.
    pub(crate) hedges: Option<BudgetOptions>,
    /// Of the answers, for when these requests are sent.
    pub(crate) quantile: Option<f64>,
}

/// The places of clients that are set up alike.
pub(crate) struct Standings {
    kept: Kept,
    clock: CoarseClock,
    places: RwLock<FxHashMap<Arc<str>, Arc<Standing>>>,
    /// For requests that are sent a second time beside the first, wherever that is.
    hedges: Option<Mutex<Budget>>,
    paces: Option<Paces>,
}

/// One place.
pub(crate) struct Standing {
    place: Arc<str>,
    state: Mutex<State>,
}

struct State {
    breaker: Option<Breaker>,
    budget: Option<Budget>,
}

/// The place is not asked: its breaker is open, for so long.
pub(crate) struct Refused(pub(crate) Duration);

impl Standings {
    fn new(kept: Kept) -> Self {
        let clock = CoarseClock::default();
        let hedges = kept.hedges.map(|options| Budget::new(options, clock.now()));
        Self {
            kept,
            clock,
            places: RwLock::default(),
            hedges: hedges.map(Mutex::new),
            paces: kept.quantile.map(Paces::new),
        }
    }

    /// Those of all clients with the same word for how they are set up; without one, a client's own.
    pub(crate) fn of(alike: Option<&str>, kept: Kept) -> Arc<Self> {
        static ALL: LazyLock<Mutex<HashMap<Box<str>, Weak<Standings>>>> =
            LazyLock::new(Mutex::default);
        let Some(alike) = alike else {
            return Arc::new(Self::new(kept));
        };
        let mut all = locked(&ALL);
        if let Some(standings) = all.get(alike).and_then(Weak::upgrade)
            && standings.kept == kept
        {
            return standings;
        }
        all.retain(|_, standings| standings.strong_count() > 0);
        let standings = Arc::new(Self::new(kept));
        all.insert(alike.into(), Arc::downgrade(&standings));
        standings
    }

    /// Begins a request to a place; a fresh one, which was not sent before, pays into the budget.
    pub(crate) fn admit(self: &Arc<Self>, place: &Arc<str>, fresh: bool) -> Result<Trial, Refused> {
        let standing = self.standing(place);
        let mut change = None;
        let admission = {
            let mut state = standing.lock();
            let now = self.clock.now();
            if let Some(budget) = &mut state.budget
                && fresh
            {
                budget.deposit(now);
            }
            let admitted = state.breaker.as_mut().map(|breaker| {
                let before = breaker.state();
                let admitted = breaker.admit(now);
                let after = breaker.state();
                change = (before != after).then_some((before, after));
                admitted
            });
            admitted.transpose().map_err(Refused)?
        };
        if let Some((from, to)) = change {
            self.tell(&standing, from, to, Duration::ZERO);
        }
        Ok(Trial {
            standings: Arc::clone(self),
            standing,
            admission,
        })
    }

    /// How long a place's breaker lets nobody through; `None` if it does.
    pub(crate) fn wait(&self, place: &str) -> Option<Duration> {
        let standing = self.known(place)?;
        let state = standing.lock();
        state.breaker.as_ref()?.wait(self.clock.now())
    }

    /// Whether a request may be sent to a place once more; if so, that is paid for.
    pub(crate) fn afford(&self, place: &Arc<str>) -> bool {
        let standing = self.standing(place);
        let mut state = standing.lock();
        let now = self.clock.now();
        state.budget.as_mut().is_none_or(|budget| budget.take(now))
    }

    /// A request begins that may be sent a second time beside the first.
    pub(crate) fn deposit_for_hedge(&self) {
        if let Some(hedges) = &self.hedges {
            locked(hedges).deposit(self.clock.now());
        }
    }

    /// Whether it may be now; if so, that is paid for.
    pub(crate) fn afford_hedge(&self) -> bool {
        let now = self.clock.now();
        self.hedges
            .as_ref()
            .is_none_or(|hedges| locked(hedges).take(now))
    }

    /// How long answers usually take; `None` if nobody wants to know.
    pub(crate) fn paces(&self) -> Option<&Paces> {
        self.paces.as_ref()
    }

    /// The breakers of all places that requests went to.
    pub(crate) fn breakers(&self) -> Vec<(Arc<str>, BreakerStatus)> {
        let now = self.clock.now();
        let places = self.places.read().unwrap_or_else(PoisonError::into_inner);
        let mut breakers: Vec<_> = places
            .values()
            .filter_map(|standing| {
                let status = standing.lock().breaker.as_ref()?.status(now);
                Some((Arc::clone(&standing.place), status))
            })
            .collect();
        breakers.sort_by(|(left, _), (right, _)| left.cmp(right));
        breakers
    }

    /// Closes the breaker of a place, or all of them.
    pub(crate) fn reset(&self, place: Option<&str>) {
        let chosen: Vec<Arc<Standing>> = {
            let places = self.places.read().unwrap_or_else(PoisonError::into_inner);
            let is_chosen =
                |standing: &&Arc<Standing>| place.is_none_or(|place| place == &*standing.place);
            places.values().filter(is_chosen).cloned().collect()
        };
        for standing in chosen {
            let from = standing.lock().breaker.as_mut().and_then(|breaker| {
                let from = breaker.state();
                breaker.reset().then_some(from)
            });
            if let Some(from) = from {
                self.tell(&standing, from, BreakerState::Closed, Duration::ZERO);
            }
        }
    }

    fn tell(
        &self,
        standing: &Standing,
        from: BreakerState,
        to: BreakerState,
        retry_after: Duration,
    ) {
        if !self.kept.breaker.is_some_and(|breaker| breaker.monitored) {
            return;
        }
        let change = BreakerChange {
            place: Arc::clone(&standing.place),
            from,
            to,
            retry_after,
        };
        watch::tell(&change);
    }

    fn known(&self, place: &str) -> Option<Arc<Standing>> {
        let places = self.places.read().unwrap_or_else(PoisonError::into_inner);
        places.get(place).cloned()
    }

    fn standing(&self, place: &Arc<str>) -> Arc<Standing> {
        if let Some(standing) = self.known(place) {
            return standing;
        }
        let now = self.clock.now();
        let mut places = self.places.write().unwrap_or_else(PoisonError::into_inner);
        if places.len() >= MAX_PLACES {
            places.retain(|_, standing| !standing.is_at_rest(now));
        }
        if places.len() >= MAX_PLACES {
            places.clear();
        }
        let standing = places.entry(Arc::clone(place)).or_insert_with(|| {
            Arc::new(Standing {
                place: Arc::clone(place),
                state: Mutex::new(State {
                    breaker: self.kept.breaker.map(Breaker::new),
                    budget: self.kept.budget.map(|options| Budget::new(options, now)),
                }),
            })
        });
        Arc::clone(standing)
    }
}

impl Standing {
    fn is_at_rest(&self, now: Duration) -> bool {
        let state = self.lock();
        state
            .breaker
            .as_ref()
            .is_none_or(|breaker| breaker.is_at_rest(now))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        locked(&self.state)
    }
}
