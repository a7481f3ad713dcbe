//! The gate before one provider, for one key.

use std::num::NonZeroU64;
use std::time::Duration;

use super::bucket::Bucket;
use super::levels::{KINDS, Kind, Report, Tokens, needs};
use super::line::{Line, Priority, Ticket};
use super::rule::RateLimit;
use super::window::Window;

/// A request was let through. To be [ended](Gate::end) or [voided](Gate::void) once.
#[derive(Debug)]
pub(crate) struct Pass {
    /// Requests are numbered as they are let through.
    serial: u64,
    at: Duration,
    expected: Tokens,
    /// What was charged for it in the user's window.
    tokens: u64,
    /// What had been asked of each of the provider's limits, this request included.
    asked: [u64; KINDS],
}

impl Pass {
    /// What the request was expected to use.
    pub(crate) fn expected(&self) -> Tokens {
        self.expected
    }
}

/// The gate before one provider, for one key. `T` is how those who wait are told.
#[derive(Debug)]
pub(crate) struct Gate<T> {
    rule: RateLimit,
    requests: Option<Window>,
    tokens: Option<Window>,
    reported: [Option<Bucket>; KINDS],
    line: Line<(Tokens, T)>,
    in_flight: usize,
    serial: u64,
    asked: [u64; KINDS],
    /// Never goes back, whatever the callers' clocks do.
    now: Duration,
}

/// The gate at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GateState {
    /// Requests in line.
    pub waiting: usize,
    /// Requests under way.
    pub in_flight: usize,
    /// Requests of the window that ends now.
    pub requests: u64,
    /// Their tokens, estimated until their responses have said.
    pub tokens: u64,
    /// Requests that may go yet, by the user's limit and by what the provider has said; `None` if neither limits
    /// them.
    pub requests_left: Option<u64>,
    /// Tokens, likewise.
    pub tokens_left: Option<u64>,
    /// How long until the next request, or the first in line, may go; zero if it may, and where it waits for
    /// another one to end.
    pub ready_in: Duration,
}

/// When a request may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Ready {
    At(Duration),
    /// When one that is under way has ended.
    Later,
}

impl<T> Gate<T> {
    pub(crate) fn new(rule: RateLimit) -> Self {
        Self {
            requests: window(rule.requests_per_minute, rule.window, None),
            tokens: window(rule.tokens_per_minute, rule.window, None),
            reported: [const { None }; KINDS],
            line: Line::new(),
            in_flight: 0,
            serial: 0,
            asked: [0; KINDS],
            now: Duration::ZERO,
            rule,
        }
    }

    /// Another rule from now on: what was used under the one before counts.
    pub(crate) fn change(&mut self, rule: RateLimit) {
        self.requests = window(rule.requests_per_minute, rule.window, self.requests.take());
        self.tokens = window(rule.tokens_per_minute, rule.window, self.tokens.take());
        self.rule = rule;
    }

    /// Lets a request through that fits and has nobody before it.
    ///
    /// # Errors
    /// How long it would have to wait, as far as that is known: others may be before it, and must end.
    pub(crate) fn pass(&mut self, now: Duration, tokens: Tokens) -> Result<Pass, Duration> {
        match self.wait(now, tokens) {
            None => Ok(self.let_in(tokens)),
            Some(wait) => Err(wait),
        }
    }

    /// Whether anybody is in line.
    pub(crate) fn is_waited_for(&self) -> bool {
        self.line.len() > 0
    }

    /// Whether it matters how many tokens requests use.
    pub(crate) fn counts_tokens(&self) -> bool {
        self.tokens.is_some()
    }

    /// How long a request would wait, as far as that is known; `None` if it can go now.
    pub(crate) fn wait(&mut self, now: Duration, tokens: Tokens) -> Option<Duration> {
        let now = self.at(now);
        match self.ready(now, tokens) {
            Ready::At(ready) if ready <= now && self.line.len() == 0 => None,
            Ready::At(ready) => Some(ready.saturating_sub(now)),
            Ready::Later => Some(Duration::ZERO),
        }
    }

    /// Puts a request in line.
    pub(crate) fn join(&mut self, tokens: Tokens, priority: Priority, waiter: T) -> Ticket {
        self.line.join(priority, (tokens, waiter))
    }

    /// Whoever waits no longer; `None` if it was let through before.
    pub(crate) fn leave(&mut self, ticket: Ticket) -> Option<T> {
        self.line.leave(ticket).map(|(_, waiter)| waiter)
    }

    /// The next of those in line that may go now.
    pub(crate) fn admit(&mut self, now: Duration) -> Option<(T, Pass)> {
        let now = self.at(now);
        let &(tokens, _) = self.line.first()?;
        if self.ready(now, tokens) > Ready::At(now) {
            return None;
        }
        let (tokens, waiter) = self.line.pop()?;
        Some((waiter, self.let_in(tokens)))
    }

    /// When to [admit](Self::admit) again if nothing else happens before; `None` if only that can help.
    pub(crate) fn next(&mut self, now: Duration) -> Option<Duration> {
        let now = self.at(now);
        let &(tokens, _) = self.line.first()?;
        match self.ready(now, tokens) {
            Ready::At(ready) => Some(ready),
            Ready::Later => None,
        }
    }

