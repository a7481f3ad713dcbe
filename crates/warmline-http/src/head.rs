//! The head of a request on the wire: what the caller's headers may say about framing, and what is
//! added to them.

use http::HeaderMap;
use http::header::{
    ACCEPT, ACCEPT_ENCODING, CONNECTION, CONTENT_LENGTH, EXPECT, HOST, HeaderName, HeaderValue,
    PROXY_AUTHORIZATION, RANGE, TRANSFER_ENCODING, UPGRADE, USER_AGENT,
};
use warmline_pool::Scheme;

use crate::error::{Error, Phase};
use crate::redirect::Hop;
use crate::transport::{Proxy, RequestBody, RequestHead};

static DEFAULT_USER_AGENT: HeaderValue =
    HeaderValue::from_static(concat!("warmline/", env!("CARGO_PKG_VERSION")));
/// Hop-by-hop, as `connection` is; the `http` crate has no constant for it.
const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
/// What only this layer says of a message.
static OURS: [HeaderName; 4] = [TRANSFER_ENCODING, KEEP_ALIVE, UPGRADE, EXPECT];
static ANYTHING: HeaderValue = HeaderValue::from_static("*/*");
/// What Node's `fetch` asks for. What stands between here and a server without TLS may not know the
/// younger codings, and yet change what it passes on.
static CODINGS: HeaderValue = HeaderValue::from_static("gzip, deflate");
static CODINGS_UNDER_TLS: HeaderValue = HeaderValue::from_static("br, gzip, deflate, zstd");
static NO_CODING: HeaderValue = HeaderValue::from_static("identity");

/// The head of a hop's request: the caller's headers, and those that every request has. `decodes` is
/// whether its response's codings will be undone.
pub(crate) fn of(hop: &Hop, decodes: bool) -> RequestHead<'_> {
    RequestHead {
        method: &hop.method,
        target: &hop.target.path_and_query,
        headers: &hop.headers,
        defaults: [
            (HOST, &hop.target.host),
            (ACCEPT, &ANYTHING),
            (ACCEPT_ENCODING, codings(hop, decodes)),
            (USER_AGENT, &DEFAULT_USER_AGENT),
        ],
    }
}

fn codings(hop: &Hop, decodes: bool) -> &'static HeaderValue {
    // Fetch, "HTTP-network-or-cache fetch", step 18: a part of an encoded body cannot be decoded.
    if !decodes || hop.headers.keys().any(|name| name == RANGE) {
        return &NO_CODING;
    }
    match hop.target.key.scheme {
        Scheme::Https => &CODINGS_UNDER_TLS,
        Scheme::Http => &CODINGS,
    }
}

/// What a hop's request is to a proxy that passes it on: its target is the whole URL, and the proxy
/// is told who asks (RFC 9112 section 3.2.2, RFC 9110 section 11.7.2).
pub(crate) struct Forwarded {
    target: String,
    headers: Option<HeaderMap>,
}

impl Forwarded {
    pub(crate) fn by(proxy: &Proxy, hop: &Hop) -> Self {
        let authorization = proxy
            .authorization()
            .filter(|_| !hop.headers.contains_key(PROXY_AUTHORIZATION));
        Self {
            target: format!("{}{}", hop.target.origin, hop.target.path_and_query),
            headers: authorization.map(|value| {
                let mut headers = hop.headers.clone();
                headers.insert(PROXY_AUTHORIZATION, value);
                headers
            }),
        }
    }

    /// The head of the request.
    pub(crate) fn of<'a>(&'a self, hop: &'a Hop, decodes: bool) -> RequestHead<'a> {
        RequestHead {
            target: &self.target,
            headers: self.headers.as_ref().unwrap_or(&hop.headers),
            ..of(hop, decodes)
        }
    }
}

/// Checks the framing headers of a request, and has its body keep to a length that they state.
///
/// # Errors
/// `UND_ERR_REQ_CONTENT_LENGTH_MISMATCH` when the caller states a length that is not the body's,
/// `UND_ERR_INVALID_ARG` for headers that are this layer's to decide: a second framing of the same
/// body is how requests are smuggled (RFC 9112, section 11.2).
pub(crate) fn check(headers: &HeaderMap, body: &mut RequestBody) -> Result<(), Error> {
    let is_known = |value: &HeaderValue| {
        ["close", "keep-alive"]
            .iter()
            .any(|word| value.as_bytes().eq_ignore_ascii_case(word.as_bytes()))
    };
    let (mut host, mut length) = (None, None);
    // A request has few headers, and each look-up would hash a name.
    for (name, value) in headers {
        let twice = if OURS.contains(name) || name == CONNECTION && !is_known(value) {
            return Err(invalid(name));
        } else if name == HOST {
            host.replace(value)
        } else if name == CONTENT_LENGTH {
            length.replace(value)
        } else {
            None
        };
        // Whoever is on the way may take the one for the request's, and the server the other.
        if twice.is_some() {
            return Err(refused(format!("duplicate {name} header")));
        }
    }
    length.map_or(Ok(()), |stated| content_length(stated, body))
}

/// A stated length must be the body's; for a body of unknown length it is believed, and the request
/// fails if the body turns out otherwise.
fn content_length(stated: &HeaderValue, body: &mut RequestBody) -> Result<(), Error> {
    let length = stated.to_str().ok().and_then(|text| text.parse().ok());
    let length: u64 = length.ok_or_else(|| invalid(&CONTENT_LENGTH))?;
    match body.length() {
        Some(actual) if actual != length => Err(Error::new(
            "UND_ERR_REQ_CONTENT_LENGTH_MISMATCH",
            Phase::Pool,
            format!("the content-length header says {length}, the body has {actual} bytes"),
        )),
        Some(_) => Ok(()),
        None => {
            body.announce(length);
            Ok(())
        }
    }
}

fn invalid(name: &HeaderName) -> Error {
    refused(format!("invalid {name} header"))
}

fn refused(message: String) -> Error {
    Error::new("UND_ERR_INVALID_ARG", Phase::Pool, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(fields: &[(&'static str, &'static str)]) -> Result<(), String> {
        let headers = fields.iter().map(|(name, value)| {
            let name = HeaderName::from_static(name);
            (name, HeaderValue::from_static(value))
        });
        let mut body = RequestBody::Full("body".into());
        check(&headers.collect(), &mut body).map_err(|error| error.message)
    }

    #[test]
    fn every_field_of_a_name_is_looked_at() {
        assert_eq!(checked(&[("connection", "Close"), ("host", "a")]), Ok(()));
        for (fields, message) in [
            (
                [("connection", "close"), ("connection", "x-secret")],
                "invalid connection header",
            ),
            ([("host", "a"), ("host", "b")], "duplicate host header"),
            (
                [("content-length", "4"), ("content-length", "4")],
                "duplicate content-length header",
            ),
        ] {
            assert_eq!(checked(&fields), Err(message.into()));
        }
    }
}
