//! A JavaScript thread's link to the engine: its submission buffer on the way in, its mailbox and
//! completion buffer on the way out.

use std::sync::Arc;

use bytes::Bytes;
use napi::JsString;
use napi::bindgen_prelude::{Buffer, Env, Function, Result, Status, Uint8Array};
use napi_derive::napi;
use tokio::sync::mpsc;

use crate::calling;
use crate::decode::list;
use crate::drain::{DRAIN_BYTES, Drained, drain};
use crate::intake;
use crate::leases;
use crate::lent::Lent;
use crate::mailbox::Mailbox;
use crate::memory;
use crate::provoked;
use crate::submission::Batch;

/// One JavaScript thread's link. JavaScript makes one of them on first use.
#[napi]
pub struct Link {
    mailbox: Arc<Mailbox>,
    submissions: mpsc::UnboundedSender<Batch>,
    lent: Arc<Lent>,
}

#[napi]
impl Link {
    /// `wake` is called, once per burst, when there is something to drain. `thread` is the thread's name.
    #[napi(constructor, catch_unwind)]
    pub fn new(env: Env, wake: Function<'_, (), ()>, thread: String) -> Result<Self> {
        let wake = wake
            .build_threadsafe_function::<()>()
            .weak::<true>()
            .callee_handled::<false>()
            .build()?;
        let engine = warmline_http::engine().map_err(|error| crate::error::to_napi(&error))?;
        memory::give_back_soon(engine);
        let mailbox = Arc::new(Mailbox::new(wake, thread));
        calling::add(&mailbox);
        engine.spawn(Arc::clone(&mailbox).wake_soon());
        let (submissions, receiver) = mpsc::unbounded_channel();
        let lent = Arc::new(Lent::default());
        engine.spawn(intake::run(
            receiver,
            Arc::clone(&mailbox),
            Arc::clone(&lent),
            leases::holder(env)?,
        ));
        // The thread may end at any time. Its sender is dropped with this object, which ends the
        // intake and with it every exchange; the mailbox takes nothing more from now on.
        let closing = Arc::clone(&mailbox);
        env.add_env_cleanup_hook((), move |()| closing.close())?;
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
        provoked::panic_at("submission");
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
#[napi(catch_unwind)]
#[must_use]
pub fn completion_buffer_size() -> u32 {
    u32::try_from(2 * DRAIN_BYTES).unwrap_or(u32::MAX)
}

fn out_of_range() -> napi::Error {
    napi::Error::new(Status::InvalidArg, "a buffer of the link is too small")
}
