//! Checks a request as JavaScript stated it, by the Fetch standard, and makes it one that can be
//! sent. This runs on the engine, so that the main thread only hands bytes over.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{HOST, REFERER};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use url::{ParseError, Url};
use warmline_http::{
    Client, Error, Hedging, Phase, Priority, RedirectMode, Referrer, ReferrerPolicy, Request,
    RequestBody, Target, Timeouts,
};

use crate::leases;
use crate::submission::{Malformed, Pieces, RequestRecord};
use crate::wire::flag;

/// The request of a record, with its body already taken out.
///
/// # Errors
/// Node's codes for input that nothing can be sent for: `ERR_INVALID_URL`, `ERR_INVALID_PROTOCOL`, `ERR_INVALID_HTTP_TOKEN`
/// (a method or a header's name), `ERR_INVALID_CHAR` (a header's value), `ERR_INVALID_ARG_VALUE`.
pub(crate) fn request(
    record: RequestRecord,
    body: RequestBody,
    client: &Client,
) -> Result<Request, Error> {
    let mut pieces = Pieces::new(&record.text).map_err(malformed)?;
    let url = pieces.take(record.url_units).map_err(malformed)?;
    // A leased connection leads to one place only.
    let mut route = match record.lease {
        0 => client.route(url)?,
        _ => None,
    };
    let target = match &route {
        Some(route) => route.first(),
        None => target(url)?,
    };
    let method = method(pieces.take(record.method_units).map_err(malformed)?)?;
    if !matches!(body, RequestBody::Empty) && matches!(method, Method::GET | Method::HEAD) {
        let message = "Request with GET/HEAD method cannot have body.";
        return Err(invalid("ERR_INVALID_ARG_VALUE", message));
    }
    let mut headers = HeaderMap::with_capacity(record.header_units.len() / 8 + 4);
    for units in record.header_units.chunks_exact(8) {
        let name = pieces.take(length(&units[..4])).map_err(malformed)?;
        let value = pieces.take(length(&units[4..])).map_err(malformed)?;
        let (name, value) = header(&record.text, name, value)?;
        // To fetch, `host` is the URL's affair alone.
        if name != HOST || record.flags & flag::WHOLE != 0 {
            headers.append(name, value);
        }
    }
    let affinity = pieces.take(record.affinity_units).map_err(malformed)?;
    if let Some(route) = &mut route
        && !affinity.is_empty()
    {
        route.key = Some(affinity.into());
    }
    let referrer = pieces.take(record.referrer_units).map_err(malformed)?;
    let referrer = referrer.split_once(' ').and_then(|(policy, url)| {
        let policy = ReferrerPolicy::of(policy).unwrap_or_default();
        Referrer::new(Url::parse(url).ok()?, policy, headers.get(REFERER))
    });
    let redirect = match record.flags >> flag::REDIRECT_SHIFT & flag::REDIRECT_MASK {
        flag::REDIRECT_ERROR => RedirectMode::Error,
        flag::REDIRECT_MANUAL => RedirectMode::Manual,
        _ => RedirectMode::Follow,
    };
    let [pool, connect, first_byte, idle, total] = record.timeouts;
    let timeouts = Timeouts {
        pool,
        connect,
        first_byte,
        idle,
        total,
        // A client's alone.
        write: None,
    };
    let connection = match record.lease {
        0 => None,
        lease => Some(leases::connection(lease)?),
    };
    Ok(Request {
        method,
        target,
        headers,
        body,
        redirect,
        referrer: referrer.map(Box::new),
        timeouts,
        encoded: record.flags & flag::ENCODED != 0,
        connection,
        route,
        retry: record.flags & flag::RETRY != 0,
        priority: if record.flags & flag::BATCH == 0 {
            Priority::Interactive
        } else {
            Priority::Batch
        },
        hedging: match record.flags >> flag::HEDGE_SHIFT & flag::HEDGE_MASK {
            flag::HEDGE_IDEMPOTENT => Hedging::Idempotent,
            flag::HEDGE_ALWAYS => Hedging::Always,
            _ => Hedging::Never,
        },
    })
}

/// The URL of a record as it was written, if it can be read.
pub(crate) fn url_of(record: &RequestRecord) -> Option<&str> {
    Pieces::new(&record.text).ok()?.take(record.url_units).ok()
}

