//! What the engine has to say to JavaScript about one slot, until the next drain takes it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Notify;
use warmline_http::{Error, Phase};

use crate::decode::{Decoding, Wish};
use crate::leases::Offered;
use crate::mailbox::Mailbox;
use crate::relaying::RelayOrder;

/// A response's unread bytes above which its socket is no longer read.
const READ_WINDOW: usize = 256 * 1024;

/// One slot's line from the engine to JavaScript.
pub(crate) struct Outbox {
    pub(crate) slot: u32,
    mailbox: Arc<Mailbox>,
    contents: Mutex<Contents>,
    unread: AtomicUsize,
    credit: Notify,
    /// Told once there is an order in the contents.
    ordered: Notify,
}

/// What is to become of the rest of a body that JavaScript does not want to have.
pub(crate) enum Order {
    /// Nothing; its connection is wanted for other requests.
    Forgo,
    Relay(Box<RelayOrder>),
}

/// The news of a slot; a drain empties it.
#[derive(Default)]
pub(crate) struct Contents {
    pub(crate) head: Option<Head>,
    pub(crate) chunks: VecDeque<Bytes>,
    pub(crate) end: Option<End>,
    pub(crate) upload: Upload,
    /// Bytes of the response's body that a drain has taken.
    pub(crate) drained: u64,
    /// JavaScript has asked for events, without knowing yet of all that was drained: nothing of the
    /// body is drained until it has asked again.
    pub(crate) paused: bool,
    order: Option<Order>,
    /// The body goes through this decoder.
    pub(crate) decoding: Option<Box<Decoding>>,
    /// Stands in the mailbox's queue.
    queued: bool,
    /// The end was posted: nothing is said any more about this slot.
    over: bool,
}

/// What became of the request's body since the last drain.
#[derive(Default)]
pub(crate) struct Upload {
    /// Bytes that were taken.
    pub(crate) pulled: u32,
    /// After that, it is wanted once more.
    pub(crate) rewind: bool,
}

/// The head of a response, as it crosses.
pub(crate) struct Head {
    pub(crate) status: u16,
    /// Of [`done`](crate::wire::done).
    pub(crate) flags: u32,
    /// Lines: reason, final URL or empty, [`crate::facts`], then name and value of each header.
    pub(crate) text: Vec<u8>,
}

/// How a slot's exchange ended.
pub(crate) enum End {
    /// After so long a time.
    Complete(Duration),
    Failed(Box<Error>),
    /// JSON, for exchanges that are not requests.
    Value(String),
    /// The number of a lease, for whoever asked for one.
    Lease(Offered),
}

impl Outbox {
    pub(crate) fn new(slot: u32, mailbox: Arc<Mailbox>) -> Arc<Self> {
        Arc::new(Self {
            slot,
            mailbox,
            contents: Mutex::default(),
            unread: AtomicUsize::new(0),
            credit: Notify::new(),
            ordered: Notify::new(),
        })
    }

    pub(crate) fn head(self: &Arc<Self>, head: Head) {
        self.post(|contents| contents.head = Some(head));
    }

    /// Hands over a piece of the body; returns once the reader is less than a window behind.
    ///
    /// # Errors
    /// What the body cannot be decoded for; and, for whoever goes on all the same, that it is over.
    pub(crate) async fn chunk(self: &Arc<Self>, chunk: Bytes) -> Result<(), Error> {
        self.add_chunk(&chunk)?;
        // Race window: credit may arrive between the check and the wait. `notify_one` leaves a
        // permit behind, so that the wait then returns at once and the check is made again.
        while self.unread.load(Ordering::Acquire) >= READ_WINDOW {
            self.credit.notified().await;
        }
        Ok(())
    }

    pub(crate) fn end(self: &Arc<Self>, end: End) {
        self.post(|contents| contents.conclude(end));
    }

    /// As [`Outbox::end`], unless there is an order for the rest: then both are given back.
    pub(crate) fn end_unless_ordered(self: &Arc<Self>, end: End) -> Result<(), (Order, End)> {
        let mut ended = Ok(());
        // Race window: an order may come with the body's end. Under the lock, one of them is first.
        self.post(|contents| match contents.take_order() {
            Some(order) => ended = Err((order, end)),
            None => contents.conclude(end),
        });
        ended
    }

    /// JavaScript wants no more of it: nothing is held back for what it might ask.
    pub(crate) fn abandoned(self: &Arc<Self>) {
        let mut contents = self.lock();
        contents.decoding = None;
        contents.order = None;
        self.resume(contents);
    }

    /// Lets drains take what was held back.
    fn resume(self: &Arc<Self>, mut contents: MutexGuard<'_, Contents>) {
        let held_back = std::mem::replace(&mut contents.paused, false);
        // Its end may be among it, and nobody would come for it.
        if held_back && !std::mem::replace(&mut contents.queued, true) {
            drop(contents);
            self.mailbox.push(Arc::clone(self));
        }
    }

    /// JavaScript wants no more of it, and its connection for other requests.
    pub(crate) fn forgone(self: &Arc<Self>) {
        self.abandoned();
        self.lock().order = Some(Order::Forgo);
        // Leaves a permit behind for an exchange that does not wait for it yet.
        self.ordered.notify_one();
    }

