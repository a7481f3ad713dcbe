//! How late the event loops of JavaScript threads are: each is called now and then, and what counts is when it comes.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};
use std::time::Instant;

use super::OTHER;
use super::histogram::{Durations, Times};

/// The most threads that have a label of their own.
const MAX_THREADS: usize = 32;

static THREADS: Mutex<Vec<Weak<ThreadLag>>> = Mutex::new(Vec::new());
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// The lateness of one thread's event loop.
pub struct ThreadLag {
    name: String,
    /// When it was called, in microseconds since [`START`]; 0 if it has come since.
    called: AtomicU64,
    lag: Times,
}

/// What is known of a thread.
#[derive(Clone, Default)]
pub struct ThreadFigures {
    /// Such as `main`, or `worker-3`.
    pub thread: String,
    /// How late it came each time that it was called.
    pub lag: Durations,
}

impl ThreadLag {
    /// A thread by this name, which is known for as long as this lasts.
    #[must_use]
    pub fn of(name: String) -> Arc<Self> {
        let lag = Arc::new(Self {
            name,
            called: AtomicU64::new(0),
            lag: Times::default(),
        });
        let mut threads = THREADS.lock().unwrap_or_else(PoisonError::into_inner);
        threads.retain(|thread| thread.strong_count() > 0);
        threads.push(Arc::downgrade(&lag));
        lag
    }

    /// The thread is called; whether it had come since it was called before.
    pub fn call(&self) -> bool {
        let now = micros();
        self.called
            .compare_exchange(0, now, Ordering::AcqRel, Ordering::Relaxed)
            .is_ok()
    }

    /// The thread has come, called or not.
    pub fn came(&self) {
        // Most times it has not been called.
        if self.called.load(Ordering::Relaxed) == 0 {
            return;
        }
        let called = self.called.swap(0, Ordering::AcqRel);
        self.lag
            .record(std::time::Duration::from_micros(micros() - called));
    }
}

/// The threads that there are, by name; last those that have no label.
#[must_use]
pub fn threads() -> Vec<ThreadFigures> {
    let threads = THREADS.lock().unwrap_or_else(PoisonError::into_inner);
    let alive: BTreeMap<_, _> = threads
        .iter()
        .filter_map(Weak::upgrade)
        .map(|thread| (thread.name.clone(), thread))
        .collect();
    drop(threads);
    let mut figures: Vec<_> = alive
        .into_values()
        .map(|thread| ThreadFigures {
            thread: thread.name.clone(),
            lag: thread.lag.read(),
        })
        .collect();
    if figures.len() > MAX_THREADS {
        let mut other = ThreadFigures {
            thread: OTHER.to_owned(),
            ..ThreadFigures::default()
        };
        for thread in figures.split_off(MAX_THREADS) {
            other.lag.add(&thread.lag);
        }
        figures.push(other);
    }
    figures
}

/// Since the first call; never 0.
fn micros() -> u64 {
    let micros = START.elapsed().as_micros();
    u64::try_from(micros).unwrap_or(u64::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str) -> Option<ThreadFigures> {
        threads().into_iter().find(|one| one.thread == name)
    }

    #[test]
    fn a_thread_counts_once_for_each_call_and_is_forgotten_with_its_end() {
        let thread = ThreadLag::of("a-test".to_owned());
        thread.came();
        assert!(thread.call());
        assert!(!thread.call());
        thread.came();
        thread.came();
        assert_eq!(found("a-test").unwrap().lag.count(), 1);
        assert!(thread.call());
        drop(thread);
        assert!(found("a-test").is_none());
    }
}
