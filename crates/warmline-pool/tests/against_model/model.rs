//! What the pool should do, said with plain lists and one caller at a time.

use std::time::Duration;

use warmline_pool::{CloseReason, Limits, WaitFor};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Got {
    Connection(usize),
    Place,
}

#[derive(Debug)]
struct Connection {
    origin: usize,
    open: bool,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Leased,
    Idle(Duration),
    Closed,
}

#[derive(Debug)]
struct Waiter {
    origin: usize,
    wants: WaitFor,
    waits: bool,
    got: Option<Got>,
}

#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) limits: Limits,
    pub(crate) now: Duration,
    pending: Vec<usize>,
    connections: Vec<Connection>,
    /// In the order of their coming.
    waiters: Vec<Waiter>,
    pub(crate) closed: Vec<(usize, CloseReason)>,
}

impl Model {
    pub(crate) fn new(limits: Limits, origins: usize) -> Self {
        Self {
            limits,
            now: Duration::ZERO,
            pending: vec![0; origins],
            connections: Vec::new(),
            waiters: Vec::new(),
            closed: Vec::new(),
        }
    }

    fn count(&self, wanted: impl Fn(&Connection) -> bool) -> usize {
        self.connections
            .iter()
            .filter(|c| c.state != State::Closed && wanted(c))
            .count()
    }

    pub(crate) fn idle(&self) -> usize {
        self.count(|c| matches!(c.state, State::Idle(_)))
    }

    pub(crate) fn pending(&self) -> usize {
        self.pending.iter().sum()
    }

    pub(crate) fn total(&self) -> usize {
        self.count(|_| true) + self.pending()
    }

    pub(crate) fn waiting(&self) -> usize {
        self.waiters.iter().filter(|waiter| waiter.waits).count()
    }

    fn at(&self, origin: usize) -> usize {
        self.count(|c| c.origin == origin) + self.pending[origin]
    }

    fn waits_at(&self, origin: usize) -> bool {
        self.waiters
            .iter()
            .any(|waiter| waiter.waits && waiter.origin == origin)
    }

    fn close_all(&mut self, closings: &[(usize, CloseReason)]) {
        for &(which, reason) in closings {
            self.connections[which].state = State::Closed;
            self.closed.push((which, reason));
        }
        if !closings.is_empty() {
            self.grant_places();
        }
    }

    /// The idle connection of `origin` used last that is fit, leased; and what is to be closed on
    /// the way.
    fn take(&mut self, origin: usize) -> (Option<usize>, Vec<(usize, CloseReason)>) {
        let mut idle: Vec<_> = self
            .idle_since()
            .filter(|(_, at, _)| *at == origin)
            .collect();
        idle.sort_unstable();
        let mut unfit = Vec::new();
        while let Some((since, _, which)) = idle.pop() {
            if let Some(reason) = self.stale(which, since) {
                self.connections[which].state = State::Closed;
                unfit.push((which, reason));
                continue;
            }
            self.connections[which].state = State::Leased;
            return (Some(which), unfit);
        }
        (None, unfit)
    }

    fn idle_since(&self) -> impl Iterator<Item = (Duration, usize, usize)> {
        self.connections
            .iter()
            .enumerate()
            .filter_map(|(which, c)| match c.state {
                State::Idle(since) => Some((since, c.origin, which)),
                _ => None,
            })
    }

    fn stale(&self, which: usize, since: Duration) -> Option<CloseReason> {
        if !self.connections[which].open {
            return Some(CloseReason::Dead);
        }
        (self.now > since + self.limits.keepalive_expiry).then_some(CloseReason::Idle)
    }

    /// Takes a place, evicting elsewhere if it must. False: there is none.
    fn reserve(&mut self, origin: usize) -> bool {
        if self.at(origin) >= self.limits.max_connections_per_origin {
            return false;
        }
        if self.total() >= self.limits.max_connections {
            let elsewhere = self.idle_since().filter(|(_, at, _)| *at != origin).min();
            let (Some((_, _, which)), true) =
                (elsewhere, self.total() == self.limits.max_connections)
            else {
                return false;
            };
            self.connections[which].state = State::Closed;
            self.closed.push((which, CloseReason::Evicted));
        }
        self.pending[origin] += 1;
        true
    }

    fn grant_places(&mut self) {
        let mut which = 0;
        while let Some(waiter) = self.waiters.get(which) {
            if waiter.waits && waiter.wants == WaitFor::Any && self.reserve(waiter.origin) {
                self.grant(which, Got::Place);
                which = 0;
            } else {
                which += 1;
            }
        }
    }

