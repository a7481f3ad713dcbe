//! The pool's races, explored by loom with up to three preemptions a run (`LOOM_MAX_PREEMPTIONS`
//! sets another number).
//!
//! `RUSTFLAGS="--cfg loom" cargo test -p warmline-pool --release --lib --test loom`
#![cfg(loom)]

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::task::{Context, Poll, Wake, Waker};

use loom::thread;
use warmline_pool::{
    Checkout, CloseReason, Granted, Key, Lease, Limits, ManualClock, Origin, Parked, Permit, Pool,
    Poolable, Scheme, Spot, Wait, WaitFor,
};

#[derive(Default)]
struct Ledger {
    live: AtomicUsize,
    most: AtomicUsize,
    closed: AtomicUsize,
}

struct Conn {
    ledger: Arc<Ledger>,
    capacity: u32,
    users: AtomicUsize,
    closed: AtomicBool,
}

impl Conn {
    fn new(ledger: &Arc<Ledger>, capacity: u32) -> Self {
        ledger
            .most
            .fetch_max(ledger.live.fetch_add(1, SeqCst) + 1, SeqCst);
        Self {
            ledger: Arc::clone(ledger),
            capacity,
            users: AtomicUsize::new(0),
            closed: AtomicBool::new(false),
        }
    }
}

impl Poolable for Conn {
    fn is_open(&self) -> bool {
        !self.closed.load(SeqCst)
    }

    fn capacity(&self) -> u32 {
        self.capacity
    }

    fn close(&self, _reason: CloseReason) {
        assert!(!self.closed.swap(true, SeqCst), "closed twice");
        self.ledger.live.fetch_sub(1, SeqCst);
        self.ledger.closed.fetch_add(1, SeqCst);
    }
}

/// A pool of at most `max` connections, two origins, and a ledger.
struct Scene {
    pool: Pool<Conn>,
    a: Origin<Conn>,
    b: Origin<Conn>,
    ledger: Arc<Ledger>,
}

impl Scene {
    fn new(max: usize) -> Self {
        let limits = Limits {
            max_connections: max,
            ..Limits::default()
        };
        let pool = Pool::with_clock(limits, ManualClock::default());
        let origin = |host: &str| pool.origin(&Key::new(Scheme::Http, host, 80));
        Self {
            a: origin("a.test"),
            b: origin("b.test"),
            ledger: Arc::default(),
            pool,
        }
    }

    fn connect(&self, origin: &Origin<Conn>, capacity: u32) -> Lease<Conn> {
        match origin.checkout() {
            Checkout::Connect(permit) => permit.establish(Conn::new(&self.ledger, capacity)),
            _ => panic!("no place in an empty pool"),
        }
    }

    /// Nothing is out and nobody waits: the counts agree with the connections.
    fn assert_at_rest(&self) {
        let counts = self.pool.stats().counts;
        assert_eq!((counts.pending, counts.waiting), (0, 0));
        assert_eq!(counts.total, self.ledger.live.load(SeqCst));
        assert_eq!(counts.idle, counts.total);
        assert_eq!(counts.closed_total, self.ledger.closed.load(SeqCst) as u64);
    }
}

fn explore(scene: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound.get_or_insert(3);
    builder.check(scene);
}

/// Uses a lease for a moment, alone if the connection carries one at a time.
fn use_it(lease: &Lease<Conn>) {
    let users = lease.users.fetch_add(1, SeqCst) + 1;
    assert!(
        users <= lease.capacity as usize,
        "more leases than the connection carries"
    );
    thread::yield_now();
    lease.users.fetch_sub(1, SeqCst);
}

fn use_granted(granted: Granted<Conn>, ledger: &Arc<Ledger>) {
    match granted {
        Granted::Ready(lease) => use_it(&lease),
        Granted::Connect(permit) => use_permit(permit, ledger),
    }
}

fn use_permit(permit: Permit<Conn>, ledger: &Arc<Ledger>) {
    use_it(&permit.establish(Conn::new(ledger, 1)));
}

