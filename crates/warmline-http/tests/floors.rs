//! `min_idle`: each origin that is in use has so many warm connections.

#[allow(dead_code, reason = "each test binary uses its part of the peer")]
mod peer;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use peer::client::{client, exchange, post, url};
use peer::http2;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use warmline_http::{Client, ClientOptions, Key, Limits, UpkeepOptions};

fn options(min_idle: usize) -> ClientOptions {
    ClientOptions {
        upkeep: UpkeepOptions {
            min_idle,
            ..UpkeepOptions::default()
        },
        ..ClientOptions::default()
    }
}

/// A peer that tells of each connection, and answers its requests until it is told to close it.
struct Scene {
    key: Key,
    opened: mpsc::UnboundedReceiver<Closer>,
    /// The most connections that were open at once.
    most: Arc<AtomicUsize>,
}

/// Closes a connection when it is dropped.
type Closer = mpsc::Sender<()>;

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

async fn scene() -> Scene {
    let (sender, opened) = mpsc::unbounded_channel();
    let (open, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let highest = Arc::clone(&most);
    let key = peer::start(move |stream| {
        let (closer, told) = mpsc::channel(1);
        let now = open.fetch_add(1, SeqCst) + 1;
        highest.fetch_max(now, SeqCst);
        // The test may be over.
        let _ = sender.send(closer);
        let open = Arc::clone(&open);
        async move {
            answer(stream, told).await;
            open.fetch_sub(1, SeqCst);
        }
    })
    .await;
    Scene { key, opened, most }
}

async fn answer(mut stream: TcpStream, mut told: mpsc::Receiver<()>) {
    loop {
        tokio::select! {
            _ = told.recv() => return,
            request = peer::read_request(&mut stream) => {
                if request.is_empty() || stream.write_all(ANSWER).await.is_err() {
                    return;
                }
            }
        }
    }
}

impl Scene {
    async fn connections(&mut self, count: usize) -> Vec<Closer> {
        let mut connections = Vec::new();
        while connections.len() < count {
            connections.push(self.opened.recv().await.unwrap());
        }
        connections
    }

    async fn ask(&self, client: &Client) {
        exchange(client, post(&self.key, "")).await.unwrap();
    }
}

async fn until_idle(client: &Client, count: usize) {
    while client.stats().counts.idle != count {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn an_origin_that_was_used_has_its_floor_soon_after() {
    let mut scene = scene().await;
    let client = client(options(3));
    scene.ask(&client).await;
    let _open = scene.connections(3).await;
    until_idle(&client, 3).await;
    assert_eq!(client.stats().counts.checkouts_total, 1);
}

#[tokio::test]
async fn so_has_one_that_was_preconnected() {
    let mut scene = scene().await;
    let client = client(options(3));
    client.preconnect(&url(&scene.key), 1).await.unwrap();
    let _open = scene.connections(3).await;
    until_idle(&client, 3).await;
}

#[tokio::test]
async fn what_the_peer_closes_is_replaced() {
    let mut scene = scene().await;
    let client = client(options(2));
    scene.ask(&client).await;
    for _ in 0..2 {
        let open = scene.connections(2).await;
        until_idle(&client, 2).await;
        drop(open);
    }
    let _open = scene.connections(2).await;
    until_idle(&client, 2).await;
}

#[tokio::test]
async fn a_request_on_a_warm_connection_waits_for_no_handshake() {
    let mut scene = scene().await;
    let client = client(options(1));
    scene.ask(&client).await;
    drop(scene.connections(1).await);
    let _open = scene.connections(1).await;
    until_idle(&client, 1).await;
    let (facts, _) = exchange(&client, post(&scene.key, "")).await.unwrap();
    assert!(!facts.reused, "nobody has used it before");
    assert!(facts.tcp.is_zero());
    assert_eq!(client.stats().counts.created_total, 2);
}

#[tokio::test]
async fn the_caps_hold_for_it() {
    let mut scene = scene().await;
    let client = client(ClientOptions {
        limits: Limits {
            max_connections: 1,
            ..Limits::default()
        },
        ..options(1)
    });
    for _ in 0..3 {
        scene.ask(&client).await;
        let open = scene.connections(1).await;
        until_idle(&client, 1).await;
        drop(open);
        until_idle(&client, 0).await;
        let open = scene.connections(1).await;
        until_idle(&client, 1).await;
        drop(open);
        until_idle(&client, 0).await;
    }
    assert_eq!(scene.most.load(SeqCst), 1);
}

#[tokio::test]
async fn one_session_is_a_floor() {
    let server = http2::serve(http2::echo).await;
    let client = client(ClientOptions {
        protocol: warmline_http::Protocol::Http2,
        ..options(5)
    });
    exchange(&client, post(&server.key, "")).await.unwrap();
    assert_eq!(server.connections(), 1);
    // Had it been less than a floor, the others would be opened first.
    let mut other = scene().await;
    let plain = other_client();
    other.ask(&plain).await;
    let _open = other.connections(2).await;
    assert_eq!(server.connections(), 1);
}

/// A client beside it, whose floor shows that time for looks has passed.
fn other_client() -> Client {
    client(options(2))
}

#[tokio::test]
async fn a_client_that_is_closed_opens_nothing_more() {
    let mut scene = scene().await;
    let client = client(options(2));
    scene.ask(&client).await;
    let _open = scene.connections(2).await;
    until_idle(&client, 2).await;
    client.close();
    assert_eq!(client.stats().counts.total, 0);
    let beside = other_client();
    scene.ask(&beside).await;
    // Both are of the other client, which opened the second when all had looked.
    let _others = scene.connections(2).await;
    until_idle(&beside, 2).await;
    assert_eq!(client.stats().counts.created_total, 2);
}
