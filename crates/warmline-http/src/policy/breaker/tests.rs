use std::collections::VecDeque;
use std::time::Duration;

use proptest::prelude::*;

use super::{Admission, Breaker, BreakerOptions, BreakerState};

const RECOVERY: Duration = Duration::from_secs(60);
const NOW: Duration = Duration::from_secs(1000);

fn breaker() -> Breaker {
    Breaker::new(BreakerOptions::default())
}

fn state(breaker: &Breaker, now: Duration) -> BreakerState {
    breaker.status(now).state
}

/// A request that comes back at once; whether it was let through at all.
fn request(breaker: &mut Breaker, now: Duration, fails: bool) -> bool {
    let Ok(admission) = breaker.admit(now) else {
        return false;
    };
    if fails {
        breaker.failed(admission, now);
    } else {
        breaker.succeeded(admission, now);
    }
    true
}

fn open(breaker: &mut Breaker, now: Duration) {
    while request(breaker, now, true) {}
    assert_eq!(state(breaker, now), BreakerState::Open);
}

#[test]
fn five_failures_in_a_row_open_it() {
    let mut breaker = breaker();
    for _ in 0..4 {
        request(&mut breaker, NOW, true);
    }
    assert_eq!(breaker.status(NOW).failures, 4);
    assert_eq!(state(&breaker, NOW), BreakerState::Closed);
    let admission = breaker.admit(NOW).unwrap();
    assert!(breaker.failed(admission, NOW));
    assert_eq!(breaker.admit(NOW).unwrap_err(), RECOVERY);
    let status = breaker.status(NOW);
    assert_eq!((status.opened, status.refused), (1, 1));
}

#[test]
fn an_answer_ends_a_row_of_failures() {
    let mut breaker = Breaker::new(BreakerOptions {
        minimum_requests: 1000,
        ..BreakerOptions::default()
    });
    for number in 0..100 {
        request(&mut breaker, NOW, number % 5 != 0);
    }
    assert_eq!(state(&breaker, NOW), BreakerState::Closed);
}

#[test]
fn half_of_the_requests_failing_opens_it_though_never_in_a_row() {
    let mut breaker = breaker();
    for number in 0..19 {
        assert!(request(&mut breaker, NOW, number % 2 == 1));
    }
    assert_eq!(state(&breaker, NOW), BreakerState::Closed);
    request(&mut breaker, NOW, true);
    assert_eq!(state(&breaker, NOW), BreakerState::Open);
}

#[test]
fn what_lies_before_the_window_does_not_count() {
    let mut breaker = breaker();
    for number in 0..19 {
        request(&mut breaker, NOW, number % 2 == 1);
    }
    let later = NOW + Duration::from_secs(31);
    assert_eq!(breaker.status(later).requests, 0);
    request(&mut breaker, later, true);
    assert_eq!(state(&breaker, later), BreakerState::Closed);
    assert_eq!(breaker.status(later).requests, 1);
}

#[test]
fn where_a_fifth_fails_anyway_a_row_has_to_be_longer() {
    let mut breaker = breaker();
    for number in 0..1000 {
        assert!(request(&mut breaker, NOW, number % 5 == 0));
    }
    // One in a million by chance: 0.2 to the power of 9 is less.
    for _ in 0..8 {
        assert!(request(&mut breaker, NOW, true));
    }
    assert_eq!(state(&breaker, NOW), BreakerState::Closed);
    request(&mut breaker, NOW, true);
    assert_eq!(state(&breaker, NOW), BreakerState::Open);
}

#[test]
fn where_all_went_well_five_in_a_row_are_enough() {
    let mut breaker = breaker();
    for _ in 0..10_000 {
        request(&mut breaker, NOW, false);
    }
    for _ in 0..5 {
        request(&mut breaker, NOW, true);
    }
    assert_eq!(state(&breaker, NOW), BreakerState::Open);
}

