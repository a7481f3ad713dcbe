//! Sends a request a second time where the first one is slow: the first good answer wins, and the other request
//! is stopped.

use std::mem;
use std::pin::{Pin, pin};
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
///
/// What few requests come to is boxed: all that may be sent a second time would carry its place.
pub(crate) async fn hop(
    journey: &Journey<'_>,
    options: &HedgeOptions,
    route: Option<&Route>,
    hop: &mut Hop,
    body: RequestBody,
    tally: &mut Tally,
) -> Result<Box<Answer>, Error> {
    let again = hop.body.as_ref().and_then(RequestBody::replay);
    let (Some(again), Some(standings)) = (again, journey.gates().standings()) else {
        return Box::pin(failover::hop(journey, route, hop, body, tally)).await;
    };
    standings.deposit_for_hedge();
    let watched = standings.paces().map(|paces| {
        let origin = Arc::clone(&hop.target.origin);
        (paces, origin, Instant::now())
    });
    let delay = match (options.delay, &watched) {
        (HedgeDelay::Fixed(delay), _) => Some(delay),
        (HedgeDelay::Usual { at_first, .. }, None) => at_first,
        (HedgeDelay::Usual { at_first, .. }, Some((paces, origin, _))) => {
            paces.usual(origin).or(at_first)
        }
    };
    let beside = tally.beside();
    let (result, second) = match delay {
        None => {
            let only = failover::hop(journey, route, hop, body, tally);
            (Box::pin(only).await, None)
        }
        Some(delay) if route.is_none() => {
            let hop = &*hop;
            let first = pin!(failover::straight(journey, hop, body, tally));
            // Few are sent: what it takes is not made before.
            let second = || Second::of(hop, beside, again);
            race(journey, delay, route, first, second).await
        }
        Some(delay) => {
            // The first one changes where its hop leads.
            let second = Second::of(hop, beside, again);
            let mut first = Box::pin(failover::hop(journey, route, hop, body, tally));
            race(journey, delay, route, first.as_mut(), || second).await
        }
    };
    if let Some(second) = second {
        *hop = second.hop;
        *tally = second.tally;
        if result.is_ok() {
            journey.counts(hop).hedge_won();
        }
    }
    if let (Some((paces, origin, begun)), Ok(answer)) = (watched, &result)
        && is_good(&result)
    {
        // Of a second request that was quicker, this is how long the first one took at least.
        paces.answered(&origin, answer.at - begun);
    }
    result
}

/// Waits for the first request, and sends the second one if that takes longer than `delay`. With the second one, if
/// the result is its.
async fn race(
    journey: &Journey<'_>,
    delay: Duration,
    route: Option<&Route>,
    mut first: Pin<&mut impl Future<Output = Result<Box<Answer>, Error>>>,
    second: impl FnOnce() -> Second,
) -> (Result<Box<Answer>, Error>, Option<Box<Second>>) {
    tokio::select! {
        biased;
        result = &mut first => return (result, None),
        () = sleep(delay) => {}
    }
    let standings = journey.gates().standings();
    if !standings.is_some_and(|standings| standings.afford_hedge()) {
        return (first.await, None);
    }
    // Boxed: few requests are sent a second time, and all that may be would carry its place.
    Box::pin(both(journey, route, first, second())).await
}

/// Sends the second request beside the first one.
async fn both(
    journey: &Journey<'_>,
    route: Option<&Route>,
    mut first: Pin<&mut impl Future<Output = Result<Box<Answer>, Error>>>,
    mut second: Second,
) -> (Result<Box<Answer>, Error>, Option<Box<Second>>) {
    journey.counts(&second.hop).hedged();
    let body = mem::replace(&mut second.body, RequestBody::Empty);
    let (result, is_second) = {
        let mut other = pin!(failover::hop(
            journey,
            route,
            &mut second.hop,
            body,
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
    (result, is_second.then(|| Box::new(second)))
}

impl Second {
    fn of(hop: &Hop, tally: Tally, body: RequestBody) -> Self {
        Self {
            hop: Hop {
                method: hop.method.clone(),
                target: Arc::clone(&hop.target),
                headers: hop.headers.clone(),
                body: body.replay(),
            },
            body,
            tally,
        }
    }
}

/// Whether there is no better answer to wait for.
fn is_good(result: &Result<Box<Answer>, Error>) -> bool {
    result.as_ref().is_ok_and(|answer| {
        let status = answer.head.status;
        !status.is_server_error()
            && !matches!(
                status,
                StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS
            )
    })
}
