//! Connections that nobody asked for: made ahead of need, where they are at nobody's cost.
mod fixture;

use std::time::Duration;

use fixture::*;
use warmline_pool::{CloseReason, Limits, ManualClock, Origin, Pool, WaitFor};

const SECOND: Duration = Duration::from_secs(1);

fn stock(origin: &Origin<Conn>, connection: Conn) {
    drop(origin.spare().expect("a place").establish(connection));
}

#[test]
fn one_in_stock_is_idle_until_it_is_checked_out() {
    let ledger = Ledger::new();
    let pool = Pool::new(Limits::default());
    let origin = origin(&pool, "a.test");
    stock(&origin, Conn::new(&ledger, 1));
    let counts = pool.stats().counts;
    assert_eq!((counts.idle, counts.created_total), (1, 1));
    assert_eq!((counts.checkouts_total, counts.reused_total), (0, 0));
    let lease = ready(&origin);
    assert_eq!((lease.name, lease.uses()), (1, 1));
    let counts = pool.stats().counts;
    assert_eq!((counts.checkouts_total, counts.reused_total), (1, 0));
    drop(lease);
    drop(ready(&origin));
    assert_eq!(pool.stats().counts.reused_total, 1);
}

#[test]
fn the_place_for_one_is_taken_from_nobody() {
    let ledger = Ledger::new();
    let pool = Pool::new(limits(2, 1));
    let (a, b, c) = (
        origin(&pool, "a.test"),
        origin(&pool, "b.test"),
        origin(&pool, "c.test"),
    );
    drop(connect(&a, &ledger, 1));
    assert!(a.spare().is_none(), "the origin is full");
    drop(connect(&b, &ledger, 2));
    assert!(c.spare().is_none(), "it would take an eviction");
    assert!(ledger.names().is_empty());
    drop(permit(&c));
    assert_eq!(ledger.reasons(), [CloseReason::Evicted]);
}

#[test]
fn there_is_none_while_somebody_waits() {
    let ledger = Ledger::new();
    let pool = Pool::new(limits(2, 1));
    let (a, b) = (origin(&pool, "a.test"), origin(&pool, "b.test"));
    let lease = connect(&a, &ledger, 1);
    let wait = a.wait(WaitFor::Any);
    assert!(b.spare().is_none());
    drop(wait);
    assert!(b.spare().is_some());
    drop(lease);
}

#[test]
fn there_is_none_where_another_idle_one_would_not_be_kept() {
    let ledger = Ledger::new();
    let pool = Pool::new(Limits {
        max_keepalive: 1,
        ..Limits::default()
    });
    let origin = origin(&pool, "a.test");
    stock(&origin, Conn::new(&ledger, 1));
    assert!(origin.spare().is_none());
}

#[test]
fn there_is_none_in_a_closed_pool() {
    let pool: Pool<Conn> = Pool::new(Limits::default());
    let origin = origin(&pool, "a.test");
    pool.close();
    assert!(origin.spare().is_none());
}

#[test]
fn a_place_that_is_not_used_goes_to_whoever_waits() {
    let pool: Pool<Conn> = Pool::new(limits(1, 1));
    let origin = origin(&pool, "a.test");
    let spare = origin.spare().unwrap();
    let mut wait = origin.wait(WaitFor::Any);
    drop(spare);
    drop(granted_permit(&mut wait));
}

#[test]
fn warmth_counts_what_is_idle_and_will_be_fit_in_a_while() {
    let (clock, ledger) = (ManualClock::default(), Ledger::new());
    let pool = Pool::with_clock(Limits::default(), clock.clone());
    let origin = origin(&pool, "a.test");
    let idle = || origin.warmth(2 * SECOND).idle;
    let lease = connect(&origin, &ledger, 1);
    assert_eq!(idle(), 0, "it is leased");
    drop(lease);
    assert_eq!(idle(), 1);
    clock.advance(28 * SECOND);
    assert_eq!(idle(), 1);
    clock.advance(SECOND);
    assert_eq!(idle(), 0, "its time is nearly up");
    drop(ready(&origin));
    assert_eq!((idle(), origin.warmth(SECOND).checkouts), (1, 2));
}

#[test]
fn of_a_short_idle_time_only_the_last_quarter_is_nearly_up() {
    let (clock, ledger) = (ManualClock::default(), Ledger::new());
    let limits = Limits {
        keepalive_expiry: SECOND,
        ..Limits::default()
    };
    let pool = Pool::with_clock(limits, clock.clone());
    let origin = origin(&pool, "a.test");
    drop(connect(&origin, &ledger, 1));
    clock.advance(SECOND * 3 / 4);
    assert_eq!(origin.warmth(2 * SECOND).idle, 1);
    clock.advance(SECOND / 100);
    assert_eq!(origin.warmth(2 * SECOND).idle, 0);
}

#[test]
fn one_that_carries_many_is_warm_for_all_as_long_as_it_has_room() {
    let ledger = Ledger::new();
    let pool = Pool::new(Limits::default());
    let origin = origin(&pool, "a.test");
    stock(&origin, Conn::shared(&ledger, 1, 2));
    let one = ready(&origin);
    assert!(origin.warmth(SECOND).shared);
    let two = ready(&origin);
    assert!(!origin.warmth(SECOND).shared);
    drop((one, two));
    assert!(origin.warmth(SECOND).shared);
}

#[test]
fn idle_connections_that_are_not_sound_are_closed_and_leased_ones_are_not_looked_at() {
    let ledger = Ledger::new();
    let pool = Pool::new(Limits::default());
    let origin = origin(&pool, "a.test");
    let mut idle: Vec<_> = (1..=4)
        .map(|name| connect(&origin, &ledger, name))
        .collect();
    let leased = idle.pop();
    drop(idle);
    assert_eq!(pool.close_unsound(|connection| connection.name % 2 == 1), 1);
    assert_eq!(ledger.names(), [2]);
    assert_eq!(ledger.reasons(), [CloseReason::Dead]);
    drop(leased);
    assert_eq!(pool.stats().counts.idle, 3);
}
