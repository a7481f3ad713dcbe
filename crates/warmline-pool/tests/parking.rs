//! Parked connections: idle to the pool, and within reach of their holder until the pool takes them.
#![cfg(not(loom))]

mod fixture;

use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Barrier};
use std::time::Duration;

use fixture::{Conn, Ledger, connect, granted_lease, granted_permit, limits, origin, permit, poll};
use warmline_pool::{
    Checkout, CloseReason, Limits, ManualClock, Origin, Parked, Pool, Spot, WaitFor,
};

/// Whoever parked a connection, with what it knows of it.
struct Holder {
    spot: &'static Spot,
    generation: u32,
    parked: Parked<Conn>,
    connection: Arc<Conn>,
}

impl Holder {
    fn connect(origin: &Origin<Conn>, ledger: &Arc<Ledger>, name: u32) -> Self {
        Self::park(connect(origin, ledger, name))
    }

    fn park(lease: warmline_pool::Lease<Conn>) -> Self {
        let spot: &'static Spot = Box::leak(Box::default());
        spot.lease(1);
        let connection = Arc::clone(lease.connection());
        let parked = lease.park(spot, 1).expect("nothing is against it");
        Self {
            spot,
            generation: 1,
            parked,
            connection,
        }
    }

    /// Two connections, the second one parked a second later.
    fn connect_two(
        origin: &Origin<Conn>,
        ledger: &Arc<Ledger>,
        clock: &ManualClock,
    ) -> (Self, Self) {
        let leases = (connect(origin, ledger, 1), connect(origin, ledger, 2));
        let first = Self::park(leases.0);
        clock.advance(Duration::from_secs(1));
        (first, Self::park(leases.1))
    }

    fn take(&mut self) -> bool {
        let taken = self.spot.take(self.generation);
        self.generation += u32::from(taken);
        taken
    }

    fn put(&mut self) -> bool {
        self.spot.put(self.generation)
    }

    /// Goes to the pool with a lease that it can no longer end by itself.
    fn give_back(&mut self) {
        assert!(!self.put());
        drop(self.parked.lease());
    }
}

fn counts(pool: &Pool<Conn>) -> (usize, usize) {
    let counts = pool.stats().counts;
    (counts.active, counts.idle)
}

fn pool_of(limits: Limits) -> (Pool<Conn>, Origin<Conn>, Arc<Ledger>, ManualClock) {
    let clock = ManualClock::default();
    let pool = Pool::with_clock(limits, clock.clone());
    let origin = origin(&pool, "a.test");
    (pool, origin, Ledger::new(), clock)
}

#[test]
fn a_parked_connection_counts_as_idle_while_it_is_and_as_active_while_its_holder_has_it() {
    let (pool, origin, ledger, _) = pool_of(limits(2, 2));
    let mut holder = Holder::connect(&origin, &ledger, 1);
    assert_eq!(counts(&pool), (0, 1));
    assert!(holder.take());
    assert_eq!(counts(&pool), (1, 0));
    assert_eq!(origin.stats().counts.idle, 0);
    assert!(holder.put());
    assert_eq!(counts(&pool), (0, 1));
    assert_eq!(origin.stats().counts.idle, 1);
}

#[test]
fn a_holder_takes_again_and_again_and_each_time_counts_as_a_checkout() {
    let (pool, origin, ledger, _) = pool_of(limits(1, 1));
    let mut holder = Holder::connect(&origin, &ledger, 1);
    for _ in 0..10 {
        assert!(holder.take() && holder.put());
    }
    let counts = pool.stats().counts;
    assert_eq!((counts.checkouts_total, counts.reused_total), (11, 10));
    let Checkout::Ready(lease) = origin.checkout() else {
        panic!("it is idle")
    };
    assert_eq!(lease.uses(), 12);
}

#[test]
fn a_checkout_takes_what_is_parked_and_not_what_its_holder_has() {
    let (_pool, origin, ledger, _) = pool_of(limits(1, 1));
    let mut holder = Holder::connect(&origin, &ledger, 1);
    assert!(holder.take());
    assert!(fixture::is_full(&origin));
    assert!(holder.put());
    let lease = fixture::ready(&origin);
    assert_eq!(lease.name, 1);
    assert!(!holder.take());
    drop(lease);
    assert!(!holder.take(), "it is the pool's until it is parked again");
    assert_eq!(fixture::ready(&origin).name, 1);
}

#[test]
fn a_connection_whose_peer_closes_is_not_taken_again() {
    let (pool, origin, ledger, _) = pool_of(limits(2, 2));
    let lease = connect(&origin, &ledger, 1);
    let retire = lease.retire_handle();
    let mut holder = Holder::park(lease);
    retire.closed();
    assert!(!holder.take());
    assert!(!holder.parked.is_open());
    assert_eq!(ledger.reasons(), [CloseReason::Dead]);
    assert_eq!(pool.stats().counts.total, 0);
}

