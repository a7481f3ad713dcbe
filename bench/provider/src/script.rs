//! Trouble by a script: what becomes of requests for some time, whoever sends them. Each phase of it has knobs for
//! all requests, faults that some of them meet by chance, and a limit beyond which they are refused.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use fastrand::Rng;
use serde::Deserialize;

use crate::knobs::{BadKnob, Knobs};

/// Knobs by their names, without prefix.
type Settings = BTreeMap<String, String>;

/// What is asked for, as JSON.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Script {
    /// The same seed draws the same faults.
    #[serde(default)]
    seed: u64,
    phases: Vec<Phase>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Phase {
    seconds: f64,
    /// Of all requests.
    #[serde(default)]
    knobs: Settings,
    /// Each request meets one of them at the most.
    #[serde(default)]
    faults: Vec<Fault>,
    limit: Option<Limit>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fault {
    /// Of the requests, from 0 to 1.
    share: f64,
    knobs: Settings,
}

/// A token bucket that holds what comes in a second.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Limit {
    per_second: f64,
    /// Of requests beyond it.
    knobs: Settings,
}

/// What is left of a limit, which answers say in headers as `OpenAI`'s do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Quota {
    pub(crate) limit: f64,
    pub(crate) remaining: f64,
    /// Until all of it is left again.
    pub(crate) full_in: Duration,
}

/// The script of a server, while it has one.
#[derive(Default)]
pub(crate) struct Stage {
    /// No lock is taken where there is none.
    is_playing: AtomicBool,
    play: Mutex<Option<Play>>,
}

/// A script that is under way.
struct Play {
    begun: Instant,
    script: Script,
    random: Rng,
    /// Of the limit of the phase with this number: what is left, and when that was so.
    bucket: Option<(usize, f64, Duration)>,
}

impl Script {
    /// Says what is wrong with it, if anything is.
    fn check(&self) -> Result<(), BadKnob> {
        for phase in &self.phases {
            let faults = phase.faults.iter().map(|fault| &fault.knobs);
            let limit = phase.limit.iter().map(|limit| &limit.knobs);
            for settings in faults.chain(limit).chain([&phase.knobs]) {
                apply(settings, &mut Knobs::default())?;
            }
        }
        Ok(())
    }
}

impl Stage {
    /// Begins a script, instead of the one that was there; one without phases ends that.
    pub(crate) fn begin(&self, script: Script) -> Result<(), BadKnob> {
        script.check()?;
        let mut play = self.play.lock().unwrap_or_else(PoisonError::into_inner);
        self.is_playing
            .store(!script.phases.is_empty(), Ordering::Release);
        *play = Some(Play::new(script, Instant::now()));
        Ok(())
    }

    /// Sets a request's knobs as the script has it.
    pub(crate) fn direct(&self, knobs: &mut Knobs) -> Result<Option<Quota>, BadKnob> {
        if !self.is_playing.load(Ordering::Acquire) {
            return Ok(None);
        }
        let mut play = self.play.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(play) = play.as_mut() else {
            return Ok(None);
        };
        let elapsed = play.begun.elapsed();
        play.direct(elapsed, knobs)
    }
}

impl Play {
    fn new(script: Script, begun: Instant) -> Self {
        Self {
            begun,
            random: Rng::with_seed(script.seed),
            script,
            bucket: None,
        }
    }

