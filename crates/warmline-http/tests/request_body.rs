//! What is sent after the head, and what happens when it cannot be sent.

#[allow(dead_code, reason = "each test binary uses its part of the peer")]
mod peer;

use std::sync::Arc;

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;
use warmline_http::transport::{Abort, BodyFault, Pieces, RequestBody, Rewind};
use warmline_http::{Error, Key, Phase};

type Script = Vec<Result<&'static str, Abort>>;

/// A body of pieces that are all there already.
fn stream(pieces: Script, length: Option<u64>) -> RequestBody {
    let (sender, receiver) = mpsc::channel(pieces.len().max(1));
    for piece in pieces {
        sender.try_send(piece.map(Bytes::from)).unwrap();
    }
    RequestBody::stream(receiver, length)
}

/// A peer that reports everything it read on a connection up to `end`, answers, and goes on.
async fn recording(end: &'static str) -> (Key, mpsc::UnboundedReceiver<String>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let key = peer::start(move |mut stream| {
        let sender = sender.clone();
        async move {
            let mut read = Vec::new();
            while !read.ends_with(end.as_bytes()) {
                match stream.read_u8().await {
                    Ok(byte) => read.push(byte),
                    Err(_) => break,
                }
            }
            let _ = sender.send(String::from_utf8(read).unwrap());
            let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await;
        }
    })
    .await;
    (key, receiver)
}

/// Sends a body that cannot be sent; the error, and what of it the peer read before the end.
async fn failing(body: RequestBody) -> (Error, String) {
    let (key, mut recorded) = recording("never").await;
    let connection = peer::connect(&key).await;
    let failure = peer::send(&connection, peer::post(body)).await.unwrap_err();
    assert!(failure.unsent.is_none());
    connection.closed().await;
    drop(connection);
    (failure.error, recorded.recv().await.unwrap())
}

/// Sends a body that a peer takes; what the peer read up to `end`.
async fn sent(body: RequestBody, end: &'static str) -> String {
    let (key, mut recorded) = recording(end).await;
    let connection = peer::connect(&key).await;
    let (head, _) = peer::send(&connection, peer::post(body)).await.unwrap();
    assert_eq!(head.status, 204);
    recorded.recv().await.unwrap()
}

#[tokio::test]
async fn a_whole_body_is_sent_with_its_length() {
    let body = RequestBody::Full(Bytes::from_static(b"hello"));
    let recorded = sent(body, "hello").await;
    assert!(recorded.contains("content-length: 5\r\n"), "{recorded}");
}

#[tokio::test]
async fn a_stream_without_length_is_sent_in_chunks() {
    let recorded = sent(stream(vec![Ok("hel"), Ok("lo")], None), "0\r\n\r\n").await;
    assert!(
        recorded.contains("transfer-encoding: chunked\r\n"),
        "{recorded}"
    );
    assert!(
        recorded.ends_with("\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"),
        "{recorded}"
    );
}

#[tokio::test]
async fn a_stream_with_length_is_sent_under_it() {
    let body = stream(vec![Ok("hel"), Ok("lo")], Some(5));
    let recorded = sent(body, "\r\n\r\nhello").await;
    assert!(recorded.contains("content-length: 5\r\n"), "{recorded}");
}

#[tokio::test]
async fn a_stream_that_is_not_as_long_as_announced_fails_and_its_surplus_is_not_sent() {
    for pieces in [
        vec![Ok("hel")],
        vec![Ok("hel"), Ok("lo and GET /smuggled HTTP/1.1")],
    ] {
        let (error, recorded) = failing(stream(pieces, Some(5))).await;
        assert_eq!(error.code, "UND_ERR_REQ_CONTENT_LENGTH_MISMATCH");
        assert_eq!(error.phase, Phase::Send);
        assert!(!error.retryable);
        assert!(!recorded.contains("smuggled"), "{recorded}");
    }
}

#[tokio::test]
async fn a_stream_whose_source_gives_up_is_cut_off_and_not_ended() {
    let (error, recorded) = failing(stream(vec![Ok("hel"), Err(Abort)], None)).await;
    assert_eq!(
        (error.code.as_ref(), error.phase),
        ("WARMLINE_REQUEST_BODY", Phase::Send)
    );
    assert!(!error.retryable);
    assert!(
        !recorded.contains("0\r\n\r\n"),
        "the server must not take it for complete: {recorded}"
    );
    let source = std::error::Error::source(&error);
    assert_eq!(
        source.and_then(|it| it.downcast_ref()),
        Some(&BodyFault::Aborted)
    );
}

#[tokio::test]
async fn whole_bodies_can_be_sent_again_and_streams_cannot() {
    assert!(RequestBody::Empty.replay().is_some());
    assert!(
        RequestBody::Full(Bytes::from_static(b"x"))
            .replay()
            .is_some()
    );
    assert!(stream(vec![], None).replay().is_none());
}

/// A source whose every pass is the same.
struct Twice;

impl Rewind for Twice {
    fn rewind(&self) -> Pieces {
        let (sender, pieces) = mpsc::channel(2);
        for piece in ["hel", "lo"] {
            sender.try_send(Ok(piece.into())).unwrap();
        }
        pieces
    }
}

#[tokio::test]
async fn a_stream_whose_source_can_begin_again_is_sent_again_whatever_was_taken_of_it() {
    let (key, mut recorded) = recording("hello").await;
    let first = RequestBody::rewindable(Twice.rewind(), Arc::new(Twice), Some(5));
    let second = first.replay().unwrap();
    let third = second.replay().unwrap();
    for body in [first, second, third] {
        let connection = peer::connect(&key).await;
        peer::send(&connection, peer::post(body)).await.unwrap();
        let read = recorded.recv().await.unwrap();
        assert!(read.contains("content-length: 5\r\n"), "{read}");
    }
}

#[test]
fn what_a_body_holds_stays_out_of_debug_output() {
    let body = RequestBody::Full(Bytes::from_static(b"secret"));
    assert_eq!(format!("{body:?}"), "Full(6 bytes)");
}
