//! Requests as JavaScript states them, in fields that a record separator parts: method, URL, then names and values of
//! headers in turn; a body follows a group separator. What can be sent is one request on the wire, with those headers
//! and no others; what cannot is refused with the code for it.
#![no_main]

use std::sync::LazyLock;

use bytes::Bytes;
use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_LENGTH, HOST, TRANSFER_ENCODING, USER_AGENT};
use http::{HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;
use url::Position;
use warmline_fuzz::assert_one_request;
use warmline_http::fuzzing::sent;
use warmline_http::transport::Proxy;
use warmline_http::{Error, Request};
use warmline_node::fuzzing::{BODY_INLINE, BODY_NONE, REQUEST, WHOLE, submitted};

const FIELDS: char = '\u{1e}';
const BODY: char = '\u{1d}';

static PROXY: LazyLock<Proxy> =
    LazyLock::new(|| Proxy::parse("proxy", "http://user:word@proxy.test").expect("a proxy"));

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let stated = Stated::read(&text);
    for whole in [0, WHOLE] {
        match stated.submit(whole) {
            Ok(request) => stated.check(request, whole != 0),
            Err(error) => assert!(
                matches!(
                    &*error.code,
                    "ERR_INVALID_URL"
                        | "ERR_INVALID_PROTOCOL"
                        | "ERR_INVALID_HTTP_TOKEN"
                        | "ERR_INVALID_CHAR"
                        | "ERR_INVALID_ARG_VALUE"
                ),
                "{error:?}"
            ),
        }
    }
});

struct Stated<'a> {
    method: &'a str,
    url: &'a str,
    headers: Vec<(&'a str, &'a str)>,
    body: Option<&'a str>,
}

impl<'a> Stated<'a> {
    fn read(text: &'a str) -> Self {
        let (head, body) = match text.split_once(BODY) {
            Some((head, body)) => (head, Some(body)),
            None => (text, None),
        };
        let mut fields = head.split(FIELDS);
        let method = fields.next().unwrap_or_default();
        let url = fields.next().unwrap_or_default();
        let mut headers = Vec::new();
        while let Some(name) = fields.next() {
            headers.push((name, fields.next().unwrap_or_default()));
        }
        Self {
            method,
            url,
            headers,
            body,
        }
    }

    /// Writes it as `src/native/outgoing.ts` does, and has it read.
    fn submit(&self, flags: u32) -> Result<Request, Error> {
        let units = |text: &str| u32::try_from(text.encode_utf16().count()).expect("a short text");
        let bytes = |length: usize| u32::try_from(length).expect("a short text");
        let mut text = format!("{}{}", self.url, self.method);
        for (name, value) in &self.headers {
            text.push_str(name);
            text.push_str(value);
        }
        let (flags, body) = match self.body {
            None => (flags | BODY_NONE, ""),
            Some(body) => (flags | BODY_INLINE, body),
        };
        let mut words = vec![
            REQUEST,
            0,
            flags,
            0,
            0,
            0,
            units(self.url),
            units(self.method),
            bytes(self.headers.len()),
            bytes(text.len()),
            bytes(body.len()),
        ];
        for (name, value) in &self.headers {
            words.extend([units(name), units(value)]);
        }
        let mut batch: Vec<u8> = words.into_iter().flat_map(u32::to_le_bytes).collect();
        batch.extend_from_slice(text.as_bytes());
        batch.extend_from_slice(body.as_bytes());
        batch.resize(batch.len().next_multiple_of(4), 0);
        let mut made = None;
        let read = submitted(Bytes::from(batch), Vec::new(), |request| {
            made = Some(request)
        });
        assert!(read);
        made.expect("a request")
    }

    fn check(&self, request: Request, whole: bool) {
        let given: Option<Vec<_>> = self.headers.iter().map(|field| valid(*field)).collect();
        let given = given.expect("what is no header is refused");
        let forwarder = [None, Some(&*PROXY)][usize::from(self.body.is_some())];
        let method = request.method.clone();
        let url = request.target.url().clone();
        let target = match forwarder {
            None => url[Position::BeforePath..Position::AfterQuery].to_owned(),
            Some(_) => url[..Position::AfterQuery].to_owned(),
        };
        let head = match sent(request.into(), forwarder) {
            Ok(head) => head,
            Err(error) => {
                let codes = ["UND_ERR_INVALID_ARG", "UND_ERR_REQ_CONTENT_LENGTH_MISMATCH"];
                return assert!(codes.contains(&&*error.code), "{error:?}");
            }
        };
        let mut fields = assert_one_request(&head, &method, &target);
        for field in given {
            if field.0 == CONTENT_LENGTH || field.0 == HOST && !whole {
                continue;
            }
            let at = fields.iter().position(|sent| *sent == field);
            fields.swap_remove(at.expect("every header is sent"));
        }
        const OURS: [HeaderName; 7] = [
            ACCEPT,
            ACCEPT_ENCODING,
            CONTENT_LENGTH,
            HOST,
            http::header::PROXY_AUTHORIZATION,
            TRANSFER_ENCODING,
            USER_AGENT,
        ];
        for (name, _) in fields {
            assert!(OURS.contains(&name), "{name} came from nowhere");
        }
    }
}

/// A header by RFC 9110, sections 5.1 and 5.5, and the Fetch standard's "normalize".
fn valid((name, value): (&str, &str)) -> Option<(HeaderName, HeaderValue)> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(is_token) {
        return None;
    }
    let value: Option<Vec<u8>> = value
        .trim_matches(['\t', ' ', '\r', '\n'])
        .chars()
        .map(|character| u8::try_from(u32::from(character)).ok())
        .collect();
    let value = value.filter(|value| {
        let mut bytes = value.iter();
        bytes.all(|byte| *byte == b'\t' || !byte.is_ascii_control())
    })?;
    let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
    Some((name, HeaderValue::from_bytes(&value).ok()?))
}
