//! Server-sent events on their way out: one after the other, at the pace that was asked for.

use std::time::Duration;

use crate::http1;
use crate::knobs::Close;

/// An answer's events, made one by one as they are sent.
pub(crate) trait Events: Send {
    /// Appends the next event; false when there is none.
    fn next(&mut self, out: &mut Vec<u8>) -> bool;

    /// Whether the next event has to be waited for, as a token has. What opens and what closes an answer comes at once.
    fn is_paced(&self) -> bool;
}

pub(crate) struct Stream {
    pub(crate) events: Box<dyn Events>,
    /// Zero: as fast as the client takes them.
    pub(crate) interval: Duration,
    pub(crate) stall_after: Option<u32>,
    pub(crate) cut: Option<Close>,
    pub(crate) chunked: bool,
}

/// What comes next on the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// An event was appended.
    Event,
    /// The end of the body was appended.
    End,
    /// Half an event was appended, and the connection has to close.
    Cut,
    /// Nothing will ever come again, and the connection stays open.
    Silence,
}

/// The event, from 0, in whose midst a stream is cut.
const CUT_AT: u32 = 2;

impl Stream {
    /// Whether the next step has to wait until the interval is over.
    pub(crate) fn waits(&self) -> bool {
        !self.interval.is_zero() && self.events.is_paced()
    }

    /// Appends the event with this number, from 0, as one chunk.
    pub(crate) fn step(&mut self, number: u32, scratch: &mut Vec<u8>, out: &mut Vec<u8>) -> Step {
        if self.stall_after.is_some_and(|limit| number >= limit) {
            return Step::Silence;
        }
        scratch.clear();
        if !self.events.next(scratch) {
            if self.chunked {
                out.extend_from_slice(http1::LAST_CHUNK);
            }
            return Step::End;
        }
        let start = out.len();
        if self.chunked {
            http1::push_chunk(out, scratch);
        } else {
            out.extend_from_slice(scratch);
        }
        if number == CUT_AT && matches!(self.cut, Some(Close::Body | Close::Reset)) {
            out.truncate(start + (out.len() - start) / 2);
            return Step::Cut;
        }
        Step::Event
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counted(u8);

    impl Events for Counted {
        fn next(&mut self, out: &mut Vec<u8>) -> bool {
            out.extend_from_slice(b"data: x\n\n");
            self.0 = self.0.wrapping_sub(1);
            self.0 != u8::MAX
        }

        fn is_paced(&self) -> bool {
            true
        }
    }

    fn steps(mut stream: Stream) -> (Vec<Step>, Vec<u8>) {
        let (mut out, mut scratch, mut steps) = (Vec::new(), Vec::new(), Vec::new());
        loop {
            let number = u32::try_from(steps.len()).unwrap();
            steps.push(stream.step(number, &mut scratch, &mut out));
            if steps.last() != Some(&Step::Event) {
                return (steps, out);
            }
        }
    }

    fn stream(events: u8) -> Stream {
        Stream {
            events: Box::new(Counted(events)),
            interval: Duration::ZERO,
            stall_after: None,
            cut: None,
            chunked: true,
        }
    }

    #[test]
    fn every_event_is_a_chunk_and_the_last_chunk_ends_the_body() {
        let (steps, out) = steps(stream(1));
        assert_eq!(steps, [Step::Event, Step::End]);
        assert_eq!(out, b"9\r\ndata: x\n\n\r\n0\r\n\r\n");
    }

    #[test]
    fn a_stalled_stream_never_ends() {
        let (steps, out) = steps(Stream {
            stall_after: Some(1),
            ..stream(9)
        });
        assert_eq!(steps, [Step::Event, Step::Silence]);
        assert!(!out.ends_with(http1::LAST_CHUNK));
    }

    #[test]
    fn a_cut_stream_stops_within_an_event() {
        let (steps, out) = steps(Stream {
            cut: Some(Close::Body),
            ..stream(9)
        });
        assert_eq!(steps, [Step::Event, Step::Event, Step::Cut]);
        assert_eq!(out.len(), 14 + 14 + 7);
    }
}
