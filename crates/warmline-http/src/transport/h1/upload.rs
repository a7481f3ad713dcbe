//! The rest of a request whose response began before it was sent to its end.

use std::future::poll_fn;
use std::sync::{Arc, OnceLock};

use tokio::task::AbortHandle;

use super::sending::{SendFault, Sending};
use crate::transport::body::BodyFault;
use crate::transport::line::Line;

/// A task that sends on beside the response's reader, who may pause for as long as it likes. Dropping
/// this stops it.
pub(super) struct Upload {
    task: AbortHandle,
    outcome: Arc<OnceLock<Result<(), SendFault>>>,
}

impl Upload {
    pub(super) fn start(line: Arc<Line>, sending: Sending) -> Self {
        let mut sending = sending.with_patience();
        let outcome = Arc::new(OnceLock::new());
        let told = Arc::clone(&outcome);
        let task = tokio::spawn(async move {
            let sent = poll_fn(|cx| sending.poll(&line, cx)).await;
            // A peer that wants no more of the request may still be answering it; a request that
            // cannot be completed must not look complete.
            let broken = matches!(sent, Err(SendFault::Body(_)));
            // Nobody else sets it.
            let _ = told.set(sent);
            if broken {
                line.finish(None);
            }
        });
        Self {
            task: task.abort_handle(),
            outcome,
        }
    }

    /// Whether all of the request has left.
    pub(super) fn is_complete(&self) -> bool {
        matches!(self.outcome.get(), Some(Ok(())))
    }

    /// What was wrong with the request's body.
    pub(super) fn fault(&self) -> Option<BodyFault> {
        match self.outcome.get() {
            Some(Err(SendFault::Body(fault))) => Some(*fault),
            _ => None,
        }
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        self.task.abort();
    }
}
