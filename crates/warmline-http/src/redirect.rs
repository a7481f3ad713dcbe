//! Redirects by the Fetch standard ("HTTP-redirect fetch"): where the next hop goes, what of the
//! request goes with it, and which credentials stay behind.

use std::sync::Arc;

use http::header::{
    AUTHORIZATION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_LOCATION,
    CONTENT_TYPE, COOKIE, HOST, LOCATION, PROXY_AUTHORIZATION, TRANSFER_ENCODING,
};
use http::{HeaderMap, Method, StatusCode};
use url::Url;

use crate::error::{Error, Phase};
use crate::request::RedirectMode;
use crate::target::Target;
use crate::transport::RequestBody;

/// The most hops one request follows (Fetch standard, redirect count).
pub(crate) const MAX_REDIRECTS: u32 = 20;

/// The part of a request that a redirect may change.
pub(crate) struct Hop {
    pub(crate) method: Method,
    pub(crate) target: Arc<Target>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<RequestBody>,
}

/// Where a response sends the caller on to, if it does.
///
/// # Errors
/// A redirect in mode `Error`, one to a place that is not HTTP, or one whose `location` is no URL.
pub(crate) fn target(
    mode: RedirectMode,
    status: StatusCode,
    headers: &HeaderMap,
    current: &Url,
) -> Result<Option<Arc<Target>>, Error> {
    if !matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) || mode == RedirectMode::Manual {
        return Ok(None);
    }
    if mode == RedirectMode::Error {
        return Err(refused("WARMLINE_REDIRECT", "unexpected redirect"));
    }
    let Some(location) = headers.get(LOCATION) else {
        return Ok(None);
    };
    // A location is a byte string; browsers read it as UTF-8 where it is that.
    let text = String::from_utf8_lossy(location.as_bytes());
    let mut next = current.join(&text).map_err(|_| {
        refused(
            "WARMLINE_REDIRECT",
            "the redirect's location is not a valid URL",
        )
    })?;
    if !matches!(next.scheme(), "http" | "https") {
        return Err(refused(
            "WARMLINE_REDIRECT",
            "the redirect leads to a scheme other than http(s)",
        ));
    }
    // Fetch, "HTTP-redirect fetch", step 9: on a server, every request is a cross-origin one.
    if !next.username().is_empty() || next.password().is_some() {
        return Err(refused(
            "WARMLINE_REDIRECT",
            "the redirect's location includes credentials",
        ));
    }
    if next.fragment().is_none() {
        next.set_fragment(current.fragment());
    }
    Target::new(next).map(|target| Some(Arc::new(target)))
}

/// Turns the request just answered into the one for the next hop.
///
/// # Errors
/// A body that cannot be sent a second time, or too many hops.
pub(crate) fn follow(
    hop: Hop,
    next: Arc<Target>,
    status: StatusCode,
    count: u32,
) -> Result<Hop, Error> {
    if count >= MAX_REDIRECTS {
        return Err(refused("WARMLINE_REDIRECT", "redirect count exceeded"));
    }
    let Hop {
        mut method,
        target,
        mut headers,
        mut body,
    } = hop;
    // Step 11, which looks at the body before it is known whether it has to be sent again.
    if status != StatusCode::SEE_OTHER && body.is_none() {
        return Err(refused(
            "WARMLINE_REDIRECT",
            "a streamed body cannot be sent again to follow a redirect",
        ));
    }
    let becomes_get = match status.as_u16() {
        301 | 302 => method == Method::POST,
        303 => method != Method::GET && method != Method::HEAD,
        _ => false,
    };
    if becomes_get {
        method = Method::GET;
        body = Some(RequestBody::Empty);
        for name in [
            CONTENT_ENCODING,
            CONTENT_LANGUAGE,
            CONTENT_LOCATION,
            CONTENT_TYPE,
            CONTENT_LENGTH,
            TRANSFER_ENCODING,
        ] {
            headers.remove(name);
        }
    }
    if target.origin != next.origin {
        for name in [AUTHORIZATION, PROXY_AUTHORIZATION, COOKIE, HOST] {
            headers.remove(name);
        }
    }
    Ok(Hop {
        method,
        target: next,
        headers,
        body,
    })
}

