//! Peers that refuse, go away or are gone. Each request is counted where it arrives: what was not looked at
//! comes again, and nothing else does.

use std::sync::Arc;

use tokio::sync::mpsc;
use warmline_http::{Key, Phase, Pieces, Request, RequestBody, Rewind};

use crate::peer::client::{client, exchange, options, post, start};
use crate::peer::http2::{
    DATA, ENHANCE_YOUR_CALM, NO_ERROR, PING, REFUSED_STREAM, STREAMS, frames,
};
use crate::{Setting, setting};

/// As a GOAWAY that only announces itself has it (RFC 9113, section 6.8).
const ALL_STREAMS: u32 = (1 << 31) - 1;

#[tokio::test]
async fn a_refused_stream_is_sent_again_and_no_other() {
    let mut setting = setting(3).await;
    let Setting {
        frames, arrived, ..
    } = &mut setting;
    frames.reset(arrived[1].0, REFUSED_STREAM).await;
    let again = frames.request_and_body().await.unwrap();
    assert_eq!(again.1, arrived[1].1);
    for (stream, body) in [&arrived[0], &again, &arrived[2]] {
        frames.answer(*stream, body.as_bytes()).await;
    }
    for (body, outcome) in setting.outcomes().await {
        assert_eq!(outcome.unwrap(), body);
    }
    assert!(setting.connections.is_empty());
}

#[tokio::test]
async fn a_body_that_was_begun_cannot_be_sent_again() {
    let (key, mut connections) = frames(&[]).await;
    let client = client(options());
    let (pieces, receiver) = mpsc::channel(1);
    let request = Request {
        body: RequestBody::stream(receiver, None),
        ..post(&key, "")
    };
    let request = tokio::spawn(async move { exchange(&client, request).await });
    pieces.send(Ok("begun".into())).await.unwrap();
    let mut frames = connections.recv().await.unwrap();
    let begun = frames.next(DATA).await.unwrap();
    assert_eq!(begun.payload, b"begun");
    frames.reset(begun.stream, REFUSED_STREAM).await;
    let error = request.await.unwrap().unwrap_err();
    assert_eq!(error.code, "ERR_HTTP2_STREAM_ERROR");
    // Whoever can make the body again may do so.
    assert_eq!((error.retryable, error.attempt), (true, 1));
}

/// A source of one piece.
struct OnePiece;

impl Rewind for OnePiece {
    fn rewind(&self) -> Pieces {
        let (sender, pieces) = mpsc::channel(1);
        sender.try_send(Ok("begun".into())).unwrap();
        pieces
    }
}

#[tokio::test]
async fn a_body_that_was_begun_is_sent_again_if_its_source_can_begin_again() {
    let (key, mut connections) = frames(&[]).await;
    let client = client(options());
    // Its end is not to come before it is refused.
    let (pieces, receiver) = mpsc::channel(1);
    pieces.send(Ok("begun".into())).await.unwrap();
    let request = Request {
        body: RequestBody::rewindable(receiver, Arc::new(OnePiece), Some(5)),
        ..post(&key, "")
    };
    let request = tokio::spawn(async move { exchange(&client, request).await });
    let mut frames = connections.recv().await.unwrap();
    let begun = frames.next(DATA).await.unwrap();
    assert_eq!(begun.payload, b"begun");
    frames.reset(begun.stream, REFUSED_STREAM).await;
    let again = frames.next(DATA).await.unwrap();
    assert_ne!(again.stream, begun.stream);
    assert_eq!(again.payload, b"begun");
    frames.answer(again.stream, b"ok").await;
    let (facts, body) = request.await.unwrap().unwrap();
    assert_eq!((facts.attempt, body.as_ref()), (2, &b"ok"[..]));
    drop(pieces);
}

