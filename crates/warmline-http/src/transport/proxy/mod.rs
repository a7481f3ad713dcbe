//! Proxies: which one a connection runs through, and the way through it.
//!
//! As curl and undici have it: a connection to an https origin is a tunnel (`CONNECT`, RFC 9110
//! section 9.3.6), for a plain http origin the proxy is asked to forward each request (absolute form,
//! RFC 9112 section 3.2.2), and a SOCKS5 proxy (RFC 1928) carries either.

mod bypass;
#[cfg(fuzzing)]
pub(crate) mod fuzzing;
mod rules;
mod socks5;
mod tunnel;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use base64::prelude::{BASE64_STANDARD, Engine};
use http::HeaderValue;
use percent_encoding::percent_decode_str;
use tokio::io::{AsyncRead, AsyncWrite};
use url::Url;

pub(super) use rules::Proxies;
pub use rules::ProxyOptions;
pub(super) use socks5::Destination;
pub(super) use tunnel::Beyond;

use crate::error::{Error, Phase};

/// A proxy, with the credentials that it wants. They are never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    kind: Kind,
    host: Arc<str>,
    port: u16,
    credentials: Option<Credentials>,
}

/// What is spoken with the proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// HTTP, in TLS or not.
    Http { tls: bool },
    /// SOCKS5; names are looked up here, or by the proxy.
    Socks5 { remote_dns: bool },
}

#[derive(Clone, PartialEq, Eq)]
struct Credentials {
    user: Vec<u8>,
    password: Vec<u8>,
}

