//! The line under a connection: its socket, whose turn it is to speak on it, and who is told when it
//! ends.
//!
//! ```text
//!            a request begins
//!      Idle ------------------> Busy
//!       |  <------------------   |
//!       |    its exchange ends   |
//!       +-------> ended <--------+
//! ```
//! No task of its own drives a line: whoever has a request on it reads and writes it, and while it is
//! idle the runtime's reactor holds a waker that looks at what has come.

use std::io::{self, IoSlice};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::task::{Context, Poll, Wake, Waker, ready};

use tokio::io::ReadBuf;
use tokio::runtime::Handle;
use tokio::sync::SetOnce;
use warmline_pool::Retire;

use super::connection::Connection;
use super::fault;
use super::io::{Glance, Traffic, Wire};
use super::scratch;

use crate::locked::locked;

pub(super) struct Line {
    /// Held for single non-blocking system calls only.
    core: Mutex<Core>,
    ended: AtomicBool,
    end: SetOnce<End>,
    watch: Mutex<Watch>,
    /// Has the socket looked at, once it is readable while the line is idle.
    watcher: Waker,
}

/// The code of the error that ended a line while no request was there to be told.
type End = Option<&'static str>;

struct Core {
    wire: Wire,
    turn: Turn,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    Idle,
    Busy,
}

enum Watch {
    Nobody,
    Pool(Retire<Connection>),
    Told,
}

/// Wakes nobody but has the line looked at. Holding it weakly, the reactor keeps no line open.
struct Watcher {
    line: Weak<Line>,
    runtime: Handle,
}

impl Wake for Watcher {
    fn wake(self: Arc<Self>) {
        // In a task, for this may be called from under the line's own lock.
        let line = self.line.clone();
        self.runtime.spawn(async move {
            if let Some(line) = line.upgrade() {
                line.look();
            }
        });
    }
}

impl Line {
    /// A line at rest. Must be called on the runtime that the socket was opened on.
    pub(super) fn new(wire: Wire) -> Arc<Self> {
        let line = Self::with(wire, Turn::Idle);
        line.look();
        line
    }

    fn with(wire: Wire, turn: Turn) -> Arc<Self> {
        Arc::new_cyclic(|line| Self {
            core: Mutex::new(Core { wire, turn }),
            ended: AtomicBool::new(false),
            end: SetOnce::new(),
            watch: Mutex::new(Watch::Nobody),
            watcher: Waker::from(Arc::new(Watcher {
                line: Weak::clone(line),
                runtime: Handle::current(),
            })),
        })
    }

    /// A line that is spoken on from the first to the last, by somebody who hears of its end there.
    pub(super) fn taken(wire: Wire) -> Arc<Self> {
        Self::with(wire, Turn::Busy)
    }

    /// Takes the line for a request; false if it has ended, or carries one.
    pub(super) fn begin(&self) -> bool {
        let mut core = self.core();
        let free = core.turn == Turn::Idle && self.is_open();
        if free {
            core.turn = Turn::Busy;
        }
        free
    }

    /// Gives the line back after a whole exchange, with nothing left to read or to write.
    pub(super) fn rest(&self) {
        let end = {
            let mut core = self.core();
            core.turn = Turn::Idle;
            self.watch_idle(&mut core)
        };
        if let Some(end) = end {
            self.finish(end);
        }
    }

    /// Ends the line for both sides; only the first call counts.
    pub(super) fn finish(&self, end: End) {
        if self.ended.swap(true, Ordering::AcqRel) {
            return;
        }
        self.core().wire.shut_down();
        // Nobody else has set it.
        let _ = self.end.set(end);
        let watch = std::mem::replace(&mut *self.watch(), Watch::Told);
        // Outside the lock: the pool closes the connection in turn.
        if let Watch::Pool(retire) = watch {
            retire.closed();
        }
    }

    /// Looks at what has come while nobody has a request on the line.
    fn look(&self) {
        let end = {
            let mut core = self.core();
            if core.turn == Turn::Busy || !self.is_open() {
                return;
            }
            self.watch_idle(&mut core)
        };
        if let Some(end) = end {
            self.finish(end);
        }
    }

    /// What comes on an idle line is its end, an error, or something that nobody asked for; under TLS
    /// it may also be a session ticket, which is taken in. As long as there is none of the others, the
    /// watcher is left waiting.
    fn watch_idle(&self, core: &mut Core) -> Option<End> {
        let mut cx = Context::from_waker(&self.watcher);
        match core.wire.poll_read(&mut cx, &mut [0]) {
            Poll::Pending => None,
            Poll::Ready(Ok(_)) => Some(None),
            Poll::Ready(Err(error)) => Some(Some(fault::code_at_rest(&error))),
        }
    }

    /// Reads what has come, and hands it to `take`: nothing at the end of the stream.
    pub(super) fn poll_read<T>(
        &self,
        cx: &mut Context<'_>,
        take: impl FnOnce(&mut [u8]) -> T,
    ) -> Poll<io::Result<T>> {
        scratch::reading(|buffer| {
            let read = ready!(self.core().wire.poll_read(cx, buffer))?;
            Poll::Ready(Ok(take(&mut buffer[..read])))
        })
    }

    /// Reads what has come into a buffer of the caller's own; nothing at the end of the stream.
    pub(super) fn poll_read_buf(
        &self,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.core().wire.poll_read_buf(cx, buffer)
    }

    pub(super) fn poll_write(
        &self,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.core().wire.poll_write(cx, pieces)
    }

    pub(super) fn poll_flush(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.core().wire.poll_flush(cx)
    }

    pub(super) fn is_open(&self) -> bool {
        !self.ended.load(Ordering::Acquire)
    }

    pub(super) fn is_idle(&self) -> bool {
        self.is_open() && self.core().turn == Turn::Idle
    }

    /// What the kernel has for this line; without its task's turn.
    pub(super) fn glance(&self) -> Glance {
        self.core().wire.glance()
    }

    pub(super) fn traffic(&self) -> Traffic {
        self.core().wire.traffic()
    }

    pub(super) fn on_end(&self, retire: Retire<Connection>) {
        let mut watch = self.watch();
        if matches!(*watch, Watch::Told) {
            drop(watch);
            retire.closed();
        } else {
            *watch = Watch::Pool(retire);
        }
    }

    /// Waits until the line has ended.
    pub(super) async fn ended(&self) {
        self.end.wait().await;
    }

    /// The code of the error that ended it while it was idle, if that is how it ended.
    pub(super) fn cause(&self) -> Option<&'static str> {
        self.end.get().copied().flatten()
    }

    fn core(&self) -> MutexGuard<'_, Core> {
        // Nothing under the lock can leave the wire half changed.
        locked(&self.core)
    }

    fn watch(&self) -> MutexGuard<'_, Watch> {
        locked(&self.watch)
    }
}
