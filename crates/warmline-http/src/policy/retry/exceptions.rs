//! What a failure is called in the list of those that are worth another try.

use crate::error::{Error, Phase};

const CONNECT_TIMEOUT: &str = "UND_ERR_CONNECT_TIMEOUT";
const READ_TIMEOUT: &str = "UND_ERR_HEADERS_TIMEOUT";
const WRITE_TIMEOUT: &str = "WARMLINE_WRITE_TIMEOUT";
const POOL_TIMEOUT: &str = "WARMLINE_POOL_TIMEOUT";

/// A kind of failure, by httpx's names for them, which the reference's documents have; or one failure, by its
/// code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exception {
    /// `ConnectError`: the name was not found, no address answered, the TLS handshake broke off. Not a
    /// certificate that is refused: it will be the same one.
    Connect,
    /// `ConnectTimeout`.
    ConnectTimeout,
    /// `ReadTimeout`: no response in time.
    ReadTimeout,
    /// `WriteTimeout`: the request was not taken in time.
    WriteTimeout,
    /// `PoolTimeout`: no connection in time, as all were busy.
    PoolTimeout,
    /// `TimeoutException`: each of these four.
    Timeout,
    /// `NetworkError`: `ConnectError`, or a connection that broke before a response came.
    Network,
    /// The code of a failure.
    Code(Box<str>),
}

impl Exception {
    /// What has this name; any other text is taken for a code.
    #[must_use]
    pub fn named(name: &str) -> Self {
        match name {
            "ConnectError" => Self::Connect,
            "ConnectTimeout" => Self::ConnectTimeout,
            "ReadTimeout" => Self::ReadTimeout,
            "WriteTimeout" => Self::WriteTimeout,
            "PoolTimeout" => Self::PoolTimeout,
            "TimeoutException" => Self::Timeout,
            "NetworkError" => Self::Network,
            code => Self::Code(code.into()),
        }
    }

    /// Whether this error is one of that kind.
    pub(super) fn is(&self, error: &Error) -> bool {
        let code = error.code.as_ref();
        match self {
            Self::Connect => {
                let connecting = matches!(error.phase, Phase::Dns | Phase::Connect)
                    || error.phase == Phase::Tls && is_of_the_network(code);
                connecting && code != CONNECT_TIMEOUT
            }
            Self::ConnectTimeout => code == CONNECT_TIMEOUT,
            Self::ReadTimeout => code == READ_TIMEOUT,
            Self::WriteTimeout => code == WRITE_TIMEOUT,
            Self::PoolTimeout => code == POOL_TIMEOUT,
            Self::Timeout => matches!(
                code,
                CONNECT_TIMEOUT | READ_TIMEOUT | WRITE_TIMEOUT | POOL_TIMEOUT
            ),
            Self::Network => {
                let broke = matches!(error.phase, Phase::Send | Phase::Headers);
                Self::Connect.is(error) || broke && is_of_the_network(code)
            }
            Self::Code(listed) => code == &**listed,
        }
    }
}

/// Whether it is the connection that gave way: the operating system says so, or the other side closed it. All
/// else is about what came over it.
fn is_of_the_network(code: &str) -> bool {
    match code {
        "UND_ERR_SOCKET"
        | "ERR_HTTP2_GOAWAY_SESSION"
        | "ERR_HTTP2_SESSION_ERROR"
        | "ERR_HTTP2_STREAM_ERROR" => true,
        "EPROTO" => false,
        // Node's names for the system's errors have no word division.
        _ => code.starts_with('E') && !code.contains('_'),
    }
}
