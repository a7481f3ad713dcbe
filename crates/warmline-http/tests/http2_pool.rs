//! How a client's pool shares HTTP/2 connections: one is opened for all, as many requests as the peer
//! allows are on it, and the next is opened when it is full.

#[allow(dead_code, reason = "each test binary uses its part of the peer")]
mod peer;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use h2::{RecvStream, server};
use http::{HeaderMap, Method, Request as Asked};
use peer::http2::{self, Answer, Frames, Server, echo, ok, serve, serve_with};
use tokio::net::TcpListener;
use tokio::sync::{Barrier, mpsc};
use tokio::task::{JoinHandle, JoinSet};
use url::Url;
use warmline_http::transport::{ConnectorOptions, PingOptions};
use warmline_http::{
    Client, ClientOptions, Error, Facts, Key, Limits, Protocol, RedirectMode, Request, RequestBody,
    Target, Timeouts,
};

fn options() -> ClientOptions {
    ClientOptions {
        protocol: Protocol::Http2,
        ..ClientOptions::default()
    }
}

fn client(options: ClientOptions) -> Client {
    Client::new(options).unwrap()
}

fn url(key: &Key) -> Url {
    Url::parse(&format!("{key}/")).unwrap()
}

fn post(key: &Key, body: impl Into<Bytes>) -> Request {
    Request {
        method: Method::POST,
        target: Arc::new(Target::new(url(key)).unwrap()),
        headers: HeaderMap::new(),
        body: RequestBody::Full(body.into()),
        redirect: RedirectMode::Follow,
        timeouts: Timeouts::default(),
        connection: None,
    }
}

async fn exchange(client: &Client, request: Request) -> Result<(Facts, Bytes), Error> {
    let mut response = client.send(request).await?;
    let mut body = Vec::new();
    while let Some(chunk) = response.body.chunk().await? {
        body.extend_from_slice(&chunk);
    }
    Ok((response.facts, body.into()))
}

/// Sends so many requests at once; each gets its own body back.
async fn burst(client: &Client, key: &Key, count: usize) {
    let mut requests = JoinSet::new();
    for number in 0..count {
        let (client, request) = (client.clone(), post(key, number.to_string()));
        requests.spawn(async move {
            let (facts, body) = exchange(&client, request).await.unwrap();
            assert_eq!(body, number.to_string());
            assert_eq!((facts.protocol, facts.attempt), ("h2", 1));
        });
    }
    requests.join_all().await;
}

#[tokio::test]
async fn a_cold_burst_opens_one_connection() {
    let server = serve(echo).await;
    let client = client(options());
    burst(&client, &server.key, 100).await;
    assert_eq!(server.connections(), 1);
    assert_eq!(client.stats().counts.created_total, 1);
    burst(&client, &server.key, 100).await;
    assert_eq!(server.connections(), 1);
}

/// A server that allows `limit` streams on a connection and answers once `together` requests are there.
async fn meeting(limit: u32, together: usize) -> Server {
    let all_there = Arc::new(Barrier::new(together));
    let mut settings = server::Builder::new();
    settings.max_concurrent_streams(limit);
    serve_with(settings, move |request, answer| {
        let all_there = Arc::clone(&all_there);
        async move {
            all_there.wait().await;
            echo(request, answer).await;
        }
    })
    .await
}

#[tokio::test]
async fn another_connection_is_opened_when_every_stream_is_taken() {
    let server = meeting(10, 35).await;
    let client = client(options());
    burst(&client, &server.key, 35).await;
    assert_eq!(server.connections(), 4);
}

