//! Reads one JavaScript thread's batches on the engine, and starts or steers its exchanges.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use warmline_http::relay::Halt;
use warmline_http::{Error, Holder, Phase, RequestBody};

use crate::clients;
use crate::exchange::{self, Ending};
use crate::leases;
use crate::lent::Lent;
use crate::mailbox::Mailbox;
use crate::metrics;
use crate::outbox::{End, Outbox};
use crate::provoked;
use crate::relaying::{self, RelayOrder};
use crate::submission::{Batch, Command, Malformed, Records, RequestRecord, SubmittedBody};
use crate::upload::{self, Piece};

/// What the engine holds for a slot that JavaScript has in use. It is replaced when JavaScript,
/// having seen the slot's terminal record, uses the slot again.
struct Slot {
    outbox: Arc<Outbox>,
    /// `None` until its exchange has begun.
    task: Option<AbortHandle>,
    upload: Option<mpsc::UnboundedSender<Piece>>,
    /// Ends the relay of its response's body.
    halt: Option<mpsc::UnboundedSender<Halt>>,
}

/// Serves batches until the JavaScript thread ends; then everything it had in flight is stopped.
pub(crate) async fn run(
    mut submissions: mpsc::UnboundedReceiver<Batch>,
    mailbox: Arc<Mailbox>,
    lent: Arc<Lent>,
    holder: Holder,
) {
    let mut intake = Intake {
        mailbox,
        lent,
        holder,
        slots: Vec::new(),
    };
    while let Some(batch) = submissions.recv().await {
        let read = catch_unwind(AssertUnwindSafe(|| intake.batch(batch)));
        if !matches!(read, Ok(Ok(()))) {
            intake.fail_all();
        }
    }
}

struct Intake {
    mailbox: Arc<Mailbox>,
    lent: Arc<Lent>,
    holder: Holder,
    slots: Vec<Option<Slot>>,
}

impl Drop for Intake {
    fn drop(&mut self) {
        self.slots.iter().flatten().for_each(Slot::stop);
    }
}

impl Slot {
    fn stop(&self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

impl Intake {
    fn batch(&mut self, batch: Batch) -> Result<(), Malformed> {
        let mut records = Records::new(batch);
        while let Some((slot, command)) = records.next()? {
            // A panic is a defect; it is to harm nobody but whom it happened to.
            let done = catch_unwind(AssertUnwindSafe(|| self.command(command)));
            if done.is_err()
                && let Some(slot) = self.slot(slot)
            {
                slot.stop();
                let error = Box::new(exchange::panicked());
                slot.outbox.end(End::Failed(error));
            }
        }
        Ok(())
    }

    fn command(&mut self, command: Command) {
        match command {
            Command::Request(record) => self.request(*record),
            Command::Abort { slot } => {
                if let Some(slot) = self.slot(slot) {
                    slot.upload = None;
                    slot.outbox.abandoned();
                    slot.stop();
                }
            }
            Command::Forgo { slot } => {
                if let Some(slot) = self.slot(slot) {
                    slot.outbox.forgone();
                }
            }
            Command::Credit { slot, bytes } => {
                if let Some(slot) = self.slot(slot) {
                    slot.outbox.read(bytes);
                }
            }
            Command::BodyChunk { slot, bytes } => self.upload(slot, Piece::Chunk(bytes)),
            Command::BodyEnd { slot } => self.upload(slot, Piece::End),
            Command::BodyRewind { slot } => self.upload(slot, Piece::Rewound),
            // Dropped before `Piece::End`, the sender cuts the request short.
            Command::BodyError { slot } => {
                if let Some(slot) = self.slot(slot) {
                    slot.upload = None;
                }
            }
            Command::LeaseAcquire {
                slot,
                pool,
                endpoint,
                timeout,
            } => {
                let holder = self.holder;
                self.start(slot, |ending| {
                    leases::acquire(pool, endpoint, holder, timeout, ending)
                });
            }
            Command::LeaseReady { slot, pool, lease } => {
                self.start(slot, |ending| leases::ready(pool, lease, ending));
            }
            Command::Preconnect {
                slot,
                client,
                count,
                url,
            } => {
                self.start(slot, |ending| {
                    clients::preconnect(client, url, count, ending)
                });
            }
            Command::Measure {
                slot,
                client,
                timeout,
            } => {
                self.start(slot, |outbox| metrics::measure(client, timeout, outbox));
            }
            Command::Decode {
                slot,
                wish,
                received,
                unread,
            } => {
                if let Some(slot) = self.slot(slot) {
                    slot.outbox.decode(wish, received, unread);
                }
            }
            Command::Relay {
                slot,
                socket,
                wish,
                heartbeat,
                received,
                unread,
            } => {
                let lent = Arc::clone(&self.lent);
                if let Some(slot) = self.slot(slot) {
                    slot.outbox.relay(received, unread, || {
                        let downstream = lent.take(socket)?;
                        let meter = relaying::meter(wish);
                        let (order, halt) = RelayOrder::new(downstream, meter, heartbeat);
                        slot.halt = Some(halt);
                        Some(order)
                    });
                }
            }
            Command::Halt { slot, now } => {
                if let Some(halt) = self.slot(slot).and_then(|slot| slot.halt.as_ref()) {
                    // An error means that the relay has ended, which JavaScript will be told.
                    let _ = halt.send(if now { Halt::Now } else { Halt::BetweenChunks });
                }
            }
        }
    }

    fn request(&mut self, record: RequestRecord) {
        let slot = record.slot;
        match &record.body {
            SubmittedBody::None => {
                self.start(slot, |ending| {
                    exchange::run(record, RequestBody::Empty, ending)
                });
            }
            SubmittedBody::Bytes(bytes) => {
                let body = RequestBody::Full(bytes.clone());
                self.start(slot, |ending| exchange::run(record, body, ending));
            }
            SubmittedBody::Stream { length, rewindable } => {
                let (sender, relay, body) = upload::open(*length, *rewindable);
                self.start(slot, |ending| {
                    let relay = relay.run(Arc::clone(&ending.outbox));
                    exchange::run_streaming(record, body, relay, ending)
                });
                if let Some(slot) = self.slot(slot) {
                    slot.upload = Some(sender);
                }
            }
        }
    }

    fn start<F>(&mut self, number: u32, exchange: impl FnOnce(Ending) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let index = number as usize;
        if self.slots.len() <= index {
            self.slots.resize_with(index + 1, || None);
        }
        let outbox = Outbox::new(number, Arc::clone(&self.mailbox));
        // In its place before anything else can go wrong.
        let slot = self.slots[index].insert(Slot {
            outbox: Arc::clone(&outbox),
            task: None,
            upload: None,
            halt: None,
        });
        provoked::panic_at("intake");
        slot.task = Some(tokio::spawn(exchange(Ending::new(outbox))).abort_handle());
    }

    fn upload(&mut self, slot: u32, piece: Piece) {
        if let Some(upload) = self.slot(slot).and_then(|slot| slot.upload.as_ref()) {
            // An error means that the exchange has ended, which JavaScript will be told.
            let _ = upload.send(piece);
        }
    }

    fn slot(&mut self, slot: u32) -> Option<&mut Slot> {
        self.slots.get_mut(slot as usize)?.as_mut()
    }

    /// A batch could not be read, so nobody knows which slots it named: all of them fail, loudly.
    fn fail_all(&mut self) {
        for slot in self.slots.iter().flatten() {
            slot.stop();
            let error = Error::new("WARMLINE_INTERNAL", Phase::Pool, "a malformed submission");
            slot.outbox.end(End::Failed(Box::new(error)));
        }
    }
}