fn check_out_and_use(origin: &Origin<Conn>, ledger: &Arc<Ledger>) -> bool {
    match origin.checkout() {
        Checkout::Ready(lease) => use_it(&lease),
        Checkout::Connect(permit) => use_permit(permit, ledger),
        Checkout::Full => return false,
        Checkout::Closed => {}
    }
    true
}

#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, SeqCst);
    }
}

/// A wait that has been polled once, as a task would.
struct Waiting {
    wait: Wait<Conn>,
    woken: Arc<Woken>,
    early: Option<Granted<Conn>>,
}

impl Waiting {
    fn at(origin: &Origin<Conn>, wants: WaitFor) -> Self {
        let (mut wait, woken) = (origin.wait(wants), Arc::<Woken>::default());
        let early = Self::poll(&mut wait, &Waker::from(Arc::clone(&woken)));
        Self { wait, woken, early }
    }

    fn poll(wait: &mut Wait<Conn>, waker: &Waker) -> Option<Granted<Conn>> {
        match Pin::new(wait).poll(&mut Context::from_waker(waker)) {
            Poll::Ready(Ok(granted)) => Some(granted),
            Poll::Ready(Err(closed)) => panic!("{closed}"),
            Poll::Pending => None,
        }
    }

    /// What it got, now that everybody else is done: without a wake-up the task would sleep for
    /// ever.
    fn must_have_been_served(mut self) -> Granted<Conn> {
        if let Some(granted) = self.early {
            return granted;
        }
        assert!(self.woken.0.load(SeqCst), "lost wake-up");
        Self::poll(&mut self.wait, Waker::noop()).expect("woken for nothing")
    }
}

/// Whoever has parked a connection.
struct Holder {
    spot: &'static Spot,
    parked: Parked<Conn>,
    connection: Arc<Conn>,
}

impl Holder {
    /// Parks a connection that it opens, as the first lease of its spot.
    fn at(scene: &Scene, origin: &Origin<Conn>) -> Self {
        let lease = scene.connect(origin, 1);
        let connection = Arc::clone(lease.connection());
        let spot: &'static Spot = Box::leak(Box::default());
        let Ok(parked) = lease.park(spot, 1) else {
            panic!("nothing is against it")
        };
        Self {
            spot,
            parked,
            connection,
        }
    }

    /// Takes the connection if it still can, and gives it back: by itself, or to the pool.
    fn turn(&self) -> bool {
        let taken = self.spot.take(1);
        if taken {
            let users = self.connection.users.fetch_add(1, SeqCst) + 1;
            assert_eq!(users, 1, "in two hands");
            thread::yield_now();
            self.connection.users.fetch_sub(1, SeqCst);
            if !self.spot.put(2) {
                drop(self.parked.lease());
            }
        }
        taken
    }
}

#[test]
fn a_holder_and_a_checkout_never_have_one_connection_at_once() {
    explore(|| {
        let scene = Arc::new(Scene::new(1));
        let holder = Holder::at(&scene, &scene.a);
        let thread = thread::spawn(move || holder.turn());
        let mine = check_out_and_use(&scene.a, &scene.ledger);
        let theirs = thread.join().unwrap();
        assert!(mine || theirs);
        assert_eq!(scene.ledger.most.load(SeqCst), 1);
        scene.assert_at_rest();
    });
}

#[test]
fn what_a_holder_puts_back_beside_a_new_wait_is_not_missed() {
    for wants in [WaitFor::Any, WaitFor::Idle] {
        explore(move || {
            let scene = Arc::new(Scene::new(1));
            let holder = Holder::at(&scene, &scene.a);
            let thread = thread::spawn(move || holder.turn());
            let waiting = Waiting::at(&scene.a, wants);
            thread.join().unwrap();
            use_granted(waiting.must_have_been_served(), &scene.ledger);
            scene.assert_at_rest();
        });
    }
}