#[tokio::test]
async fn an_origin_has_no_more_connections_than_its_cap() {
    let server = meeting(10, 20).await;
    let client = client(ClientOptions {
        limits: Limits {
            max_connections_per_origin: 2,
            ..Limits::default()
        },
        ..options()
    });
    burst(&client, &server.key, 100).await;
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn preconnect_opens_what_is_enough() {
    let server = serve(echo).await;
    let client = client(options());
    assert_eq!(client.preconnect(&url(&server.key), 5).await.unwrap(), 1);
    assert_eq!(client.preconnect(&url(&server.key), 5).await.unwrap(), 0);
    burst(&client, &server.key, 10).await;
    assert_eq!(server.connections(), 1);
}

/// Sends requests one by one, none of which waits for another.
fn start(client: &Client, key: &Key, count: usize) -> Vec<JoinHandle<Result<Bytes, Error>>> {
    (0..count)
        .map(|number| {
            let (client, request) = (client.clone(), post(key, number.to_string()));
            tokio::spawn(async move { exchange(&client, request).await.map(|(_, body)| body) })
        })
        .collect()
}

/// `SETTINGS_MAX_CONCURRENT_STREAMS`.
const STREAMS: u16 = 3;

#[tokio::test]
async fn a_limit_that_the_peer_changes_holds_from_then_on() {
    let (told, mut connections) = mpsc::unbounded_channel();
    let key = peer::start(move |stream| {
        let told = told.clone();
        async move {
            told.send(Frames::accept(stream, &[(STREAMS, 2)]).await)
                .unwrap();
        }
    })
    .await;
    let client = client(ClientOptions {
        limits: Limits {
            max_connections_per_origin: 1,
            ..Limits::default()
        },
        ..options()
    });
    let requests = start(&client, &key, 6);
    let mut frames = connections.recv().await.unwrap();
    let first = frames.request().await.unwrap();
    let second = frames.request().await.unwrap();

    // Lowered to none: whatever ends, nothing begins.
    frames.settings(&[(STREAMS, 0)]).await;
    frames.answer(first, b"a").await;
    frames.answer(second, b"b").await;
    frames.send(http2::PING, 0, 0, &[7; 8]).await;
    loop {
        let frame = frames.read().await.unwrap();
        assert_ne!(frame.kind, http2::HEADERS, "nothing begins");
        if frame.kind == http2::PING {
            break;
        }
    }

    // Raised: as many begin as are allowed now.
    frames.settings(&[(STREAMS, 3)]).await;
    let mut begun = Vec::new();
    for _ in 0..3 {
        begun.push(frames.request().await.unwrap());
    }
    frames.answer(begun[0], b"c").await;
    begun.push(frames.request().await.unwrap());
    for stream in &begun[1..] {
        frames.answer(*stream, b"d").await;
    }
    for request in requests {
        request.await.unwrap().unwrap();
    }
    assert_eq!(begun, [first + 4, first + 6, first + 8, first + 10]);
    assert_eq!(client.stats().counts.created_total, 1);
}

#[tokio::test]
async fn a_connection_that_fails_to_open_fails_all_who_wait_for_it() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let key = peer::key_of(listener.local_addr().unwrap());
    drop(listener);
    let client = client(options());
    for request in start(&client, &key, 20) {
        let error = request.await.unwrap().unwrap_err();
        assert_eq!(error.code, "ECONNREFUSED");
        assert!(error.retryable);
    }
    assert!(client.stats().counts.errors_total < 20, "they shared tries");
}

/// A peer that accepts and says nothing.
async fn silent() -> Key {
    peer::start(|stream| async move {
        let _stream = stream;
        std::future::pending::<()>().await;
    })
    .await
}

#[tokio::test]
async fn whoever_waits_for_another_s_connection_keeps_its_own_deadlines() {
    let key = silent().await;
    let client = client(options());
    let mut first = start(&client, &key, 1);
    while client.stats().counts.active == 0 {
        tokio::task::yield_now().await;
    }
    let deadlines = |connect, total| Timeouts {
        connect,
        total,
        ..Timeouts::default()
    };
    let soon = Some(Duration::from_millis(20));
    let long = Some(Duration::from_secs(60));
    for (timeouts, code) in [
        (deadlines(soon, None), "UND_ERR_CONNECT_TIMEOUT"),
        (deadlines(long, soon), "WARMLINE_TOTAL_TIMEOUT"),
    ] {
        let request = Request {
            timeouts,
            ..post(&key, "x")
        };
        let error = client.send(request).await.map(|_| ()).unwrap_err();
        assert_eq!(error.code, code);
    }
    assert!(!first[0].is_finished());
    first.remove(0).abort();
}