#[test]
fn a_connection_whose_peer_closes_while_its_holder_has_it_leaves_the_pool_once() {
    let (pool, origin, ledger, _) = pool_of(limits(2, 2));
    let lease = connect(&origin, &ledger, 1);
    let retire = lease.retire_handle();
    let mut holder = Holder::park(lease);
    assert!(holder.take());
    retire.closed();
    assert_eq!(pool.stats().counts.total, 0);
    holder.give_back();
    assert_eq!(counts(&pool), (0, 0));
    assert_eq!(ledger.reasons(), [CloseReason::Dead]);
}

#[test]
fn the_idle_time_starts_when_the_pool_sees_it_put_back() {
    let limits = Limits {
        keepalive_expiry: Duration::from_secs(10),
        ..limits(2, 2)
    };
    let (pool, origin, ledger, clock) = pool_of(limits);
    let mut holder = Holder::connect(&origin, &ledger, 1);
    for _ in 0..3 {
        clock.advance(Duration::from_secs(8));
        assert!(holder.take() && holder.put());
        assert_eq!(pool.sweep(), 0);
    }
    clock.advance(Duration::from_secs(11));
    assert_eq!(pool.sweep(), 1);
    assert!(!holder.take());
    assert_eq!(ledger.reasons(), [CloseReason::Idle]);
}

#[test]
fn a_sweep_leaves_what_its_holder_has_for_however_long() {
    let (pool, origin, ledger, clock) = pool_of(limits(2, 2));
    let mut holder = Holder::connect(&origin, &ledger, 1);
    assert!(holder.take());
    clock.advance(Duration::from_secs(3600));
    assert_eq!(pool.sweep(), 0);
    assert!(holder.put());
    assert_eq!(pool.sweep(), 0, "idle since now");
}

#[test]
fn one_that_is_too_old_is_closed_when_it_comes_back() {
    let limits = Limits {
        max_age: Some(Duration::from_secs(60)),
        max_age_jitter: 0.0,
        ..limits(2, 2)
    };
    let (pool, origin, ledger, clock) = pool_of(limits);
    let mut holder = Holder::connect(&origin, &ledger, 1);
    assert!(holder.take());
    clock.advance(Duration::from_secs(61));
    assert_eq!(pool.sweep(), 0);
    holder.give_back();
    assert_eq!(ledger.reasons(), [CloseReason::MaxAge]);
}

#[test]
fn another_origin_evicts_what_is_parked_and_not_what_its_holder_has() {
    let (pool, a, ledger, clock) = pool_of(limits(2, 2));
    let (mut first, mut second) = Holder::connect_two(&a, &ledger, &clock);
    assert!(first.take());
    let b = origin(&pool, "b.test");
    let other = permit(&b);
    assert_eq!(ledger.names(), [2]);
    assert!(!second.take());
    assert!(fixture::is_full(&b));
    assert!(first.put());
    drop((other, permit(&b)));
    assert_eq!(ledger.reasons()[0], CloseReason::Evicted);
}

#[test]
fn the_one_used_longest_ago_is_evicted() {
    let (pool, a, ledger, clock) = pool_of(limits(2, 2));
    let (mut first, _second) = Holder::connect_two(&a, &ledger, &clock);
    clock.advance(Duration::from_secs(1));
    assert!(first.take() && first.put());
    drop(permit(&origin(&pool, "b.test")));
    assert_eq!(ledger.names(), [2]);
}

#[test]
fn nothing_is_parked_while_somebody_waits() {
    let (_pool, origin, ledger, _) = pool_of(limits(1, 1));
    let lease = connect(&origin, &ledger, 1);
    let mut wait = origin.wait(WaitFor::Any);
    let spot: &'static Spot = Box::leak(Box::default());
    drop(lease.park(spot, 1).expect_err("somebody waits"));
    assert_eq!(granted_lease(&mut wait).name, 1);
}

#[test]
fn who_waits_gets_what_is_parked_and_what_its_holder_brings_back() {
    for wants in [WaitFor::Any, WaitFor::Idle] {
        let (_pool, origin, ledger, _) = pool_of(limits(1, 1));
        let mut holder = Holder::connect(&origin, &ledger, 1);
        drop(granted_lease(&mut origin.wait(wants)));
        assert!(!holder.take());

        let mut holder = Holder::park(fixture::ready(&origin));
        assert!(holder.take());
        let mut wait = origin.wait(wants);
        assert!(poll(&mut wait).is_pending());
        holder.give_back();
        assert_eq!(granted_lease(&mut wait).name, 1);
    }
}

#[test]
fn who_waits_for_a_place_elsewhere_gets_that_of_what_is_brought_back() {
    let (pool, a, ledger, _) = pool_of(limits(1, 1));
    let mut holder = Holder::connect(&a, &ledger, 1);
    assert!(holder.take());
    let mut wait = origin(&pool, "b.test").wait(WaitFor::Any);
    assert!(poll(&mut wait).is_pending());
    holder.give_back();
    drop(granted_permit(&mut wait));
    assert_eq!(ledger.reasons(), [CloseReason::Evicted]);
}

