//! HTTP/2 peers that go away, refuse, break off or mean harm. Each request is counted where it arrives:
//! what was not looked at comes again, and nothing else does.

#[allow(dead_code, reason = "each test binary uses its part of the peer")]
mod peer;

use std::collections::HashMap;
use std::time::Duration;

use peer::client::{client, emptied, exchange, one_connection, options, post, start};
use peer::http2::{
    CANCEL, CONTINUATION, DATA, END_HEADERS, END_STREAM, ENHANCE_YOUR_CALM, Frames, HEADERS,
    INTERNAL_ERROR, NO_ERROR, PING, PUSH_PROMISE, REFUSED_STREAM, STATUS_200, STREAMS, frames,
};
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::task::JoinHandle;
use warmline_http::transport::{ConnectorOptions, PingOptions};
use warmline_http::{Client, ClientOptions, Error, Key, Phase, Request, RequestBody};

/// As a GOAWAY that only announces itself has it (RFC 9113, section 6.8).
const ALL_STREAMS: u32 = (1 << 31) - 1;

/// Requests under way on one connection: what each has as its body, by its stream.
struct Setting {
    client: Client,
    connections: UnboundedReceiver<Frames>,
    frames: Frames,
    requests: Vec<JoinHandle<Result<bytes::Bytes, Error>>>,
    arrived: Vec<(u32, String)>,
}

async fn setting(count: usize) -> Setting {
    setting_with(options(), count).await
}

async fn setting_with(options: ClientOptions, count: usize) -> Setting {
    let (key, mut connections) = frames(&[]).await;
    let client = client(options);
    let requests = start(&client, &key, count);
    let mut frames = connections.recv().await.unwrap();
    let mut arrived = Vec::new();
    for _ in 0..count {
        arrived.push(frames.request_and_body().await.unwrap());
    }
    Setting {
        client,
        connections,
        frames,
        requests,
        arrived,
    }
}

impl Setting {
    /// The outcome of each request, by its body.
    async fn outcomes(&mut self) -> HashMap<String, Result<bytes::Bytes, Error>> {
        let mut outcomes = HashMap::new();
        for (number, request) in self.requests.drain(..).enumerate() {
            outcomes.insert(number.to_string(), request.await.unwrap());
        }
        outcomes
    }

    async fn error(&mut self) -> Error {
        let request = self.requests.remove(0);
        request.await.unwrap().unwrap_err()
    }
}

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

#[tokio::test]
async fn a_stream_that_is_reset_fails_alone() {
    for code in [INTERNAL_ERROR, CANCEL, ENHANCE_YOUR_CALM, NO_ERROR] {
        let mut setting = setting(2).await;
        let (reset, good) = (setting.arrived[0].clone(), setting.arrived[1].clone());
        setting.frames.reset(reset.0, code).await;
        setting.frames.answer(good.0, good.1.as_bytes()).await;
        let mut outcomes = setting.outcomes().await;
        let error = outcomes.remove(&reset.1).unwrap().unwrap_err();
        assert_eq!(error.code, "ERR_HTTP2_STREAM_ERROR");
        assert_eq!((error.phase, error.retryable), (Phase::Headers, false));
        assert_eq!(outcomes.remove(&good.1).unwrap().unwrap(), good.1);
        assert!(setting.connections.is_empty());
    }
}

#[tokio::test]
async fn a_stream_that_is_reset_within_its_body_fails_there() {
    for code in [INTERNAL_ERROR, REFUSED_STREAM] {
        let mut setting = setting(1).await;
        let stream = setting.arrived[0].0;
        let frames = &mut setting.frames;
        frames.send(HEADERS, END_HEADERS, stream, STATUS_200).await;
        frames.send(DATA, 0, stream, b"part").await;
        frames.reset(stream, code).await;
        let error = setting.error().await;
        assert_eq!(error.code, "ERR_HTTP2_STREAM_ERROR");
        assert_eq!((error.phase, error.retryable), (Phase::Body, false));
        assert_eq!(error.bytes_received, 4);
        assert!(setting.connections.is_empty());
    }
}

/// `content-length: <one digit>` as a literal without indexing, by HPACK's static name 28.
fn with_length(length: u8) -> Vec<u8> {
    [STATUS_200, &[0x0f, 28 - 15, 1, b'0' + length]].concat()
}

#[tokio::test]
async fn a_peer_that_has_answered_may_reset_the_stream_without_an_error() {
    let mut setting = setting(1).await;
    let stream = setting.arrived[0].0;
    let frames = &mut setting.frames;
    frames
        .send(HEADERS, END_HEADERS, stream, &with_length(4))
        .await;
    frames.send(DATA, 0, stream, b"done").await;
    frames.reset(stream, NO_ERROR).await;
    assert_eq!(setting.requests.remove(0).await.unwrap().unwrap(), "done");
}

