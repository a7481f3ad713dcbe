//! A request's body on its way from JavaScript: pieces pushed by the intake, taken as the socket
//! takes them, each acknowledged so that JavaScript reads on.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::mpsc;
use warmline_http::{Abort, RequestBody};

use crate::outbox::Outbox;

/// A piece of a body, or the word that it is complete.
pub(crate) enum Piece {
    Chunk(Bytes),
    End,
}

/// Moves pieces from the intake, which must not wait, to the connection, which may.
pub(crate) struct Relay {
    pieces: mpsc::UnboundedReceiver<Piece>,
    body: mpsc::Sender<Result<Bytes, Abort>>,
}

/// A streamed body: its sender for the intake, the relay between, and what the connection reads.
///
/// JavaScript keeps the unbounded side bounded: it sends on only as the relay acknowledges.
pub(crate) fn open(length: Option<u64>) -> (mpsc::UnboundedSender<Piece>, Relay, RequestBody) {
    let (sender, pieces) = mpsc::unbounded_channel();
    let (body, receiver) = mpsc::channel(1);
    (
        sender,
        Relay { pieces, body },
        RequestBody::stream(receiver, length),
    )
}

impl Relay {
    pub(crate) async fn run(mut self, outbox: Arc<Outbox>) {
        while let Some(piece) = self.pieces.recv().await {
            let Piece::Chunk(chunk) = piece else { return };
            let length = chunk.len();
            if self.body.send(Ok(chunk)).await.is_err() {
                return;
            }
            outbox.pulled(length);
        }
        // The sender is gone and never said that the body was complete. The connection must not
        // end the body properly, or the server would take half of it for the whole.
        let _ = self.body.send(Err(Abort)).await;
    }
}
