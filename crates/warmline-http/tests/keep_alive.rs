//! `Keep-Alive: timeout` of a response: how long the server says that it keeps the connection.

#[allow(dead_code, reason = "each test binary uses its part of the peer")]
mod peer;

use std::time::Duration;

use peer::client::{client, exchange, post};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::time::timeout;
use warmline_http::{ClientOptions, Key, Limits};

/// A peer that answers each request with this field, and tells of each connection that its client closes.
async fn saying(field: &'static str) -> (Key, mpsc::UnboundedReceiver<()>) {
    let (closed, closings) = mpsc::unbounded_channel();
    let key = peer::start(move |mut stream| {
        let closed = closed.clone();
        async move {
            let answer = format!("HTTP/1.1 200 OK\r\n{field}\r\ncontent-length: 2\r\n\r\nok");
            while !peer::read_request(&mut stream).await.is_empty() {
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
            let _ = stream.read(&mut [0]).await;
            // The test may be over.
            let _ = closed.send(());
        }
    })
    .await;
    (key, closings)
}

/// Which would keep a connection for an hour.
fn patient() -> ClientOptions {
    ClientOptions {
        limits: Limits {
            keepalive_expiry: Duration::from_secs(3600),
            ..Limits::default()
        },
        ..ClientOptions::default()
    }
}

#[tokio::test]
async fn a_connection_is_closed_before_the_server_would_do_it() {
    let (key, mut closings) = saying("keep-alive: timeout=1").await;
    let client = client(patient());
    exchange(&client, post(&key, "")).await.unwrap();
    let closing = timeout(Duration::from_secs(60), closings.recv()).await;
    assert_eq!(closing, Ok(Some(())), "long before the client's own hour");
}

#[tokio::test]
async fn a_server_that_keeps_it_for_no_time_gets_a_new_one_each_time() {
    let (key, mut closings) = saying("keep-alive: timeout=0").await;
    let client = client(patient());
    for _ in 0..2 {
        let (facts, _) = exchange(&client, post(&key, "")).await.unwrap();
        assert!(!facts.reused);
        assert_eq!(closings.recv().await, Some(()));
    }
}
