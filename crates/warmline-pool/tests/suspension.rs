//! What a pool does after the process was suspended.
mod fixture;

use std::time::Duration;

use fixture::*;
use warmline_pool::{CloseReason, ManualClock, Pool};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn what_was_idle_through_a_suspension_is_not_handed_out() {
    let (clock, ledger) = (ManualClock::default(), Ledger::new());
    let pool = Pool::with_clock(limits(10, 10), clock.clone());
    let origin = origin(&pool, "a.test");
    clock.advance(SECOND);
    drop(connect(&origin, &ledger, 1));
    clock.advance(SECOND);
    clock.suspend(10 * SECOND);
    drop(permit(&origin));
    assert_eq!(ledger.reasons(), [CloseReason::Idle]);
}

#[test]
fn a_sweep_after_a_suspension_closes_all_that_was_idle_and_nothing_that_was_leased() {
    let (clock, ledger) = (ManualClock::default(), Ledger::new());
    let pool = Pool::with_clock(limits(10, 10), clock.clone());
    let origin = origin(&pool, "a.test");
    let (idle, leased) = (connect(&origin, &ledger, 1), connect(&origin, &ledger, 2));
    drop(idle);
    clock.advance(SECOND);
    clock.suspend(10 * SECOND);
    assert_eq!(pool.sweep(), 1);
    assert_eq!(ledger.names(), [1]);
    drop(leased);
    clock.advance(SECOND);
    assert_eq!(pool.sweep(), 0, "it came back after the suspension");
    assert_eq!(ready(&origin).name, 2);
}

#[test]
fn a_time_of_day_that_is_corrected_a_little_is_no_suspension() {
    let (clock, ledger) = (ManualClock::default(), Ledger::new());
    let pool = Pool::with_clock(limits(10, 10), clock.clone());
    let origin = origin(&pool, "a.test");
    drop(connect(&origin, &ledger, 1));
    clock.advance(SECOND);
    clock.suspend(SECOND);
    assert_eq!(ready(&origin).name, 1);
}

#[test]
fn each_suspension_counts_anew() {
    let (clock, ledger) = (ManualClock::default(), Ledger::new());
    let pool = Pool::with_clock(limits(10, 10), clock.clone());
    let origin = origin(&pool, "a.test");
    for name in 1..=3 {
        drop(connect(&origin, &ledger, name));
        clock.advance(SECOND);
        clock.suspend(10 * SECOND);
        assert_eq!(pool.sweep(), 1);
    }
    assert_eq!(ledger.names(), [1, 2, 3]);
}
