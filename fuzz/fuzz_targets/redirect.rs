//! Redirects: `method status url`, the request's headers up to a blank line, then the `location`. Wherever it leads, it
//! leads by http to a host, with one well-formed request, and takes no secret to another origin.
#![no_main]

use std::sync::Arc;

use bytes::Bytes;
use http::header::{AUTHORIZATION, COOKIE, LOCATION, PROXY_AUTHORIZATION};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use libfuzzer_sys::fuzz_target;
use url::Url;
use warmline_fuzz::{assert_one_request, headers};
use warmline_http::fuzzing::{Outgoing, redirected, sent};
use warmline_http::{RequestBody, Target};

fuzz_target!(|bytes: &[u8]| {
    let Some(given) = Given::read(bytes) else {
        return;
    };
    let before = given.request();
    let (method, headers) = (before.method.clone(), before.headers.clone());
    let location = HeaderMap::from_iter([(LOCATION, given.location.clone())]);
    let from = &given.from;
    let next = match redirected(before, given.status, &location, 0) {
        Ok(Some(next)) => next,
        Ok(None) => return,
        Err(error) => return assert_eq!(error.code, "WARMLINE_REDIRECT"),
    };
    let to = next.target.url();
    assert!(matches!(to.scheme(), "http" | "https"));
    assert!(to.has_host() && to.username().is_empty() && to.password().is_none());
    let location = String::from_utf8_lossy(given.location.as_bytes());
    let mut resolved = from.url().join(&location).expect("as it was followed");
    resolved.set_fragment(to.fragment());
    assert_eq!(&resolved, to);

    let status = given.status.as_u16();
    let get = matches!((status, &method), (301 | 302, &Method::POST))
        || status == 303 && method != Method::GET && method != Method::HEAD;
    assert_eq!(next.method, if get { Method::GET } else { method });
    let crosses = from.url().origin() != to.origin();
    for name in [AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION] {
        let kept = next.headers.get_all(&name).iter().count();
        let given = headers.get_all(&name).iter().count();
        assert_eq!(kept, if crosses { 0 } else { given });
    }
    let (method, to) = (next.method.clone(), to.clone());
    let path = &to[url::Position::BeforePath..url::Position::AfterQuery];
    if let Ok(head) = sent(next, None) {
        assert_one_request(&head, &method, path);
    }
});

struct Given {
    method: Method,
    status: StatusCode,
    from: Arc<Target>,
    headers: HeaderMap,
    location: HeaderValue,
}

impl Given {
    fn read(bytes: &[u8]) -> Option<Self> {
        let blank = bytes.windows(2).position(|pair| pair == b"\n\n")?;
        let text = std::str::from_utf8(&bytes[..blank]).ok()?;
        let (first, lines) = text.split_once('\n').unwrap_or((text, ""));
        let mut words = first.splitn(3, ' ');
        let method = words.next()?.parse().ok()?;
        let status = words.next()?.parse().ok()?;
        let from = Url::parse(words.next()?).ok()?;
        if !from.username().is_empty() || from.password().is_some() {
            return None;
        }
        Some(Self {
            method,
            status,
            from: Arc::new(Target::new(from).ok()?),
            headers: headers(lines),
            location: HeaderValue::from_bytes(&bytes[blank + 2..]).ok()?,
        })
    }

    fn request(&self) -> Outgoing {
        let body = match self.method {
            Method::GET | Method::HEAD => RequestBody::Empty,
            _ => RequestBody::Full(Bytes::from_static(b"body")),
        };
        Outgoing {
            method: self.method.clone(),
            target: Arc::clone(&self.from),
            headers: self.headers.clone(),
            body,
        }
    }
}
