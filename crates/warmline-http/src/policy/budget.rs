//! How many requests may be sent again: a bucket of tokens that fills with requests, so that retries stay a
//! fraction of the load, and a server that fails everything is not given several times as much to fail.

use std::time::Duration;

/// How long it takes until a reserve that was used up is there again.
const RESERVE_REFILL: Duration = Duration::from_secs(60);
/// For so many seconds requests save up for retries, as in Finagle's and tower's budgets: enough for the first seconds
/// of trouble, in which everything fails at once. What was not used in an hour of calm is not for the next minute of it.
const SAVED_FOR: usize = 10;
/// A token, less what is lost where many parts of one are added up.
const ONE: f64 = 1.0 - 1e-9;

/// How much load retries may add.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BudgetOptions {
    /// Retries for each request; 0.2 is one for five. Those of the last ten seconds' requests are saved up.
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
    recent: Recent,
    /// When it was last filled by time.
    at: Duration,
}

/// How many requests there were of late.
#[derive(Debug, Default)]
struct Recent {
    /// By second, in a ring.
    counts: [u32; SAVED_FOR],
    /// The second that was counted last, since the clock began.
    newest: u64,
}

impl Budget {
    pub(crate) fn new(options: BudgetOptions, now: Duration) -> Self {
        Self {
            options,
            tokens: f64::from(options.reserve),
            recent: Recent::default(),
            at: now,
        }
    }

    /// A request is sent for the first time.
    pub(crate) fn deposit(&mut self, now: Duration) {
        self.recent.count(now);
        self.tokens = (self.tokens + self.options.ratio).min(self.capacity(now));
    }

    /// Whether one may be sent again; if so, that is taken.
    pub(crate) fn take(&mut self, now: Duration) -> bool {
        // A clock that went back gives nothing until it has caught up.
        let passed = now.saturating_sub(self.at);
        self.at = self.at.max(now);
        let share = passed.as_secs_f64() / RESERVE_REFILL.as_secs_f64();
        let reserve = f64::from(self.options.reserve);
        let refilled = (self.tokens + share * reserve).min(reserve);
        self.tokens = self.tokens.max(refilled).min(self.capacity(now));
        let enough = self.tokens >= ONE;
        if enough {
            self.tokens = (self.tokens - 1.0).max(0.0);
        }
        enough
    }

    fn capacity(&mut self, now: Duration) -> f64 {
        // One token has room in any case, and what lies over it on the way there.
        let least = f64::from(self.options.reserve.max(1)) + 1.0;
        least + self.options.ratio * self.recent.total(now)
    }
}

impl Recent {
    fn count(&mut self, now: Duration) {
        self.move_on(now);
        let newest = place(self.newest);
        self.counts[newest] = self.counts[newest].saturating_add(1);
    }

    fn total(&mut self, now: Duration) -> f64 {
        self.move_on(now);
        self.counts.iter().map(|count| f64::from(*count)).sum()
    }

    /// Forgets what is too long ago. A clock that went back forgets nothing until it has caught up.
    fn move_on(&mut self, now: Duration) {
        let second = now.as_secs();
        for begun in (self.newest + 1..=second).take(SAVED_FOR) {
            self.counts[place(begun)] = 0;
        }
        self.newest = self.newest.max(second);
    }
}

/// Where a second is in the ring.
fn place(second: u64) -> usize {
    usize::try_from(second).unwrap_or_default() % SAVED_FOR
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
        budget.deposit(NOW);
        assert!(!budget.take(NOW));
        budget.deposit(NOW);
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

    /// So many requests a second, from one second to another.
    fn serve(budget: &mut Budget, per_second: u32, seconds: std::ops::Range<u64>) {
        for second in seconds {
            for _ in 0..per_second {
                budget.deposit(Duration::from_secs(second));
            }
        }
    }

    fn all_of(budget: &mut Budget, now: Duration) -> usize {
        (0..1_000_000).take_while(|_| budget.take(now)).count()
    }

    #[test]
    fn calm_saves_up_what_ten_seconds_of_requests_may_add() {
        for calm in [20, 60, 3600] {
            let mut budget = budget(0.2, 10);
            serve(&mut budget, 100, 0..calm);
            let saved = all_of(&mut budget, Duration::from_secs(calm - 1));
            assert_eq!(saved, 200 + 10 + 1, "after {calm} s");
        }
    }

    #[test]
    fn what_was_saved_is_forgotten_when_requests_cease() {
        let mut budget = budget(0.2, 10);
        serve(&mut budget, 100, 0..10);
        assert_eq!(all_of(&mut budget, Duration::from_hours(1)), 11);
    }

    #[test]
    fn a_place_that_stays_broken_gets_a_fifth_more_in_the_long_run() {
        let mut budget = budget(0.2, 10);
        serve(&mut budget, 100, 0..60);
        let mut retries = Vec::new();
        for second in 60..660 {
            let now = Duration::from_secs(second);
            serve(&mut budget, 100, second..second + 1);
            retries.push(all_of(&mut budget, now));
        }
        // What was saved up goes at once; from then on there is what requests bring, and the reserve of each minute.
        assert_eq!(retries[0], 200 + 10 + 1);
        let most = retries[1..].iter().max().unwrap();
        assert!(*most <= 21, "{most} in a second of 100 requests");
        let all: usize = retries.iter().sum();
        assert!(all <= 60_000 / 5 + 211, "{all}");
    }

    proptest! {
        #[test]
        fn however_time_passes_no_more_is_spent_than_was_paid_in(
            ratio in 0.0..1.0_f64,
            reserve in 0..20_u32,
            steps in prop::collection::vec((0..50_u32, 0..50_u32, 0..20_000_u64), 1..100),
        ) {
            let mut budget = budget(ratio, reserve);
            let (mut requests, mut retries, mut now) = (0, 0, NOW);
            for (sent, wanted, millis) in steps {
                for _ in 0..sent {
                    budget.deposit(now);
                }
                requests += sent;
                now += Duration::from_millis(millis);
                retries += (0..wanted).filter(|_| budget.take(now)).count();
            }
            let minutes = now.as_secs_f64() / RESERVE_REFILL.as_secs_f64();
            let most = f64::from(requests) * ratio + f64::from(reserve) * (1.0 + minutes);
            let retries = f64::from(u32::try_from(retries).unwrap());
            prop_assert!(retries <= most + 1e-6, "{} of {}", retries, most);
        }

        #[test]
        fn retries_stay_within_the_ratio_and_the_reserve(
            ratio in 0.0..1.0_f64,
            reserve in 0..20_u32,
            requests in 1..2000_u32,
        ) {
            let mut budget = budget(ratio, reserve);
            let mut retries = 0.0;
            for _ in 0..requests {
                budget.deposit(NOW);
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
                budget.deposit(NOW);
                if budget.take(NOW) {
                    retries += 1.0;
                }
            }
            prop_assert!(retries >= f64::from(requests) * ratio - 1.0 - 1e-6);
        }
    }
}
