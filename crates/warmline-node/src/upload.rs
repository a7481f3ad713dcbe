//! A request's body on its way from JavaScript: pieces pushed by the intake, taken as the socket
//! takes them, each acknowledged so that JavaScript reads on. Some bodies JavaScript can begin again.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::mpsc;
use warmline_http::{Abort, Pieces, RequestBody, Rewind};

use crate::outbox::Outbox;

/// A piece of a body, the word that it is complete, or that what follows is its beginning.
pub(crate) enum Piece {
    Chunk(Bytes),
    End,
    Rewound,
}

/// Where pieces go for the connection to take.
type Taker = mpsc::Sender<Result<Bytes, Abort>>;

/// Moves pieces from the intake, which must not wait, to the connection, which may.
pub(crate) struct Relay {
    pieces: mpsc::UnboundedReceiver<Piece>,
    body: Taker,
    /// Who wants the body from its beginning. Without a sender for one that comes only once.
    rewinds: mpsc::UnboundedReceiver<Taker>,
}

/// Asks a relay for the body from its beginning.
struct Rewinder(mpsc::UnboundedSender<Taker>);

impl Rewind for Rewinder {
    fn rewind(&self) -> Pieces {
        let (body, pieces) = mpsc::channel(1);
        // Where the relay is gone, so is the exchange: nobody reads.
        let _ = self.0.send(body);
        pieces
    }
}

/// A streamed body: its sender for the intake, the relay between, and what the connection reads.
///
/// JavaScript keeps the unbounded side bounded: it sends on only as the relay acknowledges.
pub(crate) fn open(
    length: Option<u64>,
    rewindable: bool,
) -> (mpsc::UnboundedSender<Piece>, Relay, RequestBody) {
    let (sender, pieces) = mpsc::unbounded_channel();
    let (body, taken) = mpsc::channel(1);
    let (rewinder, rewinds) = mpsc::unbounded_channel();
    let relay = Relay {
        pieces,
        body,
        rewinds,
    };
    let body = if rewindable {
        RequestBody::rewindable(taken, Arc::new(Rewinder(rewinder)), length)
    } else {
        RequestBody::stream(taken, length)
    };
    (sender, relay, body)
}

impl Relay {
    pub(crate) async fn run(mut self, outbox: Arc<Outbox>) {
        // Kept, so that a connection that still reads does not take a part of the body for the whole.
        let mut given_up = Vec::new();
        loop {
            let rewound = tokio::select! {
                biased;
                Some(rewound) = self.rewinds.recv() => rewound,
                () = relay(&mut self.pieces, &self.body, &outbox) => match self.rewinds.recv().await {
                    Some(rewound) => rewound,
                    None => return,
                },
            };
            given_up.push(std::mem::replace(&mut self.body, rewound));
            outbox.rewind();
            // What was on its way already.
            while !matches!(self.pieces.recv().await, None | Some(Piece::Rewound)) {}
        }
    }
}

/// Moves a body to its end, or until nobody takes any more of it.
async fn relay(pieces: &mut mpsc::UnboundedReceiver<Piece>, body: &Taker, outbox: &Arc<Outbox>) {
    while let Some(piece) = pieces.recv().await {
        let Piece::Chunk(chunk) = piece else { return };
        let length = chunk.len();
        if body.send(Ok(chunk)).await.is_err() {
            return;
        }
        outbox.pulled(length);
    }
    // The sender is gone and never said that the body was complete. The connection must not
    // end the body properly, or the server would take half of it for the whole.
    let _ = body.send(Err(Abort)).await;
}
