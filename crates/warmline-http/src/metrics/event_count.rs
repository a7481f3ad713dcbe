//! How many events a stream's bytes hold, whoever decodes them, if anybody does.

use http::HeaderValue;
use memchr::memchr_iter;

/// How a body of many events is framed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// Server-sent events: lines with a blank one after them; a line that begins with a colon is none.
    Blocks,
    /// One event in each line that is not empty.
    Lines,
    /// Frames of AWS, which are not counted.
    Frames,
}

impl Framing {
    /// That of a body with this `content-type`; `None` for one that is no stream of events.
    pub(super) fn of(content_type: Option<&HeaderValue>) -> Option<Self> {
        let value = content_type?.as_bytes();
        let end = memchr::memchr(b';', value).unwrap_or(value.len());
        let media_type = value[..end].trim_ascii();
        let is = |name: &str| media_type.eq_ignore_ascii_case(name.as_bytes());
        if is("text/event-stream") {
            Some(Self::Blocks)
        } else if is("application/x-ndjson") || is("application/stream+json") {
            Some(Self::Lines)
        } else if is("application/vnd.amazon.eventstream") {
            Some(Self::Frames)
        } else {
            None
        }
    }
}

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
        if self.framing == Framing::Frames {
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
            self.in_comment = *first == b':' && self.framing == Framing::Blocks;
        }
    }

    /// Whether an event ends with the line that ends here.
    fn end_line(&mut self) -> bool {
        let (in_line, in_comment) = (self.in_line, self.in_comment);
        (self.in_line, self.in_comment) = (false, false);
        match self.framing {
            Framing::Blocks if in_line => {
                self.in_event |= !in_comment;
                false
            }
            Framing::Blocks => std::mem::take(&mut self.in_event),
            Framing::Lines | Framing::Frames => in_line,
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
            assert_eq!(count(Framing::Blocks, &[one, two]), 3, "cut at {at}");
        }
    }

    #[test]
    fn each_line_of_a_stream_of_lines_is_an_event() {
        assert_eq!(
            count(Framing::Lines, &[b"{}\n{", b"}\r\n\n", b": no comment\n{"]),
            3
        );
    }

    #[test]
    fn a_media_type_is_read_without_its_parameters() {
        let of = |text| Framing::of(Some(&HeaderValue::from_static(text)));
        assert_eq!(
            of("Text/Event-Stream; charset=utf-8"),
            Some(Framing::Blocks)
        );
        assert_eq!(of("application/x-ndjson"), Some(Framing::Lines));
        assert_eq!(of("application/json"), None);
        assert_eq!(Framing::of(None), None);
    }
}
