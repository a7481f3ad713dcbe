//! Whether a place that fails is asked at all: a circuit breaker, which sends nothing and reads no clock.
//!
//! ```text
//!            a run of failures, or too many of those in the window
//!   closed ----------------------------------------------------> open, until `recovery_timeout` is over
//!      ^                                                          |    ^
//!      | `probes` requests were answered                          |    | one of them failed
//!      |                                                          v    |
//!      +----------------------------------------------------- half-open
//! ```
//! What was sent in one state says nothing once there is another: each admission knows in which it was made.

mod window;

use std::time::Duration;

use window::Window;

/// When a breaker opens, and for how long.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BreakerOptions {
    /// So many failures in a row open it; at least one. Where a part of the requests fails all the time, the
    /// row has to be longer, and so it has to be while answers are under way (see [`Breaker`]).
    pub failure_threshold: u32,
    /// Such a part of the requests in the window, from 0 to 1, opens it ...
    pub failure_rate: f64,
    /// ... if there were so many of them; at least one.
    pub minimum_requests: u32,
    /// How far back requests count.
    pub window: Duration,
    /// How long it is open.
    pub recovery_timeout: Duration,
    /// Half-open, it lets so many requests pass at a time, and closes once as many were answered; at least one.
    pub probes: u32,
    /// Whether its changes are told.
    pub monitored: bool,
}

impl Default for BreakerOptions {
    /// The reference's 5 failures in a row, for 60 s; or half of at least 20 requests within half a minute.
    fn default() -> Self {
        Self {
            failure_threshold: 5,
            failure_rate: 0.5,
            minimum_requests: 20,
            window: Duration::from_secs(30),
            recovery_timeout: Duration::from_secs(60),
            probes: 1,
            monitored: true,
        }
    }
}

/// The state of a breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakerState {
    /// Every request passes.
    Closed,
    /// None does.
    Open,
    /// Some do, to see how they fare.
    HalfOpen,
}

impl BreakerState {
    /// The name that JavaScript sees.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half-open",
        }
    }
}

/// A breaker at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BreakerStatus {
    /// What it does with the next request.
    pub state: BreakerState,
    /// Failures in a row.
    pub failures: u32,
    /// Requests in the window ...
    pub requests: u32,
    /// ... and how many of them failed, from 0 to 1.
    pub failure_rate: f64,
    /// How long it stays open; zero if it is not.
    pub retry_after: Duration,
    /// How often it has opened.
    pub opened: u64,
    /// How many requests it has refused.
    pub refused: u64,
}

/// A request was let through. To be given back once: with a verdict, or [dropped](Breaker::drop_out).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Admission {
    /// Which of the breaker's states it was admitted in, counted from its beginning.
    epoch: u64,
    /// How many were under way in that state then ...
    ahead: u32,
    /// ... and how many had come back.
    came_back: u64,
}

/// The breaker of one place.
///
/// A run of failures is to say that the place has gone down. Where one request in five fails anyway, five
/// failures in a row come about by chance every few thousand requests, and a breaker that believed them would
/// make an outage of what retries get over. So the run has to be so long that chance makes one like it in no
/// more than a million requests, by the share of failures in the window before it.
///
/// Refusals are quick and answers slow: of a place that sheds half of its load, nothing but failures is heard for as
/// long as an answer takes. So what is still under way and was sent before a failure counts as if it will be answered.
#[derive(Debug)]
pub(crate) struct Breaker {
    options: BreakerOptions,
    state: State,
    epoch: u64,
    run: u32,
    window: Window,
    /// In this state.
    under_way: u32,
    /// Likewise.
    came_back: u64,
    opened: u64,
    refused: u64,
}

#[derive(Debug)]
enum State {
    Closed,
    Open {
        until: Duration,
    },
    HalfOpen {
        /// When the last of those under way was let through.
        since: Duration,
        under_way: u32,
        answered: u32,
    },
}

/// How seldom chance may make a run that opens a breaker.
const CHANCE: f64 = 1e-6;

impl Breaker {
    pub(crate) fn new(options: BreakerOptions) -> Self {
        Self {
            window: Window::new(options.window),
            options,
            state: State::Closed,
            epoch: 0,
            run: 0,
            under_way: 0,
            came_back: 0,
            opened: 0,
            refused: 0,
        }
    }

    /// Lets a request through, or says how long it will let none; zero while those are under way that are to
    /// show how the place does.
    pub(crate) fn admit(&mut self, now: Duration) -> Result<Admission, Duration> {
        if self.wait(now).is_none() {
            if let State::Open { .. } = self.state {
                self.enter(State::HalfOpen {
                    since: now,
                    under_way: 0,
                    answered: 0,
                });
            }
            if let State::HalfOpen {
                since, under_way, ..
            } = &mut self.state
            {
                *since = now;
                *under_way += 1;
            }
            let admission = Admission {
                epoch: self.epoch,
                ahead: self.under_way,
                came_back: self.came_back,
            };
            self.under_way = self.under_way.saturating_add(1);
            return Ok(admission);
        }
        self.refused += 1;
        Err(self.wait(now).unwrap_or_default())
    }

