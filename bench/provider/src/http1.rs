//! HTTP/1.1 messages as bytes: what a request's head says, and how an answer's head is written (RFC 9112).

use std::mem::MaybeUninit;

/// No sane client sends more header fields than this.
const MAX_HEADER_FIELDS: usize = 128;
pub(crate) const MAX_HEAD_BYTES: usize = 64 * 1024;
pub(crate) const MAX_BODY_BYTES: usize = 64 * 1024 * 1024;

/// A request that cannot be served, and after which the connection cannot be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) why: &'static str,
}

impl Refusal {
    pub(crate) const fn bad(why: &'static str) -> Self {
        Self { status: 400, why }
    }
}

/// How the end of a request's body is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RequestFraming {
    Length(usize),
    Chunked,
}

/// Room for the fields of a head. It starts uninitialised: clearing it would cost more than parsing a usual head.
pub(crate) type Fields<'b> = [MaybeUninit<httparse::Header<'b>>; MAX_HEADER_FIELDS];
pub(crate) const NO_FIELDS: Fields<'static> = [const { MaybeUninit::uninit() }; MAX_HEADER_FIELDS];

/// The head of one request, borrowed from the bytes it came in.
pub(crate) struct Head<'h, 'b> {
    pub(crate) method: &'b str,
    pub(crate) path: &'b str,
    pub(crate) query: &'b str,
    pub(crate) headers: &'h [httparse::Header<'b>],
    /// HTTP/1.1 rather than 1.0.
    pub(crate) chunks_allowed: bool,
    pub(crate) keep_alive: bool,
    pub(crate) expects_continue: bool,
    pub(crate) framing: RequestFraming,
    /// The bytes of the head, its empty line included.
    pub(crate) length: usize,
}

impl<'h, 'b> Head<'h, 'b> {
    /// Parses the head at the start of `input`; `None` while it is incomplete.
    pub(crate) fn parse(
        input: &'b [u8],
        fields: &'h mut Fields<'b>,
    ) -> Result<Option<Self>, Refusal> {
        const TOO_LARGE: Refusal = Refusal {
            status: 431,
            why: "the head is too large",
        };
        let mut request = httparse::Request::new(&mut []);
        let length = match request.parse_with_uninit_headers(input, fields) {
            Ok(httparse::Status::Complete(length)) if length <= MAX_HEAD_BYTES => length,
            Ok(httparse::Status::Partial) if input.len() <= MAX_HEAD_BYTES => return Ok(None),
            Ok(_) | Err(httparse::Error::TooManyHeaders) => return Err(TOO_LARGE),
            Err(_) => return Err(Refusal::bad("that is not HTTP/1.1")),
        };
        let (Some(method), Some(target), Some(version)) =
            (request.method, request.path, request.version)
        else {
            return Err(Refusal::bad("the request line is incomplete"));
        };
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut head = Head {
            method,
            path,
            query,
            headers: request.headers,
            chunks_allowed: version == 1,
            keep_alive: version == 1,
            expects_continue: false,
            framing: RequestFraming::Length(0),
            length,
        };
        head.read_fields()?;
        Ok(Some(head))
    }

    fn read_fields(&mut self) -> Result<(), Refusal> {
        let mut content_length = None;
        let mut chunked = false;
        for header in self.headers {
            // The length of the name tells most of them apart.
            match header.name.len() {
                14 if header.name.eq_ignore_ascii_case("content-length") => {
                    let length = content_length_of(header.value)?;
                    if content_length.is_some_and(|known| known != length) {
                        return Err(Refusal::bad("two lengths that differ"));
                    }
                    content_length = Some(length);
                }
                17 if header.name.eq_ignore_ascii_case("transfer-encoding") => {
                    if chunked || !header.value.eq_ignore_ascii_case(b"chunked") {
                        return Err(Refusal {
                            status: 501,
                            why: "unknown transfer-encoding",
                        });
                    }
                    chunked = true;
                }
                10 if header.name.eq_ignore_ascii_case("connection") => {
                    if has_token(header.value, b"close") {
                        self.keep_alive = false;
                    } else if has_token(header.value, b"keep-alive") {
                        self.keep_alive = true;
                    }
                }
                6 if header.name.eq_ignore_ascii_case("expect") => {
                    self.expects_continue = header.value.eq_ignore_ascii_case(b"100-continue");
                }
                _ => {}
            }
        }
        self.framing = match (chunked, content_length) {
            // RFC 9112, section 6.3: a smuggling attempt, or as bad as one.
            (true, Some(_)) => return Err(Refusal::bad("both a length and chunks")),
            (true, None) => RequestFraming::Chunked,
            (false, length) => RequestFraming::Length(length.unwrap_or(0)),
        };
        Ok(())
    }

    pub(crate) fn header(&self, name: &str) -> Option<&'b [u8]> {
        self.headers
            .iter()
            .find(|h| h.name.eq_ignore_ascii_case(name))
            .map(|h| h.value)
    }
}

