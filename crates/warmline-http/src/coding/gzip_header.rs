//! The header of a gzip member (RFC 1952, section 2.3), a byte at a time: a piece may end anywhere.

use super::fault::Fault;

const MAGIC: [u8; 3] = [0x1f, 0x8b, DEFLATE];
/// The one method there is.
const DEFLATE: u8 = 8;

const HEADER_CRC: u8 = 1 << 1;
const EXTRA: u8 = 1 << 2;
const NAME: u8 = 1 << 3;
const COMMENT: u8 = 1 << 4;
const RESERVED: u8 = 0b1110_0000;

/// Reads over a header: nothing in it is of interest but where it ends.
#[derive(Debug, Default)]
pub(super) struct GzipHeader {
    part: Part,
    /// Optional parts that are still to come.
    flags: u8,
}

#[derive(Clone, Copy, Debug, Default)]
enum Part {
    #[default]
    Start,
    /// So many bytes of the magic number and the method have come.
    Magic(usize),
    Flags,
    /// So many bytes of time, level and system are to come.
    Fixed(u8),
    ExtraLength,
    ExtraLengthHigh(u8),
    Extra(u16),
    /// A name or a comment, up to its zero.
    Text,
    Crc(u8),
    Done,
}

impl GzipHeader {
    pub(super) fn is_done(&self) -> bool {
        matches!(self.part, Part::Done)
    }

    pub(super) fn byte(&mut self, byte: u8) -> Result<(), Fault> {
        self.part = match self.part {
            Part::Start => magic(0, byte)?,
            Part::Magic(seen) => magic(seen, byte)?,
            Part::Flags if byte & RESERVED != 0 => return Err(Fault::Malformed),
            Part::Flags => {
                self.flags = byte;
                Part::Fixed(6)
            }
            Part::Fixed(left) if left > 1 => Part::Fixed(left - 1),
            Part::ExtraLength => Part::ExtraLengthHigh(byte),
            Part::ExtraLengthHigh(low) => match u16::from_le_bytes([low, byte]) {
                0 => self.next(),
                length => Part::Extra(length),
            },
            Part::Extra(left) if left > 1 => Part::Extra(left - 1),
            Part::Text if byte != 0 => Part::Text,
            Part::Crc(left) if left > 1 => Part::Crc(left - 1),
            Part::Fixed(_) | Part::Extra(_) | Part::Text | Part::Crc(_) => self.next(),
            Part::Done => Part::Done,
        };
        Ok(())
    }

    /// The next optional part that is there.
    fn next(&mut self) -> Part {
        for (flag, part) in [
            (EXTRA, Part::ExtraLength),
            (NAME, Part::Text),
            (COMMENT, Part::Text),
            (HEADER_CRC, Part::Crc(2)),
        ] {
            if self.flags & flag != 0 {
                self.flags &= !flag;
                return part;
            }
        }
        Part::Done
    }
}

fn magic(seen: usize, byte: u8) -> Result<Part, Fault> {
    match MAGIC.get(seen) {
        Some(expected) if *expected != byte => Err(Fault::Malformed),
        _ if seen + 1 == MAGIC.len() => Ok(Part::Flags),
        _ => Ok(Part::Magic(seen + 1)),
    }
}
