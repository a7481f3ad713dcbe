//! What happens to a connection while nobody uses it.

#[allow(dead_code, reason = "each test binary uses its part of the peer")]
mod peer;

use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use warmline_http::transport::{Connection, RequestBody};
use warmline_pool::{Checkout, Limits, Pool, Poolable};

async fn pair() -> (Connection, TcpStream) {
    let (key, mut streams) = peer::handing_over().await;
    let connection = peer::connect(&key).await;
    (connection, streams.recv().await.unwrap())
}

#[tokio::test]
async fn a_quiet_connection_is_alive() {
    let (connection, _stream) = pair().await;
    assert!(connection.is_open());
    assert!(connection.is_alive());
}

#[tokio::test]
async fn a_peer_that_closes_ends_the_connection_at_once() {
    let (connection, stream) = pair().await;
    drop(stream);
    connection.closed().await;
    assert!(!connection.is_open());
    assert!(!connection.is_alive());
}

#[tokio::test]
async fn bytes_that_nobody_asked_for_end_the_connection() {
    let (connection, mut stream) = pair().await;
    stream
        .write_all(b"HTTP/1.1 408 Request Timeout\r\n\r\n")
        .await
        .unwrap();
    connection.closed().await;
    assert!(!connection.is_open());
}

/// The runtime of this test has one thread, and nothing is awaited after the peer acted: whatever is
/// seen is seen by looking at the socket and not by the connection's own task.
#[tokio::test]
async fn a_look_at_the_socket_needs_no_turn_of_the_event_loop() {
    let (connection, stream) = pair().await;
    connection_settles(&connection).await;
    let stream = stream.into_std().unwrap();
    drop(stream);
    assert!(connection.is_open(), "its task has not run");
    assert!(!connection.is_alive());

    let (connection, stream) = pair().await;
    connection_settles(&connection).await;
    let mut stream = stream.into_std().unwrap();
    stream.set_nonblocking(false).unwrap();
    std::io::Write::write_all(&mut stream, b"?").unwrap();
    assert!(connection.is_open(), "its task has not run");
    assert!(!connection.is_alive());
}

/// Lets the connection's task come to rest.
async fn connection_settles(connection: &Connection) {
    while !connection.is_ready() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn the_pool_loses_an_idle_connection_as_soon_as_the_peer_closes_it() {
    let (key, mut streams) = peer::handing_over().await;
    let pool: Pool<Connection> = Pool::new(Limits::default());
    let origin = pool.origin(&key);
    let Checkout::Connect(permit) = origin.checkout() else {
        panic!("the pool is empty")
    };
    let lease = permit.establish(peer::connect(&key).await);
    lease.on_close(lease.retire_handle());
    let connection = Arc::clone(lease.connection());
    drop(lease);
    assert_eq!(pool.stats().counts.idle, 1);
    drop(streams.recv().await.unwrap());
    connection.closed().await;
    assert_eq!(pool.stats().counts.total, 0);
}

/// As above, nothing is awaited after the peer acted.
#[tokio::test]
async fn a_health_check_finds_an_idle_connection_closed_before_its_own_task_does() {
    let (key, mut streams) = peer::handing_over().await;
    let pool: Pool<Connection> = Pool::new(Limits::default());
    let Checkout::Connect(permit) = pool.origin(&key).checkout() else {
        panic!("the pool is empty")
    };
    let lease = permit.establish(peer::connect(&key).await);
    connection_settles(&lease).await;
    drop(lease);
    let stream = streams.recv().await.unwrap().into_std().unwrap();
    assert_eq!(pool.close_unsound(Connection::is_alive), 0);
    drop(stream);
    assert_eq!(pool.close_unsound(Connection::is_alive), 1);
    assert_eq!(pool.stats().counts.total, 0);
}

#[tokio::test]
async fn a_watcher_that_comes_too_late_is_told_at_once() {
    let (key, mut streams) = peer::handing_over().await;
    let pool: Pool<Connection> = Pool::new(Limits::default());
    let Checkout::Connect(permit) = pool.origin(&key).checkout() else {
        panic!("it is empty")
    };
    let connection = peer::connect(&key).await;
    drop(streams.recv().await.unwrap());
    connection.closed().await;
    let lease = permit.establish(connection);
    lease.on_close(lease.retire_handle());
    drop(lease);
    assert_eq!(pool.stats().counts.total, 0);
}

#[tokio::test]
async fn a_request_on_a_connection_that_died_idle_comes_back_whole_and_unsent() {
    let (connection, stream) = pair().await;
    drop(stream);
    connection.closed().await;
    let request = peer::post(RequestBody::Full("hello".into()));
    let failure = peer::send(&connection, request).await.unwrap_err();
    let unsent = failure.unsent.unwrap();
    assert!(matches!(*unsent, RequestBody::Full(body) if body == "hello"));
    assert!(failure.error.retryable);
    assert_eq!(failure.error.bytes_sent, 0);
    assert_eq!(failure.error.code, "UND_ERR_SOCKET");
}

/// The peer closes its half while the request is on its way: whichever comes first, a request that is
/// called unsent must not have reached the peer.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_request_called_unsent_never_reached_a_peer_that_closed_meanwhile() {
    for round in 0..200 {
        let (connection, mut stream) = pair().await;
        let peer = tokio::spawn(async move {
            stream.shutdown().await.unwrap();
            let mut seen = Vec::new();
            // A reset ends the stream as well as its end does.
            let _ = stream.read_to_end(&mut seen).await;
            seen.len()
        });
        for _ in 0..round % 8 {
            tokio::task::yield_now().await;
        }
        let failure = peer::send(&connection, peer::get()).await.unwrap_err();
        drop(connection);
        let seen = peer.await.unwrap();
        let unsent = failure.unsent.is_some() || failure.error.retryable;
        assert!(
            !unsent || seen == 0,
            "{seen} bytes arrived of {:?}",
            failure.error
        );
        assert!(failure.unsent.is_none() || failure.error.retryable);
    }
}