fn content_length_of(value: &[u8]) -> Result<usize, Refusal> {
    const BAD: Refusal = Refusal::bad("the content-length is no number");
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return Err(BAD);
    }
    let length: usize = str::from_utf8(value)
        .ok()
        .and_then(|v| v.parse().ok())
        .ok_or(BAD)?;
    if length > MAX_BODY_BYTES {
        return Err(Refusal {
            status: 413,
            why: "the body is too large",
        });
    }
    Ok(length)
}

fn has_token(value: &[u8], token: &[u8]) -> bool {
    value
        .split(|byte| *byte == b',')
        .any(|part| part.trim_ascii().eq_ignore_ascii_case(token))
}

/// How the end of an answer's body is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ResponseFraming {
    Length(usize),
    Chunked,
    UntilClose,
}

/// Writes the status line, the framing and the connection header. The caller adds its own fields and the empty line.
pub(crate) fn begin_head(
    out: &mut Vec<u8>,
    status: u16,
    framing: ResponseFraming,
    keep_alive: bool,
) {
    out.extend_from_slice(b"HTTP/1.1 ");
    push_number(out, status);
    out.push(b' ');
    out.extend_from_slice(reason(status).as_bytes());
    match framing {
        ResponseFraming::Length(length) => {
            out.extend_from_slice(b"\r\ncontent-length: ");
            push_number(out, length);
        }
        ResponseFraming::Chunked => out.extend_from_slice(b"\r\ntransfer-encoding: chunked"),
        ResponseFraming::UntilClose => {}
    }
    if !keep_alive {
        out.extend_from_slice(b"\r\nconnection: close");
    }
    out.extend_from_slice(b"\r\n");
}

pub(crate) fn push_number(out: &mut Vec<u8>, number: impl itoa::Integer) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// Appends the number as 16 hexadecimal digits.
pub(crate) fn push_hex(out: &mut Vec<u8>, number: usize) {
    out.extend((0..16).rev().map(|digit| hex_digit(number >> (4 * digit))));
}

/// The digit of the number's lowest four bits.
fn hex_digit(number: usize) -> u8 {
    b"0123456789abcdef"[number & 0xf]
}

/// Appends `data` as one chunk; nothing for no data, since an empty chunk would end the body.
pub(crate) fn push_chunk(out: &mut Vec<u8>, data: &[u8]) {
    if data.is_empty() {
        return;
    }
    let size = data.len();
    let digits = (usize::BITS - size.leading_zeros()).div_ceil(4);
    out.extend(
        (0..digits)
            .rev()
            .map(|digit| hex_digit(size >> (4 * digit))),
    );
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(data);
    out.extend_from_slice(b"\r\n");
}

pub(crate) const LAST_CHUNK: &[u8] = b"0\r\n\r\n";
pub(crate) const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        204 => "No Content",
        304 => "Not Modified",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        409 => "Conflict",
        413 => "Content Too Large",
        422 => "Unprocessable Content",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        529 => "Overloaded",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(input: &[u8]) -> Result<Option<(RequestFraming, bool)>, u16> {
        let mut fields = NO_FIELDS;
        Head::parse(input, &mut fields)
            .map(|head| head.map(|head| (head.framing, head.keep_alive)))
            .map_err(|refusal| refusal.status)
    }

    #[test]
    fn a_head_is_awaited_until_its_empty_line() {
        assert_eq!(parse(b"POST / HTTP/1.1\r\ncontent-length: 2\r\n"), Ok(None));
        assert_eq!(
            parse(b"POST / HTTP/1.1\r\ncontent-length: 2\r\n\r\n"),
            Ok(Some((RequestFraming::Length(2), true)))
        );
    }

    #[test]
    fn http_1_0_closes_unless_told_otherwise() {
        assert_eq!(
            parse(b"GET / HTTP/1.0\r\n\r\n"),
            Ok(Some((RequestFraming::Length(0), false)))
        );
        assert_eq!(
            parse(b"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"),
            Ok(Some((RequestFraming::Length(0), true)))
        );
    }

    #[test]
    fn ambiguous_framing_is_refused() {
        for (fields, status) in [
            ("content-length: 3\r\ntransfer-encoding: chunked", 400),
            ("content-length: 3\r\ncontent-length: 4", 400),
            ("content-length: +3", 400),
            ("content-length: 99999999999", 413),
            ("transfer-encoding: gzip, chunked", 501),
        ] {
            let input = format!("POST / HTTP/1.1\r\n{fields}\r\n\r\n");
            assert_eq!(parse(input.as_bytes()), Err(status), "{fields}");
        }
    }

    #[test]
    fn an_endless_head_is_refused() {
        let input = format!("GET / HTTP/1.1\r\nx: {}", "a".repeat(MAX_HEAD_BYTES));
        assert_eq!(parse(input.as_bytes()), Err(431));
    }

    #[test]
    fn an_empty_chunk_is_not_written_since_it_would_end_the_body() {
        let mut out = Vec::new();
        push_chunk(&mut out, b"");
        push_chunk(&mut out, b"seventeen letters");
        assert_eq!(out, b"11\r\nseventeen letters\r\n");
    }
}