    /// How long no request will be let through; `None` if the next one is.
    pub(crate) fn wait(&self, now: Duration) -> Option<Duration> {
        match self.state {
            State::Closed => None,
            State::Open { until } => until.checked_sub(now).filter(|wait| !wait.is_zero()),
            State::HalfOpen {
                since,
                under_way,
                answered,
            } => {
                let room = under_way + answered < self.options.probes;
                // Those under way may never come back: after so long, others are tried.
                let lost = now.saturating_sub(since) >= self.options.recovery_timeout;
                (!room && !lost).then_some(Duration::ZERO)
            }
        }
    }

    /// A request was answered, not by a failure. The result is whether the breaker has changed its state.
    pub(crate) fn succeeded(&mut self, admission: Admission, now: Duration) -> bool {
        if !self.take_back(admission) {
            return false;
        }
        match &mut self.state {
            State::Closed => {
                self.run = 0;
                self.window.add(now, false);
                false
            }
            State::HalfOpen {
                under_way,
                answered,
                ..
            } => {
                *under_way = under_way.saturating_sub(1);
                *answered += 1;
                let recovered = *answered >= self.options.probes;
                if recovered {
                    self.enter(State::Closed);
                }
                recovered
            }
            State::Open { .. } => false,
        }
    }

    /// A request failed, by the place's fault. The result is whether the breaker has changed its state.
    pub(crate) fn failed(&mut self, admission: Admission, now: Duration) -> bool {
        if !self.take_back(admission) {
            return false;
        }
        let opens = match self.state {
            State::Closed => {
                self.run += 1;
                self.window.add(now, true);
                let unheard = self.sent_before(admission);
                (self.run >= self.longest_run() && self.run >= unheard) || self.is_failing(unheard)
            }
            State::HalfOpen { .. } => true,
            State::Open { .. } => false,
        };
        if opens {
            let until = now.saturating_add(self.options.recovery_timeout);
            self.enter(State::Open { until });
            self.opened += 1;
        }
        opens
    }

    /// A request ended in a way that says nothing of the place.
    pub(crate) fn drop_out(&mut self, admission: Admission) {
        if !self.take_back(admission) {
            return;
        }
        if let State::HalfOpen { under_way, .. } = &mut self.state {
            *under_way = under_way.saturating_sub(1);
        }
    }

    /// Closes it, whatever it has seen. The result is whether that changed its state.
    pub(crate) fn reset(&mut self) -> bool {
        let was_closed = matches!(self.state, State::Closed);
        self.enter(State::Closed);
        !was_closed
    }

    /// Its state as it was left, which time may have moved on.
    pub(crate) fn state(&self) -> BreakerState {
        match self.state {
            State::Closed => BreakerState::Closed,
            State::Open { .. } => BreakerState::Open,
            State::HalfOpen { .. } => BreakerState::HalfOpen,
        }
    }

    pub(crate) fn status(&self, now: Duration) -> BreakerStatus {
        let (requests, failed) = self.window.counts(now);
        let wait = self.wait(now);
        BreakerStatus {
            state: match self.state() {
                BreakerState::Open if wait.is_none() => BreakerState::HalfOpen,
                state => state,
            },
            failures: self.run,
            requests,
            failure_rate: share(failed, requests),
            retry_after: wait.unwrap_or_default(),
            opened: self.opened,
            refused: self.refused,
        }
    }

    /// Whether it knows nothing that would be missed.
    pub(crate) fn is_at_rest(&self, now: Duration) -> bool {
        matches!(self.state, State::Closed) && self.window.counts(now).0 == 0
    }

    fn enter(&mut self, state: State) {
        self.state = state;
        self.epoch += 1;
        self.run = 0;
        self.under_way = 0;
        self.came_back = 0;
        self.window = Window::new(self.options.window);
    }

    /// Whether a request that comes back is of this state.
    fn take_back(&mut self, admission: Admission) -> bool {
        let is_current = admission.epoch == self.epoch;
        if is_current {
            self.under_way = self.under_way.saturating_sub(1);
            self.came_back += 1;
        }
        is_current
    }

    /// How many of those that were sent before it are under way at least: whoever came back meanwhile may have been one.
    fn sent_before(&self, admission: Admission) -> u32 {
        let meanwhile = self.came_back - admission.came_back - 1;
        admission
            .ahead
            .saturating_sub(u32::try_from(meanwhile).unwrap_or(u32::MAX))
    }

    /// From how many failures in a row on chance does not explain them.
    fn longest_run(&self) -> u32 {
        let threshold = self.options.failure_threshold;
        let (requests, failed) = self.window.kept();
        let (requests, failed) = (
            requests.saturating_sub(self.run),
            failed.saturating_sub(self.run),
        );
        if failed == 0 || requests < self.options.minimum_requests {
            return threshold;
        }
        let run = (CHANCE.ln() / share(failed, requests).ln()).ceil();
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a cast of what is out of range saturates, which is meant"
        )]
        threshold.max(run as u32)
    }

    fn is_failing(&self, unheard: u32) -> bool {
        let (requests, failed) = self.window.kept();
        requests >= self.options.minimum_requests
            && share(failed, requests.saturating_add(unheard)) >= self.options.failure_rate
    }
}

/// A part of a whole, from 0 to 1; 0 of nothing.
fn share(part: u32, whole: u32) -> f64 {
    f64::from(part) / f64::from(whole.max(1))
}

#[cfg(test)]
mod tests;
