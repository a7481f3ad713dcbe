//! Deflate (RFC 1951) in its three frames: gzip's, zlib's and none.
//!
//! The frames are read here and not by zlib, which cannot tell data that was cut from a missing checksum:
//! servers that leave out the checksum are as common as those that send a wrong length are rare.

use zlib_rs::adler32::adler32;
use zlib_rs::crc32::crc32;
use zlib_rs::{Inflate, InflateFlush, Status};

use super::chain::Step;
use super::fault::Fault;
use super::gzip_header::GzipHeader;

const WINDOW_BITS: u8 = 15;
/// How an encoder marks that it has flushed: the lengths of an empty block, stored as it is (RFC 1951,
/// section 3.2.4).
const FLUSHED: [u8; 4] = [0, 0, 0xff, 0xff];

pub(super) struct Inflater {
    inflate: Inflate,
    frame: Frame,
    part: Part,
    checksum: u32,
    /// The last bytes of the data so far.
    tail: [u8; FLUSHED.len()],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Frame {
    Gzip,
    /// Its first byte is to tell.
    ZlibOrRaw,
    Zlib,
    Raw,
}

#[derive(Debug)]
enum Part {
    GzipHeader(GzipHeader),
    /// The second byte of zlib's header, after this one.
    ZlibHeader(u8),
    Start,
    Data,
    /// The checksum, and gzip's length: so many bytes of it have come.
    Trailer {
        bytes: [u8; 8],
        seen: usize,
    },
    /// Between two members.
    Padding,
    /// What follows is nobody's.
    Over,
}

impl Inflater {
    pub(super) fn gzip() -> Self {
        Self::framed(Frame::Gzip, Part::GzipHeader(GzipHeader::default()))
    }

    pub(super) fn deflate() -> Self {
        Self::framed(Frame::ZlibOrRaw, Part::Start)
    }

    fn framed(frame: Frame, part: Part) -> Self {
        Self {
            inflate: Inflate::new(false, WINDOW_BITS),
            frame,
            part,
            checksum: 0,
            tail: FLUSHED,
        }
    }

    pub(super) fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Fault> {
        let mut read = 0;
        loop {
            let rest = &input[read..];
            if let Part::Data = self.part {
                let step = self.data(rest, output)?;
                read += step.read;
                // At the end of the data there is no more output to wait for.
                if step.written > 0 || matches!(self.part, Part::Data) {
                    return Ok(Step { read, ..step });
                }
                continue;
            }
            if let Part::Over = self.part {
                read = input.len();
            }
            let Some(byte) = input.get(read) else {
                return Ok(Step { read, written: 0 });
            };
            read += usize::from(self.framing(*byte)?);
        }
    }

    pub(super) fn may_end(&self) -> bool {
        match &self.part {
            Part::Data => self.tail == FLUSHED,
            Part::Trailer { .. } | Part::Padding | Part::Over => true,
            Part::GzipHeader(_) | Part::ZlibHeader(_) | Part::Start => false,
        }
    }

    fn data(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Fault> {
        let (read, written) = (self.inflate.total_in(), self.inflate.total_out());
        let status = self
            .inflate
            .decompress(input, output, InflateFlush::SyncFlush);
        let moved = |from: u64, to: u64| usize::try_from(to - from).unwrap_or(usize::MAX);
        let step = Step {
            read: moved(read, self.inflate.total_in()),
            written: moved(written, self.inflate.total_out()),
        };
        for byte in &input[step.read.saturating_sub(FLUSHED.len())..step.read] {
            self.tail.rotate_left(1);
            self.tail[FLUSHED.len() - 1] = *byte;
        }
        // What came before a fault is good; the fault stays for the next step.
        if status.is_err() && step.written == 0 {
            return Err(Fault::Malformed);
        }
        let written = &output[..step.written];
        match self.frame {
            Frame::Gzip => self.checksum = crc32(self.checksum, written),
            Frame::Zlib => self.checksum = adler32(self.checksum, written),
            Frame::ZlibOrRaw | Frame::Raw => {}
        }
        if status == Ok(Status::StreamEnd) {
            self.part = match self.frame {
                Frame::Raw | Frame::ZlibOrRaw => Part::Over,
                Frame::Gzip | Frame::Zlib => Part::Trailer {
                    bytes: [0; 8],
                    seen: 0,
                },
            };
        }
        Ok(step)
    }

    /// Takes in a byte outside the data; whether it was used up.
    fn framing(&mut self, byte: u8) -> Result<bool, Fault> {
        match &mut self.part {
            Part::GzipHeader(header) => {
                header.byte(byte)?;
                if header.is_done() {
                    self.begin(0);
                }
            }
            // RFC 1950, section 2.2: the method is in the lower half.
            Part::Start if byte & 0xf == 8 => self.part = Part::ZlibHeader(byte),
            Part::Start => {
                self.frame = Frame::Raw;
                self.begin(0);
                return Ok(false);
            }
            Part::ZlibHeader(first) => {
                const DICTIONARY: u8 = 1 << 5;
                let check = u16::from_be_bytes([*first, byte]);
                if !check.is_multiple_of(31) || byte & DICTIONARY != 0 {
                    return Err(Fault::Malformed);
                }
                self.frame = Frame::Zlib;
                self.begin(1);
            }
            Part::Trailer { bytes, seen } => {
                bytes[*seen] = byte;
                *seen += 1;
                let (bytes, seen) = (*bytes, *seen);
                self.trailer(bytes, seen)?;
            }
            // Some pad what they send.
            Part::Padding if byte == 0 => {}
            // Another member (RFC 1952, section 2.2).
            Part::Padding => {
                self.part = Part::GzipHeader(GzipHeader::default());
                return Ok(false);
            }
            Part::Data | Part::Over => {}
        }
        Ok(true)
    }

    fn begin(&mut self, checksum: u32) {
        self.inflate.reset(false);
        self.checksum = checksum;
        self.tail = FLUSHED;
        self.part = Part::Data;
    }

    fn trailer(&mut self, bytes: [u8; 8], seen: usize) -> Result<(), Fault> {
        let [a, b, c, d, length @ ..] = bytes;
        let (checksum, length) = match (self.frame, seen) {
            // The length is that of the data modulo 2^32.
            (Frame::Gzip, 8) => (
                u32::from_le_bytes([a, b, c, d]),
                Some(u64::from(u32::from_le_bytes(length))),
            ),
            (Frame::Zlib, 4) => (u32::from_be_bytes([a, b, c, d]), None),
            _ => return Ok(()),
        };
        let actual = self.inflate.total_out() & u64::from(u32::MAX);
        if checksum != self.checksum || length.is_some_and(|length| length != actual) {
            return Err(Fault::Malformed);
        }
        self.part = match self.frame {
            Frame::Gzip => Part::Padding,
            _ => Part::Over,
        };
        Ok(())
    }
}
