//! The way through a proxy, and what it may answer.

#[allow(dead_code, reason = "each test binary uses its part of the peer")]
mod peer;

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use warmline_http::transport::{Connector, ConnectorOptions, Proxy, ProxyOptions};
use warmline_http::{Error, Key, Phase};
use warmline_pool::Scheme;

fn through(url: &str) -> Connector {
    Connector::new(ConnectorOptions {
        proxy: ProxyOptions::Fixed(Proxy::parse("proxy", url).unwrap()),
        ..ConnectorOptions::default()
    })
    .unwrap()
}

fn origin() -> Key {
    Key::new(Scheme::Https, "origin.test", 443)
}

/// The error of connecting through a proxy of this scheme, which plays this script.
async fn failure(scheme: &str, proxy: &Key) -> Error {
    let url = format!("{scheme}://mallory:hunter2@127.0.0.1:{}", proxy.port);
    let error = through(&url).connect(&origin(), None).await.unwrap_err();
    assert_eq!(error.phase, Phase::Connect);
    assert!(error.retryable, "no request was sent");
    assert_eq!(error.origin.as_deref(), Some("https://origin.test"));
    let shown = format!("{error} {error:?}");
    assert!(
        !shown.contains("hunter2") && !shown.contains("mallory"),
        "{shown}"
    );
    error
}

#[tokio::test]
async fn what_is_no_answer_to_connect_is_a_typed_error() {
    for (answer, code) in [
        (
            "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
            "WARMLINE_PROXY_AUTH",
        ),
        ("HTTP/1.0 401 Unauthorized\r\n\r\n", "WARMLINE_PROXY_AUTH"),
        (
            "HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\nno",
            "UND_ERR_PRX_CONN",
        ),
        ("HTTP/1.0 502 Bad Gateway\r\n\r\n", "UND_ERR_PRX_CONN"),
        (
            "HTTP/1.1 301 Moved\r\nlocation: http://x\r\n\r\n",
            "UND_ERR_PRX_CONN",
        ),
        (
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 407 No\r\n\r\n",
            "WARMLINE_PROXY_AUTH",
        ),
        // The end of the connection comes before that of the head.
        ("", "UND_ERR_PRX_CONN"),
        ("HTTP/1.1 200 OK\r\nvia: 1", "UND_ERR_PRX_CONN"),
        ("SSH-2.0-OpenSSH\r\n\r\n", "UND_ERR_PRX_CONN"),
        ("HTTP/1.1 99 Low\r\n\r\n", "UND_ERR_PRX_CONN"),
        // The origin does not speak first.
        ("HTTP/1.1 200 OK\r\n\r\nsmuggled", "UND_ERR_PRX_CONN"),
    ] {
        let proxy = peer::answering(answer).await;
        assert_eq!(failure("http", &proxy).await.code, code, "{answer:?}");
    }
}

#[tokio::test]
async fn a_head_without_end_is_not_read_for_ever() {
    let proxy = peer::start(|mut stream| async move {
        peer::read_request(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n").await;
        while stream.write_all(b"x-more: and more\r\n").await.is_ok() {}
    })
    .await;
    assert_eq!(failure("http", &proxy).await.code, "UND_ERR_PRX_CONN");
}

#[tokio::test]
async fn a_tunnel_is_asked_for_with_credentials_and_an_answer_in_pieces_is_understood() {
    let (sender, mut asked) = mpsc::unbounded_channel();
    let proxy = peer::start(move |mut stream| {
        let sender = sender.clone();
        async move {
            let request = String::from_utf8(peer::read_request(&mut stream).await).unwrap();
            sender.send(request).unwrap();
            stream.set_nodelay(true).unwrap();
            for byte in b"HTTP/1.1 200 Connection established\r\nvia: 1.1 test\r\n\r\n" {
                stream.write_all(&[*byte]).await.unwrap();
                tokio::task::yield_now().await;
            }
            // What follows is the origin's TLS; this peer has none.
            let mut first = [0];
            stream.read_exact(&mut first).await.unwrap();
            sender.send(format!("{first:?}")).unwrap();
        }
    })
    .await;
    let url = format!("http://us%3Aer:hunter2@127.0.0.1:{}", proxy.port);
    let error = through(&url).connect(&origin(), None).await.unwrap_err();
    assert_eq!(error.phase, Phase::Tls, "{error}");
    assert_eq!(
        asked.recv().await.unwrap(),
        "CONNECT origin.test:443 HTTP/1.1\r\nhost: origin.test:443\r\n\
         proxy-authorization: Basic dXM6ZXI6aHVudGVyMg==\r\n\r\n"
    );
    assert_eq!(
        asked.recv().await.unwrap(),
        "[22]",
        "a TLS handshake record"
    );
}

#[tokio::test]
async fn a_proxy_that_is_not_there_is_told_by_its_own_code() {
    let proxy = peer::start(|mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        peer::read_request(&mut stream).await;
    })
    .await;
    let unused = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        peer::key_of(listener.local_addr().unwrap())
    };
    for scheme in ["http", "https", "socks5h"] {
        let error = failure(scheme, &unused).await;
        assert_eq!(error.code, "ECONNREFUSED");
        let expected = format!("proxy {scheme}://127.0.0.1:{}: connect to", unused.port);
        assert!(error.message.starts_with(&expected), "{error}");
    }
    let error = failure("https", &proxy).await;
    assert_eq!(error.code, "UND_ERR_PRX_TLS", "it speaks no TLS");
}

