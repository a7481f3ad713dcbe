//! Which streams are open, and when each of them last spoke.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::counter::Counter;

/// A stream that has not said anything for so long is stalled. Providers that think for longer send
/// pings meanwhile, which count as saying something.
pub(super) const STALLED: Duration = Duration::from_secs(10);

/// The open streams of an origin. The lock is taken when one opens or ends, and to count them.
pub(crate) struct Streams {
    since: Instant,
    open: Mutex<HashMap<u64, Arc<AtomicU64>>>,
    pub(super) opened: Counter,
}

impl Default for Streams {
    fn default() -> Self {
        Self {
            since: Instant::now(),
            open: Mutex::default(),
            opened: Counter::default(),
        }
    }
}

/// How many streams are open, and how many of those are [`STALLED`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct OpenStreams {
    pub(super) open: u64,
    pub(super) stalled: u64,
}

impl Streams {
    pub(super) fn open(self: &Arc<Self>) -> OpenStream {
        let number = self.opened.add_and_get();
        let spoke = Arc::new(AtomicU64::new(self.millis(Instant::now())));
        self.lock().insert(number, Arc::clone(&spoke));
        OpenStream {
            streams: Arc::clone(self),
            number,
            spoke,
        }
    }

    pub(super) fn count(&self) -> OpenStreams {
        let now = self.millis(Instant::now());
        let limit = u64::try_from(STALLED.as_millis()).unwrap_or(u64::MAX);
        let open = self.lock();
        let stalled = open
            .values()
            .filter(|spoke| now.saturating_sub(spoke.load(Ordering::Relaxed)) >= limit);
        OpenStreams {
            stalled: stalled.count() as u64,
            open: open.len() as u64,
        }
    }

    fn millis(&self, now: Instant) -> u64 {
        u64::try_from((now - self.since).as_millis()).unwrap_or(u64::MAX)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Arc<AtomicU64>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A stream, open until this is dropped.
pub(super) struct OpenStream {
    streams: Arc<Streams>,
    number: u64,
    spoke: Arc<AtomicU64>,
}

impl OpenStream {
    pub(super) fn spoke(&self, now: Instant) {
        self.spoke
            .store(self.streams.millis(now), Ordering::Relaxed);
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.streams.lock().remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_stream_is_stalled_while_it_is_silent() {
        let streams = Arc::new(Streams::default());
        let (one, two) = (streams.open(), streams.open());
        let of = |open, stalled| OpenStreams { open, stalled };
        tokio::time::advance(STALLED / 2).await;
        one.spoke(Instant::now());
        tokio::time::advance(STALLED / 2).await;
        assert_eq!(streams.count(), of(2, 1));
        drop(two);
        assert_eq!(streams.count(), of(1, 0));
        tokio::time::advance(STALLED).await;
        assert_eq!(streams.count(), of(1, 1));
        one.spoke(Instant::now());
        assert_eq!(streams.count(), of(1, 0));
    }
}
