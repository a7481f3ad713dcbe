//! What a request has to pass before it is put on a connection, and what is made of its outcome: the pauses that
//! servers have asked for, the rate limit of its origin and key, and the breaker of the place that it goes to.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use crate::attempts::Tally;
use crate::cooldowns::{self, TooLong};
use crate::error::{Error, Phase};
use crate::execute::{Answer, Journey};
use crate::healths::Healths;
use crate::policy::health::HealthOptions;
use crate::policy::rate_limit::{self, Tokens};
use crate::rate_limits::{Limiter, Permit, Rates, Refused};
use crate::redirect::Hop;
use crate::standing::{Refused as Broken, Standings, Trial};
use crate::transport::{RequestBody, SendError};

/// The gates of a client.
pub(crate) struct Gates {
    /// `None` without breakers and budgets.
    standings: Option<Arc<Standings>>,
    /// The longest pause that is waited for; `None` for none at all.
    cooldown: Option<Duration>,
    rates: Arc<Rates>,
    health: Option<Arc<Healths>>,
}

impl Gates {
    pub(crate) fn new(
        standings: Option<Arc<Standings>>,
        cooldown: Option<Duration>,
        rates: Arc<Rates>,
        health: Option<HealthOptions>,
    ) -> Self {
        Self {
            standings,
            cooldown,
            rates,
            health: health.map(Healths::of),
        }
    }

    /// How places do; `None` if nobody looks.
    pub(crate) fn health(&self) -> Option<&Arc<Healths>> {
        self.health.as_ref()
    }

    pub(crate) fn standings(&self) -> Option<&Arc<Standings>> {
        self.standings.as_ref()
    }

    /// How long a request could not go to a place; `None` if it can now.
    pub(crate) fn wait(&self, place: &str, hop: &Hop) -> Option<Duration> {
        let broken = self.standings.as_ref().and_then(|all| all.wait(place));
        let limited = self.rates.wait(hop);
        let pause = Some(self.pause(hop)).filter(|pause| !pause.is_zero());
        broken.max(pause).max(limited)
    }

    /// What is left of the pause that a request has to keep to.
    fn pause(&self, hop: &Hop) -> Duration {
        self.cooldown.map_or(Duration::ZERO, |longest| {
            let left = cooldowns::left(hop);
            if left > longest { Duration::ZERO } else { left }
        })
    }

    /// Waits for the end of a pause that holds for the request.
    async fn cool_down(&self, journey: &Journey<'_>, hop: &Hop) -> Result<(), Error> {
        let Some(longest) = self.cooldown else {
            return Ok(());
        };
        if cooldowns::are_clear() {
            return Ok(());
        }
        if !self.pause(hop).is_zero() {
            journey.counts(hop).cools_down();
        }
        let waited = cooldowns::wait(hop, longest, journey.patience()).await;
        waited.map_err(|TooLong(wait)| cooling_down(wait))
    }

    /// Waits until a rate limit has a place for the request.
    async fn take_turn(
        &self,
        journey: &Journey<'_>,
        gate: &Arc<Limiter>,
        hop: &Hop,
        tokens: Tokens,
    ) -> Result<Permit, Error> {
        loop {
            self.cool_down(journey, hop).await?;
            let entering = gate.enter(tokens, journey.priority);
            let entered = match journey.patience() {
                None => entering.await,
                Some(patience) => timeout(patience, entering)
                    .await
                    .map_err(|_| journey.total_timeout(Phase::Pool))?,
            };
            let permit = entered.map_err(|Refused(wait)| rate_limited(wait))?;
            // Has a pause begun while it stood in line, it goes back to the end of that, uncharged.
            if self.pause(hop).is_zero() {
                return Ok(permit);
            }
        }
    }

    /// Whether there may be any who have to wait.
    pub(crate) fn are_clear(&self) -> bool {
        self.standings.is_none()
            && (self.cooldown.is_none() || cooldowns::are_clear())
            && self.rates.are_none()
    }
}

