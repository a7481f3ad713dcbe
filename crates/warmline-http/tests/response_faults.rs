//! Responses that are not what they should be: each is an error of its own, and the connection is
//! closed.

#[allow(dead_code, reason = "each test binary uses its part of the peer")]
mod peer;

use socket2::SockRef;
use tokio::io::AsyncWriteExt;
use warmline_http::{Error, Phase};

/// Sends a request to a peer that answers with these bytes and closes; the error that comes of it.
async fn fault(answer: impl Into<Vec<u8>>) -> Error {
    let key = peer::answering(answer).await;
    let connection = peer::connect(&key).await;
    let error = match peer::send(&connection, peer::get()).await {
        Err(failure) => {
            assert!(failure.unsent.is_none(), "the request was sent");
            failure.error
        }
        Ok((_, body)) => peer::read_body(body).await.unwrap_err(),
    };
    connection.closed().await;
    assert!(!connection.is_alive());
    assert!(error.bytes_sent > 0);
    assert!(!error.retryable, "the server may have acted on the request");
    let message = error.message.to_ascii_lowercase();
    assert!(
        !message.contains("timeout") && !message.contains("timed out"),
        "{message}"
    );
    error
}

fn is(error: &Error, code: &str, phase: Phase) {
    assert_eq!(
        (error.code.as_ref(), error.phase),
        (code, phase),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_peer_that_closes_before_the_head_is_an_other_side_closed() {
    let error = fault("").await;
    is(&error, "UND_ERR_SOCKET", Phase::Headers);
    assert_eq!(error.bytes_received, 0);
}

#[tokio::test]
async fn a_peer_that_resets_before_the_head_is_an_econnreset() {
    let key = peer::start(|mut stream| async move {
        peer::read_request(&mut stream).await;
        SockRef::from(&stream)
            .set_linger(Some(std::time::Duration::ZERO))
            .unwrap();
    })
    .await;
    let error = peer::exchange(&key).await.unwrap_err();
    is(&error, "ECONNRESET", Phase::Headers);
}

#[tokio::test]
async fn a_peer_that_closes_in_the_middle_of_the_head_is_an_other_side_closed() {
    let error = fault("HTTP/1.1 200 OK\r\ncontent-le").await;
    is(&error, "UND_ERR_SOCKET", Phase::Headers);
    assert_eq!(error.bytes_received, 27);
}

#[tokio::test]
async fn a_body_shorter_than_its_content_length_is_an_other_side_closed() {
    let error = fault("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort").await;
    is(&error, "UND_ERR_SOCKET", Phase::Body);
}

#[tokio::test]
async fn a_peer_that_closes_in_the_middle_of_a_chunked_body_is_an_other_side_closed() {
    let error = fault("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n").await;
    is(&error, "UND_ERR_SOCKET", Phase::Body);
}

#[tokio::test]
async fn a_chunk_whose_size_is_no_number_is_an_invalid_chunk_size() {
    let error =
        fault("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\nhello\r\n").await;
    is(&error, "HPE_INVALID_CHUNK_SIZE", Phase::Body);
}

#[tokio::test]
async fn a_chunk_longer_than_its_size_is_an_invalid_chunk_size() {
    let error = fault("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhello\r\n").await;
    is(&error, "HPE_INVALID_CHUNK_SIZE", Phase::Body);
}

#[tokio::test]
async fn garbage_instead_of_http_is_an_invalid_constant() {
    is(
        &fault("SSH-2.0-OpenSSH_9.9\r\n").await,
        "HPE_INVALID_CONSTANT",
        Phase::Headers,
    );
    is(
        &fault(vec![0xff; 64]).await,
        "HPE_INVALID_CONSTANT",
        Phase::Headers,
    );
}

#[tokio::test]
async fn a_version_that_nobody_speaks_is_an_invalid_version() {
    is(
        &fault("HTTP/9.9 200 OK\r\n\r\n").await,
        "HPE_INVALID_VERSION",
        Phase::Headers,
    );
}

#[tokio::test]
async fn a_status_that_is_no_number_is_an_invalid_status() {
    is(
        &fault("HTTP/1.1 2x0 OK\r\n\r\n").await,
        "HPE_INVALID_STATUS",
        Phase::Headers,
    );
}

#[tokio::test]
async fn a_malformed_header_is_an_invalid_header_token() {
    let error = fault("HTTP/1.1 200 OK\r\nbad header: 1\r\n\r\n").await;
    is(&error, "HPE_INVALID_HEADER_TOKEN", Phase::Headers);
}

#[tokio::test]
async fn a_content_length_that_is_no_number_or_contradicts_itself_is_refused() {
    for lengths in [
        "content-length: many\r\n",
        "content-length: 5\r\ncontent-length: 6\r\n",
    ] {
        let error = fault(format!("HTTP/1.1 200 OK\r\n{lengths}\r\nhello")).await;
        is(&error, "HPE_INVALID_CONTENT_LENGTH", Phase::Headers);
    }
}

#[tokio::test]
async fn a_head_of_more_than_64_kb_is_an_overflow() {
    let error = fault(format!(
        "HTTP/1.1 200 OK\r\nx: {}\r\n\r\n",
        "y".repeat(70_000)
    ))
    .await;
    is(&error, "UND_ERR_HEADERS_OVERFLOW", Phase::Headers);
}

#[tokio::test]
async fn a_head_of_more_than_256_fields_is_an_overflow_and_one_of_256_is_not() {
    let head = |fields: usize| {
        let fields = "x: y\r\n".repeat(fields - 1);
        format!("HTTP/1.1 200 OK\r\n{fields}content-length: 2\r\n\r\nok")
    };
    is(
        &fault(head(257)).await,
        "UND_ERR_HEADERS_OVERFLOW",
        Phase::Headers,
    );
    let key = peer::answering(head(256)).await;
    assert_eq!(peer::exchange(&key).await.unwrap(), "ok");
}

#[tokio::test]
async fn responses_before_the_response_are_skipped_as_long_as_they_end() {
    let interim = |count| "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n".repeat(count);
    let last = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
    let key = peer::answering(interim(20) + last).await;
    assert_eq!(peer::exchange(&key).await.unwrap(), "ok");
    let error = fault(interim(2000)).await;
    is(&error, "UND_ERR_HEADERS_OVERFLOW", Phase::Headers);
}

#[tokio::test]
async fn a_body_that_lasts_until_the_peer_closes_is_not_complete_when_we_close() {
    let key = peer::start(|mut stream| async move {
        peer::read_request(&mut stream).await;
        stream
            .write_all(b"HTTP/1.1 200 OK\r\n\r\nthe first half")
            .await
            .unwrap();
        peer::read_request(&mut stream).await;
    })
    .await;
    let connection = peer::connect(&key).await;
    let (_, body) = peer::send(&connection, peer::get()).await.unwrap();
    connection.abort();
    let error = peer::read_body(body).await.unwrap_err();
    is(&error, "UND_ERR_SOCKET", Phase::Body);
}

#[tokio::test]
async fn a_change_of_protocols_that_nobody_asked_for_is_refused() {
    let error = fault("HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n").await;
    is(&error, "UND_ERR_SOCKET", Phase::Headers);
}

#[tokio::test]
async fn a_transfer_encoding_that_nobody_asked_for_is_refused() {
    let error = fault("HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n").await;
    is(&error, "HPE_INVALID_TRANSFER_ENCODING", Phase::Headers);
}

#[tokio::test]
async fn trailers_without_end_are_an_overflow() {
    let trailers = "a: b\r\n".repeat(10_000);
    let error = fault(format!(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n{trailers}"
    ))
    .await;
    is(&error, "UND_ERR_HEADERS_OVERFLOW", Phase::Body);
}

/// A head that comes byte by byte is found out as early, and read as well, as one that comes at once.
#[tokio::test]
async fn a_head_that_dribbles_in_is_read_like_any_other() {
    let fields = "x-field: some value\r\n".repeat(200);
    let answer = format!("HTTP/1.1 200 OK\r\n{fields}content-length: 2\r\n\r\nok");
    for (answer, fine) in [
        (answer, true),
        ("SSH-2.0-OpenSSH_9.9\r\n".to_owned(), false),
    ] {
        let key = peer::start(move |mut stream| {
            let answer = answer.clone();
            async move {
                peer::read_request(&mut stream).await;
                for byte in answer.bytes() {
                    if stream.write_all(&[byte]).await.is_err() {
                        return;
                    }
                    tokio::task::yield_now().await;
                }
                // Open until the client has had enough.
                peer::read_request(&mut stream).await;
            }
        })
        .await;
        let outcome = peer::exchange(&key).await;
        match outcome {
            Ok(body) => assert!(fine && body == "ok"),
            Err(error) => {
                assert!(!fine, "{error:?}");
                is(&error, "HPE_INVALID_CONSTANT", Phase::Headers);
            }
        }
    }
}

#[tokio::test]
async fn what_follows_a_complete_body_costs_the_connection_but_not_the_response() {
    let key = peer::start(|mut stream| async move {
        peer::read_request(&mut stream).await;
        stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok and more")
            .await
            .unwrap();
        // Still open: only the surplus can end the connection.
        peer::read_request(&mut stream).await;
    })
    .await;
    let connection = peer::connect(&key).await;
    let (_, body) = peer::send(&connection, peer::get()).await.unwrap();
    assert_eq!(peer::read_body(body).await.unwrap(), "ok");
    connection.closed().await;
    let failure = peer::send(&connection, peer::get()).await.unwrap_err();
    assert!(failure.unsent.is_some());
}

#[tokio::test]
async fn a_fault_on_one_connection_does_not_touch_another() {
    let healthy = peer::echoing_ok().await;
    let connection = peer::connect(&healthy).await;
    for _ in 0..3 {
        fault("garbage\r\n\r\n").await;
        let (_, body) = peer::send(&connection, peer::get()).await.unwrap();
        assert_eq!(peer::read_body(body).await.unwrap(), "ok");
    }
    assert!(connection.is_alive());
}
