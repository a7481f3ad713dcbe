//! A client that speaks HTTP/2 without asking, and whole exchanges by it.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method};
use tokio::task::JoinHandle;
use url::Url;
use warmline_http::{
    Client, ClientOptions, Error, Facts, Hedging, Key, Limits, Priority, Protocol, RedirectMode,
    Request, RequestBody, Target, Timeouts,
};

pub(crate) fn options() -> ClientOptions {
    ClientOptions {
        protocol: Protocol::Http2,
        ..ClientOptions::default()
    }
}

pub(crate) fn client(options: ClientOptions) -> Client {
    Client::new(options).unwrap()
}

pub(crate) fn url(key: &Key) -> Url {
    Url::parse(&format!("{key}/")).unwrap()
}

pub(crate) fn post(key: &Key, body: impl Into<Bytes>) -> Request {
    Request {
        method: Method::POST,
        target: Arc::new(Target::new(url(key)).unwrap()),
        headers: HeaderMap::new(),
        body: RequestBody::Full(body.into()),
        redirect: RedirectMode::Follow,
        referrer: None,
        timeouts: Timeouts::default(),
        connection: None,
        route: None,
        encoded: false,
        retry: false,
        priority: Priority::Interactive,
        hedging: Hedging::Never,
    }
}

pub(crate) async fn exchange(client: &Client, request: Request) -> Result<(Facts, Bytes), Error> {
    let mut response = client.send(request).await?;
    let mut body = Vec::new();
    while let Some(chunk) = response.body.chunk().await? {
        body.extend_from_slice(&chunk);
    }
    Ok((response.facts, body.into()))
}

/// With a cap of one connection.
pub(crate) fn one_connection() -> ClientOptions {
    ClientOptions {
        limits: Limits {
            max_connections_per_origin: 1,
            ..Limits::default()
        },
        ..options()
    }
}

/// Sends requests one by one, none of which waits for another.
pub(crate) fn start(
    client: &Client,
    key: &Key,
    count: usize,
) -> Vec<JoinHandle<Result<Bytes, Error>>> {
    (0..count)
        .map(|number| {
            let (client, request) = (client.clone(), post(key, number.to_string()));
            tokio::spawn(async move { exchange(&client, request).await.map(|(_, body)| body) })
        })
        .collect()
}

/// Waits until the client's pool has no connection left: the place of one is free a moment after its
/// socket is closed.
pub(crate) async fn emptied(client: &Client) {
    while client.stats().counts.total > 0 {
        tokio::task::yield_now().await;
    }
}
