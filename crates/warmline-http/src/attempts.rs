//! Sends a request again where the client's policy says so: after a status that is worth another try, or a
//! failure that cannot have made the server do the work, or that may.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_lc_rs::rand;
use http::{HeaderName, HeaderValue};
use tokio::time::sleep;

use crate::error::Error;
use crate::execute::{Answer, Journey};
use crate::failover;
use crate::hedging;
use crate::policy::retry::RetryOptions;
use crate::redirect::Hop;
use crate::routes::Route;
use crate::transport::RequestBody;

/// By this a server knows a repetition for one (draft-ietf-httpapi-idempotency-key-header).
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// What a request has come to so far.
#[derive(Default)]
pub(crate) struct Tally {
    /// How often the hop was put on a connection.
    pub(crate) attempts: u32,
    /// Which endpoint it was sent to last, if it has any.
    pub(crate) endpoint: Option<usize>,
    /// Endpoints that did not serve it.
    pub(crate) refused: Vec<usize>,
    /// How often it was sent again, over all hops.
    retries: u32,
    /// It was sent already, and this is beside that.
    is_hedge: bool,
}

impl Tally {
    /// A redirect leads on.
    pub(crate) fn begin_hop(&mut self) {
        *self = Self {
            retries: self.retries,
            ..Self::default()
        };
    }

    /// Of the same request, sent a second time beside the first.
    pub(crate) fn beside(&self) -> Self {
        Self {
            attempts: self.attempts + 1,
            endpoint: self.endpoint,
            refused: self.refused.clone(),
            retries: self.retries,
            is_hedge: true,
        }
    }

    /// Whether this is the first that the place hears of the request.
    pub(crate) fn is_fresh(&self) -> bool {
        self.retries == 0 && !self.is_hedge
    }

    fn begin_retry(&mut self) {
        self.retries += 1;
        // A try that found no connection was one, too, now that there are several.
        self.attempts = self.attempts.max(self.retries);
    }
}

/// Gives a request what it takes to be sent again, if it may be.
pub(crate) fn prepare(journey: &Journey<'_>, hop: &mut Hop) {
    let keyed = journey.retry().is_some_and(|retry| retry.idempotency_key);
    if keyed
        && !is_repeatable(hop)
        && let Some(key) = new_key()
    {
        hop.headers.insert(IDEMPOTENCY_KEY, key);
    }
}

/// Sends a hop, as often as its outcome is worth another try.
pub(crate) async fn hop(
    journey: &Journey<'_>,
    route: Option<Route>,
    hop: &mut Hop,
    mut body: RequestBody,
    tally: &mut Tally,
) -> Result<Box<Answer>, Error> {
    loop {
        let mut result = match journey.hedge() {
            Some(hedge) => hedging::hop(journey, hedge, route.as_ref(), hop, body, tally).await,
            None => failover::hop(journey, route.as_ref(), hop, body, tally).await,
        };
        let Some(retry) = journey.retry() else {
            return result;
        };
        let wait = wait(retry, hop, tally, &result);
        let again = wait.and_then(|_| hop.body.as_ref()?.replay());
        let worth_it = wait.filter(|wait| is_worth_it(journey, route.as_ref(), hop, tally, *wait));
        let (Some(again), Some(wait)) = (again, worth_it) else {
            if let Err(error) = &mut result
                && tally.retries > 0
            {
                error.attempt = error.attempt.max(tally.retries + 1);
            }
            return result;
        };
        if let Ok(answer) = result {
            tally.refused.extend(answer.busy.endpoint());
            answer.forgo(journey, Arc::clone(&hop.target.origin));
        }
        tally.begin_retry();
        journey.counts(hop).retried();
        body = again;
        // Boxed: few requests wait so, and all would carry its place.
        Box::pin(sleep(wait)).await;
    }
}

/// How long to wait before it is sent again, if its outcome calls for that.
fn wait(
    retry: &RetryOptions,
    hop: &Hop,
    tally: &Tally,
    result: &Result<Box<Answer>, Error>,
) -> Option<Duration> {
    match result {
        Ok(answer) if !retry.may_follow(answer.head.status) => None,
        Ok(answer) => retry.after_response(
            tally.retries,
            answer.head.status,
            &answer.head.headers,
            SystemTime::now(),
            fastrand::f64(),
        ),
        Err(error) => {
            retry.after_failure(tally.retries, error, is_repeatable(hop), fastrand::f64())
        }
    }
}

/// Whether there would be time for it, somebody to ask, and a retry left to spend. What came back so far is
/// better than a wait that ends in an error of our own.
fn is_worth_it(
    journey: &Journey<'_>,
    route: Option<&Route>,
    hop: &Hop,
    tally: &Tally,
    wait: Duration,
) -> bool {
    if journey.patience().is_some_and(|patience| wait >= patience) {
        return false;
    }
    let Some(standings) = journey.gates().standings() else {
        return true;
    };
    if let (Some(route), Some(last)) = (route, tally.endpoint) {
        // If that one is broken, another one may serve it.
        return standings.afford(route.routes.place(last));
    }
    let origin = &hop.target.origin;
    let broken = standings.wait(origin).is_some_and(|open| open > wait);
    !broken && standings.afford(origin)
}

/// Whether the server does not mind to be asked twice: by the method (RFC 9110 section 9.2.2), or because it
/// knows the second time for what it is.
fn is_repeatable(hop: &Hop) -> bool {
    hop.method.is_idempotent() || hop.headers.contains_key(IDEMPOTENCY_KEY)
}

/// 128 random bits; `None` from a system that has none to give: the request is then not repeatable.
fn new_key() -> Option<HeaderValue> {
    let mut random = [0; 16];
    rand::fill(&mut random).ok()?;
    HeaderValue::from_str(&format!("{:032x}", u128::from_be_bytes(random))).ok()
}
