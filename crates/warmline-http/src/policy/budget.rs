//! How many requests may be sent again: a bucket of tokens that fills with requests, so that retries stay a
//! fraction of the load, and a server that fails everything is not given several times as much to fail.

use std::time::Duration;

/// How long it takes until a reserve that was used up is there again.
const RESERVE_REFILL: Duration = Duration::from_secs(60);
/// A token, less what is lost where many parts of one are added up.
const ONE: f64 = 1.0 - 1e-9;

/// How much load retries may add.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BudgetOptions {
    /// Retries for each request; 0.2 is one for five.
    pub ratio: f64,
    /// Retries beyond that, so that a client with little to do can retry at all. Used up, they come back over
    /// a minute.
    pub reserve: u32,
}

impl Default for BudgetOptions {
    /// A fifth of the requests, and ten more.
    fn default() -> Self {
        Self {
            ratio: 0.2,
            reserve: 10,
        }
    }
}

/// What is left of it.
#[derive(Debug)]
pub(crate) struct Budget {
    options: BudgetOptions,
    tokens: f64,
    /// When it was last filled by time.
    at: Duration,
}

impl Budget {
    pub(crate) fn new(options: BudgetOptions, now: Duration) -> Self {
        Self {
            options,
            tokens: f64::from(options.reserve),
            at: now,
        }
    }

    /// A request is sent for the first time.
    pub(crate) fn deposit(&mut self) {
        // No more is saved up: what was not used in an hour of calm is not for the next minute of trouble. One
        // token has room in any case, and what lies over it on the way there.
        let capacity = f64::from(self.options.reserve.max(1)) + 1.0;
        self.tokens = (self.tokens + self.options.ratio).min(capacity);
    }

    /// Whether one may be sent again; if so, that is taken.
    pub(crate) fn take(&mut self, now: Duration) -> bool {
        // A clock that went back gives nothing until it has caught up.
        let passed = now.saturating_sub(self.at);
        self.at = self.at.max(now);
        let share = passed.as_secs_f64() / RESERVE_REFILL.as_secs_f64();
        let reserve = f64::from(self.options.reserve);
        let refilled = (self.tokens + share * reserve).min(reserve);
        self.tokens = self.tokens.max(refilled);
        let enough = self.tokens >= ONE;
        if enough {
            self.tokens = (self.tokens - 1.0).max(0.0);
        }
        enough
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Duration = Duration::ZERO;

    #[test]
    fn a_clock_that_goes_to_and_fro_refills_nothing() {
        let at = Duration::from_secs(3600);
        let mut budget = Budget::new(
            BudgetOptions {
                ratio: 0.0,
                reserve: 2,
            },
            at,
        );
        assert!(budget.take(at) && budget.take(at));
        for _ in 0..10 {
            assert!(!budget.take(at.saturating_sub(RESERVE_REFILL)));
            assert!(!budget.take(at));
        }
        assert!(budget.take(at + RESERVE_REFILL));
    }

    fn budget(ratio: f64, reserve: u32) -> Budget {
        Budget::new(BudgetOptions { ratio, reserve }, NOW)
    }

    #[test]
    fn a_reserve_is_there_before_any_request() {
        let mut budget = budget(0.2, 3);
        let taken = (0..10).filter(|_| budget.take(NOW)).count();
        assert_eq!(taken, 3);
    }

    #[test]
    fn a_reserve_comes_back_over_a_minute() {
        let mut budget = budget(0.0, 6);
        while budget.take(NOW) {}
        assert!(!budget.take(Duration::from_secs(9)));
        assert!(budget.take(Duration::from_secs(10)));
        let later = Duration::from_hours(24);
        let taken = (0..100).filter(|_| budget.take(later)).count();
        assert_eq!(taken, 6);
    }

    #[test]
    fn without_a_reserve_requests_alone_fill_it() {
        let mut budget = budget(0.5, 0);
        assert!(!budget.take(Duration::from_hours(1)));
        budget.deposit();
        assert!(!budget.take(NOW));
        budget.deposit();
        assert!(budget.take(NOW));
    }

    #[test]
    fn a_clock_that_goes_back_gives_nothing() {
        let mut budget = budget(0.0, 1);
        assert!(budget.take(Duration::from_secs(100)));
        for second in (0..100).rev() {
            assert!(!budget.take(Duration::from_secs(second)));
        }
    }

    proptest! {
        #[test]
        fn retries_stay_within_the_ratio_and_the_reserve(
            ratio in 0.0..1.0_f64,
            reserve in 0..20_u32,
            requests in 1..2000_u32,
        ) {
            let mut budget = budget(ratio, reserve);
            let mut retries = 0.0;
            for _ in 0..requests {
                budget.deposit();
                while budget.take(NOW) {
                    retries += 1.0;
                }
            }
            let most = f64::from(requests) * ratio + f64::from(reserve);
            prop_assert!(retries <= most + 1e-6, "{retries} of {most}");
        }

        #[test]
        fn what_is_there_can_be_taken(ratio in 0.05..1.0_f64, requests in 100..2000_u32) {
            let mut budget = budget(ratio, 0);
            let mut retries = 0.0;
            for _ in 0..requests {
                budget.deposit();
                if budget.take(NOW) {
                    retries += 1.0;
                }
            }
            prop_assert!(retries >= f64::from(requests) * ratio - 1.0 - 1e-6);
        }
    }
}