fn refused(code: &'static str, message: &'static str) -> Error {
    Error::new(code, Phase::Headers, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::HeaderValue;

    fn hop(method: Method, url: &str) -> Hop {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, HeaderValue::from_static("Bearer secret"));
        headers.insert(COOKIE, HeaderValue::from_static("a=b"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
        let body = Some(RequestBody::Full(Bytes::from_static(b"hello")));
        Hop {
            method,
            target: self::url(url),
            headers,
            body,
        }
    }

    fn url(text: &str) -> Arc<Target> {
        Arc::new(Target::new(Url::parse(text).unwrap()).unwrap())
    }

    #[test]
    fn a_303_turns_everything_but_get_and_head_into_a_get_without_body() {
        let next = follow(
            hop(Method::PUT, "http://a/x"),
            url("http://a/y"),
            StatusCode::SEE_OTHER,
            0,
        )
        .unwrap();
        assert_eq!(next.method, Method::GET);
        assert!(matches!(next.body, Some(RequestBody::Empty)));
        assert!(!next.headers.contains_key(CONTENT_TYPE));
        let head = follow(
            hop(Method::HEAD, "http://a/x"),
            url("http://a/y"),
            StatusCode::SEE_OTHER,
            0,
        )
        .unwrap();
        assert_eq!(head.method, Method::HEAD);
    }

    #[test]
    fn a_302_turns_only_post_into_get_and_a_307_keeps_both() {
        for (method, status, expected) in [
            (Method::POST, StatusCode::FOUND, Method::GET),
            (Method::PUT, StatusCode::FOUND, Method::PUT),
            (Method::POST, StatusCode::TEMPORARY_REDIRECT, Method::POST),
            (Method::POST, StatusCode::PERMANENT_REDIRECT, Method::POST),
        ] {
            let next = follow(hop(method, "http://a/x"), url("http://a/y"), status, 0).unwrap();
            assert_eq!(next.method, expected, "{status}");
        }
    }

    #[test]
    fn credentials_stay_behind_when_the_origin_changes_and_only_then() {
        let same = follow(
            hop(Method::GET, "http://a/x"),
            url("http://a/y"),
            StatusCode::FOUND,
            0,
        )
        .unwrap();
        assert!(same.headers.contains_key(AUTHORIZATION));
        for other in ["http://b/y", "https://a/y", "http://a:81/y"] {
            let next = follow(
                hop(Method::GET, "http://a/x"),
                url(other),
                StatusCode::FOUND,
                0,
            )
            .unwrap();
            assert!(!next.headers.contains_key(AUTHORIZATION), "{other}");
            assert!(!next.headers.contains_key(COOKIE), "{other}");
        }
    }

    #[test]
    fn a_spent_stream_is_not_sent_again() {
        let mut spent = hop(Method::POST, "http://a/x");
        spent.body = None;
        let error = follow(spent, url("http://a/y"), StatusCode::TEMPORARY_REDIRECT, 0)
            .err()
            .unwrap();
        assert_eq!(error.code, "WARMLINE_REDIRECT");
    }

    #[test]
    fn a_spent_stream_goes_no_further_even_where_it_would_not_be_sent_but_for_a_303() {
        for (status, goes_on) in [(StatusCode::FOUND, false), (StatusCode::SEE_OTHER, true)] {
            let mut spent = hop(Method::POST, "http://a/x");
            spent.body = None;
            assert_eq!(follow(spent, url("http://a/y"), status, 0).is_ok(), goes_on);
        }
    }

    #[test]
    fn the_twenty_first_hop_is_refused() {
        assert!(
            follow(
                hop(Method::GET, "http://a/"),
                url("http://a/"),
                StatusCode::FOUND,
                19
            )
            .is_ok()
        );
        assert!(
            follow(
                hop(Method::GET, "http://a/"),
                url("http://a/"),
                StatusCode::FOUND,
                20
            )
            .is_err()
        );
    }

    #[test]
    fn a_location_is_resolved_keeps_the_fragment_and_must_be_http() {
        let mut headers = HeaderMap::new();
        headers.insert(LOCATION, HeaderValue::from_static("../z?q"));
        let current = Url::parse("http://a/x/y#part").unwrap();
        let next = target(RedirectMode::Follow, StatusCode::FOUND, &headers, &current).unwrap();
        assert_eq!(next.unwrap().url().as_str(), "http://a/z?q#part");
        headers.insert(LOCATION, HeaderValue::from_static("file:///etc/passwd"));
        assert!(target(RedirectMode::Follow, StatusCode::FOUND, &headers, &current).is_err());
        headers.insert(LOCATION, HeaderValue::from_static("http://user@a/"));
        assert!(target(RedirectMode::Follow, StatusCode::FOUND, &headers, &current).is_err());
        assert!(target(RedirectMode::Error, StatusCode::FOUND, &headers, &current).is_err());
        assert!(
            target(RedirectMode::Manual, StatusCode::FOUND, &headers, &current)
                .unwrap()
                .is_none()
        );
    }
}
