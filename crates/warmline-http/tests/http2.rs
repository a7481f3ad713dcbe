//! Requests and responses by HTTP/2, with a peer that keeps to it.

#[allow(dead_code, reason = "each test binary uses its part of the peer")]
mod peer;

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use h2::{Reason, RecvStream, server};
use http::header::{ACCEPT, ACCEPT_ENCODING, HOST, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Version};
use peer::http2::{self, Answer, echo, ok, read_all, serve, serve_with};
use peer::{connect, get, post, read_body, send};
use tokio::io::AsyncWriteExt;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;
use warmline_http::transport::{Incoming, RequestBody, RequestHead};
use warmline_http::{Error, Phase};
use warmline_pool::Poolable;

async fn chunk(body: &mut Incoming) -> Option<Result<Bytes, Error>> {
    poll_fn(|cx| body.poll_chunk(cx)).await
}

#[tokio::test]
async fn a_request_and_its_response_keep_what_they_say() {
    let (told, mut asked) = mpsc::unbounded_channel();
    let server = serve(move |request: Request<RecvStream>, mut answer: Answer| {
        let told = told.clone();
        async move {
            let (head, mut body) = request.into_parts();
            let body = read_all(&mut body).await.unwrap();
            told.send((head, body)).unwrap();
            let response = Response::builder()
                .status(201)
                .header("x-one", "1")
                .header("set-cookie", "a=1")
                .header("set-cookie", "b=2");
            let mut out = answer
                .send_response(response.body(()).unwrap(), false)
                .unwrap();
            out.send_data("there".into(), true).unwrap();
        }
    })
    .await;
    let connection = connect(&server.key).await;
    assert_eq!(connection.info().protocol, "h2");
    assert!(connection.is_shared() && !connection.is_used());

    let (host, accept, codings, agent) = (
        HeaderValue::from_static("peer.test:81"),
        HeaderValue::from_static("*/*"),
        HeaderValue::from_static("identity"),
        HeaderValue::from_static("test"),
    );
    let mut headers = HeaderMap::new();
    headers.insert("connection", HeaderValue::from_static("keep-alive"));
    headers.insert("x-asked", HeaderValue::from_static("yes"));
    let head = RequestHead {
        method: &Method::POST,
        target: "/v1/x?y=1",
        headers: &headers,
        defaults: [
            (HOST, &host),
            (ACCEPT, &accept),
            (ACCEPT_ENCODING, &codings),
            (USER_AGENT, &agent),
        ],
    };
    let (head, body) = connection
        .send(&head, RequestBody::Full("hello".into()), None)
        .await
        .unwrap();
    assert_eq!(
        (head.status, head.version),
        (StatusCode::CREATED, Version::HTTP_2)
    );
    assert_eq!(head.reason.as_deref(), Some(&b""[..]));
    assert_eq!(
        http2::fields(&head.headers),
        ["set-cookie: a=1", "set-cookie: b=2", "x-one: 1"]
    );
    assert_eq!(read_body(body).await.unwrap(), "there");
    assert!(connection.is_used() && connection.is_ready() && connection.is_alive());

    let (asked, body) = asked.recv().await.unwrap();
    assert_eq!(asked.method, Method::POST);
    assert_eq!(asked.uri, "http://peer.test:81/v1/x?y=1");
    assert_eq!(
        http2::fields(&asked.headers),
        [
            "accept-encoding: identity",
            "accept: */*",
            "content-length: 5",
            "user-agent: test",
            "x-asked: yes"
        ]
    );
    assert_eq!(body, "hello");
}

