//! Brotli (RFC 7932).

use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};

use super::chain::Step;
use super::fault::Fault;

pub(super) struct Brotli {
    // Boxed: the decoder's own tables lie in it.
    state: Box<BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>>,
    over: bool,
}

impl Brotli {
    pub(super) fn new() -> Self {
        let allocator = StandardAlloc::default();
        Self {
            state: Box::new(BrotliState::new(allocator, allocator, allocator)),
            over: false,
        }
    }

    pub(super) fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Fault> {
        if self.over {
            // What follows is nobody's.
            return Ok(Step {
                read: input.len(),
                written: 0,
            });
        }
        let (mut left, mut room) = (input.len(), output.len());
        let (mut read, mut written, mut total) = (0, 0, 0);
        let result = BrotliDecompressStream(
            &mut left,
            &mut read,
            input,
            &mut room,
            &mut written,
            output,
            &mut total,
            &mut self.state,
        );
        match result {
            BrotliResult::ResultFailure => return Err(Fault::Malformed),
            BrotliResult::ResultSuccess => self.over = true,
            BrotliResult::NeedsMoreInput | BrotliResult::NeedsMoreOutput => {}
        }
        Ok(Step { read, written })
    }

    /// A flush ends a meta-block, so that the last, empty one may follow.
    pub(super) fn may_end(&mut self) -> bool {
        const LAST: &[u8] = &[3];
        let closing = |step: Step| step.written == 0;
        let closed = self.over || self.step(LAST, &mut [0]).is_ok_and(closing);
        closed && self.over
    }
}
