//! What a clock that jumps does to the state machines: nothing for long. It may stand still while the machine
//! sleeps, or be told by threads that do not agree; wherever it has been, each of them is well again a while after the
//! latest time that it has heard of.

use std::num::NonZeroU64;
use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderValue};
use proptest::prelude::*;

use super::advice;
use super::breaker::{Breaker, BreakerOptions};
use super::budget::{Budget, BudgetOptions};
use super::cooldown::Pause;
use super::endpoints::{Balance, Ejection, Endpoints};
use super::health::{Health, HealthOptions, HealthState};
use super::pace::Pace;
use super::rate_limit::{Gate, Mode, RateLimit, Tokens};
use super::refill::Refill;
use super::scaling::{Demand, Step, Steps};

const MINUTE: Duration = Duration::from_secs(60);
/// Longer than anything that the machines wait for here.
const LATER: Duration = Duration::from_secs(24 * 60 * 60);
/// 475 years, in milliseconds.
const LATEST: u64 = 15_000_000_000_000;

/// Times in any order: some near each other, some ages apart.
fn times() -> impl Strategy<Value = Vec<Duration>> {
    let time = prop_oneof![0..100_000_u64, 1_000_000..1_100_000_u64, 0..LATEST];
    prop::collection::vec(time.prop_map(Duration::from_millis), 1..80)
}

fn latest(times: &[Duration]) -> Duration {
    times.iter().copied().max().unwrap_or_default()
}