#[tokio::test]
async fn a_request_that_was_written_is_not_called_unsent() {
    let key = peer::answering("").await;
    let connection = peer::connect(&key).await;
    let failure = peer::send(&connection, peer::get()).await.unwrap_err();
    assert!(failure.unsent.is_none());
    assert!(!failure.error.retryable);
    assert!(failure.error.bytes_sent > 0);
}

#[tokio::test]
async fn abandoning_a_request_closes_the_connection_for_the_peer_too() {
    let (key, mut streams) = peer::handing_over().await;
    let connection = peer::connect(&key).await;
    let stream = Arc::new(Mutex::new(streams.recv().await.unwrap()));
    let reading = Arc::clone(&stream);
    tokio::select! {
        biased;
        _ = peer::send(&connection, peer::get()) => panic!("nobody answers"),
        request = async { peer::read_request(&mut *reading.lock().await).await } => {
            assert!(!request.is_empty());
        }
    }
    assert!(
        peer::read_request(&mut *stream.lock().await)
            .await
            .is_empty()
    );
    connection.closed().await;
}

#[tokio::test]
async fn closing_a_connection_fails_the_request_on_it_and_reaches_the_peer_at_once() {
    let (key, mut streams) = peer::handing_over().await;
    let connection = Arc::new(peer::connect(&key).await);
    let mut stream = streams.recv().await.unwrap();
    let sending = tokio::spawn({
        let connection = Arc::clone(&connection);
        async move { peer::send(&connection, peer::get()).await }
    });
    assert!(!peer::read_request(&mut stream).await.is_empty());
    connection.abort();
    assert!(peer::read_request(&mut stream).await.is_empty());
    let failure = sending.await.unwrap().unwrap_err();
    assert!(!failure.error.retryable);
    assert!(!connection.is_alive());
}

#[tokio::test]
async fn a_connection_carries_one_request_after_another() {
    let key = peer::echoing_ok().await;
    let connection = peer::connect(&key).await;
    for _ in 0..100 {
        let (_, body) = peer::send(&connection, peer::get()).await.unwrap();
        assert_eq!(peer::read_body(body).await.unwrap(), "ok");
    }
    assert!(connection.is_alive());
    assert_eq!(connection.info().protocol, "http/1.1");
    assert_eq!(connection.info().remote_address.unwrap().port(), key.port);
    assert_eq!(connection.info().tls, None);
}
