//! Writes what the mailbox holds into the completion buffer, as far as one drain may go.

use std::time::Duration;

use crate::error::error_json;
use crate::mailbox::Mailbox;
use crate::outbox::{Contents, End, Head, Outbox, Upload};
use crate::provoked;
use crate::wire::{align, done, event};

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
const FIXED: usize = 32;

/// What a drain took out, beside what it wrote into the buffer.
pub(crate) struct Drained {
    /// The values of all events, each with a comma before it.
    pub(crate) json: String,
    pub(crate) more: bool,
}

/// Drains the mailbox into `buffer`, whose first word becomes the end of what was written.
pub(crate) fn drain(mailbox: &Mailbox, buffer: &mut [u8]) -> Drained {
    mailbox.awake();
    provoked::panic_at("drain");
    let mut writer = Writer {
        buffer,
        at: 4,
        json: String::new(),
    };
    let more = writer.fill(mailbox);
    let end = word(writer.at);
    writer.buffer[..4].copy_from_slice(&end.to_le_bytes());
    Drained {
        json: writer.json,
        more,
    }
}

struct Writer<'a> {
    buffer: &'a mut [u8],
    at: usize,
    json: String,
}

impl Writer<'_> {
    /// Writes as much as one drain may; whether more is waiting.
    fn fill(&mut self, mailbox: &Mailbox) -> bool {
        for _ in 0..DRAIN_SLOTS {
            if self.at + self.json.len() >= DRAIN_BYTES || self.free() < RECORD_RESERVE {
                return true;
            }
            let Some(outbox) = mailbox.pop() else {
                return false;
            };
            let mut contents = outbox.lock();
            if self.contents(&outbox, &mut contents) {
                contents.taken();
            } else {
                drop(contents);
                mailbox.put_back(outbox);
                return true;
            }
        }
        !mailbox.is_empty()
    }

    /// Writes all news of a slot; `false` when some of its body did not fit and stayed behind.
    fn contents(&mut self, outbox: &Outbox, contents: &mut Contents) -> bool {
        let slot = outbox.slot;
        let Upload { pulled, rewind } = std::mem::take(&mut contents.upload);
        if pulled > 0 {
            self.words(&[done::PULL, slot, pulled]);
        }
        if rewind {
            self.words(&[done::REWIND, slot]);
        }
        if let Some(head) = contents.head.take() {
            let size: usize = contents.chunks.iter().map(bytes::Bytes::len).sum();
            if let Some(End::Complete(took)) = contents.end
                && size <= WHOLE_LIMIT
            {
                contents.end = None;
                self.whole(slot, &head, contents, size, took);
                return true;
            }
            self.head(slot, &head);
        }
        if contents.paused {
            return true;
        }
        if !self.chunks(slot, contents) || !self.events(slot, contents) {
            return false;
        }
        match contents.end.take() {
            Some(End::Complete(took)) => {
                let [low, high] = micros(took);
                self.words(&[done::END, slot, low, high]);
            }
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

    fn whole(
        &mut self,
        slot: u32,
        head: &Head,
        contents: &mut Contents,
        size: usize,
        took: Duration,
    ) {
        let ascii = contents.chunks.iter().all(|chunk| chunk.is_ascii());
        let flags = head.flags | if ascii { done::FLAG_ASCII } else { 0 };
        let status = u32::from(head.status);
        let [low, high] = micros(took);
        self.words(&[
            done::WHOLE,
            slot,
            status,
            flags,
            word(head.text.len()),
            word(size),
            low,
            high,
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
            head.flags,
            word(head.text.len()),
            0,
            0,
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
        contents.drained += (self.at - first) as u64;
        let length = word(self.at - first);
        self.buffer[start + 8..start + 12].copy_from_slice(&length.to_le_bytes());
        self.at = align(self.at);
        contents.chunks.is_empty()
    }

    /// All events of a slot; `false` if their words and raw data do not fit.
    fn events(&mut self, slot: u32, contents: &mut Contents) -> bool {
        let Some(decoding) = &mut contents.decoding else {
            return true;
        };
        let news = decoding.news();
        if news.is_empty() {
            return true;
        }
        if 4 * news.words.len() + news.raw.len() > self.free().saturating_sub(RECORD_RESERVE / 2) {
            return false;
        }
        self.words(&[
            done::EVENTS,
            slot,
            word(news.words.len() / event::WORDS),
            word(news.bytes),
            word(news.raw.len()),
        ]);
        self.words(&news.words);
        self.bytes(&news.raw);
        self.at = align(self.at);
        self.json.push_str(&news.json);
        news.clear();
        true
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

/// The two words of a duration in microseconds.
fn micros(duration: Duration) -> [u32; 2] {
    let micros = duration.as_micros();
    [micros, micros >> 32]
        .map(|word| u32::try_from(word & u128::from(u32::MAX)).unwrap_or_default())
}

/// Sizes here are bounded by the completion buffer, which is far below 4 GiB.
fn word(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}
