//! Zstandard (RFC 8878).

use zstd_safe::{DCtx, DParameter, InBuffer, OutBuffer};

use super::chain::Step;
use super::fault::Fault;

/// RFC 9659: a response may ask for a window of 8 MB, and no more.
const WINDOW_LOG_MAX: u32 = 23;

const MAGIC: [u8; 4] = 0xfd2f_b528_u32.to_le_bytes();
/// A frame that is to be skipped; the lower half of its first byte is free.
const SKIPPABLE: [u8; 4] = 0x184d_2a50_u32.to_le_bytes();

pub(super) struct Zstd {
    context: DCtx<'static>,
    part: Part,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// Before the first frame.
    First,
    /// In a frame.
    Frame,
    /// A frame is complete, and so many bytes look like another's beginning.
    Between(usize),
    /// What follows is nobody's.
    Over,
}

impl Zstd {
    pub(super) fn new() -> Self {
        let mut context = DCtx::create();
        // It is within what the format allows, the only thing that it could be refused for.
        let _ = context.set_parameter(DParameter::WindowLogMax(WINDOW_LOG_MAX));
        Self {
            context,
            part: Part::First,
        }
    }

    pub(super) fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Fault> {
        if let Part::Between(seen) = self.part
            && let Some(byte) = input.first()
        {
            self.part = match seen + 1 {
                _ if !begins_frame(seen, *byte) => Part::Over,
                4 => Part::Frame,
                seen => Part::Between(seen),
            };
        }
        let input = match self.part {
            Part::Over => {
                return Ok(Step {
                    read: input.len(),
                    written: 0,
                });
            }
            // Of a frame that it sees whole the library takes more than of one that comes in pieces.
            Part::First | Part::Between(_) => &input[..input.len().min(1)],
            Part::Frame => input,
        };
        let mut from = InBuffer::around(input);
        let mut into = OutBuffer::around(output);
        let hint = self
            .context
            .decompress_stream(&mut into, &mut from)
            .map_err(|_| Fault::Malformed)?;
        self.part = match self.part {
            Part::First if from.pos() > 0 => Part::Frame,
            Part::Frame if hint == 0 => Part::Between(0),
            part => part,
        };
        Ok(Step {
            read: from.pos(),
            written: into.pos(),
        })
    }

    pub(super) fn may_end(&self) -> bool {
        !matches!(self.part, Part::First | Part::Frame)
    }
}

fn begins_frame(at: usize, byte: u8) -> bool {
    let free = if at == 0 { 0x0f } else { 0 };
    MAGIC.get(at) == Some(&byte) || SKIPPABLE.get(at) == Some(&(byte & !free))
}
