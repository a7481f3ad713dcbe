//! Sends a request to an endpoint of its client's, and to the next one where that cannot make a server do
//! the work twice.

use std::sync::Arc;

use crate::error::{Error, Phase};
use crate::execute::{Answer, Journey};
use crate::redirect::Hop;
use crate::routes::Route;
use crate::transport::{RequestBody, SendError};

/// Sends a hop where it leads, or, with a route, to the endpoint whose turn it is: `hop` then says which
/// that was.
pub(crate) async fn hop(
    journey: &Journey<'_>,
    route: Option<Route>,
    hop: &mut Hop,
    body: RequestBody,
) -> Result<Answer, Error> {
    match route {
        // Boxed: few clients have endpoints, and all requests would carry its place.
        Some(route) => Box::pin(routed(journey, &route, hop, body)).await,
        None => journey
            .hop(hop, body, 0)
            .await
            .map_err(|failed| failed.error.with_origin(Arc::clone(&hop.target.origin))),
    }
}

async fn routed(
    journey: &Journey<'_>,
    route: &Route,
    hop: &mut Hop,
    mut body: RequestBody,
) -> Result<Answer, Error> {
    let mut tried = Vec::new();
    let mut attempts = 0;
    let mut failure = None;
    while let Some(mut turn) = route.routes.turn(route.key.as_deref(), &tried) {
        tried.push(turn.index());
        hop.target = Arc::clone(&route.targets[turn.index()]);
        let SendError { mut error, unsent } = match journey.hop(hop, body, attempts).await {
            Ok(mut answer) => {
                turn.answered();
                answer.busy.count_for(turn);
                return Ok(answer);
            }
            Err(failed) => failed,
        };
        attempts = attempts.max(error.attempt);
        error.attempt = attempts;
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

/// Whether an error says something of the endpoint, rather than of this process, the request or the
/// caller's patience.
fn is_the_endpoints(error: &Error) -> bool {
    match error.phase {
        Phase::Dns | Phase::Connect | Phase::Tls => !matches!(
            error.code.as_ref(),
            "EMFILE" | "ENFILE" | "ENOMEM" | "WARMLINE_ENGINE"
        ),
        Phase::Send | Phase::Headers => !matches!(
            error.code.as_ref(),
            "WARMLINE_REQUEST_BODY"
                | "UND_ERR_REQ_CONTENT_LENGTH_MISMATCH"
                | "WARMLINE_TOTAL_TIMEOUT"
        ),
        Phase::Pool | Phase::Body => false,
    }
}
