//! What a request has to pass before it is put on a connection, and what is made of its outcome: the pauses that
//! servers have asked for, and the breaker of the place that it goes to.

use std::sync::Arc;
use std::time::Duration;

use crate::attempts::Tally;
use crate::cooldowns::{self, TooLong};
use crate::error::{Error, Phase};
use crate::execute::{Answer, Journey};
use crate::redirect::Hop;
use crate::standing::{Refused, Standings, Trial};
use crate::transport::{RequestBody, SendError};

/// The gates of a client.
pub(crate) struct Gates {
    /// `None` without breakers and budgets.
    standings: Option<Arc<Standings>>,
    /// The longest pause that is waited for; `None` for none at all.
    cooldown: Option<Duration>,
}

impl Gates {
    pub(crate) fn new(standings: Option<Arc<Standings>>, cooldown: Option<Duration>) -> Self {
        Self {
            standings,
            cooldown,
        }
    }

    pub(crate) fn standings(&self) -> Option<&Arc<Standings>> {
        self.standings.as_ref()
    }

    /// How long a request could not go to a place; `None` if it can now.
    pub(crate) fn wait(&self, place: &str, hop: &Hop) -> Option<Duration> {
        let broken = self.standings.as_ref().and_then(|all| all.wait(place));
        let pause = self.cooldown.map_or(Duration::ZERO, |longest| {
            let left = cooldowns::left(hop);
            if left > longest { Duration::ZERO } else { left }
        });
        broken.max(Some(pause).filter(|pause| !pause.is_zero()))
    }

    /// Whether there may be any who have to wait.
    pub(crate) fn are_clear(&self) -> bool {
        self.standings.is_none() && (self.cooldown.is_none() || cooldowns::are_clear())
    }
}

/// Sends a hop's request to a place, its origin or its endpoint, once the gates let it.
pub(crate) async fn hop(
    journey: &Journey<'_>,
    place: &Arc<str>,
    hop: &Hop,
    body: RequestBody,
    tally: &Tally,
) -> Result<Answer, SendError> {
    let gates = journey.gates();
    if let Some(longest) = gates.cooldown
        && !cooldowns::are_clear()
    {
        // Boxed: few requests wait so, and all would carry its place.
        let waiting = Box::pin(cooldowns::wait(hop, longest, journey.patience()));
        if let Err(TooLong(wait)) = waiting.await {
            return Err(held_up(cooling_down(wait), body));
        }
    }
    let trial = match &gates.standings {
        None => None,
        Some(standings) => match standings.admit(place, tally.is_fresh()) {
            Ok(trial) => Some(trial),
            Err(Refused(wait)) => return Err(held_up(circuit_open(place, wait), body)),
        },
    };
    let result = journey.hop(hop, body, tally.attempts).await;
    if let (Some(_), Ok(answer)) = (gates.cooldown, &result) {
        cooldowns::learn(hop, answer.head.status, &answer.head.headers);
    }
    if let Some(trial) = trial {
        judge(trial, &result);
    }
    result
}

/// Time-outs and the server's own errors count against a place; what was wrong with the request does not.
fn judge(trial: Trial, result: &Result<Answer, SendError>) {
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
    match error.phase {
        Phase::Dns | Phase::Connect | Phase::Tls => !matches!(
            error.code.as_ref(),
            "EMFILE" | "ENFILE" | "ENOMEM" | "WARMLINE_ENGINE"
        ),
        Phase::Send | Phase::Headers => !matches!(
            error.code.as_ref(),
            "WARMLINE_REQUEST_BODY" | "UND_ERR_REQ_CONTENT_LENGTH_MISMATCH"
        ),
        Phase::Pool | Phase::Body => false,
    }
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
