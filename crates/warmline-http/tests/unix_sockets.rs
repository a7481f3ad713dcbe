//! Connections to a unix domain socket.
#![cfg(unix)]

#[allow(dead_code, reason = "each test binary uses its part of the peer")]
mod peer;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::io::AsyncWriteExt;
use tokio::net::{UnixListener, UnixStream};
use warmline_http::transport::{Connector, ConnectorOptions, Proxy, ProxyOptions};
use warmline_http::{Key, Phase};
use warmline_pool::Scheme;

/// The path of a socket that goes with its test.
struct Place(PathBuf);

impl Place {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("warmline-{}-{number}.sock", std::process::id());
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // A test may have bound nothing here.
        let _ = std::fs::remove_file(&self.0);
    }
}

fn connector(path: &Path) -> Connector {
    Connector::new(options(path)).unwrap()
}

fn options(path: &Path) -> ConnectorOptions {
    ConnectorOptions {
        socket_path: Some(path.to_owned()),
        ..ConnectorOptions::default()
    }
}

fn origin() -> Key {
    // RFC 6761 section 6.4: it has no address, and needs none here.
    Key::new(Scheme::Http, "model.invalid", 80)
}

async fn answer(stream: &mut UnixStream) -> Vec<u8> {
    let request = peer::read_request(stream).await;
    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
    stream.write_all(answer).await.unwrap();
    request
}

#[tokio::test]
async fn requests_go_to_the_socket_whatever_their_origin_and_any_proxy() {
    let place = Place::new();
    let listener = UnixListener::bind(&place.0).unwrap();
    let serving = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let requests = [answer(&mut stream).await, answer(&mut stream).await];
        (stream, requests)
    });
    let connector = Connector::new(ConnectorOptions {
        proxy: ProxyOptions::Fixed(Proxy::parse("proxy", "http://proxy.invalid").unwrap()),
        ..options(&place.0)
    })
    .unwrap();
    let connection = connector.connect(&origin(), None).await.unwrap();
    for _ in 0..2 {
        let (head, body) = peer::send(&connection, peer::get()).await.unwrap();
        assert_eq!(head.status, 200);
        assert_eq!(peer::read_body(body).await.unwrap(), "ok");
        assert!(connection.is_ready() && connection.is_alive());
    }
    let traffic = connection.traffic();
    let (_stream, requests) = serving.await.unwrap();
    assert!(requests[0].starts_with(b"GET / HTTP/1.1\r\n"));
    assert_eq!(traffic.sent, requests.concat().len() as u64);
    assert_eq!(
        (
            connection.info().remote_address,
            connection.info().local_address
        ),
        (None, None)
    );
}

#[tokio::test]
async fn a_peer_that_closes_while_idle_is_noticed() {
    let place = Place::new();
    let listener = UnixListener::bind(&place.0).unwrap();
    let connection = connector(&place.0).connect(&origin(), None).await.unwrap();
    let (mut stream, _) = listener.accept().await.unwrap();
    let (sent, _) = tokio::join!(peer::send(&connection, peer::get()), answer(&mut stream));
    peer::read_body(sent.unwrap().1).await.unwrap();
    drop(stream);
    connection.closed().await;
    assert!(!connection.is_alive());
}

#[tokio::test]
async fn where_nobody_listens_the_systems_code_says_why() {
    let place = Place::new();
    let missing = connector(&place.0).connect(&origin(), None).await;
    drop(UnixListener::bind(&place.0).unwrap());
    let refusing = connector(&place.0).connect(&origin(), None).await;
    for (outcome, code) in [(missing, "ENOENT"), (refusing, "ECONNREFUSED")] {
        let error = outcome.unwrap_err();
        assert_eq!((error.code.as_ref(), error.phase), (code, Phase::Connect));
        assert!(error.retryable);
        assert!(error.message.contains(place.0.to_str().unwrap()));
    }
}

#[test]
fn a_path_that_no_socket_can_have_is_refused_when_it_is_given() {
    for path in ["", "a\0b", &"/long".repeat(50)] {
        let error = Connector::new(options(Path::new(path))).err().unwrap();
        assert_eq!(error.code, "ERR_INVALID_ARG_VALUE");
        assert!(error.message.starts_with("socketPath must be "));
    }
}
