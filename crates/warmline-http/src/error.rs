//! The one error of this crate: a value with fields, never told by its message.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::sync::Arc;

use crate::response::Facts;

/// What went wrong, where, and what of it had already reached the wire.
///
/// The message is for people; programs read [`code`](Self::code) and [`phase`](Self::phase).
#[derive(Debug)]
pub struct Error {
    /// Node's own code where it has one (`ECONNREFUSED`), undici's where that has one
    /// (`UND_ERR_SOCKET`), `WARMLINE_*` for the rest.
    pub code: Cow<'static, str>,
    /// Which part of the request's life failed.
    pub phase: Phase,
    /// One sentence for people. It never holds a header's value, a body or credentials.
    pub message: String,
    /// The origin as the URL standard writes it, such as `https://api.openai.com`.
    pub origin: Option<Arc<str>>,
    /// Which try of the request this was, from 1; 0 where none was made.
    pub attempt: u32,
    /// Whether the connection had carried a request before this one.
    pub reused_connection: bool,
    /// Bytes of this request that the operating system took, TLS framing included; 0 by HTTP/2, where
    /// requests share a connection.
    pub bytes_sent: u64,
    /// Bytes of the response that arrived, TLS framing included; by HTTP/2, of its body.
    pub bytes_received: u64,
    /// Whether sending the request again cannot make the server do the work twice: provably no byte of
    /// it left this process, or the server said that it has not looked at it.
    pub retryable: bool,
    /// How the request went so far. Boxed: few errors have it, and all are moved a lot.
    pub facts: Option<Box<Facts>>,
    /// The error underneath, if another library reported one.
    pub source: Option<Box<dyn StdError + Send + Sync>>,
}

/// The part of a request's life in which an error happened, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Phase {
    /// Waiting for a place in the pool, or anything before it.
    Pool,
    /// Looking up the name.
    Dns,
    /// Opening the TCP connection.
    Connect,
    /// The TLS handshake.
    Tls,
    /// Writing the request.
    Send,
    /// Waiting for the response's head, and reading it.
    Headers,
    /// Reading the response's body.
    Body,
}

impl Phase {
    /// The name that JavaScript sees.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pool => "pool",
            Self::Dns => "dns",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Send => "send",
            Self::Headers => "headers",
            Self::Body => "body",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Error {
    /// Whether it is the engine that is at fault. Nobody knows then what has been done, and it may well happen again:
    /// nothing is sent again after it, and it says nothing of any server.
    pub(crate) fn is_a_defect(&self) -> bool {
        matches!(
            self.code.as_ref(),
            "WARMLINE_ENGINE" | "WARMLINE_PANIC" | "WARMLINE_INTERNAL"
        )
    }

    /// An error of which nothing but its kind is known yet.
    pub fn new(
        code: impl Into<Cow<'static, str>>,
        phase: Phase,
        message: impl Into<String>,
    ) -> Self {
        Self {
            code: code.into(),
            phase,
            message: message.into(),
            origin: None,
            attempt: 0,
            reused_connection: false,
            bytes_sent: 0,
            bytes_received: 0,
            retryable: false,
            facts: None,
            source: None,
        }
    }

    /// An error that the operating system reported while `doing` something, such as
    /// `"connect to 127.0.0.1:80"`.
    pub(crate) fn from_io(error: io::Error, phase: Phase, doing: &str) -> Self {
        let code = io_code(&error);
        Self::new(code, phase, format!("{doing}: {code}")).with_source(error)
    }

    /// The same error for somebody else who met with it: all but its source, of which there is only one.
    #[must_use]
    pub(crate) fn again(&self) -> Self {
        let mut error = Self::new(self.code.clone(), self.phase, self.message.clone());
        error.origin.clone_from(&self.origin);
        error.retryable = self.retryable;
        error.facts.clone_from(&self.facts);
        error
    }

    /// The same error with what lies underneath.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The same error with the origin it is about.
    #[must_use]
    pub fn with_origin(mut self, origin: Arc<str>) -> Self {
        self.origin = Some(origin);
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source
            .as_deref()
            .map(|source| source as &(dyn StdError + 'static))
    }
}

/// Node's name for an error of the operating system.
pub(crate) fn io_code(error: &io::Error) -> &'static str {
    use io::ErrorKind as Kind;
    match error.kind() {
        Kind::ConnectionRefused => "ECONNREFUSED",
        Kind::ConnectionReset => "ECONNRESET",
        Kind::ConnectionAborted => "ECONNABORTED",
        Kind::NotConnected => "ENOTCONN",
        Kind::BrokenPipe => "EPIPE",
        Kind::TimedOut => "ETIMEDOUT",
        Kind::HostUnreachable => "EHOSTUNREACH",
        Kind::NetworkUnreachable => "ENETUNREACH",
        Kind::NetworkDown => "ENETDOWN",
        Kind::AddrNotAvailable => "EADDRNOTAVAIL",
        Kind::AddrInUse => "EADDRINUSE",
        Kind::PermissionDenied => "EACCES",
        Kind::InvalidInput => "EINVAL",
        Kind::NotFound => "ENOENT",
        Kind::WouldBlock => "EAGAIN",
        Kind::OutOfMemory => "ENOMEM",
        // The process has run out of file descriptors, or the machine has: numbers alike on Linux
        // and macOS, and Winsock's own.
        _ => match error.raw_os_error() {
            Some(24 | 10024) => "EMFILE",
            Some(23) if cfg!(unix) => "ENFILE",
            _ => "EIO",
        },
    }
}
