//! Connections that do not come about.

#[allow(dead_code, reason = "each test binary uses its part of the peer")]
mod peer;

use std::net::SocketAddr;
use std::time::Duration;

use socket2::{Domain, Socket, Type};
use tokio::net::TcpListener;
use warmline_http::transport::Connection;
use warmline_http::{Error, Key, Phase};
use warmline_pool::Scheme;

async fn failure(key: &Key, timeout: Option<Duration>) -> Error {
    let outcome: Result<Connection, Error> = peer::connector().connect(key, timeout).await;
    let error = outcome.expect_err("nobody is there to connect to");
    assert!(error.retryable, "no request was sent");
    error
}

#[tokio::test]
async fn a_port_that_nobody_listens_on_is_refused() {
    let (key, _port) = peer::refusing();
    let error = failure(&key, None).await;
    assert_eq!(
        (error.code.as_ref(), error.phase),
        ("ECONNREFUSED", Phase::Connect)
    );
    assert_eq!(
        error.origin.as_deref(),
        Some(format!("http://127.0.0.1:{}", key.port).as_str())
    );
    assert!(error.message.contains(&format!("127.0.0.1:{}", key.port)));
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_told_by_its_phase() {
    // RFC 6761 section 6.4: no resolver knows a name under "invalid".
    let error = failure(&Key::new(Scheme::Http, "no-such-host.invalid", 80), None).await;
    assert_eq!(error.phase, Phase::Dns);
    // Without a network there is nobody to ask.
    assert!(
        matches!(error.code.as_ref(), "ENOTFOUND" | "EAI_AGAIN"),
        "{}",
        error.code
    );
    assert_eq!(error.origin.as_deref(), Some("http://no-such-host.invalid"));
}

#[tokio::test]
async fn a_name_with_several_addresses_is_reached_at_the_one_that_answers() {
    // "localhost" has an IPv6 address on most machines, on which nobody listens here.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let key = Key::new(Scheme::Http, "localhost", port);
    let connection = peer::connect(&key).await;
    assert_eq!(
        connection.info().remote_address,
        Some(SocketAddr::from(([127, 0, 0, 1], port)))
    );
}

#[tokio::test]
async fn a_peer_that_does_not_answer_is_a_connect_timeout() {
    // The kernel completes connections only while there is room in the listener's queue; beyond it,
    // it is silent.
    let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    listener
        .bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into())
        .unwrap();
    listener.listen(0).unwrap();
    let address = listener.local_addr().unwrap();
    let mut filling = Vec::new();
    for _ in 0..8 {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.set_nonblocking(true).unwrap();
        // "In progress" is what connecting without waiting always says.
        let _ = socket.connect(&address);
        filling.push(socket);
    }
    let key = peer::key_of(address.as_socket().unwrap());
    let error = failure(&key, Some(Duration::from_millis(300))).await;
    assert_eq!(
        (error.code.as_ref(), error.phase),
        ("UND_ERR_CONNECT_TIMEOUT", Phase::Connect)
    );
    assert!(
        error.message.contains("timed out after 300 ms"),
        "{}",
        error.message
    );
}

#[tokio::test]
async fn a_peer_that_is_silent_in_the_handshake_is_a_connect_timeout_of_tls() {
    let mut key = peer::start(|mut stream| async move {
        // Reads the client's first message and never answers.
        peer::read_request(&mut stream).await;
    })
    .await;
    key.scheme = Scheme::Https;
    let error = failure(&key, Some(Duration::from_secs(1))).await;
    assert_eq!(
        (error.code.as_ref(), error.phase),
        ("UND_ERR_CONNECT_TIMEOUT", Phase::Tls)
    );
}
