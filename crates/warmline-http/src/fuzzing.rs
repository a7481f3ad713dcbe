//! What the targets in `fuzz/` reach of the parts that nobody else sees. There with `--cfg fuzzing` only.

use std::sync::Arc;

use http::{HeaderMap, Method, StatusCode};

pub use crate::coding::fuzzing::{decode, encode};
use crate::error::Error;
use crate::head::{self, Forwarded};
use crate::redirect::{self, Hop};
use crate::request::{RedirectMode, Request};
use crate::target::Target;
use crate::transport::{Proxy, RequestBody, h1_fuzzing};
pub use crate::transport::{h1_fuzzing::*, proxy_fuzzing::*};

/// What of a request goes out.
pub struct Outgoing {
    pub method: Method,
    pub target: Arc<Target>,
    pub headers: HeaderMap,
    pub body: RequestBody,
}

impl From<Request> for Outgoing {
    fn from(request: Request) -> Self {
        Self {
            method: request.method,
            target: request.target,
            headers: request.headers,
            body: request.body,
        }
    }
}

/// The head that a request is sent with by HTTP/1.1, to its server or to a proxy that passes it on.
///
/// # Errors
/// What its headers are refused for.
pub fn sent(request: Outgoing, forwarder: Option<&Proxy>) -> Result<Vec<u8>, Error> {
    let mut body = request.body;
    head::check(&request.headers, &mut body)?;
    let hop = Hop {
        method: request.method,
        target: request.target,
        headers: request.headers,
        body: None,
    };
    let forwarded = forwarder.map(|proxy| Forwarded::by(proxy, &hop));
    let head = match &forwarded {
        None => head::of(&hop, true),
        Some(forwarded) => forwarded.of(&hop, true),
    };
    Ok(h1_fuzzing::written(&head, &body))
}

/// What a response makes of a request that has followed so many redirects: the next request; `None` where the
/// response is the answer.
///
/// # Errors
/// What the redirect is refused for.
pub fn redirected(
    request: Outgoing,
    status: StatusCode,
    headers: &HeaderMap,
    count: u32,
) -> Result<Option<Outgoing>, Error> {
    let url = request.target.url();
    let Some(next) = redirect::target(RedirectMode::Follow, status, headers, url)? else {
        return Ok(None);
    };
    let hop = Hop {
        method: request.method,
        target: request.target,
        headers: request.headers,
        body: Some(request.body),
    };
    let hop = redirect::follow(hop, next, status, count)?;
    Ok(Some(Outgoing {
        method: hop.method,
        target: hop.target,
        headers: hop.headers,
        body: hop.body.unwrap_or(RequestBody::Empty),
    }))
}
