//! The server's own view of its traffic.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;

use crate::server::unix_time;

/// Counters since the start or the last reset. They are statistics, not synchronisation: every access is relaxed.
#[derive(Default)]
pub(crate) struct Stats {
    connections: Gauge,
    accepted: AtomicU64,
    pub(crate) connection_errors: AtomicU64,
    pub(crate) requests: AtomicU64,
    pub(crate) requests_reusing: AtomicU64,
    pub(crate) responses: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) bytes_in: AtomicU64,
    pub(crate) bytes_out: AtomicU64,
    streams: Gauge,
    pub(crate) events: AtomicU64,
    pub(crate) streams_completed: AtomicU64,
    pub(crate) requests_aborted: AtomicU64,
    served_again: AtomicU64,
    named: Mutex<Named>,
}

/// The requests that were served and had an id.
#[derive(Default)]
struct Named {
    /// When each came, in microseconds since 1970, in their order.
    arrivals: Vec<(u128, Arc<str>)>,
    ids: HashSet<Arc<str>>,
}

/// What is open now, and the most that was.
#[derive(Default)]
struct Gauge {
    open: AtomicU64,
    peak: AtomicU64,
}

/// One more is open, until this is dropped.
pub(crate) struct Open<'a>(&'a Gauge);

impl Gauge {
    fn open(&self) -> Open<'_> {
        let now = self.open.fetch_add(1, Relaxed) + 1;
        self.peak.fetch_max(now, Relaxed);
        Open(self)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Relaxed);
    }
}

/// A reading of [`Stats`], as `GET /stats` gives it.
#[derive(Debug, Serialize)]
pub(crate) struct Reading {
    connections_accepted: u64,
    connections_open: u64,
    connections_peak: u64,
    /// Connections that ended in an error of the socket, a reset by the client above all.
    connection_errors: u64,
    requests: u64,
    /// Those that were not the first on their connection.
    requests_reusing: u64,
    responses: u64,
    /// Requests that were not HTTP, or too large.
    requests_refused: u64,
    /// Requests whose client went away before the answer was out.
    requests_aborted: u64,
    /// Requests with the id of one that was served before.
    requests_served_again: u64,
    bytes_in: u64,
    bytes_out: u64,
    streams_open: u64,
    streams_peak: u64,
    streams_completed: u64,
    events: u64,
}

impl Stats {
    pub(crate) fn connection_opened(&self) -> Open<'_> {
        self.accepted.fetch_add(1, Relaxed);
        self.connections.open()
    }

    pub(crate) fn stream_opened(&self) -> Open<'_> {
        self.streams.open()
    }

    pub(crate) fn add(counter: &AtomicU64, amount: usize) {
        counter.fetch_add(amount as u64, Relaxed);
    }

    /// A request with this id was served.
    pub(crate) fn work_done(&self, id: Arc<str>) {
        let mut named = self.named();
        named
            .arrivals
            .push((unix_time().as_micros(), Arc::clone(&id)));
        if !named.ids.insert(id) {
            self.served_again.fetch_add(1, Relaxed);
        }
    }

    /// When each request with an id was served, as JSON.
    pub(crate) fn arrivals(&self) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec(&self.named().arrivals)
    }

    fn named(&self) -> MutexGuard<'_, Named> {
        self.named.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn read(&self) -> Reading {
        Reading {
            connections_accepted: self.accepted.load(Relaxed),
            connections_open: self.connections.open.load(Relaxed),
            connections_peak: self.connections.peak.load(Relaxed),
            connection_errors: self.connection_errors.load(Relaxed),
            requests: self.requests.load(Relaxed),
            requests_reusing: self.requests_reusing.load(Relaxed),
            responses: self.responses.load(Relaxed),
            requests_refused: self.refused.load(Relaxed),
            requests_aborted: self.requests_aborted.load(Relaxed),
            requests_served_again: self.served_again.load(Relaxed),
            bytes_in: self.bytes_in.load(Relaxed),
            bytes_out: self.bytes_out.load(Relaxed),
            streams_open: self.streams.open.load(Relaxed),
            streams_peak: self.streams.peak.load(Relaxed),
            streams_completed: self.streams_completed.load(Relaxed),
            events: self.events.load(Relaxed),
        }
    }

    pub(crate) fn reset(&self) {
        for counter in [
            &self.accepted,
            &self.connection_errors,
            &self.requests,
            &self.requests_reusing,
            &self.responses,
            &self.refused,
            &self.bytes_in,
            &self.bytes_out,
            &self.events,
            &self.streams_completed,
            &self.requests_aborted,
            &self.served_again,
        ] {
            counter.store(0, Relaxed);
        }
        *self.named() = Named::default();
        for gauge in [&self.connections, &self.streams] {
            gauge.peak.store(gauge.open.load(Relaxed), Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_outlives_what_was_open_until_the_reset() {
        let stats = Stats::default();
        let kept = stats.connection_opened();
        drop(stats.connection_opened());
        let reading = stats.read();
        assert_eq!(
            (
                reading.connections_accepted,
                reading.connections_open,
                reading.connections_peak
            ),
            (2, 1, 2)
        );
        stats.reset();
        let reading = stats.read();
        assert_eq!(
            (
                reading.connections_accepted,
                reading.connections_open,
                reading.connections_peak
            ),
            (0, 1, 1)
        );
        drop(kept);
        assert_eq!(stats.read().connections_open, 0);
    }
}