#[test]
fn a_place_that_a_holder_keeps_reaches_who_waits_for_it_elsewhere() {
    explore(|| {
        let scene = Arc::new(Scene::new(1));
        let holder = Holder::at(&scene, &scene.a);
        let thread = thread::spawn(move || holder.turn());
        let waiting = Waiting::at(&scene.b, WaitFor::Any);
        thread.join().unwrap();
        use_granted(waiting.must_have_been_served(), &scene.ledger);
        assert_eq!(scene.ledger.most.load(SeqCst), 1);
        scene.assert_at_rest();
    });
}

#[test]
fn a_connection_that_is_parked_beside_a_new_wait_is_not_missed() {
    explore(|| {
        let scene = Arc::new(Scene::new(1));
        let lease = scene.connect(&scene.a, 1);
        let thread = thread::spawn(move || {
            let spot: &'static Spot = Box::leak(Box::default());
            if let Ok(parked) = lease.park(spot, 1)
                && spot.take(1)
                && !spot.put(2)
            {
                drop(parked.lease());
            }
        });
        let waiting = Waiting::at(&scene.a, WaitFor::Any);
        thread.join().unwrap();
        use_granted(waiting.must_have_been_served(), &scene.ledger);
        scene.assert_at_rest();
    });
}

#[test]
fn a_peer_that_closes_beside_a_holder_ends_the_connection_once() {
    explore(|| {
        let scene = Arc::new(Scene::new(1));
        let lease = scene.connect(&scene.a, 1);
        let retire = lease.retire_handle();
        let spot: &'static Spot = Box::leak(Box::default());
        let Ok(parked) = lease.park(spot, 1) else {
            panic!("nothing is against it")
        };
        let thread = thread::spawn(move || retire.closed());
        if spot.take(1) && !spot.put(2) {
            drop(parked.lease());
        }
        thread.join().unwrap();
        assert!(!spot.take(1) && !spot.take(2));
        assert_eq!(scene.ledger.closed.load(SeqCst), 1);
        scene.assert_at_rest();
    });
}

#[test]
fn close_beside_a_holder_leaves_nothing_open() {
    explore(|| {
        let scene = Arc::new(Scene::new(1));
        let holder = Holder::at(&scene, &scene.a);
        let thread = thread::spawn(move || holder.turn());
        scene.pool.close();
        thread.join().unwrap();
        assert_eq!(scene.ledger.live.load(SeqCst), 0);
        scene.assert_at_rest();
    });
}

#[test]
fn whoever_seizes_a_lease_beside_a_checkout_and_its_holder_gives_it_back_once() {
    explore(|| {
        let scene = Arc::new(Scene::new(1));
        let Holder { spot, parked, .. } = Holder::at(&scene, &scene.a);
        let other = Arc::clone(&scene);
        let thread = thread::spawn(move || check_out_and_use(&other.a, &other.ledger));
        if spot.take(1) {
            parked.seize();
            assert!(!spot.put(2));
            drop(parked.lease());
        } else {
            drop(parked.unpark());
        }
        thread.join().unwrap();
        scene.assert_at_rest();
    });
}

#[test]
fn two_checkouts_and_returns_never_share_a_connection_that_carries_one() {
    explore(|| {
        let scene = Arc::new(Scene::new(1));
        drop(scene.connect(&scene.a, 1));
        let other = Arc::clone(&scene);
        let thread = thread::spawn(move || check_out_and_use(&other.a, &other.ledger));
        let mine = check_out_and_use(&scene.a, &scene.ledger);
        let theirs = thread.join().unwrap();
        assert!(mine || theirs);
        assert_eq!(scene.ledger.most.load(SeqCst), 1);
        scene.assert_at_rest();
    });
}

#[test]
fn a_return_beside_a_new_wait_is_not_missed() {
    for wants in [WaitFor::Any, WaitFor::Idle] {
        explore(move || {
            let scene = Arc::new(Scene::new(1));
            let held = scene.connect(&scene.a, 1);
            let thread = thread::spawn(move || drop(held));
            let waiting = Waiting::at(&scene.a, wants);
            thread.join().unwrap();
            use_granted(waiting.must_have_been_served(), &scene.ledger);
            scene.assert_at_rest();
        });
    }
}

