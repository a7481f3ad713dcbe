//! Newline-delimited JSON, as Ollama streams it: one value on each line.

use memchr::memchr;

use super::decoded;
use super::limit::check;
use crate::error::Error;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Cuts a body whose bytes come in pieces, cut anywhere, into its lines.
///
/// Lines end with LF or CRLF; blank ones are skipped. What is not UTF-8 becomes U+FFFD. Whether a line is
/// JSON is left to whoever reads it. Between two lines it holds no memory.
#[derive(Debug, Default)]
pub struct JsonLines {
    /// The beginning of a line whose end has not come.
    line: Vec<u8>,
    /// Past the place where a byte order mark may stand.
    begun: bool,
}

impl JsonLines {
    /// Takes in the next piece, and hands over the lines that it completes.
    ///
    /// # Errors
    /// `WARMLINE_EVENT_TOO_LARGE` for a line of more than 16 MiB; the stream cannot be read on.
    pub fn feed(&mut self, chunk: &[u8], mut on_line: impl FnMut(&str)) -> Result<(), Error> {
        let mut rest = chunk;
        while let Some(end) = memchr(b'\n', rest) {
            let line = &rest[..end];
            rest = &rest[end + 1..];
            check(self.line.len() + line.len())?;
            if self.line.is_empty() {
                self.line(line, &mut on_line);
            } else {
                let mut whole = std::mem::take(&mut self.line);
                whole.extend_from_slice(line);
                self.line(&whole, &mut on_line);
            }
        }
        check(self.line.len() + rest.len())?;
        self.line.extend_from_slice(rest);
        Ok(())
    }

    /// The body is complete, and so is a last line that nothing ends.
    pub fn finish(&mut self, mut on_line: impl FnMut(&str)) {
        let line = std::mem::take(&mut self.line);
        self.line(&line, &mut on_line);
    }

    fn line(&mut self, line: &[u8], on_line: &mut impl FnMut(&str)) {
        let line = match line.strip_prefix(BYTE_ORDER_MARK) {
            Some(line) if !self.begun => line,
            _ => line,
        };
        self.begun = true;
        let line = line.trim_ascii();
        if !line.is_empty() {
            on_line(&decoded(line));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::JsonLines;
    use crate::error::Error;
    use crate::sse::cuts::same_wherever_cut;
    use crate::sse::limit::MAX_EVENT_BYTES;

    fn decode(chunks: &[&[u8]]) -> Vec<String> {
        let mut seen = Vec::new();
        let mut lines = JsonLines::default();
        for chunk in chunks {
            let fed = lines.feed(chunk, |line| seen.push(line.to_owned()));
            fed.expect("a stream of small lines");
        }
        lines.finish(|line| seen.push(line.to_owned()));
        seen
    }

    #[test]
    fn reads_a_value_from_each_line() {
        assert_eq!(
            decode(&[b"{\"a\":1}\n{\"b\":2}\r\n[3]\n"]),
            ["{\"a\":1}", "{\"b\":2}", "[3]"]
        );
    }

    #[test]
    fn skips_blank_lines_and_the_space_around_a_value() {
        assert_eq!(decode(&[b"\n\r\n \t\n 1 \n\n2\r\n\r\n"]), ["1", "2"]);
    }

    #[test]
    fn counts_a_last_line_that_nothing_ends() {
        assert_eq!(decode(&[b"1\n2"]), ["1", "2"]);
        assert_eq!(decode(&[b"1\n2\r"]), ["1", "2"]);
        assert_eq!(decode(&[b""]), [""; 0]);
    }

    #[test]
    fn takes_no_lone_carriage_return_for_an_end() {
        assert_eq!(decode(&[b"1\r2\n"]), ["1\r2"]);
    }

    #[test]
    fn ignores_a_byte_order_mark_at_the_beginning_only() {
        let text = "\u{feff}1\n\u{feff}2\n";
        assert_eq!(decode(&[text.as_bytes()]), ["1", "\u{feff}2"]);
    }

    #[test]
    fn replaces_what_is_not_utf8() {
        assert_eq!(
            decode(&[b"\"\xf0\x9f\"\n\xff"]),
            ["\"\u{fffd}\"", "\u{fffd}"]
        );
    }

    #[test]
    fn reads_the_same_wherever_the_bytes_are_cut() {
        let text = "\u{feff}{\"x\":\"é😀\"}\r\n\r\n \n[1,\r2]\n{\"y\":{}}\n\n\"last\"";
        let lines = same_wherever_cut(text.as_bytes(), decode);
        assert_eq!(lines.len(), 4);
    }

    #[test]
    fn refuses_a_line_over_the_limit_however_it_comes() {
        let mut line = vec![b'x'; MAX_EVENT_BYTES];
        line.push(b'\n');
        let feed = |pieces: &mut dyn Iterator<Item = &[u8]>| -> Result<usize, Error> {
            let mut seen = 0;
            let mut lines = JsonLines::default();
            for piece in pieces {
                lines.feed(piece, |line| seen += line.len())?;
            }
            Ok(seen)
        };
        let largest = feed(&mut line.chunks(1 << 20)).expect("a line at the limit");
        assert_eq!(largest, MAX_EVENT_BYTES);
        line.insert(0, b'x');
        for size in [1 << 20, line.len()] {
            let error = feed(&mut line.chunks(size)).expect_err("a limit");
            assert_eq!(error.code, "WARMLINE_EVENT_TOO_LARGE");
        }
    }

    proptest! {
        #[test]
        fn reads_any_bytes_the_same_whole_or_in_pieces(
            bytes in proptest::collection::vec(prop_oneof![Just(b'\n'), Just(b'\r'), Just(b' '), any::<u8>()], 0..200),
            size in 1_usize..20,
        ) {
            let pieces: Vec<&[u8]> = bytes.chunks(size).collect();
            prop_assert_eq!(decode(&pieces), decode(&[&bytes]));
        }
    }
}
