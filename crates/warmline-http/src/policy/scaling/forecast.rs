//! What demand will be: triple exponential smoothing, as Holt and Winters have it, of a level, a damped trend and
//! a season of one day (Hyndman and Athanasopoulos, Forecasting: Principles and Practice, section 8.3).

use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Of an interval's error, how much goes into the level, the trend and the season. Demand is noisy, the trend of
/// a day slow, and one strange day is not to be expected again in full.
const ALPHA: f64 = 0.25;
const BETA: f64 = 0.02;
const GAMMA: f64 = 0.3;
/// How much of a trend is left an interval later: none goes on for ever.
const DAMPING: f64 = 0.9;
/// How fast the usual error follows the last ones.
const SPREAD: f64 = 0.05;

/// Learns the demand of one place, interval by interval.
///
/// The first day teaches what a day looks like; until it is over, level and trend alone are continued.
#[derive(Debug)]
pub struct Forecast {
    level: f64,
    trend: f64,
    /// By interval of the day: how far demand is above the level then. On the first day, the demand itself.
    season: Vec<f64>,
    /// Intervals that were learnt.
    learnt: usize,
    /// How far off the forecast for the next interval is, on average.
    error: f64,
}

impl Forecast {
    /// Learns in intervals of this length, at least a second and at most a day.
    #[must_use]
    pub fn new(interval: Duration) -> Self {
        let interval = interval.clamp(Duration::from_secs(1), DAY);
        let intervals = DAY.as_nanos() / interval.as_nanos();
        Self {
            level: 0.0,
            trend: 0.0,
            season: vec![0.0; usize::try_from(intervals).unwrap_or(1)],
            learnt: 0,
            error: 0.0,
        }
    }

    /// The demand of the interval that has just ended.
    pub fn learn(&mut self, demand: f64) {
        let place = self.learnt % self.season.len();
        let expected = self.expect(1);
        let before = self.level;
        let first_day = self.learnt < self.season.len();
        if self.learnt == 0 {
            self.level = demand;
        } else {
            self.error += SPREAD * ((demand - expected).abs() - self.error);
            let season = if first_day { 0.0 } else { self.season[place] };
            let carried = before + DAMPING * self.trend;
            self.level = ALPHA * (demand - season) + (1.0 - ALPHA) * carried;
            self.trend = BETA * (self.level - before) + (1.0 - BETA) * DAMPING * self.trend;
        }
        if first_day {
            self.season[place] = demand;
        } else {
            let above = demand - self.level;
            self.season[place] += GAMMA * (above - self.season[place]);
        }
        self.learnt += 1;
        if self.learnt == self.season.len() {
            self.begin_seasons();
        }
    }

    /// Nothing is known of so many intervals: the process slept.
    pub fn skip(&mut self, intervals: usize) {
        if self.learnt >= self.season.len() {
            // Which interval of the day it is, is all that matters of their number.
            self.learnt += intervals % self.season.len();
        } else if intervals > 0 {
            // A first day with a hole in it teaches nothing.
            self.learnt = 0;
        }
    }

    /// The demand of the interval so many from now, the next one being the first; never negative.
    #[must_use]
    pub fn demand(&self, intervals: usize) -> f64 {
        self.expect(intervals).max(0.0)
    }

    /// The highest demand of the next so many intervals.
    #[must_use]
    pub fn peak(&self, intervals: usize) -> f64 {
        let most = intervals.min(self.season.len());
        (1..=most)
            .map(|ahead| self.demand(ahead))
            .fold(0.0, f64::max)
    }

    /// How far off the demand of the next interval usually is.
    #[must_use]
    pub fn usual_error(&self) -> f64 {
        self.error
    }

    /// Whether a whole day has been seen.
    #[must_use]
    pub fn knows_the_day(&self) -> bool {
        self.learnt >= self.season.len()
    }

