//! Reads the submission buffer: JavaScript's words become typed commands.

use std::ops::Range;
use std::time::Duration;

use bytes::Bytes;

use crate::decode::Wish;
use crate::durations::duration;
use crate::wire::{NONE, align, flag, op};

/// What one turn of a JavaScript thread handed over.
pub(crate) struct Batch {
    /// The submission buffer's contents.
    pub(crate) bytes: Bytes,
    /// Bodies too large for the buffer, in the order in which records refer to them.
    pub(crate) sides: Vec<Bytes>,
}

/// One record of a batch.
pub(crate) enum Command {
    Request(Box<RequestRecord>),
    Abort {
        slot: u32,
    },
    Forgo {
        slot: u32,
    },
    Credit {
        slot: u32,
        bytes: u32,
    },
    BodyChunk {
        slot: u32,
        bytes: Bytes,
    },
    BodyEnd {
        slot: u32,
    },
    BodyError {
        slot: u32,
    },
    BodyRewind {
        slot: u32,
    },
    LeaseAcquire {
        slot: u32,
        pool: u32,
        endpoint: u32,
        timeout: Option<Duration>,
    },
    LeaseReady {
        slot: u32,
        pool: u32,
        lease: u64,
    },
    Preconnect {
        slot: u32,
        client: u32,
        count: u32,
        url: String,
    },
    Decode {
        slot: u32,
        wish: Wish,
        received: u64,
        unread: Bytes,
    },
    Relay {
        slot: u32,
        socket: u32,
        wish: u32,
        heartbeat: Option<Duration>,
        received: u64,
        unread: Bytes,
    },
    Halt {
        slot: u32,
        now: bool,
    },
    Measure {
        slot: u32,
        client: u32,
        timeout: Option<Duration>,
    },
}

/// A request as it crossed: nothing in it has been checked yet.
pub(crate) struct RequestRecord {
    pub(crate) slot: u32,
    pub(crate) client: u32,
    /// `0` for none: lease ids start at one.
    pub(crate) lease: u64,
    pub(crate) flags: u32,
    /// Pool, connect, first byte, idle, total.
    pub(crate) timeouts: [Option<Duration>; 5],
    pub(crate) text: Bytes,
    pub(crate) url_units: usize,
    pub(crate) method_units: usize,
    /// Of the text after the headers; 0 for none.
    pub(crate) affinity_units: usize,
    /// After that; 0 for none.
    pub(crate) referrer_units: usize,
    /// Pairs of lengths (name, value), in UTF-16 units, as they lie in the batch.
    pub(crate) header_units: Bytes,
    pub(crate) body: SubmittedBody,
}

pub(crate) enum SubmittedBody {
    None,
    Bytes(Bytes),
    Stream {
        length: Option<u64>,
        rewindable: bool,
    },
}

/// A batch that does not follow the protocol: a defect of this package, never of the caller.
#[derive(Debug)]
pub(crate) struct Malformed;

/// Walks over a batch's records.
pub(crate) struct Records {
    batch: Bytes,
    sides: std::vec::IntoIter<Bytes>,
    at: usize,
}

impl Records {
    pub(crate) fn new(batch: Batch) -> Self {
        Self {
            batch: batch.bytes,
            sides: batch.sides.into_iter(),
            at: 0,
        }
    }

