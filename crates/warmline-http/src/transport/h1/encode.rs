//! The head of a request, and the chunks of its body, as bytes (RFC 9112, sections 3, 5 and 7.1).

use bytes::{BufMut, Bytes, BytesMut};
use http::header::{CONNECTION, CONTENT_LENGTH, HeaderName};
use http::{HeaderMap, HeaderValue, Method};

use crate::transport::body::BodyFraming;

/// The head of a request. How its body is framed follows from the body alone.
#[derive(Clone, Debug)]
pub struct RequestHead<'a> {
    /// The method.
    pub method: &'a Method,
    /// The request target in origin form (RFC 9112, section 3.2.1).
    pub target: &'a str,
    /// The headers; a `content-length` among them is left out.
    pub headers: &'a HeaderMap,
    /// Headers that are sent unless `headers` has them.
    pub defaults: [(HeaderName, &'a HeaderValue); 4],
}

impl RequestHead<'_> {
    /// Whether the request asks for the connection to be closed after it.
    pub(super) fn closes(&self) -> bool {
        self.headers.iter().any(|(name, value)| {
            name == CONNECTION && value.as_bytes().eq_ignore_ascii_case(b"close")
        })
    }

    pub(super) fn encode(&self, framing: BodyFraming, into: &mut Vec<u8>) {
        into.extend_from_slice(self.method.as_str().as_bytes());
        into.push(b' ');
        into.extend_from_slice(self.target.as_bytes());
        into.extend_from_slice(b" HTTP/1.1\r\n");
        for (name, value) in &self.defaults {
            // There are few, and each look-up would hash a name.
            if self.headers.keys().all(|given| given != name) {
                field(into, name, value.as_bytes());
            }
        }
        for (name, value) in self.headers {
            if name != CONTENT_LENGTH {
                field(into, name, value.as_bytes());
            }
        }
        match framing {
            BodyFraming::Nothing => {}
            BodyFraming::Length(length) => {
                into.extend_from_slice(b"content-length: ");
                decimal(into, length);
                into.extend_from_slice(b"\r\n");
            }
            BodyFraming::Chunked => into.extend_from_slice(b"transfer-encoding: chunked\r\n"),
        }
        into.extend_from_slice(b"\r\n");
    }
}

fn field(into: &mut Vec<u8>, name: &HeaderName, value: &[u8]) {
    into.extend_from_slice(name.as_str().as_bytes());
    into.extend_from_slice(b": ");
    into.extend_from_slice(value);
    into.extend_from_slice(b"\r\n");
}

fn decimal(into: &mut Vec<u8>, mut number: u64) {
    let start = into.len();
    loop {
        // A remainder of ten fits a byte.
        into.push(b'0' + u8::try_from(number % 10).unwrap_or_default());
        number /= 10;
        if number == 0 {
            break;
        }
    }
    into[start..].reverse();
}

/// What stands before a chunk of so many bytes; at least one, for an empty one would be the last.
pub(super) fn chunk_size(size: usize) -> Bytes {
    const DIGITS: usize = 2 * size_of::<usize>();
    let mut line = BytesMut::with_capacity(DIGITS + 2);
    let significant = DIGITS - (size.leading_zeros() / 4) as usize;
    for place in (0..significant).rev() {
        let digit = (size >> (4 * place)) & 0xf;
        line.put_u8(b"0123456789abcdef"[digit]);
    }
    line.put_slice(b"\r\n");
    line.freeze()
}

pub(super) const CHUNK_END: &[u8] = b"\r\n";
pub(super) const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_s_size_is_hexadecimal_without_leading_zeros() {
        for size in [1, 9, 10, 15, 16, 255, 256, 0xdead_beef, usize::MAX] {
            assert_eq!(chunk_size(size), format!("{size:x}\r\n"));
        }
    }

    #[test]
    fn a_length_is_decimal() {
        for number in [0, 1, 9, 10, 1234, u64::MAX] {
            let mut text = Vec::new();
            decimal(&mut text, number);
            assert_eq!(text, number.to_string().as_bytes());
        }
    }

    #[test]
    fn a_head_states_what_is_known_of_the_body_and_nothing_twice() {
        let accept = HeaderValue::from_static("*/*");
        let host = HeaderValue::from_static("default.test");
        let agent = HeaderValue::from_static("warmline");
        let codings = HeaderValue::from_static("gzip");
        let mut headers = HeaderMap::new();
        headers.insert("accept", HeaderValue::from_static("text/html"));
        headers.insert(CONTENT_LENGTH, HeaderValue::from_static("7"));
        headers.append("x", HeaderValue::from_static("1"));
        headers.append("x", HeaderValue::from_static("2"));
        let head = RequestHead {
            method: &Method::POST,
            target: "/a?b",
            headers: &headers,
            defaults: [
                (http::header::HOST, &host),
                (http::header::ACCEPT, &accept),
                (http::header::ACCEPT_ENCODING, &codings),
                (http::header::USER_AGENT, &agent),
            ],
        };
        let mut text = Vec::new();
        head.encode(BodyFraming::Length(5), &mut text);
        assert_eq!(
            String::from_utf8(text).unwrap(),
            "POST /a?b HTTP/1.1\r\nhost: default.test\r\naccept-encoding: gzip\r\nuser-agent: warmline\r\n\
             accept: text/html\r\nx: 1\r\nx: 2\r\ncontent-length: 5\r\n\r\n"
        );
        assert!(!head.closes());
    }
}
