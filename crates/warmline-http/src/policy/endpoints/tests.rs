use std::time::Duration;

use proptest::prelude::*;

use super::{Balance, Ejection, Endpoints, Pick, Thresholds};

const REST: Duration = Duration::from_secs(10);
const NOW: Duration = Duration::ZERO;
const NAMES: [&str; 6] = [
    "https://a",
    "https://b",
    "https://c",
    "https://d",
    "https://e",
    "https://f",
];

fn endpoints(balance: Balance, weights: &[u32]) -> Endpoints {
    let ejection = Ejection {
        failures: 2,
        rest: REST,
    };
    Endpoints::new(
        balance,
        ejection,
        NAMES.into_iter().zip(weights.iter().copied()),
    )
}

/// A request that is answered at once.
fn served(endpoints: &mut Endpoints, now: Duration, key: Option<&str>) -> usize {
    let mut pick = endpoints.pick(now, key, &[], &[]).unwrap();
    endpoints.answered(&mut pick);
    endpoints.end(&pick);
    pick.index
}

/// A request that fails.
fn fail(endpoints: &mut Endpoints, mut pick: Pick, now: Duration) {
    endpoints.failed(&mut pick, now);
    endpoints.end(&pick);
}

/// Fails requests until this endpoint is out.
fn take_out(endpoints: &mut Endpoints, index: usize, now: Duration) {
    let others: Vec<usize> = (0..endpoints.members.len())
        .filter(|other| *other != index)
        .collect();
    while endpoints.states().nth(index).unwrap().is_healthy {
        let pick = endpoints.pick(now, None, &others, &[]).unwrap();
        fail(endpoints, pick, now);
    }
}

fn in_flight(endpoints: &Endpoints) -> Vec<usize> {
    endpoints.states().map(|state| state.in_flight).collect()
}

#[test]
fn turns_of_a_heavier_endpoint_are_spread() {
    let mut endpoints = endpoints(Balance::RoundRobin, &[5, 1, 1]);
    let turns: Vec<usize> = (0..7).map(|_| served(&mut endpoints, NOW, None)).collect();
    assert_eq!(turns, [0, 0, 1, 0, 2, 0, 0]);
}

#[test]
fn the_least_loaded_is_chosen_for_its_weight() {
    let mut endpoints = endpoints(Balance::LeastLoaded, &[1, 3]);
    let picks: Vec<Pick> = (0..8)
        .map(|_| endpoints.pick(NOW, None, &[], &[]).unwrap())
        .collect();
    assert_eq!(in_flight(&endpoints), [2, 6]);
    for pick in picks.iter().filter(|pick| pick.index == 1) {
        endpoints.end(pick);
    }
    assert_eq!(in_flight(&endpoints), [2, 0]);
    assert_eq!(endpoints.pick(NOW, None, &[], &[]).unwrap().index, 1);
}

#[test]
fn equally_loaded_ones_take_turns() {
    let mut endpoints = endpoints(Balance::LeastLoaded, &[1, 1, 1]);
    let turns: Vec<usize> = (0..6).map(|_| served(&mut endpoints, NOW, None)).collect();
    assert_eq!(turns, [0, 1, 2, 0, 1, 2]);
}

#[test]
fn without_a_key_sticky_requests_take_turns() {
    let mut endpoints = endpoints(Balance::Sticky, &[1, 1]);
    let turns: Vec<usize> = (0..4).map(|_| served(&mut endpoints, NOW, None)).collect();
    assert_eq!(turns, [0, 1, 0, 1]);
}

#[test]
fn a_request_moves_on_to_each_endpoint_once() {
    for balance in [Balance::RoundRobin, Balance::LeastLoaded, Balance::Sticky] {
        let mut endpoints = endpoints(balance, &[1, 2, 1]);
        let mut tried = Vec::new();
        while let Some(pick) = endpoints.pick(NOW, Some("key"), &tried, &[]) {
            tried.push(pick.index);
            fail(&mut endpoints, pick, NOW);
        }
        tried.sort_unstable();
        assert_eq!(tried, [0, 1, 2]);
    }
}