#[test]
fn a_place_that_comes_free_beside_a_new_wait_is_not_missed() {
    explore(|| {
        let scene = Arc::new(Scene::new(1));
        let Checkout::Connect(permit) = scene.a.checkout() else {
            panic!()
        };
        let thread = thread::spawn(move || drop(permit));
        let waiting = Waiting::at(&scene.b, WaitFor::Any);
        thread.join().unwrap();
        use_granted(waiting.must_have_been_served(), &scene.ledger);
        scene.assert_at_rest();
    });
}

#[test]
fn a_return_elsewhere_beside_a_wait_for_a_place_is_not_missed() {
    explore(|| {
        let scene = Arc::new(Scene::new(1));
        let held = scene.connect(&scene.a, 1);
        let thread = thread::spawn(move || drop(held));
        let waiting = Waiting::at(&scene.b, WaitFor::Any);
        thread.join().unwrap();
        use_granted(waiting.must_have_been_served(), &scene.ledger);
        assert_eq!(scene.ledger.most.load(SeqCst), 1);
        scene.assert_at_rest();
    });
}

#[test]
fn a_spare_place_that_comes_free_beside_a_new_wait_is_not_missed() {
    explore(|| {
        let scene = Arc::new(Scene::new(1));
        let other = Arc::clone(&scene);
        let thread = thread::spawn(move || drop(other.b.spare()));
        let waiting = Waiting::at(&scene.a, WaitFor::Any);
        thread.join().unwrap();
        use_granted(waiting.must_have_been_served(), &scene.ledger);
        scene.assert_at_rest();
    });
}

#[test]
fn a_failed_checkout_that_rolls_back_does_not_hide_a_place_from_a_wait() {
    explore(|| {
        let limits = Limits {
            max_connections: 1,
            max_connections_per_origin: 1,
            ..Limits::default()
        };
        let scene = Arc::new(Scene::new(1));
        scene.pool.set_limits(limits);
        let held = scene.connect(&scene.b, 1);
        let other = Arc::clone(&scene);
        let rolling = thread::spawn(move || check_out_and_use(&other.a, &other.ledger));
        let returning = thread::spawn(move || held.discard(CloseReason::Discarded));
        let waiting = Waiting::at(&scene.a, WaitFor::Any);
        rolling.join().unwrap();
        returning.join().unwrap();
        use_granted(waiting.must_have_been_served(), &scene.ledger);
        scene.assert_at_rest();
    });
}

#[test]
fn a_grant_to_a_wait_that_is_dropped_goes_to_the_next() {
    explore(|| {
        let scene = Arc::new(Scene::new(1));
        let held = scene.connect(&scene.a, 1);
        let dropped = Waiting::at(&scene.a, WaitFor::Any);
        let next = Waiting::at(&scene.a, WaitFor::Any);
        let thread = thread::spawn(move || drop(held));
        drop(dropped);
        thread.join().unwrap();
        use_granted(next.must_have_been_served(), &scene.ledger);
        scene.assert_at_rest();
    });
}

#[test]
fn a_place_granted_to_a_wait_that_times_out_is_used_or_passed_on() {
    explore(|| {
        let scene = Arc::new(Scene::new(1));
        let Checkout::Connect(permit) = scene.a.checkout() else {
            panic!()
        };
        let timing_out = scene.a.wait(WaitFor::Any);
        let next = Waiting::at(&scene.a, WaitFor::Any);
        let thread = thread::spawn(move || drop(permit));
        drop(timing_out.time_out());
        thread.join().unwrap();
        use_granted(next.must_have_been_served(), &scene.ledger);
        scene.assert_at_rest();
    });
}

