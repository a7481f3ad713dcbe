//! What is known of names, and for how long: a state machine that looks nothing up and reads no clock.
//!
//! ```text
//!             ask: look it up                 answer               ttl             stale_ttl
//!   unknown ------------------> looking up ------------> fresh ---------> stale ------------> unknown
//!      ^                            |                      ^                | ask: use it, and
//!      |   negative_ttl             v                      |     answer     v look it up beside
//!      +------------------------ missing                   +---------- looking up
//! ```
//! As RFC 8767 has it, what is stale bridges a resolver that fails, and not a name that is gone.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::SetOnce;

use super::lookup::{LookedUp, LookupFailure};
use super::order::Addresses;

/// The most names that are remembered. Clients connect to a handful; a program that makes names up must
/// not fill the memory with them.
const MAX_NAMES: usize = 1024;

/// The answer to a look-up that is running; shared by everyone who asked meanwhile.
pub(super) type Promise = Arc<SetOnce<Answer>>;

/// What a look-up came to.
pub(super) type Answer = Result<Arc<Addresses>, LookupFailure>;

/// How long answers are good.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) ttl: Duration,
    pub(super) negative_ttl: Duration,
    pub(super) stale_ttl: Duration,
}

/// What to do about a name.
#[derive(Debug)]
pub(super) enum Step {
    /// Use these.
    Fresh(Arc<Addresses>),
    /// Use these, although they may be out of date; with a promise, look the name up and keep it.
    Stale(Arc<Addresses>, Option<Promise>),
    /// The name is known not to exist.
    Missing(LookupFailure),
    /// Somebody is looking it up.
    Wait(Promise),
    /// Look it up, and keep this promise.
    LookUp(Promise),
}

pub(super) struct Cache {
    bounds: Bounds,
    names: HashMap<Arc<str>, Entry>,
}

#[derive(Default)]
struct Entry {
    known: Option<Known>,
    failed: Option<Failed>,
    running: Option<Promise>,
}

struct Known {
    addresses: Arc<Addresses>,
    fresh_until: Instant,
    stale_until: Instant,
}

/// The last look-up failed; until then, no other one is begun for as long as there is something to say.
struct Failed {
    failure: LookupFailure,
    until: Instant,
}

impl Cache {
    pub(super) fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            names: HashMap::new(),
        }
    }

    /// Somebody wants the addresses of `name`.
    pub(super) fn ask(&mut self, name: &str, now: Instant) -> Step {
        let Some(entry) = self.names.get_mut(name) else {
            self.make_room(now);
            let mut entry = Entry::default();
            let promise = entry.begin();
            self.names.insert(name.into(), entry);
            return Step::LookUp(promise);
        };
        let resting = entry.failed.as_ref().filter(|failed| now < failed.until);
        if let Some(known) = entry.known.as_ref().filter(|known| known.is_usable(now)) {
            let addresses = Arc::clone(&known.addresses);
            if now < known.fresh_until {
                return Step::Fresh(addresses);
            }
            let looks = entry.running.is_none() && resting.is_none();
            return Step::Stale(addresses, looks.then(|| entry.begin()));
        }
        if let Some(Failed { failure, .. }) = resting.filter(|failed| failed.failure.is_final()) {
            return Step::Missing(failure.clone());
        }
        match &entry.running {
            Some(promise) => Step::Wait(Arc::clone(promise)),
            None => Step::LookUp(entry.begin()),
        }
    }

    /// Somebody found that none of the addresses that were [stale](Step::Stale) answers.
    pub(super) fn ask_again(&mut self, name: &str, now: Instant) -> Step {
        if let Some(entry) = self.names.get_mut(name) {
            entry.known.take_if(|known| known.fresh_until <= now);
        }
        self.ask(name, now)
    }

    /// A look-up of `name` has ended. The answer is what to keep its promise with.
    pub(super) fn settle(&mut self, name: &str, outcome: LookedUp, now: Instant) -> Answer {
        let Bounds {
            ttl,
            negative_ttl,
            stale_ttl,
        } = self.bounds;
        let outcome = outcome.and_then(|found| {
            let turn = self.names.get(name).and_then(|entry| entry.known.as_ref());
            let turn = turn.map_or(0, |known| known.addresses.turn());
            let own = found.ttl;
            Addresses::new(found.addresses, turn)
                .map(|addresses| (Arc::new(addresses), own.map_or(ttl, |own| own.min(ttl))))
                .ok_or_else(LookupFailure::not_found)
        });
        let entry = self.names.entry(name.into()).or_default();
        entry.running = None;
        match &outcome {
            Ok((addresses, ttl)) => {
                entry.failed = None;
                // A sum beyond what the clock can say is no answer that was asked for.
                let until = now.checked_add(*ttl).filter(|_| !ttl.is_zero());
                entry.known = until.map(|fresh_until| Known {
                    addresses: Arc::clone(addresses),
                    fresh_until,
                    stale_until: fresh_until.checked_add(stale_ttl).unwrap_or(fresh_until),
                });
            }
            Err(failure) => {
                if failure.is_final() {
                    entry.known = None;
                }
                entry.failed = now.checked_add(negative_ttl).map(|until| Failed {
                    failure: failure.clone(),
                    until,
                });
            }
        }
        if entry.is_worthless(now) {
            self.names.remove(name);
        }
        outcome.map(|(addresses, _)| addresses)
    }

    fn make_room(&mut self, now: Instant) {
        if self.names.len() < MAX_NAMES {
            return;
        }
        self.names.retain(|_, entry| !entry.is_worthless(now));
        if self.names.len() < MAX_NAMES {
            return;
        }
        // Look-ups that are running stay: there are never more of them than requests.
        let resting = self.names.iter().filter(|(_, e)| e.running.is_none());
        let oldest = resting.min_by_key(|(_, entry)| entry.known.as_ref().map(|k| k.stale_until));
        if let Some(name) = oldest.map(|(name, _)| Arc::clone(name)) {
            self.names.remove(&name);
        }
    }
}

impl Entry {
    fn begin(&mut self) -> Promise {
        let promise = Promise::default();
        self.running = Some(Arc::clone(&promise));
        promise
    }

    fn is_worthless(&self, now: Instant) -> bool {
        let is_usable = self
            .known
            .as_ref()
            .is_some_and(|known| known.is_usable(now));
        let is_resting = self
            .failed
            .as_ref()
            .is_some_and(|failed| now < failed.until);
        self.running.is_none() && !is_usable && !is_resting
    }
}

impl Known {
    fn is_usable(&self, now: Instant) -> bool {
        now < self.fresh_until.max(self.stale_until)
    }
}
