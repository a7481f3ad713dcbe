//! Who has been told to wait, and how those who did go on: by turns, and not all at once.
//!
//! A server that says "not before" means everybody with the same key. When the time has come, whoever waited
//! for it would go in the same instant, and be refused again. So they leave as a slow start: [`FIRST`] within the
//! first stretch of time, twice as many in each one after that, each of them anywhere within its turn. Is one
//! refused again, there is a new pause, for all who have not left.

use std::time::Duration;

/// How many leave in the first stretch.
const FIRST: f64 = 8.0;
/// The longest stretch.
const LONGEST_STRETCH: Duration = Duration::from_millis(500);
/// How many stretches are kept to; by then as many have left as there are turns in all of them.
const STRETCHES: u32 = 10;
/// A pause ends later than it was asked for by up to this part of it, so that several processes do not begin
/// again in one instant ...
const SPREAD: f64 = 0.1;
/// ... and by no more than this.
const LONGEST_SPREAD: Duration = Duration::from_secs(1);

/// One key's pause, and its end.
#[derive(Debug)]
pub(crate) struct Pause {
    /// As it was asked for.
    until: Duration,
    /// When the first may leave.
    release: Duration,
    stretch: Duration,
    /// Turns that were given out.
    turns: u64,
    /// Counts the pauses.
    epoch: u64,
}

/// When somebody leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Turn {
    /// So long from now.
    pub(crate) wait: Duration,
    /// Of which pause.
    epoch: u64,
}

impl Pause {
    /// A pause of this length from now on; `random` is from 0 to 1.
    pub(crate) fn new(now: Duration, length: Duration, random: f64) -> Self {
        let mut pause = Self {
            until: Duration::ZERO,
            release: Duration::ZERO,
            stretch: Duration::ZERO,
            turns: 0,
            epoch: 0,
        };
        pause.extend(now, length, random);
        pause
    }

    /// Somebody was told to wait so long. A pause that is longer stays as it is.
    pub(crate) fn extend(&mut self, now: Duration, length: Duration, random: f64) {
        if now.saturating_add(length) <= self.until {
            return;
        }
        let spread = length.mul_f64(SPREAD).min(LONGEST_SPREAD);
        let spread = spread.mul_f64(random.clamp(0.0, 1.0));
        self.until = now.saturating_add(length);
        self.release = self.until.saturating_add(spread);
        self.stretch = (length / 2).min(LONGEST_STRETCH);
        self.turns = 0;
        self.epoch += 1;
    }

    /// What is left of it, as it was asked for: for so long at least nobody leaves.
    pub(crate) fn left(&self, now: Duration) -> Duration {
        self.until.saturating_sub(now)
    }

    /// A turn for somebody who wants to leave now.
    pub(crate) fn turn(&mut self, now: Duration, random: f64) -> Turn {
        let turn = self.turns.max(self.turns_until(now));
        self.turns = turn + 1;
        let (from, to) = (self.begin(turn), self.begin(turn + 1));
        let at = from + (to.saturating_sub(from)).mul_f64(random.clamp(0.0, 1.0));
        Turn {
            wait: at.saturating_sub(now),
            epoch: self.epoch,
        }
    }

    /// Whether a turn that has come still counts: there was no other pause since it was given.
    pub(crate) fn holds(&self, turn: Turn) -> bool {
        turn.epoch == self.epoch
    }

    /// Whether all is as it was before: everybody has left, and nobody has to wait.
    pub(crate) fn is_over(&self, now: Duration) -> bool {
        let kept_to = self.stretch.saturating_mul(STRETCHES);
        now >= self.release.saturating_add(kept_to) && now >= self.begin(self.turns)
    }

    /// When a turn begins.
    fn begin(&self, turn: u64) -> Duration {
        #[allow(clippy::cast_precision_loss, reason = "far fewer wait than 2^53")]
        let stretches = (1.0 + turn as f64 / FIRST).log2();
        self.release.saturating_add(self.stretch.mul_f64(stretches))
    }

    /// How many turns have begun by now.
    fn turns_until(&self, now: Duration) -> u64 {
        let passed = now.saturating_sub(self.release).as_secs_f64();
        if passed <= 0.0 || self.stretch.is_zero() {
            return 0;
        }
        let stretches = (passed / self.stretch.as_secs_f64()).min(f64::from(STRETCHES));
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "from 0 to FIRST times two to the power of STRETCHES"
        )]
        let turns = (FIRST * (stretches.exp2() - 1.0)).ceil() as u64;
        turns
    }
}

#[cfg(test)]
mod tests;
