//! Checkout, return and the end of connections, one caller at a time.
mod fixture;

use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use fixture::*;
use warmline_pool::{Checkout, CloseReason, ConnectFailure, Limits, ManualClock, Pool};

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn a_returned_connection_is_used_again_the_one_used_last_first() {
    let (pool, ledger) = (Pool::new(limits(10, 10)), Ledger::new());
    let origin = origin(&pool, "a.test");
    let (first, second) = (connect(&origin, &ledger, 1), connect(&origin, &ledger, 2));
    assert!(!first.reused());
    drop(second);
    drop(first);
    let again = ready(&origin);
    assert_eq!((again.name, again.reused(), again.uses()), (1, true, 2));
    assert_eq!(ready(&origin).name, 2);
}

#[test]
fn every_connection_has_a_number_of_its_own() {
    let (pool, ledger) = (Pool::new(limits(10, 10)), Ledger::new());
    let origin = origin(&pool, "a.test");
    let lease = connect(&origin, &ledger, 1);
    let id = lease.id();
    drop(lease);
    let again = ready(&origin);
    assert_eq!(again.id(), id);
    again.discard(CloseReason::Discarded);
    assert_ne!(connect(&origin, &ledger, 2).id(), id);
}

#[test]
fn origins_with_different_keys_share_nothing() {
    let (pool, ledger) = (Pool::new(limits(10, 10)), Ledger::new());
    drop(connect(&origin(&pool, "a.test"), &ledger, 1));
    drop(permit(&origin(&pool, "b.test")));
    drop(permit(&pool.origin(&key("a.test").with_tls("certificate"))));
    assert_eq!(ready(&pool.origin(&key("a.test"))).name, 1);
}

#[test]
fn a_connection_that_died_idle_is_closed_and_skipped() {
    let (pool, ledger) = (Pool::new(limits(10, 10)), Ledger::new());
    let origin = origin(&pool, "a.test");
    let (fit, dead) = (connect(&origin, &ledger, 1), connect(&origin, &ledger, 2));
    let socket = dead.connection().clone();
    drop(fit);
    drop(dead);
    socket.die();
    assert_eq!(ready(&origin).name, 1);
    assert_eq!(ledger.closed.lock().unwrap()[..], [(2, CloseReason::Dead)]);
    assert_eq!(origin.stats().counts.total, 1);
}

#[test]
fn a_connection_that_died_leased_is_closed_on_return() {
    let (pool, ledger) = (Pool::new(limits(10, 10)), Ledger::new());
    let origin = origin(&pool, "a.test");
    let lease = connect(&origin, &ledger, 1);
    lease.die();
    drop(lease);
    assert_eq!(ledger.reasons(), [CloseReason::Dead]);
    assert_eq!(pool.stats().counts.total, 0);
}

#[test]
fn a_discarded_connection_is_closed_for_the_reason_given() {
    let (pool, ledger) = (Pool::new(limits(10, 10)), Ledger::new());
    let origin = origin(&pool, "a.test");
    connect(&origin, &ledger, 1).discard(CloseReason::Discarded);
    assert_eq!(ledger.reasons(), [CloseReason::Discarded]);
    drop(permit(&origin));
}

#[test]
fn idle_connections_above_the_keepalive_limit_are_closed_on_return() {
    let limits = Limits {
        max_keepalive: 1,
        ..Limits::default()
    };
    let (pool, ledger) = (Pool::new(limits), Ledger::new());
    let origin = origin(&pool, "a.test");
    let (first, second) = (connect(&origin, &ledger, 1), connect(&origin, &ledger, 2));
    drop(first);
    drop(second);
    assert_eq!(
        ledger.closed.lock().unwrap()[..],
        [(2, CloseReason::KeepaliveLimit)]
    );
    assert_eq!(
        (pool.stats().counts.idle, pool.stats().counts.total),
        (1, 1)
    );
}