    /// The head of a request's response has come.
    pub(crate) fn reported(&mut self, now: Duration, pass: &Pass, report: Report) {
        let now = self.at(now);
        for (kind, level) in report.into_iter().enumerate() {
            let reported = &mut self.reported[kind];
            // Answers come in any order: the newest request's is the news.
            if reported
                .as_ref()
                .is_some_and(|bucket| !bucket.is_before(pass.serial))
            {
                continue;
            }
            if let Some(level) = level {
                let since = self.asked[kind] - pass.asked[kind];
                *reported = Some(Bucket::new(now, pass.serial, level, since));
            } else {
                // A limit that is no longer spoken of, after the time that it was stated for, is none.
                reported.take_if(|bucket| bucket.is_over(now));
            }
        }
    }

    /// The response has said how many tokens were used.
    pub(crate) fn settle(&mut self, now: Duration, pass: &mut Pass, used: u64) {
        let now = self.at(now);
        if let Some(window) = &mut self.tokens {
            // What nobody had expected was used just now, as far as anybody can tell.
            match used.checked_sub(pass.tokens) {
                Some(more) => window.spend(now, more),
                None => window.refund(now, pass.at, pass.tokens - used),
            }
        }
        pass.tokens = used;
    }

    /// The request never left.
    pub(crate) fn void(&mut self, now: Duration, pass: Pass) {
        let now = self.at(now);
        if let Some(window) = &mut self.requests {
            window.refund(now, pass.at, 1);
        }
        if let Some(window) = &mut self.tokens {
            window.refund(now, pass.at, pass.tokens);
        }
        self.end(pass);
    }

    /// The request is over.
    pub(crate) fn end(&mut self, _: Pass) {
        self.in_flight -= 1;
    }

    /// Whether nothing here is worth remembering.
    pub(crate) fn is_idle(&mut self, now: Duration) -> bool {
        let state = self.state(now);
        let now = self.now;
        let full = |bucket: &Bucket| bucket.is_full(now);
        let used = state.waiting + state.in_flight > 0 || state.requests + state.tokens > 0;
        !used && self.reported.iter().flatten().all(full)
    }

    pub(crate) fn state(&mut self, now: Duration) -> GateState {
        let now = self.at(now);
        let next = self.line.first().map(|(tokens, _)| *tokens);
        let ready = self.ready(now, next.unwrap_or_default());
        let used =
            |window: &mut Option<Window>| window.as_mut().map_or(0, |window| window.used(now));
        let (requests, tokens) = (used(&mut self.requests), used(&mut self.tokens));
        GateState {
            waiting: self.line.len(),
            in_flight: self.in_flight,
            requests,
            tokens,
            requests_left: self.left(self.requests.as_ref(), requests, &[Kind::Requests]),
            tokens_left: self.left(
                self.tokens.as_ref(),
                tokens,
                &[Kind::Tokens, Kind::InputTokens, Kind::OutputTokens],
            ),
            ready_in: match ready {
                Ready::At(ready) => ready.saturating_sub(now),
                Ready::Later => Duration::ZERO,
            },
        }
    }

    /// The least that any of the limits on something leaves.
    fn left(&self, window: Option<&Window>, used: u64, kinds: &[Kind]) -> Option<u64> {
        let own = window.map(|window| window.quota().saturating_sub(used));
        let reported = kinds
            .iter()
            .filter(|_| self.rule.follow_headers)
            .filter_map(|kind| self.reported[*kind as usize].as_ref())
            .map(|bucket| bucket.left(self.now));
        own.into_iter().chain(reported).min()
    }

    fn let_in(&mut self, tokens: Tokens) -> Pass {
        let now = self.now;
        self.serial += 1;
        self.in_flight += 1;
        let charged = match &mut self.tokens {
            Some(window) => tokens.total().min(window.quota()),
            None => 0,
        };
        if let Some(window) = &mut self.tokens {
            window.spend(now, charged);
        }
        if let Some(window) = &mut self.requests {
            window.spend(now, 1);
        }
        for (kind, need) in needs(tokens).into_iter().enumerate() {
            self.asked[kind] = self.asked[kind].saturating_add(need);
            if let Some(bucket) = &mut self.reported[kind] {
                bucket.spend(now, need);
            }
        }
        Pass {
            serial: self.serial,
            at: now,
            expected: tokens,
            tokens: charged,
            asked: self.asked,
        }
    }

    fn ready(&mut self, now: Duration, tokens: Tokens) -> Ready {
        let most = self.rule.concurrent_requests;
        if most.is_some_and(|most| self.in_flight >= most.get()) {
            return Ready::Later;
        }
        let mut ready = now;
        if let Some(window) = &mut self.requests {
            ready = ready.max(window.ready_at(now, 1));
        }
        if let Some(window) = &mut self.tokens {
            // A request that nothing is known of goes while anything is left.
            ready = ready.max(window.ready_at(now, tokens.total().max(1)));
        }
        if self.rule.follow_headers {
            for (bucket, need) in self.reported.iter().zip(needs(tokens)) {
                if let Some(bucket) = bucket {
                    ready = ready.max(bucket.ready_at(now, need.max(1)));
                }
            }
        }
        Ready::At(ready)
    }

    fn at(&mut self, now: Duration) -> Duration {
        self.now = self.now.max(now);
        self.now
    }
}

fn window(
    per_minute: Option<NonZeroU64>,
    span: Duration,
    before: Option<Window>,
) -> Option<Window> {
    let per_minute = per_minute?.get();
    Some(match before {
        Some(before) => before.changed(per_minute, span),
        None => Window::new(per_minute, span),
    })
}
