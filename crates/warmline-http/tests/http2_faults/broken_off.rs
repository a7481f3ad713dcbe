//! Peers that break off what they have begun.

use warmline_http::Phase;

use crate::peer::client::{client, one_connection, start};
use crate::peer::http2::{
    CANCEL, DATA, END_HEADERS, END_STREAM, ENHANCE_YOUR_CALM, HEADERS, INTERNAL_ERROR, NO_ERROR,
    REFUSED_STREAM, STATUS_200, STREAMS, frames,
};
use crate::setting;

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
