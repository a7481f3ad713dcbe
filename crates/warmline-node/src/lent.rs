//! Clients' sockets that JavaScript lends to the engine, from the call to the relay that writes to them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use warmline_http::relay::Downstream;

/// One JavaScript thread's sockets that no relay has taken yet. They are closed with the thread.
#[derive(Default)]
pub(crate) struct Lent(Mutex<Sockets>);

#[derive(Default)]
#[allow(
    clippy::zero_sized_map_values,
    reason = "on platforms where nobody can lend a socket"
)]
struct Sockets {
    latest: u32,
    waiting: HashMap<u32, Downstream>,
}

impl Lent {
    /// Duplicates the socket with this descriptor, which is open for the length of this call. The result is
    /// its number here; `None` if it cannot be lent.
    pub(crate) fn lend(&self, descriptor: i32) -> Option<u32> {
        let socket = duplicate(descriptor)?;
        let mut sockets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sockets.latest = sockets.latest.wrapping_add(1);
        let number = sockets.latest;
        sockets.waiting.insert(number, socket);
        Some(number)
    }

    /// Takes a socket out; `None` if it was taken before.
    pub(crate) fn take(&self, number: u32) -> Option<Downstream> {
        let mut sockets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sockets.waiting.remove(&number)
    }
}

#[cfg(unix)]
fn duplicate(descriptor: i32) -> Option<Downstream> {
    use std::os::fd::BorrowedFd;

    if descriptor < 0 {
        return None;
    }
    // SAFETY: the descriptor is that of a socket of the calling thread, which nobody else closes; it is
    // open until the call returns, and borrowed no longer.
    #[allow(unsafe_code, reason = "Node has no other name for a socket")]
    let socket = unsafe { BorrowedFd::borrow_raw(descriptor) };
    Downstream::new(socket.try_clone_to_owned().ok()?)
}

#[cfg(not(unix))]
fn duplicate(_descriptor: i32) -> Option<Downstream> {
    None
}