#[test]
fn an_idle_connection_is_evicted_or_leased_but_never_both() {
    explore(|| {
        let scene = Arc::new(Scene::new(1));
        drop(scene.connect(&scene.a, 1));
        let other = Arc::clone(&scene);
        let thread = thread::spawn(move || check_out_and_use(&other.b, &other.ledger));
        let mine = check_out_and_use(&scene.a, &scene.ledger);
        let theirs = thread.join().unwrap();
        assert!(mine || theirs);
        assert_eq!(scene.ledger.most.load(SeqCst), 1);
        scene.assert_at_rest();
    });
}

#[test]
fn a_peer_that_closes_beside_a_checkout_and_a_return_ends_the_connection_once() {
    explore(|| {
        let scene = Arc::new(Scene::new(1));
        let lease = scene.connect(&scene.a, 1);
        let retire = lease.retire_handle();
        let thread = thread::spawn(move || retire.closed());
        drop(lease);
        check_out_and_use(&scene.a, &scene.ledger);
        thread.join().unwrap();
        assert!(scene.ledger.closed.load(SeqCst) >= 1);
        scene.assert_at_rest();
    });
}

#[test]
fn a_peer_that_closes_wakes_who_waits_for_the_place() {
    explore(|| {
        let scene = Arc::new(Scene::new(1));
        let lease = scene.connect(&scene.a, 1);
        let retire = lease.retire_handle();
        let thread = thread::spawn(move || retire.closed());
        let waiting = Waiting::at(&scene.a, WaitFor::Any);
        thread.join().unwrap();
        use_granted(waiting.must_have_been_served(), &scene.ledger);
        drop(lease);
        scene.assert_at_rest();
    });
}

#[test]
fn two_checkouts_at_once_find_room_on_a_shared_connection() {
    explore(|| {
        let scene = Arc::new(Scene::new(2));
        let maker = scene.connect(&scene.a, 3);
        let other = Arc::clone(&scene);
        let thread = thread::spawn(move || match other.a.checkout() {
            Checkout::Ready(lease) => use_it(&lease),
            _ => panic!("there was room"),
        });
        match scene.a.checkout() {
            Checkout::Ready(lease) => use_it(&lease),
            _ => panic!("there was room"),
        }
        thread.join().unwrap();
        drop(maker);
        scene.assert_at_rest();
    });
}

#[test]
fn a_lease_given_back_on_a_full_shared_connection_reaches_who_waits() {
    explore(|| {
        let scene = Arc::new(Scene::new(1));
        let first = scene.connect(&scene.a, 2);
        let Checkout::Ready(second) = scene.a.checkout() else {
            panic!()
        };
        let thread = thread::spawn(move || drop(second));
        let waiting = Waiting::at(&scene.a, WaitFor::Any);
        thread.join().unwrap();
        use_granted(waiting.must_have_been_served(), &scene.ledger);
        drop(first);
        scene.assert_at_rest();
    });
}

#[test]
fn close_beside_a_return_and_an_establishment_leaves_nothing_open() {
    explore(|| {
        let scene = Arc::new(Scene::new(2));
        let lease = scene.connect(&scene.a, 1);
        let Checkout::Connect(permit) = scene.a.checkout() else {
            panic!()
        };
        let ledger = Arc::clone(&scene.ledger);
        let thread = thread::spawn(move || {
            drop(lease);
            drop(permit.establish(Conn::new(&ledger, 1)));
        });
        scene.pool.close();
        thread.join().unwrap();
        assert_eq!(scene.ledger.live.load(SeqCst), 0);
        scene.assert_at_rest();
    });
}

#[test]
fn a_sweep_beside_a_checkout_closes_or_leaves_it() {
    explore(|| {
        let scene = Arc::new(Scene::new(1));
        drop(scene.connect(&scene.a, 1));
        scene.pool.set_limits(Limits {
            max_connections: 1,
            ..Limits::default()
        });
        let other = Arc::clone(&scene);
        let thread = thread::spawn(move || other.pool.sweep());
        assert!(check_out_and_use(&scene.a, &scene.ledger));
        thread.join().unwrap();
        assert_eq!(scene.ledger.most.load(SeqCst), 1);
        scene.assert_at_rest();
    });
}
