//! A pool's caps by its load, in the reference's three steps: up as soon as the load is there, down once it has
//! stayed away.

use std::time::Duration;

/// Below it half of the base will do.
const LOW: f64 = 0.3;
/// From it on there is half as much again.
const HIGH: f64 = 0.7;
/// A load has to be lower than where a step begins by this much to count as below it. Without it, one that
/// hovers there would go up and down all the time.
const MARGIN: f64 = 0.05;

/// How much of the base a pool has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Half of it.
    Low,
    /// All of it.
    Medium,
    /// Half as much again.
    High,
}

impl Step {
    /// The step for a load, which is the part of the base that is busy.
    #[must_use]
    pub fn of(load: f64) -> Self {
        if load < LOW {
            Self::Low
        } else if load < HIGH {
            Self::Medium
        } else {
            Self::High
        }
    }

    /// A cap of the base at this step, rounded down.
    #[must_use]
    pub fn of_base(self, base: usize) -> usize {
        match self {
            Self::Low => base / 2,
            Self::Medium => base,
            Self::High => base.saturating_add(base / 2),
        }
    }
}

/// The step that a pool is at.
#[derive(Debug)]
pub struct Steps {
    step: Step,
    cooldown: Duration,
    /// Since when the load has been lower than the step, and the highest step that it was worth since.
    lower: Option<(Duration, Step)>,
}

impl Steps {
    /// At the base. A step down waits until the load has been lower for the `cooldown`.
    #[must_use]
    pub fn new(cooldown: Duration) -> Self {
        Self {
            step: Step::Medium,
            cooldown,
            lower: None,
        }
    }

    /// Another cool-down from now on.
    pub fn set_cooldown(&mut self, cooldown: Duration) {
        self.cooldown = cooldown;
    }

    /// Where it is.
    #[must_use]
    pub fn step(&self) -> Step {
        self.step
    }

    /// The load now; returns the step if it has changed.
    pub fn observe(&mut self, now: Duration, load: f64) -> Option<Step> {
        let up = Step::of(load);
        if up > self.step {
            self.lower = None;
            self.step = up;
            return Some(up);
        }
        let down = Step::of(load + MARGIN);
        if down >= self.step {
            self.lower = None;
            return None;
        }
        let (since, highest) = self.lower.unwrap_or((now, down));
        let highest = highest.max(down);
        if now.saturating_sub(since) < self.cooldown {
            self.lower = Some((since, highest));
            return None;
        }
        self.lower = None;
        self.step = highest;
        Some(highest)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const COOLDOWN: Duration = Duration::from_secs(300);

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn the_references_rule() {
        for (load, connections, idle) in [
            (0.0, 50, 15),
            (0.299, 50, 15),
            (0.3, 100, 30),
            (0.699, 100, 30),
            (0.7, 150, 45),
            (1.0, 150, 45),
        ] {
            let step = Step::of(load);
            assert_eq!((step.of_base(100), step.of_base(30)), (connections, idle));
        }
    }

    #[test]
    fn up_at_once_and_down_after_the_cooldown() {
        let mut steps = Steps::new(COOLDOWN);
        assert_eq!(steps.observe(at(0), 0.8), Some(Step::High));
        assert_eq!(steps.observe(at(1), 0.4), None);
        assert_eq!(steps.observe(at(300), 0.4), None);
        assert_eq!(steps.observe(at(301), 0.4), Some(Step::Medium));
        assert_eq!(steps.observe(at(302), 0.9), Some(Step::High));
    }

    #[test]
    fn a_load_that_comes_back_meanwhile_begins_the_cooldown_anew() {
        let mut steps = Steps::new(COOLDOWN);
        steps.observe(at(0), 0.8);
        steps.observe(at(1), 0.1);
        steps.observe(at(200), 0.75);
        assert_eq!(steps.observe(at(400), 0.1), None);
        assert_eq!(steps.observe(at(700), 0.1), Some(Step::Low));
    }

    #[test]
    fn it_goes_down_to_the_highest_step_that_was_wanted_meanwhile() {
        let mut steps = Steps::new(COOLDOWN);
        steps.observe(at(0), 0.8);
        steps.observe(at(1), 0.1);
        steps.observe(at(100), 0.5);
        assert_eq!(steps.observe(at(301), 0.1), Some(Step::Medium));
        assert_eq!(steps.observe(at(302), 0.1), None);
        assert_eq!(steps.observe(at(602), 0.1), Some(Step::Low));
    }

    #[test]
    fn a_load_that_hovers_where_a_step_begins_changes_nothing() {
        let mut steps = Steps::new(COOLDOWN);
        steps.observe(at(0), 0.71);
        for second in 1..2000 {
            let load = if second % 2 == 0 { 0.71 } else { 0.69 };
            assert_eq!(steps.observe(at(second), load), None);
        }
        for second in 2000..4000 {
            assert_eq!(steps.observe(at(second), 0.66), None, "within the margin");
        }
    }

    #[test]
    fn a_clock_that_goes_back_shortens_no_cooldown() {
        let mut steps = Steps::new(COOLDOWN);
        steps.observe(at(1000), 0.8);
        assert_eq!(steps.observe(at(1001), 0.4), None);
        assert_eq!(steps.observe(at(0), 0.4), None);
        assert_eq!(steps.observe(at(1300), 0.4), None);
        assert_eq!(steps.observe(at(1301), 0.4), Some(Step::Medium));
    }

    proptest! {
        #[test]
        fn the_pool_is_never_smaller_than_the_load_wants(
            loads in prop::collection::vec((1..1000_u64, 0.0..1.2_f64), 1..200)
        ) {
            let mut steps = Steps::new(COOLDOWN);
            let mut now = Duration::ZERO;
            let mut downs: Vec<Duration> = Vec::new();
            for (after, load) in loads {
                now += at(after);
                let before = steps.step;
                let changed = steps.observe(now, load);
                prop_assert!(steps.step >= Step::of(load));
                prop_assert_eq!(changed.is_some(), before != steps.step);
                if steps.step < before {
                    let last = downs.last().copied();
                    prop_assert!(last.is_none_or(|last| now.saturating_sub(last) >= COOLDOWN));
                    downs.push(now);
                }
            }
        }
    }
}
