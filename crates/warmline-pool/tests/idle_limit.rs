//! How long the peer of an origin keeps idle connections, as the pool learns it.
mod fixture;

use std::sync::Arc;
use std::time::Duration;

use fixture::*;
use warmline_pool::{CloseReason, Limits, ManualClock, Origin, Pool};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

struct Scene {
    clock: ManualClock,
    ledger: Arc<Ledger>,
    pool: Pool<Conn>,
    origin: Origin<Conn>,
}

impl Scene {
    fn new() -> Self {
        let limits = Limits {
            keepalive_expiry: 60 * MINUTE,
            ..Limits::default()
        };
        let clock = ManualClock::default();
        let pool = Pool::with_clock(limits, clock.clone());
        Self {
            clock,
            ledger: Ledger::new(),
            origin: origin(&pool, "a.test"),
            pool,
        }
    }

    /// A connection is idle for `age`, and then its peer closes it.
    fn peer_closes_at(&self, age: Duration) {
        let lease = connect(&self.origin, &self.ledger, 0);
        let retire = lease.retire_handle();
        drop(lease);
        self.clock.advance(age);
        retire.closed();
    }

    fn learn(&self, age: Duration) {
        for _ in 0..3 {
            self.peer_closes_at(age);
        }
    }
}

#[test]
fn a_connection_is_not_handed_out_that_its_peer_is_about_to_close() {
    let scene = Scene::new();
    scene.learn(5 * SECOND);
    drop(connect(&scene.origin, &scene.ledger, 1));
    scene.clock.advance(4 * SECOND);
    drop(ready(&scene.origin));
    scene.clock.advance(4 * SECOND + SECOND / 10);
    drop(permit(&scene.origin));
    assert_eq!(scene.ledger.names().last(), Some(&1));
    assert_eq!(scene.ledger.reasons().last(), Some(&CloseReason::Idle));
}

#[test]
fn a_limit_is_one_origins_own() {
    let scene = Scene::new();
    scene.learn(5 * SECOND);
    let other = origin(&scene.pool, "b.test");
    drop(connect(&other, &scene.ledger, 1));
    scene.clock.advance(MINUTE);
    assert_eq!(ready(&other).name, 1);
}

#[test]
fn closings_of_leased_connections_teach_nothing() {
    let scene = Scene::new();
    for _ in 0..3 {
        let lease = connect(&scene.origin, &scene.ledger, 0);
        scene.clock.advance(5 * SECOND);
        lease.retire_handle().closed();
    }
    drop(connect(&scene.origin, &scene.ledger, 1));
    scene.clock.advance(MINUTE);
    assert_eq!(ready(&scene.origin).name, 1);
}

#[test]
fn connections_that_were_never_used_neither_teach_nor_heed_a_limit() {
    let scene = Scene::new();
    let stock = |name| {
        let permit = scene.origin.spare().unwrap();
        permit.establish(Conn::new(&scene.ledger, name))
    };
    for _ in 0..3 {
        let lease = stock(0);
        let retire = lease.retire_handle();
        drop(lease);
        scene.clock.advance(5 * SECOND);
        retire.closed();
    }
    drop(connect(&scene.origin, &scene.ledger, 1));
    scene.clock.advance(MINUTE);
    assert_eq!(ready(&scene.origin).name, 1, "nothing was learnt");
    scene.clock.advance(61 * MINUTE);
    scene.pool.sweep();

    scene.learn(5 * SECOND);
    drop(stock(2));
    scene.clock.advance(MINUTE);
    assert_eq!(ready(&scene.origin).name, 2);
    scene.clock.advance(5 * SECOND);
    drop(permit(&scene.origin));
}

#[test]
fn a_use_after_a_longer_time_than_that_keeps_a_limit_from_being_learnt() {
    let scene = Scene::new();
    drop(connect(&scene.origin, &scene.ledger, 1));
    scene.clock.advance(20 * SECOND);
    drop(ready(&scene.origin));
    let held = ready(&scene.origin);
    scene.learn(5 * SECOND);
    drop(held);
    scene.clock.advance(20 * SECOND);
    assert_eq!(ready(&scene.origin).name, 1);
}

#[test]
fn sweeps_let_longer_times_be_tried_now_and_then() {
    let scene = Scene::new();
    scene.learn(5 * SECOND);
    drop(connect(&scene.origin, &scene.ledger, 1));
    scene.clock.advance(10 * MINUTE);
    assert_eq!(scene.pool.sweep(), 1, "the limit was in force until now");
    drop(connect(&scene.origin, &scene.ledger, 2));
    scene.clock.advance(MINUTE);
    assert_eq!(ready(&scene.origin).name, 2);
}

#[test]
fn an_origin_without_connections_is_remembered_for_what_is_known_of_it_and_not_for_ever() {
    let scene = Scene::new();
    scene.learn(5 * SECOND);
    let Scene { clock, pool, .. } = scene;
    drop(scene.origin);
    pool.sweep();
    assert_eq!(pool.stats().origins, 1);
    clock.advance(21 * MINUTE);
    pool.sweep();
    assert_eq!(pool.stats().origins, 0);
}

#[test]
fn of_many_origins_without_connections_none_is_remembered() {
    let scene = Scene::new();
    for number in 0..1025 {
        let origin = origin(&scene.pool, &format!("{number}.test"));
        let lease = connect(&origin, &scene.ledger, 0);
        let retire = lease.retire_handle();
        drop(lease);
        scene.clock.advance(5 * SECOND);
        retire.closed();
    }
    drop(scene.origin);
    scene.pool.sweep();
    assert_eq!(scene.pool.stats().origins, 0);
}

#[test]
fn what_the_peer_says_of_itself_counts_less_a_margin_and_only_if_it_is_shorter() {
    let scene = Scene::new();
    for (stated, fit) in [(1, 500), (5, 4000), (2 * 60 * 60, 60 * 60 * 1000)] {
        let mut lease = connect(&scene.origin, &scene.ledger, 0);
        lease.peer_keeps_for(Duration::from_secs(stated));
        drop(lease);
        scene.clock.advance(Duration::from_millis(fit));
        assert_eq!(scene.pool.sweep(), 0);
        scene.clock.advance(Duration::from_millis(1));
        assert_eq!(scene.pool.sweep(), 1);
    }
}