#[test]
fn no_more_are_idle_than_may_be_and_no_fewer() {
    let limits = Limits {
        max_keepalive: 1,
        ..limits(3, 3)
    };
    let (pool, origin, ledger, _) = pool_of(limits);
    let mut holder = Holder::connect(&origin, &ledger, 1);
    assert!(holder.take());
    // The holder has its connection out: there is room for another idle one, and then none for it.
    let _parked = Holder::connect(&origin, &ledger, 2);
    assert_eq!(counts(&pool), (1, 1));
    holder.give_back();
    assert_eq!(counts(&pool), (0, 1));
    assert_eq!(ledger.reasons(), [CloseReason::KeepaliveLimit]);
    assert_eq!(ledger.names(), [1]);
}

#[test]
fn lower_limits_apply_to_what_its_holder_has() {
    let (pool, origin, ledger, clock) = pool_of(limits(2, 2));
    let (mut parked, mut out) = Holder::connect_two(&origin, &ledger, &clock);
    assert!(out.take());
    pool.set_limits(limits(1, 1));
    assert_eq!((ledger.names(), counts(&pool)), (vec![1], (1, 0)));
    assert!(!parked.take());
    pool.set_limits(limits(0, 0));
    out.give_back();
    assert_eq!(ledger.live(), 0);
}

#[test]
fn closing_the_pool_closes_what_is_parked_now_and_the_rest_as_it_comes_back() {
    let (pool, origin, ledger, clock) = pool_of(limits(2, 2));
    let (mut parked, mut out) = Holder::connect_two(&origin, &ledger, &clock);
    assert!(out.take());
    pool.close();
    assert_eq!(ledger.names(), [1]);
    assert!(!parked.take());
    out.give_back();
    assert_eq!(
        ledger.reasons(),
        [CloseReason::PoolClosed, CloseReason::PoolClosed]
    );
}

#[test]
fn a_pool_that_is_dropped_leaves_nothing_of_what_is_parked() {
    let (pool, origin, ledger, _) = pool_of(limits(2, 2));
    let mut holder = Holder::connect(&origin, &ledger, 1);
    drop((pool, origin));
    assert!(!holder.take());
    assert_eq!(ledger.live(), 0);
    assert_eq!(Arc::strong_count(&holder.connection), 1);
}

#[test]
fn a_connection_that_carries_several_leases_is_not_parked() {
    let (_pool, origin, ledger, _) = pool_of(limits(2, 2));
    let lease = permit(&origin).establish(Conn::shared(&ledger, 1, 8));
    let spot: &'static Spot = Box::leak(Box::default());
    assert!(lease.park(spot, 1).is_err());
    assert!(!spot.look().shared);
}

#[test]
fn what_is_unparked_is_there_for_all_and_not_for_its_holder() {
    let (pool, origin, ledger, _) = pool_of(limits(1, 1));
    let mut holder = Holder::connect(&origin, &ledger, 1);
    drop(holder.parked.unpark().expect("it is parked"));
    assert!(!holder.take());
    assert!(holder.parked.unpark().is_none());
    assert_eq!(counts(&pool), (0, 1));
    assert_eq!(fixture::ready(&origin).name, 1);
}

#[test]
fn holders_and_the_pool_never_have_one_connection_at_once() {
    const HOLDERS: u32 = 4;
    const OTHERS: usize = 3;
    let rounds = if cfg!(miri) { 50 } else { 20_000 };
    let (pool, origin, ledger, _) = pool_of(limits(4, 4));
    let start = Barrier::new(HOLDERS as usize + OTHERS + 1);
    let alone = |connection: &Conn| {
        assert_eq!(connection.users.fetch_add(1, SeqCst), 0, "in two hands");
        connection.users.fetch_sub(1, SeqCst);
    };
    std::thread::scope(|scope| {
        for _ in 0..HOLDERS {
            scope.spawn(|| {
                let spot: &'static Spot = Box::leak(Box::default());
                let mut generation = 0;
                start.wait();
                for round in 0..rounds {
                    let lease = match origin.checkout() {
                        Checkout::Ready(lease) => lease,
                        Checkout::Connect(permit) => permit.establish(Conn::new(&ledger, round)),
                        _ => continue,
                    };
                    alone(&lease);
                    let connection = Arc::clone(lease.connection());
                    generation += 1;
                    spot.lease(generation);
                    let Ok(parked) = lease.park(spot, generation) else {
                        continue;
                    };
                    while spot.take(generation) {
                        generation += 1;
                        alone(&connection);
                        if !spot.put(generation) {
                            drop(parked.lease());
                            break;
                        }
                        if generation % 64 == 0 {
                            drop(parked.unpark());
                        }
                    }
                }
            });
        }
        for _ in 0..OTHERS {
            scope.spawn(|| {
                start.wait();
                for _ in 0..rounds {
                    if let Checkout::Ready(lease) = origin.checkout() {
                        alone(&lease);
                    }
                }
            });
        }
        start.wait();
        for _ in 0..rounds / 100 {
            pool.sweep();
            std::thread::yield_now();
        }
    });
    let counts = pool.stats().counts;
    assert_eq!((counts.active, counts.idle), (0, ledger.live()));
    assert!(ledger.most() <= 4);
}
