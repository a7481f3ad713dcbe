//! Writes what the mailbox holds into the completion buffer, as far as one drain may go.

use warmline_http::Error;

use crate::link::Mailbox;
use crate::outbox::{Contents, End, Head, Outbox};
use crate::wire::{align, done};

/// A body up to this size crosses with its head in one record; JavaScript keeps it as a string.
const WHOLE_LIMIT: usize = 64 * 1024;
/// The most bytes one drain hands over, so that the event loop is not held for long.
pub(crate) const DRAIN_BYTES: usize = 512 * 1024;
/// The most slots one drain serves.
const DRAIN_SLOTS: usize = 1024;
/// The largest record that is never cut: the drain stops while less than this is free. Two heads
/// of the largest size (64 KiB) and a whole body fit.
const RECORD_RESERVE: usize = 256 * 1024;
/// The fixed words of the largest record.
const FIXED: usize = 24;
/// An error record stays far below the reserve: so many causes, each so many characters.
const MAX_CAUSES: usize = 8;
const MAX_MESSAGE: usize = 2048;

/// Drains the mailbox into `buffer`; returns the bytes written, and whether more is waiting.
pub(crate) fn drain(mailbox: &Mailbox, buffer: &mut [u8]) -> (usize, bool) {
    mailbox.awake();
    let mut writer = Writer { buffer, at: 0 };
    for _ in 0..DRAIN_SLOTS {
        if writer.at >= DRAIN_BYTES || writer.free() < RECORD_RESERVE {
            return (writer.at, true);
        }
        let Some(outbox) = mailbox.pop() else {
            return (writer.at, false);
        };
        let mut contents = outbox.lock();
        if writer.contents(&outbox, &mut contents) {
            contents.taken();
        } else {
            drop(contents);
            mailbox.put_back(outbox);
        }
    }
    (writer.at, !mailbox.is_empty())
}

struct Writer<'a> {
    buffer: &'a mut [u8],
    at: usize,
}

impl Writer<'_> {
    /// Writes all news of a slot; `false` when some of its body did not fit and stayed behind.
    fn contents(&mut self, outbox: &Outbox, contents: &mut Contents) -> bool {
        let slot = outbox.slot;
        if contents.pulled > 0 {
            self.words(&[done::PULL, slot, contents.pulled]);
            contents.pulled = 0;
        }
        if let Some(head) = contents.head.take() {
            let size: usize = contents.chunks.iter().map(bytes::Bytes::len).sum();
            if matches!(contents.end, Some(End::Complete)) && size <= WHOLE_LIMIT {
                contents.end = None;
                self.whole(slot, &head, contents, size);
                return true;
            }
            self.head(slot, &head);
        }
        if !self.chunks(slot, contents) {
            return false;
        }
        match contents.end.take() {
            Some(End::Complete) => self.words(&[done::END, slot]),
            Some(End::Failed(error)) => self.text(done::ERROR, slot, error_json(&error).as_bytes()),
            Some(End::Value(json)) => self.text(done::VALUE, slot, json.as_bytes()),
            Some(End::Lease(offered)) => {
                let number = offered.take().get().to_string();
                self.text(done::VALUE, slot, number.as_bytes());
            }
            None => {}
        }
        true
    }

    fn whole(&mut self, slot: u32, head: &Head, contents: &mut Contents, size: usize) {
        let ascii = contents.chunks.iter().all(|chunk| chunk.is_ascii());
        let flags = flags(head) | if ascii { done::FLAG_ASCII } else { 0 };
        let status = u32::from(head.status);
        self.words(&[
            done::WHOLE,
            slot,
            status,
            flags,
            word(head.text.len()),
            word(size),
        ]);
        self.bytes(&head.text);
        for chunk in contents.chunks.drain(..) {
            self.bytes(&chunk);
        }
        self.at = align(self.at);
    }

    fn head(&mut self, slot: u32, head: &Head) {
        let status = u32::from(head.status);
        self.words(&[
            done::HEAD,
            slot,
            status,
            flags(head),
            word(head.text.len()),
            0,
        ]);
        self.bytes(&head.text);
        self.at = align(self.at);
    }

    /// All chunks of a slot as one record; what does not fit stays.
    fn chunks(&mut self, slot: u32, contents: &mut Contents) -> bool {
        if contents.chunks.is_empty() {
            return true;
        }
        let start = self.at;
        let mut room = self.free().saturating_sub(RECORD_RESERVE / 2);
        self.words(&[done::CHUNK, slot, 0]);
        let first = self.at;
        while let Some(mut chunk) = contents.chunks.pop_front() {
            let now = chunk.split_to(chunk.len().min(room));
            self.bytes(&now);
            room -= now.len();
            if !chunk.is_empty() {
                contents.chunks.push_front(chunk);
                break;
            }
        }
        let length = word(self.at - first);
        self.buffer[start + 8..start + 12].copy_from_slice(&length.to_le_bytes());
        self.at = align(self.at);
        contents.chunks.is_empty()
    }

    fn text(&mut self, kind: u32, slot: u32, text: &[u8]) {
        self.words(&[kind, slot, word(text.len())]);
        self.bytes(text);
        self.at = align(self.at);
    }

    fn words(&mut self, words: &[u32]) {
        for word in words {
            self.bytes(&word.to_le_bytes());
        }
    }

    fn bytes(&mut self, bytes: &[u8]) {
        let end = self.at + bytes.len();
        self.buffer[self.at..end].copy_from_slice(bytes);
        self.at = end;
    }

    fn free(&self) -> usize {
        self.buffer.len().saturating_sub(self.at + FIXED)
    }
}

fn flags(head: &Head) -> u32 {
    if head.redirected {
        done::FLAG_REDIRECTED
    } else {
        0
    }
}

/// Sizes here are bounded by the completion buffer, which is far below 4 GiB.
fn word(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}

fn error_json(error: &Error) -> String {
    let causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source())
        .take(MAX_CAUSES)
        .map(|cause| clip(&cause.to_string()));
    serde_json::json!({
        "code": error.code,
        "phase": error.phase.as_str(),
        "message": clip(&error.message),
        "origin": error.origin.as_deref(),
        "attempt": error.attempt,
        "reusedConnection": error.reused_connection,
        "bytesSent": error.bytes_sent,
        "bytesReceived": error.bytes_received,
        "retryable": error.retryable,
        "causes": causes.collect::<Vec<_>>(),
    })
    .to_string()
}

fn clip(text: &str) -> String {
    text.chars().take(MAX_MESSAGE).collect()
}
