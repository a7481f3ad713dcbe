//! A connection that is evicted from the middle of the hot list leaves an entry there. How many of
//! those are left is seen by which connections are still in memory.
mod fixture;

use std::sync::{Arc, Weak};

use fixture::*;
use warmline_pool::{Lease, Limits, Pool, Retire};

struct Watched {
    socket: Weak<Conn>,
    retire: Retire<Conn>,
}

impl Watched {
    fn of(lease: &Lease<Conn>) -> Self {
        Self {
            socket: Arc::downgrade(lease.connection()),
            retire: lease.retire_handle(),
        }
    }
}

fn in_memory(watched: &[Watched]) -> usize {
    watched
        .iter()
        .filter(|watched| watched.socket.strong_count() > 0)
        .count()
}

fn pool() -> Pool<Conn> {
    Pool::new(Limits {
        max_keepalive: 10_000,
        ..limits(10_000, 10_000)
    })
}

#[test]
fn the_dead_never_outnumber_the_living_by_much() {
    let (pool, ledger) = (pool(), Ledger::new());
    let origin = origin(&pool, "a.test");
    let leases: Vec<_> = (0..1_000)
        .map(|name| connect(&origin, &ledger, name))
        .collect();
    let watched: Vec<_> = leases.iter().map(Watched::of).collect();
    drop(leases);
    for (turn, one) in watched.iter().enumerate() {
        one.retire.closed();
        let living = 999 - turn;
        let dead = in_memory(&watched) - living;
        assert!(
            dead <= living.max(16) + 1,
            "{dead} dead and {living} living in memory"
        );
    }
}

#[test]
fn a_sweep_clears_them_all() {
    let (pool, ledger) = (pool(), Ledger::new());
    let origin = origin(&pool, "a.test");
    let leases: Vec<_> = (0..10)
        .map(|name| connect(&origin, &ledger, name))
        .collect();
    let watched: Vec<_> = leases.iter().map(Watched::of).collect();
    drop(leases);
    for one in &watched[..9] {
        one.retire.closed();
    }
    assert!(in_memory(&watched) > 1);
    assert_eq!(pool.sweep(), 0, "they are closed already");
    assert_eq!(in_memory(&watched), 1);
    assert_eq!(ready(&origin).name, 9);
}

#[test]
fn a_checkout_skips_them_and_takes_the_next_living_one() {
    let (pool, ledger) = (pool(), Ledger::new());
    let origin = origin(&pool, "a.test");
    let leases: Vec<_> = (0..10)
        .map(|name| connect(&origin, &ledger, name))
        .collect();
    let watched: Vec<_> = leases.iter().map(Watched::of).collect();
    drop(leases);
    for one in &watched[1..] {
        one.retire.closed();
    }
    assert_eq!(ready(&origin).name, 0);
    assert_eq!(ledger.live(), 1);
}
