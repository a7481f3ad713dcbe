//! The other end of a connection, played by the test: a listener on a free port of the loopback
//! interface, and one script per accepted connection.

pub(crate) mod client;
pub(crate) mod http2;

use std::future::{Future, poll_fn};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, ACCEPT_ENCODING, HOST, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::mpsc::{self, UnboundedReceiver};
use warmline_http::transport::{
    Connection, Connector, ConnectorOptions, Incoming, RequestBody, RequestHead, ResponseHead,
    SendError,
};
use warmline_http::{Error, Key};
use warmline_pool::Scheme;

/// Starts a peer that plays `script` on every connection.
pub(crate) async fn start<S, F>(script: S) -> Key
where
    S: Fn(TcpStream) -> F + Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    start_on(Ipv4Addr::LOCALHOST.into(), script).await
}

/// Starts a peer at another address of this machine.
pub(crate) async fn start_on<S, F>(at: IpAddr, script: S) -> Key
where
    S: Fn(TcpStream) -> F + Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind((at, 0)).await.unwrap();
    let key = key_of(listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(script(stream));
        }
    });
    key
}

/// An origin where nobody listens, and what keeps its port from the listeners of other tests meanwhile.
pub(crate) fn refusing() -> (Key, TcpSocket) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    (key_of(socket.local_addr().unwrap()), socket)
}

/// Starts a peer that reads one request per connection, answers it with these bytes and closes.
pub(crate) async fn answering(answer: impl Into<Vec<u8>>) -> Key {
    let answer = Bytes::from(answer.into());
    start(move |mut stream| {
        let answer = answer.clone();
        async move {
            read_request(&mut stream).await;
            // A client that has had enough closes first.
            let _ = stream.write_all(&answer).await;
        }
    })
    .await
}

/// A peer that hands each accepted stream to the test.
pub(crate) async fn handing_over() -> (Key, UnboundedReceiver<TcpStream>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let key = start(move |stream| {
        let sender = sender.clone();
        async move { sender.send(stream).unwrap() }
    })
    .await;
    (key, receiver)
}

/// A peer that answers every request on every connection with `200 OK` and two bytes.
pub(crate) async fn echoing_ok() -> Key {
    start(|mut stream| async move {
        while !read_request(&mut stream).await.is_empty() {
            if stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
                .await
                .is_err()
            {
                break;
            }
        }
    })
    .await
}

/// Reads one request with its body, if that has a `content-length`; empty at the end of the stream.
pub(crate) async fn read_request(stream: &mut (impl AsyncReadExt + Unpin)) -> Vec<u8> {
    let mut read = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let head = read.windows(4).position(|four| four == b"\r\n\r\n");
        if let Some(head) = head
            && read.len() >= head + 4 + content_length(&read[..head])
        {
            return read;
        }
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return Vec::new(),
            Ok(count) => read.extend_from_slice(&buffer[..count]),
        }
    }
}

fn content_length(head: &[u8]) -> usize {
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let line = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"));
    line.map_or(0, |length| length.trim().parse().unwrap())
}

pub(crate) fn key_of(address: SocketAddr) -> Key {
    Key::new(Scheme::Http, address.ip().to_string(), address.port())
}

pub(crate) fn connector() -> Connector {
    Connector::new(ConnectorOptions::default()).unwrap()
}

pub(crate) async fn connect(key: &Key) -> Connection {
    connector().connect(key, None).await.unwrap()
}

/// A request for `/`.
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) body: RequestBody,
}

pub(crate) fn get() -> Request {
    Request {
        method: Method::GET,
        body: RequestBody::Empty,
    }
}

pub(crate) fn post(body: RequestBody) -> Request {
    Request {
        method: Method::POST,
        body,
    }
}

pub(crate) async fn send(
    connection: &Connection,
    request: Request,
) -> Result<(ResponseHead, Incoming), SendError> {
    send_within(connection, request, None).await
}

/// The same to a peer that may take nothing of it for so long.
pub(crate) async fn send_within(
    connection: &Connection,
    request: Request,
    stall: Option<Duration>,
) -> Result<(ResponseHead, Incoming), SendError> {
    let host = HeaderValue::from_static("peer.test");
    let accept = HeaderValue::from_static("*/*");
    let agent = HeaderValue::from_static("test");
    let plain = HeaderValue::from_static("identity");
    let head = RequestHead {
        method: &request.method,
        target: "/",
        headers: &HeaderMap::new(),
        defaults: [
            (HOST, &host),
            (ACCEPT, &accept),
            (ACCEPT_ENCODING, &plain),
            (USER_AGENT, &agent),
        ],
    };
    connection.send(&head, request.body, stall).await
}

/// Reads a response's body to its end.
pub(crate) async fn read_body(mut body: Incoming) -> Result<Bytes, Error> {
    let mut read = Vec::new();
    while let Some(chunk) = poll_fn(|cx| body.poll_chunk(cx)).await {
        read.extend_from_slice(&chunk?);
    }
    Ok(read.into())
}

/// Sends one request on a connection of its own and reads the whole answer.
pub(crate) async fn exchange(key: &Key) -> Result<Bytes, Error> {
    let connection = connect(key).await;
    let (_, body) = send(&connection, get())
        .await
        .map_err(|failure| failure.error)?;
    read_body(body).await
}
