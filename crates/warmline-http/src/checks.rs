//! Active checks: each endpoint of a client is asked from time to time whether it is there, so that no request has to
//! find out.

use std::sync::{Arc, Weak};
use std::time::Duration;

use http::{HeaderMap, Method};
use tokio::time::{sleep, timeout};
use warmline_pool::Key;

use crate::client::{Client, WeakClient};
use crate::engine::engine;
use crate::error::{Error, Phase};
use crate::gates::is_the_places;
use crate::head::{self, Forwarded};
use crate::policy::endpoints::Thresholds;
use crate::redirect::Hop;
use crate::routes::{EndpointsOptions, Routes};
use crate::target::Target;
use crate::transport::{Connector, RequestBody};

/// Each wait is longer or shorter by up to this part, so that many processes do not ask at once.
const JITTER: f64 = 0.1;

/// How endpoints are checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckOptions {
    /// What is asked for by `GET`, resolved against an endpoint's URL as a link on that page would be; `None` to do no more
    /// than connect, TLS included. Any status below 500 passes.
    pub path: Option<Box<str>>,
    /// From the end of one check to the beginning of the next.
    pub interval: Duration,
    /// How long one may take.
    pub timeout: Duration,
    /// How many of them count.
    pub thresholds: Thresholds,
}

/// The checks of one endpoint.
struct Check {
    index: usize,
    target: Target,
    options: CheckOptions,
}

/// Has the endpoints of a client checked, for as long as it exists and is open. Connections are opened for it, which
/// neither come from the pool nor get there.
///
/// # Errors
/// `ERR_INVALID_URL` for a path that leads nowhere, or away from an endpoint; `WARMLINE_ENGINE` if the engine cannot
/// start.
pub(crate) fn start(
    client: &Client,
    routes: &Arc<Routes>,
    endpoints: &EndpointsOptions,
) -> Result<(), Error> {
    let Some(options) = &endpoints.checks else {
        return Ok(());
    };
    let checks = endpoints.endpoints.iter().enumerate();
    let checks = checks.map(|(index, endpoint)| {
        Ok(Check {
            index,
            target: target(&endpoint.url, options.path.as_deref())?,
            options: options.clone(),
        })
    });
    for check in checks.collect::<Result<Vec<_>, Error>>()? {
        engine()?.spawn(keep(client.downgrade(), Arc::downgrade(routes), check));
    }
    Ok(())
}

fn target(base: &url::Url, path: Option<&str>) -> Result<Target, Error> {
    let mut below = base.clone();
    if !below.path().ends_with('/') {
        below.set_path(&format!("{}/", base.path()));
    }
    let url = below.join(path.unwrap_or_default()).ok();
    let url = url.filter(|url| url.origin() == base.origin());
    Target::new(url.ok_or_else(|| {
        let message = "The path of active checks must lead to a place on the endpoint";
        Error::new("ERR_INVALID_URL", Phase::Pool, message)
    })?)
}

async fn keep(client: WeakClient, routes: Weak<Routes>, check: Check) {
    let Check { index, options, .. } = &check;
    loop {
        let Some((connector, key)) = means(&client, &check) else {
            return;
        };
        let asked = timeout(options.timeout, ask(&connector, &key, &check)).await;
        let Some(routes) = routes.upgrade() else {
            return;
        };
        let outcome = match asked {
            Ok(Ok(())) => Some(Ok(())),
            Ok(Err(error)) => is_the_places(&error).then(|| Err(error.code.into())),
            Err(_) => Some(Err("UND_ERR_HEADERS_TIMEOUT".into())),
        };
        if let Some(outcome) = outcome {
            routes.checked(*index, outcome, options.thresholds);
        }
        drop(routes);
        let jitter = 1.0 + JITTER * (2.0 * fastrand::f64() - 1.0);
        sleep(options.interval.mul_f64(jitter)).await;
    }
}

/// What it takes to connect; `None` once the client is gone or closed. The client is not kept for as long as a check
/// takes.
fn means(client: &WeakClient, check: &Check) -> Option<(Connector, Key)> {
    let client = client.upgrade()?;
    let key = client.key(&check.target.key).into_owned();
    (!client.pool().is_closed()).then(|| (client.connector().clone(), key))
}

/// # Errors
/// What connecting or asking failed with; a status of the server's own trouble is the code.
async fn ask(connector: &Connector, key: &Key, check: &Check) -> Result<(), Error> {
    let connection = connector.connect(key, Some(check.options.timeout)).await?;
    if check.options.path.is_none() {
        return Ok(());
    }
    let hop = Hop {
        method: Method::GET,
        target: Arc::new(check.target.clone()),
        headers: HeaderMap::new(),
        body: None,
    };
    let forwarded = connection
        .forwarder()
        .map(|proxy| Forwarded::by(proxy, &hop));
    let head = match &forwarded {
        None => head::of(&hop, false),
        Some(forwarded) => forwarded.of(&hop, false),
    };
    let answer = connection.send(&head, RequestBody::Empty, None).await;
    let (head, _) = answer.map_err(|failed| failed.error)?;
    if head.status.is_server_error() {
        let status = head.status.as_str().to_owned();
        return Err(Error::new(status, Phase::Headers, "the check has failed"));
    }
    Ok(())
}
