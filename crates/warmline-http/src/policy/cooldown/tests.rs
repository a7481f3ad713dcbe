use std::time::Duration;

use proptest::prelude::*;

use super::{Pause, Turn};

const NOW: Duration = Duration::from_secs(1000);
const SECOND: Duration = Duration::from_secs(1);

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

#[test]
fn nobody_leaves_before_the_time_that_was_asked_for() {
    for random in [0.0, 0.5, 1.0] {
        let mut pause = Pause::new(NOW, SECOND, random);
        assert_eq!(pause.left(NOW), SECOND);
        let wait = pause.turn(NOW, 0.0).wait;
        assert!(wait >= SECOND && wait <= SECOND + millis(100), "{wait:?}");
    }
}

#[test]
fn two_hundred_who_waited_do_not_leave_in_one_instant() {
    let mut pause = Pause::new(NOW, 20 * SECOND, 0.0);
    let waits: Vec<Duration> = (0..200).map(|_| pause.turn(NOW, 0.0).wait).collect();
    assert!(waits.is_sorted());
    // No moment of 50 ms sees more than what a provider that was busy just now may be given.
    for begin in &waits {
        let together = waits
            .iter()
            .filter(|wait| (*begin..*begin + millis(50)).contains(*wait))
            .count();
        assert!(together <= 20, "{together} after {begin:?}");
    }
    let last = waits[199];
    assert!(last > 22 * SECOND && last < 23 * SECOND, "{last:?}");
}

#[test]
fn ten_thousand_are_gone_within_some_seconds() {
    let mut pause = Pause::new(NOW, SECOND, 0.0);
    let last = (0..10_000)
        .map(|_| pause.turn(NOW, 1.0).wait)
        .max()
        .unwrap();
    assert!(last < 7 * SECOND, "{last:?}");
}

#[test]
fn those_who_come_while_others_leave_take_their_turn_behind_them() {
    let mut pause = Pause::new(NOW, SECOND, 0.0);
    let last = (0..100).map(|_| pause.turn(NOW, 0.0).wait).max().unwrap();
    let later = NOW + SECOND + millis(10);
    assert!(later + pause.turn(later, 0.0).wait > NOW + last);
}

#[test]
fn once_the_way_is_clear_nobody_waits() {
    let mut pause = Pause::new(NOW, SECOND, 0.0);
    assert!(!pause.is_over(NOW));
    let soon = NOW + SECOND + millis(4900);
    assert!(!pause.is_over(soon));
    // Alone, one goes almost at once.
    assert!(pause.turn(soon, 1.0).wait < millis(10));
    assert!(pause.is_over(NOW + SECOND + millis(5100)));
}

#[test]
fn a_refusal_of_the_first_holds_back_the_others() {
    let mut pause = Pause::new(NOW, SECOND, 0.0);
    let turns: Vec<Turn> = (0..10).map(|_| pause.turn(NOW, 0.0)).collect();
    assert!(turns.iter().all(|turn| pause.holds(*turn)));
    let then = NOW + SECOND;
    pause.extend(then, SECOND, 0.0);
    assert!(turns.iter().all(|turn| !pause.holds(*turn)));
    assert!(pause.turn(then, 0.0).wait >= SECOND);
}

#[test]
fn a_shorter_pause_does_not_cut_a_longer_one() {
    let mut pause = Pause::new(NOW, 10 * SECOND, 0.0);
    let turn = pause.turn(NOW, 0.0);
    pause.extend(NOW, SECOND, 1.0);
    assert_eq!(pause.left(NOW), 10 * SECOND);
    assert!(pause.holds(turn));
}

#[test]
fn a_pause_of_milliseconds_is_followed_by_turns_of_milliseconds() {
    let mut pause = Pause::new(NOW, millis(10), 1.0);
    let last = (0..8).map(|_| pause.turn(NOW, 1.0).wait).max().unwrap();
    assert!(last <= millis(17), "{last:?}");
}

proptest! {
    #[test]
    fn turns_are_in_order_whatever_the_clock_does(
        length in 1..60_000_u64,
        steps in prop::collection::vec((-2000..2000_i64, 0.0..=1.0_f64), 1..200),
    ) {
        let mut pause = Pause::new(NOW, millis(length), 0.0);
        let mut now = NOW;
        let mut latest = Duration::ZERO;
        for (step, random) in steps {
            now = if step < 0 {
                now.saturating_sub(millis(step.unsigned_abs()))
            } else {
                now + millis(step.unsigned_abs())
            };
            let turn = pause.turn(now, random);
            prop_assert!(turn.wait <= pause.left(now) + 10 * SECOND);
            if !turn.wait.is_zero() {
                let at = now + turn.wait;
                prop_assert!(at >= NOW + millis(length));
                prop_assert!(at >= latest, "{at:?} before {latest:?}");
                latest = at;
            }
        }
        prop_assert!(pause.is_over(Duration::MAX));
    }
}