#[tokio::test]
async fn a_proxy_that_is_silent_is_a_connect_timeout() {
    let proxy = peer::start(|mut stream| async move {
        // Reads whatever comes, and never answers.
        let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
    })
    .await;
    for scheme in ["http", "https", "socks5"] {
        let url = format!("{scheme}://127.0.0.1:{}", proxy.port);
        let key = Key::new(Scheme::Https, "127.0.0.2", 443);
        let limit = Some(Duration::from_millis(200));
        let error = through(&url).connect(&key, limit).await.unwrap_err();
        assert_eq!(error.code, "UND_ERR_CONNECT_TIMEOUT", "{scheme}: {error}");
        assert_eq!(error.phase, Phase::Connect);
    }
}

#[tokio::test]
async fn what_is_no_answer_in_socks5_is_a_typed_error() {
    for (method, status, reply, code) in [
        (
            &[5, 255][..],
            &[][..],
            &[][..],
            "UND_ERR_SOCKS5_AUTH_REJECTED",
        ),
        (&[5, 7], &[], &[], "UND_ERR_SOCKS5_AUTH_REJECTED"),
        (&[4, 0], &[], &[], "UND_ERR_SOCKS5_VERSION"),
        (
            b"HTTP/1.1 400 Bad\r\n\r\n",
            &[],
            &[],
            "UND_ERR_SOCKS5_VERSION",
        ),
        (&[5], &[], &[], "UND_ERR_PRX_CONN"),
        (&[5, 2], &[1, 1], &[], "UND_ERR_SOCKS5_AUTH_FAILED"),
        (&[5, 2], &[1, 0], &[5, 2, 0, 1], "UND_ERR_SOCKS5_REPLY_2"),
        (&[5, 0], &[], &[5, 5, 0, 1], "UND_ERR_SOCKS5_REPLY_5"),
        (&[5, 0], &[], &[5, 99, 0, 1], "UND_ERR_PRX_CONN"),
        (&[5, 0], &[], &[5, 0, 0, 9], "UND_ERR_SOCKS5_ADDR_TYPE"),
        (&[5, 0], &[], &[5, 0, 0, 1, 127], "UND_ERR_PRX_CONN"),
    ] {
        let proxy = peer::start(move |mut stream| async move {
            // A client that has had enough leaves before the end of the script.
            let playing = async {
                stream.read_exact(&mut [0; 4]).await?;
                stream.write_all(method).await?;
                if !status.is_empty() {
                    stream.read_exact(&mut [0; 17]).await?;
                    stream.write_all(status).await?;
                }
                if !reply.is_empty() {
                    stream.read_exact(&mut [0; 18]).await?;
                    stream.write_all(reply).await?;
                }
                Ok::<(), std::io::Error>(())
            };
            let _ = playing.await;
        })
        .await;
        let error = failure("socks5h", &proxy).await;
        assert_eq!(error.code, code, "{method:?} {status:?} {reply:?}: {error}");
    }
}

/// A SOCKS5 proxy that tells what it is asked to connect to, and connects to `origin` instead. The
/// address that it says it connected from is a name.
async fn socks5(origin: Key) -> (Key, mpsc::UnboundedReceiver<Vec<u8>>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let proxy = peer::start(move |mut stream| {
        let (sender, port) = (sender.clone(), origin.port);
        async move {
            stream.read_exact(&mut [0; 3]).await.unwrap();
            stream.write_all(&[5, 0]).await.unwrap();
            let mut asked = vec![0; 256];
            let length = stream.read(&mut asked).await.unwrap();
            asked.truncate(length);
            sender.send(asked).unwrap();
            stream
                .write_all(b"\x05\0\0\x03\x04self\0\x50")
                .await
                .unwrap();
            let mut onward = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            let _ = copy_bidirectional(&mut stream, &mut onward).await;
        }
    })
    .await;
    (proxy, receiver)
}

#[tokio::test]
async fn socks5_asks_for_an_address_and_socks5h_for_a_name() {
    let (proxy, mut asked) = socks5(peer::echoing_ok().await).await;
    for (scheme, host, request) in [
        (
            "socks5h",
            "origin.test",
            &b"\x05\x01\0\x03\x0borigin.test\0\x50"[..],
        ),
        (
            "socks5h",
            "10.1.2.3",
            b"\x05\x01\0\x01\x0a\x01\x02\x03\0\x50",
        ),
        (
            "socks5",
            "10.1.2.3",
            b"\x05\x01\0\x01\x0a\x01\x02\x03\0\x50",
        ),
        (
            "socks5",
            "::1",
            b"\x05\x01\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\x50",
        ),
    ] {
        let url = format!("{scheme}://127.0.0.1:{}", proxy.port);
        let key = Key::new(Scheme::Http, host, 80);
        let connection = through(&url).connect(&key, None).await.unwrap();
        assert_eq!(asked.recv().await.unwrap(), request);
        assert_eq!(connection.info().remote_address.unwrap().port(), proxy.port);
        let (_, body) = peer::send(&connection, peer::get()).await.unwrap();
        assert_eq!(peer::read_body(body).await.unwrap(), "ok");
    }
    let url = format!("socks5://127.0.0.1:{}", proxy.port);
    let key = Key::new(Scheme::Http, "localhost", 80);
    through(&url).connect(&key, None).await.unwrap();
    let asked = asked.recv().await.unwrap();
    assert!(matches!(asked[3], 1 | 4), "an address: {asked:?}");
}

#[tokio::test]
async fn a_key_may_name_its_proxy() {
    let (proxy, mut asked) = socks5(peer::echoing_ok().await).await;
    let url = format!("socks5h://127.0.0.1:{}", proxy.port);
    let key = Key::new(Scheme::Http, "origin.test", 80).with_proxy(url);
    assert_eq!(peer::exchange(&key).await.unwrap(), "ok");
    assert!(asked.recv().await.is_some());
}