#[test]
fn an_answer_ends_a_row_of_failures() {
    let mut endpoints = endpoints(Balance::RoundRobin, &[1]);
    for _ in 0..5 {
        let pick = endpoints.pick(NOW, None, &[], &[]).unwrap();
        fail(&mut endpoints, pick, NOW);
        assert_eq!(served(&mut endpoints, NOW, None), 0);
    }
    assert!(endpoints.states().next().unwrap().is_healthy);
}

#[test]
fn an_endpoint_that_is_out_gets_nothing_until_its_rest_is_over_and_then_one_request_at_a_time() {
    let mut endpoints = endpoints(Balance::RoundRobin, &[1, 1]);
    take_out(&mut endpoints, 0, NOW);
    let just_before = Duration::from_nanos(9_999_999_999);
    for _ in 0..10 {
        assert_eq!(served(&mut endpoints, just_before, None), 1);
    }

    let due = |endpoints: &mut Endpoints| {
        let picks: Vec<Pick> = (0..10)
            .map(|_| endpoints.pick(REST, None, &[], &[]).unwrap())
            .collect();
        let (mut trials, others): (Vec<Pick>, Vec<Pick>) =
            picks.into_iter().partition(|pick| pick.index == 0);
        assert_eq!((trials.len(), others.len()), (1, 9));
        for pick in &others {
            endpoints.end(pick);
        }
        trials.pop().unwrap()
    };
    // Nobody knows what would have come of it: the next one tries.
    let trial = due(&mut endpoints);
    endpoints.end(&trial);
    let trial = due(&mut endpoints);
    fail(&mut endpoints, trial, REST);
    assert_eq!(served(&mut endpoints, REST, None), 1);
    assert_eq!(served(&mut endpoints, REST, None), 1);

    let mut trial = (0..2)
        .map(|_| endpoints.pick(2 * REST, None, &[], &[]).unwrap())
        .find(|pick| pick.index == 0)
        .unwrap();
    endpoints.answered(&mut trial);
    assert!(endpoints.states().next().unwrap().is_healthy);
}

#[test]
fn an_answer_from_before_does_not_bring_an_endpoint_back() {
    let mut endpoints = endpoints(Balance::RoundRobin, &[1, 1]);
    let mut slow = endpoints.pick(NOW, None, &[1], &[]).unwrap();
    take_out(&mut endpoints, 0, NOW);
    endpoints.answered(&mut slow);
    assert!(!endpoints.states().next().unwrap().is_healthy);
}

#[test]
fn a_late_failure_does_not_make_the_rest_longer() {
    let mut endpoints = endpoints(Balance::RoundRobin, &[1, 1]);
    let slow = endpoints.pick(NOW, None, &[1], &[]).unwrap();
    take_out(&mut endpoints, 0, NOW);
    fail(&mut endpoints, slow, REST / 2);
    let turns = [(); 2].map(|()| served(&mut endpoints, REST, None));
    assert!(turns.contains(&0));
}

#[test]
fn while_none_is_in_the_one_that_is_due_first_is_tried_first() {
    let mut endpoints = endpoints(Balance::RoundRobin, &[1, 1]);
    take_out(&mut endpoints, 1, NOW);
    take_out(&mut endpoints, 0, REST / 2);
    let mut pick = endpoints.pick(REST / 2, None, &[], &[]).unwrap();
    assert_eq!(pick.index, 1);
    assert_eq!(endpoints.pick(REST / 2, None, &[1], &[]).unwrap().index, 0);
    endpoints.answered(&mut pick);
    assert!(endpoints.states().nth(1).unwrap().is_healthy);
}