    fn grant(&mut self, which: usize, got: Got) {
        self.waiters[which].waits = false;
        self.waiters[which].got = Some(got);
    }

    fn first_at(&self, origin: usize) -> Option<usize> {
        self.waiters
            .iter()
            .position(|waiter| waiter.waits && waiter.origin == origin)
    }

    /// `None` is full.
    pub(crate) fn checkout(&mut self, origin: usize) -> Option<Got> {
        if !self.waits_at(origin) {
            let (taken, unfit) = self.take(origin);
            self.close_all(&unfit);
            if let Some(which) = taken {
                return Some(Got::Connection(which));
            }
        }
        self.grant_places();
        let connector_waits = self
            .waiters
            .iter()
            .any(|waiter| waiter.waits && waiter.origin == origin && waiter.wants == WaitFor::Any);
        if connector_waits || !self.reserve(origin) {
            return None;
        }
        self.grant_places();
        Some(Got::Place)
    }

    pub(crate) fn establish(&mut self, origin: usize) -> usize {
        self.pending[origin] -= 1;
        self.connections.push(Connection {
            origin,
            open: true,
            state: State::Leased,
        });
        self.connections.len() - 1
    }

    pub(crate) fn fail(&mut self, origin: usize) {
        self.pending[origin] -= 1;
        self.grant_places();
    }

    pub(crate) fn give_back(&mut self, which: usize, discard: bool) {
        let Connection {
            origin,
            open,
            state,
        } = self.connections[which];
        if state == State::Closed {
            return;
        }
        let surplus = self.at(origin) > self.limits.max_connections_per_origin
            || self.total() > self.limits.max_connections;
        let unfit = [
            (discard, CloseReason::Discarded),
            (!open, CloseReason::Dead),
            (surplus, CloseReason::Resized),
        ];
        if let Some((_, reason)) = unfit.into_iter().find(|(holds, _)| *holds) {
            return self.close_all(&[(which, reason)]);
        }
        if let Some(waiter) = self.first_at(origin) {
            return self.grant(waiter, Got::Connection(which));
        }
        if self.idle() >= self.limits.max_keepalive {
            return self.close_all(&[(which, CloseReason::KeepaliveLimit)]);
        }
        self.connections[which].state = State::Idle(self.now);
        self.grant_places();
    }

    pub(crate) fn die(&mut self, which: usize) {
        self.connections[which].open = false;
    }

    pub(crate) fn retire(&mut self, which: usize) {
        if self.connections[which].state != State::Closed {
            self.close_all(&[(which, CloseReason::Dead)]);
        }
    }

    pub(crate) fn wait(&mut self, origin: usize, wants: WaitFor) -> usize {
        self.waiters.push(Waiter {
            origin,
            wants,
            waits: true,
            got: None,
        });
        while let Some(first) = self.first_at(origin) {
            let (taken, unfit) = self.take(origin);
            self.closed.extend(unfit);
            let Some(which) = taken else { break };
            self.grant(first, Got::Connection(which));
        }
        self.grant_places();
        self.waiters.len() - 1
    }

    pub(crate) fn got(&self, waiter: usize) -> Option<Got> {
        self.waiters[waiter].got
    }

    pub(crate) fn leave(&mut self, waiter: usize) {
        self.waiters[waiter].waits = false;
    }

    pub(crate) fn sweep(&mut self) -> usize {
        let mut closed = 0;
        for origin in 0..self.pending.len() {
            let stale: Vec<_> = self
                .idle_since()
                .filter(|(_, at, _)| *at == origin)
                .filter_map(|(since, _, which)| Some((which, self.stale(which, since)?)))
                .collect();
            closed += stale.len();
            self.close_all(&stale);
        }
        closed
    }

    pub(crate) fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
        while self.total() > self.limits.max_connections || self.idle() > self.limits.max_keepalive
        {
            let Some((_, _, which)) = self.idle_since().min() else {
                break;
            };
            self.close_all(&[(which, CloseReason::Resized)]);
        }
        for origin in 0..self.pending.len() {
            while self.at(origin) > self.limits.max_connections_per_origin {
                let own = self.idle_since().filter(|(_, at, _)| *at == origin).min();
                let Some((_, _, which)) = own else { break };
                self.close_all(&[(which, CloseReason::Resized)]);
            }
        }
        self.grant_places();
    }
}
