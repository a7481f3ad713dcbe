//! The engine: the tokio threads that carry every connection of the process.
//!
//! It is started by whoever needs it first and shared by all JavaScript threads. Its threads are
//! detached: they never keep the process alive, and they end with it.

use std::sync::OnceLock;
use std::thread;

use tokio::runtime::{Builder, Handle, Runtime};

use crate::error::{Error, Phase};

/// How many threads the engine runs on when `WARMLINE_THREADS` does not say.
const DEFAULT_THREADS: usize = 1;
/// More threads than this are a typing error rather than a wish.
const MAX_THREADS: usize = 64;

static ENGINE: OnceLock<Result<Handle, String>> = OnceLock::new();

/// The engine's runtime, started on the first call.
///
/// # Errors
/// `WARMLINE_ENGINE` when `WARMLINE_THREADS` is not a whole number from 1 to 64, or when the
/// operating system refuses a thread or an event queue.
pub fn engine() -> Result<&'static Handle, Error> {
    ENGINE
        .get_or_init(start)
        .as_ref()
        .map_err(|reason| Error::new("WARMLINE_ENGINE", Phase::Pool, reason.clone()))
}

fn start() -> Result<Handle, String> {
    let threads = match std::env::var("WARMLINE_THREADS") {
        Ok(text) => match text.trim().parse() {
            Ok(count @ 1..=MAX_THREADS) => count,
            _ => {
                return Err(format!(
                    "WARMLINE_THREADS must be a whole number from 1 to {MAX_THREADS}, not {text:?}"
                ));
            }
        },
        Err(_) => DEFAULT_THREADS,
    };
    let runtime = build(threads)
        .map_err(|error| format!("the engine could not start its event loop: {error}"))?;
    let handle = runtime.handle().clone();
    // One thread drives a current-thread runtime (no work stealing, no cross-thread wake-ups);
    // with more, this thread only keeps the runtime alive.
    thread::Builder::new()
        .name("warmline".into())
        .spawn(move || runtime.block_on(std::future::pending::<()>()))
        .map_err(|error| format!("the engine could not start its thread: {error}"))?;
    Ok(handle)
}

fn build(threads: usize) -> std::io::Result<Runtime> {
    let mut builder = if threads == 1 {
        Builder::new_current_thread()
    } else {
        Builder::new_multi_thread()
    };
    if threads > 1 {
        builder.worker_threads(threads);
    }
    builder.thread_name("warmline").enable_all().build()
}
