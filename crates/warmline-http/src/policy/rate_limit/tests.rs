use std::num::{NonZeroU64, NonZeroUsize};
use std::time::Duration;

use proptest::prelude::*;

use super::levels::{Level, Report};
use super::{Gate, GateState, Mode, Pass, Priority, RateLimit, Tokens};

const MINUTE: Duration = Duration::from_secs(60);
const NONE: Tokens = Tokens {
    input: 0,
    output: 0,
};

fn of(requests: u64, tokens: u64, concurrent: usize) -> RateLimit {
    RateLimit {
        requests_per_minute: NonZeroU64::new(requests),
        tokens_per_minute: NonZeroU64::new(tokens),
        concurrent_requests: NonZeroUsize::new(concurrent),
        ..RateLimit::default()
    }
}

fn tokens(input: u64) -> Tokens {
    Tokens { input, output: 0 }
}

fn requests_left(limit: u64, remaining: u64, full_in: Duration) -> Report {
    let mut report = Report::default();
    report[0] = Some(Level {
        limit: Some(limit),
        remaining,
        full_in: Some(full_in),
    });
    report
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Lets all go that may, and moves the time to when the next one may, until it is `until`.
fn run(gate: &mut Gate<u32>, now: &mut Duration, until: Duration) -> Vec<(Duration, u32, Pass)> {
    let mut gone = Vec::new();
    loop {
        while let Some((who, pass)) = gate.admit(*now) {
            gone.push((*now, who, pass));
        }
        match gate.next(*now) {
            Some(next) if next <= until => {
                assert!(next > *now, "the time stands still");
                *now = next;
            }
            _ => return gone,
        }
    }
}

#[test]
fn without_limits_everything_passes() {
    let mut gate: Gate<()> = Gate::new(RateLimit::default());
    for _ in 0..1000 {
        gate.pass(Duration::ZERO, tokens(1_000_000)).unwrap();
    }
}

#[test]
fn a_request_beyond_the_limit_is_told_when_it_may_go() {
    let mut gate: Gate<()> = Gate::new(of(2, 0, 0));
    gate.pass(ms(0), NONE).unwrap();
    gate.pass(ms(30_000), NONE).unwrap();
    let wait = gate.pass(ms(40_000), NONE).unwrap_err();
    // The slot in which the first one went has to leave with it, and the slack after that.
    assert_eq!(wait, ms(20_400));
    gate.pass(ms(60_400), NONE).unwrap();
    assert_eq!(gate.pass(ms(60_400), NONE).unwrap_err(), ms(30_000));
}

#[test]
fn a_shorter_window_allows_its_part_of_a_minute() {
    let mut gate: Gate<()> = Gate::new(RateLimit {
        window: Duration::from_secs(1),
        ..of(600, 0, 0)
    });
    for _ in 0..10 {
        gate.pass(ms(0), NONE).unwrap();
    }
    let wait = gate.pass(ms(0), NONE).unwrap_err();
    assert!(wait > ms(1005) && wait < ms(1007), "{wait:?}");
}

#[test]
fn ten_thousand_wait_their_turn_in_their_order() {
    let mut gate = Gate::new(of(6000, 0, 0));
    let mut now = Duration::ZERO;
    for who in 0..10_000 {
        gate.join(NONE, Priority::Interactive, who);
    }
    let gone = run(&mut gate, &mut now, 10 * MINUTE);
    let order: Vec<u32> = gone.iter().map(|(_, who, _)| *who).collect();
    assert_eq!(order, (0..10_000).collect::<Vec<_>>());
    assert_eq!(gate.state(now).waiting, 0);
}

#[test]
fn a_large_request_is_not_kept_waiting_by_small_ones() {
    let mut gate = Gate::new(of(0, 1000, 0));
    let mut now = Duration::ZERO;
    gate.pass(now, tokens(500)).unwrap();
    gate.join(tokens(1000), Priority::Interactive, 0);
    gate.join(tokens(1), Priority::Interactive, 1);
    assert!(gate.pass(now, tokens(1)).is_err());
    let gone = run(&mut gate, &mut now, 3 * MINUTE);
    assert_eq!((gone[0].1, gone[1].1), (0, 1));
}

#[test]
fn more_tokens_than_the_limit_go_alone() {
    let mut gate: Gate<()> = Gate::new(of(0, 1000, 0));
    gate.pass(ms(0), tokens(5000)).unwrap();
    assert!(gate.pass(ms(0), tokens(1)).is_err());
    assert!(gate.pass(ms(60_400), tokens(5000)).is_ok());
}

#[test]
fn interactive_requests_go_first_and_every_tenth_is_a_batch_request() {
    let mut gate = Gate::new(of(0, 0, 1));
    let mut now = Duration::ZERO;
    let held = gate.pass(now, NONE).unwrap();
    for who in 0..20 {
        gate.join(NONE, Priority::Batch, 1000 + who);
    }
    for who in 0..20 {
        gate.join(NONE, Priority::Interactive, who);
    }
    gate.end(held);
    let mut order = Vec::new();
    while let Some((_, who, pass)) = run(&mut gate, &mut now, MINUTE).pop() {
        order.push(who);
        gate.end(pass);
    }
    let expected: Vec<u32> = (0..9)
        .chain([1000])
        .chain(9..18)
        .chain([1001])
        .chain(18..20)
        .chain(1002..1020)
        .collect();
    assert_eq!(order, expected);
}

#[test]
fn one_ends_before_the_next_begins() {
    let mut gate = Gate::new(of(0, 0, 2));
    let first = gate.pass(ms(0), NONE).unwrap();
    let second = gate.pass(ms(0), NONE).unwrap();
    gate.join(NONE, Priority::Interactive, "third");
    assert!(gate.admit(MINUTE).is_none());
    assert_eq!(gate.next(MINUTE), None, "no time helps");
    gate.end(first);
    assert_eq!(gate.admit(MINUTE).unwrap().0, "third");
    gate.void(MINUTE, second);
    assert!(gate.pass(MINUTE, NONE).is_ok());
}

#[test]
fn whoever_leaves_the_line_keeps_nobody_waiting() {
    let mut gate = Gate::new(of(0, 0, 1));
    let held = gate.pass(ms(0), NONE).unwrap();
    let left = gate.join(NONE, Priority::Interactive, 0);
    gate.join(NONE, Priority::Interactive, 1);
    assert_eq!(gate.leave(left), Some(0));
    assert_eq!(gate.leave(left), None);
    gate.end(held);
    assert_eq!(gate.admit(ms(0)).unwrap().0, 1);
}

#[test]
fn what_was_not_used_is_there_for_others() {
    let mut gate: Gate<()> = Gate::new(of(0, 1000, 0));
    let mut pass = gate.pass(ms(0), tokens(1000)).unwrap();
    assert!(gate.pass(ms(5), tokens(1)).is_err());
    gate.settle(ms(10), &mut pass, 100);
    gate.pass(ms(20), tokens(900)).unwrap();
    assert!(gate.pass(ms(20), tokens(1)).is_err());
}

#[test]
fn what_was_used_beyond_the_estimate_counts_from_when_it_is_known() {
    let mut gate: Gate<()> = Gate::new(of(0, 1000, 0));
    let mut pass = gate.pass(ms(0), tokens(100)).unwrap();
    gate.settle(ms(30_000), &mut pass, 1100);
    // The estimate leaves after a minute, the rest half a minute later: it alone fills the window.
    assert_eq!(gate.pass(ms(30_000), tokens(1)).unwrap_err(), ms(60_400));
    assert!(gate.pass(ms(60_400), tokens(900)).is_err());
    assert!(gate.pass(ms(90_400), tokens(900)).is_ok());
}

#[test]
fn a_correction_that_comes_after_its_window_changes_nothing() {
    let mut gate: Gate<()> = Gate::new(of(0, 1000, 0));
    let mut pass = gate.pass(ms(0), tokens(1000)).unwrap();
    gate.pass(ms(61_000), tokens(1000)).unwrap();
    gate.settle(ms(62_000), &mut pass, 10);
    assert_eq!(gate.state(ms(62_000)).tokens, 1000);
}

#[test]
fn a_request_that_never_left_was_none() {
    let mut gate: Gate<()> = Gate::new(of(1, 1000, 1));
    let pass = gate.pass(ms(0), tokens(1000)).unwrap();
    gate.void(ms(1), pass);
    assert!(gate.is_idle(ms(1)));
    gate.pass(ms(2), tokens(1000)).unwrap();
}

#[test]
fn the_providers_word_holds_and_its_limit_fills_again() {
    let mut gate: Gate<()> = Gate::new(RateLimit::default());
    let pass = gate.pass(ms(0), NONE).unwrap();
    gate.reported(ms(100), &pass, requests_left(60, 2, ms(58_000)));
    gate.pass(ms(100), NONE).unwrap();
    gate.pass(ms(100), NONE).unwrap();
    // One for each second.
    let wait = gate.pass(ms(100), NONE).unwrap_err();
    assert!(wait > ms(999) && wait < ms(1001), "{wait:?}");
    gate.pass(ms(1101), NONE).unwrap();
    assert!(gate.pass(ms(1101), NONE).is_err());
}

#[test]
fn requests_since_the_one_that_was_answered_count() {
    let mut gate: Gate<()> = Gate::new(RateLimit::default());
    let first = gate.pass(ms(0), NONE).unwrap();
    let second = gate.pass(ms(0), NONE).unwrap();
    gate.pass(ms(0), NONE).unwrap();
    gate.reported(ms(10), &second, requests_left(100, 1, MINUTE));
    // Of what the second left, the third has taken all.
    assert!(gate.pass(ms(10), NONE).is_err());
    // What the first one heard is older.
    gate.reported(ms(20), &first, requests_left(100, 90, MINUTE));
    assert!(gate.pass(ms(20), NONE).is_err());
}

#[test]
fn a_limit_that_the_provider_no_longer_states_is_none_after_its_time() {
    let mut gate: Gate<()> = Gate::new(RateLimit::default());
    let pass = gate.pass(ms(0), NONE).unwrap();
    gate.reported(ms(0), &pass, requests_left(2, 1, ms(1000)));
    let silent = gate.pass(ms(0), NONE).unwrap();
    // Perhaps only this answer did not say.
    gate.reported(ms(500), &silent, Report::default());
    assert!(gate.pass(ms(500), NONE).is_err());
    let late = gate.pass(ms(1000), NONE).unwrap();
    assert!(gate.pass(ms(1000), NONE).is_err());
    gate.reported(ms(1000), &late, Report::default());
    assert!(gate.pass(ms(1000), NONE).is_ok());
}

#[test]
fn a_provider_that_is_not_to_be_followed_is_not() {
    let mut gate: Gate<()> = Gate::new(RateLimit {
        follow_headers: false,
        ..RateLimit::default()
    });
    let pass = gate.pass(ms(0), NONE).unwrap();
    gate.reported(ms(0), &pass, requests_left(100, 0, MINUTE));
    assert!(gate.pass(ms(0), NONE).is_ok());
}

#[test]
fn output_waits_only_when_none_is_left() {
    let left = |remaining| {
        let mut report = Report::default();
        report[3] = Some(Level {
            limit: Some(8000),
            remaining,
            full_in: Some(MINUTE),
        });
        report
    };
    let much = Tokens {
        input: 1,
        output: 8192,
    };
    let mut gate: Gate<()> = Gate::new(RateLimit::default());
    let pass = gate.pass(ms(0), much).unwrap();
    gate.reported(ms(0), &pass, left(100));
    let pass = gate.pass(ms(0), much).unwrap();
    gate.reported(ms(0), &pass, left(0));
    assert!(gate.pass(ms(0), much).is_err());
}

#[test]
fn a_clock_that_goes_back_lets_nobody_in_early() {
    let mut gate: Gate<()> = Gate::new(of(1, 0, 0));
    gate.pass(MINUTE, NONE).unwrap();
    for now in [ms(0), ms(30_000), MINUTE, 2 * MINUTE] {
        assert!(gate.pass(now, NONE).is_err(), "{now:?}");
    }
    // And one that leaps forward frees what is over by then, and no more.
    gate.pass(1000 * MINUTE, NONE).unwrap();
    assert!(gate.pass(1000 * MINUTE, NONE).is_err());
}

#[test]
fn a_gate_with_no_memory_of_anything_is_idle() {
    let mut gate: Gate<()> = Gate::new(of(10, 0, 0));
    assert!(gate.is_idle(ms(0)));
    let pass = gate.pass(ms(0), NONE).unwrap();
    assert!(!gate.is_idle(ms(1)));
    gate.reported(ms(1), &pass, requests_left(10, 0, 3 * MINUTE));
    gate.end(pass);
    assert!(
        !gate.is_idle(ms(61_000)),
        "the provider's limit is not full"
    );
    assert!(gate.is_idle(4 * MINUTE));
}

#[test]
fn a_rule_that_changes_goes_on_from_what_was_used() {
    let mut gate: Gate<()> = Gate::new(of(10, 1000, 0));
    for at in [0, 20_000] {
        gate.pass(ms(at), tokens(400)).unwrap();
    }
    gate.change(of(3, 900, 0));
    gate.pass(ms(30_000), tokens(100)).unwrap();
    let wait = gate.pass(ms(30_000), tokens(1)).unwrap_err();
    assert_eq!(wait, ms(30_400));
    gate.change(RateLimit::default());
    gate.pass(ms(30_000), tokens(5000)).unwrap();
    gate.change(RateLimit {
        window: Duration::from_secs(30),
        ..of(4, 0, 0)
    });
    gate.pass(ms(30_000), tokens(1)).unwrap();
    gate.pass(ms(30_000), tokens(1)).unwrap();
    assert!(gate.pass(ms(30_000), tokens(1)).is_err());
}

#[test]
fn its_state_can_be_read() {
    let mut gate = Gate::new(RateLimit {
        mode: Mode::Refuse,
        ..of(1, 1000, 0)
    });
    gate.pass(ms(0), tokens(10)).unwrap();
    gate.join(NONE, Priority::Batch, ());
    assert_eq!(
        gate.state(ms(100)),
        GateState {
            waiting: 1,
            in_flight: 1,
            requests: 1,
            tokens: 10,
            requests_left: Some(0),
            tokens_left: Some(990),
            ready_in: ms(60_300),
        }
    );
}

/// What happens at a gate, after so many milliseconds.
#[derive(Clone, Debug)]
enum Event {
    Arrives(u64, bool),
    Ends(usize),
    Settles(usize, u64),
    Voids(usize),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => (0..400_u64, any::<bool>()).prop_map(|(tokens, batch)| Event::Arrives(tokens, batch)),
        2 => any::<usize>().prop_map(Event::Ends),
        2 => (any::<usize>(), 0..400_u64).prop_map(|(which, used)| Event::Settles(which, used)),
        1 => any::<usize>().prop_map(Event::Voids),
    ]
}

