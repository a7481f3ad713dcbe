//! The codings of one body, one behind the other, pulled from the far end.

use bytes::{Buf, Bytes};

use super::ContentCoding;
use super::brotli::Brotli;
use super::fault::Fault;
use super::inflate::Inflater;
use super::limits::{DecodingLimits, Guard};
use super::zstd::Zstd;
use crate::transport::scratch;

/// After so many decoded bytes the thread is given up once: about half a millisecond's work, in which
/// every other stream of the thread waits.
const TURN_BYTES: usize = 256 * 1024;
/// What is decoded at a time for a further coding.
const BETWEEN_BYTES: usize = 8 * 1024;

/// Undoes the codings of a body. What it holds back is only what the codings themselves do: bytes that
/// an encoder has flushed come out as soon as they are fed.
pub(crate) struct Decoding {
    /// The first one reads what is received.
    stages: Vec<Stage>,
    guard: Guard,
    /// Everything has been received.
    ended: bool,
    /// Decoded since the thread was given up.
    turn: usize,
}

/// What a pull comes to.
pub(crate) enum Pulled {
    Piece(Bytes),
    /// Feed some more, or that there is none.
    Hungry,
    /// Others should have their turn first.
    Pause,
    End,
}

struct Stage {
    codec: Codec,
    input: Bytes,
}

enum Codec {
    Inflate(Inflater),
    Brotli(Brotli),
    Zstd(Zstd),
}

/// What one step of a coding took and made.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Step {
    pub(super) read: usize,
    pub(super) written: usize,
}

/// What became of a wish for a buffer full of bytes.
enum Filled {
    Bytes(usize),
    Hungry,
    Pause,
    End,
}

impl Decoding {
    /// `codings` are in the order in which they were applied.
    pub(super) fn new(codings: &[ContentCoding], limits: DecodingLimits) -> Self {
        let stage = |coding: &ContentCoding| Stage {
            codec: Codec::of(*coding),
            input: Bytes::new(),
        };
        Self {
            stages: codings.iter().rev().map(stage).collect(),
            guard: Guard::new(limits),
            ended: false,
            turn: 0,
        }
    }

    /// Takes in what was received, or that there is no more. All that was fed before must have been
    /// pulled out.
    pub(crate) fn feed(&mut self, received: Option<Bytes>) {
        let Some(bytes) = received else {
            self.ended = true;
            return;
        };
        self.guard.received(bytes.len());
        if let Some(first) = self.stages.first_mut() {
            first.input = bytes;
        }
    }

    /// The next piece of the decoded body, of at most one read's size.
    ///
    /// # Errors
    /// What the body is refused for. Nothing is to be pulled after that.
    pub(crate) fn pull(&mut self) -> Result<Pulled, Fault> {
        if self.turn >= TURN_BYTES {
            self.turn = 0;
            return Ok(Pulled::Pause);
        }
        if self.ended && !self.guard.has_received() {
            // Nothing at all is no body, whatever it was to be encoded with.
            return Ok(Pulled::End);
        }
        scratch::reading(|buffer| {
            Ok(match self.fill(self.stages.len(), buffer)? {
                Filled::Bytes(length) => Pulled::Piece(Bytes::copy_from_slice(&buffer[..length])),
                Filled::Hungry => Pulled::Hungry,
                Filled::Pause => Pulled::Pause,
                Filled::End => Pulled::End,
            })
        })
    }

    /// Has the first `depth` codings make some bytes.
    fn fill(&mut self, depth: usize, buffer: &mut [u8]) -> Result<Filled, Fault> {
        let Some(at) = depth.checked_sub(1) else {
            return Ok(if self.ended {
                Filled::End
            } else {
                Filled::Hungry
            });
        };
        loop {
            // Without input, too: the coding may hold back what did not fit before.
            let stage = &mut self.stages[at];
            let step = stage.codec.step(&stage.input, buffer)?;
            stage.input.advance(step.read);
            let hungry = stage.input.is_empty();
            if step.written > 0 {
                self.guard.decoded(step.written)?;
                self.turn += step.written;
                return Ok(Filled::Bytes(step.written));
            }
            if !hungry {
                if step.read == 0 {
                    return Err(Fault::Malformed);
                }
                continue;
            }
            if self.turn >= TURN_BYTES {
                return Ok(Filled::Pause);
            }
            let mut between = [0; BETWEEN_BYTES];
            match self.fill(at, &mut between)? {
                Filled::Bytes(length) => {
                    self.stages[at].input = Bytes::copy_from_slice(&between[..length]);
                }
                Filled::End => {
                    let whole = self.stages[at].codec.may_end();
                    return whole.then_some(Filled::End).ok_or(Fault::Truncated);
                }
                other => return Ok(other),
            }
        }
    }
}

impl Codec {
    fn of(coding: ContentCoding) -> Self {
        match coding {
            ContentCoding::Gzip => Self::Inflate(Inflater::gzip()),
            ContentCoding::Deflate => Self::Inflate(Inflater::deflate()),
            ContentCoding::Brotli => Self::Brotli(Brotli::new()),
            ContentCoding::Zstd => Self::Zstd(Zstd::new()),
        }
    }

    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Fault> {
        match self {
            Self::Inflate(codec) => codec.step(input, output),
            Self::Brotli(codec) => codec.step(input, output),
            Self::Zstd(codec) => codec.step(input, output),
        }
    }

    /// Whether the body may be over here: at its end, or where its encoder flushed and then said no more.
    fn may_end(&mut self) -> bool {
        match self {
            Self::Inflate(codec) => codec.may_end(),
            Self::Brotli(codec) => codec.may_end(),
            Self::Zstd(codec) => codec.may_end(),
        }
    }
}