    fn direct(&mut self, elapsed: Duration, knobs: &mut Knobs) -> Result<Option<Quota>, BadKnob> {
        // Drawn in any case, so that the next request meets the same faults whatever phase this one falls into.
        let drawn = self.random.f64();
        let mut left = elapsed.as_secs_f64();
        let current = self.script.phases.iter().position(|phase| {
            left -= phase.seconds;
            left < 0.0
        });
        let Some(number) = current else {
            return Ok(None);
        };
        let phase = &self.script.phases[number];
        apply(&phase.knobs, knobs)?;
        let mut quota = None;
        if let Some(limit) = &phase.limit {
            let most = limit.per_second;
            let before = self.bucket.filter(|(of, ..)| *of == number);
            let level = before.map_or(most, |(_, level, at)| {
                let passed = elapsed.saturating_sub(at).as_secs_f64();
                (level + passed * most).min(most)
            });
            let passes = level >= 1.0;
            let level = if passes { level - 1.0 } else { level };
            self.bucket = Some((number, level, elapsed));
            quota = Some(Quota {
                limit: most,
                remaining: level.floor(),
                full_in: Duration::try_from_secs_f64((most - level) / most).unwrap_or_default(),
            });
            if !passes {
                apply(&limit.knobs, knobs)?;
                return Ok(quota);
            }
        }
        let mut share = 0.0;
        for fault in &phase.faults {
            share += fault.share;
            if drawn < share {
                apply(&fault.knobs, knobs)?;
                break;
            }
        }
        Ok(quota)
    }
}

fn apply(settings: &Settings, knobs: &mut Knobs) -> Result<(), BadKnob> {
    settings
        .iter()
        .try_for_each(|(name, value)| knobs.set(name, value))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn play(script: Value) -> Play {
        let script: Script = serde_json::from_value(script).unwrap();
        script.check().unwrap();
        Play::new(script, Instant::now())
    }

    fn direct(play: &mut Play, seconds: f64) -> (Knobs, Option<Quota>) {
        let mut knobs = Knobs::default();
        let quota = play.direct(Duration::from_secs_f64(seconds), &mut knobs);
        (knobs, quota.unwrap())
    }

    #[test]
    fn phases_follow_each_other_and_leave_nothing_behind() {
        let mut play = play(json!({ "phases": [
            { "seconds": 1, "knobs": { "latency-ms": "5" } },
            { "seconds": 0.5, "faults": [{ "share": 1, "knobs": { "status": "503" } }] },
        ] }));
        let mut at = |seconds| {
            let (knobs, _) = direct(&mut play, seconds);
            (knobs.latency.as_millis(), knobs.status)
        };
        assert_eq!(at(0.0), (5, None));
        assert_eq!(at(0.99), (5, None));
        assert_eq!(at(1.0), (0, Some(503)));
        assert_eq!(at(1.6), (0, None));
    }

    #[test]
    fn so_many_requests_as_are_meant_to_meet_a_fault_do_and_the_same_ones_again() {
        let script = json!({ "seed": 7, "phases": [{ "seconds": 1, "faults": [
            { "share": 0.1, "knobs": { "status": "500" } },
            { "share": 0.2, "knobs": { "close": "reset" } },
        ] }] });
        let mut plays = [play(script.clone()), play(script)];
        let [first, second] = plays.each_mut().map(|play| {
            (0..10_000)
                .map(|_| direct(play, 0.5).0)
                .map(|knobs| (knobs.status, knobs.close.is_some()))
                .collect::<Vec<_>>()
        });
        assert_eq!(first, second);
        let count = |what| first.iter().filter(|met| **met == what).count();
        assert!((900..1100).contains(&count((Some(500), false))));
        assert!((1850..2150).contains(&count((None, true))));
    }

    #[test]
    fn a_limit_refuses_what_is_beyond_it_and_says_what_is_left() {
        let mut play = play(json!({ "phases": [{ "seconds": 10, "limit": {
            "per_second": 4, "knobs": { "status": "429", "retry-after": "1" },
        } }] }));
        let statuses: Vec<_> = (0..6).map(|_| direct(&mut play, 0.0).0.status).collect();
        assert_eq!(statuses[..4], [None; 4]);
        assert_eq!(statuses[4..], [Some(429); 2]);
        let (knobs, quota) = direct(&mut play, 0.5);
        assert_eq!(knobs.status, None);
        let quota = quota.unwrap();
        assert_eq!((quota.limit, quota.remaining), (4.0, 1.0));
        assert_eq!(quota.full_in, Duration::from_millis(750));
    }

    #[test]
    fn what_no_request_could_ask_for_is_refused() {
        let script = json!({ "phases": [{ "seconds": 1, "knobs": { "colour": "red" } }] });
        let script = serde_json::from_value(script).unwrap();
        assert!(Stage::default().begin(script).is_err());
    }
}
