//! The socket of somebody else's HTTP/1.1 response, lent for as long as its chunks are written here.

use std::io::{self, IoSlice, Write};
use std::net;
use std::os::fd::OwnedFd;

use socket2::{Socket, Type};
use tokio::net::TcpStream;

/// Digits of the largest size, and a line end.
const MAX_SIZE_LINE: usize = 2 * size_of::<usize>() + 2;

/// Up to this size, which most events have, copying is quicker than a call that takes several pieces.
const ONE_PIECE: usize = 2048;

/// A client's connection, in the midst of a chunked response (RFC 9112, section 7.1).
///
/// It is a duplicate: whoever owns the connection goes on reading from it, but must not write until this
/// is dropped.
#[derive(Debug)]
pub struct Downstream(State);

#[derive(Debug)]
enum State {
    /// The socket has taken everything so far: there was no need to ask the reactor for anything.
    Unwatched(net::TcpStream),
    Watched(TcpStream),
    /// Between the two, and after a failure to get from one to the other.
    Gone,
}

impl Downstream {
    /// `None` for what is no stream socket in non-blocking mode: a write could then hold up the engine.
    #[must_use]
    pub fn new(socket: OwnedFd) -> Option<Self> {
        let socket = Socket::from(socket);
        let fits = socket.r#type().is_ok_and(|kind| kind == Type::STREAM)
            && socket.nonblocking().is_ok_and(|nonblocking| nonblocking);
        fits.then(|| Self(State::Unwatched(socket.into())))
    }

    /// Writes all of a piece as one chunk, as soon as the client takes it. Dropped before its end, the
    /// connection is in the midst of a chunk.
    ///
    /// # Errors
    /// What the socket says: the client has gone.
    pub async fn send_chunk(&mut self, data: &[u8]) -> io::Result<()> {
        let mut size_line = [0; MAX_SIZE_LINE];
        let mut rest: &mut [u8] = &mut size_line;
        write!(rest, "{:x}\r\n", data.len())?;
        let unused = rest.len();
        let size_line = &size_line[..MAX_SIZE_LINE - unused];
        let mut pieces = [size_line, data, b"\r\n"].map(IoSlice::new);
        let mut pieces = pieces.as_mut_slice();
        while !pieces.is_empty() {
            let written = self.write(pieces).await?;
            IoSlice::advance_slices(&mut pieces, written);
        }
        Ok(())
    }

    async fn write(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        if let State::Unwatched(socket) = &self.0 {
            match written(socket, pieces) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.watch()?,
                result => return result,
            }
        }
        let State::Watched(socket) = &self.0 else {
            return Err(io::ErrorKind::NotConnected.into());
        };
        loop {
            socket.writable().await?;
            match socket.try_write_vectored(pieces) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                // Not ready after all: the next turn waits for it.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                result => return result,
            }
        }
    }

    /// Has the reactor tell when the socket takes more.
    fn watch(&mut self) -> io::Result<()> {
        if let State::Unwatched(socket) = std::mem::replace(&mut self.0, State::Gone) {
            self.0 = State::Watched(TcpStream::from_std(socket)?);
        }
        Ok(())
    }
}

fn written(mut socket: &net::TcpStream, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
    let mut whole = [0; ONE_PIECE];
    let size: usize = pieces.iter().map(|piece| piece.len()).sum();
    let in_one = size <= ONE_PIECE;
    if in_one {
        let mut at = 0;
        for piece in pieces {
            whole[at..at + piece.len()].copy_from_slice(piece);
            at += piece.len();
        }
    }
    loop {
        let result = if in_one {
            socket.write(&whole[..size])
        } else {
            socket.write_vectored(pieces)
        };
        match result {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}
