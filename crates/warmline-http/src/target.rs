//! From a URL to the place in the pool and the first line on the wire.

use std::sync::Arc;

use http::{HeaderValue, Uri};
use url::{Host, Url};
use warmline_pool::{Key, Scheme};

use crate::error::{Error, Phase};

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

/// The origin as the URL standard writes it, for errors.
pub(crate) fn origin_of(url: &Url) -> Arc<str> {
    url.origin().ascii_serialization().into()
}

/// The request target in origin form (RFC 9112, section 3.2.1).
pub(crate) fn request_target(url: &Url) -> Result<Uri, Error> {
    url[url::Position::BeforePath..url::Position::AfterQuery]
        .parse()
        .map_err(|source| {
            let message = "The URL's path cannot be sent as a request target";
            Error::new("ERR_INVALID_URL", Phase::Pool, message).with_source(source)
        })
}

/// The `host` header's value (RFC 9110, section 7.2).
pub(crate) fn host_header(url: &Url) -> Result<HeaderValue, Error> {
    url[url::Position::BeforeHost..url::Position::AfterPort]
        .parse()
        .map_err(|source| {
            let message = "The URL's host cannot be sent as a header";
            Error::new("ERR_INVALID_URL", Phase::Pool, message).with_source(source)
        })
}
