//! How many events a stream's bytes hold, whoever decodes them, if anybody does.

use memchr::memchr_iter;

use crate::sse::Framing;

/// Counts along with a body whose bytes come in pieces, cut anywhere.
pub(super) struct EventCount {
    framing: Framing,
    /// The line that is not complete yet is not empty.
    in_line: bool,
    /// The line that is not complete yet is a comment.
    in_comment: bool,
    /// The event that is not complete yet has a line.
    in_event: bool,
}

impl EventCount {
    pub(super) fn new(framing: Framing) -> Self {
        Self {
            framing,
            in_line: false,
            in_comment: false,
            in_event: false,
        }
    }

    /// How many events end in this piece.
    pub(super) fn feed(&mut self, piece: &[u8]) -> u64 {
        if self.framing == Framing::AwsFrames {
            return 0;
        }
        let (mut events, mut from) = (0, 0);
        for end in memchr_iter(b'\n', piece) {
            self.line(&piece[from..end]);
            events += u64::from(self.end_line());
            from = end + 1;
        }
        self.line(&piece[from..]);
        events
    }

    /// More of a line.
    fn line(&mut self, more: &[u8]) {
        let Some(first) = more.iter().find(|byte| **byte != b'\r') else {
            return;
        };
        if !self.in_line {
            self.in_line = true;
            self.in_comment = *first == b':' && self.framing == Framing::Events;
        }
    }

    /// Whether an event ends with the line that ends here.
    fn end_line(&mut self) -> bool {
        let (in_line, in_comment) = (self.in_line, self.in_comment);
        (self.in_line, self.in_comment) = (false, false);
        match self.framing {
            Framing::Events if in_line => {
                self.in_event |= !in_comment;
                false
            }
            Framing::Events => std::mem::take(&mut self.in_event),
            Framing::Lines | Framing::AwsFrames => in_line,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &[u8] =
        b": hello\n\nevent: a\r\ndata: 1\r\n\r\ndata: 2\n\n\n: ping\n\ndata:3\n\ndata";

    fn count(framing: Framing, pieces: &[&[u8]]) -> u64 {
        let mut count = EventCount::new(framing);
        pieces.iter().map(|piece| count.feed(piece)).sum()
    }

    #[test]
    fn comments_and_blank_lines_are_no_events_wherever_the_stream_is_cut() {
        for at in 0..STREAM.len() {
            let (one, two) = STREAM.split_at(at);
            assert_eq!(count(Framing::Events, &[one, two]), 3, "cut at {at}");
        }
    }

    #[test]
    fn each_line_of_a_stream_of_lines_is_an_event() {
        assert_eq!(
            count(Framing::Lines, &[b"{}\n{", b"}\r\n\n", b": no comment\n{"]),
            3
        );
    }
}
