use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// What a connection was opened for: two requests may share a connection only when all of it is
/// equal.
///
/// Compared and hashed field by field, never by a hash alone, so that a collision cannot lend one
/// tenant's connection to another. The host is taken as it is given: lower-case it and drop a
/// trailing dot first (a URL parser does).
///
/// ```
/// use warmline_pool::{Key, Protocol, Scheme};
///
/// let key = Key::new(Scheme::Https, "api.openai.com", 443).with_protocol(Protocol::Http1);
/// assert_eq!(key.to_string(), "https://api.openai.com:443");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    /// Plain or encrypted.
    pub scheme: Scheme,
    /// Host name, or address literal without brackets.
    pub host: Arc<str>,
    /// Port, never left to a default.
    pub port: u16,
    /// The proxy that the connection has to run through, credentials included. `None` leaves it to the
    /// rules of the pool's owner, which must be the same for the origin as long as the pool lives.
    pub proxy: Option<Arc<str>>,
    /// The TLS identity that the connection was made with: client certificate, trusted roots,
    /// server name, verification. `None` is the pool's default one.
    pub tls: Option<Arc<str>>,
    /// The protocol that the caller insists on, if it does.
    pub protocol: Protocol,
}

/// Whether the connection is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// Plain TCP.
    Http,
    /// TLS over TCP.
    Https,
}

/// Which protocol a caller insists on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// Whatever ALPN settles on.
    #[default]
    Auto,
    /// HTTP/1.1 only.
    Http1,
    /// HTTP/2 only.
    Http2,
}

impl Key {
    /// A connection by the owner's rules under the default TLS identity, with whatever protocol ALPN settles on.
    #[must_use]
    pub fn new(scheme: Scheme, host: impl Into<Arc<str>>, port: u16) -> Self {
        Self {
            scheme,
            host: host.into(),
            port,
            proxy: None,
            tls: None,
            protocol: Protocol::Auto,
        }
    }

    /// The same origin through `proxy`.
    #[must_use]
    pub fn with_proxy(mut self, proxy: impl Into<Arc<str>>) -> Self {
        self.proxy = Some(proxy.into());
        self
    }

    /// The same origin under the TLS identity named `identity`.
    #[must_use]
    pub fn with_tls(mut self, identity: impl Into<Arc<str>>) -> Self {
        self.tls = Some(identity.into());
        self
    }

    /// The same origin, by `protocol` only.
    #[must_use]
    pub fn with_protocol(mut self, protocol: Protocol) -> Self {
        self.protocol = protocol;
        self
    }
}

/// In few steps, for a key is hashed with every request: those that differ in scheme or protocol alone share a hash.
impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write(self.host.as_bytes());
        state.write_u16(self.port);
        for own in [&self.proxy, &self.tls].into_iter().flatten() {
            state.write(own.as_bytes());
        }
    }
}

impl Scheme {
    /// The scheme as a URL spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

/// The origin as RFC 6454 section 6.2 serialises it, with the port always written.
/// The proxy and the TLS identity stay out of it: either may carry a secret.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = self.scheme.as_str();
        if self.host.contains(':') {
            write!(f, "{scheme}://[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{scheme}://{}:{}", self.host, self.port)
        }
    }
}

/// Tells whether there are a proxy and an identity, but never what they are.
#[allow(
    clippy::missing_fields_in_debug,
    reason = "what is left out may be secret"
)]
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key")
            .field("origin", &format_args!("{self}"))
            .field("proxied", &self.proxy.is_some())
            .field("own_tls", &self.tls.is_some())
            .field("protocol", &self.protocol)
            .finish()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn every_field_tells_two_keys_apart() {
        let key = Key::new(Scheme::Https, "a.test", 443);
        assert_eq!(key, key.clone());
        for other in [
            Key::new(Scheme::Http, "a.test", 443),
            Key::new(Scheme::Https, "b.test", 443),
            Key::new(Scheme::Https, "a.test", 8443),
            key.clone().with_proxy("http://proxy.test:3128"),
            key.clone().with_tls("client-certificate"),
            key.clone().with_protocol(Protocol::Http2),
        ] {
            assert_ne!(key, other);
        }
    }

    #[test]
    fn an_address_literal_is_bracketed() {
        assert_eq!(
            Key::new(Scheme::Http, "::1", 80).to_string(),
            "http://[::1]:80"
        );
    }

    #[test]
    fn secrets_of_proxy_and_identity_stay_out_of_text() {
        let key = Key::new(Scheme::Https, "a.test", 443)
            .with_proxy("http://user:hunter2@proxy.test:3128")
            .with_tls("hunter3");
        let text = format!("{key} {key:?}");
        assert!(!text.contains("hunter"), "{text}");
    }
}
