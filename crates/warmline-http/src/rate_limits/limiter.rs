//! One gate, those who wait before it, and the timer that lets them through.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use http::{HeaderMap, StatusCode};
use tokio::runtime::Handle;
use tokio::sync::{Notify, oneshot};
use tokio::time::{sleep, timeout};
use warmline_pool::{Clock, MonotonicClock};

use crate::locked::locked;
use crate::policy::rate_limit::{
    self, Gate, GateState, Mode, Pass, Priority, RateLimit, Ticket, Tokens,
};

/// The gate before one origin, for one credential.
pub(crate) struct Limiter {
    state: Mutex<State>,
    clock: MonotonicClock,
    /// The timer is to ring sooner than it was set to.
    sooner: Notify,
    runtime: Handle,
}

struct State {
    gate: Gate<oneshot::Sender<Permit>>,
    mode: Mode,
    /// When the timer rings; `None` where there is none.
    rings: Option<Duration>,
}

/// A request that was let through. Dropped, it is over, or was none if it was never [sent](Self::sent).
pub(crate) struct Permit {
    limiter: Arc<Limiter>,
    /// Taken when this is dropped.
    pass: Option<Pass>,
    sent: bool,
}

/// A request that was not let through: how long it would have had to wait yet, as far as that is known.
#[derive(Debug)]
pub(crate) struct Refused(pub(crate) Duration);

/// A place in line, which is given up when this is dropped.
struct Waiting<'a> {
    limiter: &'a Arc<Limiter>,
    ticket: Ticket,
    turn: oneshot::Receiver<Permit>,
}

impl Limiter {
    /// To be called on the engine.
    pub(crate) fn new(rule: RateLimit) -> Self {
        Self {
            state: Mutex::new(State {
                mode: rule.mode,
                gate: Gate::new(rule),
                rings: None,
            }),
            clock: MonotonicClock::default(),
            sooner: Notify::new(),
            runtime: Handle::current(),
        }
    }

    /// Waits until a request may go. Dropped, it waits no longer.
    pub(crate) async fn enter(
        self: &Arc<Self>,
        tokens: Tokens,
        priority: Priority,
    ) -> Result<Permit, Refused> {
        let (mut waiting, most) = {
            let mut state = self.lock();
            match (state.gate.pass(self.clock.now(), tokens), state.mode) {
                (Ok(pass), _) => return Ok(self.permit(pass)),
                (Err(wait), Mode::Refuse) => return Err(Refused(wait)),
                (Err(_), Mode::Wait { most }) => {
                    let (sender, turn) = oneshot::channel();
                    let waiting = Waiting {
                        limiter: self,
                        ticket: state.gate.join(tokens, priority, sender),
                        turn,
                    };
                    self.go_on(state);
                    (waiting, most)
                }
            }
        };
        let turn = &mut waiting.turn;
        let permit = match most {
            None => turn.await.ok(),
            Some(most) => timeout(most, turn).await.ok().and_then(Result::ok),
        };
        permit.ok_or_else(|| Refused(self.state().ready_in))
    }

    /// Lets a request through that need not wait; `None` if it would have to.
    pub(crate) fn pass(self: &Arc<Self>, tokens: Tokens) -> Option<Permit> {
        let pass = self.lock().gate.pass(self.clock.now(), tokens).ok()?;
        Some(self.permit(pass))
    }

    /// The rule is another one from now on, for those in line, too.
    pub(crate) fn change(self: &Arc<Self>, rule: RateLimit) {
        let mut state = self.lock();
        state.mode = rule.mode;
        state.gate.change(rule);
        self.go_on(state);
    }

    pub(crate) fn state(&self) -> GateState {
        self.lock().gate.state(self.clock.now())
    }

    /// How long the next request would wait, as far as that is known; `None` if it can go now.
    pub(crate) fn wait(&self) -> Option<Duration> {
        self.lock().gate.wait(self.clock.now(), Tokens::default())
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.lock().gate.is_idle(self.clock.now())
    }

    fn permit(self: &Arc<Self>, pass: Pass) -> Permit {
        Permit {
            limiter: Arc::clone(self),
            pass: Some(pass),
            sent: false,
        }
    }

    /// Lets all through that may go now, and sets the timer for the next one.
    fn go_on(self: &Arc<Self>, mut state: MutexGuard<'_, State>) {
        if !state.gate.is_waited_for() {
            return;
        }
        let now = self.clock.now();
        let mut let_in = Vec::new();
        while let Some((sender, pass)) = state.gate.admit(now) {
            let_in.push((sender, self.permit(pass)));
        }
        // A timer that is left with nobody to ring for finds that out when it rings.
        if let Some(next) = state.gate.next(now) {
            match state.rings {
                None => {
                    self.runtime.spawn(Arc::clone(self).ring());
                }
                Some(rings) if next < rings => self.sooner.notify_one(),
                Some(_) => {}
            }
            state.rings = Some(next);
        }
        drop(state);
        for (sender, permit) in let_in {
            // If whoever waited went away just now, the permit goes back as it is dropped here.
            let _ = sender.send(permit);
        }
    }

    /// The timer, for as long as there is somebody whom time lets through.
    async fn ring(self: Arc<Self>) {
        loop {
            let wait = {
                let mut state = self.lock();
                let now = self.clock.now();
                state.rings = state.gate.next(now);
                match state.rings {
                    None => return,
                    Some(next) if next <= now => {
                        self.go_on(state);
                        continue;
                    }
                    Some(next) => next.saturating_sub(now),
                }
            };
            tokio::select! {
                () = sleep(wait) => {}
                () = self.sooner.notified() => {}
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        locked(&self.state)
    }
}

impl Permit {
    /// From here on the provider may count the request.
    pub(crate) fn sent(&mut self) {
        self.sent = true;
    }

    /// The provider has provably not looked at it.
    pub(crate) fn unsent(&mut self) {
        self.sent = false;
    }

    /// Whether it matters how many tokens are used.
    pub(crate) fn counts_tokens(&self) -> bool {
        self.limiter.lock().gate.counts_tokens()
    }

    /// What the request is expected to use.
    pub(crate) fn expected(&self) -> Tokens {
        self.pass.as_ref().map(Pass::expected).unwrap_or_default()
    }

    /// The head of the response has come.
    pub(crate) fn answered(&mut self, status: StatusCode, headers: &HeaderMap) {
        if let Some(pass) = &mut self.pass {
            let report = rate_limit::report(headers);
            let now = self.limiter.clock.now();
            let mut state = self.limiter.lock();
            state.gate.reported(now, pass, report);
            if !status.is_success() {
                // Nothing was generated.
                let input = pass.expected().input;
                state.gate.settle(now, pass, input);
            }
            self.limiter.go_on(state);
        }
    }

    /// The request is over, and has used so many tokens.
    pub(crate) fn settled(mut self, tokens: u64) {
        if let Some(pass) = &mut self.pass {
            let now = self.limiter.clock.now();
            self.limiter.lock().gate.settle(now, pass, tokens);
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some(pass) = self.pass.take() {
            let mut state = self.limiter.lock();
            if self.sent {
                state.gate.end(pass);
            } else {
                state.gate.void(self.limiter.clock.now(), pass);
            }
            self.limiter.go_on(state);
        }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut state = self.limiter.lock();
        if state.gate.leave(self.ticket).is_some() {
            self.limiter.go_on(state);
        }
    }
}
