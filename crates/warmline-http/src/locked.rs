//! A lock that outlives a panic: what it guards is whole between any two statements, so that one request's panic
//! need not take it from all others.

use std::sync::{Mutex, MutexGuard, PoisonError};

pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