#[test]
fn quick_refusals_say_nothing_while_slow_answers_to_those_before_them_are_under_way() {
    let mut breaker = breaker();
    let mut slow: Vec<_> = (0..100).map(|_| breaker.admit(NOW).unwrap()).collect();
    for _ in 0..99 {
        let refused = breaker.admit(NOW).unwrap();
        assert!(!breaker.failed(refused, NOW));
        slow.push(breaker.admit(NOW).unwrap());
    }
    for admission in slow {
        breaker.succeeded(admission, NOW);
    }
    assert_eq!(state(&breaker, NOW), BreakerState::Closed);
}

#[test]
fn as_many_refusals_in_a_row_as_are_under_way_open_it() {
    let mut breaker = breaker();
    for _ in 0..10 {
        breaker.admit(NOW).unwrap();
    }
    for _ in 0..9 {
        assert!(request(&mut breaker, NOW, true));
    }
    assert_eq!(state(&breaker, NOW), BreakerState::Closed);
    request(&mut breaker, NOW, true);
    assert_eq!(state(&breaker, NOW), BreakerState::Open);
}

#[test]
fn who_never_answers_is_found_out_whatever_is_sent_meanwhile() {
    let mut breaker = breaker();
    let mut silent: VecDeque<_> = (0..1000).map(|_| breaker.admit(NOW).unwrap()).collect();
    for _ in 0..4 {
        // The oldest times out, and another one is sent.
        assert!(!breaker.failed(silent.pop_front().unwrap(), NOW));
        silent.push_back(breaker.admit(NOW).unwrap());
    }
    assert!(breaker.failed(silent.pop_front().unwrap(), NOW));
}

#[test]
fn after_its_time_one_request_shows_how_the_place_does() {
    let mut breaker = breaker();
    open(&mut breaker, NOW);
    let just_before = NOW + RECOVERY.saturating_sub(Duration::from_millis(1));
    assert_eq!(breaker.admit(just_before).unwrap_err().as_millis(), 1);
    let then = NOW + RECOVERY;
    assert_eq!(state(&breaker, then), BreakerState::HalfOpen);
    let probe = breaker.admit(then).unwrap();
    assert_eq!(breaker.admit(then).unwrap_err(), Duration::ZERO);
    assert!(breaker.succeeded(probe, then));
    assert_eq!(state(&breaker, then), BreakerState::Closed);
}

#[test]
fn a_probe_that_fails_opens_it_for_another_time() {
    let mut breaker = breaker();
    open(&mut breaker, NOW);
    let then = NOW + RECOVERY;
    assert!(request(&mut breaker, then, true));
    assert_eq!(breaker.admit(then).unwrap_err(), RECOVERY);
    assert_eq!(breaker.status(then).opened, 2);
}

#[test]
fn a_probe_without_a_verdict_leaves_its_place_to_another() {
    let mut breaker = breaker();
    open(&mut breaker, NOW);
    let then = NOW + RECOVERY;
    let probe = breaker.admit(then).unwrap();
    breaker.drop_out(probe);
    assert!(breaker.admit(then).is_ok());
}

#[test]
fn a_probe_that_never_comes_back_does_not_keep_it_half_open() {
    let mut breaker = breaker();
    open(&mut breaker, NOW);
    let then = NOW + RECOVERY;
    assert!(breaker.admit(then).is_ok());
    assert!(breaker.admit(then + RECOVERY / 2).is_err());
    assert!(breaker.admit(then + RECOVERY).is_ok());
}

#[test]
fn it_closes_after_as_many_answers_as_there_are_probes() {
    let mut breaker = Breaker::new(BreakerOptions {
        probes: 3,
        ..BreakerOptions::default()
    });
    open(&mut breaker, NOW);
    let then = NOW + RECOVERY;
    let probes: Vec<Admission> = (0..3).map(|_| breaker.admit(then).unwrap()).collect();
    assert!(breaker.admit(then).is_err());
    let changes: Vec<bool> = probes
        .into_iter()
        .map(|probe| breaker.succeeded(probe, then))
        .collect();
    assert_eq!(changes, [false, false, true]);
}

