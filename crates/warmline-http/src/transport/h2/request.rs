//! The head of a request in HTTP/2's terms (RFC 9113, section 8.3.1).

use bytes::{BufMut, Bytes, BytesMut};
use http::header::{
    CONNECTION, CONTENT_LENGTH, COOKIE, HOST, HeaderName, TE, TRANSFER_ENCODING, UPGRADE,
};
use http::uri::{Authority, PathAndQuery, Scheme, Uri};
use http::{HeaderMap, HeaderValue, Request, Version};

use super::unsendable;
use crate::error::Error;
use crate::transport::body::BodyFraming;
use crate::transport::h1::RequestHead;

/// Connection-specific fields, which HTTP/2 has no place for (section 8.2.2).
const CONNECTION_SPECIFIC: [HeaderName; 5] = [
    CONNECTION,
    TRANSFER_ENCODING,
    UPGRADE,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
];

/// # Errors
/// `UND_ERR_INVALID_ARG` for a host or a path that cannot be sent.
pub(super) fn of(
    head: &RequestHead<'_>,
    framing: BodyFraming,
    scheme: &Scheme,
) -> Result<Request<()>, Error> {
    let mut request = Request::new(());
    *request.version_mut() = Version::HTTP_2;
    *request.method_mut() = head.method.clone();
    *request.uri_mut() = uri(head, scheme)?;
    *request.headers_mut() = headers(head, framing)?;
    Ok(request)
}

fn uri(head: &RequestHead<'_>, scheme: &Scheme) -> Result<Uri, Error> {
    let default = head.defaults.iter().find(|(name, _)| name == HOST);
    let host = head
        .headers
        .get(HOST)
        .or(default.map(|(_, value)| *value))
        .ok_or_else(|| unsendable("the request has no host"))?;
    let authority = Authority::from_maybe_shared(Bytes::copy_from_slice(host.as_bytes()))
        .map_err(|_| unsendable("invalid host header"))?;
    let path = PathAndQuery::from_maybe_shared(Bytes::copy_from_slice(head.target.as_bytes()))
        .map_err(|_| unsendable("the URL's path cannot be sent"))?;
    Uri::builder()
        .scheme(scheme.clone())
        .authority(authority)
        .path_and_query(path)
        .build()
        .map_err(|_| unsendable("the URL cannot be sent"))
}

fn headers(head: &RequestHead<'_>, framing: BodyFraming) -> Result<HeaderMap, Error> {
    let mut headers = HeaderMap::with_capacity(head.headers.len() + head.defaults.len() + 1);
    for (name, value) in &head.defaults {
        if name != HOST && !head.headers.contains_key(name) {
            headers.append(name.clone(), (*value).clone());
        }
    }
    for (name, value) in head.headers {
        let left_out = *name == HOST
            || *name == CONTENT_LENGTH
            || CONNECTION_SPECIFIC.contains(name)
            || (*name == TE && value != "trailers")
            || (*name == COOKIE && headers.contains_key(COOKIE));
        if left_out {
            continue;
        }
        let crumbs = *name == COOKIE && head.headers.get_all(COOKIE).iter().nth(1).is_some();
        let value = if crumbs {
            joined_cookies(head.headers)?
        } else {
            value.clone()
        };
        headers.append(name.clone(), value);
    }
    if let BodyFraming::Length(length) = framing {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    Ok(headers)
}

/// Several cookie fields as the one that they are parts of (section 8.2.3).
fn joined_cookies(headers: &HeaderMap) -> Result<HeaderValue, Error> {
    let mut joined = BytesMut::new();
    for crumb in headers.get_all(COOKIE) {
        if !joined.is_empty() {
            joined.put_slice(b"; ");
        }
        joined.put_slice(crumb.as_bytes());
    }
    HeaderValue::from_maybe_shared(joined.freeze()).map_err(|_| unsendable("invalid cookie header"))
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;

    fn request(headers: &HeaderMap) -> Request<()> {
        let host = HeaderValue::from_static("default.test:8443");
        let accept = HeaderValue::from_static("*/*");
        let agent = HeaderValue::from_static("warmline");
        let codings = HeaderValue::from_static("gzip");
        let head = RequestHead {
            method: &Method::POST,
            target: "/a?b={}",
            headers,
            defaults: [
                (HOST, &host),
                (http::header::ACCEPT, &accept),
                (http::header::ACCEPT_ENCODING, &codings),
                (http::header::USER_AGENT, &agent),
            ],
        };
        of(&head, BodyFraming::Length(5), &Scheme::HTTPS).unwrap()
    }

    #[test]
    fn a_head_says_where_it_goes_once() {
        let sent = request(&HeaderMap::new());
        assert_eq!(sent.uri(), "https://default.test:8443/a?b={}");
        assert!(!sent.headers().contains_key(HOST));
        assert_eq!(sent.headers()["content-length"], "5");
        assert_eq!(sent.headers()["user-agent"], "warmline");

        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_static("other.test"));
        let sent = request(&headers);
        assert_eq!(sent.uri().authority().unwrap(), "other.test");
        assert!(!sent.headers().contains_key(HOST));
    }

    #[test]
    fn what_is_about_the_connection_stays_out_of_the_head() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("connection", "close"),
            ("keep-alive", "timeout=5"),
            ("proxy-connection", "keep-alive"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "websocket"),
            ("te", "gzip"),
            ("content-length", "7"),
            ("x-kept", "1"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        let sent = request(&headers);
        let mut names: Vec<_> = sent.headers().keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        assert_eq!(
            names,
            [
                "accept",
                "accept-encoding",
                "content-length",
                "user-agent",
                "x-kept"
            ]
        );
        assert_eq!(sent.headers()["content-length"], "5");

        headers.insert("te", HeaderValue::from_static("trailers"));
        assert_eq!(request(&headers).headers()["te"], "trailers");
    }

    #[test]
    fn several_cookies_become_one() {
        let mut headers = HeaderMap::new();
        for crumb in ["a=1", "b=2", "c=3"] {
            headers.append(COOKIE, HeaderValue::from_static(crumb));
        }
        let sent = request(&headers);
        let cookies: Vec<_> = sent.headers().get_all(COOKIE).iter().collect();
        assert_eq!(cookies, ["a=1; b=2; c=3"]);
    }
}
