//! How long a peer keeps idle connections, as learnt from those that it closed: a state machine that is
//! told the time. All times and ages are nanoseconds.
//!
//! ```text
//!            so many closings in a row at about the same age, which no connection outlived
//!    Unknown --------------------------------------------------------------> Firm
//!       ^                                                                    |  ^
//!       |                                                   its term is over |  | a closing at
//!       |  a connection outlived it                                          v  | that age again
//!       +---------------------------------------------------------------- Tried
//! ```

const SECOND: u64 = 1_000_000_000;

/// How many closings have to agree.
const AGREEING: usize = 3;

/// Younger ones say nothing about idle time: peers also close after so many requests, or as they stop.
pub(crate) const LEAST_AGE: u64 = SECOND / 2;

/// Closings within this time are one: a peer that stops closes all that it has.
const ONE_MOMENT: u64 = SECOND;

/// By how much a connection has to outlive an age for that to be no limit: clocks are coarse, and a
/// closing is seen a moment after it.
const SLACK: u64 = SECOND / 10;

/// How long a limit is gone by before longer times are tried again. Each time that it turns out to hold,
/// twice as long, up to the longest.
const FIRST_TERM: u64 = 600 * SECOND;
const LONGEST_TERM: u64 = 3600 * SECOND;

/// How long what was seen is worth knowing.
const MEMORY: u64 = 600 * SECOND;

/// How much earlier than the peer a connection is given up, for the way there of a request that would
/// come too late: at most half of the time.
const MARGIN: u64 = SECOND;

/// The time for which a connection may be idle whose peer closes it after `kept`.
pub(crate) fn short_of(kept: u64) -> u64 {
    kept - MARGIN.min(kept / 2)
}

/// What is known of one peer.
#[derive(Debug, Default)]
pub(crate) struct IdleLore {
    /// The ages at which it closed, the latest last, while they agree with each other.
    ages: Vec<u64>,
    last_closing: u64,
    /// The oldest that a connection got and was used again, and when that was.
    outlived: (u64, u64),
    belief: Belief,
    /// Until when all this is worth knowing.
    worth_until: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Belief {
    #[default]
    Unknown,
    Firm {
        kept: u64,
        term: u64,
        until: u64,
    },
    Tried {
        kept: u64,
        term: u64,
    },
}

impl IdleLore {
    /// The peer closed a connection that had been idle for `age`.
    pub(crate) fn closed(&mut self, age: u64, now: u64) {
        if age < LEAST_AGE {
            return;
        }
        self.worth_until = self.worth_until.max(now + MEMORY);
        if let Belief::Tried { kept, term } = self.belief
            && agree(kept.min(age), kept.max(age))
        {
            let term = (2 * term).min(LONGEST_TERM);
            return self.believe(kept.min(age), term, now);
        }
        self.note(age, now);
        let (youngest, oldest) = self.span();
        if !agree(youngest, oldest) {
            self.ages = vec![age];
        } else if self.ages.len() == AGREEING && !self.is_outlived(youngest, now) {
            let is_new = !matches!(self.belief, Belief::Firm { kept, .. } if agree(youngest.min(kept), youngest.max(kept)));
            if is_new {
                self.believe(youngest, FIRST_TERM, now);
            }
        }
    }

    /// A connection that had been idle for `age` was used again.
    pub(crate) fn outlived(&mut self, age: u64, now: u64) {
        let (oldest, when) = self.outlived;
        if age > oldest || now.saturating_sub(when) > MEMORY {
            self.outlived = (age, now);
        }
        self.ages.retain(|closed| age <= closed + SLACK);
        if let Belief::Firm { kept, .. } | Belief::Tried { kept, .. } = self.belief
            && age > kept + SLACK
        {
            self.belief = Belief::Unknown;
        }
    }

    /// Lets time pass.
    pub(crate) fn review(&mut self, now: u64) {
        if let Belief::Firm { kept, term, until } = self.belief
            && now >= until
        {
            self.belief = Belief::Tried { kept, term };
            self.outlived = (0, 0);
        }
    }

    /// How long a connection may be idle; `u64::MAX` where nothing is known.
    pub(crate) fn limit(&self) -> u64 {
        match self.belief {
            Belief::Firm { kept, .. } => short_of(kept),
            Belief::Unknown | Belief::Tried { .. } => u64::MAX,
        }
    }

    pub(crate) fn is_worth_keeping(&self, now: u64) -> bool {
        now < self.worth_until
    }

    fn note(&mut self, age: u64, now: u64) {
        let same_moment = now.saturating_sub(self.last_closing) < ONE_MOMENT;
        self.last_closing = now;
        if same_moment && let Some(last) = self.ages.last_mut() {
            *last = age.min(*last);
            return;
        }
        if self.ages.len() == AGREEING {
            self.ages.remove(0);
        }
        self.ages.push(age);
    }

    fn span(&self) -> (u64, u64) {
        let youngest = self.ages.iter().min().copied().unwrap_or(u64::MAX);
        (youngest, self.ages.iter().max().copied().unwrap_or(0))
    }

    fn is_outlived(&self, kept: u64, now: u64) -> bool {
        let (age, when) = self.outlived;
        age > kept + SLACK && now.saturating_sub(when) <= MEMORY
    }

