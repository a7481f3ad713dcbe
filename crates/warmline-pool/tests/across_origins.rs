//! One limit over several origins: eviction and the order in which origins get places.
mod fixture;

use std::task::Poll;
use std::time::Duration;

use fixture::*;
use warmline_pool::{CloseReason, Granted, ManualClock, Pool, WaitFor};

#[test]
fn a_full_pool_evicts_the_least_recently_used_idle_connection_of_another_origin() {
    let (clock, ledger) = (ManualClock::default(), Ledger::new());
    let pool = Pool::with_clock(limits(3, 3), clock.clone());
    let (a, b, c) = (
        origin(&pool, "a.test"),
        origin(&pool, "b.test"),
        origin(&pool, "c.test"),
    );
    let (one, two, three) = (
        connect(&a, &ledger, 1),
        connect(&b, &ledger, 2),
        connect(&a, &ledger, 3),
    );
    for lease in [two, one, three] {
        drop(lease);
        clock.advance(Duration::from_secs(1));
    }
    let fourth = connect(&c, &ledger, 4);
    assert_eq!(
        ledger.closed.lock().unwrap()[..],
        [(2, CloseReason::Evicted)]
    );
    let fifth = connect(&c, &ledger, 5);
    assert_eq!(ledger.names(), [2, 1]);
    assert_eq!((ledger.live(), ledger.most()), (3, 3));
    let counts = pool.stats().counts;
    assert_eq!((counts.evicted_total, counts.total), (2, 3));
    drop((fourth, fifth));
}

#[test]
fn a_busy_connection_is_never_evicted() {
    let (pool, ledger) = (Pool::new(limits(1, 1)), Ledger::new());
    let held = connect(&origin(&pool, "a.test"), &ledger, 1);
    assert!(is_full(&origin(&pool, "b.test")));
    assert_eq!(ledger.live(), 1);
    drop(held);
}

#[test]
fn a_connection_that_becomes_idle_while_another_origin_waits_for_a_place_is_evicted() {
    let (pool, ledger) = (Pool::new(limits(1, 1)), Ledger::new());
    let (a, b) = (origin(&pool, "a.test"), origin(&pool, "b.test"));
    let held = connect(&a, &ledger, 1);
    let mut wait = b.wait(WaitFor::Any);
    assert!(poll(&mut wait).is_pending());
    drop(held);
    assert_eq!(ledger.reasons(), [CloseReason::Evicted]);
    drop(granted_permit(&mut wait));
}

#[test]
fn a_place_that_comes_free_anywhere_goes_to_who_waited_longest_over_all_origins() {
    let (pool, ledger) = (Pool::new(limits(2, 2)), Ledger::new());
    let (a, b, c) = (
        origin(&pool, "a.test"),
        origin(&pool, "b.test"),
        origin(&pool, "c.test"),
    );
    let (one, two) = (connect(&a, &ledger, 1), connect(&a, &ledger, 2));
    let (mut first, mut second, mut third) = (
        b.wait(WaitFor::Any),
        c.wait(WaitFor::Any),
        b.wait(WaitFor::Any),
    );
    one.discard(CloseReason::Discarded);
    let granted = granted_permit(&mut first);
    assert!(poll(&mut second).is_pending() && poll(&mut third).is_pending());
    two.discard(CloseReason::Discarded);
    drop(granted_permit(&mut second));
    drop(granted_permit(&mut third));
    drop(granted);
}

#[test]
fn a_new_origin_does_not_overtake_one_that_waits_for_a_place() {
    let (pool, ledger) = (Pool::new(limits(1, 1)), Ledger::new());
    let (a, b, c) = (
        origin(&pool, "a.test"),
        origin(&pool, "b.test"),
        origin(&pool, "c.test"),
    );
    let held = connect(&a, &ledger, 1);
    let mut wait = b.wait(WaitFor::Any);
    held.discard(CloseReason::Discarded);
    assert!(is_full(&c));
    drop(granted_permit(&mut wait));
    drop(permit(&c));
}

#[test]
fn an_origin_at_its_own_limit_does_not_block_the_others() {
    let (pool, ledger) = (Pool::new(limits(3, 1)), Ledger::new());
    let (a, b) = (origin(&pool, "a.test"), origin(&pool, "b.test"));
    let held = connect(&a, &ledger, 1);
    let mut wait = a.wait(WaitFor::Any);
    drop(connect(&b, &ledger, 2));
    drop(ready(&b));
    assert!(poll(&mut wait).is_pending());
    drop(held);
    drop(granted_lease(&mut wait));
}

#[test]
fn a_busy_origin_cannot_keep_another_one_waiting_for_ever() {
    let (pool, ledger) = (Pool::new(limits(1, 1)), Ledger::new());
    let (busy, other) = (origin(&pool, "busy.test"), origin(&pool, "other.test"));
    let mut held = Some(connect(&busy, &ledger, 1));
    let mut starved = other.wait(WaitFor::Any);
    let mut turns = 0;
    loop {
        let mut next = busy.wait(WaitFor::Any);
        drop(held.take());
        match poll(&mut next) {
            Poll::Ready(Ok(Granted::Ready(lease))) => held = Some(lease),
            Poll::Pending => break,
            other @ Poll::Ready(_) => panic!("{other:?}"),
        }
        turns += 1;
        assert!(turns < 100, "the other origin starves");
    }
    let granted = granted_permit(&mut starved);
    assert_eq!(ledger.reasons(), [CloseReason::Evicted]);
    assert!(turns > 0, "handing over to one's own waiters comes first");
    drop(granted);
}
