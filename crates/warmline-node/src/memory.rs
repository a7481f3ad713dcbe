//! The allocator of everything in the addon.

use std::ffi::{c_int, c_long};

use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// `mi_option_purge_delay` in mimalloc v2's `mimalloc.h`; the crate has no name for it.
const PURGE_DELAY: c_int = 15;

/// Has freed pages given back to the operating system at once.
///
/// By default mimalloc keeps them for 10 ms and looks again at the next allocation, which after a
/// burst of requests may be hours away: until then the process would keep the burst's memory.
pub(crate) fn give_back_at_once() {
    const AT_ONCE: c_long = 0;
    // SAFETY: sets an atomic in mimalloc's table of options, at any time and from any thread.
    #[allow(unsafe_code, reason = "mimalloc's options have no safe interface")]
    unsafe {
        libmimalloc_sys::mi_option_set(PURGE_DELAY, AT_ONCE);
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