proptest! {
    #[test]
    fn a_breaker_lets_a_request_through_again(times in times(), verdicts in any::<u64>()) {
        let mut breaker = Breaker::new(BreakerOptions::default());
        for (number, now) in times.iter().enumerate() {
            let Ok(admission) = breaker.admit(*now) else {
                prop_assert!(breaker.wait(*now).is_some());
                continue;
            };
            match verdicts >> (number % 32) & 3 {
                0 => breaker.drop_out(admission),
                1 => drop(breaker.succeeded(admission, *now)),
                _ => drop(breaker.failed(admission, *now)),
            }
        }
        let later = latest(&times) + LATER;
        prop_assert!(breaker.admit(later).is_ok());
        prop_assert_eq!(breaker.status(later).requests, 0);
    }

    #[test]
    fn a_pause_ends(times in times(), random in 0.0..=1.0_f64) {
        let mut pause = Pause::new(times[0], MINUTE, random);
        for (number, now) in times.iter().enumerate() {
            if number % 7 == 3 {
                pause.extend(*now, MINUTE, random);
            }
            pause.turn(*now, random);
        }
        let later = latest(&times) + LATER;
        prop_assert!(pause.left(later).is_zero());
        prop_assert!(pause.is_over(later));
        prop_assert!(pause.turn(later, random).wait <= MINUTE);
    }

    #[test]
    fn endpoints_come_back(times in times()) {
        let members = [("one", 1), ("other", 2)];
        let mut endpoints = Endpoints::new(Balance::RoundRobin, Ejection::default(), members);
        for now in &times {
            let mut pick = endpoints.pick(*now, None, &[], &[]).unwrap();
            endpoints.failed(&mut pick, *now);
            endpoints.end(&pick);
        }
        let later = latest(&times) + LATER;
        for _ in 0..2 {
            let mut pick = endpoints.pick(later, None, &[], &[]).unwrap();
            endpoints.answered(&mut pick);
            endpoints.end(&pick);
        }
        prop_assert!(endpoints.states().all(|state| state.in_flight == 0));
        prop_assert!(endpoints.states().any(|state| state.is_healthy));
    }

    #[test]
    fn a_rate_limit_lets_the_next_window_through(times in times()) {
        let mut gate: Gate<()> = Gate::new(RateLimit {
            requests_per_minute: NonZeroU64::new(3),
            mode: Mode::Refuse,
            ..RateLimit::default()
        });
        let mut passed = Vec::new();
        let mut highest = Duration::ZERO;
        for now in &times {
            highest = highest.max(*now);
            if let Ok(pass) = gate.pass(*now, Tokens::default()) {
                passed.push(highest);
                gate.end(pass);
            }
        }
        // By the clock that goes forward alone, the limit held.
        for four in passed.windows(4) {
            prop_assert!(four[3].saturating_sub(four[0]) >= MINUTE, "{:?}", four);
        }
        let later = highest + LATER;
        for _ in 0..3 {
            let pass = gate.pass(later, Tokens::default());
            prop_assert!(pass.is_ok());
            gate.end(pass.unwrap());
        }
        prop_assert!(gate.pass(later, Tokens::default()).is_err());
    }

    #[test]
    fn what_failed_is_healthy_once_it_answers(times in times()) {
        let mut health = Health::new(HealthOptions::default());
        for now in &times {
            health.failed(*now, "ECONNRESET");
            let _ = health.status(*now);
        }
        let later = latest(&times) + LATER;
        health.answered(later, MINUTE);
        prop_assert_eq!(health.state(later), HealthState::Healthy);
        prop_assert!(health.is_at_rest(later + LATER));
    }

    #[test]
    fn a_budget_is_never_more_than_its_reserve_and_comes_back(times in times()) {
        let options = BudgetOptions { ratio: 0.0, reserve: 3 };
        let mut budget = Budget::new(options, times[0]);
        let mut taken = Vec::new();
        let mut highest = Duration::ZERO;
        for now in &times {
            highest = highest.max(*now);
            if budget.take(*now) {
                taken.push(highest);
            }
        }
        // Three at once, and three a minute.
        for many in taken.windows(7) {
            prop_assert!(many[6].saturating_sub(many[0]) >= MINUTE.mul_f64(0.99), "{:?}", many);
        }
        prop_assert!(budget.take(latest(&times) + LATER));
    }

    #[test]
    fn a_floor_is_filled_up_again(times in times(), random in 0.0..=1.0_f64) {
        let mut refill = Refill::new(times[0], 0);
        for (number, now) in times.iter().enumerate() {
            refill.look(*now, number as u64 / 5, number % 3 == 0);
            if refill.may_open(*now) {
                refill.begin_round(*now, random);
                refill.ended(number % 2 == 0);
            }
        }
        let later = latest(&times) + LATER;
        refill.look(later, u64::MAX, false);
        prop_assert!(refill.is_wanted(later) && refill.may_open(later));
    }

    #[test]
    fn caps_follow_the_load_again(times in times(), loads in prop::collection::vec(0.0..2.0_f64, 80)) {
        let mut steps = Steps::new(MINUTE);
        let mut demand = Demand::new(times[0], MINUTE * 60);
        for (now, load) in times.iter().zip(loads) {
            steps.observe(*now, load);
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below 200")]
            demand.observe(*now, (load * 100.0) as usize);
            // What never was above 200 is not expected to become thousands.
            prop_assert!(demand.floor() < 2000 && demand.peak() < 2000);
        }
        let later = latest(&times) + LATER;
        // One step at a time, each after a minute.
        for minutes in 0..4 {
            steps.observe(later + MINUTE * minutes, 0.0);
        }
        prop_assert_eq!(steps.step(), Step::Low);
        steps.observe(later + MINUTE * 4, 1.0);
        prop_assert_eq!(steps.step(), Step::High);
    }

    #[test]
    fn a_pace_is_forgotten(times in times()) {
        let mut pace = Pace::new(0.95);
        for now in &times {
            pace.answered(*now, MINUTE);
            let _ = pace.usual(*now);
        }
        prop_assert!(pace.is_at_rest(latest(&times) + LATER));
    }

    /// Whatever the wall clock says, and whatever the server does.
    #[test]
    fn advice_is_a_time_or_none(
        value in "[ -~]{0,40}",
        date in "[ -~]{0,40}",
        seconds in any::<u32>(),
        before_1970 in any::<bool>(),
    ) {
        let age = Duration::from_secs(seconds.into());
        let epoch = SystemTime::UNIX_EPOCH;
        let now = if before_1970 { epoch.checked_sub(age) } else { epoch.checked_add(age) };
        for name in ["retry-after", "retry-after-ms"] {
            let mut headers = HeaderMap::new();
            headers.insert(name, HeaderValue::from_str(&value).unwrap());
            headers.insert("date", HeaderValue::from_str(&date).unwrap());
            let wait = advice::wait(&headers, now.unwrap_or(epoch));
            let is_number = value.trim().parse::<f64>().is_ok_and(|number| number >= 0.0);
            // A number is itself, or none where no time is so long.
            if let (true, Some(wait)) = (is_number, wait) {
                let number: f64 = value.trim().parse().unwrap();
                let unit = if name == "retry-after" { 1.0 } else { 0.001 };
                prop_assert!((wait.as_secs_f64() - number * unit).abs() <= number.abs() * 1e-6 + 1e-6);
            }
        }
    }
}
