//! The requests in a connection's bytes: framed one after the other, pipelined ones too.

use std::ops::Range;

use crate::http1::{Head, MAX_BODY_BYTES, NO_FIELDS, Refusal, RequestFraming};

/// A chunk-size line or a trailer line longer than this is an attack.
const MAX_LINE_BYTES: usize = 8 * 1024;

/// The unread bytes of a connection and how far into its current request they reach.
#[derive(Default)]
pub(crate) struct Reader {
    pub(crate) input: Vec<u8>,
    /// Where the current request begins in `input`.
    start: usize,
    state: State,
}

#[derive(Default)]
enum State {
    #[default]
    Head,
    /// The body ends at this offset.
    Length {
        body: usize,
        end: usize,
    },
    Chunks(Chunks),
}

pub(crate) enum Progress<R> {
    /// More bytes have to be read first.
    Incomplete,
    /// As `Incomplete`, and the client waits for a 100 (Continue) before it sends them.
    WantsContinue,
    /// A whole request was there, and this is what was made of it.
    Request(R),
}

impl Reader {
    /// Gives the next whole request, if it is there, to `answer`, and forgets it.
    pub(crate) fn next<R>(
        &mut self,
        answer: impl FnOnce(&Head<'_, '_>, &[u8]) -> R,
    ) -> Result<Progress<R>, Refusal> {
        let mut wants_continue = false;
        if let State::Head = self.state {
            let mut fields = NO_FIELDS;
            let Some(head) = Head::parse(&self.input[self.start..], &mut fields)? else {
                return Ok(Progress::Incomplete);
            };
            let body = self.start + head.length;
            match head.framing {
                RequestFraming::Length(length) if body + length <= self.input.len() => {
                    // The usual case: all in one read, and the head parsed once.
                    let answered = answer(&head, &self.input[body..body + length]);
                    self.consume(body + length);
                    return Ok(Progress::Request(answered));
                }
                RequestFraming::Length(length) => {
                    self.state = State::Length {
                        body,
                        end: body + length,
                    };
                }
                RequestFraming::Chunked => self.state = State::Chunks(Chunks::new(body)),
            }
            wants_continue = head.expects_continue;
        }
        let Some((body, end)) = self.advance()? else {
            return Ok(if wants_continue {
                Progress::WantsContinue
            } else {
                Progress::Incomplete
            });
        };
        let mut fields = NO_FIELDS;
        let head = Head::parse(&self.input[self.start..body.start], &mut fields)?
            .ok_or(Refusal::bad("the head has no end"))?;
        let answered = answer(&head, &self.input[body]);
        self.consume(end);
        Ok(Progress::Request(answered))
    }

    /// Where the current request's body lies, and where the request ends, once it is all there.
    fn advance(&mut self) -> Result<Option<(Range<usize>, usize)>, Refusal> {
        Ok(match &mut self.state {
            State::Head => None,
            State::Length { body, end } => {
                (self.input.len() >= *end).then_some((*body..*end, *end))
            }
            State::Chunks(chunks) => chunks
                .advance(&mut self.input)?
                .then_some((chunks.body..chunks.joined, chunks.next)),
        })
    }

    fn consume(&mut self, end: usize) {
        self.state = State::Head;
        self.start = end;
        if self.start == self.input.len() {
            self.input.clear();
            self.start = 0;
        }
    }

    /// Moves the unread bytes to the front if there is something to gain, and makes room for `size` more.
    pub(crate) fn reserve(&mut self, size: usize) {
        if self.start > 0 && matches!(self.state, State::Head) {
            self.input.drain(..self.start);
            self.start = 0;
        }
        self.input.reserve(size);
    }

    /// Bytes of requests that were not begun yet.
    pub(crate) fn unread(&self) -> usize {
        self.input.len() - self.start
    }
}

/// Joins the chunks of a body in place: what was read moves down over the chunk-size lines (RFC 9112, section 7.1).
struct Chunks {
    /// Where the body begins.
    body: usize,
    /// Where the joined body ends so far.
    joined: usize,
    /// The next byte that has not been looked at.
    next: usize,
    expect: Expect,
}

enum Expect {
    Size,
    Data(usize),
    DataEnd,
    Trailer,
}

impl Chunks {
    fn new(body: usize) -> Self {
        Self {
            body,
            joined: body,
            next: body,
            expect: Expect::Size,
        }
    }