#[tokio::test]
async fn a_stream_that_is_refused_again_and_again_fails() {
    let Setting {
        mut frames,
        arrived,
        mut requests,
        client: _client,
        ..
    } = setting(1).await;
    let mut tries = 1;
    frames.reset(arrived[0].0, REFUSED_STREAM).await;
    let mut request = requests.remove(0);
    let error = loop {
        tokio::select! {
            outcome = &mut request => break outcome.unwrap().unwrap_err(),
            again = frames.request() => {
                tries += 1;
                frames.reset(again.unwrap(), REFUSED_STREAM).await;
            }
        }
    };
    assert_eq!(error.code, "ERR_HTTP2_STREAM_ERROR");
    assert!(error.message.contains("NGHTTP2_REFUSED_STREAM"));
    assert!(error.retryable);
    assert_eq!((tries, error.attempt), (3, 3));
}

#[tokio::test]
async fn beyond_the_last_stream_of_a_goaway_requests_go_elsewhere() {
    let mut setting = setting(4).await;
    setting.frames.go_away(setting.arrived[1].0, NO_ERROR).await;
    let mut second = setting.connections.recv().await.unwrap();
    let mut again = Vec::new();
    for _ in 0..2 {
        again.push(second.request_and_body().await.unwrap());
    }
    let bodies = |arrived: &[(u32, String)]| {
        let mut bodies: Vec<_> = arrived.iter().map(|(_, body)| body.clone()).collect();
        bodies.sort();
        bodies
    };
    assert_eq!(bodies(&again), bodies(&setting.arrived[2..]));
    for (stream, body) in &again {
        second.answer(*stream, body.as_bytes()).await;
    }
    // Those that were looked at end as if nothing had happened, and then the connection does.
    for (stream, body) in &setting.arrived[..2] {
        setting.frames.answer(*stream, body.as_bytes()).await;
    }
    for (body, outcome) in setting.outcomes().await {
        assert_eq!(outcome.unwrap(), body);
    }
    setting.frames.closed().await;
}

#[tokio::test]
async fn a_goaway_that_only_announces_itself_ends_nothing_but_takes_nothing_new() {
    let (key, mut connections) = frames(&[]).await;
    let client = client(options());
    let running = start(&client, &key, 1).remove(0);
    let mut first = connections.recv().await.unwrap();
    let stream = first.request().await.unwrap();
    first.go_away(ALL_STREAMS, NO_ERROR).await;
    // It has been read once what was sent after it is answered.
    first.send(PING, 0, 0, &[1; 8]).await;
    first.next(PING).await.unwrap();

    let next = start(&client, &key, 1).remove(0);
    let mut second = connections.recv().await.unwrap();
    let other = second.request().await.unwrap();
    second.answer(other, b"second").await;
    assert_eq!(next.await.unwrap().unwrap(), "second");

    first.go_away(stream, NO_ERROR).await;
    first.answer(stream, b"first").await;
    assert_eq!(running.await.unwrap().unwrap(), "first");
    first.closed().await;
}

#[tokio::test]
async fn a_goaway_with_an_error_fails_what_was_looked_at_and_replays_the_rest() {
    let mut setting = setting(3).await;
    let Setting {
        mut frames,
        arrived,
        ..
    } = setting;
    frames.go_away(arrived[0].0, ENHANCE_YOUR_CALM).await;
    drop(frames);
    let mut second = setting.connections.recv().await.unwrap();
    for _ in 0..2 {
        let (stream, body) = second.request_and_body().await.unwrap();
        assert_ne!(body, arrived[0].1);
        second.answer(stream, body.as_bytes()).await;
    }
    let mut requests = setting.requests.drain(..);
    let failed: usize = arrived[0].1.parse().unwrap();
    let error = requests.nth(failed).unwrap().await.unwrap().unwrap_err();
    // A connection that is cut with bytes unread may take the GOAWAY's place.
    if error.code != "ECONNRESET" {
        assert_eq!(error.code, "ERR_HTTP2_SESSION_ERROR");
        assert!(error.message.contains("NGHTTP2_ENHANCE_YOUR_CALM"));
    }
    assert_eq!((error.phase, error.retryable), (Phase::Headers, false));
}

