//! Many threads at once: limits hold, nobody is forgotten, the figures agree at the end.
mod fixture;

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Barrier};

use fixture::*;
use warmline_pool::{Checkout, CloseReason, Granted, Lease, Limits, Origin, Pool, WaitFor};

const THREADS: usize = 8;

/// A lease by whatever way there is; waits if need be.
fn acquire(origin: &Origin<Conn>, ledger: &Arc<Ledger>, capacity: u32) -> Lease<Conn> {
    let establish =
        |permit: warmline_pool::Permit<_>| permit.establish(Conn::shared(ledger, 0, capacity));
    match origin.checkout() {
        Checkout::Ready(lease) => lease,
        Checkout::Connect(permit) => establish(permit),
        Checkout::Full => match block_on(origin.wait(WaitFor::Any)).expect("the pool is open") {
            Granted::Ready(lease) => lease,
            Granted::Connect(permit) => establish(permit),
        },
        Checkout::Closed => panic!("the pool is open"),
    }
}

/// Holds `lease` for a moment and checks that the connection carries no more than it can.
fn use_it(lease: &Lease<Conn>) {
    let users = lease.users.fetch_add(1, SeqCst) + 1;
    assert!(
        users <= lease.capacity.load(SeqCst),
        "{users} leases at once"
    );
    std::thread::yield_now();
    lease.users.fetch_sub(1, SeqCst);
}

/// Runs `work(thread)` on all threads, started together.
fn on_all_threads(work: impl Fn(usize) + Sync) {
    let start = Barrier::new(THREADS);
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (start, work) = (&start, &work);
            scope.spawn(move || {
                start.wait();
                work(thread);
            });
        }
    });
}

fn assert_at_rest(pool: &Pool<Conn>, ledger: &Ledger) {
    let counts = pool.stats().counts;
    assert_eq!(
        (counts.active, counts.pending, counts.waiting),
        (0, 0, 0),
        "{counts:?}"
    );
    assert_eq!((counts.total, counts.idle), (ledger.live(), ledger.live()));
    assert_eq!(counts.closed_total, ledger.reasons().len() as u64);
    assert_eq!(
        counts.created_total - counts.closed_total,
        counts.total as u64
    );
}

#[test]
fn no_limit_is_ever_passed_and_everybody_is_served() {
    let limits = Limits {
        max_keepalive: 3,
        ..limits(5, 3)
    };
    let (pool, ledger) = (Pool::new(limits), Ledger::new());
    let origins: Vec<_> = ["a.test", "b.test", "c.test"]
        .map(|host| origin(&pool, host))
        .into();
    let in_use: Vec<_> = origins.iter().map(|_| AtomicUsize::new(0)).collect();
    on_all_threads(|thread| {
        for round in 0..2_000 {
            let which = (thread + round) % origins.len();
            let lease = acquire(&origins[which], &ledger, 1);
            assert!(
                in_use[which].fetch_add(1, SeqCst) < 3,
                "more than the origin may have"
            );
            use_it(&lease);
            in_use[which].fetch_sub(1, SeqCst);
            match round % 16 {
                0 => lease.discard(CloseReason::Discarded),
                1 => lease.die(),
                _ => {}
            }
        }
    });
    assert!(ledger.most() <= 5, "{} connections at once", ledger.most());
    assert!(pool.stats().counts.idle <= 3);
    assert_at_rest(&pool, &ledger);
    assert_eq!(
        pool.stats().counts.checkouts_total,
        (THREADS * 2_000) as u64
    );
}

#[test]
fn one_connection_serves_eight_threads_and_no_wake_up_is_lost() {
    let (pool, ledger) = (Pool::new(limits(1, 1)), Ledger::new());
    let origin = origin(&pool, "a.test");
    on_all_threads(|_| {
        for _ in 0..2_000 {
            use_it(&acquire(&origin, &ledger, 1));
        }
    });
    assert_eq!(ledger.most(), 1);
    assert_eq!(
        pool.stats().counts.checkouts_total,
        (THREADS * 2_000) as u64
    );
    assert_at_rest(&pool, &ledger);
}

