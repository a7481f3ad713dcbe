//! How many requests and tokens go to one provider under one key: a state machine that sends nothing and reads
//! no clock.
//!
//! ```text
//!              it fits, and nobody waits
//!    enter ------------------------------------> Pass --- reported, settle, void ---> end
//!      |                                          ^
//!      |  it does not                             |  its turn has come, and it fits
//!      +----------------> in line ----------------+
//!                            |
//!                            +---- leave
//! ```
//! Three things have to allow a request: the user's own limits, over a sliding [window]; what the provider has
//! said of its limits, continued as the [bucket] that providers say they keep; and the requests that may be under
//! way at once. Whoever is first in [line] goes next and nobody overtakes, so that a large request is not
//! kept waiting by small ones.
//!
//! The arithmetic is not `governor`'s: its one word of state (GCRA) lets twice the quota through within a
//! window, a full bucket and what flows in meanwhile; it cannot take back what was estimated too high, nor
//! begin from what a provider says is left.

mod bucket;
mod estimate;
mod headers;
mod line;
mod window;

use std::num::{NonZeroU64, NonZeroUsize};
use std::time::Duration;

use bucket::Bucket;
pub(crate) use estimate::estimate;
pub(crate) use headers::report;
use line::Line;
pub use line::Priority;
pub(crate) use line::Ticket;
use window::Window;

/// The limits of requests to one origin with one credential.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RateLimit {
    /// Default: none.
    pub requests_per_minute: Option<NonZeroU64>,
    /// Of the prompt and of the answer together. Default: none.
    pub tokens_per_minute: Option<NonZeroU64>,
    /// Requests under way, responses that are still read included. Default: none.
    pub concurrent_requests: Option<NonZeroUsize>,
    /// What the limits per minute are counted over: of each span of this length, they allow their part.
    /// Default 60 s.
    pub window: Duration,
    /// Whether requests also wait for what the provider's own headers say. Default true.
    pub follow_headers: bool,
    /// Default: requests wait.
    pub mode: Mode,
}

/// What becomes of a request that does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// It waits its turn, at most for so long; `None` leaves that to the request's own deadline.
    Wait {
        /// The most.
        most: Option<Duration>,
    },
    /// It fails at once.
    Refuse,
}

impl Default for RateLimit {
    fn default() -> Self {
        Self {
            requests_per_minute: None,
            tokens_per_minute: None,
            concurrent_requests: None,
            window: Duration::from_secs(60),
            follow_headers: true,
            mode: Mode::Wait { most: None },
        }
    }
}

/// What a request is expected to use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tokens {
    pub(crate) input: u64,
    pub(crate) output: u64,
}

impl Tokens {
    fn total(self) -> u64 {
        self.input.saturating_add(self.output)
    }
}

/// One of a provider's limits, as a response's head states it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Level {
    pub(crate) limit: Option<u64>,
    pub(crate) remaining: u64,
    /// Until nothing of the limit is used.
    pub(crate) full_in: Option<Duration>,
}

/// What a response's head says of a provider's limits.
pub(crate) type Report = [Option<Level>; KINDS];

/// The limits that providers state, by their place in a [`Report`].
#[derive(Clone, Copy)]
enum Kind {
    Requests,
    Tokens,
    InputTokens,
    OutputTokens,
}

const KINDS: usize = 4;

/// What a request takes of each of them. Output is used as it comes: a request can go while any is left.
fn needs(tokens: Tokens) -> [u64; KINDS] {
    let mut needs = [0; KINDS];
    needs[Kind::Requests as usize] = 1;
    needs[Kind::Tokens as usize] = tokens.total();
    needs[Kind::InputTokens as usize] = tokens.input;
    needs[Kind::OutputTokens as usize] = 0;
    needs
}

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
            // Answers come in any order: the newest request's is the news.
            let is_news = self.reported[kind]
                .as_ref()
                .is_none_or(|bucket| bucket.is_before(pass.serial));
            if let Some(level) = level
                && is_news
            {
                let since = self.asked[kind] - pass.asked[kind];
                self.reported[kind] = Some(Bucket::new(now, pass.serial, level, since));
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

#[cfg(test)]
mod tests;
