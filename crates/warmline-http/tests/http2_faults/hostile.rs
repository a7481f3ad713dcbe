//! Peers that mean harm: heads without an end, heads that explode, frames of nothing, and what the
//! protocol does not allow.

use warmline_http::Error;

use crate::peer::http2::{
    CONTINUATION, DATA, END_HEADERS, END_STREAM, Frames, HEADERS, PUSH_PROMISE, STATUS_200,
};
use crate::setting;

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
