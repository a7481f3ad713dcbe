//! The socket under a connection: counted, and open to a look from any thread while hyper reads
//! and writes it.

use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::net::{Shutdown, SocketAddr};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// One TCP socket, shared by the task that speaks on it and by those who look at it.
///
/// The lock is held for single non-blocking system calls only. It is there rather than a second
/// descriptor so that a look costs no descriptor, and rather than `TcpStream::try_read` because
/// only `poll_read` saves the extra system call that finds the socket empty again.
pub(crate) struct Socket {
    stream: Mutex<TcpStream>,
    /// Bytes that the operating system took.
    sent: AtomicU64,
    /// Bytes that arrived for the reader of this connection, TLS framing taken off.
    received: AtomicU64,
}

/// What a look at a socket found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Glance {
    /// Open, with nothing to read.
    Quiet,
    /// Open, with bytes that nobody has read yet.
    Bytes,
    /// Closed by the other side, or broken.
    Closed,
}

impl Socket {
    pub(crate) fn new(stream: TcpStream) -> Self {
        Self {
            stream: Mutex::new(stream),
            sent: AtomicU64::new(0),
            received: AtomicU64::new(0),
        }
    }

    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    pub(crate) fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    /// Looks at what the kernel has for this socket without taking it.
    pub(crate) fn glance(&self) -> Glance {
        let stream = self.lock();
        let socket = SockRef::from(&*stream);
        loop {
            return match socket.peek(&mut [MaybeUninit::uninit()]) {
                Ok(0) => Glance::Closed,
                Ok(_) => Glance::Bytes,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => Glance::Quiet,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(_) => Glance::Closed,
            };
        }
    }

    /// Ends both directions now, whoever still holds the socket.
    pub(crate) fn shut_down(&self) {
        // An error means that the other side was faster.
        let _ = SockRef::from(&*self.lock()).shutdown(Shutdown::Both);
    }

    /// Both ends of the connection: ours, then theirs.
    pub(crate) fn addresses(&self) -> io::Result<(SocketAddr, SocketAddr)> {
        let stream = self.lock();
        Ok((stream.local_addr()?, stream.peer_addr()?))
    }

    fn lock(&self) -> MutexGuard<'_, TcpStream> {
        // Nothing under the lock can leave the stream half changed.
        self.stream.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Adds to a counter that has one writer: a plain load and store, cheaper than `fetch_add`.
fn count(counter: &AtomicU64, bytes: usize) {
    counter.store(
        counter.load(Ordering::Relaxed) + bytes as u64,
        Ordering::Relaxed,
    );
}

/// The reading and writing side of a [`Socket`]; there is one per connection.
pub(crate) struct SocketIo(Arc<Socket>);

impl SocketIo {
    pub(crate) fn new(socket: Arc<Socket>) -> Self {
        Self(socket)
    }
}

impl AsyncRead for SocketIo {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0.lock()).poll_read(cx, buf)
    }
}

impl AsyncWrite for SocketIo {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut *self.0.lock()).poll_write(cx, buf))?;
        count(&self.0.sent, written);
        Poll::Ready(Ok(written))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut *self.0.lock()).poll_write_vectored(cx, bufs))?;
        count(&self.0.sent, written);
        Poll::Ready(Ok(written))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // TCP has nothing to flush.
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0.lock()).poll_shutdown(cx)
    }
}

/// What HTTP is spoken on.
pub(crate) struct Wire {
    socket: Arc<Socket>,
    layer: Layer,
}

enum Layer {
    Plain(SocketIo),
    // Boxed: rustls keeps more than a kilobyte of state in it.
    Tls(Box<TlsStream<SocketIo>>),
}

impl Wire {
    pub(crate) fn plain(socket: Arc<Socket>) -> Self {
        let layer = Layer::Plain(SocketIo::new(Arc::clone(&socket)));
        Self { socket, layer }
    }

    pub(crate) fn tls(socket: Arc<Socket>, stream: TlsStream<SocketIo>) -> Self {
        Self {
            socket,
            layer: Layer::Tls(Box::new(stream)),
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        match &mut self.layer {
            Layer::Plain(io) => ready!(Pin::new(io).poll_read(cx, buf))?,
            Layer::Tls(io) => ready!(Pin::new(io).poll_read(cx, buf))?,
        }
        count(&self.socket.received, buf.filled().len() - before);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.layer {
            Layer::Plain(io) => Pin::new(io).poll_write(cx, buf),
            Layer::Tls(io) => Pin::new(io).poll_write(cx, buf),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.layer {
            Layer::Plain(io) => Pin::new(io).poll_write_vectored(cx, bufs),
            Layer::Tls(io) => Pin::new(io).poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match &self.layer {
            Layer::Plain(io) => io.is_write_vectored(),
            Layer::Tls(io) => io.is_write_vectored(),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.layer {
            Layer::Plain(io) => Pin::new(io).poll_flush(cx),
            Layer::Tls(io) => Pin::new(io).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.layer {
            Layer::Plain(io) => Pin::new(io).poll_shutdown(cx),
            Layer::Tls(io) => Pin::new(io).poll_shutdown(cx),
        }
    }
}
