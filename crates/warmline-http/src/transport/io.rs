//! The socket under a connection: TCP or a unix domain socket, perhaps in TLS with a proxy, with TLS to
//! the origin on it or without, its bytes counted.

use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::net::Shutdown;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;
use tokio_rustls::client::TlsStream;

/// A way to the origin or its proxy, on a socket that counts what the operating system took from it.
pub(crate) struct SocketIo(Path);

enum Path {
    Tcp {
        stream: TcpStream,
        sent: u64,
    },
    #[cfg(unix)]
    Unix {
        stream: UnixStream,
        sent: u64,
    },
    /// TLS with a proxy. Boxed: rustls keeps more than a kilobyte of state in it.
    InTls(Box<TlsStream<SocketIo>>),
}

/// What HTTP is spoken on.
pub(crate) struct Wire {
    layer: Layer,
    /// Bytes that arrived for the reader, TLS framing taken off.
    received: u64,
}

enum Layer {
    Plain(SocketIo),
    // Boxed: rustls keeps more than a kilobyte of state in it.
    Tls(Box<TlsStream<SocketIo>>),
}

/// Bytes that a connection moved since it was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traffic {
    /// Bytes that the operating system took, TLS framing included.
    pub sent: u64,
    /// Bytes that arrived, TLS framing taken off.
    pub received: u64,
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

impl Wire {
    pub(crate) fn plain(io: SocketIo) -> Self {
        Self::new(Layer::Plain(io))
    }

    pub(crate) fn tls(stream: TlsStream<SocketIo>) -> Self {
        Self::new(Layer::Tls(Box::new(stream)))
    }

    fn new(layer: Layer) -> Self {
        Self { layer, received: 0 }
    }

    pub(crate) fn traffic(&self) -> Traffic {
        Traffic {
            sent: self.path().sent(),
            received: self.received,
        }
    }

    /// Reads what there is into `buffer`; zero at the end.
    pub(crate) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let mut buffer = ReadBuf::new(buffer);
        ready!(self.poll_read_buf(cx, &mut buffer))?;
        Poll::Ready(Ok(buffer.filled().len()))
    }

    /// The same into a buffer that need not have been written to before; nothing is added at the end.
    pub(crate) fn poll_read_buf(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(match &mut self.layer {
            Layer::Plain(io) => Pin::new(io).poll_read(cx, buffer),
            Layer::Tls(io) => Pin::new(io).poll_read(cx, buffer),
        })?;
        self.received += (buffer.filled().len() - before) as u64;
        Poll::Ready(Ok(()))
    }

    /// Writes what the socket takes of `pieces`.
    pub(crate) fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(match (&mut self.layer, pieces) {
            // A piece alone costs the kernel less than a list of one.
            (Layer::Plain(io), [piece]) => Pin::new(io).poll_write(cx, piece),
            (Layer::Plain(io), _) => Pin::new(io).poll_write_vectored(cx, pieces),
            (Layer::Tls(io), _) => Pin::new(io).poll_write_vectored(cx, pieces),
        })?;
        if written == 0 && pieces.iter().any(|piece| !piece.is_empty()) {
            return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
        }
        Poll::Ready(Ok(written))
    }

    /// Hands on what TLS has encrypted and the socket has not taken yet.
    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.layer {
            Layer::Plain(io) => Pin::new(io).poll_flush(cx),
            Layer::Tls(io) => Pin::new(io).poll_flush(cx),
        }
    }

    /// Looks at what the kernel has for this socket without taking it.
    pub(crate) fn glance(&self) -> Glance {
        let socket = self.path().socket();
        loop {
            return match socket.peek(&mut [MaybeUninit::uninit()]) {
                Ok(0) => Glance::Closed,
                // In TLS with a proxy, they may be a session ticket.
                Ok(_) if matches!(self.path(), SocketIo(Path::InTls(_))) => Glance::Quiet,
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
        let _ = self.path().socket().shutdown(Shutdown::Both);
    }

    fn path(&self) -> &SocketIo {
        match &self.layer {
            Layer::Plain(io) => io,
            Layer::Tls(io) => io.get_ref().0,
        }
    }
}

impl SocketIo {
    pub(crate) fn tcp(stream: TcpStream) -> Self {
        Self(Path::Tcp { stream, sent: 0 })
    }

    #[cfg(unix)]
    pub(crate) fn unix(stream: UnixStream) -> Self {
        Self(Path::Unix { stream, sent: 0 })
    }

    pub(crate) fn in_tls(stream: TlsStream<SocketIo>) -> Self {
        Self(Path::InTls(Box::new(stream)))
    }

    fn sent(&self) -> u64 {
        match &self.0 {
            Path::Tcp { sent, .. } => *sent,
            #[cfg(unix)]
            Path::Unix { sent, .. } => *sent,
            Path::InTls(tls) => tls.get_ref().0.sent(),
        }
    }

    fn socket(&self) -> SockRef<'_> {
        match &self.0 {
            Path::Tcp { stream, .. } => SockRef::from(stream),
            #[cfg(unix)]
            Path::Unix { stream, .. } => SockRef::from(stream),
            Path::InTls(tls) => tls.get_ref().0.socket(),
        }
    }
}

fn count(written: Poll<io::Result<usize>>, sent: &mut u64) -> Poll<io::Result<usize>> {
    if let Poll::Ready(Ok(bytes)) = written {
        *sent += bytes as u64;
    }
    written
}

impl AsyncRead for SocketIo {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut self.0 {
            Path::Tcp { stream, .. } => Pin::new(stream).poll_read(cx, buf),
            #[cfg(unix)]
            Path::Unix { stream, .. } => Pin::new(stream).poll_read(cx, buf),
            Path::InTls(tls) => Pin::new(tls).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for SocketIo {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.0 {
            Path::Tcp { stream, sent } => count(Pin::new(stream).poll_write(cx, buf), sent),
            #[cfg(unix)]
            Path::Unix { stream, sent } => count(Pin::new(stream).poll_write(cx, buf), sent),
            Path::InTls(tls) => Pin::new(tls).poll_write(cx, buf),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.0 {
            Path::Tcp { stream, sent } => {
                count(Pin::new(stream).poll_write_vectored(cx, bufs), sent)
            }
            #[cfg(unix)]
            Path::Unix { stream, sent } => {
                count(Pin::new(stream).poll_write_vectored(cx, bufs), sent)
            }
            Path::InTls(tls) => Pin::new(tls).poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.0 {
            // A socket has nothing to flush.
            Path::Tcp { .. } => Poll::Ready(Ok(())),
            #[cfg(unix)]
            Path::Unix { .. } => Poll::Ready(Ok(())),
            Path::InTls(tls) => Pin::new(tls).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.0 {
            Path::Tcp { stream, .. } => Pin::new(stream).poll_shutdown(cx),
            #[cfg(unix)]
            Path::Unix { stream, .. } => Pin::new(stream).poll_shutdown(cx),
            Path::InTls(tls) => Pin::new(tls).poll_shutdown(cx),
        }
    }
}
