//! What proxies answer, by `CONNECT` and by SOCKS5: a way through or a typed error without a secret, the same
//! wherever the answer is cut, and of the origin's bytes behind it not one is taken.
#![no_main]

use std::pin::Pin;
use std::sync::LazyLock;
use std::task::{Context, Poll};

use libfuzzer_sys::fuzz_target;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::runtime::{Builder, Runtime};
use warmline_fuzz::cut;
use warmline_http::Phase;
use warmline_http::fuzzing::open;
use warmline_http::transport::Proxy;

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_current_thread().build().expect("a runtime"));
static PROXIES: LazyLock<Vec<Proxy>> = LazyLock::new(|| {
    [
        "http://proxy.test",
        "http://user:hunter2@proxy.test",
        "socks5h://proxy.test",
        "socks5h://user:hunter2@proxy.test",
    ]
    .map(|url| Proxy::parse("proxy", url).expect("a proxy"))
    .into()
});

fuzz_target!(|bytes: &[u8]| {
    for proxy in &*PROXIES {
        let whole = ask(proxy, &[bytes], true);
        for pieces in cut(bytes) {
            assert_eq!(ask(proxy, &pieces, true), whole, "{proxy}, {pieces:?}");
            // Who must not speak first is refused if that has come with the answer.
            let listening = ask(proxy, &pieces, false);
            if listening.is_ok() {
                assert_eq!(listening, whole, "{proxy}, {pieces:?}");
            }
        }
    }
});

/// How many bytes were taken until there was a way, or the code of the error.
fn ask(proxy: &Proxy, pieces: &[&[u8]], may_speak: bool) -> Result<usize, String> {
    let mut answer = Answer {
        pieces: pieces.iter().map(|piece| piece.to_vec()).rev().collect(),
        taken: 0,
    };
    let opened = open(proxy, &mut answer, "origin.test", 443, may_speak);
    match RUNTIME.block_on(opened) {
        Ok(()) => Ok(answer.taken),
        Err(error) => {
            assert_eq!(error.phase, Phase::Connect);
            assert!(error.code.starts_with("UND_ERR_") || error.code == "WARMLINE_PROXY_AUTH");
            assert!(!error.message.contains("hunter2"));
            Err(error.code.into_owned())
        }
    }
}

/// A connection on which the proxy says this, a piece for each read, and leaves.
struct Answer {
    /// The last one first.
    pieces: Vec<Vec<u8>>,
    taken: usize,
}

impl AsyncRead for Answer {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        if let Some(mut piece) = self.pieces.pop() {
            let length = piece.len().min(buffer.remaining());
            let rest = piece.split_off(length);
            buffer.put_slice(&piece);
            self.taken += length;
            if !rest.is_empty() {
                self.pieces.push(rest);
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Answer {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
