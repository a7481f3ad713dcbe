//! Which protocol an origin speaks, and who finds out: one connection is opened where it is not known,
//! or where one carries many requests, and whoever else needs one waits for what comes of it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::SetOnce;
use tokio::time::{Instant, timeout};
use warmline_pool::{Granted, Key, Lease, Origin, Protocol, Scheme, WaitFor};

use crate::error::{Error, Phase};
use crate::locked::locked;
use crate::transport::Connection;

/// The most origins that are remembered. One that is forgotten is found out about again.
const MAX_REMEMBERED: usize = 4096;

/// The origins of a client.
#[derive(Default)]
pub(crate) struct Probes {
    origins: Mutex<HashMap<Key, Arc<Probe>>>,
}

/// One origin.
struct Probe {
    state: Mutex<State>,
}

struct State {
    spoken: Spoken,
    /// The connection that is being opened for all, if one is.
    run: Option<Arc<Run>>,
}

/// What an origin spoke last.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Spoken {
    Unknown,
    /// A connection for each request: they are opened side by side.
    Http1,
    /// A connection for many requests: the next is opened when that one is full.
    Http2,
}

/// A connection being opened, for those who wait behind it.
pub(crate) struct Run {
    /// What it failed with, if that would be everybody's failure.
    outcome: SetOnce<Result<(), Error>>,
}

/// What somebody may do who needs a connection.
pub(crate) enum Entry {
    /// Open one.
    Free(Herald),
    /// Wait for the one that is being opened.
    Behind(Arc<Run>),
}

/// Somebody who opens a connection, and tells the others what comes of it. Dropped without a word, it
/// leaves them to try for themselves.
pub(crate) struct Herald {
    probe: Option<Arc<Probe>>,
    run: Option<Arc<Run>>,
}

impl Probes {
    pub(crate) fn enter(&self, key: &Key) -> Entry {
        let spoken = match (key.protocol, key.scheme) {
            // Nothing to find out, and nothing to share.
            (Protocol::Http1, _) | (Protocol::Auto, Scheme::Http) => {
                return Entry::Free(Herald {
                    probe: None,
                    run: None,
                });
            }
            (Protocol::Http2, _) => Spoken::Http2,
            (Protocol::Auto, Scheme::Https) => Spoken::Unknown,
        };
        let probe = self.probe(key, spoken);
        let mut state = probe.state();
        if let Some(run) = &state.run {
            return Entry::Behind(Arc::clone(run));
        }
        let run = (state.spoken != Spoken::Http1).then(Run::start);
        state.run.clone_from(&run);
        drop(state);
        Entry::Free(Herald {
            probe: Some(probe),
            run,
        })
    }

    fn probe(&self, key: &Key, spoken: Spoken) -> Arc<Probe> {
        let mut origins = locked(&self.origins);
        if let Some(probe) = origins.get(key) {
            return Arc::clone(probe);
        }
        if origins.len() >= MAX_REMEMBERED {
            // Those where something is going on stay.
            origins.retain(|_, probe| Arc::strong_count(probe) > 1);
        }
        let probe = Arc::new(Probe {
            state: Mutex::new(State { spoken, run: None }),
        });
        origins.insert(key.clone(), Arc::clone(&probe));
        probe
    }
}

impl Probe {
    fn state(&self) -> MutexGuard<'_, State> {
        locked(&self.state)
    }
}

impl Run {
    fn start() -> Arc<Self> {
        Arc::new(Self {
            outcome: SetOnce::new(),
        })
    }

    /// Waits for room on the connection; `None` if there is none, or it never came.
    ///
    /// # Errors
    /// What opening it failed with, where it is no use to try again at once; `UND_ERR_CONNECT_TIMEOUT`
    /// once `limit` has passed `since` then.
    pub(crate) async fn room(
        &self,
        origin: &Origin<Connection>,
        limit: Option<Duration>,
        since: Instant,
    ) -> Result<Option<Lease<Connection>>, Error> {
        let waiting = async {
            tokio::select! {
                // Room that came before the end of the waiting is not to be lost.
                biased;
                Ok(Granted::Ready(lease)) = origin.wait(WaitFor::Idle) => Ok(Some(lease)),
                outcome = self.outcome() => outcome.map(|()| None),
            }
        };
        let Some(limit) = limit else {
            return waiting.await;
        };
        let waited = timeout(limit.saturating_sub(since.elapsed()), waiting).await;
        waited.unwrap_or_else(|_| Err(timed_out(origin.key(), limit)))
    }

    /// Waits until the connection is there for those who have come by then, or will not be.
    ///
    /// # Errors
    /// What opening it failed with, where it is no use to try again at once.
    pub(crate) async fn outcome(&self) -> Result<(), Error> {
        self.outcome
            .wait()
            .await
            .as_ref()
            .copied()
            .map_err(Error::again)
    }
}

impl Herald {
    /// Whether others wait for what comes of it.
    pub(crate) fn is_awaited(&self) -> bool {
        self.run.is_some()
    }

    /// The connection is in the pool. Those who wait get what it can carry as soon as that is known.
    pub(crate) async fn opened(self, connection: &Connection) {
        if let Some(probe) = &self.probe {
            probe.state().spoken = if connection.is_shared() {
                Spoken::Http2
            } else {
                Spoken::Http1
            };
        }
        if self.run.is_some() {
            connection.settled().await;
        }
    }

    /// It could not be opened. That is the failure of those who wait, too, unless it was only this
    /// one's time that ran out.
    pub(crate) fn failed(mut self, error: &Error) {
        if error.code != "UND_ERR_CONNECT_TIMEOUT" {
            self.finish(Err(error.again()));
        }
    }

    fn finish(&mut self, outcome: Result<(), Error>) {
        if let (Some(probe), Some(run)) = (&self.probe, self.run.take()) {
            probe.state().run = None;
            // Nobody else sets it.
            let _ = run.outcome.set(outcome);
        }
    }
}

impl Drop for Herald {
    fn drop(&mut self) {
        self.finish(Ok(()));
    }
}

fn timed_out(key: &Key, limit: Duration) -> Error {
    let message = format!(
        "connect to {key} timed out after {} ms, behind another request that connects",
        limit.as_millis()
    );
    let mut error = Error::new("UND_ERR_CONNECT_TIMEOUT", Phase::Connect, message);
    error.retryable = true;
    error
}
