//! The endpoints of a client, as JavaScript says and sees them.

use napi_derive::napi;
use warmline_http::{
    Balance, CheckOptions, Ejection, EndpointOptions, EndpointsOptions, Error, Thresholds,
};

use crate::clients;
use crate::durations::{duration, duration_or};
use crate::error::to_napi;
use crate::parse;

/// Several base URLs for one logical origin. TypeScript has checked it.
#[napi(object)]
pub struct EndpointsSettings {
    pub endpoints: Vec<EndpointSettings>,
    /// 0 by turns, 1 by load, 2 by key.
    pub balance: u32,
    pub failover: bool,
    /// In a row, until an endpoint is taken out.
    pub failures: Option<u32>,
    /// Milliseconds until it is tried again.
    pub rest: Option<u32>,
    /// Left out, none is looked at before a request comes.
    pub checks: Option<CheckSettings>,
}

/// How endpoints are checked. TypeScript has its defaults.
#[napi(object)]
pub struct CheckSettings {
    /// Left out, it is enough to connect.
    pub path: Option<String>,
    /// Milliseconds, as is the time-out.
    pub interval: u32,
    pub timeout: u32,
    /// In a row, as are those that fail.
    pub healthy_threshold: u32,
    pub unhealthy_threshold: u32,
}

/// One of them.
#[napi(object)]
pub struct EndpointSettings {
    pub url: String,
    pub weight: u32,
}

pub(crate) fn options(settings: EndpointsSettings) -> Result<EndpointsOptions, Error> {
    let defaults = Ejection::default();
    let endpoints = settings.endpoints.into_iter().map(|endpoint| {
        Ok(EndpointOptions {
            url: parse::url(&endpoint.url)?,
            weight: endpoint.weight,
        })
    });
    Ok(EndpointsOptions {
        endpoints: endpoints.collect::<Result<_, Error>>()?,
        balance: match settings.balance {
            1 => Balance::LeastLoaded,
            2 => Balance::Sticky,
            _ => Balance::RoundRobin,
        },
        ejection: Ejection {
            failures: settings.failures.unwrap_or(defaults.failures),
            rest: duration_or(settings.rest, defaults.rest),
        },
        failover: settings.failover,
        checks: settings.checks.map(checks),
    })
}

fn checks(settings: CheckSettings) -> CheckOptions {
    CheckOptions {
        path: settings.path.map(Into::into),
        interval: duration(settings.interval),
        timeout: duration(settings.timeout),
        thresholds: Thresholds {
            healthy: settings.healthy_threshold,
            unhealthy: settings.unhealthy_threshold,
        },
    }
}

/// An endpoint, as `EndpointState` of the engine says it.
#[napi(object)]
pub struct EndpointNumbers {
    pub healthy: bool,
    pub check_error: Option<String>,
    pub in_flight: f64,
    pub requests: f64,
    pub failures: f64,
}

/// The state of a client's endpoints now, in the order of its settings.
#[napi(catch_unwind)]
#[allow(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
pub fn client_endpoints(number: u32) -> napi::Result<Vec<EndpointNumbers>> {
    let client = clients::get(number).map_err(|error| to_napi(&error))?;
    let states = client.endpoints().into_iter();
    let numbers = states.map(|state| EndpointNumbers {
        healthy: state.is_healthy,
        check_error: state.check_error.map(Into::into),
        in_flight: state.in_flight as f64,
        requests: state.requests as f64,
        failures: state.failures as f64,
    });
    Ok(numbers.collect())
}
