//! Responses that begin before their request has been sent to its end.

#[allow(dead_code, reason = "each test binary uses its part of the peer")]
mod peer;

use std::future::poll_fn;

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use warmline_http::transport::{Abort, Connection, Incoming, RequestBody};
use warmline_http::{Error, Phase};

/// More than any socket's buffers hold.
const LARGE: usize = 32 * 1024 * 1024;

type Pieces = mpsc::Sender<Result<Bytes, Abort>>;

/// A connection whose peer answers as soon as a request's head has come, with this and then with what
/// `script` does.
async fn answered_early<F>(
    head: &'static str,
    script: impl Fn(TcpStream) -> F + Send + Copy + 'static,
) -> Connection
where
    F: Future<Output = ()> + Send + 'static,
{
    let key = peer::start(move |mut stream| async move {
        let mut read = Vec::new();
        while !read.ends_with(b"\r\n\r\n") {
            read.push(stream.read_u8().await.unwrap());
        }
        stream.write_all(head.as_bytes()).await.unwrap();
        script(stream).await;
    })
    .await;
    peer::connect(&key).await
}

/// Sends a streamed body, of which the first piece is there, and returns once the response's head is.
async fn begin(connection: &Connection) -> (Pieces, Incoming) {
    let (pieces, receiver) = mpsc::channel(1);
    pieces.send(Ok("first".into())).await.unwrap();
    let request = peer::post(RequestBody::stream(receiver, None));
    let (head, body) = peer::send(connection, request).await.unwrap();
    assert_eq!(head.status, 200);
    (pieces, body)
}

async fn next(body: &mut Incoming) -> Option<Result<Bytes, Error>> {
    poll_fn(|cx| body.poll_chunk(cx)).await
}

const UNTIL_CLOSE: &str = "HTTP/1.1 200 OK\r\n\r\n";

#[tokio::test]
async fn the_rest_of_the_request_is_sent_while_nobody_reads_the_response() {
    let connection = answered_early(
        "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n",
        |mut stream| async move {
            let mut read = Vec::new();
            while !read.ends_with(b"0\r\n\r\n") {
                assert!(stream.read_buf(&mut read).await.unwrap() > 0);
            }
            stream.write_all(b"done").await.unwrap();
            let _ = stream.read_u8().await;
        },
    )
    .await;
    let (pieces, body) = begin(&connection).await;
    for _ in 0..100 {
        // The channel holds one piece: this ends only if somebody goes on sending.
        pieces
            .send(Ok(Bytes::from(vec![b'x'; 64 * 1024])))
            .await
            .unwrap();
    }
    drop(pieces);
    assert_eq!(peer::read_body(body).await.unwrap(), "done");
    assert!(connection.is_ready(), "all was sent, and all was read");
}

#[tokio::test]
async fn a_response_that_ends_before_its_request_costs_the_connection() {
    let connection = answered_early(
        "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ndone",
        |mut stream| async move {
            let _ = stream.read_to_end(&mut Vec::new()).await;
        },
    )
    .await;
    let (pieces, body) = begin(&connection).await;
    assert_eq!(peer::read_body(body).await.unwrap(), "done");
    connection.closed().await;
    assert!(!connection.is_ready());
    pieces.closed().await;
}

#[tokio::test]
async fn a_request_that_cannot_be_completed_breaks_its_response() {
    let connection = answered_early(UNTIL_CLOSE, |mut stream| async move {
        let mut read = Vec::new();
        let _ = stream.read_to_end(&mut read).await;
        assert!(!read.ends_with(b"0\r\n\r\n"), "it must not look complete");
    })
    .await;
    let (pieces, mut body) = begin(&connection).await;
    pieces.send(Err(Abort)).await.unwrap();
    let error = next(&mut body).await.unwrap().unwrap_err();
    assert_eq!(
        (error.code.as_ref(), error.phase),
        ("WARMLINE_REQUEST_BODY", Phase::Body)
    );
    assert!(next(&mut body).await.is_none());
    connection.closed().await;
}

#[tokio::test]
async fn giving_up_the_response_stops_the_request() {
    let connection = answered_early(UNTIL_CLOSE, |mut stream| async move {
        let _ = stream.read_to_end(&mut Vec::new()).await;
    })
    .await;
    let (pieces, body) = begin(&connection).await;
    drop(body);
    pieces.closed().await;
    connection.closed().await;
}

#[tokio::test]
async fn a_refusal_is_read_though_the_peer_takes_no_more_of_the_request() {
    let connection = answered_early(
        "HTTP/1.1 413 Content Too Large\r\ncontent-length: 7\r\n\r\ntoo big",
        |mut stream| async move {
            // Reads no more of the request, until the client hangs up.
            stream.shutdown().await.unwrap();
            std::future::pending::<()>().await;
        },
    )
    .await;
    let request = peer::post(RequestBody::Full(vec![0; LARGE].into()));
    let (head, body) = peer::send(&connection, request).await.unwrap();
    assert_eq!(head.status, 413);
    assert_eq!(peer::read_body(body).await.unwrap(), "too big");
    connection.closed().await;
}

#[tokio::test]
async fn a_large_body_is_sent_whole_though_the_socket_takes_it_in_parts() {
    let key = peer::start(|mut stream| async move {
        let read = peer::read_request(&mut stream).await;
        let body = read.len() - read.windows(4).position(|at| at == b"\r\n\r\n").unwrap() - 4;
        let answer = format!(
            "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}",
            body.to_string().len()
        );
        stream.write_all(answer.as_bytes()).await.unwrap();
        let _ = stream.read_u8().await;
    })
    .await;
    let connection = peer::connect(&key).await;
    let size = 4 * 1024 * 1024 + 7;
    let request = peer::post(RequestBody::Full(vec![b'x'; size].into()));
    let (_, body) = peer::send(&connection, request).await.unwrap();
    assert_eq!(
        peer::read_body(body).await.unwrap(),
        Bytes::from(size.to_string())
    );
    assert!(connection.is_ready());
}
