//! What the targets in `fuzz/` reach of the parts that nobody else sees. There with `--cfg fuzzing` only.

use std::sync::Arc;

use http::{HeaderMap, StatusCode};

pub use crate::coding::fuzzing::{decode, encode};
use crate::error::Error;
use crate::head::{self, Forwarded};
use crate::redirect::{self, Hop};
use crate::request::Request;
use crate::target::Target;
use crate::transport::{Proxy, h1_fuzzing};
pub use crate::transport::{h1_fuzzing::*, proxy_fuzzing::*};

/// The head that a request is sent with by HTTP/1.1, to its server or to a proxy that passes it on.
///
/// # Errors
/// What its headers are refused for.
pub fn sent(request: Request, forwarder: Option<&Proxy>) -> Result<Vec<u8>, Error> {
    let mut body = request.body;
    head::check(&request.headers, &mut body)?;
    let hop = Hop {
        method: request.method,
        target: request.target,
        headers: request.headers,
        body: None,
    };
    let decodes = !request.encoded;
    let forwarded = forwarder.map(|proxy| Forwarded::by(proxy, &hop));
    let head = match &forwarded {
        None => head::of(&hop, decodes),
        Some(forwarded) => forwarded.of(&hop, decodes),
    };
    Ok(h1_fuzzing::written(&head, &body))
}

/// What a response makes of a request that has followed so many redirects: the next request, with the
/// target before it; `None` where the response is the answer.
///
/// # Errors
/// What the redirect is refused for.
pub fn redirected(
    mut request: Request,
    status: StatusCode,
    headers: &HeaderMap,
    count: u32,
) -> Result<Option<(Arc<Target>, Request)>, Error> {
    let before = Arc::clone(&request.target);
    let next = redirect::target(request.redirect, status, headers, before.url())?;
    let Some(next) = next else {
        return Ok(None);
    };
    let hop = Hop {
        method: request.method,
        target: request.target,
        headers: request.headers,
        body: Some(request.body),
    };
    let hop = redirect::follow(hop, next, status, count)?;
    request.method = hop.method;
    request.target = hop.target;
    request.headers = hop.headers;
    request.body = hop.body.unwrap_or(crate::RequestBody::Empty);
    Ok(Some((before, request)))
}
