//! What a failed request is called: faults told apart by what they are and by what was on the wire.

use std::error::Error as StdError;
use std::io;

use super::body::BodyFault;
use super::h1::{ChunkFault, HeadFault};
use super::io::Traffic;
use crate::error::{Error, Phase, io_code};

/// What ended an exchange before the response's head was complete.
#[derive(Debug)]
pub(super) enum HeadEnd {
    /// The request's body cannot be sent to its end.
    Body(BodyFault),
    /// The other side took nothing of the request for too long.
    Stalled,
    Network(io::Error),
    /// The other side closed, before the head or within it.
    Closed {
        within: bool,
    },
    /// The head is not to be accepted.
    Head(HeadFault),
}

/// What ended a response's body too soon.
#[derive(Debug)]
pub(super) enum BodyEnd {
    /// The request's body could not be sent to its end.
    Upload(BodyFault),
    Network(io::Error),
    /// The other side closed; whether a length was announced.
    Closed {
        announced: bool,
    },
    Chunk(ChunkFault),
}

/// An error before the response's head was complete; `traffic` is the request's own.
pub(super) fn before_response(end: HeadEnd, traffic: Traffic) -> Error {
    let nothing_left = traffic.sent == 0;
    let waiting = if nothing_left {
        Phase::Send
    } else {
        Phase::Headers
    };
    let mut error = match end {
        HeadEnd::Body(fault) => upload(fault, Phase::Send),
        HeadEnd::Stalled => stalled(),
        HeadEnd::Network(error) => {
            let phase = match error.kind() {
                io::ErrorKind::BrokenPipe => Phase::Send,
                _ => waiting,
            };
            network(error, phase)
        }
        HeadEnd::Closed { within: true } => other_side_closed_in(
            waiting,
            "other side closed in the middle of the response's head",
        ),
        HeadEnd::Closed { within: false } => other_side_closed(waiting),
        HeadEnd::Head(fault) => {
            let (code, message) = head(fault);
            Error::new(code, Phase::Headers, message)
        }
    };
    let ours = matches!(error.code.as_ref(), ABORTED | MISMATCH);
    error.retryable = nothing_left && !ours;
    with_traffic(error, traffic)
}

/// An error in the response's body.
pub(super) fn in_body(end: BodyEnd, traffic: Traffic) -> Error {
    let error = match end {
        BodyEnd::Upload(fault) => upload(fault, Phase::Body),
        BodyEnd::Network(error) => network(error, Phase::Body),
        BodyEnd::Closed { announced: true } => other_side_closed_in(
            Phase::Body,
            "other side closed before the announced end of the response's body",
        ),
        BodyEnd::Closed { announced: false } => other_side_closed(Phase::Body),
        BodyEnd::Chunk(ChunkFault::Malformed) => Error::new(
            "HPE_INVALID_CHUNK_SIZE",
            Phase::Body,
            "the response's body is not validly chunked",
        ),
        BodyEnd::Chunk(ChunkFault::TooLong) => Error::new(
            "UND_ERR_HEADERS_OVERFLOW",
            Phase::Body,
            "the extensions or trailers of the response's chunks are too long",
        ),
    };
    with_traffic(error, traffic)
}

/// The error of a request that found the connection already ended, for `cause` if that is known: no
/// byte of it was written.
pub(super) fn at_rest(cause: Option<&'static str>) -> Error {
    let mut error = closed(cause, Phase::Send);
    error.retryable = true;
    error
}

/// The error of a request whose connection has ended, for `cause` if that is known.
pub(super) fn closed(cause: Option<&'static str>, phase: Phase) -> Error {
    let mut error = other_side_closed(phase);
    if let Some(cause) = cause {
        error.code = cause.into();
    }
    error
}

/// The code of an error that ended a connection while no request was there to be told.
pub(super) fn code_at_rest(error: &io::Error) -> &'static str {
    named(error).0
}

