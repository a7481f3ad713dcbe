//! How long a peer may take nothing of a request.

#[allow(dead_code, reason = "each test binary uses its part of the peer")]
mod peer;

use std::time::Duration;

use bytes::Bytes;
use peer::{connect, http2, post, read_body, send_within};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;
use warmline_http::transport::{RequestBody, SendError};
use warmline_http::{Key, Phase};

const LIMIT: Duration = Duration::from_millis(50);
/// More than the sockets' buffers take.
const LARGE: usize = 64 * 1024 * 1024;

fn large() -> RequestBody {
    RequestBody::Full(vec![b'x'; LARGE].into())
}

fn streamed(pieces: impl IntoIterator<Item = Bytes>) -> RequestBody {
    let pieces: Vec<_> = pieces.into_iter().collect();
    let (sender, receiver) = mpsc::channel(pieces.len());
    for piece in pieces {
        sender.try_send(Ok(piece)).unwrap();
    }
    RequestBody::stream(receiver, None)
}

async fn refused(key: &Key, body: RequestBody) -> SendError {
    let connection = connect(key).await;
    let sent = send_within(&connection, post(body), Some(LIMIT)).await;
    let failure = sent.err().unwrap();
    assert_eq!(failure.error.code, "WARMLINE_WRITE_TIMEOUT");
    assert_eq!(failure.error.phase, Phase::Send);
    // It may have begun to work.
    assert!(!failure.error.retryable);
    failure
}

#[tokio::test]
async fn a_peer_that_does_not_read_is_given_up() {
    let key = peer::start(async |stream| {
        // Until the test is over.
        std::future::pending::<()>().await;
        drop(stream);
    })
    .await;
    let failure = refused(&key, large()).await;
    assert!(failure.error.bytes_sent > 0);
    refused(&key, streamed([vec![b'x'; LARGE].into()])).await;
}

#[tokio::test]
async fn so_is_an_http2_peer_that_gives_a_stream_no_room() {
    // It keeps the body, and with it the window.
    let server = http2::serve(async |request, answer| {
        std::future::pending::<()>().await;
        drop((request, answer));
    })
    .await;
    let connection = connect(&server.key).await;
    for body in [large(), streamed([vec![b'x'; LARGE].into()])] {
        let sent = send_within(&connection, post(body), Some(LIMIT)).await;
        let failure = sent.err().unwrap();
        assert_eq!(failure.error.code, "WARMLINE_WRITE_TIMEOUT");
        assert!(!failure.error.retryable);
    }
    // The others on the connection go on.
    assert!(connection.is_ready());
}

#[tokio::test]
async fn a_whole_body_arrives_within_the_deadline_by_http2() {
    let server = http2::serve(http2::echo).await;
    let connection = connect(&server.key).await;
    let long = Bytes::from(vec![b'x'; 1_000_000]);
    for body in [Bytes::from("short"), long] {
        let request = post(RequestBody::Full(body.clone()));
        let sent = send_within(&connection, request, Some(Duration::from_secs(60))).await;
        let (_, echoed) = sent.map_err(|failure| failure.error).unwrap();
        assert_eq!(read_body(echoed).await.unwrap(), body);
    }
}

#[tokio::test]
async fn a_source_that_has_nothing_to_send_is_waited_for() {
    let key = peer::start(async |mut stream| {
        let mut read = Vec::new();
        while !read.ends_with(b"0\r\n\r\n") {
            read.push(stream.read_u8().await.unwrap());
        }
        let answer = b"HTTP/1.1 204 No Content\r\n\r\n";
        stream.write_all(answer).await.unwrap();
    })
    .await;
    let server = http2::serve(http2::echo).await;
    for key in [&key, &server.key] {
        let connection = connect(key).await;
        // From here on, time passes when there is nothing else to do.
        tokio::time::pause();
        let (sender, receiver) = mpsc::channel(1);
        let source = async {
            sender.send(Ok("begin ".into())).await.unwrap();
            tokio::time::sleep(LIMIT * 10).await;
            sender.send(Ok("end".into())).await.unwrap();
            drop(sender);
        };
        let request = post(RequestBody::stream(receiver, None));
        let (sent, ()) = tokio::join!(send_within(&connection, request, Some(LIMIT)), source);
        assert!(sent.is_ok());
        tokio::time::resume();
    }
}
