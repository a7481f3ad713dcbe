//! Nanoseconds for taking an idle connection and giving it back, with 1 and 4 threads. Prints the best
//! of several rounds: others on the machine only ever add.
//!
//! `cargo bench -p warmline-http --bench leases`

use std::io::Read;
use std::net::TcpListener;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use warmline_http::{EndpointId, Error, Holder, NamedPool, engine};

/// Many and short, so that some run undisturbed on a busy machine.
const ROUNDS: usize = 100;
const PAIRS: u32 = 20_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        // Every accepted connection is kept open and silent.
        for stream in listener.incoming().flatten() {
            thread::spawn(move || (&stream).read(&mut [0]));
        }
    });
    for name in ["a pool of its own", "default"] {
        let pool = NamedPool::open(name)?;
        let endpoint = pool.endpoint(&format!("http://{address}"))?;
        for threads in [1, 4] {
            warm(pool, endpoint, threads)?;
            let best = (0..ROUNDS).map(|_| round(pool, endpoint, threads)).min();
            let pair = best.unwrap_or_default().as_secs_f64() * 1e9 / f64::from(PAIRS);
            println!("{name}: {threads} thread(s): {pair:.1} ns per get + put");
        }
    }
    Ok(())
}

/// Opens as many connections as there will be threads.
fn warm(pool: &'static NamedPool, endpoint: EndpointId, count: usize) -> Result<(), Error> {
    let leases: Result<Vec<_>, Error> = (0..count)
        .map(|_| engine()?.block_on(pool.acquire(endpoint, Holder::PROCESS, None)))
        .collect();
    for lease in leases? {
        pool.put(lease);
    }
    Ok(())
}

/// How long the quickest of the threads took.
fn round(pool: &'static NamedPool, endpoint: EndpointId, threads: usize) -> Duration {
    let start = Barrier::new(threads);
    thread::scope(|scope| {
        let running: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    start.wait();
                    let began = Instant::now();
                    for _ in 0..PAIRS {
                        if let Some(lease) = pool.get(endpoint, Holder::PROCESS) {
                            pool.put(lease);
                        }
                    }
                    began.elapsed()
                })
            })
            .collect();
        running
            .into_iter()
            .filter_map(|it| it.join().ok())
            .min()
            .unwrap_or_default()
    })
}
