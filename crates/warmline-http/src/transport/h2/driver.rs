//! The task of a session: it moves frames between the line and the streams for as long as the line is
//! open.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use bytes::Bytes;
use h2::client::{Connection, SendRequest};

use super::line_io::LineIo;
use super::ping::Heartbeat;
use super::session::State;
use crate::transport::fault;
use crate::transport::line::Line;

/// What ended a session that did not end well.
enum Fall {
    Protocol(h2::Error),
    /// The peer has stopped answering.
    Silent,
}

pub(super) async fn drive(
    mut connection: Connection<LineIo, Bytes>,
    mut requests: SendRequest<Bytes>,
    state: Arc<State>,
    line: Arc<Line>,
    mut heartbeat: Option<Heartbeat>,
) {
    let ended = poll_fn(|cx| {
        // Reads before it writes: a request never goes out after the end of the stream was there to see.
        let ended = Pin::new(&mut connection).poll(cx);
        state.observe(&requests);
        if let Poll::Ready(Err(error)) = requests.poll_ready(cx) {
            state.go_away(error.reason().filter(|_| error.is_remote()));
        }
        if let Poll::Ready(ended) = ended {
            return Poll::Ready(ended.map_err(Fall::Protocol));
        }
        match &mut heartbeat {
            Some(heartbeat) => heartbeat
                .poll(cx, line.traffic().received, state.is_settled())
                .map(|()| Err(Fall::Silent)),
            None => Poll::Pending,
        }
    })
    .await;
    let cause = match &ended {
        Ok(()) => None,
        Err(Fall::Silent) => Some(fault::SILENT),
        Err(Fall::Protocol(error)) => error.get_io().and_then(super::fault::code_at_rest),
    };
    state.end();
    // First why, and then that: what is left of the streams fails when the session is dropped.
    line.finish(cause);
}
