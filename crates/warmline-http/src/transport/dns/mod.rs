//! Names to addresses: looked up once however many ask, remembered for a while, in the order in which
//! to try them.

mod cache;
mod lookup;
mod options;
mod order;

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

pub use lookup::{Found, LookedUp, Lookup, LookupFailure};
pub use options::DnsOptions;

use cache::{Answer, Bounds, Cache, Promise, Step};
use lookup::System;
use order::{Addresses, Suspects};

use crate::error::{Error, Phase};

/// Looks names up and remembers them. Clones share what they know.
#[derive(Clone)]
pub(crate) struct Resolver(Arc<Shared>);

struct Shared {
    hosts: Arc<HashMap<Box<str>, Addresses>>,
    lookup: Arc<dyn Lookup>,
    /// Held for as long as a map is looked into.
    memory: Mutex<Memory>,
}

struct Memory {
    cache: Cache,
    suspects: Suspects,
}

/// Where a host is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Resolved {
    /// In the order to try them; never none.
    pub(crate) addresses: Vec<SocketAddr>,
    /// They were true some time ago; a look-up is on its way.
    pub(crate) stale: bool,
}

impl Resolver {
    pub(crate) fn new(options: DnsOptions) -> Self {
        let hosts = options.hosts.into_iter();
        let bounds = Bounds {
            ttl: options.ttl,
            negative_ttl: options.negative_ttl,
            stale_ttl: options.stale_ttl,
        };
        let hosts = hosts
            .filter_map(|(name, addresses)| Some((name, Addresses::new(addresses, 0)?)))
            .collect();
        Self::of(
            Arc::new(hosts),
            options.lookup.unwrap_or_else(|| Arc::new(System)),
            bounds,
        )
    }

    /// One that asks the same for the same, and remembers nothing yet.
    pub(crate) fn afresh(&self) -> Self {
        let Shared { hosts, lookup, .. } = &*self.0;
        let bounds = Bounds {
            ttl: Duration::ZERO,
            negative_ttl: Duration::ZERO,
            stale_ttl: Duration::ZERO,
        };
        Self::of(Arc::clone(hosts), Arc::clone(lookup), bounds)
    }

    fn of(
        hosts: Arc<HashMap<Box<str>, Addresses>>,
        lookup: Arc<dyn Lookup>,
        bounds: Bounds,
    ) -> Self {
        Self(Arc::new(Shared {
            hosts,
            lookup,
            memory: Mutex::new(Memory {
                cache: Cache::new(bounds),
                suspects: Suspects::default(),
            }),
        }))
    }

    /// The addresses of a host. A literal address needs no look-up, and neither does a static host.
    ///
    /// # Errors
    /// `ENOTFOUND` for a name without address, `EAI_AGAIN` where the resolver could not be
    /// reached, other `EAI_*` codes and those of a look-up of the caller's own, with phase
    /// [`Phase::Dns`].
    pub(crate) async fn resolve(&self, host: &str, port: u16) -> Result<Resolved, Error> {
        if let Ok(address) = host.parse::<IpAddr>() {
            return Ok(Resolved {
                addresses: vec![SocketAddr::new(address, port)],
                stale: false,
            });
        }
        if let Some(addresses) = self.0.hosts.get(host) {
            return Ok(self.in_order(addresses, port, false));
        }
        let step = self.memory().cache.ask(host, Instant::now());
        self.take(step, host, port).await
    }

    /// The addresses of a host none of whose [stale](Resolved::stale) ones answered.
    ///
    /// # Errors
    /// As [`Resolver::resolve`].
    pub(crate) async fn resolve_again(&self, host: &str, port: u16) -> Result<Resolved, Error> {
        let step = self.memory().cache.ask_again(host, Instant::now());
        self.take(step, host, port).await
    }

    /// An attempt at this address failed, or another one was begun since it kept silent: it is tried
    /// last for a while.
    pub(crate) fn accuse(&self, address: SocketAddr) {
        self.memory().suspects.accuse(address, Instant::now());
    }

    /// This address answered.
    pub(crate) fn clear(&self, address: SocketAddr) {
        self.memory().suspects.clear(address);
    }

    async fn take(&self, step: Step, host: &str, port: u16) -> Result<Resolved, Error> {
        let waiting = match step {
            Step::Fresh(addresses) => return Ok(self.in_order(&addresses, port, false)),
            Step::Stale(addresses, promise) => {
                if let Some(promise) = promise {
                    self.look_up(host, promise);
                }
                return Ok(self.in_order(&addresses, port, true));
            }
            Step::Missing(failure) => return Err(failed(host, &failure)),
            Step::Wait(promise) => promise,
            Step::LookUp(promise) => {
                self.look_up(host, Arc::clone(&promise));
                promise
            }
        };
        match waiting.wait().await {
            Ok(addresses) => Ok(self.in_order(addresses, port, false)),
            Err(failure) => Err(failed(host, failure)),
        }
    }

    /// Looks a name up in a task of its own. It runs to its end even if everyone who waits for it
    /// gives up, so that a slow resolver is not asked again and again.
    fn look_up(&self, host: &str, promise: Promise) {
        let question = Question {
            resolver: self.clone(),
            name: host.into(),
            promise,
            is_settled: false,
        };
        tokio::spawn(question.ask());
    }

    fn in_order(&self, addresses: &Addresses, port: u16, stale: bool) -> Resolved {
        let mut addresses = addresses.next(port);
        let memory = self.memory();
        memory.suspects.go_last(&mut addresses, Instant::now());
        Resolved { addresses, stale }
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A look-up that others wait for. It settles when it is dropped, so that not even a panic leaves them
/// waiting, and every later caller with them.
struct Question {
    resolver: Resolver,
    name: Arc<str>,
    promise: Promise,
    is_settled: bool,
}

impl Question {
    async fn ask(mut self) {
        let lookup = &self.resolver.0.lookup;
        let outcome = lookup.look_up(Arc::clone(&self.name)).await;
        self.settle(outcome);
    }

    fn settle(&mut self, outcome: LookedUp) {
        self.is_settled = true;
        let mut memory = self.resolver.memory();
        let answer: Answer = memory.cache.settle(&self.name, outcome, Instant::now());
        drop(memory);
        // Nobody else sets it: there is one look-up of a name at a time.
        let _ = self.promise.set(answer);
    }
}

impl Drop for Question {
    fn drop(&mut self) {
        if !self.is_settled {
            self.settle(Err("WARMLINE_PANIC".into()));
        }
    }
}

fn failed(host: &str, failure: &LookupFailure) -> Error {
    let LookupFailure { code, reason } = failure;
    let mut message = format!("look up of {host} failed: {code}");
    if let Some(reason) = reason {
        message.push_str(", ");
        message.push_str(reason);
    }
    Error::new(code.clone(), Phase::Dns, message)
}

#[cfg(test)]
mod tests;
