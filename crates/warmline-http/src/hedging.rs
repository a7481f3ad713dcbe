//! Sends a request a second time where the first one is slow: the first good answer wins, and the other request
//! is stopped.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use tokio::time::{Instant, sleep};

use crate::attempts::Tally;
use crate::error::Error;
use crate::execute::{Answer, Journey};
use crate::failover;
use crate::policy::budget::BudgetOptions;
use crate::redirect::Hop;
use crate::routes::Route;
use crate::transport::RequestBody;

/// When requests are sent a second time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HedgeOptions {
    /// How long there has to be no answer.
    pub delay: HedgeDelay,
    /// How much load that may add.
    pub budget: BudgetOptions,
}

/// How long the first request has time to be answered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum HedgeDelay {
    /// So long.
    Fixed(Duration),
    /// As long as a part of the origin's answers of late took at most.
    Usual {
        /// That part, from 0 to 1.
        quantile: f64,
        /// So long while too few answers are known; `None` sends no second request then.
        at_first: Option<Duration>,
    },
}

impl HedgeDelay {
    pub(crate) fn quantile(self) -> Option<f64> {
        match self {
            Self::Fixed(_) => None,
            Self::Usual { quantile, .. } => Some(quantile),
        }
    }
}

/// The second of two requests.
struct Second {
    hop: Hop,
    body: RequestBody,
    tally: Tally,
}

/// Sends a hop, and a second time if that takes too long; `hop` and `tally` are then of whichever was answered.
pub(crate) async fn hop(
    journey: &Journey<'_>,
    options: &HedgeOptions,
    route: Option<&Route>,
    hop: &mut Hop,
    body: RequestBody,
    tally: &mut Tally,
) -> Result<Answer, Error> {
    let (Some(second), Some(standings)) = (Second::of(hop, tally), journey.gates().standings())
    else {
        return failover::hop(journey, route, hop, body, tally).await;
    };
    standings.deposit_for_hedge();
    let paces = standings.paces();
    let origin = paces.map(|_| Arc::clone(&hop.target.origin));
    let delay = match options.delay {
        HedgeDelay::Fixed(delay) => Some(delay),
        HedgeDelay::Usual { at_first, .. } => paces
            .and_then(|paces| paces.usual(&hop.target.origin))
            .or(at_first),
    };
    let begun = Instant::now();
    let result = match delay {
        Some(delay) => race(journey, delay, route, hop, body, tally, second).await,
        None => failover::hop(journey, route, hop, body, tally).await,
    };
    if let (Some(paces), Some(origin), true) = (paces, origin, is_good(&result)) {
        // Of a second request that was quicker, this is how long the first one took at least.
        paces.answered(&origin, begun.elapsed());
    }
    result
}

/// Sends a hop, and the second one if the first takes longer than `delay`.
async fn race(
    journey: &Journey<'_>,
    delay: Duration,
    route: Option<&Route>,
    hop: &mut Hop,
    body: RequestBody,
    tally: &mut Tally,
    mut second: Second,
) -> Result<Answer, Error> {
    let (result, is_second) = {
        let first = failover::hop(journey, route, hop, body, tally);
        tokio::pin!(first);
        tokio::select! {
            biased;
            result = &mut first => return result,
            () = sleep(delay) => {}
        }
        let standings = journey.gates().standings();
        if !standings.is_some_and(|standings| standings.afford_hedge()) {
            return first.await;
        }
        journey.counts(&second.hop).hedged();
        // Boxed: few requests are sent a second time, and all that may be would carry its place.
        let mut other = Box::pin(failover::hop(
            journey,
            route,
            &mut second.hop,
            second.body,
            &mut second.tally,
        ));
        let (result, is_second) = tokio::select! {
            biased;
            result = &mut first => (result, false),
            result = &mut other => (result, true),
        };
        if is_good(&result) {
            (result, is_second)
        } else {
            // The one that is still under way may do better.
            let rest = if is_second { first.await } else { other.await };
            if is_good(&rest) || result.is_err() && rest.is_ok() {
                (rest, !is_second)
            } else {
                (result, is_second)
            }
        }
    };
    if is_second {
        *hop = second.hop;
        *tally = second.tally;
        if result.is_ok() {
            journey.counts(hop).hedge_won();
        }
    }
    result
}

impl Second {
    /// `None` for a request that can be sent only once.
    fn of(hop: &Hop, tally: &Tally) -> Option<Self> {
        let replay = || hop.body.as_ref().and_then(RequestBody::replay);
        Some(Self {
            body: replay()?,
            hop: Hop {
                method: hop.method.clone(),
                target: Arc::clone(&hop.target),
                headers: hop.headers.clone(),
                body: replay(),
            },
            tally: tally.beside(),
        })
    }
}

/// Whether there is no better answer to wait for.
fn is_good(result: &Result<Answer, Error>) -> bool {
    result.as_ref().is_ok_and(|answer| {
        let status = answer.head.status;
        !status.is_server_error()
            && !matches!(
                status,
                StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS
            )
    })
}
