//! The chunked transfer coding (RFC 9112, section 7.1), decoded where it lies.

/// The most bytes of extensions in one chunk's line, and of trailers; none of them is kept.
const OVERHEAD_BYTES: u32 = 16 * 1024;

/// A decoder between two reads.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chunked {
    state: State,
    /// The size being read, then what is still to come of the chunk.
    left: u64,
    /// What the line of this chunk, or the trailers, have used of [`OVERHEAD_BYTES`].
    overhead: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before the first digit of a size.
    Start,
    Size,
    /// Spaces after the size, which are bad and common.
    Space,
    Extension,
    SizeEnd,
    Data,
    DataCr,
    DataLf,
    /// At the start of a line after the last chunk.
    TrailerStart,
    TrailerName,
    TrailerValue,
    TrailerLf,
    EndLf,
    Done,
    Broken(ChunkFault),
}

/// Why a body cannot be read on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChunkFault {
    /// It is not chunked as the standard has it.
    Malformed,
    /// Its extensions or trailers are too long.
    TooLong,
}

/// What one call made of its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Decoded {
    /// How many bytes of the body stand at the front now.
    pub(super) data: usize,
    /// How many bytes were read; all, unless the body ended or broke before.
    pub(super) read: usize,
}

impl Chunked {
    pub(super) fn new() -> Self {
        Self {
            state: State::Start,
            left: 0,
            overhead: 0,
        }
    }

    pub(super) fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Why nothing more can be decoded, once what came before has been handed over.
    pub(super) fn fault(&self) -> Option<ChunkFault> {
        match self.state {
            State::Broken(fault) => Some(fault),
            _ => None,
        }
    }

    /// Moves what is of the body in `bytes` to their front.
    pub(super) fn decode(&mut self, bytes: &mut [u8]) -> Decoded {
        let mut data = 0;
        let mut read = 0;
        while read < bytes.len() && !matches!(self.state, State::Done | State::Broken(_)) {
            if self.state == State::Data {
                let there = bytes.len() - read;
                let take = usize::try_from(self.left).map_or(there, |left| left.min(there));
                bytes.copy_within(read..read + take, data);
                data += take;
                read += take;
                self.left -= take as u64;
                if self.left == 0 {
                    self.state = State::DataCr;
                }
            } else {
                self.state = self.step(bytes[read]);
                read += 1;
            }
        }
        Decoded { data, read }
    }

    /// Takes in a byte that is not of the body.
    fn step(&mut self, byte: u8) -> State {
        match (self.state, byte) {
            (State::Start | State::Size, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => {
                // All of these are hexadecimal digits.
                let digit = char::from(byte).to_digit(16).unwrap_or_default();
                match self.left.checked_mul(16) {
                    Some(left) => {
                        self.left = left + u64::from(digit);
                        State::Size
                    }
                    None => State::Broken(ChunkFault::Malformed),
                }
            }
            (State::Size | State::Space | State::Extension, b'\r') => State::SizeEnd,
            (State::Size | State::Space, b';') => State::Extension,
            (State::Size | State::Space, b' ' | b'\t') => self.spend(State::Space),
            (State::Extension, _) if byte != b'\n' => self.spend(State::Extension),
            (State::SizeEnd, b'\n') => {
                self.overhead = 0;
                if self.left == 0 {
                    State::TrailerStart
                } else {
                    State::Data
                }
            }
            (State::DataCr, b'\r') => State::DataLf,
            (State::DataLf, b'\n') => State::Start,
            (State::TrailerStart, b'\r') => State::EndLf,
            (State::EndLf, b'\n') => State::Done,
            (State::TrailerName, b':') => State::TrailerValue,
            (State::TrailerStart | State::TrailerName, _) if is_token(byte) => {
                self.spend(State::TrailerName)
            }
            (State::TrailerValue, b'\r') => State::TrailerLf,
            (State::TrailerValue, _) if byte == b'\t' || !byte.is_ascii_control() => {
                self.spend(State::TrailerValue)
            }
            (State::TrailerLf, b'\n') => State::TrailerStart,
            _ => State::Broken(ChunkFault::Malformed),
        }
    }

    fn spend(&mut self, next: State) -> State {
        self.overhead += 1;
        if self.overhead > OVERHEAD_BYTES {
            State::Broken(ChunkFault::TooLong)
        } else {
            next
        }
    }
}

/// Whether a field's name may have this byte (RFC 9110, section 5.6.2).
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The body, what was left over, and the decoder, for an input that comes in these pieces.
    fn decode<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<u8>, usize, Chunked) {
        let mut decoder = Chunked::new();
        let (mut body, mut left) = (Vec::new(), 0);
        for piece in pieces {
            let mut bytes = piece.to_vec();
            let Decoded { data, read } = decoder.decode(&mut bytes);
            body.extend_from_slice(&bytes[..data]);
            left += piece.len() - read;
        }
        (body, left, decoder)
    }

    const WHOLE: &[u8] =
        b"5\r\nhello\r\n1;a=\"b\"\r\n,\r\n00A \r\n 012345678\r\n0;x\r\nage: 1\r\nb:\r\n\r\nrest";

    #[test]
    fn a_body_is_the_same_wherever_it_is_cut() {
        for first in 0..=WHOLE.len() {
            for second in first..=WHOLE.len() {
                let pieces = [&WHOLE[..first], &WHOLE[first..second], &WHOLE[second..]];
                let (body, left, decoder) = decode(pieces);
                assert_eq!(body, b"hello, 012345678");
                assert!(decoder.is_done());
                assert_eq!(left, 4, "what follows the body is not touched");
            }
        }
    }

    #[test]
    fn what_is_not_chunked_breaks_the_body_after_what_was_good() {
        for bad in [
            "xyz\r\n",
            "\r\n",
            "-1\r\nx",
            "5\nhello",
            "5;a\nhello",
            "5 5\r\nhello",
            "2\r\nhello\r\n",
            "2\r\nhe\n",
            "10000000000000000\r\n",
            "0\r\n\n",
            "0\r\na: b\n",
            "0\r\n: b\r\n",
            "0\r\na b: c\r\n",
            "0\r\na: \0\r\n",
        ] {
            let input = format!("2\r\nok\r\n{bad}");
            let (body, _, decoder) = decode([input.as_bytes()]);
            assert_eq!(decoder.fault(), Some(ChunkFault::Malformed), "{bad:?}");
            assert!(body.starts_with(b"ok"), "{bad:?}");
        }
    }

    #[test]
    fn extensions_and_trailers_have_an_end() {
        let long = "a".repeat(OVERHEAD_BYTES as usize + 1);
        for input in [
            format!("1;{long}"),
            format!("1{}", " ".repeat(long.len())),
            format!("0\r\n{long}"),
        ] {
            let (_, _, decoder) = decode([input.as_bytes()]);
            assert_eq!(decoder.fault(), Some(ChunkFault::TooLong));
        }
        // Many chunks with short extensions are one long stream, and fine.
        let many = "1;a=b\r\nx\r\n".repeat(OVERHEAD_BYTES as usize);
        assert_eq!(decode([many.as_bytes()]).0.len(), OVERHEAD_BYTES as usize);
    }
}
