//! First come, first served.
mod fixture;

use std::collections::VecDeque;

use fixture::*;
use warmline_pool::{CloseReason, Granted, Pool, WaitFor};

#[test]
fn a_thousand_waiters_are_served_in_the_order_they_came() {
    let (pool, ledger) = (Pool::new(limits(4, 4)), Ledger::new());
    let origin = origin(&pool, "a.test");
    let mut held: VecDeque<_> = (0..4).map(|name| connect(&origin, &ledger, name)).collect();
    let mut waits: VecDeque<_> = (0..1_000)
        .map(|number| (number, origin.wait(WaitFor::Any)))
        .collect();
    for turn in 0..1_000 {
        let lease = held.pop_front().unwrap();
        // Every tenth one breaks: then its place is handed on in the same order.
        if turn % 10 == 0 {
            lease.discard(CloseReason::Discarded);
        } else {
            drop(lease);
        }
        let (number, mut wait) = waits.pop_front().unwrap();
        assert_eq!(number, turn);
        if let Some((_, next)) = waits.front_mut() {
            assert!(poll(next).is_pending(), "{turn} was overtaken");
        }
        held.push_back(match poll(&mut wait) {
            std::task::Poll::Ready(Ok(Granted::Ready(lease))) => lease,
            std::task::Poll::Ready(Ok(Granted::Connect(permit))) => {
                permit.establish(Conn::new(&ledger, turn))
            }
            other => panic!("{turn} was not served: {other:?}"),
        });
    }
}

#[test]
fn those_who_leave_do_not_change_the_order_of_the_others() {
    let (pool, ledger) = (Pool::new(limits(1, 1)), Ledger::new());
    let origin = origin(&pool, "a.test");
    let mut held = Some(connect(&origin, &ledger, 1));
    let mut waits: VecDeque<_> = (0..100).map(|_| Some(origin.wait(WaitFor::Any))).collect();
    for number in (0..100).filter(|number| number % 3 != 0) {
        waits[number] = None;
    }
    for mut wait in waits.into_iter().flatten() {
        assert!(poll(&mut wait).is_pending());
        drop(held.take());
        held = Some(granted_lease(&mut wait));
    }
}

#[test]
fn ten_origins_that_wait_for_one_place_take_turns() {
    let (pool, ledger) = (Pool::new(limits(1, 1)), Ledger::new());
    let mut held = Some(connect(&origin(&pool, "held.test"), &ledger, 1));
    let hosts: Vec<_> = (0..10).map(|number| format!("{number}.test")).collect();
    let waits: Vec<_> = (0..100)
        .map(|number| origin(&pool, &hosts[number % 10]).wait(WaitFor::Any))
        .collect();
    for mut wait in waits {
        assert!(poll(&mut wait).is_pending());
        held.take().unwrap().discard(CloseReason::Discarded);
        held = Some(granted_permit(&mut wait).establish(Conn::new(&ledger, 2)));
    }
    assert_eq!(ledger.most(), 1);
}
