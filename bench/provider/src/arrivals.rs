//! The events in a chunked answer's bytes, in pieces cut anywhere, and how old each of them is.

use std::io;
use std::time::Duration;

use httparse::Status;

/// What stands before the time at which a streamed word was made.
const STAMP: &[u8] = b"\"content\":\" ";

/// Reads one answer's body.
#[derive(Default)]
pub(crate) struct Arrivals {
    /// What was not decoded yet.
    input: Vec<u8>,
    expect: Expect,
    /// The beginning of an event.
    event: Vec<u8>,
}

#[derive(Default)]
enum Expect {
    #[default]
    Size,
    Data(usize),
    DataEnd,
    Trailer,
}

impl Arrivals {
    /// Takes in the next bytes and hands over each event that they complete. True at the end of the body.
    ///
    /// # Errors
    /// What is no chunked body, and bytes after its end: nothing else was asked for.
    pub(crate) fn feed(
        &mut self,
        bytes: &[u8],
        mut on_event: impl FnMut(&[u8]),
    ) -> io::Result<bool> {
        self.input.extend_from_slice(bytes);
        let mut at = 0;
        let ended = loop {
            let rest = &self.input[at..];
            match &mut self.expect {
                Expect::Size => match httparse::parse_chunk_size(rest) {
                    Ok(Status::Complete((line, size))) => {
                        at += line;
                        self.expect = match usize::try_from(size).map_err(io::Error::other)? {
                            0 => Expect::Trailer,
                            size => Expect::Data(size),
                        };
                    }
                    Ok(Status::Partial) => break false,
                    Err(_) => return Err(io::Error::other("the answer's chunks are malformed")),
                },
                Expect::Data(left) => {
                    let here = rest.len().min(*left);
                    if here == 0 {
                        break false;
                    }
                    self.event.extend_from_slice(&rest[..here]);
                    at += here;
                    *left -= here;
                    if *left == 0 {
                        self.expect = Expect::DataEnd;
                    }
                }
                Expect::DataEnd | Expect::Trailer if rest.len() < 2 => break false,
                Expect::DataEnd if rest.starts_with(b"\r\n") => {
                    at += 2;
                    self.expect = Expect::Size;
                }
                Expect::Trailer if rest == b"\r\n" => break true,
                Expect::DataEnd | Expect::Trailer => {
                    return Err(io::Error::other("the answer's chunks do not add up"));
                }
            }
        };
        self.input.drain(..at);
        self.take_events(&mut on_event);
        if ended && !self.event.is_empty() {
            return Err(io::Error::other("the answer ended within an event"));
        }
        Ok(ended)
    }

    fn take_events(&mut self, on_event: &mut impl FnMut(&[u8])) {
        let mut start = 0;
        while let Some(end) = self.event[start..]
            .windows(2)
            .position(|two| two == b"\n\n")
        {
            on_event(&self.event[start..start + end]);
            start += end + 2;
        }
        self.event.drain(..start);
    }
}

/// How long ago a stamped event was made, at `now` since 1970; `None` for one that is not stamped.
pub(crate) fn age(event: &[u8], now: Duration) -> Option<Duration> {
    let at = event
        .windows(STAMP.len())
        .position(|bytes| bytes == STAMP)?;
    let digits = &event[at + STAMP.len()..];
    let length = digits.iter().position(|byte| !byte.is_ascii_digit())?;
    let micros = str::from_utf8(&digits[..length]).ok()?.parse().ok()?;
    Some(now.saturating_sub(Duration::from_micros(micros)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = b"5\r\ndata:\r\n9\r\n a\n\ndata:\r\n4\r\n b\n\n\r\n0\r\n\r\n";

    #[test]
    fn events_are_found_wherever_the_bytes_are_cut() {
        for size in 1..=BODY.len() {
            let mut arrivals = Arrivals::default();
            let mut events = Vec::new();
            let mut ends = Vec::new();
            for piece in BODY.chunks(size) {
                ends.push(
                    arrivals
                        .feed(piece, |event| events.push(event.to_vec()))
                        .unwrap(),
                );
            }
            assert_eq!(events, [b"data: a", b"data: b"], "in pieces of {size}");
            assert_eq!(ends.iter().position(|end| *end), Some(ends.len() - 1));
        }
    }

    #[test]
    fn what_is_cut_short_or_goes_on_is_refused() {
        for body in [
            &b"1\r\nx\r\n0\r\n\r\n"[..],
            b"x\r\n",
            b"1\r\nxy\r\n",
            b"0\r\n\r\nHTTP",
        ] {
            assert!(Arrivals::default().feed(body, |_| ()).is_err(), "{body:?}");
        }
    }

    #[test]
    fn an_event_tells_its_age() {
        let event = br#"data: {"delta":{"content":" 1500000"}}"#;
        let age = |now| age(event, Duration::from_millis(now));
        assert_eq!(age(2000), Some(Duration::from_millis(500)));
        assert_eq!(age(1000), Some(Duration::ZERO));
        assert_eq!(super::age(b"data: [DONE]", Duration::ZERO), None);
    }
}
