//! HTTP/1.1 on a wire: hyper's connection, and the task that drives it.

use std::future::poll_fn;
use std::sync::Arc;

use bytes::Bytes;
use hyper::client::conn::http1::{self, Builder};
use hyper_util::rt::TokioIo;

use super::body::RequestBody;
use super::connection::{Connection, ConnectionInfo, End, Life};
use super::fault::{self, MAX_HEADERS};
use super::io::{Socket, Wire};
use crate::error::{Error, Phase};

/// The largest response head, and what a connection reads or has ready to write at most: hyper would
/// let both grow to 400 KB.
const MAX_HEAD_BYTES: usize = 64 * 1024;

/// Starts HTTP/1.1 on an open wire; the connection's task runs on the current runtime.
pub(super) async fn start(
    socket: Arc<Socket>,
    wire: Wire,
    info: ConnectionInfo,
) -> Result<Connection, Error> {
    let (sender, connection) = Builder::new()
        .max_headers(MAX_HEADERS)
        .max_header_size(MAX_HEAD_BYTES)
        .max_buf_size(MAX_HEAD_BYTES)
        .handshake(TokioIo::new(wire))
        .await
        .map_err(|error| {
            Error::new(
                "UND_ERR_SOCKET",
                Phase::Connect,
                "HTTP/1.1 could not be started",
            )
            .with_source(error)
        })?;
    let life = Arc::new(Life::new(sender));
    let ending = Ending {
        life: Arc::clone(&life),
        socket: Arc::clone(&socket),
    };
    let task = tokio::spawn(drive(ending, connection));
    Ok(Connection::new(socket, life, task.abort_handle(), info))
}

/// Drives the connection to its end. While it is idle this reads too, and so sees at once that the
/// peer closes it or sends what nobody asked for.
///
/// `ending` comes first, so that an aborted task drops it last: after hyper's end of the queue.
async fn drive(ending: Ending, mut connection: http1::Connection<TokioIo<Wire>, RequestBody>) {
    let outcome = poll_fn(|cx| connection.poll_without_shutdown(cx)).await;
    let cause = outcome.err().map(|error| fault::code_at_rest(&error));
    ending.life.finish(End {
        unread: connection.into_parts().read_buf,
        cause,
    });
}

/// Ends the connection for both sides however its task ends, even if it is aborted.
struct Ending {
    life: Arc<Life>,
    socket: Arc<Socket>,
}

impl Drop for Ending {
    fn drop(&mut self) {
        // The socket itself lives for as long as anybody holds the connection.
        self.socket.shut_down();
        self.life.finish(End {
            unread: Bytes::new(),
            cause: None,
        });
    }
}
