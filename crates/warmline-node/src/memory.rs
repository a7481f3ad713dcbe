//! The allocator of everything in the addon.

use std::ffi::{c_int, c_long};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use mimalloc::MiMalloc;
use tokio::runtime::{Handle, RuntimeFlavor};

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// `mi_option_purge_delay` in mimalloc v2's `mimalloc.h`; the crate has no name for it.
const PURGE_DELAY: c_int = 15;

/// How long freed pages are kept for the next request: to give one back and to fault it in again
/// costs more than most of what a request does.
const KEPT_MILLISECONDS: c_long = 100;

/// How often the engine gives back what it has kept for long enough, while something is under way.
const TENDING: Duration = Duration::from_millis(500);

/// What is under way on the engine for JavaScript.
static UNDER_WAY: AtomicUsize = AtomicUsize::new(0);

/// Somebody sees to it that kept pages are given back.
static TENDED: AtomicBool = AtomicBool::new(false);

/// Has freed pages given back to the operating system soon.
///
/// By itself mimalloc looks for pages to give back at the next allocation, which after a burst of
/// requests may be hours away: so [`tend`] looks, too. It sees the pages of its own thread alone;
/// where the engine has several, all of them give back at once.
pub(crate) fn give_back_soon(engine: &Handle) {
    let delay = match engine.runtime_flavor() {
        RuntimeFlavor::CurrentThread => KEPT_MILLISECONDS,
        _ => 0,
    };
    // SAFETY: sets an atomic in mimalloc's table of options, at any time and from any thread.
    #[allow(unsafe_code, reason = "mimalloc's options have no safe interface")]
    unsafe {
        libmimalloc_sys::mi_option_set(PURGE_DELAY, delay);
    }
}

/// Something that is under way on the engine: what it frees is given back soon.
pub(crate) struct UnderWay(());

impl UnderWay {
    /// To be called on the engine.
    pub(crate) fn begin() -> Self {
        UNDER_WAY.fetch_add(1, Ordering::SeqCst);
        if !TENDED.load(Ordering::Relaxed) && !TENDED.swap(true, Ordering::SeqCst) {
            tokio::spawn(tend());
        }
        Self(())
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        UNDER_WAY.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Gives back what was kept for long enough, and everything once nothing is under way; then it ends.
async fn tend() {
    loop {
        tokio::time::sleep(TENDING).await;
        let quiet = UNDER_WAY.load(Ordering::SeqCst) == 0;
        // SAFETY: works on the calling thread's own heap and on mimalloc's shared, atomic state.
        #[allow(unsafe_code, reason = "mimalloc has no safe interface for it")]
        unsafe {
            libmimalloc_sys::mi_collect(quiet);
        }
        if !quiet {
            continue;
        }
        TENDED.store(false, Ordering::SeqCst);
        // Race window: whoever began between the two looks found this one still tending.
        if UNDER_WAY.load(Ordering::SeqCst) == 0 || TENDED.swap(true, Ordering::SeqCst) {
            return;
        }
    }
}

/// What the allocator has committed of the operating system's memory, touched or not, now and at the most, in
/// bytes.
pub(crate) fn committed() -> (usize, usize) {
    let (mut now, mut peak) = (0, 0);
    // SAFETY: fills in what it is given places for, and skips the null pointers, at any time and from any
    // thread.
    #[allow(unsafe_code, reason = "mimalloc's figures have no safe interface")]
    unsafe {
        let none = std::ptr::null_mut();
        libmimalloc_sys::mi_process_info(
            none,
            none,
            none,
            none,
            none,
            &raw mut now,
            &raw mut peak,
            none,
        );
    }
    (now, peak)
}