fn with_traffic(mut error: Error, traffic: Traffic) -> Error {
    error.bytes_sent = traffic.sent;
    error.bytes_received = traffic.received;
    error
}

const ABORTED: &str = "WARMLINE_REQUEST_BODY";
const MISMATCH: &str = "UND_ERR_REQ_CONTENT_LENGTH_MISMATCH";

pub(super) fn upload(fault: BodyFault, phase: Phase) -> Error {
    let code = match fault {
        BodyFault::Aborted => ABORTED,
        BodyFault::LengthMismatch => MISMATCH,
    };
    Error::new(code, phase, fault.to_string()).with_source(fault)
}

/// The error of a request that the other side does not take.
pub(super) fn stalled() -> Error {
    Error::new(
        "WARMLINE_WRITE_TIMEOUT",
        Phase::Send,
        "write timeout: the other side took nothing of the request for too long",
    )
}

const OTHER_SIDE_CLOSED: &str = "other side closed";

fn other_side_closed(phase: Phase) -> Error {
    other_side_closed_in(phase, OTHER_SIDE_CLOSED)
}

/// The code is undici's, wherever in the response the end came: clients tell by it what to try again.
fn other_side_closed_in(phase: Phase, message: &'static str) -> Error {
    Error::new("UND_ERR_SOCKET", phase, message)
}

pub(super) fn network(error: io::Error, phase: Phase) -> Error {
    let (code, message) = named(&error);
    Error::new(code, phase, message).with_source(error)
}

/// The code of a connection whose other side no longer answers.
pub(super) const SILENT: &str = "ETIMEDOUT";
const NO_ANSWER: &str = "the connection timed out: the other side no longer answers";

/// The error of a request on such a connection.
pub(super) fn silent(phase: Phase) -> Error {
    Error::new(SILENT, phase, NO_ANSWER)
}

const NOT_TLS: (&str, &str) = ("EPROTO", "the other side broke the rules of TLS");

pub(super) fn not_tls(phase: Phase) -> Error {
    Error::new(NOT_TLS.0, phase, NOT_TLS.1)
}

fn named(error: &io::Error) -> (&'static str, String) {
    match error.kind() {
        // The end of a TLS stream that was not announced.
        io::ErrorKind::UnexpectedEof => ("UND_ERR_SOCKET", OTHER_SIDE_CLOSED.into()),
        io::ErrorKind::InvalidData if is_tls(error) => (NOT_TLS.0, NOT_TLS.1.into()),
        io::ErrorKind::TimedOut => (SILENT, NO_ANSWER.into()),
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

/// Why a response's head was refused: llhttp's codes, which Node's own clients use.
fn head(fault: HeadFault) -> (&'static str, &'static str) {
    match fault {
        HeadFault::TooLarge => (
            "UND_ERR_HEADERS_OVERFLOW",
            "the response's head is too large",
        ),
        HeadFault::NotHttp => ("HPE_INVALID_CONSTANT", "the other side does not speak HTTP"),
        HeadFault::Version => (
            "HPE_INVALID_VERSION",
            "the response's HTTP version is not supported",
        ),
        HeadFault::Status => (
            "HPE_INVALID_STATUS",
            "the response's status line is malformed",
        ),
        HeadFault::Field => (
            "HPE_INVALID_HEADER_TOKEN",
            "a header of the response is malformed",
        ),
        HeadFault::Length => (
            "HPE_INVALID_CONTENT_LENGTH",
            "the response's content-length is malformed or contradicted",
        ),
        HeadFault::LengthTwice => (
            "HPE_INVALID_CONTENT_LENGTH",
            "the response has both a content-length and a transfer-encoding",
        ),
        HeadFault::TransferEncoding => (
            "HPE_INVALID_TRANSFER_ENCODING",
            "the response has a transfer-encoding that nobody asked for",
        ),
        HeadFault::Upgrade => (
            "UND_ERR_SOCKET",
            "the other side changed to another protocol, which nobody asked for",
        ),
    }
}
