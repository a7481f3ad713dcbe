//! A JavaScript thread's link to the engine: its submission buffer on the way in, its mailbox and
//! completion buffer on the way out.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use crossbeam_queue::SegQueue;
use napi::JsString;
use napi::bindgen_prelude::{Buffer, Env, Function, Result, Status, Uint8Array};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi_derive::napi;
use tokio::sync::mpsc;

use crate::decode::list;
use crate::drain::{DRAIN_BYTES, Drained, drain};
use crate::intake;
use crate::lent::Lent;
use crate::memory;
use crate::outbox::Outbox;
use crate::submission::Batch;

/// Wakes the JavaScript thread; weak, so that it never keeps a process alive.
type Wake = ThreadsafeFunction<(), (), (), Status, false, true>;

/// The outboxes of one JavaScript thread that have news, in the order in which they got it.
pub(crate) struct Mailbox {
    queue: SegQueue<Arc<Outbox>>,
    /// JavaScript has been told that there is something, and has not begun to drain since.
    woken: AtomicBool,
    wake: Wake,
    closed: AtomicBool,
}

impl Mailbox {
    pub(crate) fn push(&self, outbox: Arc<Outbox>) {
        if self.closed.load(Ordering::Acquire) {
            return;
        }
        self.queue.push(outbox);
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

    pub(crate) fn awake(&self) {
        self.woken.store(false, Ordering::Release);
    }
}

/// One JavaScript thread's link. JavaScript makes one of them on first use.
#[napi]
pub struct Link {
    mailbox: Arc<Mailbox>,
    submissions: mpsc::UnboundedSender<Batch>,
    lent: Arc<Lent>,
}

#[napi]
impl Link {
    /// `wake` is called, once per burst, when there is something to drain.
    #[napi(constructor, catch_unwind)]
    pub fn new(env: Env, wake: Function<'_, (), ()>) -> Result<Self> {
        let wake = wake
            .build_threadsafe_function::<()>()
            .weak::<true>()
            .callee_handled::<false>()
            .build()?;
        let mailbox = Arc::new(Mailbox {
            queue: SegQueue::new(),
            woken: AtomicBool::new(false),
            wake,
            closed: AtomicBool::new(false),
        });
        let (submissions, receiver) = mpsc::unbounded_channel();
        memory::give_back_at_once();
        let engine = warmline_http::engine().map_err(|error| crate::error::to_napi(&error))?;
        let lent = Arc::new(Lent::default());
        engine.spawn(intake::run(
            receiver,
            Arc::clone(&mailbox),
            Arc::clone(&lent),
        ));
        // The thread may end at any time. Its sender is dropped with this object, which ends the
        // intake and with it every exchange; the mailbox takes nothing more from now on.
        let closing = Arc::clone(&mailbox);
        env.add_env_cleanup_hook((), move |()| {
            closing.closed.store(true, Ordering::Release);
            while closing.queue.pop().is_some() {}
        })?;
        Ok(Self {
            mailbox,
            submissions,
            lent,
        })
    }

    /// Lends a socket of this thread by its descriptor: a relay may write to it. The result is its number
    /// for the relay; nothing if it cannot be lent.
    #[napi(catch_unwind)]
    pub fn lend(&self, descriptor: i32) -> Option<u32> {
        self.lent.lend(descriptor)
    }

    /// Takes a socket back that no relay has taken.
    #[napi(catch_unwind)]
    pub fn take_back(&self, socket: u32) {
        self.lent.take(socket);
    }

    /// Takes the first `length` bytes of the submission buffer, and the bodies that go beside it.
    #[napi(catch_unwind)]
    pub fn submit(
        &self,
        submission: &[u8],
        length: u32,
        sides: Option<Vec<Uint8Array>>,
    ) -> Result<()> {
        let records = submission.get(..length as usize).ok_or_else(out_of_range)?;
        let batch = Batch {
            bytes: Bytes::copy_from_slice(records),
            sides: sides
                .unwrap_or_default()
                .iter()
                .map(|side| Bytes::copy_from_slice(side))
                .collect(),
        };
        self.submissions
            .send(batch)
            .map_err(|_| napi::Error::from_reason("the engine has ended"))
    }

    /// Whether the process stays alive for this link: it does while something is in flight.
    #[napi(catch_unwind)]
    pub fn hold(&self, env: Env, alive: bool) -> Result<()> {
        let wake = self.mailbox.wake.raw();
        // SAFETY: called on the thread of `env`, whose function `wake` is; it lives as long as the
        // mailbox, and both calls are idempotent.
        let status = unsafe {
            if alive {
                napi::sys::napi_ref_threadsafe_function(env.raw(), wake)
            } else {
                napi::sys::napi_unref_threadsafe_function(env.raw(), wake)
            }
        };
        napi::check_status!(status)
    }

    /// Writes what has happened since into the completion buffer. Its first word becomes the number of
    /// bytes written, its top bit set when more is waiting. The result is the text of a JSON array
    /// with the values of all events among it, if there are any.
    #[napi(catch_unwind)]
    pub fn drain<'env>(
        &self,
        env: &'env Env,
        mut completion: Buffer,
    ) -> Result<Option<JsString<'env>>> {
        if completion.len() < 2 * DRAIN_BYTES {
            return Err(out_of_range());
        }
        let Drained { json, more } = drain(&self.mailbox, &mut completion);
        if more {
            completion[3] |= 0x80;
        }
        if json.is_empty() {
            return Ok(None);
        }
        let json = list(json);
        // Far the quickest way in for what is ASCII.
        let text = if json.is_ascii() {
            env.create_string_latin1(json.as_bytes())
        } else {
            env.create_string(&json)
        };
        text.map(Some)
    }
}

/// The size of the completion buffer that [`Link::drain`] wants, in bytes.
#[napi]
pub fn completion_buffer_size() -> u32 {
    u32::try_from(2 * DRAIN_BYTES).unwrap_or(u32::MAX)
}

fn out_of_range() -> napi::Error {
    napi::Error::new(Status::InvalidArg, "a buffer of the link is too small")
}
