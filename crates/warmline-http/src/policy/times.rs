//! How long answers took, as a sketch of them all (`DDSketch`) that says what part of them took how long at most.

use std::time::Duration;

use sketches_ddsketch::{Config, DDSketch};

/// Times are counted to within 1 %, down to a tenth of a millisecond. From there to an hour that is 900 buckets.
pub(super) const ACCURACY: f64 = 0.01;
const MOST_BUCKETS: u32 = 1024;
pub(super) const LEAST_SECONDS: f64 = 0.0001;

pub(super) struct Times(DDSketch);

impl Default for Times {
    fn default() -> Self {
        Self(DDSketch::new(Config::new(
            ACCURACY,
            MOST_BUCKETS,
            LEAST_SECONDS,
        )))
    }
}

impl Times {
    /// All of several together.
    pub(super) fn of<'a>(parts: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut all = Self::default();
        for part in parts {
            // Only sketches of different accuracy cannot be merged.
            let _ = all.0.merge(&part.0);
        }
        all
    }

    pub(super) fn add(&mut self, took: Duration) {
        self.0.add(took.as_secs_f64());
    }

    pub(super) fn count(&self) -> usize {
        self.0.count()
    }

    /// How long this part of them took at most; `None` if there are none.
    pub(super) fn quantile(&self, part: f64) -> Option<Duration> {
        let seconds = self.0.quantile(part).ok().flatten()?;
        Duration::try_from_secs_f64(seconds).ok()
    }
}
