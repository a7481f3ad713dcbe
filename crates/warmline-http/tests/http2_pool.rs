//! How a client's pool shares HTTP/2 connections: one is opened for all, as many requests as the peer
//! allows are on it, and the next is opened when it is full.

#[allow(dead_code, reason = "each test binary uses its part of the peer")]
mod peer;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use h2::{Reason, RecvStream, server};
use http::Request as Asked;
use peer::client::{client, emptied, exchange, one_connection, options, post, start, url};
use peer::http2::{self, Answer, Frames, STREAMS, Server, echo, frames, ok, serve, serve_with};
use tokio::sync::{Barrier, mpsc};
use tokio::task::JoinSet;
use warmline_http::transport::{ConnectorOptions, PingOptions};
use warmline_http::{Client, ClientOptions, Key, Limits, Request, Timeouts};

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

#[tokio::test]
async fn a_limit_that_the_peer_changes_holds_from_then_on() {
    let (key, mut connections) = frames(&[(STREAMS, 2)]).await;
    let client = client(one_connection());
    let requests = start(&client, &key, 6);
    let mut frames: Frames = connections.recv().await.unwrap();
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
    let (key, _port) = peer::refusing();
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
    let (told, mut seen) = mpsc::unbounded_channel();
    let server = serve(move |request: Asked<RecvStream>, mut answer: Answer| {
        let told = told.clone();
        async move {
            if http2::read_all(&mut request.into_body()).await.unwrap() == "ok" {
                return ok(answer, "ok");
            }
            told.send(None).unwrap();
            let reset = std::future::poll_fn(|cx| answer.poll_reset(cx)).await;
            told.send(Some(reset.unwrap())).unwrap();
        }
    })
    .await;
    let client = client(options());
    for _ in 0..10 {
        let request = start(&client, &server.key, 1).remove(0);
        assert_eq!(seen.recv().await.unwrap(), None);
        request.abort();
        assert_eq!(seen.recv().await.unwrap(), Some(Reason::CANCEL));
    }
    let (facts, _) = exchange(&client, post(&server.key, "ok")).await.unwrap();
    assert!(facts.reused);
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_connection_that_nobody_uses_is_closed_after_its_time() {
    let (key, mut connections) = frames(&[]).await;
    let client = client(ClientOptions {
        limits: Limits {
            keepalive_expiry: Duration::from_millis(1),
            ..Limits::default()
        },
        ..options()
    });
    let request = start(&client, &key, 1).remove(0);
    let mut frames: Frames = connections.recv().await.unwrap();
    let stream = frames.request().await.unwrap();
    frames.answer(stream, b"ok").await;
    request.await.unwrap().unwrap();
    frames.closed().await;
    emptied(&client).await;
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
    let client = client(one_connection());
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
