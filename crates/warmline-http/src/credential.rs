//! Who a request is from, in the eyes of the server: what is held against one key is not held against another.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::LazyLock;

use http::HeaderName;
use http::header::AUTHORIZATION;

use crate::redirect::Hop;

/// Where providers take a key from: nearly all, Anthropic, Azure, Google.
static KEY_HEADERS: [HeaderName; 4] = [
    AUTHORIZATION,
    HeaderName::from_static("x-api-key"),
    HeaderName::from_static("api-key"),
    HeaderName::from_static("x-goog-api-key"),
];
/// The same in a URL's query: Google.
const KEY_PARAMETER: &str = "key";

/// Stands for a credential, from which it cannot be told: a keyed hash, whose key is this process's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Credential(pub(crate) u64);

/// The credential of a request; requests without any have one in common.
pub(crate) fn of(hop: &Hop) -> Credential {
    static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    let mut hasher = KEY.build_hasher();
    let mut found = [None; KEY_HEADERS.len()];
    // A request has few headers, and each look-up would hash a name.
    for (name, value) in &hop.headers {
        if let Some(place) = KEY_HEADERS.iter().position(|known| known == name) {
            found[place].get_or_insert(value.as_bytes());
        }
    }
    let [authorization, keys @ ..] = found;
    for value in authorization
        .map(lasting)
        .into_iter()
        .chain(keys.into_iter().flatten())
    {
        hasher.write(value);
    }
    if hop.target.url().query().is_some() {
        let parameters = hop.target.url().query_pairs();
        for (_, value) in parameters.filter(|(name, _)| name == KEY_PARAMETER) {
            hasher.write(value.as_bytes());
        }
    }
    Credential(hasher.finish())
}

/// What is the same in each request with the same credential. AWS signs every request, with a key that it
/// names: `AWS4-HMAC-SHA256 Credential=AKID/20261121/..., SignedHeaders=..., Signature=...`.
fn lasting(authorization: &[u8]) -> &[u8] {
    const SIGNED: &[u8] = b"AWS4-HMAC-SHA256 Credential=";
    match authorization.strip_prefix(SIGNED) {
        Some(rest) => rest.split(|byte| *byte == b'/').next().unwrap_or(rest),
        None => authorization,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use http::{HeaderMap, HeaderValue, Method};
    use url::Url;

    use super::*;
    use crate::target::Target;

    fn credential(url: &str, headers: &[(&'static str, &'static str)]) -> Credential {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)))
            .collect();
        of(&Hop {
            method: Method::POST,
            target: Arc::new(Target::new(Url::parse(url).unwrap()).unwrap()),
            headers,
            body: None,
        })
    }

    #[test]
    fn each_place_of_a_key_tells_one_from_another() {
        let url = "https://a.test/";
        let mut all = vec![credential(url, &[])];
        for name in ["authorization", "x-api-key", "api-key", "x-goog-api-key"] {
            let one = credential(url, &[(name, "one")]);
            let other = credential(url, &[(name, "other"), ("accept", "*/*")]);
            assert_eq!(one, credential(url, &[(name, "one"), ("accept", "a/b")]));
            assert_ne!(one, other, "{name}");
            all.push(other);
        }
        all.push(credential("https://a.test/?alt=sse&key=one", &[]));
        assert_eq!(all[5], credential("https://a.test/other?key=one", &[]));
        assert_ne!(all[5], all[0]);
        assert_ne!(all[4], all[0]);
    }

    #[test]
    fn a_signed_request_is_from_the_key_that_signed_it() {
        let signed =
            |authorization| credential("https://a.test/", &[("authorization", authorization)]);
        let one = signed("AWS4-HMAC-SHA256 Credential=AKID/20261121/us/x, Signature=abc");
        assert_eq!(
            one,
            signed("AWS4-HMAC-SHA256 Credential=AKID/20261122/us/x, Signature=def")
        );
        assert_ne!(
            one,
            signed("AWS4-HMAC-SHA256 Credential=DIKA/20261121/us/x, Signature=abc")
        );
    }
}