proptest! {
    #[test]
    fn no_window_ever_holds_more_than_the_limit(
        events in prop::collection::vec((0..3000_u64, event()), 1..300)
    ) {
        let rule = of(20, 2000, 4);
        let mut gate = Gate::new(rule);
        let mut now = Duration::ZERO;
        let mut under_way: Vec<(usize, Pass)> = Vec::new();
        // When each request went, what it was charged, whether it counts.
        let mut went: Vec<(Duration, u64, bool)> = Vec::new();
        let mut sizes = Vec::new();
        let mut line: [Vec<usize>; 2] = [Vec::new(), Vec::new()];
        for (after, event) in events {
            now += ms(after);
            match event {
                Event::Arrives(size, batch) => {
                    let priority = if batch { Priority::Batch } else { Priority::Interactive };
                    gate.join(tokens(size), priority, sizes.len());
                    line[usize::from(batch)].push(sizes.len());
                    sizes.push(size);
                }
                Event::Ends(which) if !under_way.is_empty() => {
                    let (_, pass) = under_way.swap_remove(which % under_way.len());
                    gate.end(pass);
                }
                Event::Settles(which, used) if !under_way.is_empty() => {
                    let place = which % under_way.len();
                    let (index, pass) = &mut under_way[place];
                    // No more than was expected: what is more cannot be helped.
                    let used = used.min(went[*index].1);
                    gate.settle(now, pass, used);
                    went[*index].1 = used;
                }
                Event::Voids(which) if !under_way.is_empty() => {
                    let (index, pass) = under_way.swap_remove(which % under_way.len());
                    gate.void(now, pass);
                    went[index].2 = false;
                }
                _ => {}
            }
            while let Some((who, pass)) = gate.admit(now) {
                let batch = usize::from(line[1].first() == Some(&who));
                prop_assert_eq!(line[batch].remove(0), who, "not in order");
                under_way.push((went.len(), pass));
                went.push((now, sizes[who], true));
                prop_assert!(under_way.len() <= 4);
                let window = went.iter().filter(|(at, _, counts)| *counts && *at + MINUTE > now);
                let (requests, used) = window
                    .fold((0, 0), |(requests, used), (_, size, _)| (requests + 1, used + size));
                prop_assert!(requests <= 20, "{} requests in a minute", requests);
                prop_assert!(used <= 2000, "{} tokens in a minute", used);
            }
        }
    }

    #[test]
    fn under_load_all_of_the_limit_is_used_but_one_part_in_a_hundred(
        per_minute in 1..3000_u64,
        minutes in 1..5_u32,
    ) {
        let mut gate = Gate::new(of(per_minute, 0, 0));
        let wanted = u32::try_from(per_minute).unwrap() * (minutes + 1);
        for who in 0..wanted {
            gate.join(NONE, Priority::Interactive, who);
        }
        let mut now = Duration::ZERO;
        let until = MINUTE * minutes;
        // The slot's width for each minute.
        let gone = run(&mut gate, &mut now, until.mul_f64(1.01)).len();
        prop_assert!(gone as u64 >= per_minute * u64::from(minutes + 1), "{} gone", gone);
    }
}
