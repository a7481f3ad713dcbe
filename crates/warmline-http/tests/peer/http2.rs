//! A peer that speaks HTTP/2: well, by h2's server, or frame by frame as a test likes it.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use h2::server::{Builder, SendResponse};
use h2::{RecvStream, server};
use http::{HeaderMap, Request, Response};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use warmline_http::Key;
use warmline_pool::Protocol;

pub(crate) type Answer = SendResponse<Bytes>;

/// A server by h2, with one task for each request.
pub(crate) struct Server {
    pub(crate) key: Key,
    connections: Arc<AtomicUsize>,
}

impl Server {
    /// Connections that were accepted so far.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

pub(crate) async fn serve<S, F>(script: S) -> Server
where
    S: Fn(Request<RecvStream>, Answer) -> F + Clone + Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    serve_with(server::Builder::new(), script).await
}

pub(crate) async fn serve_with<S, F>(settings: Builder, script: S) -> Server
where
    S: Fn(Request<RecvStream>, Answer) -> F + Clone + Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let connections = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&connections);
    let key = super::start(move |stream| {
        count.fetch_add(1, Ordering::SeqCst);
        let (settings, script) = (settings.clone(), script.clone());
        async move {
            let Ok(mut connection) = settings.handshake(stream).await else {
                return;
            };
            while let Some(Ok((request, answer))) = connection.accept().await {
                tokio::spawn(script(request, answer));
            }
        }
    })
    .await;
    let key = key.with_protocol(Protocol::Http2);
    Server { key, connections }
}

/// All of a body, its room given back as it comes.
pub(crate) async fn read_all(body: &mut RecvStream) -> Result<Bytes, h2::Error> {
    let mut read = Vec::new();
    while let Some(piece) = body.data().await {
        let piece = piece?;
        let _ = body.flow_control().release_capacity(piece.len());
        read.extend_from_slice(&piece);
    }
    Ok(read.into())
}

/// Answers 200 with this body.
pub(crate) fn ok(mut answer: Answer, body: impl Into<Bytes>) {
    let mut body_out = answer.send_response(Response::new(()), false).unwrap();
    body_out.send_data(body.into(), true).unwrap();
}

/// Reads the request, and answers with its body.
pub(crate) async fn echo(request: Request<RecvStream>, answer: Answer) {
    if let Ok(body) = read_all(&mut request.into_body()).await {
        ok(answer, body);
    }
}

/// Fields as text, for comparisons.
pub(crate) fn fields(headers: &HeaderMap) -> Vec<String> {
    let mut fields: Vec<_> = headers
        .iter()
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
        .collect();
    fields.sort_unstable();
    fields
}

/// Frame types (RFC 9113, section 6).
pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PUSH_PROMISE: u8 = 5;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const CONTINUATION: u8 = 9;

pub(crate) const ACK: u8 = 1;
pub(crate) const END_STREAM: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;

/// Error codes (section 7).
pub(crate) const NO_ERROR: u32 = 0;
pub(crate) const INTERNAL_ERROR: u32 = 2;
pub(crate) const REFUSED_STREAM: u32 = 7;
pub(crate) const CANCEL: u32 = 8;
pub(crate) const ENHANCE_YOUR_CALM: u32 = 11;

/// `:status: 200`, from HPACK's static table.
pub(crate) const STATUS_200: &[u8] = &[0x88];

#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) stream: u32,
    pub(crate) payload: Vec<u8>,
}

/// `SETTINGS_MAX_CONCURRENT_STREAMS` (section 6.5.2).
pub(crate) const STREAMS: u16 = 3;

/// A peer that says hello with these settings, and hands each of its connections to the test.
pub(crate) async fn frames(
    settings: &'static [(u16, u32)],
) -> (Key, mpsc::UnboundedReceiver<Frames>) {
    let (told, connections) = mpsc::unbounded_channel();
    let key = super::start(move |stream| {
        let told = told.clone();
        async move {
            let frames = Frames::accept(stream, settings).await;
            // The test may have seen enough.
            let _ = told.send(frames);
        }
    })
    .await;
    (key.with_protocol(Protocol::Http2), connections)
}

/// The server's end of a connection, frame by frame.
pub(crate) struct Frames(pub(crate) TcpStream);

impl Frames {
    /// Reads the client's preface and says hello with these settings.
    pub(crate) async fn accept(stream: TcpStream, settings: &[(u16, u32)]) -> Self {
        let mut frames = Self(stream);
        let mut preface = [0; 24];
        frames.0.read_exact(&mut preface).await.unwrap();
        assert_eq!(&preface, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        frames.settings(settings).await;
        frames
    }

    pub(crate) async fn settings(&mut self, settings: &[(u16, u32)]) {
        let mut payload = Vec::new();
        for (name, value) in settings {
            payload.extend_from_slice(&name.to_be_bytes());
            payload.extend_from_slice(&value.to_be_bytes());
        }
        self.send(SETTINGS, 0, 0, &payload).await;
    }

    /// Sends a frame; a client that has gone is no error.
    pub(crate) async fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> bool {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        let mut frame = length[1..].to_vec();
        frame.extend_from_slice(&[kind, flags]);
        frame.extend_from_slice(&stream.to_be_bytes());
        frame.extend_from_slice(payload);
        self.0.write_all(&frame).await.is_ok()
    }

    pub(crate) async fn reset(&mut self, stream: u32, code: u32) {
        self.send(RST_STREAM, 0, stream, &code.to_be_bytes()).await;
    }

    pub(crate) async fn go_away(&mut self, last: u32, code: u32) {
        let payload = [last.to_be_bytes(), code.to_be_bytes()].concat();
        self.send(GOAWAY, 0, 0, &payload).await;
    }

    /// A whole response of status 200.
    pub(crate) async fn answer(&mut self, stream: u32, body: &[u8]) {
        self.send(HEADERS, END_HEADERS, stream, STATUS_200).await;
        self.send(DATA, END_STREAM, stream, body).await;
    }

    /// The next frame; `None` at the end of the stream.
    pub(crate) async fn read(&mut self) -> Option<Frame> {
        let mut head = [0; 9];
        self.0.read_exact(&mut head).await.ok()?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; length as usize];
        self.0.read_exact(&mut payload).await.ok()?;
        Some(Frame {
            kind: head[3],
            flags: head[4],
            stream: u32::from_be_bytes([head[5], head[6], head[7], head[8]]),
            payload,
        })
    }

    /// The next frame of this kind; others are passed over.
    pub(crate) async fn next(&mut self, kind: u8) -> Option<Frame> {
        loop {
            let frame = self.read().await?;
            if frame.kind == kind && (kind != SETTINGS || frame.flags & ACK == 0) {
                return Some(frame);
            }
        }
    }

    /// The stream of the next request whose head and body have come.
    pub(crate) async fn request(&mut self) -> Option<u32> {
        self.request_and_body().await.map(|(stream, _)| stream)
    }

    /// The same with its body, if that fits one frame.
    pub(crate) async fn request_and_body(&mut self) -> Option<(u32, String)> {
        loop {
            let frame = self.read().await?;
            if matches!(frame.kind, HEADERS | DATA) && frame.flags & END_STREAM != 0 {
                let body = if frame.kind == DATA {
                    String::from_utf8(frame.payload).unwrap()
                } else {
                    String::new()
                };
                return Some((frame.stream, body));
            }
        }
    }

    /// Waits until the other side has closed.
    pub(crate) async fn closed(mut self) {
        while self.read().await.is_some() {}
    }
}
