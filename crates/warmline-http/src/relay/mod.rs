//! A response's body on its way to the client of a gateway: read from one socket and written to the
//! other, while what it says of usage is counted.

#[cfg(unix)]
mod downstream;
#[cfg(not(unix))]
#[path = "elsewhere.rs"]
mod downstream;
mod quiet;

use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc;

use crate::error::Error;
use crate::sse::UsageMeter;

pub use downstream::Downstream;
use quiet::Quiet;

/// A wish to end a relay before its body does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Halt {
    /// At the end of the chunk that is being written, so that its owner can go on with the connection.
    BetweenChunks,
    /// At once: the connection is lost.
    Now,
}

/// How a relay ended.
#[derive(Debug)]
pub enum Relayed {
    /// All of the body has been written. The last chunk, which ends the response, is its owner's to write.
    Complete,
    /// As was wished.
    Halted,
    /// The client has gone.
    ClientGone(io::Error),
    /// The body broke off.
    Failed(Error),
}

/// One body's way to one client. What the client does not take is not read from upstream either.
#[derive(Debug)]
pub struct Relay {
    downstream: Downstream,
    meter: Option<UsageMeter>,
    quiet: Quiet,
    passed: u64,
}

impl Relay {
    /// With `heartbeat`, an event stream that is silent for so long gets a comment.
    #[must_use]
    pub fn new(
        downstream: Downstream,
        meter: Option<UsageMeter>,
        heartbeat: Option<Duration>,
    ) -> Self {
        Self {
            downstream,
            meter,
            quiet: Quiet::new(heartbeat),
            passed: 0,
        }
    }

    /// Passes on what `poll_chunk` gives, to its end.
    pub async fn run(
        &mut self,
        mut poll_chunk: impl FnMut(&mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>>,
        halts: &mut mpsc::UnboundedReceiver<Halt>,
    ) -> Relayed {
        loop {
            let chunk = tokio::select! {
                biased;
                _ = halts.recv() => return Relayed::Halted,
                chunk = poll_fn(&mut poll_chunk) => chunk,
                comment = self.quiet.comment() => {
                    match sent(self.downstream.send_chunk(comment), halts).await {
                        Sent::All => continue,
                        Sent::Over(end) => return end,
                    }
                }
            };
            let chunk = match chunk {
                Some(Ok(chunk)) => chunk,
                Some(Err(error)) => return Relayed::Failed(error),
                None => {
                    if let Some(meter) = &mut self.meter {
                        meter.finish();
                    }
                    return Relayed::Complete;
                }
            };
            if let Some(meter) = &mut self.meter {
                meter.feed(&chunk);
            }
            self.quiet.passed(&chunk);
            match sent(self.downstream.send_chunk(&chunk), halts).await {
                Sent::All => self.passed += chunk.len() as u64,
                Sent::Over(end) => return end,
            }
        }
    }

    /// Gives the client's connection back, and says what was counted: bytes of the body that were
    /// written, and its usage.
    #[must_use]
    pub fn finish(self) -> (u64, Option<UsageMeter>) {
        (self.passed, self.meter)
    }
}

enum Sent {
    All,
    Over(Relayed),
}

/// Waits for a chunk to be written, or for its end.
async fn sent(
    sending: impl Future<Output = io::Result<()>>,
    halts: &mut mpsc::UnboundedReceiver<Halt>,
) -> Sent {
    tokio::pin!(sending);
    let mut halted = false;
    loop {
        tokio::select! {
            biased;
            result = &mut sending => {
                return match result {
                    Err(error) => Sent::Over(Relayed::ClientGone(error)),
                    Ok(()) if halted => Sent::Over(Relayed::Halted),
                    Ok(()) => Sent::All,
                };
            }
            halt = halts.recv() => match halt {
                Some(Halt::BetweenChunks) => halted = true,
                // Whoever could wish for anything has gone.
                Some(Halt::Now) | None => return Sent::Over(Relayed::Halted),
            }
        }
    }
}
