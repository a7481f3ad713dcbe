//! What a failed stream is called: by what the peer did, and by what that says about the request.

use std::io;

use h2::Reason;

use super::session::Farewell;
use crate::error::{Error, Phase};
use crate::transport::body::BodyFault;
use crate::transport::fault;

/// What ended a stream too soon.
#[derive(Debug)]
pub(super) enum End {
    /// The request's body cannot be sent to its end.
    Upload(BodyFault),
    /// The peer took nothing of the request for too long.
    Stalled,
    /// The head is not to be accepted.
    Head(HeadFault),
    /// The peer goes away, and has not looked at this stream nor will.
    BeyondGoAway(Reason),
    /// The stream was reset: by the peer, or by us for what the peer sent on it.
    Reset {
        reason: Reason,
        by_peer: bool,
    },
    /// The session was ended by us for what the peer sent on it.
    Session(Reason),
    Network(io::ErrorKind),
    /// The other side closed.
    Closed,
}

/// Why a response's head is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HeadFault {
    TooLarge,
    Upgrade,
}

impl End {
    pub(super) fn of(error: &h2::Error) -> Self {
        match error.reason() {
            // A stream has this error only if its number is beyond the last one that the peer will
            // look at; streams below it end in their own way.
            Some(reason) if error.is_go_away() && error.is_remote() => Self::BeyondGoAway(reason),
            Some(reason) if error.is_go_away() => Self::Session(reason),
            Some(reason) => Self::Reset {
                reason,
                by_peer: error.is_remote(),
            },
            None => match error.get_io() {
                Some(error) if !is_end(error) => Self::Network(error.kind()),
                _ => Self::Closed,
            },
        }
    }

    /// Whether the peer says that it has not looked at the request (RFC 9113, section 8.7).
    fn is_unprocessed(&self) -> bool {
        matches!(
            self,
            Self::BeyondGoAway(_)
                | Self::Reset {
                    reason: Reason::REFUSED_STREAM,
                    by_peer: true,
                }
        )
    }
}

/// An error before the response's head was complete; `nothing_written`: no byte has left since the
/// request was handed over.
pub(super) fn before_response(end: &End, farewell: Farewell, nothing_written: bool) -> Error {
    let phase = match end {
        End::Upload(_) | End::Stalled => Phase::Send,
        _ if nothing_written => Phase::Send,
        _ => Phase::Headers,
    };
    let mut error = named(end, farewell, phase);
    let ours = matches!(end, End::Upload(_) | End::Head(_));
    error.retryable = end.is_unprocessed() || (nothing_written && !ours);
    error
}

/// An error in the response's body; `short`: it is not as long as was announced.
pub(super) fn in_body(end: &End, farewell: Farewell, short: bool) -> Error {
    match end {
        // h2 resets a stream whose length is not what its head said.
        End::Reset {
            reason: Reason::PROTOCOL_ERROR,
            by_peer: false,
        } if short => Error::new(
            "UND_ERR_RES_CONTENT_LENGTH_MISMATCH",
            Phase::Body,
            "the response's body is not as long as its content-length says",
        ),
        _ => named(end, farewell, Phase::Body),
    }
}

/// The code of an error that ended a session; `None` where the other side just closed.
pub(super) fn code_at_rest(error: &io::Error) -> Option<&'static str> {
    (!is_end(error)).then(|| fault::code_at_rest(error))
}

/// h2 calls the end of the stream a broken pipe, and so does the operating system for the writer.
fn is_end(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::BrokenPipe | io::ErrorKind::UnexpectedEof
    )
}

fn named(end: &End, farewell: Farewell, phase: Phase) -> Error {
    match end {
        End::Upload(fault) => fault::upload(*fault, phase),
        End::Stalled => fault::stalled(),
        End::Head(HeadFault::TooLarge) => Error::new(
            "UND_ERR_HEADERS_OVERFLOW",
            phase,
            "the response's head is too large",
        ),
        End::Head(HeadFault::Upgrade) => Error::new(
            "ERR_HTTP2_STATUS_101",
            phase,
            "HTTP status code 101 (Switching Protocols) is forbidden in HTTP/2",
        ),
        End::BeyondGoAway(reason) => Error::new(
            "ERR_HTTP2_GOAWAY_SESSION",
            phase,
            format!(
                "the other side went away with {} before it looked at the request",
                name(*reason)
            ),
        ),
        End::Reset { reason, .. } => Error::new(
            "ERR_HTTP2_STREAM_ERROR",
            phase,
            format!("Stream closed with error code {}", name(*reason)),
        ),
        End::Session(reason) => session_closed(*reason, phase),
        End::Network(_) | End::Closed if farewell.cause == Some(fault::SILENT) => {
            fault::silent(phase)
        }
        // h2 keeps of an error what kind it was; of this kind there are those of TLS only.
        End::Network(io::ErrorKind::InvalidData) => fault::not_tls(phase),
        End::Network(kind) => fault::network((*kind).into(), phase),
        End::Closed => match (farewell.cause, farewell.reason) {
            (None, Some(reason)) if reason != Reason::NO_ERROR => session_closed(reason, phase),
            (cause, _) => fault::closed(cause, phase),
        },
    }
}

fn session_closed(reason: Reason, phase: Phase) -> Error {
    let message = format!("Session closed with error code {}", name(reason));
    Error::new("ERR_HTTP2_SESSION_ERROR", phase, message)
}

/// As Node names it.
fn name(reason: Reason) -> &'static str {
    match reason {
        Reason::NO_ERROR => "NGHTTP2_NO_ERROR",
        Reason::PROTOCOL_ERROR => "NGHTTP2_PROTOCOL_ERROR",
        Reason::INTERNAL_ERROR => "NGHTTP2_INTERNAL_ERROR",
        Reason::FLOW_CONTROL_ERROR => "NGHTTP2_FLOW_CONTROL_ERROR",
        Reason::SETTINGS_TIMEOUT => "NGHTTP2_SETTINGS_TIMEOUT",
        Reason::STREAM_CLOSED => "NGHTTP2_STREAM_CLOSED",
        Reason::FRAME_SIZE_ERROR => "NGHTTP2_FRAME_SIZE_ERROR",
        Reason::REFUSED_STREAM => "NGHTTP2_REFUSED_STREAM",
        Reason::CANCEL => "NGHTTP2_CANCEL",
        Reason::COMPRESSION_ERROR => "NGHTTP2_COMPRESSION_ERROR",
        Reason::CONNECT_ERROR => "NGHTTP2_CONNECT_ERROR",
        Reason::ENHANCE_YOUR_CALM => "NGHTTP2_ENHANCE_YOUR_CALM",
        Reason::INADEQUATE_SECURITY => "NGHTTP2_INADEQUATE_SECURITY",
        Reason::HTTP_1_1_REQUIRED => "NGHTTP2_HTTP_1_1_REQUIRED",
        _ => "an unknown code",
    }
}
