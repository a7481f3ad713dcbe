//! When an origin's floor of warm connections is refilled: a state machine that opens nothing and reads no
//! clock.
//!
//! A round of opening is followed by a wait, which doubles from round to round until the floor has been
//! whole for a while: a server that refuses connections, or closes them at once, is not run at. A request
//! that was served on one shows that all is well.

use std::time::Duration;

/// After the first round; shorter by a random part of up to half, as all waits.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// How long the floor has to be whole after a round for that to have come to something.
const SETTLED: Duration = Duration::from_secs(1);

/// How long an origin has a floor after its last request.
const UNUSED: Duration = Duration::from_secs(600);

/// One origin's floor.
#[derive(Debug)]
pub(crate) struct Refill {
    /// Requests so far, by which new ones are seen.
    checkouts: u64,
    last_use: Duration,
    last_round: Duration,
    /// Rounds since all was well.
    rounds: u32,
    next_round: Duration,
    /// The last connection could not be opened.
    is_failing: bool,
}

impl Refill {
    /// An origin that is in use now.
    pub(crate) fn new(now: Duration, checkouts: u64) -> Self {
        Self {
            checkouts,
            last_use: now,
            last_round: now,
            rounds: 0,
            next_round: now,
            is_failing: false,
        }
    }

    /// Takes in how many requests there have been, and whether the floor is whole.
    pub(crate) fn look(&mut self, now: Duration, checkouts: u64, is_whole: bool) {
        let is_used = checkouts != self.checkouts;
        if is_used {
            self.checkouts = checkouts;
            self.last_use = now;
        }
        let is_settled = is_whole && now.saturating_sub(self.last_round) >= SETTLED;
        if !self.is_failing && (is_used || is_settled) {
            self.rounds = 0;
            self.next_round = now;
        }
    }

    /// Whether the origin still has a floor.
    pub(crate) fn is_wanted(&self, now: Duration) -> bool {
        now.saturating_sub(self.last_use) < UNUSED
    }

    /// Whether connections that are missing may be opened now.
    pub(crate) fn may_open(&self, now: Duration) -> bool {
        now >= self.next_round
    }

    /// They are being opened; `random` is from 0 to 1.
    pub(crate) fn begin_round(&mut self, now: Duration, random: f64) {
        let wait = FIRST_WAIT * 2_u32.saturating_pow(self.rounds);
        self.rounds = self.rounds.saturating_add(1);
        self.last_round = now;
        self.next_round = now + wait.min(LONGEST_WAIT).mul_f64(1.0 - random / 2.0);
    }

    /// One of them was opened, or could not be.
    pub(crate) fn ended(&mut self, is_open: bool) {
        self.is_failing = !is_open;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const INSTANT: Duration = Duration::from_millis(1);

    fn before(time: Duration) -> Duration {
        time.saturating_sub(INSTANT)
    }

    #[test]
    fn what_is_missing_is_opened_at_once() {
        assert!(Refill::new(SECOND, 1).may_open(SECOND));
    }

    #[test]
    fn waits_double_up_to_a_minute_while_nothing_comes_of_it() {
        let (mut refill, mut now) = (Refill::new(Duration::ZERO, 1), Duration::ZERO);
        for wait in [1, 2, 4, 8, 16, 32, 60, 60].map(Duration::from_secs) {
            refill.begin_round(now, 0.0);
            refill.ended(false);
            refill.look(before(now + wait), 1, false);
            assert!(!refill.may_open(before(now + wait)), "after {wait:?}");
            now += wait;
            assert!(refill.may_open(now));
        }
    }

    #[test]
    fn jitter_shortens_a_wait_by_up_to_half() {
        let mut refill = Refill::new(Duration::ZERO, 1);
        refill.begin_round(Duration::ZERO, 1.0);
        assert!(!refill.may_open(before(SECOND / 2)));
        assert!(refill.may_open(SECOND / 2));
    }

    #[test]
    fn a_use_ends_the_wait_unless_connections_cannot_be_opened() {
        let mut refill = Refill::new(Duration::ZERO, 1);
        refill.begin_round(Duration::ZERO, 0.0);
        refill.ended(false);
        refill.look(INSTANT, 2, false);
        assert!(!refill.may_open(INSTANT));
        refill.ended(true);
        refill.look(2 * INSTANT, 3, false);
        assert!(refill.may_open(2 * INSTANT));
    }

    #[test]
    fn only_a_floor_that_holds_ends_the_wait() {
        let mut refill = Refill::new(Duration::ZERO, 1);
        for _ in 0..3 {
            refill.begin_round(Duration::ZERO, 0.0);
            refill.ended(true);
        }
        refill.look(before(SETTLED), 1, true);
        assert!(!refill.may_open(SETTLED));
        refill.look(SETTLED, 1, true);
        assert!(refill.may_open(SETTLED));
    }

    #[test]
    fn an_origin_that_is_not_used_for_long_has_no_floor_until_it_is() {
        let mut refill = Refill::new(SECOND, 7);
        refill.look(UNUSED, 7, true);
        assert!(refill.is_wanted(UNUSED));
        assert!(!refill.is_wanted(SECOND + UNUSED));
        refill.look(2 * UNUSED, 8, false);
        assert!(refill.is_wanted(2 * UNUSED));
    }
}
