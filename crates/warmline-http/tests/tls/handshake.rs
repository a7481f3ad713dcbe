//! What is settled with a server, and what becomes of one that does not.

use rustls::version::{TLS12, TLS13};
use rustls::{HandshakeKind, NamedGroup};
use tokio::io::AsyncWriteExt;
use warmline_http::Phase;
use warmline_http::transport::{TlsOptions, TlsVersion};
use warmline_pool::{Poolable, Scheme};

use crate::authority::Authority;
use crate::server::{serve, serve_with};
use crate::{connector, options, peer, trusting};

#[tokio::test]
async fn a_trusted_server_is_spoken_to_over_tls_1_3() {
    let authority = Authority::new("root", None);
    let (key, _handshakes) = serve(authority.sign(|_| {})).await;
    let connection = trusting(&authority).connect(&key, None).await.unwrap();
    let tls = connection.info().tls.unwrap();
    assert_eq!(tls.version, "TLSv1.3");
    assert!(tls.cipher.starts_with("TLS_"), "{}", tls.cipher);
    for _ in 0..3 {
        let (_, body) = peer::send(&connection, peer::get()).await.unwrap();
        assert_eq!(peer::read_body(body).await.unwrap(), "ok");
        assert!(connection.is_alive());
    }
}

#[tokio::test]
async fn the_second_connection_resumes_the_session_of_the_first() {
    let authority = Authority::new("root", None);
    let (key, mut handshakes) = serve(authority.sign(|_| {})).await;
    let connector = trusting(&authority);
    for expected in [HandshakeKind::Full, HandshakeKind::Resumed] {
        let connection = connector.connect(&key, None).await.unwrap();
        // Tickets come with the first response.
        let (_, body) = peer::send(&connection, peer::get()).await.unwrap();
        peer::read_body(body).await.unwrap();
        assert_eq!(handshakes.recv().await.unwrap().kind, Some(expected));
    }
}

#[tokio::test]
async fn session_tickets_on_an_idle_connection_do_not_end_it() {
    let authority = Authority::new("root", None);
    let (key, mut handshakes) = serve(authority.sign(|_| {})).await;
    let connection = trusting(&authority).connect(&key, None).await.unwrap();
    // The server has sent its tickets once its side of the handshake is done.
    handshakes.recv().await.unwrap();
    assert!(connection.is_alive());
    let (_, body) = peer::send(&connection, peer::get()).await.unwrap();
    assert_eq!(peer::read_body(body).await.unwrap(), "ok");
    assert!(connection.is_open());
}

#[tokio::test]
async fn a_server_that_does_not_speak_tls_is_an_eproto() {
    let mut key = peer::start(|mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        peer::read_request(&mut stream).await;
    })
    .await;
    key.scheme = Scheme::Https;
    let error = trusting(&Authority::new("root", None))
        .connect(&key, None)
        .await
        .unwrap_err();
    assert_eq!((error.code.as_ref(), error.phase), ("EPROTO", Phase::Tls));
}

#[tokio::test]
async fn a_server_that_leaves_in_the_handshake_is_an_econnreset() {
    let mut key = peer::start(|stream| async move { drop(stream) }).await;
    key.scheme = Scheme::Https;
    let error = trusting(&Authority::new("root", None))
        .connect(&key, None)
        .await
        .unwrap_err();
    assert_eq!(
        (error.code.as_ref(), error.phase),
        ("ECONNRESET", Phase::Tls)
    );
}

#[tokio::test]
async fn tls_1_2_is_spoken_and_resumed_where_the_server_knows_no_newer() {
    let authority = Authority::new("root", None);
    let (key, mut handshakes) = serve_with(authority.sign(|_| {}), &[&TLS12], None).await;
    let connector = trusting(&authority);
    for expected in [HandshakeKind::Full, HandshakeKind::Resumed] {
        let connection = connector.connect(&key, None).await.unwrap();
        assert_eq!(connection.info().tls.unwrap().version, "TLSv1.2");
        let (_, body) = peer::send(&connection, peer::get()).await.unwrap();
        assert_eq!(peer::read_body(body).await.unwrap(), "ok");
        assert_eq!(handshakes.recv().await.unwrap().kind, Some(expected));
    }
}

#[tokio::test]
async fn a_server_older_than_the_least_version_is_an_eproto() {
    let authority = Authority::new("root", None);
    let tls = TlsOptions {
        min_version: TlsVersion::V1_3,
        ..options(&authority)
    };
    let (key, _handshakes) = serve_with(authority.sign(|_| {}), &[&TLS12], None).await;
    let error = connector(tls.clone())
        .connect(&key, None)
        .await
        .unwrap_err();
    assert_eq!((error.code.as_ref(), error.phase), ("EPROTO", Phase::Tls));
    let (key, _handshakes) = serve_with(authority.sign(|_| {}), &[&TLS12, &TLS13], None).await;
    let connection = connector(tls).connect(&key, None).await.unwrap();
    assert_eq!(connection.info().tls.unwrap().version, "TLSv1.3");
}

#[tokio::test]
async fn keys_are_exchanged_safe_from_quantum_computers_where_the_server_can() {
    let authority = Authority::new("root", None);
    let (key, mut handshakes) = serve(authority.sign(|_| {})).await;
    let _connection = trusting(&authority).connect(&key, None).await.unwrap();
    let seen = handshakes.recv().await.unwrap();
    assert_eq!(seen.group, Some(NamedGroup::X25519MLKEM768));
}
