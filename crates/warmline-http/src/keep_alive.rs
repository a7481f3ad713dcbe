//! How long a server says that it keeps an idle connection: `Keep-Alive: timeout=5`, in seconds (RFC 2068,
//! section 19.7.1; in no later standard, yet sent by Node, Apache and nginx).

use std::time::Duration;

use http::{HeaderMap, HeaderName};

const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");

/// How long the server keeps a connection idle after a response with these headers; `None` if they do not
/// say. Zero is for not at all.
pub(crate) fn stated(headers: &HeaderMap) -> Option<Duration> {
    headers
        .get_all(KEEP_ALIVE)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .filter_map(|parameter| timeout(parameter.trim_ascii()))
        .min()
}

fn timeout(parameter: &[u8]) -> Option<Duration> {
    let (name, value) = std::str::from_utf8(parameter).ok()?.split_once('=')?;
    if !name.trim_end().eq_ignore_ascii_case("timeout") {
        return None;
    }
    // More than 136 years is no limit.
    let seconds = value.trim().trim_matches('"').parse::<u32>().ok()?;
    Some(Duration::from_secs(seconds.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn limit(fields: &[&'static str]) -> Option<u128> {
        let fields = fields
            .iter()
            .map(|field| (KEEP_ALIVE, HeaderValue::from_static(field)));
        stated(&fields.collect()).map(|limit| limit.as_millis())
    }

    #[test]
    fn the_server_says_it_in_seconds() {
        assert_eq!(limit(&["timeout=5"]), Some(5000));
        assert_eq!(limit(&["max=100, Timeout = \"60\""]), Some(60_000));
        assert_eq!(limit(&["timeout=1"]), Some(1000));
        assert_eq!(limit(&["timeout=0"]), Some(0));
    }

    #[test]
    fn of_several_the_shortest_counts() {
        assert_eq!(limit(&["timeout=9", "timeout=5, timeout=7"]), Some(5000));
    }

    #[test]
    fn what_is_no_number_of_seconds_says_nothing() {
        for other in [
            "",
            "max=5",
            "timeout",
            "timeout=",
            "timeout=-1",
            "timeout=5s",
            "xtimeout=5",
        ] {
            assert_eq!(limit(&[other]), None, "{other:?}");
        }
        assert_eq!(limit(&["timeout=4294967296"]), None);
        assert_eq!(limit(&[]), None);
    }
}