    fn expect(&self, ahead: usize) -> f64 {
        let damped = DAMPING * (1.0 - DAMPING.powf(float(ahead))) / (1.0 - DAMPING);
        let season = if self.knows_the_day() {
            self.season[(self.learnt + ahead - 1) % self.season.len()]
        } else {
            0.0
        };
        self.level + damped * self.trend + season
    }

    /// The first day is over: what it was in each interval becomes how far that was from its mean.
    fn begin_seasons(&mut self) {
        let mean = self.season.iter().sum::<f64>() / float(self.season.len());
        for demand in &mut self.season {
            *demand -= mean;
        }
        self.level = mean;
        self.trend = 0.0;
    }
}

#[allow(
    clippy::cast_precision_loss,
    reason = "a day has fewer than 2^53 intervals"
)]
fn float(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use proptest::prelude::*;

    use super::*;

    const INTERVALS: usize = 288;

    fn forecast() -> Forecast {
        Forecast::new(Duration::from_secs(300))
    }

    /// Quiet at night, busy at noon.
    fn day(interval: usize) -> f64 {
        50.0 - 40.0 * (TAU * float(interval) / float(INTERVALS)).cos()
    }

    #[test]
    fn what_never_changes_is_expected_to_stay() {
        let mut forecast = forecast();
        for _ in 0..2 * INTERVALS {
            forecast.learn(20.0);
        }
        assert!((forecast.demand(1) - 20.0).abs() < 0.01);
        assert!((forecast.peak(INTERVALS) - 20.0).abs() < 0.01);
        assert!(forecast.usual_error() < 0.01);
    }

    #[test]
    fn a_rise_is_continued_before_the_day_is_known() {
        let mut forecast = forecast();
        for interval in 0..100 {
            forecast.learn(float(interval));
        }
        assert!(!forecast.knows_the_day());
        assert!(forecast.demand(10) > forecast.demand(1));
    }

    #[test]
    fn the_time_of_the_day_is_learnt() {
        let mut forecast = forecast();
        for interval in 0..3 * INTERVALS {
            forecast.learn(day(interval));
        }
        // At midnight, six hours, half a day ahead.
        for ahead in [1, INTERVALS / 4, INTERVALS / 2] {
            let real = day(3 * INTERVALS + ahead - 1);
            let expected = forecast.demand(ahead);
            assert!((expected - real).abs() < 5.0, "{expected}, not {real}");
        }
        assert!((forecast.peak(INTERVALS) - 90.0).abs() < 5.0);
    }

    #[test]
    fn one_strange_day_is_not_expected_again_in_full() {
        let mut forecast = forecast();
        for interval in 0..2 * INTERVALS {
            forecast.learn(day(interval));
        }
        for interval in 0..INTERVALS {
            let noon = interval == INTERVALS / 2;
            forecast.learn(if noon { 1000.0 } else { day(interval) });
        }
        assert!(forecast.demand(INTERVALS / 2 + 1) < 500.0);
    }

    #[test]
    fn time_that_was_slept_through_does_not_shift_the_day() {
        let mut forecast = forecast();
        for interval in 0..3 * INTERVALS {
            forecast.learn(day(interval));
        }
        forecast.skip(10 * INTERVALS + INTERVALS / 2);
        let noon = forecast.demand(1);
        assert!((noon - 90.0).abs() < 5.0, "{noon}");
    }

    #[test]
    fn a_first_day_with_a_hole_begins_again() {
        let mut forecast = forecast();
        for interval in 0..INTERVALS - 1 {
            forecast.learn(day(interval));
        }
        forecast.skip(1);
        forecast.learn(1.0);
        assert!(!forecast.knows_the_day());
    }

    proptest! {
        #[test]
        fn whatever_it_learns_it_expects_something_sensible(
            demands in prop::collection::vec(0.0..1e6_f64, 1..900),
            ahead in 1..600_usize,
        ) {
            let mut forecast = forecast();
            for demand in demands {
                forecast.learn(demand);
            }
            let expected = forecast.demand(ahead);
            prop_assert!(expected.is_finite() && (0.0..1e8).contains(&expected), "{}", expected);
        }
    }
}