#[test]
fn the_keepalive_limit_counts_over_all_origins() {
    let limits = Limits {
        max_keepalive: 1,
        ..Limits::default()
    };
    let (pool, ledger) = (Pool::new(limits), Ledger::new());
    drop(connect(&origin(&pool, "a.test"), &ledger, 1));
    drop(connect(&origin(&pool, "b.test"), &ledger, 2));
    assert_eq!(
        ledger.closed.lock().unwrap()[..],
        [(2, CloseReason::KeepaliveLimit)]
    );
}

#[test]
fn an_idle_connection_expires_at_checkout_and_at_a_sweep() {
    let (clock, ledger) = (ManualClock::default(), Ledger::new());
    let pool = Pool::with_clock(Limits::default(), clock.clone());
    let origin = origin(&pool, "a.test");
    drop(connect(&origin, &ledger, 1));
    clock.advance(Duration::from_secs(30));
    assert_eq!(pool.sweep(), 0);
    drop(ready(&origin));
    clock.advance(Duration::from_secs(31));
    drop(permit(&origin));
    assert_eq!(ledger.reasons(), [CloseReason::Idle]);
    drop(connect(&origin, &ledger, 2));
    clock.advance(Duration::from_secs(31));
    assert_eq!(pool.sweep(), 1);
    assert_eq!(ledger.reasons(), [CloseReason::Idle; 2]);
}

#[test]
fn a_lease_may_set_the_next_idle_period_and_only_that_one() {
    let (clock, ledger) = (ManualClock::default(), Ledger::new());
    let pool = Pool::with_clock(Limits::default(), clock.clone());
    let origin = origin(&pool, "a.test");
    let mut lease = connect(&origin, &ledger, 1);
    lease.keep_idle_for(MINUTE);
    drop(lease);
    clock.advance(MINUTE);
    drop(ready(&origin));
    clock.advance(MINUTE);
    assert_eq!(pool.sweep(), 1);
    let mut lease = connect(&origin, &ledger, 2);
    lease.keep_idle_for(Duration::from_secs(4));
    drop(lease);
    clock.advance(Duration::from_secs(5));
    assert_eq!(pool.sweep(), 1);
}

#[test]
fn connections_end_at_their_age_each_a_little_earlier_than_the_limit() {
    let (clock, ledger) = (ManualClock::default(), Ledger::new());
    let limits = Limits {
        max_age: Some(100 * MINUTE),
        max_age_jitter: 0.5,
        keepalive_expiry: 1000 * MINUTE,
        ..Limits::default()
    };
    let pool = Pool::with_clock(limits, clock.clone());
    let origin = origin(&pool, "a.test");
    let leases: Vec<_> = (0..100)
        .map(|name| connect(&origin, &ledger, name))
        .collect();
    drop(leases);
    clock.advance(50 * MINUTE);
    assert_eq!(pool.sweep(), 0);
    clock.advance(25 * MINUTE);
    let half = pool.sweep();
    assert!(
        (10..=90).contains(&half),
        "{half} of 100 in the first half of the jitter"
    );
    clock.advance(26 * MINUTE);
    assert_eq!(pool.sweep(), 100 - half);
    assert_eq!(ledger.reasons(), [CloseReason::MaxAge; 100]);
}

#[test]
fn a_leased_connection_past_its_age_is_closed_on_return() {
    let (clock, ledger) = (ManualClock::default(), Ledger::new());
    let pool = Pool::with_clock(
        Limits {
            max_age: Some(MINUTE),
            max_age_jitter: 0.0,
            ..Limits::default()
        },
        clock.clone(),
    );
    let lease = connect(&origin(&pool, "a.test"), &ledger, 1);
    clock.advance(2 * MINUTE);
    assert_eq!(pool.sweep(), 0);
    drop(lease);
    assert_eq!(ledger.reasons(), [CloseReason::MaxAge]);
}

#[test]
fn a_peer_that_closes_evicts_an_idle_connection_at_once() {
    let (pool, ledger) = (Pool::new(limits(1, 1)), Ledger::new());
    let origin = origin(&pool, "a.test");
    let lease = connect(&origin, &ledger, 1);
    let retire = lease.retire_handle();
    drop(lease);
    retire.closed();
    retire.closed();
    assert_eq!(ledger.reasons(), [CloseReason::Dead]);
    assert_eq!(pool.stats().counts.total, 0);
    drop(permit(&origin));
}

