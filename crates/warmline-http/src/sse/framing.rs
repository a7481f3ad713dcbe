use http::HeaderMap;
use http::header::CONTENT_TYPE;

/// How a body separates its events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// `text/event-stream`.
    Events,
    /// `application/x-ndjson`.
    Lines,
    /// `application/vnd.amazon.eventstream`.
    AwsFrames,
}

/// What kind of body it is, as far as it matters to whoever reads along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MediaType {
    /// A stream of events.
    Stream(Framing),
    /// `application/json`.
    Json,
    Other,
}

const KNOWN: [(&str, MediaType); 7] = [
    ("application/json", MediaType::Json),
    ("text/event-stream", MediaType::Stream(Framing::Events)),
    ("application/x-ndjson", MediaType::Stream(Framing::Lines)),
    ("application/ndjson", MediaType::Stream(Framing::Lines)),
    ("application/jsonl", MediaType::Stream(Framing::Lines)),
    ("application/stream+json", MediaType::Stream(Framing::Lines)),
    (
        "application/vnd.amazon.eventstream",
        MediaType::Stream(Framing::AwsFrames),
    ),
];

impl MediaType {
    /// By the `content-type` among these headers.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let Some(value) = headers.get(CONTENT_TYPE) else {
            return Self::Other;
        };
        let value = value.as_bytes();
        let end = memchr::memchr(b';', value).unwrap_or(value.len());
        let name = value[..end].trim_ascii();
        let is_it = |(known, _): &&(&str, _)| name.eq_ignore_ascii_case(known.as_bytes());
        let known = KNOWN.iter().find(is_it);
        known.map_or(Self::Other, |(_, media_type)| *media_type)
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_media_type_is_read_without_its_parameters() {
        let of = |text| {
            let value = HeaderValue::from_static(text);
            MediaType::of(&HeaderMap::from_iter([(CONTENT_TYPE, value)]))
        };
        assert_eq!(
            of("Text/Event-Stream; charset=utf-8"),
            MediaType::Stream(Framing::Events)
        );
        assert_eq!(
            of("application/x-ndjson"),
            MediaType::Stream(Framing::Lines)
        );
        assert_eq!(of("application/json ;charset=utf-8"), MediaType::Json);
        assert_eq!(of("application/json-patch+json"), MediaType::Other);
        assert_eq!(MediaType::of(&HeaderMap::new()), MediaType::Other);
    }
}