impl Proxy {
    /// The proxy that `text` names: `[scheme://][user[:password]@]host[:port]`, where the scheme is
    /// `http` (the default), `https`, `socks5` (names are looked up here) or `socks5h` (by the proxy),
    /// and the port 80, 443 or 1080.
    ///
    /// # Errors
    /// `ERR_INVALID_ARG_VALUE`, with a message that begins with `setting`, where the text came from. It
    /// does not repeat the text, which may hold credentials.
    pub fn parse(setting: &str, text: &str) -> Result<Self, Error> {
        let refused = |reason: &str| {
            let message = format!(
                "{setting} must be a URL such as http://user:password@host:port, with the scheme http, \
                 https, socks5 or socks5h: {reason}"
            );
            Error::new("ERR_INVALID_ARG_VALUE", Phase::Connect, message)
        };
        let text = text.trim();
        let text = if text.contains("://") {
            Cow::Borrowed(text)
        } else {
            format!("http://{text}").into()
        };
        let url = Url::parse(&text).map_err(|error| refused(&error.to_string()))?;
        let (kind, default_port) = match url.scheme() {
            "http" => (Kind::Http { tls: false }, 80),
            "https" => (Kind::Http { tls: true }, 443),
            "socks5" | "socks" => (Kind::Socks5 { remote_dns: false }, 1080),
            "socks5h" => (Kind::Socks5 { remote_dns: true }, 1080),
            other => return Err(refused(&format!("its scheme is {other}"))),
        };
        let host = url.host_str().filter(|host| !host.is_empty());
        let host = host.ok_or_else(|| refused("it names no host"))?;
        // The brackets of an IPv6 address belong to the URL.
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let decoded = |text| percent_decode_str(text).collect::<Vec<u8>>();
        let credentials =
            (!url.username().is_empty() || url.password().is_some()).then(|| Credentials {
                user: decoded(url.username()),
                password: decoded(url.password().unwrap_or_default()),
            });
        if matches!(kind, Kind::Socks5 { .. })
            && let Some(Credentials { user, password }) = &credentials
            && (user.len() > socks5::LONGEST || password.len() > socks5::LONGEST)
        {
            return Err(refused("SOCKS5 credentials have at most 255 bytes each"));
        }
        Ok(Self {
            kind,
            host: host.into(),
            port: url.port().unwrap_or(default_port),
            credentials,
        })
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn speaks_tls(&self) -> bool {
        self.kind == Kind::Http { tls: true }
    }

    /// Whether requests to plain http origins are for this proxy to read and to pass on.
    pub(super) fn forwards(&self) -> bool {
        matches!(self.kind, Kind::Http { .. })
    }

    /// Whether names are looked up before the proxy is asked for a connection to them.
    pub(super) fn wants_addresses(&self) -> bool {
        self.kind == Kind::Socks5 { remote_dns: false }
    }

    /// The value of `proxy-authorization` (RFC 7617), if the proxy wants one.
    pub(crate) fn authorization(&self) -> Option<HeaderValue> {
        let Credentials { user, password } = self.credentials.as_ref()?;
        let pair = [user, b":".as_slice(), password].concat();
        let value = format!("Basic {}", BASE64_STANDARD.encode(pair));
        // Base64 is always a valid value.
        let mut value = HeaderValue::try_from(value).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// Has the proxy at the other end of `io` connect it with `destination`.
    pub(super) async fn open(
        &self,
        io: &mut (impl AsyncRead + AsyncWrite + Unpin),
        destination: Destination<'_>,
        port: u16,
        beyond: Beyond,
    ) -> Result<(), Error> {
        match self.kind {
            Kind::Http { .. } => tunnel::open(io, self, destination, port, beyond).await,
            Kind::Socks5 { .. } => socks5::open(io, self, destination, port).await,
        }
    }

    /// An error of this proxy.
    fn error(&self, code: &'static str, reason: &str) -> Error {
        Error::new(code, Phase::Connect, format!("proxy {self}: {reason}"))
    }

    /// The same error, as one that has to do with this proxy.
    pub(super) fn blamed(&self, mut error: Error) -> Error {
        error.message = format!("proxy {self}: {}", error.message);
        error
    }

    /// A failed TLS handshake with this proxy, not with the origin behind it.
    pub(super) fn tls_failed(&self, error: Error) -> Error {
        self.error("UND_ERR_PRX_TLS", &error.message)
            .with_source(error)
    }

    fn gone(&self) -> Error {
        self.error("UND_ERR_PRX_CONN", "it closed the connection")
    }

    fn broken(&self, error: std::io::Error) -> Error {
        if error.kind() == std::io::ErrorKind::UnexpectedEof {
            return self.gone();
        }
        self.error("UND_ERR_PRX_CONN", "the connection to it broke")
            .with_source(error)
    }
}

/// Without the credentials.
impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.kind {
            Kind::Http { tls: false } => "http",
            Kind::Http { tls: true } => "https",
            Kind::Socks5 { remote_dns: false } => "socks5",
            Kind::Socks5 { remote_dns: true } => "socks5h",
        };
        write!(
            f,
            "{scheme}://{}",
            Destination::of(&self.host).at(self.port)
        )
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({self})")
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use tokio::io::{AsyncWriteExt, duplex};
    use tokio::runtime::Builder;

    use super::*;

    fn parse(text: &str) -> Proxy {
        Proxy::parse("proxy", text).unwrap()
    }

    #[test]
    fn scheme_and_port_have_defaults() {
        for (text, shown) in [
            ("proxy.test", "http://proxy.test:80"),
            ("proxy.test:3128", "http://proxy.test:3128"),
            (" http://proxy.test:3128/ ", "http://proxy.test:3128"),
            ("https://proxy.test", "https://proxy.test:443"),
            ("socks5://proxy.test", "socks5://proxy.test:1080"),
            ("socks://proxy.test:1", "socks5://proxy.test:1"),
            ("socks5h://proxy.test", "socks5h://proxy.test:1080"),
            ("http://[::1]:3128", "http://[::1]:3128"),
            ("socks5://[::1]", "socks5://[::1]:1080"),
        ] {
            assert_eq!(parse(text).to_string(), shown);
        }
    }

    #[test]
    fn credentials_are_decoded_and_never_shown() {
        for (text, value) in [
            ("http://user:hunter2@proxy.test", "dXNlcjpodW50ZXIy"),
            ("http://us%40er:p%3a%25%20@proxy.test", "dXNAZXI6cDolIA=="),
            ("user@proxy.test:80", "dXNlcjo="),
            ("http://:hunter2@proxy.test", "Omh1bnRlcjI="),
        ] {
            let proxy = parse(text);
            let authorization = proxy.authorization().unwrap();
            assert_eq!(authorization, format!("Basic {value}").as_str());
            let shown = format!("{proxy} {proxy:?} {authorization:?}");
            assert!(!shown.contains("hunter") && !shown.contains("user") && !shown.contains("dXN"));
        }
        assert_eq!(parse("http://proxy.test").authorization(), None);
    }

    #[test]
    fn what_is_no_proxy_is_refused_without_being_repeated() {
        let long = format!("socks5://user:{}@proxy.test", "hunter2".repeat(40));
        for text in [
            "",
            "http://",
            "socks4://hunter2@proxy.test",
            "ftp://user:hunter2@proxy.test",
            "http://user:hunter2@proxy.test:port",
            long.as_str(),
        ] {
            let error = Proxy::parse("HTTPS_PROXY", text).unwrap_err();
            assert_eq!(error.code, "ERR_INVALID_ARG_VALUE");
            assert!(
                error
                    .message
                    .starts_with("HTTPS_PROXY must be a URL such as")
            );
            assert!(!error.message.contains("hunter2"), "{error}");
        }
    }

    /// What an answer may begin with, and noise.
    fn answers() -> impl Strategy<Value = Vec<u8>> {
        let pieces = prop_oneof![
            Just(b"HTTP/1.1 200 OK\r\n".to_vec()),
            Just(b"HTTP/1.1 100 Continue\r\n\r\n".to_vec()),
            Just(b"via: 1.1 test\r\n".to_vec()),
            Just(b"\r\n".to_vec()),
            Just(vec![5, 0]),
            Just(vec![5, 2]),
            Just(vec![1, 0]),
            Just(vec![5, 0, 0, 1, 127, 0, 0, 1, 0, 80]),
            Just(vec![5, 0, 0, 3, 200]),
            vec(any::<u8>(), 0..20),
        ];
        vec(pieces, 0..6).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn whatever_it_answers_a_proxy_leads_on_or_is_a_typed_error(
            answer in answers(),
            credentials in any::<bool>(),
        ) {
            let userinfo = if credentials { "user:hunter2@" } else { "" };
            for scheme in ["http", "socks5h"] {
                let proxy = parse(&format!("{scheme}://{userinfo}proxy.test"));
                let (mut ours, mut theirs) = duplex(64 * 1024);
                let outcome = Builder::new_current_thread().build().unwrap().block_on(async {
                    theirs.write_all(&answer).await.unwrap();
                    theirs.shutdown().await.unwrap();
                    let destination = Destination::of("origin.test");
                    proxy.open(&mut ours, destination, 443, Beyond::Listens).await
                });
                if let Err(error) = outcome {
                    prop_assert_eq!(error.phase, Phase::Connect);
                    prop_assert!(error.code.starts_with("UND_ERR_") || error.code == "WARMLINE_PROXY_AUTH");
                    prop_assert!(!error.message.contains("hunter2"));
                }
            }
        }
    }
}
