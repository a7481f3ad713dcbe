//! How long a place usually takes to answer: a quantile of the last minutes, for whoever wants to know when an
//! answer is late.

use std::collections::VecDeque;
use std::time::Duration;

use super::times::Times;

/// The window of five minutes is moved on by one.
const PART: Duration = Duration::from_secs(60);
const PARTS: u64 = 5;
/// Fewer answers than this say nothing about the slowest of them.
const FEWEST: usize = 20;
/// How old a figure may be that is given out again.
const REFRESH: Duration = Duration::from_secs(1);

/// One place's.
pub(crate) struct Pace {
    quantile: f64,
    /// Oldest first.
    parts: VecDeque<Part>,
    /// What was given out last, and when that was found.
    usual: Option<(Duration, Duration)>,
    /// Never goes back, whatever the callers' clocks do.
    now: Duration,
}

struct Part {
    number: u64,
    times: Times,
}

impl Pace {
    /// Knows how long this part of the answers takes at most, from 0 to 1.
    pub(crate) fn new(quantile: f64) -> Self {
        Self {
            quantile,
            parts: VecDeque::new(),
            usual: None,
            now: Duration::ZERO,
        }
    }

    /// An answer came after so long.
    pub(crate) fn answered(&mut self, now: Duration, took: Duration) {
        let number = self.move_on(now);
        let newest = self.parts.back_mut();
        if let Some(part) = newest.filter(|part| part.number == number) {
            part.times.add(took);
        } else {
            let mut times = Times::default();
            times.add(took);
            self.parts.push_back(Part { number, times });
        }
    }

    /// How long it takes; `None` until enough is known.
    pub(crate) fn usual(&mut self, now: Duration) -> Option<Duration> {
        self.move_on(now);
        if let Some((found, usual)) = self.usual
            && self.now.saturating_sub(found) < REFRESH
        {
            return Some(usual);
        }
        let usual = self.found();
        self.usual = usual.map(|usual| (self.now, usual));
        usual
    }

    /// Whether nothing here is worth remembering.
    pub(crate) fn is_at_rest(&mut self, now: Duration) -> bool {
        self.move_on(now);
        self.parts.is_empty()
    }

    fn found(&self) -> Option<Duration> {
        let all = Times::of(self.parts.iter().map(|part| &part.times));
        if all.count() < FEWEST {
            return None;
        }
        all.quantile(self.quantile)
    }

    /// Forgets what has left the window; the number of the part that now falls into.
    fn move_on(&mut self, now: Duration) -> u64 {
        self.now = self.now.max(now);
        let number = self.now.as_secs() / PART.as_secs();
        while let Some(oldest) = self.parts.front()
            && oldest.number + PARTS <= number
        {
            self.parts.pop_front();
        }
        number
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::policy::times::{ACCURACY, LEAST_SECONDS};

    const NOW: Duration = Duration::from_secs(1000);

    fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn close(found: Duration, real: Duration) -> bool {
        let real = real.as_secs_f64();
        (found.as_secs_f64() - real).abs() <= real * 2.0 * ACCURACY + LEAST_SECONDS
    }

    #[test]
    fn few_answers_say_nothing() {
        let mut pace = Pace::new(0.95);
        for _ in 1..FEWEST {
            pace.answered(NOW, millis(10));
            assert_eq!(pace.usual(NOW), None);
        }
        pace.answered(NOW, millis(10));
        assert!(close(pace.usual(NOW).unwrap(), millis(10)));
    }

    #[test]
    fn it_follows_the_last_minutes() {
        let mut pace = Pace::new(0.5);
        for _ in 0..FEWEST {
            pace.answered(NOW, millis(10));
        }
        let later = NOW + PART * 3;
        for _ in 0..3 * FEWEST {
            pace.answered(later, millis(1000));
        }
        assert!(close(pace.usual(later).unwrap(), millis(1000)));
        assert_eq!(pace.usual(later + PART * 6), None);
        assert!(pace.is_at_rest(later + PART * 6));
    }

    #[test]
    fn a_clock_that_goes_back_forgets_nothing() {
        let mut pace = Pace::new(0.5);
        for _ in 0..FEWEST {
            pace.answered(NOW, millis(10));
        }
        assert!(pace.usual(Duration::ZERO).is_some());
        pace.answered(Duration::ZERO, millis(10));
        assert!(pace.usual(NOW).is_some());
    }

    proptest! {
        #[test]
        fn it_is_the_quantile_of_what_the_window_holds(
            quantile in 0.01..0.999_f64,
            answers in prop::collection::vec((0..90_u64, 1..100_000_u64), 1..200),
        ) {
            let mut pace = Pace::new(quantile);
            let (mut now, mut told) = (NOW, Vec::new());
            for (step, took) in answers {
                // A third of the steps go back, which counts as standing still.
                let at = if step % 3 == 0 { now.saturating_sub(Duration::from_secs(step)) } else { now + Duration::from_secs(step) };
                now = now.max(at);
                pace.answered(at, millis(took));
                told.push((now.as_secs() / PART.as_secs(), took));
            }
            let newest = now.as_secs() / PART.as_secs();
            let mut held: Vec<u64> = told
                .iter()
                .filter(|(part, _)| part + PARTS > newest)
                .map(|(_, took)| *took)
                .collect();
            held.sort_unstable();
            let usual = pace.usual(now);
            if held.len() < FEWEST {
                prop_assert_eq!(usual, None);
            } else {
                #[allow(
                    clippy::cast_possible_truncation,
                    clippy::cast_precision_loss,
                    clippy::cast_sign_loss,
                    reason = "a place in a list of a few hundred"
                )]
                let place = (quantile * (held.len() - 1) as f64) as usize;
                let around = &held[place..(place + 2).min(held.len())];
                let found = usual.unwrap();
                let right = around.iter().any(|took| close(found, millis(*took)));
                prop_assert!(right, "{:?} is none of {:?}", found, around);
            }
        }
    }
}
