//! A caller may be dropped at any of its awaits: no place, connection or turn is lost by it.
mod fixture;

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use fixture::*;
use warmline_pool::{Checkout, Granted, Lease, Origin, Permit, Pool, WaitFor};

/// Pending once, like a socket that is not ready yet.
#[derive(Default)]
struct NotYet(bool);

impl Future for NotYet {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}

async fn connect_slowly(permit: Permit<Conn>, ledger: &Arc<Ledger>) -> Lease<Conn> {
    NotYet::default().await;
    let lease = permit.establish(Conn::new(ledger, 7));
    NotYet::default().await;
    lease
}

/// What an engine does for a request, with an await wherever it has one.
async fn request(origin: &Origin<Conn>, ledger: &Arc<Ledger>) {
    let lease = match origin.checkout() {
        Checkout::Ready(lease) => lease,
        Checkout::Connect(permit) => connect_slowly(permit, ledger).await,
        Checkout::Full => match origin.wait(WaitFor::Any).await {
            Ok(Granted::Ready(lease)) => lease,
            Ok(Granted::Connect(permit)) => connect_slowly(permit, ledger).await,
            Err(_) => return,
        },
        Checkout::Closed => return,
    };
    NotYet::default().await;
    drop(lease);
}

/// Polls `future` `times` times and drops it. True if it came to its end before.
fn poll_and_drop(future: impl Future<Output = ()>, times: usize, between: impl Fn()) -> bool {
    let mut future = pin!(future);
    for _ in 0..times {
        if future
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_ready()
        {
            return true;
        }
        between();
    }
    false
}

fn assert_usable_and_at_rest(pool: &Pool<Conn>, origin: &Origin<Conn>, ledger: &Arc<Ledger>) {
    let counts = pool.stats().counts;
    assert_eq!((counts.pending, counts.waiting, counts.active), (0, 0, 0));
    assert_eq!(counts.total, ledger.live());
    block_on(async {
        match origin.checkout() {
            Checkout::Ready(_) | Checkout::Connect(_) => {}
            other => panic!("a place was lost: {other:?}"),
        }
    });
}

#[test]
fn a_cold_request_may_be_dropped_at_every_await() {
    for polls in 0.. {
        let (pool, ledger) = (Pool::new(limits(1, 1)), Ledger::new());
        let origin = origin(&pool, "a.test");
        let ended = poll_and_drop(request(&origin, &ledger), polls, || {});
        assert_usable_and_at_rest(&pool, &origin, &ledger);
        if ended {
            assert!(polls > 3, "the request has three awaits");
            return;
        }
    }
}

#[test]
fn a_request_that_waited_may_be_dropped_at_every_await() {
    for reusable in [true, false] {
        for polls in 0.. {
            let (pool, ledger) = (Pool::new(limits(1, 1)), Ledger::new());
            let origin = origin(&pool, "a.test");
            let held = std::cell::Cell::new(Some(connect(&origin, &ledger, 1)));
            let give_back = || {
                if let Some(lease) = held.take() {
                    if !reusable {
                        lease.die();
                    }
                    drop(lease);
                }
            };
            let ended = poll_and_drop(request(&origin, &ledger), polls, give_back);
            give_back();
            assert_usable_and_at_rest(&pool, &origin, &ledger);
            if ended {
                break;
            }
        }
    }
}

#[test]
fn a_wait_dropped_before_after_and_without_its_grant_passes_the_turn_on() {
    for drop_before_grant in [true, false] {
        let (pool, ledger) = (Pool::new(limits(1, 1)), Ledger::new());
        let origin = origin(&pool, "a.test");
        let held = connect(&origin, &ledger, 1);
        let (first, mut second) = (origin.wait(WaitFor::Any), origin.wait(WaitFor::Any));
        let woken = WakeCount::new();
        assert!(poll_with(&mut second, &Waker::from(woken.clone())).is_pending());
        if drop_before_grant {
            drop(first);
            drop(held);
        } else {
            drop(held);
            drop(first);
        }
        assert_eq!(woken.get(), 1);
        drop(granted_lease(&mut second));
    }
}

#[test]
fn a_granted_permit_that_is_dropped_unseen_goes_to_the_next() {
    let pool = Pool::<Conn>::new(limits(1, 1));
    let origin = origin(&pool, "a.test");
    let held = permit(&origin);
    let mut waits: Vec<_> = (0..4).map(|_| origin.wait(WaitFor::Any)).collect();
    drop(held);
    let mut last = waits.pop().unwrap();
    for wait in waits {
        assert!(poll(&mut last).is_pending());
        drop(wait);
    }
    drop(granted_permit(&mut last));
}

#[test]
fn a_grant_racing_with_the_drop_of_its_wait_is_never_lost() {
    for _ in 0..2_000 {
        let (pool, ledger) = (Pool::new(limits(1, 1)), Ledger::new());
        let origin = origin(&pool, "a.test");
        let held = connect(&origin, &ledger, 1);
        let (first, second) = (origin.wait(WaitFor::Any), origin.wait(WaitFor::Any));
        std::thread::scope(|scope| {
            scope.spawn(|| drop(held));
            scope.spawn(|| drop(first));
        });
        assert!(matches!(block_on(second), Ok(Granted::Ready(_))));
    }
}
