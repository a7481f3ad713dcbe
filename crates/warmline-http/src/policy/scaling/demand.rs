//! How many connections an origin will need, learnt from how many it needed.

use std::time::Duration;

use super::Forecast;

/// Demand is learnt, and foretold, by the minute: short enough for what happens on the hour, and a day of it is
/// 11 KB.
const INTERVAL: Duration = Duration::from_secs(60);
/// What is kept beyond the forecast, in usual errors of it.
const SAFETY: f64 = 2.0;

/// The demand of one origin: the most connections that were busy at once, minute by minute.
#[derive(Debug)]
pub struct Demand {
    forecast: Forecast,
    /// How far ahead the highest demand is looked for, in minutes.
    window: usize,
    /// The minute that is not over.
    minute: u64,
    /// The highest demand in it.
    peak: usize,
}

impl Demand {
    /// Nothing is known yet. `window` is how far ahead [`peak`](Self::peak) looks.
    #[must_use]
    pub fn new(now: Duration, window: Duration) -> Self {
        Self {
            forecast: Forecast::new(INTERVAL),
            window: minutes(window),
            minute: minute(now),
            peak: 0,
        }
    }

    /// Looks so far ahead from now on.
    pub fn look_ahead(&mut self, window: Duration) {
        self.window = minutes(window);
    }

    /// So many connections are needed now. To be called every few seconds.
    pub fn observe(&mut self, now: Duration, busy: usize) {
        let current = minute(now);
        if current > self.minute {
            self.forecast.learn(float(self.peak));
            let missed = current - self.minute - 1;
            self.forecast
                .skip(usize::try_from(missed).unwrap_or(usize::MAX));
            self.minute = current;
            self.peak = 0;
        }
        self.peak = self.peak.max(busy);
    }

    /// How many should be open now, busy ones included, so that a rise in this minute or the next one finds them
    /// open.
    #[must_use]
    pub fn floor(&self) -> usize {
        if !self.forecast.knows_the_day() {
            // A trend alone opens connections for what may be a passing burst.
            return 0;
        }
        let next = self.forecast.demand(1).max(self.forecast.demand(2));
        whole(next + SAFETY * self.forecast.usual_error())
    }

    /// The most that will be needed within the window, as far as that is known.
    #[must_use]
    pub fn peak(&self) -> usize {
        if !self.forecast.knows_the_day() {
            return 0;
        }
        whole(self.forecast.peak(self.window))
    }
}

/// At least one.
fn minutes(window: Duration) -> usize {
    let minutes = window.as_secs().div_ceil(INTERVAL.as_secs()).max(1);
    usize::try_from(minutes).unwrap_or(usize::MAX)
}

fn minute(now: Duration) -> u64 {
    now.as_secs() / INTERVAL.as_secs()
}

#[allow(
    clippy::cast_precision_loss,
    reason = "connections stay far below 2^53"
)]
fn float(count: usize) -> f64 {
    count as f64
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "never negative, and a number too large becomes the largest"
)]
fn whole(demand: f64) -> usize {
    demand.ceil() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: u64) -> Duration {
        INTERVAL * u32::try_from(minute).unwrap()
    }

    /// A burst of 40 at noon, 2 otherwise.
    fn burst(minute: u64) -> usize {
        if (720..725).contains(&(minute % 1440)) {
            40
        } else {
            2
        }
    }

    fn learnt(minutes: u64) -> Demand {
        let mut demand = Demand::new(at(0), Duration::from_secs(3600));
        for minute in 0..minutes {
            demand.observe(at(minute), burst(minute));
        }
        demand
    }

    #[test]
    fn nothing_is_opened_before_a_day_is_known() {
        let demand = learnt(1440);
        assert_eq!((demand.floor(), demand.peak()), (0, 0));
    }

    #[test]
    fn a_burst_of_every_day_finds_its_connections_open() {
        let demand = learnt(3 * 1440 + 720);
        assert!(demand.floor() >= 30, "{}", demand.floor());
        let quiet = learnt(3 * 1440 + 600);
        assert!(quiet.floor() < 10, "{}", quiet.floor());
    }

    #[test]
    fn the_window_looks_further_ahead() {
        assert!(learnt(3 * 1440 + 670).peak() >= 30);
        assert!(learnt(3 * 1440 + 650).peak() < 10);
    }

    #[test]
    fn a_clock_that_stands_still_or_goes_back_teaches_nothing() {
        let mut demand = learnt(2 * 1440);
        let floor = demand.floor();
        for _ in 0..1000 {
            demand.observe(at(5), 2);
        }
        assert_eq!(demand.floor(), floor);
    }
}
