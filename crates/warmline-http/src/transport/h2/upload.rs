//! The rest of a request whose response began before it was sent to its end.

use std::future::poll_fn;
use std::sync::{Arc, OnceLock};

use tokio::task::AbortHandle;

use super::sending::{SendFault, Sending};
use crate::transport::body::BodyFault;

/// A task that sends on beside the response's reader, who may pause for as long as it likes. Dropping
/// this stops it, and resets the stream if the request is not complete by then.
pub(super) struct Upload {
    task: AbortHandle,
    fault: Arc<OnceLock<BodyFault>>,
}

impl Upload {
    pub(super) fn start(sending: Sending) -> Self {
        let mut sending = sending.with_patience();
        let fault = Arc::new(OnceLock::new());
        let told = Arc::clone(&fault);
        let task = tokio::spawn(async move {
            if let Err(SendFault::Body(fault)) = poll_fn(|cx| sending.poll(cx)).await {
                // Nobody else sets it.
                let _ = told.set(fault);
            }
        });
        Self {
            task: task.abort_handle(),
            fault,
        }
    }

    /// What was wrong with the request's body.
    pub(super) fn fault(&self) -> Option<BodyFault> {
        self.fault.get().copied()
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        self.task.abort();
    }
}