#[tokio::test]
async fn a_peer_that_never_speaks_is_given_up() {
    let key = silent().await;
    let client = client(ClientOptions {
        connector: ConnectorOptions {
            pings: PingOptions {
                deadline: Duration::from_millis(20),
                ..PingOptions::default()
            },
            ..ConnectorOptions::default()
        },
        limits: Limits {
            max_connections_per_origin: 1,
            ..Limits::default()
        },
        ..options()
    });
    for request in start(&client, &key, 3) {
        assert_eq!(request.await.unwrap().unwrap_err().code, "ETIMEDOUT");
    }
}

#[tokio::test]
async fn requests_that_are_given_up_leave_the_connection_to_the_others() {
    let resets = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&resets);
    let server = serve(move |request: Asked<RecvStream>, mut answer: Answer| {
        let count = Arc::clone(&count);
        async move {
            if http2::read_all(&mut request.into_body()).await.unwrap() == "ok" {
                return ok(answer, "ok");
            }
            std::future::poll_fn(|cx| answer.poll_reset(cx))
                .await
                .unwrap();
            count.fetch_add(1, Ordering::SeqCst);
        }
    })
    .await;
    let client = client(options());
    for _ in 0..10 {
        let request = Request {
            timeouts: Timeouts {
                total: Some(Duration::from_millis(5)),
                ..Timeouts::default()
            },
            ..post(&server.key, "never")
        };
        let error = client.send(request).await.map(|_| ()).unwrap_err();
        assert_eq!(error.code, "WARMLINE_TOTAL_TIMEOUT");
    }
    let (facts, _) = exchange(&client, post(&server.key, "ok")).await.unwrap();
    assert!(facts.reused);
    assert_eq!(resets.load(Ordering::SeqCst), 10);
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_connection_that_nobody_uses_is_closed_after_its_time() {
    let (told, mut connections) = mpsc::unbounded_channel();
    let key = peer::start(move |stream| {
        let told = told.clone();
        async move {
            told.send(Frames::accept(stream, &[]).await).unwrap();
        }
    })
    .await;
    let client = client(ClientOptions {
        limits: Limits {
            keepalive_expiry: Duration::from_millis(1),
            ..Limits::default()
        },
        ..options()
    });
    let request = start(&client, &key, 1).remove(0);
    let mut frames = connections.recv().await.unwrap();
    let stream = frames.request().await.unwrap();
    frames.answer(stream, b"ok").await;
    request.await.unwrap().unwrap();
    while frames.read().await.is_some() {}
    assert_eq!(client.stats().counts.total, 0);
}

#[tokio::test]
async fn a_burst_behind_a_cap_of_one_connection_loses_nothing_to_aborts() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let list = Arc::clone(&seen);
    let mut settings = server::Builder::new();
    settings.max_concurrent_streams(3);
    let server = serve_with(settings, move |request: Asked<RecvStream>, answer| {
        let list = Arc::clone(&list);
        async move {
            if let Ok(body) = http2::read_all(&mut request.into_body()).await {
                list.lock().unwrap().push(body.clone());
                tokio::task::yield_now().await;
                ok(answer, body);
            }
        }
    })
    .await;
    let client = client(ClientOptions {
        limits: Limits {
            max_connections_per_origin: 1,
            ..Limits::default()
        },
        ..options()
    });
    let requests = start(&client, &server.key, 100);
    let mut kept = Vec::new();
    for (number, request) in requests.into_iter().enumerate() {
        if number % 3 == 0 {
            request.abort();
        } else {
            kept.push((number, request));
        }
    }
    for (number, request) in kept {
        assert_eq!(request.await.unwrap().unwrap(), number.to_string());
    }
    assert_eq!(server.connections(), 1);
    let mut seen = seen.lock().unwrap().clone();
    let count = seen.len();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), count, "no request came twice");
}