#[test]
fn a_peer_that_closes_frees_the_place_of_a_leased_connection_at_once() {
    let (pool, ledger) = (Pool::new(limits(1, 1)), Ledger::new());
    let origin = origin(&pool, "a.test");
    let lease = connect(&origin, &ledger, 1);
    lease.retire_handle().closed();
    let next = connect(&origin, &ledger, 2);
    drop(lease);
    assert_eq!(ledger.names(), [1]);
    drop(next);
    assert_eq!(ready(&origin).name, 2);
}

#[test]
fn a_retire_handle_outlives_the_pool() {
    let (pool, ledger) = (Pool::new(limits(1, 1)), Ledger::new());
    let lease = connect(&origin(&pool, "a.test"), &ledger, 1);
    let retire = lease.retire_handle();
    drop(lease);
    drop(pool);
    retire.closed();
    retire.capacity_changed();
    assert_eq!(ledger.reasons(), [CloseReason::PoolClosed]);
}

#[test]
fn a_dropped_permit_and_a_failed_one_give_their_place_back() {
    let (pool, ledger) = (Pool::new(limits(1, 1)), Ledger::new());
    let origin = origin(&pool, "a.test");
    drop(permit(&origin));
    permit(&origin).fail(ConnectFailure::Error);
    permit(&origin).fail(ConnectFailure::TimedOut);
    assert_eq!(pool.stats().counts.pending, 0);
    let lease = connect(&origin, &ledger, 1);
    let counts = pool.stats().counts;
    assert_eq!(
        (
            counts.errors_total,
            counts.timeouts_total,
            counts.created_total
        ),
        (1, 1, 1)
    );
    drop(lease);
}

#[test]
fn a_full_origin_and_a_full_pool_refuse() {
    let (pool, ledger) = (Pool::new(limits(2, 1)), Ledger::new());
    let (a, b, c) = (
        origin(&pool, "a.test"),
        origin(&pool, "b.test"),
        origin(&pool, "c.test"),
    );
    let held = connect(&a, &ledger, 1);
    assert!(is_full(&a));
    let pending = permit(&b);
    assert!(is_full(&c));
    drop(pending);
    drop(permit(&c));
    drop(held);
}

#[test]
fn a_shared_connection_carries_as_many_leases_as_it_can() {
    let (pool, ledger) = (Pool::new(limits(1, 1)), Ledger::new());
    let origin = origin(&pool, "a.test");
    let first = permit(&origin).establish(Conn::shared(&ledger, 1, 3));
    let (second, third) = (ready(&origin), ready(&origin));
    assert!(is_full(&origin));
    assert_eq!((first.id(), second.id()), (third.id(), third.id()));
    drop(second);
    drop(ready(&origin));
    let counts = origin.stats().counts;
    assert_eq!((counts.active, counts.idle, counts.total), (1, 0, 1));
    drop(first);
    drop(third);
    let counts = origin.stats().counts;
    assert_eq!((counts.active, counts.idle, counts.total), (0, 1, 1));
}

#[test]
fn a_shared_connection_that_is_discarded_serves_its_other_leases_to_the_end() {
    let (pool, ledger) = (Pool::new(limits(2, 2)), Ledger::new());
    let origin = origin(&pool, "a.test");
    let first = permit(&origin).establish(Conn::shared(&ledger, 1, 3));
    ready(&origin).discard(CloseReason::Discarded);
    assert_eq!(ledger.live(), 1);
    drop(permit(&origin));
    drop(first);
    assert_eq!(ledger.reasons(), [CloseReason::Discarded]);
}

#[test]
fn a_capacity_that_changes_is_looked_at_again() {
    let (pool, ledger) = (Pool::new(limits(1, 1)), Ledger::new());
    let origin = origin(&pool, "a.test");
    let first = permit(&origin).establish(Conn::new(&ledger, 1));
    assert!(is_full(&origin));
    first.capacity.store(3, SeqCst);
    first.retire_handle().capacity_changed();
    let (second, third) = (ready(&origin), ready(&origin));
    first.capacity.store(1, SeqCst);
    drop(second);
    assert!(is_full(&origin));
    drop(third);
    assert!(is_full(&origin));
    drop(first);
    drop(ready(&origin));
}