/// The most URLs that are remembered. Clients send to a handful; a program that makes URLs up must not
/// fill the memory with them.
const MAX_REMEMBERED: usize = 256;
/// A longer URL is not remembered.
const MAX_REMEMBERED_LENGTH: usize = 2048;

thread_local! {
    /// What the URLs of the last requests came to.
    static REMEMBERED: RefCell<HashMap<String, Arc<Target>>> = RefCell::default();
}

fn target(text: &str) -> Result<Arc<Target>, Error> {
    REMEMBERED.with_borrow_mut(|remembered| {
        if let Some(target) = remembered.get(text) {
            return Ok(Arc::clone(target));
        }
        let target = Arc::new(Target::new(url(text)?)?);
        if text.len() <= MAX_REMEMBERED_LENGTH {
            if remembered.len() >= MAX_REMEMBERED {
                remembered.clear();
            }
            remembered.insert(text.into(), Arc::clone(&target));
        }
        Ok(target)
    })
}

pub(crate) fn url(text: &str) -> Result<Url, Error> {
    let url = Url::parse(text).map_err(|reason| {
        let reason = match reason {
            // RFC 6874, which the URL standard leaves out.
            ParseError::InvalidIpv6Address if text.contains('%') => {
                "an IPv6 address with a zone (such as %eth0) is not supported".into()
            }
            other => other.to_string(),
        };
        invalid("ERR_INVALID_URL", format!("Invalid URL: {reason}"))
    })?;
    if !matches!(url.scheme(), "http" | "https") {
        let message = format!("The scheme must be http or https, not {}", url.scheme());
        return Err(invalid("ERR_INVALID_PROTOCOL", message));
    }
    if !url.username().is_empty() || url.password().is_some() {
        let message = "A request cannot be made from a URL that includes credentials";
        return Err(invalid("ERR_INVALID_URL", message));
    }
    Ok(url)
}

/// Normalizes the six methods that the Fetch standard names, and refuses the three it forbids.
fn method(text: &str) -> Result<Method, Error> {
    const NORMALIZED: [Method; 6] = [
        Method::GET,
        Method::POST,
        Method::PUT,
        Method::DELETE,
        Method::HEAD,
        Method::OPTIONS,
    ];
    if let Some(method) = NORMALIZED
        .into_iter()
        .find(|method| method.as_str().eq_ignore_ascii_case(text))
    {
        return Ok(method);
    }
    if ["CONNECT", "TRACE", "TRACK"]
        .iter()
        .any(|name| name.eq_ignore_ascii_case(text))
    {
        return Err(invalid(
            "ERR_INVALID_ARG_VALUE",
            format!("'{text}' HTTP method is unsupported."),
        ));
    }
    Method::from_bytes(text.as_bytes()).map_err(|_| {
        invalid(
            "ERR_INVALID_HTTP_TOKEN",
            format!("{text:?} is not a valid HTTP method."),
        )
    })
}

/// A header's value is a byte string: each character is one byte. Its message never shows it.
fn header(text: &Bytes, name: &str, value: &str) -> Result<(HeaderName, HeaderValue), Error> {
    let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| {
        invalid(
            "ERR_INVALID_HTTP_TOKEN",
            format!("{name:?} is an invalid header name."),
        )
    })?;
    let value = value.trim_matches(['\t', ' ', '\r', '\n']);
    let bytes = if value.is_ascii() {
        // Shares the batch's memory.
        text.slice_ref(value.as_bytes())
    } else {
        latin1(value).ok_or_else(|| invalid_value(&name))?
    };
    let value = HeaderValue::from_maybe_shared(bytes).map_err(|_| invalid_value(&name))?;
    Ok((name, value))
}

fn latin1(text: &str) -> Option<Bytes> {
    text.chars()
        .map(|character| u8::try_from(u32::from(character)).ok())
        .collect()
}

fn invalid_value(name: &HeaderName) -> Error {
    invalid(
        "ERR_INVALID_CHAR",
        format!("The value of header {name:?} is invalid."),
    )
}

fn length(word: &[u8]) -> usize {
    word.iter()
        .rev()
        .fold(0, |length, byte| length << 8 | usize::from(*byte))
}

fn malformed(_: Malformed) -> Error {
    invalid("WARMLINE_INTERNAL", "a malformed submission")
}

fn invalid(code: &'static str, message: impl Into<Cow<'static, str>>) -> Error {
    Error::new(code, Phase::Pool, message.into().into_owned())
}
