//! From a URL to the place in the pool and the first lines on the wire.

use std::fmt;
use std::sync::Arc;

use http::HeaderValue;
use url::{Host, Position, Url};
use warmline_pool::{Key, Scheme};

use crate::error::{Error, Phase};

/// A URL that requests can be sent to, with all that follows from it. Parsed once, shared by every
/// request to the same URL.
#[derive(Clone)]
pub struct Target {
    url: Url,
    pub(crate) key: Key,
    pub(crate) origin: Arc<str>,
    /// The request target in origin form (RFC 9112, section 3.2.1).
    pub(crate) path_and_query: Box<str>,
    /// The `host` header's value (RFC 9110, section 7.2).
    pub(crate) host: HeaderValue,
}

impl Target {
    /// # Errors
    /// `ERR_INVALID_URL` for a URL that is not `http` or `https`.
    pub fn new(url: Url) -> Result<Self, Error> {
        let key = key_of(&url)?;
        // The URL standard leaves nothing in it that could end the request line early.
        let path_and_query = url[Position::BeforePath..Position::AfterQuery].into();
        let host = HeaderValue::from_str(&url[Position::BeforeHost..Position::AfterPort]).map_err(
            |source| {
                let message = "The URL's host cannot be sent";
                Error::new("ERR_INVALID_URL", Phase::Pool, message).with_source(source)
            },
        )?;
        // The origin as the URL standard writes it.
        let origin = url.origin().ascii_serialization().into();
        Ok(Self {
            url,
            key,
            origin,
            path_and_query,
            host,
        })
    }

    /// The URL, fragment included.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Paths and queries may hold secrets.
        f.debug_tuple("Target").field(&self.origin).finish()
    }
}

/// The pool's key for a URL.
///
/// # Errors
/// `ERR_INVALID_URL` for a URL that is not `http` or `https`.
pub fn key_of(url: &Url) -> Result<Key, Error> {
    let scheme = match url.scheme() {
        "http" => Scheme::Http,
        "https" => Scheme::Https,
        other => {
            let message = format!("The scheme must be http or https, not {other}");
            return Err(Error::new("ERR_INVALID_URL", Phase::Pool, message));
        }
    };
    let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
        return Err(Error::new(
            "ERR_INVALID_URL",
            Phase::Pool,
            "The URL names no host",
        ));
    };
    // The brackets of an IPv6 address belong to the URL, not to the address.
    let host: Arc<str> = match host {
        Host::Domain(name) => name.into(),
        Host::Ipv4(address) => address.to_string().into(),
        Host::Ipv6(address) => address.to_string().into(),
    };
    Ok(Key::new(scheme, host, port))
}

/// The origin of a key as the URL standard serialises it: without a port that its scheme implies.
pub(crate) fn origin_of(key: &Key) -> Arc<str> {
    let text = key.to_string();
    let implied = match key.scheme {
        Scheme::Http => ":80",
        Scheme::Https => ":443",
    };
    text.strip_suffix(implied).unwrap_or(&text).into()
}
