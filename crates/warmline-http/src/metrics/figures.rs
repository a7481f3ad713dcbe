//! A client's metrics at one moment, read and added up.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;
use std::time::Duration;

use warmline_pool::{Counts, PoolStats};

use super::OTHER;
use super::budgets::{Budget, budgets, pauses};
use super::counter::Counter;
use super::histogram::Durations;
use super::models::ModelFigures;
use super::origin::{OriginMetrics, STATUS_CLASSES};
use super::places::PlaceFigures;
use crate::client::{Client, Totals};
use crate::target::origin_of;

/// All figures of a client.
pub struct Figures {
    /// Those of its pool and of all its requests together.
    pub pool: PoolFigures,
    /// Those of each origin, by name; the last may be `other`.
    pub origins: Vec<OriginFigures>,
    /// Those of each place that has a breaker, or whose health is looked at; the last may be `other`.
    pub places: Vec<PlaceFigures>,
    /// Those of each model, by provider and name; the last may be `other`.
    pub models: Vec<ModelFigures>,
}

/// What a pool holds and what its client has done.
#[derive(Clone)]
pub struct PoolFigures {
    /// The pool's own.
    pub stats: PoolStats,
    /// The client's own.
    pub totals: Totals,
    /// Requests that have no response yet.
    pub in_flight: u64,
    /// Requests that were given up before they had one.
    pub aborted: u64,
    /// The most connections that were asked for; the pool's own limit may follow its load.
    pub base_connections: usize,
    /// Origins that have asked for a pause which is not over.
    pub cooling_down: u64,
    /// All origins together.
    pub sum: OriginFigures,
    /// All places together.
    pub places: PlaceFigures,
}

impl PoolFigures {
    /// Several pools taken for one; `None` of none.
    pub fn together<'a>(pools: impl IntoIterator<Item = &'a Self>) -> Option<Self> {
        let mut pools = pools.into_iter();
        let mut all = pools.next()?.clone();
        for pool in pools {
            all.base_connections += pool.base_connections;
            // Pauses are the whole process's: each pool sees those of its own origins.
            all.cooling_down = all.cooling_down.max(pool.cooling_down);
            all.places.add(&pool.places);
            all.stats.origins += pool.stats.origins;
            add_counts(&mut all.stats.counts, &pool.stats.counts);
            all.stats.limits.max_connections += pool.stats.limits.max_connections;
            all.stats.limits.max_keepalive += pool.stats.limits.max_keepalive;
            all.totals.requests += pool.totals.requests;
            all.totals.errors += pool.totals.errors;
            all.totals.response_time += pool.totals.response_time;
            all.in_flight += pool.in_flight;
            all.aborted += pool.aborted;
            all.sum.add(&pool.sum);
        }
        Some(all)
    }
}

/// What was counted of one origin.
#[derive(Clone, Default)]
pub struct OriginFigures {
    /// Such as `https://api.openai.com`.
    pub origin: Arc<str>,
    /// The connections that there are; `None` if the pool does not know the origin (any more).
    pub connections: Option<Counts>,
    /// Answered requests by the class of their status, from 1xx on.
    pub answered: [u64; STATUS_CLASSES],
    /// Requests that got no response.
    pub failed: u64,
    /// These and the responses that broke off, by code and phase.
    pub failures: BTreeMap<(String, &'static str), u64>,
    /// Responses whose body broke off.
    pub broken: u64,
    /// Responses whose body nobody wanted to the end.
    pub abandoned: u64,
    /// Requests that were sent again, for each time.
    pub retried: u64,
    /// Requests that were sent a second time beside the first.
    pub hedged: u64,
    /// Of these, those where the second one was the answer.
    pub hedges_won: u64,
    /// Requests that waited for the end of a pause.
    pub cooled_down: u64,
    /// What is left of a pause; zero without one.
    pub pause: Duration,
    /// What a rate limit leaves; `None` where none holds.
    pub budget: Option<Budget>,
    /// Bytes sent, TLS framing included.
    pub sent: u64,
    /// Bytes received.
    pub received: u64,
    /// Streams of events that were begun.
    pub streams: u64,
    /// Of those, still open.
    pub streams_open: u64,
    /// Of those, silent for a while.
    pub streams_stalled: u64,
    /// Events in them.
    pub events: u64,
    /// Tokens of prompts, as far as responses reported them.
    pub input_tokens: u64,
    /// Tokens that were generated, likewise.
    pub output_tokens: u64,
    /// Opening a connection: look-up, TCP and TLS.
    pub connect: Durations,
    /// Of that, the look-up.
    pub dns: Durations,
    /// Of that, TCP and the way through a proxy.
    pub tcp: Durations,
    /// Of that, TLS.
    pub tls: Durations,
    /// From a call to its response's head.
    pub head: Durations,
    /// From a call to the first bytes of its stream.
    pub first_token: Durations,
    /// From one piece of a stream to the next.
    pub token_gap: Durations,
    /// From a call to the last byte of its response.
    pub request: Durations,
}

impl Client {
    /// This client's metrics now. Adds up histograms of every origin: call it where a fraction of a
    /// millisecond is no matter.
    #[must_use]
    pub fn figures(&self) -> Figures {
        let metrics = self.metrics();
        let labelled = metrics.origins.labelled();
        let mut origins: BTreeMap<Arc<str>, OriginFigures> = labelled
            .map(|(origin, counts)| (Arc::clone(origin), OriginFigures::of(origin, counts)))
            .collect();
        let mut other = OriginFigures::of(&OTHER.into(), metrics.origins.other());
        for (key, stats) in self.pool().origin_stats() {
            let place = match origins.entry(origin_of(&key)) {
                Entry::Occupied(known) => known.into_mut(),
                // Known to the pool alone: nothing was opened there yet, or it has no label.
                Entry::Vacant(_) => &mut other,
            };
            add_counts(place.connections.get_or_insert_default(), &stats.counts);
        }
        for (origin, left) in pauses() {
            if let Some(figures) = origins.get_mut(&origin) {
                figures.pause = left;
            }
        }
        for (origin, budget) in budgets(self) {
            let place = origins.get_mut(&origin).unwrap_or(&mut other);
            place.budget.get_or_insert_default().add(&budget);
        }
        let mut origins: Vec<OriginFigures> = origins.into_values().collect();
        if !other.is_empty() {
            origins.push(other);
        }
        let mut sum = OriginFigures::default();
        for origin in &origins {
            sum.add(origin);
        }
        let cooling_down = origins.iter().filter(|origin| !origin.pause.is_zero());
        let places = self.place_figures();
        let mut all_places = PlaceFigures::default();
        for place in &places {
            all_places.add(place);
        }
        Figures {
            pool: PoolFigures {
                base_connections: self.base_connections(),
                cooling_down: cooling_down.count() as u64,
                places: all_places,
                stats: self.stats(),
                totals: self.totals(),
                in_flight: metrics.in_flight.get(),
                aborted: metrics.aborted.get(),
                sum,
            },
            origins,
            places,
            models: metrics.model_figures(),
        }
    }