    fn believe(&mut self, kept: u64, term: u64, now: u64) {
        let until = now + term;
        self.belief = Belief::Firm { kept, term, until };
        self.worth_until = until + MEMORY;
    }
}

/// Whether two ages may come from one limit.
fn agree(younger: u64, older: u64) -> bool {
    older - younger <= SLACK.max(younger / 10)
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    /// A peer that closes at this age, one connection after another, a minute apart.
    fn taught(age: u64) -> (IdleLore, u64) {
        let mut lore = IdleLore::default();
        let mut now = 0;
        for _ in 0..AGREEING {
            now += 60 * SECOND;
            lore.closed(age, now);
        }
        (lore, now)
    }

    #[test]
    fn closings_that_agree_are_a_limit_less_a_margin_of_no_more_than_half() {
        assert_eq!(taught(5 * SECOND).0.limit(), 4 * SECOND);
        assert_eq!(taught(SECOND).0.limit(), SECOND / 2);
    }

    #[test]
    fn fewer_are_none() {
        let mut lore = IdleLore::default();
        lore.closed(5 * SECOND, 60 * SECOND);
        lore.closed(5 * SECOND, 120 * SECOND);
        assert_eq!(lore.limit(), u64::MAX);
    }

    #[test]
    fn the_youngest_of_them_counts() {
        let mut lore = IdleLore::default();
        for (minute, age) in [(1, 52), (2, 50), (3, 54)] {
            lore.closed(age * SECOND / 10, minute * 60 * SECOND);
        }
        assert_eq!(lore.limit(), 4 * SECOND);
    }

    #[test]
    fn those_of_one_moment_count_once() {
        let mut lore = IdleLore::default();
        for closing in 0..100 {
            lore.closed(5 * SECOND, 60 * SECOND + closing);
        }
        assert_eq!(lore.limit(), u64::MAX);
    }

    #[test]
    fn ages_that_differ_are_no_limit() {
        let mut lore = IdleLore::default();
        for minute in 1..100 {
            lore.closed((1 + minute % 5) * SECOND, minute * 60 * SECOND);
            assert_eq!(lore.limit(), u64::MAX);
        }
    }

    #[test]
    fn a_peer_that_closes_right_after_a_response_has_no_idle_limit() {
        assert_eq!(taught(LEAST_AGE - 1).0.limit(), u64::MAX);
    }

    #[test]
    fn an_age_that_others_outlive_is_no_limit() {
        let mut lore = IdleLore::default();
        for minute in 1..10 {
            let now = minute * 60 * SECOND;
            lore.outlived(2 * SECOND, now);
            lore.closed(SECOND, now + SECOND);
        }
        assert_eq!(lore.limit(), u64::MAX);
    }

    #[test]
    fn one_that_outlived_it_long_ago_does_not_count() {
        let mut lore = IdleLore::default();
        lore.outlived(20 * SECOND, 0);
        for minute in 0..AGREEING as u64 {
            lore.closed(5 * SECOND, MEMORY + 1 + minute * 60 * SECOND);
        }
        assert_eq!(lore.limit(), 4 * SECOND);
    }

    #[test]
    fn a_limit_that_gets_shorter_is_learnt_anew() {
        let (mut lore, mut now) = taught(5 * SECOND);
        for _ in 0..AGREEING {
            now += 60 * SECOND;
            lore.closed(2 * SECOND, now);
        }
        assert_eq!(lore.limit(), SECOND);
    }

    #[test]
    fn once_its_term_is_over_longer_times_are_tried() {
        let (mut lore, now) = taught(5 * SECOND);
        lore.review(now + FIRST_TERM - 1);
        assert_eq!(lore.limit(), 4 * SECOND);
        lore.review(now + FIRST_TERM);
        assert_eq!(lore.limit(), u64::MAX);
    }

    #[test]
    fn a_limit_that_still_holds_is_believed_at_once_and_for_longer_each_time() {
        let (mut lore, mut now) = taught(5 * SECOND);
        for term in [1, 2, 4, 6, 6].map(|terms| terms * FIRST_TERM) {
            lore.review(now + term - 1);
            assert_eq!(lore.limit(), 4 * SECOND, "for {term}");
            now += term;
            lore.review(now);
            assert_eq!(lore.limit(), u64::MAX);
            lore.closed(5 * SECOND, now);
        }
    }

    #[test]
    fn a_limit_that_is_outlived_is_forgotten() {
        let (mut lore, mut now) = taught(5 * SECOND);
        now += FIRST_TERM;
        lore.review(now);
        lore.outlived(20 * SECOND, now + 1);
        lore.closed(5 * SECOND, now + 2);
        assert_eq!(lore.limit(), u64::MAX);
    }

    #[test]
    fn what_was_seen_is_worth_keeping_for_a_while_and_a_limit_beyond_its_term() {
        let mut lore = IdleLore::default();
        assert!(!lore.is_worth_keeping(0));
        lore.closed(5 * SECOND, SECOND);
        assert!(lore.is_worth_keeping(MEMORY));
        assert!(!lore.is_worth_keeping(MEMORY + SECOND));
        let (lore, now) = taught(5 * SECOND);
        assert!(lore.is_worth_keeping(now + FIRST_TERM + MEMORY - 1));
        assert!(!lore.is_worth_keeping(now + FIRST_TERM + MEMORY));
    }
}
