//! The atomics, cells and locks that the pool's races run through: the standard ones, or loom's
//! under `--cfg loom`. Figures that no decision depends on (statistics, time stamps) use `std`
//! directly, so that loom need not explore them.

#[cfg(loom)]
pub(crate) use loom::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize};
#[cfg(not(loom))]
pub(crate) use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize};

#[cfg(loom)]
use loom::{cell, sync};
#[cfg(not(loom))]
use std::sync;

#[cfg(loom)]
pub(crate) use sync::MutexGuard;
#[cfg(not(loom))]
pub(crate) use sync::MutexGuard;

/// A lock that a panic elsewhere does not poison: everything under the pool's locks is left
/// consistent at each step, and foreign code runs under none that it could corrupt.
pub(crate) struct Mutex<T>(sync::Mutex<T>);

impl<T> Mutex<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(sync::Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Stands between publishing a thing and looking whether anybody waits for it, and on the other
/// side between queueing up and looking whether the thing is there: one of the two must see the
/// other.
///
/// All four accesses are `SeqCst`, which is enough by the language's memory model. Loom models
/// `SeqCst` accesses as acquire and release only, but knows the fence.
#[inline]
pub(crate) fn publish_before_look() {
    #[cfg(loom)]
    loom::sync::atomic::fence(std::sync::atomic::Ordering::SeqCst);
}

#[cfg(loom)]
pub(crate) use cell::UnsafeCell;

/// `std`'s cell with loom's interface.
#[cfg(not(loom))]
#[derive(Default)]
pub(crate) struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

#[cfg(not(loom))]
impl<T> UnsafeCell<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(std::cell::UnsafeCell::new(value))
    }

    pub(crate) fn with_mut<R>(&self, access: impl FnOnce(*mut T) -> R) -> R {
        access(self.0.get())
    }
}

/// On cache lines of its own (two, as processors fetch them in pairs), so that writing it does not
/// take from other threads what they only read.
#[repr(align(128))]
pub(crate) struct Apart<T>(pub(crate) T);

impl<T> std::ops::Deref for Apart<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}