#[tokio::test]
async fn a_body_that_is_not_as_long_as_its_head_says_is_an_error() {
    for length in [3, 5] {
        let mut setting = setting(1).await;
        let stream = setting.arrived[0].0;
        let frames = &mut setting.frames;
        frames
            .send(HEADERS, END_HEADERS, stream, &with_length(length))
            .await;
        frames.send(DATA, END_STREAM, stream, b"four").await;
        let error = setting.error().await;
        assert_eq!(error.code, "UND_ERR_RES_CONTENT_LENGTH_MISMATCH");
        assert_eq!(error.phase, Phase::Body);
    }
}

#[tokio::test]
async fn a_connection_that_is_cut_within_a_body_fails_there() {
    let mut setting = setting(1).await;
    let stream = setting.arrived[0].0;
    let mut frames = setting.frames;
    frames.send(HEADERS, END_HEADERS, stream, STATUS_200).await;
    frames.send(DATA, 0, stream, b"part").await;
    drop(frames);
    let error = setting.requests.remove(0).await.unwrap().unwrap_err();
    assert!(
        ["UND_ERR_SOCKET", "ECONNRESET"].contains(&error.code.as_ref()),
        "{error:?}"
    );
    assert!(!error.retryable);
}

fn pinging(interval: u64) -> ClientOptions {
    ClientOptions {
        connector: ConnectorOptions {
            pings: PingOptions {
                interval: Duration::from_millis(interval),
                deadline: Duration::from_millis(50),
            },
            ..ConnectorOptions::default()
        },
        ..one_connection()
    }
}

#[tokio::test]
async fn a_peer_that_does_not_answer_a_ping_is_given_up() {
    let mut setting = setting_with(pinging(20), 2).await;
    setting.frames.next(PING).await.unwrap();
    for outcome in setting.outcomes().await.into_values() {
        let error = outcome.unwrap_err();
        assert_eq!(
            (error.code.as_ref(), error.phase),
            ("ETIMEDOUT", Phase::Headers)
        );
        assert!(!error.retryable);
    }
    setting.frames.closed().await;
    emptied(&setting.client).await;
}

#[tokio::test]
async fn a_peer_that_answers_its_pings_stays_with_requests_or_without() {
    const ACK: u8 = 1;
    let mut setting = setting_with(pinging(5), 1).await;
    for answered in [false, true] {
        for _ in 0..5 {
            let ping = setting.frames.next(PING).await.unwrap();
            setting.frames.send(PING, ACK, 0, &ping.payload).await;
        }
        if !answered {
            let stream = setting.arrived[0].0;
            setting.frames.answer(stream, b"0").await;
            assert_eq!(setting.requests.remove(0).await.unwrap().unwrap(), "0");
        }
    }
    assert_eq!(setting.client.stats().counts.idle, 1);
    // And idle, it is given up as well once it is silent.
    setting.frames.next(PING).await.unwrap();
    setting.frames.closed().await;
}

/// Plays `script` on the first stream of a connection; the error of its request.
async fn harmed<F>(script: impl FnOnce(Frames, u32) -> F) -> Error
where
    F: Future<Output = Frames>,
{
    let mut setting = setting(1).await;
    let stream = setting.arrived[0].0;
    // Kept open: the client is to find out for itself.
    let _frames = script(setting.frames, stream).await;
    let error = setting.requests.remove(0).await.unwrap().unwrap_err();
    assert!(!error.retryable, "{error:?}");
    assert!(setting.connections.is_empty());
    error
}

#[tokio::test]
async fn a_head_without_an_end_is_cut_off() {
    // A field in many pieces, and pieces of nothing at all.
    for piece in [&b""[..], &[0; 16_000]] {
        let error = harmed(async |mut frames, stream| {
            frames.send(HEADERS, END_STREAM, stream, STATUS_200).await;
            while frames.send(CONTINUATION, 0, stream, piece).await {}
            frames
        })
        .await;
        assert!(
            ["ERR_HTTP2_SESSION_ERROR", "ECONNRESET", "UND_ERR_SOCKET"]
                .contains(&error.code.as_ref()),
            "{error:?}"
        );
    }
}

/// `a: <size bytes>` as a literal with incremental indexing.
fn indexed_field(size: usize) -> Vec<u8> {
    let mut block = vec![0x40, 1, b'a', 0x7f];
    let mut rest = size - 0x7f;
    while rest >= 0x80 {
        block.push(u8::try_from(rest % 0x80).unwrap() | 0x80);
        rest /= 0x80;
    }
    block.push(u8::try_from(rest).unwrap());
    block.resize(block.len() + size, b'x');
    block
}