#[test]
fn origins_that_fight_for_one_place_all_get_it() {
    let (pool, ledger) = (Pool::new(limits(1, 1)), Ledger::new());
    let origins: Vec<_> = (0..THREADS)
        .map(|thread| origin(&pool, &format!("{thread}.test")))
        .collect();
    on_all_threads(|thread| {
        for _ in 0..500 {
            use_it(&acquire(&origins[thread], &ledger, 1));
        }
    });
    assert_eq!(ledger.most(), 1);
    assert_at_rest(&pool, &ledger);
}

#[test]
fn shared_connections_never_carry_more_than_they_can() {
    let (pool, ledger) = (Pool::new(limits(2, 2)), Ledger::new());
    let origin = origin(&pool, "a.test");
    on_all_threads(|_| {
        for round in 0..2_000 {
            let lease = acquire(&origin, &ledger, 3);
            use_it(&lease);
            if round % 100 == 0 {
                lease.discard(CloseReason::Discarded);
            }
        }
    });
    assert!(ledger.most() <= 2);
    assert_at_rest(&pool, &ledger);
}

#[test]
fn waits_given_up_at_random_take_nothing_from_the_others() {
    let (pool, ledger) = (Pool::new(limits(2, 2)), Ledger::new());
    let origin = origin(&pool, "a.test");
    on_all_threads(|thread| {
        for round in 0..1_000 {
            if (thread + round) % 3 == 0 {
                let mut wait = origin.wait(WaitFor::Any);
                drop(poll(&mut wait));
                if round % 2 == 0 {
                    drop(wait.time_out());
                }
            } else {
                use_it(&acquire(&origin, &ledger, 1));
            }
        }
    });
    assert!(ledger.most() <= 2);
    assert_at_rest(&pool, &ledger);
}

#[test]
fn peers_that_close_sweeps_and_new_limits_leave_the_figures_right() {
    let (pool, ledger) = (Pool::new(limits(6, 6)), Ledger::new());
    let origins: Vec<_> = ["a.test", "b.test"].map(|host| origin(&pool, host)).into();
    on_all_threads(|thread| {
        for round in 0..1_000 {
            match thread {
                0 => pool.set_limits(limits(2 + round % 5, 1 + round % 6)),
                1 => {
                    pool.sweep();
                    std::thread::yield_now();
                }
                _ => {
                    let lease = acquire(&origins[round % 2], &ledger, 1);
                    use_it(&lease);
                    let retire = lease.retire_handle();
                    if round % 2 == 0 {
                        drop(lease);
                    }
                    if round % 5 == 0 {
                        retire.closed();
                    }
                }
            }
        }
    });
    assert!(ledger.most() <= 6);
    assert_at_rest(&pool, &ledger);
}

#[test]
fn a_pool_closed_in_the_middle_ends_every_wait_and_every_connection() {
    for _ in 0..50 {
        let (pool, ledger) = (Pool::new(limits(2, 2)), Ledger::new());
        let origin = origin(&pool, "a.test");
        on_all_threads(|thread| {
            for round in 0..100 {
                if thread == 0 && round == 50 {
                    pool.close();
                }
                match origin.checkout() {
                    Checkout::Ready(lease) => use_it(&lease),
                    Checkout::Connect(permit) => {
                        use_it(&permit.establish(Conn::new(&ledger, 0)));
                    }
                    Checkout::Full => drop(block_on(origin.wait(WaitFor::Any))),
                    Checkout::Closed => return,
                }
            }
        });
        pool.close();
        assert_eq!(ledger.live(), 0);
        assert_at_rest(&pool, &ledger);
    }
}

#[test]
fn one_key_has_one_origin_however_many_ask_and_sweep() {
    let (pool, ledger) = (Pool::new(limits(100, 1)), Ledger::new());
    on_all_threads(|thread| {
        for _ in 0..500 {
            if thread == 0 {
                pool.sweep();
                continue;
            }
            let origin = origin(&pool, "a.test");
            if let Checkout::Connect(permit) = origin.checkout() {
                let lease = permit.establish(Conn::new(&ledger, 0));
                drop(origin);
                std::thread::yield_now();
                lease.discard(CloseReason::Discarded);
            }
        }
    });
    assert_eq!(ledger.most(), 1, "two origins for one key");
    assert_at_rest(&pool, &ledger);
}
