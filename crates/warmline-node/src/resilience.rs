//! When a client sends again, and when it does not send at all, as JavaScript says and sees it.

use std::sync::Arc;

use napi::Status;
use napi::bindgen_prelude::Function;
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi_derive::napi;
use warmline_http::{
    BreakerOptions, BreakerStatus, BudgetOptions, Exception, HedgeDelay, HedgeOptions,
    RetryOptions, cooldowns, watch_breakers,
};

use crate::clients;
use crate::durations::{duration, duration_or, millis};
use crate::error::to_napi;

/// When requests are sent again. TypeScript has checked it; what is left out has the engine's default.
#[napi(object)]
pub struct RetrySettings {
    pub attempts: Option<u32>,
    /// Milliseconds, as all durations here.
    pub backoff_factor: Option<u32>,
    pub backoff_max_delay: Option<u32>,
    pub status_codes: Option<Vec<u32>>,
    /// Names of kinds of failures, and codes.
    pub exceptions: Option<Vec<String>>,
    pub idempotency_key: Option<bool>,
    /// False takes as many retries as they come to.
    pub budgeted: bool,
    pub budget_ratio: Option<f64>,
    pub budget_reserve: Option<u32>,
}

/// When a place that fails is not asked.
#[napi(object)]
pub struct BreakerSettings {
    pub failure_threshold: Option<u32>,
    pub recovery_timeout: Option<u32>,
    pub failure_rate: Option<f64>,
    pub minimum_requests: Option<u32>,
    pub window: Option<u32>,
    pub half_open_requests: Option<u32>,
    pub monitored: bool,
}

pub(crate) fn retry(settings: RetrySettings) -> RetryOptions {
    let defaults = RetryOptions::default();
    let budget = BudgetOptions::default();
    RetryOptions {
        attempts: settings.attempts.unwrap_or(defaults.attempts),
        backoff_factor: duration_or(settings.backoff_factor, defaults.backoff_factor),
        backoff_max_delay: duration_or(settings.backoff_max_delay, defaults.backoff_max_delay),
        statuses: settings.status_codes.map_or(defaults.statuses, |codes| {
            let statuses = codes.into_iter().filter_map(|code| code.try_into().ok());
            statuses.collect()
        }),
        exceptions: settings.exceptions.map_or(defaults.exceptions, |names| {
            names.iter().map(|name| Exception::named(name)).collect()
        }),
        budget: settings.budgeted.then(|| BudgetOptions {
            ratio: settings.budget_ratio.unwrap_or(budget.ratio),
            reserve: settings.budget_reserve.unwrap_or(budget.reserve),
        }),
        idempotency_key: settings.idempotency_key.unwrap_or(defaults.idempotency_key),
    }
}

/// When requests are sent a second time beside the first.
#[napi(object)]
pub struct HedgeSettings {
    /// With a quantile, only until enough answers are known.
    pub delay: Option<u32>,
    pub quantile: Option<f64>,
    pub budget_ratio: f64,
    pub budget_reserve: u32,
}

pub(crate) fn hedge(settings: &HedgeSettings) -> HedgeOptions {
    let delay = settings.delay.map(duration);
    HedgeOptions {
        delay: match settings.quantile {
            Some(quantile) => HedgeDelay::Usual {
                quantile,
                at_first: delay,
            },
            // TypeScript has checked that there is either.
            None => HedgeDelay::Fixed(delay.unwrap_or_default()),
        },
        budget: BudgetOptions {
            ratio: settings.budget_ratio,
            reserve: settings.budget_reserve,
        },
    }
}

pub(crate) fn breaker(settings: &BreakerSettings) -> BreakerOptions {
    let defaults = BreakerOptions::default();
    BreakerOptions {
        failure_threshold: settings
            .failure_threshold
            .unwrap_or(defaults.failure_threshold),
        failure_rate: settings.failure_rate.unwrap_or(defaults.failure_rate),
        minimum_requests: settings
            .minimum_requests
            .unwrap_or(defaults.minimum_requests),
        window: duration_or(settings.window, defaults.window),
        recovery_timeout: duration_or(settings.recovery_timeout, defaults.recovery_timeout),
        probes: settings.half_open_requests.unwrap_or(defaults.probes),
        monitored: settings.monitored,
    }
}

/// A circuit breaker has changed its state.
#[napi(object, object_from_js = false)]
pub struct BreakerChanged {
    pub place: String,
    pub from: String,
    pub to: String,
    pub retry_after: f64,
}

/// Weak, so that a breaker that may change does not keep the process alive.
type Tell = ThreadsafeFunction<BreakerChanged, (), BreakerChanged, Status, false, true>;

/// Has a function of this thread told of the changes of all circuit breakers that are monitored.
#[napi(catch_unwind)]
pub fn watch_circuit_breakers(watch: Function<'_, BreakerChanged, ()>) -> napi::Result<()> {
    let tell: Tell = watch
        .build_threadsafe_function::<BreakerChanged>()
        .weak::<true>()
        .callee_handled::<false>()
        .build()?;
    watch_breakers(Box::new(move |change| {
        let changed = BreakerChanged {
            place: change.place.to_string(),
            from: change.from.as_str().to_owned(),
            to: change.to.as_str().to_owned(),
            retry_after: millis(change.retry_after),
        };
        let told = tell.call(changed, ThreadsafeFunctionCallMode::NonBlocking);
        // A thread that ends needs no news.
        told != Status::Closing
    }));
    Ok(())
}

/// A circuit breaker, as `BreakerStatus` of the engine says it.
#[napi(object, object_from_js = false)]
pub struct BreakerNumbers {
    pub place: String,
    pub state: String,
    pub failures: u32,
    pub requests: u32,
    pub failure_rate: f64,
    pub retry_after: f64,
    pub opened: f64,
    pub refused: f64,
}

/// The state of a client's circuit breakers now, by the names of their places.
#[napi(catch_unwind)]
pub fn client_breakers(number: u32) -> napi::Result<Vec<BreakerNumbers>> {
    let client = clients::get(number).map_err(|error| to_napi(&error))?;
    Ok(client.breakers().into_iter().map(numbers).collect())
}

#[allow(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn numbers((place, status): (Arc<str>, BreakerStatus)) -> BreakerNumbers {
    BreakerNumbers {
        place: place.to_string(),
        state: status.state.as_str().to_owned(),
        failures: status.failures,
        requests: status.requests,
        failure_rate: status.failure_rate,
        retry_after: millis(status.retry_after),
        opened: status.opened as f64,
        refused: status.refused as f64,
    }
}

/// Closes the circuit breaker of a place, or all of a client's.
#[napi(catch_unwind)]
pub fn reset_client_breakers(number: u32, place: Option<String>) -> napi::Result<()> {
    let client = clients::get(number).map_err(|error| to_napi(&error))?;
    client.reset_breakers(place.as_deref());
    Ok(())
}

/// A pause that a server has asked for.
#[napi(object, object_from_js = false)]
pub struct CooldownNumbers {
    pub origin: String,
    pub key: String,
    pub retry_after: f64,
}

/// The pauses of the whole process.
#[napi(catch_unwind)]
#[must_use]
pub fn process_cooldowns() -> Vec<CooldownNumbers> {
    let lasting = cooldowns().into_iter();
    let numbers = lasting.map(|pause| CooldownNumbers {
        origin: pause.origin.to_string(),
        key: format!("{:016x}", pause.key),
        retry_after: millis(pause.left),
    });
    numbers.collect()
}