/// A head of `copies` times 4,000 bytes and some, all but the first of them a byte each.
fn bomb(copies: usize) -> Vec<u8> {
    let mut block = [STATUS_200, &indexed_field(4000)].concat();
    block.resize(block.len() + copies, 0x80 | 0x3e);
    block
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused_and_the_connection_goes_on() {
    let mut setting = setting(2).await;
    let (bad, good) = (setting.arrived[0].clone(), setting.arrived[1].clone());
    let flags = END_HEADERS | END_STREAM;
    setting.frames.send(HEADERS, flags, bad.0, &bomb(20)).await;
    setting.frames.answer(good.0, good.1.as_bytes()).await;
    let mut outcomes = setting.outcomes().await;
    let error = outcomes.remove(&bad.1).unwrap().unwrap_err();
    assert_eq!(error.code, "ERR_HTTP2_STREAM_ERROR");
    assert_eq!(outcomes.remove(&good.1).unwrap().unwrap(), good.1);
}

#[tokio::test]
async fn a_head_that_explodes_when_it_is_unpacked_ends_the_connection() {
    let error = harmed(async |mut frames, stream| {
        let flags = END_HEADERS | END_STREAM;
        frames.send(HEADERS, flags, stream, &bomb(12_000)).await;
        frames
    })
    .await;
    assert_eq!(error.code, "ERR_HTTP2_SESSION_ERROR");
    assert!(error.message.contains("NGHTTP2_ENHANCE_YOUR_CALM"));
}

#[tokio::test]
async fn a_head_with_too_many_fields_is_refused() {
    let error = harmed(async |mut frames, stream| {
        let mut block = STATUS_200.to_vec();
        for _ in 0..257 {
            block.extend_from_slice(&[0, 1, b'a', 1, b'x']);
        }
        let flags = END_HEADERS | END_STREAM;
        frames.send(HEADERS, flags, stream, &block).await;
        frames
    })
    .await;
    assert_eq!(error.code, "UND_ERR_HEADERS_OVERFLOW");
}

#[tokio::test]
async fn interim_responses_without_an_end_are_cut_off() {
    let error = harmed(async |mut frames, stream| {
        // `:status: 103` with the name of static entry 8.
        let mut interim = vec![0x08, 3, b'1', b'0', b'3'];
        interim.extend_from_slice(&[0, 1, b'a', 100]);
        interim.resize(interim.len() + 100, b'x');
        for _ in 0..1000 {
            frames.send(HEADERS, END_HEADERS, stream, &interim).await;
        }
        frames
    })
    .await;
    assert_eq!(error.code, "UND_ERR_HEADERS_OVERFLOW");
}

#[tokio::test]
async fn what_http2_does_not_allow_is_an_error() {
    let cases: [(u8, &[u8], &str); 6] = [
        // A change of protocols.
        (HEADERS, b"\x08\x03101", "ERR_HTTP2_STATUS_101"),
        // No status; a field that is about the connection; a name in upper case.
        (HEADERS, b"\x00\x01a\x01x", "ERR_HTTP2_STREAM_ERROR"),
        (
            HEADERS,
            b"\x88\x00\x0aconnection\x05close",
            "ERR_HTTP2_STREAM_ERROR",
        ),
        (HEADERS, b"\x88\x00\x01A\x01x", "ERR_HTTP2_SESSION_ERROR"),
        // A push that was declined; an index that HPACK's table does not have.
        (
            PUSH_PROMISE,
            b"\x00\x00\x00\x02\x82",
            "ERR_HTTP2_SESSION_ERROR",
        ),
        (HEADERS, b"\x88\xff\x7f", "ERR_HTTP2_SESSION_ERROR"),
    ];
    for (kind, payload, code) in cases {
        let error = harmed(async |mut frames, stream| {
            frames.send(kind, END_HEADERS, stream, payload).await;
            frames
        })
        .await;
        assert_eq!(error.code, code, "{payload:?} {error:?}");
    }
}

#[tokio::test]
async fn frames_of_nothing_are_cut_off() {
    let error = harmed(async |mut frames, stream| {
        frames.send(HEADERS, END_HEADERS, stream, STATUS_200).await;
        for _ in 0..10_000 {
            frames.send(DATA, 0, stream, b"").await;
        }
        frames
    })
    .await;
    assert!(
        ["ERR_HTTP2_SESSION_ERROR", "ECONNRESET", "UND_ERR_SOCKET"].contains(&error.code.as_ref()),
        "{error:?}"
    );
}

#[tokio::test]
async fn resets_without_an_end_are_survived() {
    // A peer that resets each stream at once, with requests that keep coming.
    let (key, mut connections) = frames(&[(STREAMS, 10)]).await;
    let client = client(one_connection());
    let requests = start(&client, &key, 500);
    let mut frames = connections.recv().await.unwrap();
    for _ in 0..500 {
        let stream = frames.request().await.unwrap();
        frames.reset(stream, INTERNAL_ERROR).await;
    }
    for request in requests {
        let error = request.await.unwrap().unwrap_err();
        assert_eq!(error.code, "ERR_HTTP2_STREAM_ERROR");
    }
    let last = start(&client, &key, 1).remove(0);
    let stream = frames.request().await.unwrap();
    frames.answer(stream, b"ok").await;
    assert_eq!(last.await.unwrap().unwrap(), "ok");
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