    /// The rest of the body goes elsewhere, if JavaScript knows of all that was drained, and nobody has
    /// ended the body yet.
    pub(crate) fn relay(
        self: &Arc<Self>,
        received: u64,
        unread: Bytes,
        order: impl FnOnce() -> Option<RelayOrder>,
    ) {
        let mut contents = self.lock();
        if contents.over {
            // JavaScript passes on the rest itself.
            self.resume(contents);
            return;
        }
        // From now on the body is nothing for JavaScript, whatever is still handed over.
        contents.paused = true;
        if contents.drained != received {
            return;
        }
        let Some(mut order) = order() else {
            self.resume(contents);
            return;
        };
        if !unread.is_empty() {
            order.chunks.push_back(unread);
        }
        contents.order = Some(Order::Relay(Box::new(order)));
        drop(contents);
        self.ordered.notify_one();
    }

    /// Returns once there is an order for the rest of the body.
    pub(crate) async fn until_ordered(&self) -> Order {
        loop {
            if let Some(order) = self.lock().take_order() {
                return order;
            }
            self.ordered.notified().await;
        }
    }

    /// Head, body and end in one go.
    pub(crate) fn whole(self: &Arc<Self>, head: Head, chunks: VecDeque<Bytes>, took: Duration) {
        self.post(|contents| {
            contents.head = Some(head);
            contents.chunks = chunks;
            contents.end = Some(End::Complete(took));
            contents.over = true;
        });
    }

    pub(crate) fn pulled(self: &Arc<Self>, bytes: usize) {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        self.post(|contents| contents.upload.pulled = contents.upload.pulled.saturating_add(bytes));
    }

    /// The request's body is wanted once more; nothing is [pulled](Self::pulled) of it until it comes.
    pub(crate) fn rewind(self: &Arc<Self>) {
        self.post(|contents| contents.upload.rewind = true);
    }

    /// JavaScript has read so much.
    pub(crate) fn read(&self, bytes: u32) {
        let bytes = bytes as usize;
        let _ = self
            .unread
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |unread| {
                Some(unread.saturating_sub(bytes))
            });
        self.credit.notify_one();
    }

    fn add_chunk(self: &Arc<Self>, chunk: &Bytes) -> Result<(), Error> {
        self.unread.fetch_add(chunk.len(), Ordering::AcqRel);
        let mut fed = Err(Error::new(
            "WARMLINE_ABORTED",
            Phase::Body,
            "the exchange was stopped",
        ));
        let news = self.change(|contents| {
            let Some(decoding) = &mut contents.decoding else {
                contents.chunks.push_back(chunk.clone());
                fed = Ok(0);
                return true;
            };
            fed = decoding.feed(chunk);
            decoding.has_news()
        });
        if news {
            self.mailbox.push_soon(Arc::clone(self));
        }
        self.settle(fed?);
        Ok(())
    }

    /// Turns the rest of the body into events, if JavaScript knows of all that was drained.
    pub(crate) fn decode(self: &Arc<Self>, wish: Wish, received: u64, unread: Bytes) {
        let mut contents = self.lock();
        // Everything has been drained, the end included: JavaScript has all of it.
        if contents.over && contents.end.is_none() || contents.decoding.is_some() {
            return;
        }
        contents.paused = contents.drained != received;
        if contents.paused {
            return;
        }
        let mut decoding = Box::new(Decoding::new(wish));
        let chunks = std::mem::take(&mut contents.chunks);
        let mut settled = 0;
        for chunk in std::iter::once(unread).chain(chunks) {
            match decoding.feed(&chunk) {
                Ok(bytes) => settled += bytes,
                Err(error) => {
                    contents.end = Some(End::Failed(Box::new(error)));
                    contents.over = true;
                    break;
                }
            }
        }
        decoding.announce();
        contents.decoding = Some(decoding);
        contents.finish_decoding();
        let queued = std::mem::replace(&mut contents.queued, true);
        drop(contents);
        self.settle(settled);
        if !queued {
            self.mailbox.push(Arc::clone(self));
        }
    }

    fn settle(&self, bytes: usize) {
        if bytes > 0 {
            self.read(u32::try_from(bytes).unwrap_or(u32::MAX));
        }
    }

    fn post(self: &Arc<Self>, change: impl FnOnce(&mut Contents)) {
        let news = self.change(|contents| {
            change(contents);
            true
        });
        if news {
            self.mailbox.push(Arc::clone(self));
        }
    }

    /// Whether the mailbox is to be told: the change is news, as it says, and the first that there is.
    fn change(&self, change: impl FnOnce(&mut Contents) -> bool) -> bool {
        let mut contents = self.lock();
        !contents.over && change(&mut contents) && !std::mem::replace(&mut contents.queued, true)
    }

    /// Opens the contents for a drain; what is left in them when `queued` stays true must be put
    /// back in the queue.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Contents> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Contents {
    fn conclude(&mut self, end: End) {
        self.end = Some(end);
        self.over = true;
        self.finish_decoding();
        // The exchange has ended without a look at it, as it does when it is stopped.
        self.take_order();
    }

    /// The order, with all of the body that was handed over before.
    fn take_order(&mut self) -> Option<Order> {
        let mut order = self.order.take()?;
        if let Order::Relay(relay) = &mut order {
            relay.chunks.append(&mut self.chunks);
            // Nothing more of the body comes this way; its end does.
            self.paused = false;
        }
        Some(order)
    }

    /// Tells the decoder that the body is complete, if it is.
    fn finish_decoding(&mut self) {
        if let (Some(End::Complete(_)), Some(decoding)) = (&self.end, &mut self.decoding)
            && let Err(error) = decoding.finish()
        {
            self.end = Some(End::Failed(Box::new(error)));
        }
    }

    pub(crate) fn taken(&mut self) {
        self.queued = false;
    }
}
