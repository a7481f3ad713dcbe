//! What a lease costs: nanoseconds for taking an idle connection and giving it back, at one thread
//! and at four. `cargo bench -p warmline-http --bench leases`

use std::io::Read;
use std::net::TcpListener;
use std::thread;
use std::time::Instant;

use warmline_http::{EndpointId, Error, NamedPool, engine};

const TURNS: u32 = 2_000_000;
const THREADS: [usize; 2] = [1, 4];

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
        for threads in THREADS {
            warm(pool, endpoint, threads)?;
            let start = Instant::now();
            let workers: Vec<_> = (0..threads)
                .map(|_| thread::spawn(move || take_and_give(pool, endpoint)))
                .collect();
            let served: u32 = workers.into_iter().filter_map(|it| it.join().ok()).sum();
            let per_turn = start.elapsed().as_nanos() / u128::from(served.max(1));
            println!("{name}: {threads} thread(s): {per_turn} ns per get + put, {served} of them");
        }
    }
    Ok(())
}

/// Opens as many connections as there will be threads.
fn warm(pool: &'static NamedPool, endpoint: EndpointId, count: usize) -> Result<(), Error> {
    let leases: Result<Vec<_>, Error> = (0..count)
        .map(|_| engine()?.block_on(pool.acquire(endpoint, None)))
        .collect();
    for lease in leases? {
        pool.put(lease);
    }
    Ok(())
}

fn take_and_give(pool: &NamedPool, endpoint: EndpointId) -> u32 {
    let turns = 0..TURNS;
    turns
        .filter_map(|_| pool.get(endpoint))
        .map(|lease| u32::from(pool.put(lease)))
        .sum()
}