#[tokio::test]
async fn a_hundred_requests_at_once_share_a_connection() {
    let all_there = Arc::new(tokio::sync::Barrier::new(100));
    let server = serve(move |request, answer| {
        let all_there = Arc::clone(&all_there);
        async move {
            all_there.wait().await;
            echo(request, answer).await;
        }
    })
    .await;
    let connection = Arc::new(connect(&server.key).await);
    connection.settled().await;
    let mut requests = JoinSet::new();
    for number in 0..100 {
        let connection = Arc::clone(&connection);
        requests.spawn(async move {
            let body = number.to_string();
            let sent = RequestBody::Full(body.clone().into());
            let (_, answer) = send(&connection, post(sent)).await.unwrap();
            assert_eq!(read_body(answer).await.unwrap(), body);
        });
    }
    requests.join_all().await;
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_streamed_body_arrives_whole_through_small_windows() {
    let mut settings = server::Builder::new();
    settings.initial_window_size(1000);
    let server = serve_with(settings, echo).await;
    let connection = connect(&server.key).await;
    for length in [None, Some(500_000)] {
        let (pieces, receiver) = mpsc::channel(1);
        let feeding = tokio::spawn(async move {
            for number in 0..50_u8 {
                let piece = Bytes::from(vec![number; 10_000]);
                pieces.send(Ok(piece)).await.unwrap();
            }
        });
        let body = RequestBody::stream(receiver, length);
        let (_, answer) = send(&connection, post(body)).await.unwrap();
        let answer = read_body(answer).await.unwrap();
        feeding.await.unwrap();
        assert_eq!(answer.len(), 500_000);
        assert!((0..50_u8).all(|number| answer[usize::from(number) * 10_000] == number));
    }
}

#[tokio::test]
async fn a_body_that_is_not_as_long_as_announced_resets_its_stream_alone() {
    let (told, mut ends) = mpsc::unbounded_channel();
    let server = serve(move |request: Request<RecvStream>, answer| {
        let told = told.clone();
        async move {
            if request.method() == Method::GET {
                return ok(answer, "ok");
            }
            let end = read_all(&mut request.into_body()).await.map(|_| ());
            told.send(end.unwrap_err().reason()).unwrap();
        }
    })
    .await;
    let connection = connect(&server.key).await;
    let (pieces, receiver) = mpsc::channel(1);
    pieces.send(Ok("too short".into())).await.unwrap();
    drop(pieces);
    let failure = send(&connection, post(RequestBody::stream(receiver, Some(100))))
        .await
        .unwrap_err();
    assert_eq!(failure.error.code, "UND_ERR_REQ_CONTENT_LENGTH_MISMATCH");
    assert!(!failure.error.retryable && failure.unsent.is_none());
    assert_eq!(ends.recv().await.unwrap(), Some(Reason::CANCEL));
    let (_, body) = send(&connection, get()).await.unwrap();
    assert_eq!(read_body(body).await.unwrap(), "ok");
}

#[tokio::test]
async fn interim_responses_and_trailers_are_passed_over() {
    let server = serve(|_, mut answer: Answer| async move {
        for status in [100, 103] {
            let hints = Response::builder().status(status).header("link", "</a>");
            answer.send_informational(hints.body(()).unwrap()).unwrap();
        }
        let mut out = answer.send_response(Response::new(()), false).unwrap();
        out.send_data("body".into(), false).unwrap();
        let mut trailers = HeaderMap::new();
        trailers.insert("x-late", HeaderValue::from_static("1"));
        out.send_trailers(trailers).unwrap();
    })
    .await;
    let connection = connect(&server.key).await;
    let (head, body) = send(&connection, get()).await.unwrap();
    assert_eq!(head.status, StatusCode::OK);
    assert!(!head.headers.contains_key("link"));
    assert_eq!(read_body(body).await.unwrap(), "body");
}

#[tokio::test]
async fn a_response_without_a_body_ends_with_its_head() {
    let server = serve(
        |request: Request<RecvStream>, mut answer: Answer| async move {
            let response = if request.method() == Method::HEAD {
                Response::builder().header("content-length", "1000")
            } else {
                Response::builder().status(204)
            };
            answer
                .send_response(response.body(()).unwrap(), true)
                .unwrap();
        },
    )
    .await;
    let connection = connect(&server.key).await;
    let mut request = get();
    request.method = Method::HEAD;
    let (head, body) = send(&connection, request).await.unwrap();
    assert_eq!(head.headers["content-length"], "1000");
    assert!(body.is_end());
    let (_, body) = send(&connection, get()).await.unwrap();
    assert!(body.is_end());
}

/// A server that tells how each of its streams ended, and answers requests for `/ok`'s method, GET.
async fn telling_resets() -> (http2::Server, mpsc::UnboundedReceiver<Reason>) {
    let (told, resets) = mpsc::unbounded_channel();
    let server = serve(move |request: Request<RecvStream>, mut answer: Answer| {
        let told = told.clone();
        async move {
            if request.method() == Method::GET {
                return ok(answer, "ok");
            }
            let mut out = None;
            if request.method() == Method::PUT {
                let mut body = answer.send_response(Response::new(()), false).unwrap();
                body.send_data("first".into(), false).unwrap();
                out = Some(body);
            }
            let reset = match &mut out {
                Some(out) => poll_fn(|cx| out.poll_reset(cx)).await,
                None => poll_fn(|cx| answer.poll_reset(cx)).await,
            };
            told.send(reset.unwrap()).unwrap();
        }
    })
    .await;
    (server, resets)
}

#[tokio::test]
async fn a_request_that_is_dropped_resets_its_stream_and_no_other() {
    let (server, mut resets) = telling_resets().await;
    let connection = connect(&server.key).await;
    let waiting = send(&connection, post(RequestBody::Full("x".into())));
    tokio::select! {
        biased;
        _ = waiting => panic!("nobody answers this"),
        () = tokio::task::yield_now() => {}
    }
    assert_eq!(resets.recv().await.unwrap(), Reason::CANCEL);
    let (_, body) = send(&connection, get()).await.unwrap();
    assert_eq!(read_body(body).await.unwrap(), "ok");
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_body_that_is_dropped_resets_its_stream_and_no_other() {
    let (server, mut resets) = telling_resets().await;
    let connection = connect(&server.key).await;
    // Once with a request that is complete, once with one that is still being sent.
    let (pieces, receiver) = mpsc::channel(1);
    for sent in [
        RequestBody::Full("x".into()),
        RequestBody::stream(receiver, None),
    ] {
        let mut request = post(sent);
        request.method = Method::PUT;
        let (_, mut body) = send(&connection, request).await.unwrap();
        assert_eq!(chunk(&mut body).await.unwrap().unwrap(), "first");
        drop(body);
        assert_eq!(resets.recv().await.unwrap(), Reason::CANCEL);
    }
    assert!(pieces.is_closed());
    let (_, body) = send(&connection, get()).await.unwrap();
    assert_eq!(read_body(body).await.unwrap(), "ok");
}

#[tokio::test]
async fn a_response_can_end_before_its_request() {
    let server = serve(|request: Request<RecvStream>, answer| async move {
        drop(request);
        ok(answer, "enough");
    })
    .await;
    let connection = connect(&server.key).await;
    let (pieces, receiver) = mpsc::channel(1);
    let (_, body) = send(&connection, post(RequestBody::stream(receiver, None)))
        .await
        .unwrap();
    assert_eq!(read_body(body).await.unwrap(), "enough");
    pieces.closed().await;
    assert!(connection.is_ready());
}

#[tokio::test]
async fn streams_that_nobody_reads_leave_the_others_their_room() {
    const STALLED: usize = 500;
    /// More than a stream may send unread.
    const FLOOD: usize = 1024 * 1024;
    let full = Arc::new(AtomicUsize::new(0));
    let all_full = Arc::new(Notify::new());
    let mut settings = server::Builder::new();
    settings.max_concurrent_streams(1000);
    settings.max_send_buffer_size(FLOOD);
    let server = serve_with(settings, {
        let (full, all_full) = (Arc::clone(&full), Arc::clone(&all_full));
        move |request: Request<RecvStream>, mut answer: Answer| {
            let (full, all_full) = (Arc::clone(&full), Arc::clone(&all_full));
            async move {
                if request.method() == Method::GET {
                    return ok(answer, vec![b'x'; FLOOD]);
                }
                let mut out = answer.send_response(Response::new(()), false).unwrap();
                let mut sent = 0;
                // Until the reader's window is used up.
                while sent < 256 * 1024 {
                    out.reserve_capacity(16 * 1024);
                    let room = poll_fn(|cx| out.poll_capacity(cx)).await.unwrap().unwrap();
                    out.send_data(vec![b'x'; room].into(), false).unwrap();
                    sent += room;
                }
                if full.fetch_add(1, Ordering::SeqCst) + 1 == STALLED {
                    all_full.notify_one();
                }
                let _ = poll_fn(|cx| out.poll_reset(cx)).await;
            }
        }
    })
    .await;
    let connection = connect(&server.key).await;
    connection.settled().await;
    let mut unread = Vec::new();
    for _ in 0..STALLED {
        let sent = RequestBody::Full("x".into());
        unread.push(send(&connection, post(sent)).await.unwrap());
    }
    all_full.notified().await;
    let (_, body) = send(&connection, get()).await.unwrap();
    assert_eq!(read_body(body).await.unwrap().len(), FLOOD);
}

#[tokio::test]
async fn a_peer_says_how_many_streams_it_allows() {
    let mut settings = server::Builder::new();
    settings.max_concurrent_streams(7);
    let server = serve_with(settings, echo).await;
    let connection = connect(&server.key).await;
    connection.settled().await;
    assert_eq!(connection.capacity(), 7);

    let unlimited = serve(echo).await;
    let connection = connect(&unlimited.key).await;
    connection.settled().await;
    assert_eq!(connection.capacity(), 1000);
}

#[tokio::test]
async fn a_peer_that_closes_while_nothing_is_under_way_ends_the_connection() {
    let key = peer::start(|stream| async move {
        let mut frames = http2::Frames::accept(stream, &[]).await;
        frames.0.shutdown().await.unwrap();
        while frames.read().await.is_some() {}
    })
    .await
    .with_protocol(warmline_pool::Protocol::Http2);
    let connection = connect(&key).await;
    connection.closed().await;
    assert!(!connection.is_open() && !connection.is_alive());
    let failure = send(&connection, post(RequestBody::Full("x".into())))
        .await
        .unwrap_err();
    assert_eq!(failure.error.code, "UND_ERR_SOCKET");
    assert_eq!(failure.error.phase, Phase::Send);
    assert!(failure.error.retryable);
    assert!(matches!(failure.unsent.as_deref(), Some(RequestBody::Full(bytes)) if bytes == "x"));
}