    /// True once the last chunk and the trailers are in.
    fn advance(&mut self, input: &mut [u8]) -> Result<bool, Refusal> {
        const BAD: Refusal = Refusal::bad("the chunks are malformed");
        loop {
            let rest = &input[self.next..];
            match self.expect {
                Expect::Size => match httparse::parse_chunk_size(rest) {
                    Ok(httparse::Status::Complete((line, size))) => {
                        let size = usize::try_from(size).map_err(|_| BAD)?;
                        if self.joined - self.body + size.min(MAX_BODY_BYTES + 1) > MAX_BODY_BYTES {
                            return Err(Refusal {
                                status: 413,
                                why: "the body is too large",
                            });
                        }
                        self.next += line;
                        self.expect = if size == 0 {
                            Expect::Trailer
                        } else {
                            Expect::Data(size)
                        };
                    }
                    Ok(httparse::Status::Partial) if rest.len() < MAX_LINE_BYTES => {
                        return Ok(false);
                    }
                    Ok(httparse::Status::Partial) | Err(_) => return Err(BAD),
                },
                Expect::Data(left) => {
                    let here = left.min(rest.len());
                    if here == 0 {
                        return Ok(false);
                    }
                    input.copy_within(self.next..self.next + here, self.joined);
                    self.joined += here;
                    self.next += here;
                    self.expect = if here == left {
                        Expect::DataEnd
                    } else {
                        Expect::Data(left - here)
                    };
                }
                Expect::DataEnd => match rest {
                    [b'\r', b'\n', ..] => {
                        self.next += 2;
                        self.expect = Expect::Size;
                    }
                    [] | [b'\r'] => return Ok(false),
                    _ => return Err(BAD),
                },
                Expect::Trailer => match rest.iter().position(|byte| *byte == b'\n') {
                    Some(0) => return Err(BAD),
                    Some(end) => {
                        self.next += end + 1;
                        if end == 1 && rest[0] == b'\r' {
                            return Ok(true);
                        }
                    }
                    None if rest.len() < MAX_LINE_BYTES => return Ok(false),
                    None => return Err(BAD),
                },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds `bytes` in pieces of `size` and gives the body of each request in them.
    fn bodies(bytes: &[u8], size: usize) -> Result<Vec<Vec<u8>>, Refusal> {
        let mut reader = Reader::default();
        let mut found = Vec::new();
        for piece in bytes.chunks(size) {
            reader.reserve(piece.len());
            reader.input.extend_from_slice(piece);
            while let Progress::Request(body) = reader.next(|_, body| body.to_vec())? {
                found.push(body);
            }
        }
        assert_eq!(reader.unread(), 0, "something was left over");
        Ok(found)
    }

    const PIPELINED: &[u8] = b"POST /a HTTP/1.1\r\ncontent-length: 3\r\n\r\none\
        POST /b HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n3;x=y\r\ntwo\r\n5\r\n, too\r\n0\r\nt: 1\r\n\r\n\
        GET /c HTTP/1.1\r\n\r\n";

    #[test]
    fn pipelined_requests_are_found_however_their_bytes_arrive() {
        for size in 1..=PIPELINED.len() {
            assert_eq!(
                bodies(PIPELINED, size).unwrap(),
                [b"one".to_vec(), b"two, too".to_vec(), Vec::new()],
                "in pieces of {size}"
            );
        }
    }

    #[test]
    fn malformed_chunks_are_refused() {
        for chunks in ["x\r\n", "3\r\nabcd\r\n", "ffffffffffffffff\r\n", "0\r\n\n"] {
            let input = format!("POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n{chunks}");
            assert!(bodies(input.as_bytes(), 1024).is_err(), "{chunks:?}");
        }
    }

    #[test]
    fn a_client_that_waits_for_the_continue_is_told_once() {
        let mut reader = Reader::default();
        reader.input.extend_from_slice(
            b"POST / HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n",
        );
        assert!(matches!(
            reader.next(|_, _| ()),
            Ok(Progress::WantsContinue)
        ));
        assert!(matches!(reader.next(|_, _| ()), Ok(Progress::Incomplete)));
        reader.input.extend_from_slice(b"ok");
        assert!(matches!(reader.next(|_, _| ()), Ok(Progress::Request(()))));
    }
}
