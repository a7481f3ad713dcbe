//! Reads one JavaScript thread's batches on the engine, and starts or steers its exchanges.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use warmline_http::relay::Halt;
use warmline_http::{Error, Phase, RequestBody};

use crate::clients;
use crate::exchange;
use crate::leases;
use crate::lent::Lent;
use crate::mailbox::Mailbox;
use crate::metrics;
use crate::outbox::{End, Outbox};
use crate::relaying::{self, RelayOrder};
use crate::submission::{Batch, Command, Malformed, Records, RequestRecord, SubmittedBody};
use crate::upload::{self, Piece};

/// What the engine holds for a slot that JavaScript has in use. It is replaced when JavaScript,
/// having seen the slot's terminal record, uses the slot again.
struct Slot {
    outbox: Arc<Outbox>,
    task: AbortHandle,
    upload: Option<mpsc::UnboundedSender<Piece>>,
    /// Ends the relay of its response's body.
    halt: Option<mpsc::UnboundedSender<Halt>>,
}

/// Serves batches until the JavaScript thread ends; then everything it had in flight is stopped.
pub(crate) async fn run(
    mut submissions: mpsc::UnboundedReceiver<Batch>,
    mailbox: Arc<Mailbox>,
    lent: Arc<Lent>,
) {
    let mut intake = Intake {
        mailbox,
        lent,
        slots: Vec::new(),
    };
    while let Some(batch) = submissions.recv().await {
        if intake.batch(batch).is_err() {
            intake.fail_all();
        }
    }
}

struct Intake {
    mailbox: Arc<Mailbox>,
    lent: Arc<Lent>,
    slots: Vec<Option<Slot>>,
}

impl Drop for Intake {
    fn drop(&mut self) {
        for slot in self.slots.iter().flatten() {
            slot.task.abort();
        }
    }
}

impl Intake {
    fn batch(&mut self, batch: Batch) -> Result<(), Malformed> {
        let mut records = Records::new(batch);
        while let Some(command) = records.next()? {
            self.command(command);
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
                    slot.task.abort();
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
            Command::BodyEnd { slot } => {
                self.upload(slot, Piece::End);
            }
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
                self.start(slot, |outbox| {
                    leases::acquire(pool, endpoint, timeout, outbox)
                });
            }
            Command::LeaseReady { slot, pool, lease } => {
                self.start(slot, |outbox| leases::ready(pool, lease, outbox));
            }
            Command::Preconnect {
                slot,
                client,
                count,
                url,
            } => {
                self.start(slot, |outbox| {
                    clients::preconnect(client, url, count, outbox)
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
                self.start(slot, |outbox| {
                    exchange::run(record, RequestBody::Empty, outbox)
                });
            }
            SubmittedBody::Bytes(bytes) => {
                let body = RequestBody::Full(bytes.clone());
                self.start(slot, |outbox| exchange::run(record, body, outbox));
            }
            SubmittedBody::Stream { length } => {
                let (sender, relay, body) = upload::open(*length);
                self.start(slot, |outbox| {
                    let relay = relay.run(Arc::clone(&outbox));
                    exchange::run_streaming(record, body, relay, outbox)
                });
                if let Some(slot) = self.slot(slot) {
                    slot.upload = Some(sender);
                }
            }
        }
    }

    fn start<F>(&mut self, slot: u32, exchange: impl FnOnce(Arc<Outbox>) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let outbox = Outbox::new(slot, Arc::clone(&self.mailbox));
        let task = tokio::spawn(exchange(Arc::clone(&outbox))).abort_handle();
        let index = slot as usize;
        if self.slots.len() <= index {
            self.slots.resize_with(index + 1, || None);
        }
        self.slots[index] = Some(Slot {
            outbox,
            task,
            upload: None,
            halt: None,
        });
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
            slot.task.abort();
            let error = Error::new("WARMLINE_INTERNAL", Phase::Pool, "a malformed submission");
            slot.outbox.end(End::Failed(Box::new(error)));
        }
    }
}
