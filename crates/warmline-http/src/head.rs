//! The head of a request on the wire: what the caller's headers may say about framing, and what is
//! added to them.

use http::header::{
    ACCEPT, CONNECTION, CONTENT_LENGTH, EXPECT, HOST, TRANSFER_ENCODING, UPGRADE, USER_AGENT,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use http_body::Body as _;

use crate::error::{Error, Phase};
use crate::target::Target;
use crate::transport::RequestBody;

const DEFAULT_USER_AGENT: HeaderValue =
    HeaderValue::from_static(concat!("warmline/", env!("CARGO_PKG_VERSION")));
/// Hop-by-hop, as `connection` is; the `http` crate has no constant for it.
const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
const ANYTHING: HeaderValue = HeaderValue::from_static("*/*");

/// Checks the framing headers of a request and adds the headers that every request has.
///
/// # Errors
/// `UND_ERR_REQ_CONTENT_LENGTH_MISMATCH` when the caller states a length that is not the body's,
/// `UND_ERR_INVALID_ARG` for headers that are this layer's to decide: a second framing of the same
/// body is how requests are smuggled (RFC 9112, section 11.2).
pub(crate) fn prepare(
    method: &Method,
    headers: &mut HeaderMap,
    body: &RequestBody,
    target: &Target,
) -> Result<(), Error> {
    for name in [TRANSFER_ENCODING, KEEP_ALIVE, UPGRADE, EXPECT] {
        if headers.contains_key(&name) {
            return Err(refused(
                "UND_ERR_INVALID_ARG",
                format!("invalid {name} header"),
            ));
        }
    }
    if let Some(value) = headers.get(CONNECTION)
        && !["close", "keep-alive"]
            .iter()
            .any(|word| value.as_bytes().eq_ignore_ascii_case(word.as_bytes()))
    {
        return Err(refused(
            "UND_ERR_INVALID_ARG",
            "invalid connection header".into(),
        ));
    }
    content_length(headers, body)?;
    // Fetch, "HTTP-network-or-cache fetch" step 8: a length of zero is stated for a body that is
    // empty, and for none where the method expects one.
    let states_nothing = match body {
        RequestBody::Full(bytes) => bytes.is_empty(),
        RequestBody::Empty => matches!(*method, Method::POST | Method::PUT),
        RequestBody::Stream(_) => false,
    };
    if states_nothing {
        headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    if !headers.contains_key(HOST) {
        headers.insert(HOST, target.host.clone());
    }
    headers.entry(ACCEPT).or_insert(ANYTHING);
    headers.entry(USER_AGENT).or_insert(DEFAULT_USER_AGENT);
    Ok(())
}

/// A stated length must be the body's; for a body of unknown length it is believed, and hyper fails
/// the request if the body turns out otherwise.
fn content_length(headers: &mut HeaderMap, body: &RequestBody) -> Result<(), Error> {
    let mut stated = headers.get_all(CONTENT_LENGTH).iter();
    let Some(first) = stated.next() else {
        return Ok(());
    };
    let length = first
        .to_str()
        .ok()
        .and_then(|text| text.parse::<u64>().ok());
    let Some(length) = length.filter(|_| stated.next().is_none()) else {
        return Err(refused(
            "UND_ERR_INVALID_ARG",
            "invalid content-length header".into(),
        ));
    };
    match body.size_hint().exact() {
        Some(actual) if actual != length => Err(refused(
            "UND_ERR_REQ_CONTENT_LENGTH_MISMATCH",
            format!("the content-length header says {length}, the body has {actual} bytes"),
        )),
        Some(_) => {
            // hyper writes the length itself.
            headers.remove(CONTENT_LENGTH);
            Ok(())
        }
        None => Ok(()),
    }
}

fn refused(code: &'static str, message: String) -> Error {
    Error::new(code, Phase::Pool, message)
}