    /// From the beginning of opening a connection to its being open, over all that were opened.
    #[must_use]
    pub fn mean_connect_time(&self) -> Duration {
        let metrics = self.metrics();
        let labelled = metrics.origins.labelled().map(|(_, counts)| counts);
        let mut all = Durations::default();
        for counts in labelled.chain([metrics.origins.other()]) {
            all.add(&counts.connect.read());
        }
        all.mean()
    }
}

impl OriginFigures {
    fn of(origin: &Arc<str>, counts: &OriginMetrics) -> Self {
        let open = counts.streams.count();
        Self {
            origin: Arc::clone(origin),
            connections: None,
            answered: counts.answered.each_ref().map(Counter::get),
            failed: counts.failed.get(),
            failures: failures(counts),
            broken: counts.broken.get(),
            abandoned: counts.abandoned.get(),
            retried: counts.retried.get(),
            hedged: counts.hedged.get(),
            hedges_won: counts.hedges_won.get(),
            cooled_down: counts.cooled_down.get(),
            pause: Duration::ZERO,
            budget: None,
            sent: counts.sent.get(),
            received: counts.received.get(),
            streams: counts.streams.opened.get(),
            streams_open: open.open,
            streams_stalled: open.stalled,
            events: counts.events.get(),
            input_tokens: counts.input_tokens.get(),
            output_tokens: counts.output_tokens.get(),
            connect: counts.connect.read(),
            dns: counts.dns.read(),
            tcp: counts.tcp.read(),
            tls: counts.tls.read(),
            head: counts.head.read(),
            first_token: counts.first_token.read(),
            token_gap: counts.token_gap.read(),
            request: counts.request.read(),
        }
    }

    /// Requests that ended, with a response or without.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.answered.iter().sum::<u64>() + self.failed
    }

    fn is_empty(&self) -> bool {
        let connections = self.connections.unwrap_or_default();
        self.requests() == 0
            && connections.total == 0
            && self.connect.count() == 0
            && self.budget.is_none()
    }

    fn add(&mut self, other: &Self) {
        for (own, other) in self.answered.iter_mut().zip(other.answered) {
            *own += other;
        }
        self.failed += other.failed;
        for (kind, count) in &other.failures {
            *self.failures.entry(kind.clone()).or_default() += count;
        }
        self.broken += other.broken;
        self.abandoned += other.abandoned;
        self.retried += other.retried;
        self.hedged += other.hedged;
        self.hedges_won += other.hedges_won;
        self.cooled_down += other.cooled_down;
        self.pause = self.pause.max(other.pause);
        if let Some(budget) = &other.budget {
            self.budget.get_or_insert_default().add(budget);
        }
        self.sent += other.sent;
        self.received += other.received;
        self.streams += other.streams;
        self.streams_open += other.streams_open;
        self.streams_stalled += other.streams_stalled;
        self.events += other.events;
        self.input_tokens += other.input_tokens;
        self.output_tokens += other.output_tokens;
        self.connect.add(&other.connect);
        self.dns.add(&other.dns);
        self.tcp.add(&other.tcp);
        self.tls.add(&other.tls);
        self.head.add(&other.head);
        self.first_token.add(&other.first_token);
        self.token_gap.add(&other.token_gap);
        self.request.add(&other.request);
    }
}

fn failures(counts: &OriginMetrics) -> BTreeMap<(String, &'static str), u64> {
    let Some(failures) = counts.failures.get() else {
        return BTreeMap::new();
    };
    let labelled = failures.labelled();
    let mut found: BTreeMap<_, _> = labelled
        .map(|((code, phase), count)| ((code.to_string(), phase.as_str()), count.get()))
        .collect();
    match failures.other().get() {
        0 => {}
        others => {
            found.insert((OTHER.to_owned(), OTHER), others);
        }
    }
    found
}

/// An origin may have several places in the pool: by protocol, by proxy.
fn add_counts(own: &mut Counts, other: &Counts) {
    own.active += other.active;
    own.idle += other.idle;
    own.pending += other.pending;
    own.total += other.total;
    own.waiting += other.waiting;
    own.created_total += other.created_total;
    own.closed_total += other.closed_total;
    own.evicted_total += other.evicted_total;
    own.errors_total += other.errors_total;
    own.timeouts_total += other.timeouts_total;
    own.checkouts_total += other.checkouts_total;
    own.reused_total += other.reused_total;
}
