//! The rate limits of a client: which rule holds for an origin, and the gate before each origin and credential.

mod limiter;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, Weak};
use std::time::Duration;

use rustc_hash::FxHashMap;

use crate::credential::{self, Credential};
use crate::locked::locked;
use crate::policy::rate_limit::{GateState, RateLimit};
use crate::redirect::Hop;
pub(crate) use limiter::{Limiter, Permit, Refused};

/// With more gates than this, those that remember nothing are forgotten. A gateway sees a credential for each
/// of its tenants, and they come and go.
const MANY: usize = 1024;

/// The rules of a client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RateLimitOptions {
    /// For origins that have none of their own.
    pub every: Option<RateLimit>,
    /// By origin, as the URL standard writes it.
    pub origins: BTreeMap<String, RateLimit>,
}

/// What holds for a client now. Its requests go by that, those in line included, whatever its other options change to.
pub(crate) struct Rates(RwLock<Option<Arc<RateLimits>>>);

/// The gates of all clients in this process that have the same rules: what is limited is the provider's view of
/// this process, whichever thread asks.
struct RateLimits {
    rules: RateLimitOptions,
    gates: Mutex<Gates>,
}

type Gates = FxHashMap<(Arc<str>, Credential), Arc<Limiter>>;

static ALL: Mutex<Vec<Weak<RateLimits>>> = Mutex::new(Vec::new());

impl Rates {
    /// `None` for no limits.
    pub(crate) fn new(rules: Option<RateLimitOptions>) -> Self {
        Self(RwLock::new(rules.map(RateLimits::of)))
    }

    /// Others from now on.
    pub(crate) fn set(&self, rules: Option<RateLimitOptions>) {
        let mut limits = self.0.write().unwrap_or_else(PoisonError::into_inner);
        *limits = match (limits.take(), rules) {
            (Some(before), Some(rules)) => Some(RateLimits::changed(before, rules)),
            (None, Some(rules)) => Some(RateLimits::of(rules)),
            (_, None) => None,
        };
    }

    pub(crate) fn are_none(&self) -> bool {
        self.read().is_none()
    }

    /// The gate of a request; `None` where no rule holds.
    pub(crate) fn gate(&self, hop: &Hop) -> Option<Arc<Limiter>> {
        self.read().as_ref()?.gate(hop)
    }

    /// How long a request would wait, as far as that is known; `None` if it can go now.
    pub(crate) fn wait(&self, hop: &Hop) -> Option<Duration> {
        self.read().as_ref()?.wait(hop)
    }

    /// What each gate has seen, by its origin.
    pub(crate) fn states(&self) -> Vec<(Arc<str>, GateState)> {
        let limits = self.read();
        limits
            .as_ref()
            .map_or_else(Vec::new, |limits| limits.states())
    }

    // Nobody takes a copy of the limits away: whoever changes them has them alone.
    fn read(&self) -> RwLockReadGuard<'_, Option<Arc<RateLimits>>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RateLimits {
    /// Those with these rules.
    fn of(rules: RateLimitOptions) -> Arc<Self> {
        let mut all = locked(&ALL);
        all.retain(|limits| limits.strong_count() > 0);
        let there = all.iter().filter_map(Weak::upgrade);
        if let Some(there) = there.into_iter().find(|limits| limits.rules == rules) {
            return there;
        }
        let limits = Arc::new(Self {
            rules,
            gates: Mutex::default(),
        });
        all.push(Arc::downgrade(&limits));
        limits
    }

    /// Those with these rules, which go on from what was used under the ones before where nobody else has those.
    fn changed(before: Arc<Self>, rules: RateLimitOptions) -> Arc<Self> {
        if before.rules == rules {
            return before;
        }
        let limits = Self::of(rules);
        if let Some(before) = Arc::into_inner(before) {
            let gates = before.gates.into_inner();
            let mut there = locked(&limits.gates);
            for (key, gate) in gates.unwrap_or_else(PoisonError::into_inner) {
                if let Some(rule) = limits.rules.of(&key.0)
                    && !there.contains_key(&key)
                {
                    gate.change(rule.clone());
                    there.insert(key, gate);
                }
            }
        }
        limits
    }

    fn gate(&self, hop: &Hop) -> Option<Arc<Limiter>> {
        let origin = &hop.target.origin;
        let rule = self.rules.of(origin)?;
        let mut gates = locked(&self.gates);
        if gates.len() >= MANY {
            gates.retain(|_, gate| Arc::strong_count(gate) > 1 || !gate.is_idle());
        }
        let gate = gates
            .entry((Arc::clone(origin), credential::of(hop)))
            .or_insert_with(|| Arc::new(Limiter::new(rule.clone())));
        Some(Arc::clone(gate))
    }

    fn wait(&self, hop: &Hop) -> Option<Duration> {
        let key = (Arc::clone(&hop.target.origin), credential::of(hop));
        let gate = locked(&self.gates).get(&key).cloned()?;
        gate.wait()
    }

    fn states(&self) -> Vec<(Arc<str>, GateState)> {
        let gates = locked(&self.gates);
        let states = gates
            .iter()
            .map(|((origin, _), gate)| (Arc::clone(origin), gate.state()));
        states.collect()
    }
}

impl RateLimitOptions {
    fn of(&self, origin: &str) -> Option<&RateLimit> {
        self.origins.get(origin).or(self.every.as_ref())
    }
}
