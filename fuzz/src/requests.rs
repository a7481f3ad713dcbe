//! What a server makes of the head of a request.

use http::header::{CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, Method};

/// More than any input of a fuzzer has.
const MOST_FIELDS: usize = 4096;

/// Checks that these bytes are the head of one request with nothing behind it, and only one way to read how long
/// its body is. Gives its fields.
///
/// # Panics
/// If they are not.
pub fn assert_one_request(
    head: &[u8],
    method: &Method,
    target: &str,
) -> Vec<(HeaderName, HeaderValue)> {
    let mut fields = vec![httparse::EMPTY_HEADER; MOST_FIELDS];
    let mut request = httparse::Request::new(&mut fields);
    let parsed = request.parse(head);
    let shown = String::from_utf8_lossy(head);
    assert_eq!(
        parsed,
        Ok(httparse::Status::Complete(head.len())),
        "{shown}"
    );
    assert_eq!(request.method, Some(method.as_str()), "{shown}");
    assert_eq!(request.path, Some(target), "{shown}");
    assert_eq!(request.version, Some(1), "{shown}");
    let fields: Vec<_> = request
        .headers
        .iter()
        .map(|field| {
            let name = HeaderName::from_bytes(field.name.as_bytes()).expect("a name");
            (name, HeaderValue::from_bytes(field.value).expect("a value"))
        })
        .collect();
    let count = |names: &[HeaderName]| {
        let among = fields.iter().filter(|(name, _)| names.contains(name));
        among.count()
    };
    assert!(count(&[CONTENT_LENGTH, TRANSFER_ENCODING]) <= 1, "{shown}");
    assert_eq!(count(&[HOST]), 1, "{shown}");
    fields
}

/// `name: value` lines as headers, as far as they are some.
#[must_use]
pub fn headers(lines: &str) -> HeaderMap {
    lines
        .lines()
        .filter_map(|line| {
            let (name, value) = line.split_once(": ")?;
            let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
            Some((name, HeaderValue::from_bytes(value.as_bytes()).ok()?))
        })
        .collect()
}
