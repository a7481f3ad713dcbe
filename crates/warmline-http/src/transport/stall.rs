//! How long the other side may take nothing of a request.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Sleep, sleep};

/// A deadline that begins anew whenever something was taken.
pub(super) struct Stall {
    /// `None` for as long as it likes.
    limit: Option<Duration>,
    /// Runs while nothing is taken.
    waiting: Option<Pin<Box<Sleep>>>,
}

impl Stall {
    pub(super) fn within(limit: Option<Duration>) -> Self {
        let waiting = None;
        Self { limit, waiting }
    }

    pub(super) fn is_limited(&self) -> bool {
        self.limit.is_some()
    }

    /// Something was taken, or there is nothing to take.
    pub(super) fn begin_anew(&mut self) {
        self.waiting = None;
    }

    /// Nothing is taken; ready once that has lasted for too long.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(limit) = self.limit else {
            return Poll::Pending;
        };
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(sleep(limit)));
        waiting.as_mut().poll(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::time::Instant;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn whatever_is_taken_begins_it_anew() {
        let mut stall = Stall::within(Some(LIMIT));
        let start = Instant::now();
        for _ in 0..10 {
            let almost = LIMIT.mul_f64(0.99);
            let ended = tokio::time::timeout(almost, poll_fn(|cx| stall.poll(cx))).await;
            assert!(ended.is_err());
            stall.begin_anew();
        }
        assert!(start.elapsed() > LIMIT * 5);
        poll_fn(|cx| stall.poll(cx)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_limit_it_lasts() {
        let mut stall = Stall::within(None);
        let lasting = poll_fn(|cx| stall.poll(cx));
        assert!(tokio::time::timeout(LIMIT * 1000, lasting).await.is_err());
    }
}
