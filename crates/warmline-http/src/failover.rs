//! Sends a request to an endpoint of its client's, and to the next one where that cannot make a server do
//! the work twice.

use std::sync::Arc;

use crate::attempts::Tally;
use crate::error::{Error, Phase};
use crate::execute::{Answer, Journey};
use crate::gates::{self, is_the_places};
use crate::policy::health::HealthState;
use crate::redirect::Hop;
use crate::routes::{Route, Turn};
use crate::transport::{RequestBody, SendError};

/// Sends a hop where it leads, or, with a route, to the endpoint whose turn it is: `hop` then says which
/// that was.
pub(crate) async fn hop(
    journey: &Journey<'_>,
    route: Option<&Route>,
    hop: &mut Hop,
    body: RequestBody,
    tally: &mut Tally,
) -> Result<Box<Answer>, Error> {
    // Boxed: few clients have endpoints, and all requests would carry its place.
    if let Some(route) = route {
        return Box::pin(routed(journey, route, hop, body, tally)).await;
    }
    straight(journey, hop, body, tally).await
}

/// Sends a hop where it leads.
pub(crate) async fn straight(
    journey: &Journey<'_>,
    hop: &Hop,
    body: RequestBody,
    tally: &mut Tally,
) -> Result<Box<Answer>, Error> {
    let origin = &hop.target.origin;
    let result = gates::hop(journey, origin, hop, body, tally).await;
    match result {
        Ok(answer) => {
            tally.attempts = answer.facts.attempt;
            Ok(answer)
        }
        Err(SendError { mut error, .. }) => {
            tally.attempts = tally.attempts.max(error.attempt);
            error.attempt = tally.attempts;
            Err(error.with_origin(Arc::clone(origin)))
        }
    }
}

async fn routed(
    journey: &Journey<'_>,
    route: &Route,
    hop: &mut Hop,
    mut body: RequestBody,
    tally: &mut Tally,
) -> Result<Box<Answer>, Error> {
    let mut tried = out_of_question(journey, route, hop, tally);
    let mut failure = None;
    let ailing = ailing(journey, route);
    while let Some(mut turn) = route.routes.turn(route.key.as_deref(), &tried, &ailing) {
        tried.push(turn.index());
        hop.target = Arc::clone(&route.targets[turn.index()]);
        let place = route.routes.place(turn.index());
        tally.endpoint = Some(turn.index());
        let result = gates::hop(journey, place, hop, body, tally).await;
        let SendError { mut error, unsent } = match result {
            Ok(answer) => return Ok(answered(answer, turn, tally)),
            Err(failed) => failed,
        };
        tally.attempts = tally.attempts.max(error.attempt);
        error.attempt = tally.attempts;
        let error = error.with_origin(Arc::clone(&hop.target.origin));
        if !is_the_endpoints(&error) {
            return Err(error);
        }
        turn.failed();
        let again = match unsent {
            Some(body) if error.retryable => Some(*body),
            // RFC 9110 section 9.2.2: done twice, it is as if it were done once.
            _ if hop.method.is_idempotent() => hop.body.as_ref().and_then(RequestBody::replay),
            _ => None,
        };
        let Some(again) = again.filter(|_| route.routes.failover) else {
            return Err(error);
        };
        body = again;
        failure = Some(error);
    }
    Err(failure.unwrap_or_else(|| Error::new("WARMLINE_INTERNAL", Phase::Pool, "no endpoint")))
}

fn answered(mut answer: Box<Answer>, mut turn: Turn, tally: &mut Tally) -> Box<Answer> {
    turn.answered();
    tally.attempts = answer.facts.attempt;
    answer.busy.count_for(turn);
    answer
}

/// Endpoints that are not to be asked: those whose gates are closed, and those that did not serve this request
/// before; but never all of them. A client without fail-over sends a request again to where it was.
fn out_of_question(
    journey: &Journey<'_>,
    route: &Route,
    hop: &mut Hop,
    tally: &Tally,
) -> Vec<usize> {
    let all = 0..route.routes.count();
    let refused = &tally.refused;
    if let Some(last) = tally.endpoint
        && !route.routes.failover
    {
        return all.filter(|index| *index != last).collect();
    }
    if journey.gates().are_clear() && refused.is_empty() {
        return Vec::new();
    }
    let mut wait = |index: usize| {
        hop.target = Arc::clone(&route.targets[index]);
        journey.gates().wait(route.routes.place(index), hop)
    };
    let closed: Vec<usize> = all.clone().filter(|index| wait(*index).is_some()).collect();
    let out = |index: &usize| closed.contains(index) || refused.contains(index);
    if all.clone().any(|index| !out(&index)) {
        return all.filter(out).collect();
    }
    if closed.len() < all.len() {
        return closed;
    }
    // The one that opens first.
    let first = all.clone().min_by_key(|index| wait(*index));
    all.filter(|index| Some(*index) != first).collect()
}

/// Endpoints that do not do well.
fn ailing(journey: &Journey<'_>, route: &Route) -> Vec<usize> {
    let Some(health) = journey.gates().health() else {
        return Vec::new();
    };
    (0..route.routes.count())
        .filter(|index| health.state(route.routes.place(*index)) != HealthState::Healthy)
        .collect()
}

/// As [`is_the_places`]; a client that gives up sooner than others says nothing of the endpoint.
fn is_the_endpoints(error: &Error) -> bool {
    is_the_places(error) && error.code != "WARMLINE_TOTAL_TIMEOUT"
}