#[test]
fn keys_are_spread_by_weight_and_alike_in_every_process() {
    let mut endpoints = endpoints(Balance::Sticky, &[1, 2, 1]);
    let mut counts = [0; 3];
    for key in 0..8000 {
        counts[served(&mut endpoints, NOW, Some(&format!("conversation-{key}")))] += 1;
    }
    for (count, expected) in counts.into_iter().zip([2000_i32, 4000, 2000]) {
        assert!(i32::abs(count - expected) < 200, "{counts:?}");
    }
    let first: Vec<usize> = (0..8)
        .map(|key| served(&mut endpoints, NOW, Some(&format!("conversation-{key}"))))
        .collect();
    assert_eq!(first, FIRST_KEYS);
}

/// An update that changed them would send every conversation elsewhere.
const FIRST_KEYS: [usize; 8] = [2, 1, 1, 0, 1, 2, 0, 1];

proptest! {
    #[test]
    fn turns_are_exact_over_every_cycle(
        weights in prop::collection::vec(1_u32..20, 1..6),
        skipped in 0_usize..50,
    ) {
        let mut endpoints = endpoints(Balance::RoundRobin, &weights);
        for _ in 0..skipped {
            served(&mut endpoints, NOW, None);
        }
        let mut counts = vec![0; weights.len()];
        for _ in 0..weights.iter().sum() {
            counts[served(&mut endpoints, NOW, None)] += 1;
        }
        prop_assert_eq!(counts, weights);
    }

    #[test]
    fn an_endpoint_that_leaves_moves_its_own_keys_only_and_has_them_again_when_it_returns(
        weights in prop::collection::vec(1_u32..5, 2..6),
        leaving in any::<prop::sample::Index>(),
        keys in prop::collection::vec("[a-z0-9]{1,20}", 1..50),
    ) {
        let mut endpoints = endpoints(Balance::Sticky, &weights);
        let place = |endpoints: &mut Endpoints, now| -> Vec<usize> {
            keys.iter().map(|key| served(endpoints, now, Some(key))).collect()
        };
        let leaving = leaving.index(weights.len());
        let before = place(&mut endpoints, NOW);
        take_out(&mut endpoints, leaving, NOW);
        for (before, meanwhile) in before.iter().zip(place(&mut endpoints, NOW)) {
            prop_assert_ne!(meanwhile, leaving);
            prop_assert!(*before == leaving || *before == meanwhile);
        }
        prop_assert_eq!(place(&mut endpoints, REST), before);
    }

    #[test]
    fn whatever_happens_the_counts_hold_and_somebody_is_chosen(
        balance in prop::sample::select(&[Balance::RoundRobin, Balance::LeastLoaded, Balance::Sticky]),
        weights in prop::collection::vec(1_u32..5, 1..5),
        steps in prop::collection::vec((0_u8..4, any::<prop::sample::Index>(), 0_u64..8), 0..200),
    ) {
        let mut endpoints = endpoints(balance, &weights);
        let mut under_way: Vec<Pick> = Vec::new();
        let mut now = NOW;
        for (step, which, seconds) in steps {
            now += Duration::from_secs(seconds);
            if step == 0 || under_way.is_empty() {
                let trials = under_way.iter().filter(|pick| pick.trial).count();
                let pick = endpoints.pick(now, Some("key"), &[], &[]);
                prop_assert!(pick.is_some());
                under_way.extend(pick);
                let nobody_is_in = endpoints.states().all(|state| !state.is_healthy);
                let trials_now = under_way.iter().filter(|pick| pick.trial).count();
                prop_assert!(nobody_is_in || trials_now <= trials + 1);
            } else {
                let mut pick = under_way.swap_remove(which.index(under_way.len()));
                match step {
                    1 => endpoints.answered(&mut pick),
                    2 => endpoints.failed(&mut pick, now),
                    _ => {}
                }
                endpoints.end(&pick);
            }
            let counted = endpoints.states().map(|state| state.in_flight).sum::<usize>();
            prop_assert_eq!(counted, under_way.len());
        }
    }
}

