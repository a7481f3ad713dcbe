//! What a failed request is called: hyper's errors, told apart by what they are and by what was on
//! the wire, never by their text.

use std::error::Error as StdError;
use std::io;

use super::body::BodyFault;
use crate::error::{Error, Phase, io_code};

/// The most header fields a response may have.
pub(crate) const MAX_HEADERS: usize = 256;

/// Bytes that one request moved so far.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Traffic {
    pub(crate) sent: u64,
    pub(crate) received: u64,
}

/// A code of Node's or undici's, and a sentence.
type Named = (&'static str, String);

/// An error before the response's head was complete. `unread` is what had arrived and hyper had not
/// taken in, if the connection got that far.
pub(crate) fn before_response(error: hyper::Error, traffic: Traffic, unread: &[u8]) -> Error {
    let mut phase = if traffic.sent == 0 {
        Phase::Send
    } else {
        Phase::Headers
    };
    let (code, message) = if let Some(fault) = find::<BodyFault>(&error) {
        phase = Phase::Send;
        (body_code(*fault), fault.to_string())
    } else if error.is_body_write_aborted() {
        phase = Phase::Send;
        (
            body_code(BodyFault::LengthMismatch),
            BodyFault::LengthMismatch.to_string(),
        )
    } else if error.is_parse() {
        phase = Phase::Headers;
        head(&error, traffic, unread)
    } else if let Some(error) = find::<io::Error>(&error) {
        if error.kind() == io::ErrorKind::BrokenPipe {
            phase = Phase::Send;
        }
        network(error)
    } else if traffic.received > 0 && error.is_incomplete_message() {
        (
            "HPE_INVALID_EOF_STATE",
            "other side closed in the middle of the response's head".into(),
        )
    } else {
        other_side_closed()
    };
    finish(Error::new(code, phase, message), error, traffic)
}

/// An error in the response's body, whose length was announced by a `content-length` or was not.
pub(crate) fn in_body(error: hyper::Error, announced: bool, traffic: Traffic) -> Error {
    let (code, message) = match find::<io::Error>(&error) {
        Some(cause) if announced && cause.kind() == io::ErrorKind::UnexpectedEof => (
            "UND_ERR_RES_CONTENT_LENGTH_MISMATCH",
            "other side closed before the announced end of the response's body".into(),
        ),
        Some(cause) => match cause.kind() {
            // hyper's chunked decoder; what TLS says of its records comes with a source.
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData if !is_tls(cause) => (
                "HPE_INVALID_CHUNK_SIZE",
                "the response's body is not validly chunked".into(),
            ),
            _ => network(cause),
        },
        None => other_side_closed(),
    };
    finish(Error::new(code, Phase::Body, message), error, traffic)
}

/// The error of a request that found the connection already ended: no byte of it was written.
pub(crate) fn at_rest() -> Error {
    let (code, message) = other_side_closed();
    let mut error = Error::new(code, Phase::Send, message);
    error.retryable = true;
    error
}

/// The code of an error that ended a connection while no request was there to be told.
pub(crate) fn code_at_rest(error: &hyper::Error) -> &'static str {
    match find::<io::Error>(error) {
        Some(error) => network(error).0,
        None => "UND_ERR_SOCKET",
    }
}

fn finish(mut error: Error, source: hyper::Error, traffic: Traffic) -> Error {
    error.bytes_sent = traffic.sent;
    error.bytes_received = traffic.received;
    error.retryable = traffic.sent == 0 && !matches!(error.code.as_ref(), ABORTED | MISMATCH);
    error.with_source(source)
}

const ABORTED: &str = "WARMLINE_REQUEST_BODY";
const MISMATCH: &str = "UND_ERR_REQ_CONTENT_LENGTH_MISMATCH";

fn body_code(fault: BodyFault) -> &'static str {
    match fault {
        BodyFault::Aborted => ABORTED,
        BodyFault::LengthMismatch => MISMATCH,
    }
}

fn other_side_closed() -> Named {
    ("UND_ERR_SOCKET", "other side closed".into())
}

fn network(error: &io::Error) -> Named {
    match error.kind() {
        // The end of a TLS stream that was not announced, or of a chunked body.
        io::ErrorKind::UnexpectedEof => other_side_closed(),
        io::ErrorKind::InvalidData if is_tls(error) => {
            ("EPROTO", "the other side broke the rules of TLS".into())
        }
        io::ErrorKind::TimedOut => (
            "ETIMEDOUT",
            "the connection timed out: the other side no longer answers".into(),
        ),
        _ => {
            let code = io_code(error);
            (code, format!("the connection broke: {code}"))
        }
    }
}

fn is_tls(error: &io::Error) -> bool {
    error
        .get_ref()
        .is_some_and(<dyn StdError + Send + Sync>::is::<rustls::Error>)
}

/// Why a response's head was refused. hyper does not tell most kinds apart, so the head is read
/// once more.
fn head(error: &hyper::Error, traffic: Traffic, unread: &[u8]) -> Named {
    if error.is_parse_too_large() {
        return (
            "UND_ERR_HEADERS_OVERFLOW",
            "the response's head is too large".into(),
        );
    }
    if error.is_parse_status() {
        return (
            "HPE_INVALID_STATUS",
            "the response's status line is malformed".into(),
        );
    }
    if traffic.received > unread.len() as u64 {
        // The head was well formed and has been taken in: what it says of the body is at fault.
        return (
            "HPE_INVALID_CONTENT_LENGTH",
            "the response's content-length is malformed or contradicted".into(),
        );
    }
    let mut fields = [httparse::EMPTY_HEADER; MAX_HEADERS];
    match httparse::Response::new(&mut fields).parse(unread) {
        Err(httparse::Error::HeaderName | httparse::Error::HeaderValue) => (
            "HPE_INVALID_HEADER_TOKEN",
            "a header of the response is malformed".into(),
        ),
        Err(httparse::Error::Version) if unread.starts_with(b"HTTP/") => (
            "HPE_INVALID_VERSION",
            "the response's HTTP version is not supported".into(),
        ),
        _ => (
            "HPE_INVALID_CONSTANT",
            "the other side does not speak HTTP".into(),
        ),
    }
}

/// The first error of type `E` in a chain of causes.
fn find<'error, E: StdError + 'static>(
    error: &'error (dyn StdError + 'static),
) -> Option<&'error E> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        cause = error.source();
    }
    None
}
