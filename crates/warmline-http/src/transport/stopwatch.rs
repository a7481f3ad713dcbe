//! How far the opening of a connection has come, and how long each step of it has taken.

use std::time::Duration;

use tokio::time::Instant;

use super::connection::ConnectTimings;
use crate::error::Phase;
use crate::response::Facts;

/// Runs while a connection is opened.
pub(super) struct Stopwatch {
    /// The step that is being taken.
    step: Phase,
    since: Instant,
    taken: ConnectTimings,
}

impl Stopwatch {
    /// The first step is to look up the name.
    pub(super) fn start() -> Self {
        Self {
            step: Phase::Dns,
            since: Instant::now(),
            taken: ConnectTimings::default(),
        }
    }

    /// One step is done, the next one begins.
    pub(super) fn next(&mut self, step: Phase) {
        self.taken();
        self.step = step;
    }

    /// How long each step has taken by now.
    pub(super) fn taken(&mut self) -> ConnectTimings {
        let now = Instant::now();
        let passed = now - self.since;
        *self.current() += passed;
        self.since = now;
        self.taken
    }

    /// What is known of a connection that did not come to be.
    pub(super) fn stopped(mut self) -> Facts {
        let ConnectTimings { dns, tcp, tls } = self.taken();
        Facts {
            reached: Some(self.step),
            dns,
            tcp,
            tls,
            ..Facts::default()
        }
    }

    fn current(&mut self) -> &mut Duration {
        match self.step {
            Phase::Dns => &mut self.taken.dns,
            Phase::Tls => &mut self.taken.tls,
            _ => &mut self.taken.tcp,
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[tokio::test(start_paused = true)]
    async fn each_step_has_its_time_and_those_not_reached_have_none() {
        let mut watch = Stopwatch::start();
        advance(3 * MS).await;
        watch.next(Phase::Connect);
        advance(5 * MS).await;
        assert_eq!(
            watch.taken(),
            ConnectTimings {
                dns: 3 * MS,
                tcp: 5 * MS,
                tls: Duration::ZERO,
            }
        );
        advance(2 * MS).await;
        let facts = watch.stopped();
        assert_eq!(facts.reached, Some(Phase::Connect));
        assert_eq!((facts.dns, facts.tcp), (3 * MS, 7 * MS));
        assert_eq!(facts.tls, Duration::ZERO);
    }
}