#[test]
fn an_ailing_endpoint_has_a_quarter_of_its_share() {
    for balance in [Balance::RoundRobin, Balance::LeastLoaded] {
        let mut endpoints = endpoints(balance, &[1, 1]);
        let picks: Vec<Pick> = (0..20)
            .map(|_| endpoints.pick(NOW, None, &[], &[0]).unwrap())
            .collect();
        let ailing = picks.iter().filter(|pick| pick.index == 0).count();
        assert_eq!(ailing, 4, "{balance:?}");
    }
    // A key stays where it is: somebody has to serve it, and what is cached for it is there.
    let mut endpoints = endpoints(Balance::Sticky, &[1, 1]);
    let of = |endpoints: &mut Endpoints, ailing: &[usize]| {
        endpoints.pick(NOW, Some("key"), &[], ailing).unwrap().index
    };
    let place = of(&mut endpoints, &[]);
    assert_eq!(of(&mut endpoints, &[place]), place);
}

const THRESHOLDS: Thresholds = Thresholds {
    healthy: 2,
    unhealthy: 3,
};

fn check(endpoints: &mut Endpoints, index: usize, results: &[bool]) -> bool {
    for passed in results {
        let outcome = if *passed { Ok(()) } else { Err("503".into()) };
        endpoints.checked(index, outcome, THRESHOLDS);
    }
    endpoints.states().nth(index).unwrap().is_healthy
}

#[test]
fn checks_in_a_row_take_an_endpoint_out_and_bring_it_back() {
    let mut endpoints = endpoints(Balance::RoundRobin, &[1, 1]);
    assert!(check(&mut endpoints, 0, &[true, false, false]));
    assert!(check(&mut endpoints, 0, &[true, false, false]));
    assert!(!check(&mut endpoints, 0, &[false]));
    for _ in 0..4 {
        assert_eq!(served(&mut endpoints, NOW, None), 1);
    }
    assert!(!check(&mut endpoints, 0, &[true, false, true]));
    assert!(check(&mut endpoints, 0, &[true]));
    let turns: Vec<usize> = (0..4).map(|_| served(&mut endpoints, NOW, None)).collect();
    assert_eq!(turns.iter().filter(|index| **index == 0).count(), 2);
}

#[test]
fn the_first_check_decides_alone() {
    let mut endpoints = endpoints(Balance::RoundRobin, &[1, 1]);
    assert!(!check(&mut endpoints, 0, &[false]));
    assert!(check(&mut endpoints, 1, &[true]));
    let states: Vec<_> = endpoints.states().map(|state| state.check_error).collect();
    assert_eq!(states, [Some("503".into()), None]);
}

#[test]
fn an_endpoint_that_comes_back_by_its_checks_has_no_rest_to_wait_for() {
    let mut endpoints = endpoints(Balance::RoundRobin, &[1, 1]);
    take_out(&mut endpoints, 0, NOW);
    // Checks that pass all the time do not shorten a rest: it is requests that fail there.
    assert!(!check(&mut endpoints, 0, &[true, true, true]));
    assert!(!check(&mut endpoints, 0, &[false, false, false]));
    assert!(check(&mut endpoints, 0, &[true, true]));
}

#[test]
fn checks_that_fail_everywhere_count_for_nothing() {
    for balance in [Balance::RoundRobin, Balance::LeastLoaded, Balance::Sticky] {
        let mut endpoints = endpoints(balance, &[1, 1, 1]);
        take_out(&mut endpoints, 2, NOW);
        for index in 0..3 {
            check(&mut endpoints, index, &[false]);
        }
        let mut turns: Vec<usize> = (0..4).map(|_| served(&mut endpoints, NOW, None)).collect();
        turns.sort_unstable();
        assert_eq!(turns, [0, 0, 1, 1], "{balance:?}");
    }
}
