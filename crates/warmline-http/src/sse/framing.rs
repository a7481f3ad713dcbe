use http::HeaderValue;

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

/// The media types that are streams of events.
const STREAMED: [(&str, Framing); 6] = [
    ("text/event-stream", Framing::Events),
    ("application/x-ndjson", Framing::Lines),
    ("application/ndjson", Framing::Lines),
    ("application/jsonl", Framing::Lines),
    ("application/stream+json", Framing::Lines),
    ("application/vnd.amazon.eventstream", Framing::AwsFrames),
];

impl Framing {
    /// That of a body with this `content-type`; `None` for one that is no stream of events.
    pub(crate) fn of(content_type: Option<&HeaderValue>) -> Option<Self> {
        let value = content_type?.as_bytes();
        let end = memchr::memchr(b';', value).unwrap_or(value.len());
        let media_type = value[..end].trim_ascii();
        let is_it = |(name, _): &&(&str, _)| media_type.eq_ignore_ascii_case(name.as_bytes());
        STREAMED.iter().find(is_it).map(|(_, framing)| *framing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_media_type_is_read_without_its_parameters() {
        let of = |text| Framing::of(Some(&HeaderValue::from_static(text)));
        assert_eq!(
            of("Text/Event-Stream; charset=utf-8"),
            Some(Framing::Events)
        );
        assert_eq!(of("application/x-ndjson"), Some(Framing::Lines));
        assert_eq!(of("application/json"), None);
        assert_eq!(Framing::of(None), None);
    }
}