#[test]
fn close_ends_idle_connections_now_and_leased_ones_on_return() {
    let (pool, ledger) = (Pool::new(limits(10, 10)), Ledger::new());
    let origin = origin(&pool, "a.test");
    let (idle, leased) = (connect(&origin, &ledger, 1), connect(&origin, &ledger, 2));
    let pending = permit(&origin);
    drop(idle);
    pool.close();
    pool.close();
    assert!(pool.is_closed());
    assert!(matches!(origin.checkout(), Checkout::Closed));
    assert_eq!(ledger.names(), [1]);
    drop(leased);
    drop(pending.establish(Conn::new(&ledger, 3)));
    assert_eq!(ledger.names(), [1, 2, 3]);
    assert_eq!(ledger.reasons(), [CloseReason::PoolClosed; 3]);
    assert_eq!(pool.stats().counts.total, 0);
}

#[test]
fn the_last_handle_closes_the_pool_and_frees_every_connection() {
    let (pool, ledger) = (Pool::new(limits(10, 10)), Ledger::new());
    let origin = origin(&pool, "a.test");
    let (leased, idle) = (connect(&origin, &ledger, 1), connect(&origin, &ledger, 3));
    let shared = permit(&origin).establish(Conn::shared(&ledger, 2, 3));
    drop(idle);
    let sockets: Vec<_> = [&leased, &shared]
        .map(|lease| std::sync::Arc::downgrade(lease.connection()))
        .into();
    let other = pool.clone();
    drop(pool);
    assert!(!other.is_closed());
    drop(other);
    assert!(matches!(origin.checkout(), Checkout::Closed));
    drop(leased);
    drop(shared);
    drop(origin);
    assert_eq!(ledger.live(), 0);
    assert!(
        sockets.iter().all(|socket| socket.upgrade().is_none()),
        "a connection leaked"
    );
}

#[test]
fn an_empty_origin_is_forgotten_only_when_nobody_holds_it() {
    let (pool, ledger) = (Pool::new(limits(10, 10)), Ledger::new());
    let origin = origin(&pool, "a.test");
    pool.sweep();
    assert_eq!(pool.stats().origins, 1);
    let lease = connect(&origin, &ledger, 1);
    let retire = lease.retire_handle();
    drop(origin);
    retire.closed();
    pool.sweep();
    assert_eq!(pool.stats().origins, 1, "a lease still holds it");
    drop(lease);
    pool.sweep();
    assert_eq!(pool.stats().origins, 0);
    assert_eq!(pool.stats().counts.created_total, 1);
}

#[test]
fn figures_add_up() {
    let (pool, ledger) = (Pool::new(limits(8, 4)), Ledger::new());
    let (a, b) = (origin(&pool, "a.test"), origin(&pool, "b.test"));
    let leased = connect(&a, &ledger, 1);
    drop(connect(&b, &ledger, 2));
    drop(ready(&b));
    let pending = permit(&a);
    let stats = pool.stats();
    let counts = stats.counts;
    assert_eq!(
        (counts.active, counts.idle, counts.pending, counts.total),
        (1, 1, 1, 3)
    );
    assert_eq!((counts.checkouts_total, counts.reused_total), (3, 1));
    assert!((stats.reuse_rate() - 1.0 / 3.0).abs() < 1e-9);
    assert!((stats.utilization_percent() - 25.0).abs() < 1e-9);
    assert!((a.stats().utilization_percent() - 50.0).abs() < 1e-9);
    let mut origins = pool.origin_stats();
    origins.sort_by_key(|(key, _)| key.to_string());
    let totals: Vec<_> = origins
        .iter()
        .map(|(_, stats)| stats.counts.total)
        .collect();
    assert_eq!(totals, [2, 1]);
    drop((leased, pending));
}