    /// The next command and its slot, or `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<(u32, Command)>, Malformed> {
        if self.at >= self.batch.len() {
            return Ok(None);
        }
        let kind = self.word()?;
        let slot = self.word()?;
        let command = match kind {
            op::REQUEST => Command::Request(Box::new(self.request(slot)?)),
            op::ABORT => Command::Abort { slot },
            op::FORGO => Command::Forgo { slot },
            op::CREDIT => Command::Credit {
                slot,
                bytes: self.word()?,
            },
            op::BODY_CHUNK => Command::BodyChunk {
                slot,
                bytes: self.chunk()?,
            },
            op::BODY_END => Command::BodyEnd { slot },
            op::BODY_ERROR => Command::BodyError { slot },
            op::BODY_REWIND => Command::BodyRewind { slot },
            op::LEASE_ACQUIRE => Command::LeaseAcquire {
                slot,
                pool: self.word()?,
                endpoint: self.word()?,
                timeout: self.duration()?,
            },
            op::LEASE_READY => Command::LeaseReady {
                slot,
                pool: self.word()?,
                lease: self.long()?,
            },
            op::PRECONNECT => {
                let (client, count, length) = (self.word()?, self.word()?, self.word()? as usize);
                let text = self.take(length)?;
                let url = String::from_utf8(text.to_vec()).map_err(|_| Malformed)?;
                Command::Preconnect {
                    slot,
                    client,
                    count,
                    url,
                }
            }
            op::DECODE => Command::Decode {
                slot,
                wish: Wish::from_word(self.word()?).ok_or(Malformed)?,
                received: self.long()?,
                unread: self.chunk()?,
            },
            op::RELAY => Command::Relay {
                slot,
                socket: self.word()?,
                wish: self.word()?,
                heartbeat: self.duration()?,
                received: self.long()?,
                unread: self.chunk()?,
            },
            op::HALT => Command::Halt {
                slot,
                now: self.word()? != 0,
            },
            op::MEASURE => Command::Measure {
                slot,
                client: self.word()?,
                timeout: self.duration()?,
            },
            _ => return Err(Malformed),
        };
        self.at = align(self.at);
        Ok(Some((slot, command)))
    }

    fn request(&mut self, slot: u32) -> Result<RequestRecord, Malformed> {
        let flags = self.word()?;
        let client = self.word()?;
        let lease = self.long()?;
        let url_units = self.word()? as usize;
        let method_units = self.word()? as usize;
        let headers = self.word()? as usize;
        let text_length = self.word()? as usize;
        let body_length = self.word()?;
        let mut timeouts = [None; 5];
        if flags & flag::TIMEOUTS != 0 {
            for timeout in &mut timeouts {
                *timeout = self.duration()?;
            }
        }
        let mut units = |present| match flags & present {
            0 => Ok(0),
            _ => self.word().map(|units| units as usize),
        };
        let affinity_units = units(flag::AFFINITY)?;
        let referrer_units = units(flag::REFERRER)?;
        let header_units = self.take(headers.checked_mul(8).ok_or(Malformed)?)?;
        let text = self.take(text_length)?;
        let body = match flags & flag::BODY_MASK {
            flag::BODY_NONE => SubmittedBody::None,
            flag::BODY_INLINE => SubmittedBody::Bytes(self.take(body_length as usize)?),
            flag::BODY_SIDE => SubmittedBody::Bytes(self.sides.next().ok_or(Malformed)?),
            _ => SubmittedBody::Stream {
                length: (body_length != NONE).then_some(u64::from(body_length)),
                rewindable: flags & flag::REWINDABLE != 0,
            },
        };
        Ok(RequestRecord {
            slot,
            client,
            lease,
            flags,
            timeouts,
            text,
            url_units,
            method_units,
            affinity_units,
            referrer_units,
            header_units,
            body,
        })
    }

    /// A piece of a body, inline, or the next side buffer when its length says so.
    fn chunk(&mut self) -> Result<Bytes, Malformed> {
        match self.word()? {
            NONE => self.sides.next().ok_or(Malformed),
            length => self.take(length as usize),
        }
    }

    fn duration(&mut self) -> Result<Option<Duration>, Malformed> {
        let millis = self.word()?;
        Ok((millis != NONE).then(|| duration(millis)))
    }

    fn long(&mut self) -> Result<u64, Malformed> {
        let low = u64::from(self.word()?);
        Ok(low | u64::from(self.word()?) << 32)
    }

    fn word(&mut self) -> Result<u32, Malformed> {
        let bytes = self.batch.get(self.at..self.at + 4).ok_or(Malformed)?;
        self.at += 4;
        Ok(u32::from_le_bytes(bytes.try_into().map_err(|_| Malformed)?))
    }

    fn take(&mut self, length: usize) -> Result<Bytes, Malformed> {
        let range: Range<usize> = self.at..self.at.checked_add(length).ok_or(Malformed)?;
        if range.end > self.batch.len() {
            return Err(Malformed);
        }
        self.at = range.end;
        Ok(self.batch.slice(range))
    }
}

/// Cuts UTF-8 text into pieces whose lengths are stated in UTF-16 units.
pub(crate) struct Pieces<'a> {
    rest: &'a str,
    ascii: bool,
}

impl<'a> Pieces<'a> {
    pub(crate) fn new(text: &'a [u8]) -> Result<Self, Malformed> {
        let rest = std::str::from_utf8(text).map_err(|_| Malformed)?;
        Ok(Self {
            rest,
            ascii: rest.is_ascii(),
        })
    }

    pub(crate) fn take(&mut self, units: usize) -> Result<&'a str, Malformed> {
        let bytes = if self.ascii {
            units
        } else {
            bytes_of_units(self.rest, units)
        };
        let (piece, rest) = self.rest.split_at_checked(bytes).ok_or(Malformed)?;
        self.rest = rest;
        Ok(piece)
    }
}

fn bytes_of_units(text: &str, units: usize) -> usize {
    let mut seen = 0;
    for (at, character) in text.char_indices() {
        if seen >= units {
            return at;
        }
        seen += character.len_utf16();
    }
    text.len()
}
