//! The one deadline for all steps of opening a connection.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};
use warmline_pool::Key;

use crate::error::{Error, Phase};

/// When connecting must be done, and how long that was meant to be.
#[derive(Clone, Copy)]
pub(super) struct Deadline(Option<(Instant, Duration)>);

impl Deadline {
    pub(super) fn after(timeout: Option<Duration>) -> Self {
        // A time too far off to be represented is no limit.
        Self(timeout.and_then(|limit| Some((Instant::now().checked_add(limit)?, limit))))
    }

    /// Takes a step on the way to `key`'s origin.
    ///
    /// # Errors
    /// The step's own; `UND_ERR_CONNECT_TIMEOUT` with `phase` once the time is over.
    pub(super) async fn keep<T>(
        self,
        phase: Phase,
        key: &Key,
        step: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let Some((deadline, limit)) = self.0 else {
            return step.await;
        };
        timeout_at(deadline, step).await.unwrap_or_else(|_| {
            let step = match phase {
                Phase::Dns => "looking up the name",
                Phase::Tls => "in the TLS handshake",
                _ => "opening the TCP connection",
            };
            let message = format!(
                "connect to {key} timed out after {} ms, {step}",
                limit.as_millis()
            );
            Err(Error::new("UND_ERR_CONNECT_TIMEOUT", phase, message))
        })
    }
}
