//! A body that is silent for long, in which intermediaries would take the connection for dead.

use std::future::pending;
use std::pin::Pin;
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

/// A comment line (HTML, section 9.2.5), and the empty line that people put after one. Readers skip both.
const COMMENT: &[u8] = b": keep-alive\n\n";

/// Knows how long an event stream has been silent, and whether a comment may stand where it is now.
#[derive(Debug)]
pub(super) struct Quiet {
    limit: Option<Duration>,
    since: Instant,
    timer: Option<Pin<Box<Sleep>>>,
    /// The last bytes of the body; two line ends before it begins.
    tail: [u8; 4],
}

impl Quiet {
    pub(super) fn new(limit: Option<Duration>) -> Self {
        Self {
            limit,
            since: Instant::now(),
            timer: None,
            tail: *b"\n\n\n\n",
        }
    }

    /// So much of the body has come.
    pub(super) fn passed(&mut self, chunk: &[u8]) {
        if self.limit.is_none() {
            return;
        }
        self.since = Instant::now();
        for byte in &chunk[chunk.len().saturating_sub(self.tail.len())..] {
            self.tail.rotate_left(1);
            self.tail[3] = *byte;
        }
    }

    /// Returns a comment once it is time for one.
    pub(super) async fn comment(&mut self) -> &'static [u8] {
        let Some(limit) = self.limit else {
            return pending().await;
        };
        loop {
            let due = self.since + limit;
            let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(due)));
            if timer.is_elapsed() {
                timer.as_mut().reset(due);
            }
            timer.as_mut().await;
            // What has come meanwhile did not touch the timer, which would cost every chunk something.
            if Instant::now() < self.since + limit {
                continue;
            }
            self.since = Instant::now();
            if self.is_between_events() {
                return COMMENT;
            }
        }
    }

    /// Nothing but a whole event, or nothing at all, is before this place.
    fn is_between_events(&self) -> bool {
        self.tail.ends_with(b"\n\n") || self.tail == *b"\r\n\r\n"
    }
}
