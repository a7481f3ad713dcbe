//! The wait line: order, hand-over, time-outs, resizing and closing, driven poll by poll.
mod fixture;

use std::task::{Poll, Waker};

use fixture::*;
use warmline_pool::{CloseReason, ConnectFailure, Granted, Limits, Pool, PoolClosed, WaitFor};

#[test]
fn a_returned_connection_goes_to_the_first_waiter_directly() {
    let (pool, ledger) = (Pool::new(limits(1, 1)), Ledger::new());
    let origin = origin(&pool, "a.test");
    let held = connect(&origin, &ledger, 1);
    let (mut first, mut second) = (origin.wait(WaitFor::Any), origin.wait(WaitFor::Any));
    let woken = WakeCount::new();
    assert!(poll_with(&mut second, &Waker::from(woken.clone())).is_pending());
    assert!(poll_with(&mut first, &Waker::from(woken.clone())).is_pending());
    assert_eq!(pool.stats().counts.waiting, 2);
    drop(held);
    assert_eq!(woken.get(), 1);
    assert!(poll(&mut second).is_pending());
    let lease = granted_lease(&mut first);
    assert_eq!((lease.name, lease.reused()), (1, true));
    assert_eq!(pool.stats().counts.idle, 0);
    drop(lease);
    assert_eq!(granted_lease(&mut second).uses(), 3);
}

#[test]
fn the_place_in_line_is_taken_when_the_wait_is_made_not_when_first_polled() {
    let (pool, ledger) = (Pool::new(limits(1, 1)), Ledger::new());
    let origin = origin(&pool, "a.test");
    let held = connect(&origin, &ledger, 1);
    let mut first = origin.wait(WaitFor::Any);
    let mut second = origin.wait(WaitFor::Any);
    assert!(poll(&mut second).is_pending());
    drop(held);
    assert!(poll(&mut second).is_pending());
    drop(granted_lease(&mut first));
}

#[test]
fn a_checkout_never_overtakes_those_who_wait() {
    let (pool, ledger) = (Pool::new(limits(2, 2)), Ledger::new());
    let origin = origin(&pool, "a.test");
    let (one, two) = (connect(&origin, &ledger, 1), connect(&origin, &ledger, 2));
    let mut waits: Vec<_> = (0..3).map(|_| origin.wait(WaitFor::Any)).collect();
    drop(one);
    assert!(is_full(&origin));
    two.discard(CloseReason::Discarded);
    assert!(is_full(&origin));
    let first = granted_lease(&mut waits[0]);
    let second = granted_permit(&mut waits[1]);
    drop(second);
    drop(granted_permit(&mut waits[2]));
    drop(first);
}

#[test]
fn a_wait_finds_what_came_free_before_it_was_made() {
    let (pool, ledger) = (Pool::new(limits(1, 1)), Ledger::new());
    let origin = origin(&pool, "a.test");
    let held = connect(&origin, &ledger, 1);
    assert!(is_full(&origin));
    drop(held);
    drop(granted_lease(&mut origin.wait(WaitFor::Any)));
    ready(&origin).discard(CloseReason::Discarded);
    drop(granted_permit(&mut origin.wait(WaitFor::Any)));
}

#[test]
fn a_failed_connect_lets_the_next_one_try() {
    let pool = Pool::<Conn>::new(limits(1, 1));
    let origin = origin(&pool, "a.test");
    let first = permit(&origin);
    let mut wait = origin.wait(WaitFor::Any);
    assert!(poll(&mut wait).is_pending());
    first.fail(ConnectFailure::Error);
    drop(granted_permit(&mut wait));
}

#[test]
fn one_who_waits_for_an_idle_connection_gets_no_permit() {
    let (pool, ledger) = (Pool::new(limits(2, 2)), Ledger::new());
    let origin = origin(&pool, "a.test");
    let held = connect(&origin, &ledger, 1);
    let mut idle = origin.wait(WaitFor::Idle);
    assert!(poll(&mut idle).is_pending());
    let connecting = permit(&origin);
    let mut any = origin.wait(WaitFor::Any);
    drop(connecting);
    drop(granted_permit(&mut any));
    assert!(poll(&mut idle).is_pending());
    drop(held);
    assert_eq!(granted_lease(&mut idle).name, 1);
}

