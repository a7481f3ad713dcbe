//! Where the engine leaves its news for a JavaScript thread, and how that thread is woken for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam_queue::SegQueue;
use napi::Status;
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use tokio::sync::Notify;
use warmline_http::metrics::ThreadLag;

use crate::outbox::Outbox;

/// Wakes the JavaScript thread; weak, so that it never keeps a process alive.
pub(crate) type Wake = ThreadsafeFunction<(), (), (), Status, false, true>;

/// The outboxes of one JavaScript thread that have news, in the order in which they got it.
pub(crate) struct Mailbox {
    queue: SegQueue<Arc<Outbox>>,
    /// JavaScript has been told that there is something, and has not begun to drain since.
    woken: AtomicBool,
    /// Told that JavaScript is to be woken once the engine has read what else is ready.
    soon: Notify,
    pub(crate) wake: Wake,
    closed: AtomicBool,
    lag: Arc<ThreadLag>,
}

impl Mailbox {
    /// `thread` is the name of the thread.
    pub(crate) fn new(wake: Wake, thread: String) -> Self {
        Self {
            queue: SegQueue::new(),
            woken: AtomicBool::new(false),
            soon: Notify::new(),
            wake,
            closed: AtomicBool::new(false),
            lag: ThreadLag::of(thread),
        }
    }

    /// The thread is woken at once, and not after the other connections that are ready: it then wakes up
    /// while the engine reads those.
    pub(crate) fn push(&self, outbox: Arc<Outbox>) {
        if self.add(outbox) {
            self.wake_up();
        }
    }

    /// As [`push`](Self::push), but the thread is woken after the other connections that are ready: many
    /// streams that move on together are one burst to it, and to wake up costs it more than a token.
    pub(crate) fn push_soon(&self, outbox: Arc<Outbox>) {
        if self.add(outbox) {
            self.soon.notify_one();
        }
    }

    fn add(&self, outbox: Arc<Outbox>) -> bool {
        let open = !self.closed.load(Ordering::Acquire);
        if open {
            self.queue.push(outbox);
        }
        open
    }

    /// Wakes the thread for what was [pushed for soon](Self::push_soon), until the mailbox is closed. The
    /// turn of this task comes after those that were ready when it was told.
    pub(crate) async fn wake_soon(self: Arc<Self>) {
        while !self.closed.load(Ordering::Acquire) {
            self.soon.notified().await;
            if !self.queue.is_empty() {
                self.wake_up();
            }
        }
    }

    /// Calls the thread, for nothing but to see when it comes.
    pub(crate) fn call(&self) {
        if !self.closed.load(Ordering::Acquire) && self.lag.call() {
            self.wake_up();
        }
    }

    fn wake_up(&self) {
        // Race window: a drain may be emptying the queue right now. It clears the flag before it
        // pops, so whatever it does not see finds the flag clear and wakes JavaScript again.
        if !self.woken.swap(true, Ordering::AcqRel) {
            self.wake.call((), ThreadsafeFunctionCallMode::NonBlocking);
        }
    }

    /// Puts a half-emptied outbox back; the drain that does so asks for another one itself.
    pub(crate) fn put_back(&self, outbox: Arc<Outbox>) {
        self.queue.push(outbox);
    }

    pub(crate) fn pop(&self) -> Option<Arc<Outbox>> {
        self.queue.pop()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// A drain begins.
    pub(crate) fn awake(&self) {
        self.woken.store(false, Ordering::Release);
        self.lag.came();
    }

    /// Takes nothing more.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.soon.notify_one();
        while self.queue.pop().is_some() {}
    }
}