#[tokio::test]
async fn a_connection_that_keeps_going_away_is_not_tried_for_ever() {
    let (key, mut connections) = frames(&[]).await;
    let request = start(&client(options()), &key, 1).remove(0);
    let going = tokio::spawn(async move {
        let mut count = 0;
        while let Some(mut frames) = connections.recv().await {
            frames.request().await.unwrap();
            frames.go_away(0, NO_ERROR).await;
            count += 1;
            if count == 2 {
                frames.closed().await;
                return connections;
            }
        }
        connections
    });
    let error = request.await.unwrap().unwrap_err();
    assert_eq!(error.code, "ERR_HTTP2_GOAWAY_SESSION");
    assert!(error.retryable);
    assert_eq!(error.attempt, 2);
    assert!(going.await.unwrap().is_empty());
}

#[tokio::test]
async fn requests_on_a_connection_that_is_cut_are_not_sent_again() {
    let Setting {
        frames,
        requests,
        mut connections,
        client: _client,
        ..
    } = setting(5).await;
    drop(frames);
    for request in requests {
        let error = request.await.unwrap().unwrap_err();
        assert!(
            ["UND_ERR_SOCKET", "ECONNRESET"].contains(&error.code.as_ref()),
            "{error:?}"
        );
        assert_eq!((error.phase, error.retryable), (Phase::Headers, false));
        assert_eq!(error.attempt, 1);
    }
    assert!(connections.try_recv().is_err());
}

#[tokio::test]
async fn a_connection_that_dies_between_requests_costs_none() {
    let (key, mut connections) = frames(&[]).await;
    let client = client(options());
    for _ in 0..20 {
        let request = start(&client, &key, 1).remove(0);
        let mut frames = connections.recv().await.unwrap();
        let stream = frames.request().await.unwrap();
        frames.answer(stream, b"ok").await;
        assert_eq!(request.await.unwrap().unwrap(), "ok");
        drop(frames);
    }
}

/// Goes on until the client has nothing more to ask, refusing, resetting and going away by turns.
#[tokio::test]
async fn whatever_a_peer_does_no_request_is_looked_at_twice() {
    const REQUESTS: usize = 300;
    let (key, mut connections) = frames(&[(STREAMS, 20)]).await;
    let client = client(options());
    let requests = start(&client, &key, REQUESTS);
    let (told, mut looked_at) = tokio::sync::mpsc::unbounded_channel();
    let serving = tokio::spawn(async move {
        while let Some(mut frames) = connections.recv().await {
            let told = told.clone();
            tokio::spawn(async move {
                let mut count = 0_u32;
                while let Some((stream, body)) = frames.request_and_body().await {
                    count += 1;
                    match count % 31 {
                        7 => frames.reset(stream, REFUSED_STREAM).await,
                        30 => {
                            // The last one that was looked at came before this one.
                            frames.go_away(stream - 2, NO_ERROR).await;
                            return frames.closed().await;
                        }
                        _ => {
                            frames.answer(stream, body.as_bytes()).await;
                            told.send(body).unwrap();
                        }
                    }
                }
            });
        }
    });
    let mut answered = Vec::new();
    for (number, request) in requests.into_iter().enumerate() {
        match request.await.unwrap() {
            Ok(body) => {
                assert_eq!(body, number.to_string());
                answered.push(number.to_string());
            }
            // Whom it met too often.
            Err(error) => assert!(error.retryable, "{error:?}"),
        }
    }
    serving.abort();
    let mut seen = Vec::new();
    while let Ok(body) = looked_at.try_recv() {
        seen.push(body);
    }
    seen.sort();
    answered.sort();
    assert_eq!(seen, answered);
    assert!(answered.len() > REQUESTS * 9 / 10);
}

/// The facts of a whole exchange say what it took.
#[tokio::test]
async fn a_replay_is_told_as_an_attempt() {
    let (key, mut connections): (Key, _) = frames(&[]).await;
    let client = client(options());
    let request = post(&key, "x");
    let exchange = tokio::spawn(async move { exchange(&client, request).await });
    let mut frames = connections.recv().await.unwrap();
    let stream = frames.request().await.unwrap();
    frames.reset(stream, REFUSED_STREAM).await;
    let stream = frames.request().await.unwrap();
    frames.answer(stream, b"ok").await;
    let (facts, _) = exchange.await.unwrap().unwrap();
    assert_eq!(
        (facts.attempt, facts.reused, facts.protocol),
        (2, true, "h2")
    );
}