/// Sends a hop's request to a place, its origin or its endpoint, once the gates let it.
pub(crate) async fn hop(
    journey: &Journey<'_>,
    place: &Arc<str>,
    hop: &Hop,
    body: RequestBody,
    tally: &Tally,
) -> Result<Box<Answer>, SendError> {
    let gates = journey.gates();
    // Boxed: few requests wait in these, and all would carry their places.
    let may_pause = gates.cooldown.is_some() && !cooldowns::are_clear();
    let mut permit = match gates.rates.gate(hop) {
        None => {
            if may_pause {
                let waiting = Box::pin(gates.cool_down(journey, hop));
                if let Err(error) = waiting.await {
                    return Err(held_up(error, body));
                }
            }
            None
        }
        Some(gate) => {
            let tokens = expected(&body);
            let at_once = if may_pause { None } else { gate.pass(tokens) };
            let permit = match at_once {
                Some(permit) => permit,
                None => match Box::pin(gates.take_turn(journey, &gate, hop, tokens)).await {
                    Ok(permit) => permit,
                    Err(error) => return Err(held_up(error, body)),
                },
            };
            Some(Box::new(permit))
        }
    };
    let trial = match &gates.standings {
        None => None,
        Some(standings) => match standings.admit(place, tally.is_fresh()) {
            Ok(trial) => Some(trial),
            Err(Broken(wait)) => return Err(held_up(circuit_open(place, wait), body)),
        },
    };
    if let Some(permit) = &mut permit {
        permit.sent();
    }
    let begun = gates.health.as_ref().map(|_| Instant::now());
    let mut result = journey.hop(hop, body, tally.attempts).await;
    if let (Some(health), Some(begun)) = (&gates.health, begun) {
        match &result {
            Ok(answer) => health.answered(place, answer.head.status, answer.at - begun),
            Err(failed) if is_the_places(&failed.error) => health.failed(place, &failed.error.code),
            Err(_) => {}
        }
    }
    if let (Some(_), Ok(answer)) = (gates.cooldown, &result) {
        cooldowns::learn(hop, answer.head.status, &answer.head.headers);
    }
    if let Some(trial) = trial {
        judge(trial, &result);
    }
    if let Some(mut permit) = permit {
        match &mut result {
            Ok(answer) => {
                permit.answered(answer.head.status, &answer.head.headers);
                answer.permit = Some(permit);
            }
            Err(failed) if failed.error.retryable => permit.unsent(),
            Err(_) => {}
        }
    }
    result
}

/// Time-outs and the server's own errors count against a place; what was wrong with the request does not.
fn judge(trial: Trial, result: &Result<Box<Answer>, SendError>) {
    match result {
        Ok(answer) if answer.head.status.is_server_error() => trial.failed(),
        Ok(_) => trial.succeeded(),
        Err(failed) if is_the_places(&failed.error) => trial.failed(),
        // Nothing was learnt of it.
        Err(_) => drop(trial),
    }
}

/// Whether an error says something of whoever was asked, rather than of this process, the request or the
/// caller's patience.
pub(crate) fn is_the_places(error: &Error) -> bool {
    if error.is_a_defect() {
        return false;
    }
    match error.phase {
        Phase::Dns | Phase::Connect | Phase::Tls => {
            !matches!(error.code.as_ref(), "EMFILE" | "ENFILE" | "ENOMEM")
        }
        Phase::Send | Phase::Headers => !matches!(
            error.code.as_ref(),
            "WARMLINE_REQUEST_BODY" | "UND_ERR_REQ_CONTENT_LENGTH_MISMATCH"
        ),
        Phase::Pool | Phase::Body => false,
    }
}

/// The tokens that a request will use, as far as is known of its body.
fn expected(body: &RequestBody) -> Tokens {
    match body {
        RequestBody::Full(bytes) => rate_limit::estimate(bytes),
        _ => Tokens::default(),
    }
}

fn rate_limited(wait: Duration) -> Error {
    let message = "the rate limit for this origin and key is used up";
    not_before(
        wait,
        Error::new("WARMLINE_RATE_LIMITED", Phase::Pool, message),
    )
}

fn held_up(error: Error, body: RequestBody) -> SendError {
    let unsent = Some(Box::new(body));
    SendError { error, unsent }
}

fn circuit_open(place: &str, wait: Duration) -> Error {
    let message = format!("the circuit breaker of {place} is open: too many requests failed there");
    not_before(
        wait,
        Error::new("WARMLINE_CIRCUIT_OPEN", Phase::Pool, message),
    )
}

fn cooling_down(wait: Duration) -> Error {
    let message = "the server asked for a longer pause than this request can wait for";
    not_before(
        wait,
        Error::new("WARMLINE_COOLING_DOWN", Phase::Pool, message),
    )
}

fn not_before(wait: Duration, mut error: Error) -> Error {
    error.retryable = true;
    error.facts.get_or_insert_default().retry_after = Some(wait);
    error
}