#[test]
fn what_was_sent_before_a_change_says_nothing_after_it() {
    let mut breaker = breaker();
    let mut early: Vec<Admission> = (0..4).map(|_| breaker.admit(NOW).unwrap()).collect();
    open(&mut breaker, NOW);
    let then = NOW + RECOVERY;
    assert!(!breaker.succeeded(early.pop().unwrap(), then));
    let probe = breaker.admit(then).unwrap();
    breaker.drop_out(early.pop().unwrap());
    assert!(breaker.admit(then).is_err());
    assert!(!breaker.failed(early.pop().unwrap(), then));
    breaker.succeeded(probe, then);
    assert!(!breaker.failed(early.pop().unwrap(), then));
    assert_eq!(breaker.status(then).failures, 0);
}

#[test]
fn a_reset_closes_it() {
    let mut breaker = breaker();
    assert!(!breaker.reset());
    open(&mut breaker, NOW);
    assert!(breaker.reset());
    assert!(request(&mut breaker, NOW, false));
}

#[test]
fn a_clock_that_jumps_neither_breaks_it_nor_holds_it_open() {
    let mut breaker = breaker();
    open(&mut breaker, NOW);
    // Back: it is open for as long as it was to be at the most, from then on.
    assert!(breaker.admit(Duration::ZERO).is_err());
    // A machine that slept for a year.
    let later = NOW + Duration::from_hours(24 * 365);
    assert!(request(&mut breaker, later, false));
    assert_eq!(state(&breaker, later), BreakerState::Closed);
    request(&mut breaker, NOW, true);
    assert_eq!(breaker.status(NOW).requests, 1);
    assert!(request(&mut breaker, Duration::MAX, false));
}

#[derive(Clone, Debug)]
enum Event {
    Admit,
    Succeed,
    Fail,
    DropOut,
    Pass(u64),
    Back(u64),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        4 => Just(Event::Admit),
        2 => Just(Event::Succeed),
        4 => Just(Event::Fail),
        1 => Just(Event::DropOut),
        2 => (0..90_000_u64).prop_map(Event::Pass),
        1 => (0..90_000_u64).prop_map(Event::Back),
    ];
    prop::collection::vec(event, 0..200)
}

proptest! {
    #[test]
    fn no_more_probes_than_allowed_are_under_way_and_time_always_lets_one_pass(
        events in events(),
        probes in 1..4_u32,
    ) {
        let options = BreakerOptions { probes, ..BreakerOptions::default() };
        let mut breaker = Breaker::new(options);
        let mut now = Duration::from_secs(10_000);
        let mut out: Vec<Admission> = Vec::new();
        for event in events {
            let before = state(&breaker, now);
            match event {
                Event::Admit => match breaker.admit(now) {
                    Ok(admission) => {
                        prop_assert_ne!(before, BreakerState::Open);
                        out.push(admission);
                    }
                    Err(wait) => {
                        prop_assert_ne!(before, BreakerState::Closed);
                        prop_assert_eq!(wait, breaker.status(now).retry_after);
                    }
                },
                Event::Pass(millis) => now += Duration::from_millis(millis),
                Event::Back(millis) => now = now.saturating_sub(Duration::from_millis(millis)),
                verdict => if let Some(admission) = out.pop() {
                    match verdict {
                        Event::Succeed => { breaker.succeeded(admission, now); }
                        Event::Fail => { breaker.failed(admission, now); }
                        _ => breaker.drop_out(admission),
                    }
                },
            }
            let status = breaker.status(now);
            prop_assert!((0.0..=1.0).contains(&status.failure_rate));
            prop_assert!(status.failures <= 60);
        }
        // Whatever has happened, once everything is late the next request passes.
        let late = now + Duration::from_hours(24);
        prop_assert!(breaker.admit(late).is_ok());
    }
}
