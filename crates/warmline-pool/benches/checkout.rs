//! Nanoseconds for a checkout and the return that follows, with 1, 2 and 4 threads, all on one
//! origin and each on its own. Prints the best of several rounds: others on the machine only ever
//! add.
//!
//! `cargo bench -p warmline-pool`

use std::sync::Barrier;
use std::time::{Duration, Instant};

use warmline_pool::{Checkout, CloseReason, Key, Limits, Origin, Pool, Poolable, Scheme};

/// Many and short, so that some run undisturbed on a busy machine.
const ROUNDS: usize = 100;
const PAIRS: u32 = 20_000;

struct Idle;

impl Poolable for Idle {
    fn is_open(&self) -> bool {
        true
    }

    fn close(&self, _reason: CloseReason) {}
}

fn main() {
    println!("checkout + return, ns a pair (wall time of a thread)");
    for threads in [1, 2, 4] {
        let shared = best(threads, |pool, _| origin(pool, "shared.test", threads));
        let apart = best(threads, |pool, thread| {
            origin(pool, &format!("{thread}.test"), 1)
        });
        println!("{threads} threads   one origin {shared:6.1}   an origin each {apart:6.1}");
    }
}

/// An origin with `warm` idle connections.
fn origin(pool: &Pool<Idle>, host: &str, warm: usize) -> Origin<Idle> {
    let origin = pool.origin(&Key::new(Scheme::Https, host, 443));
    let leases: Vec<_> = (0..warm)
        .filter_map(|_| match origin.checkout() {
            Checkout::Connect(permit) => Some(permit.establish(Idle)),
            _ => None,
        })
        .collect();
    drop(leases);
    origin
}

fn best(threads: usize, origin: impl Fn(&Pool<Idle>, usize) -> Origin<Idle>) -> f64 {
    let round = |_| {
        let pool = Pool::new(Limits::default());
        let origins: Vec<_> = (0..threads).map(|thread| origin(&pool, thread)).collect();
        let start = Barrier::new(threads);
        let took = std::thread::scope(|scope| {
            let running: Vec<_> = origins
                .iter()
                .map(|origin| {
                    scope.spawn(|| {
                        start.wait();
                        run(origin)
                    })
                })
                .collect();
            running
                .into_iter()
                .filter_map(|thread| thread.join().ok())
                .max()
        });
        took.unwrap_or(Duration::MAX)
    };
    let best = (0..ROUNDS).map(round).min().unwrap_or(Duration::MAX);
    best.as_secs_f64() * 1e9 / f64::from(PAIRS)
}

fn run(origin: &Origin<Idle>) -> Duration {
    let began = Instant::now();
    for _ in 0..PAIRS {
        drop(std::hint::black_box(origin.checkout()));
    }
    began.elapsed()
}