#[test]
fn waiters_of_both_kinds_are_served_in_one_order() {
    let (pool, ledger) = (Pool::new(limits(1, 1)), Ledger::new());
    let origin = origin(&pool, "a.test");
    let mut held = Some(connect(&origin, &ledger, 1));
    let kinds = [WaitFor::Idle, WaitFor::Any, WaitFor::Any, WaitFor::Idle];
    let mut waits: Vec<_> = kinds.map(|kind| origin.wait(kind)).into();
    for turn in 0..waits.len() {
        drop(held.take());
        for later in &mut waits[turn + 1..] {
            assert!(poll(later).is_pending());
        }
        held = Some(granted_lease(&mut waits[turn]));
    }
}

#[test]
fn an_established_connection_is_not_taken_from_its_maker_by_a_waiter() {
    let (pool, ledger) = (Pool::new(limits(1, 1)), Ledger::new());
    let origin = origin(&pool, "a.test");
    let connecting = permit(&origin);
    let mut wait = origin.wait(WaitFor::Idle);
    let lease = connecting.establish(Conn::new(&ledger, 1));
    assert!(poll(&mut wait).is_pending());
    drop(lease);
    drop(granted_lease(&mut wait));
}

#[test]
fn a_shared_connection_serves_all_waiters_that_it_can_carry_once_established() {
    let (pool, ledger) = (Pool::new(limits(1, 1)), Ledger::new());
    let origin = origin(&pool, "a.test");
    let connecting = permit(&origin);
    let mut waits: Vec<_> = (0..4).map(|_| origin.wait(WaitFor::Any)).collect();
    let maker = connecting.establish(Conn::shared(&ledger, 1, 4));
    let leases: Vec<_> = waits[..3].iter_mut().map(granted_lease).collect();
    assert!(poll(&mut waits[3]).is_pending());
    drop(maker);
    let last = granted_lease(&mut waits[3]);
    drop((leases, last));
}

#[test]
fn a_capacity_that_grows_serves_those_who_wait() {
    let (pool, ledger) = (Pool::new(limits(1, 1)), Ledger::new());
    let origin = origin(&pool, "a.test");
    let lease = connect(&origin, &ledger, 1);
    let mut wait = origin.wait(WaitFor::Any);
    lease.capacity.store(2, std::sync::atomic::Ordering::SeqCst);
    assert!(poll(&mut wait).is_pending());
    lease.retire_handle().capacity_changed();
    drop(granted_lease(&mut wait));
}

#[test]
fn a_connection_that_dies_on_its_way_to_a_waiter_is_replaced_and_the_turn_kept() {
    let (pool, ledger) = (Pool::new(limits(1, 1)), Ledger::new());
    let origin = origin(&pool, "a.test");
    let held = connect(&origin, &ledger, 1);
    let socket = held.connection().clone();
    let (mut first, mut second) = (origin.wait(WaitFor::Any), origin.wait(WaitFor::Any));
    drop(held);
    socket.die();
    let permit = granted_permit(&mut first);
    assert!(poll(&mut second).is_pending());
    assert_eq!(ledger.reasons(), [CloseReason::Dead]);
    drop(permit);
    drop(granted_permit(&mut second));
}

#[test]
fn a_wait_that_times_out_is_counted_and_leaves_the_line() {
    let (pool, ledger) = (Pool::new(limits(1, 1)), Ledger::new());
    let origin = origin(&pool, "a.test");
    let held = connect(&origin, &ledger, 1);
    assert!(origin.wait(WaitFor::Any).time_out().is_none());
    let counts = pool.stats().counts;
    assert_eq!((counts.waiting, counts.timeouts_total), (0, 1));
    drop(held);
    assert_eq!(origin.stats().counts.idle, 1);
}

#[test]
fn a_grant_that_was_quicker_than_the_timer_is_handed_out() {
    let (pool, ledger) = (Pool::new(limits(1, 1)), Ledger::new());
    let origin = origin(&pool, "a.test");
    let held = connect(&origin, &ledger, 1);
    let wait = origin.wait(WaitFor::Any);
    drop(held);
    assert!(matches!(wait.time_out(), Some(Granted::Ready(_))));
    assert_eq!(pool.stats().counts.timeouts_total, 0);
}

#[test]
fn close_tells_everybody_who_waits() {
    let (pool, ledger) = (Pool::new(limits(1, 1)), Ledger::new());
    let origin = origin(&pool, "a.test");
    let held = connect(&origin, &ledger, 1);
    let mut waits: Vec<_> = [WaitFor::Any, WaitFor::Idle, WaitFor::Any]
        .map(|kind| origin.wait(kind))
        .into();
    let woken = WakeCount::new();
    for wait in &mut waits {
        assert!(poll_with(wait, &Waker::from(woken.clone())).is_pending());
    }
    pool.close();
    assert_eq!(woken.get(), 3);
    for wait in &mut waits {
        assert!(matches!(poll(wait), Poll::Ready(Err(PoolClosed))));
    }
    assert!(matches!(
        poll(&mut origin.wait(WaitFor::Any)),
        Poll::Ready(Err(PoolClosed))
    ));
    assert_eq!(pool.stats().counts.waiting, 0);
    drop(held);
    assert_eq!(ledger.reasons(), [CloseReason::PoolClosed]);
}

#[test]
fn raised_limits_let_those_who_wait_connect() {
    let (pool, ledger) = (Pool::new(limits(1, 1)), Ledger::new());
    let (a, b) = (origin(&pool, "a.test"), origin(&pool, "b.test"));
    let held = connect(&a, &ledger, 1);
    let (mut first, mut second) = (b.wait(WaitFor::Any), a.wait(WaitFor::Any));
    pool.set_limits(limits(2, 1));
    let one = granted_permit(&mut first);
    assert!(poll(&mut second).is_pending());
    pool.set_limits(limits(3, 2));
    drop((one, granted_permit(&mut second), held));
}

#[test]
fn limits_lowered_while_busy_close_the_idle_surplus_now_and_the_busy_one_on_return() {
    let (pool, ledger) = (Pool::new(limits(10, 10)), Ledger::new());
    let origin = origin(&pool, "a.test");
    let mut leases: Vec<_> = (1..=6)
        .map(|name| connect(&origin, &ledger, name))
        .collect();
    drop(leases.drain(4..));
    pool.set_limits(limits(2, 10));
    assert_eq!(ledger.names(), [5, 6]);
    assert!(is_full(&origin));
    drop(leases.drain(..2));
    assert_eq!(ledger.live(), 2);
    assert!(is_full(&origin));
    drop(leases);
    assert_eq!((ledger.live(), pool.stats().counts.idle), (2, 2));
    assert_eq!(ledger.reasons(), [CloseReason::Resized; 4]);
    drop(ready(&origin));
}

#[test]
fn lowered_origin_and_keepalive_limits_shed_what_is_idle_least_recently_used_first() {
    let (pool, ledger) = (Pool::new(limits(10, 10)), Ledger::new());
    let (a, b) = (origin(&pool, "a.test"), origin(&pool, "b.test"));
    let leases: Vec<_> = (1..=3).map(|name| connect(&a, &ledger, name)).collect();
    for lease in leases {
        drop(lease);
    }
    drop(connect(&b, &ledger, 4));
    pool.set_limits(limits(10, 2));
    assert_eq!(ledger.names(), [1]);
    pool.set_limits(Limits {
        max_keepalive: 1,
        ..limits(10, 2)
    });
    assert_eq!(ledger.names(), [1, 2, 3]);
    assert_eq!(ready(&b).name, 4);
}

#[test]
fn a_waiter_is_not_served_from_the_surplus_of_lowered_limits() {
    let (pool, ledger) = (Pool::new(limits(2, 2)), Ledger::new());
    let origin = origin(&pool, "a.test");
    let (one, two) = (connect(&origin, &ledger, 1), connect(&origin, &ledger, 2));
    let mut wait = origin.wait(WaitFor::Any);
    pool.set_limits(limits(1, 1));
    drop(one);
    assert_eq!(ledger.reasons(), [CloseReason::Resized]);
    assert!(poll(&mut wait).is_pending());
    drop(two);
    assert_eq!(granted_lease(&mut wait).name, 2);
}
