//! How long a response's body is (RFC 9112, section 6.3), and whether its connection lives on
//! (section 9.3).

use http::header::{CONNECTION, CONTENT_LENGTH, HeaderName, TRANSFER_ENCODING};
use http::{HeaderMap, StatusCode, Version};

use super::head::HeadFault;

/// Where a response's body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// After so many bytes.
    Length(u64),
    /// After its last chunk.
    Chunked,
    /// When the other side closes.
    UntilClose,
}

impl Framing {
    /// The framing of a response to a request that was a HEAD or was not.
    ///
    /// # Errors
    /// For a length that is stated in two ways or is none: somebody else on the way may have read
    /// it differently, which is how responses are smuggled.
    pub(super) fn of(
        status: StatusCode,
        version: Version,
        headers: &HeaderMap,
        to_head: bool,
    ) -> Result<Self, HeadFault> {
        let encoded = headers.contains_key(TRANSFER_ENCODING);
        if encoded && headers.contains_key(CONTENT_LENGTH) {
            return Err(HeadFault::LengthTwice);
        }
        if to_head || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) {
            return Ok(Self::Length(0));
        }
        if encoded {
            return match version {
                // Section 6.1: such a message is not to be trusted, whatever else it says.
                Version::HTTP_10 => Err(HeadFault::TransferEncoding),
                _ => transfer_encoding(headers),
            };
        }
        let mut length = None;
        for word in words(headers, &CONTENT_LENGTH) {
            let stated = decimal(word).ok_or(HeadFault::Length)?;
            if length.replace(stated).is_some_and(|other| other != stated) {
                return Err(HeadFault::Length);
            }
        }
        Ok(length.map_or(Self::UntilClose, Self::Length))
    }
}

/// No request asks for a coding other than chunked (section 7.4), and none could be undone here. Some
/// servers behind others state chunked twice and mean it once; "identity" is from RFC 2616.
fn transfer_encoding(headers: &HeaderMap) -> Result<Framing, HeadFault> {
    let all = |coding: &[u8]| {
        words(headers, &TRANSFER_ENCODING).all(|word| word.eq_ignore_ascii_case(coding))
    };
    if all(b"chunked") {
        Ok(Framing::Chunked)
    } else if all(b"identity") {
        Ok(Framing::UntilClose)
    } else {
        Err(HeadFault::TransferEncoding)
    }
}

/// Whether the other side keeps the connection open after this response.
pub(super) fn persists(version: Version, headers: &HeaderMap) -> bool {
    let says =
        |word: &[u8]| words(headers, &CONNECTION).any(|item| item.eq_ignore_ascii_case(word));
    if version == Version::HTTP_10 {
        says(b"keep-alive")
    } else {
        !says(b"close")
    }
}

/// The members of a list that may be spread over several fields (RFC 9110, section 5.6.1).
fn words<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a [u8]> {
    headers
        .get_all(name)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii)
}

/// Digits and nothing else: a sign would make a length that others refuse.
fn decimal(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u64, |number, digit| {
        let value = digit.is_ascii_digit().then(|| u64::from(digit - b'0'))?;
        number.checked_mul(10)?.checked_add(value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn framing(fields: &[(&'static str, &'static str)]) -> Result<Framing, HeadFault> {
        Framing::of(StatusCode::OK, Version::HTTP_11, &map(fields), false)
    }

    fn map(fields: &[(&'static str, &'static str)]) -> HeaderMap {
        fields
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect()
    }

    #[test]
    fn a_length_is_digits_and_the_same_wherever_it_is_stated() {
        let of = |value| framing(&[("content-length", value)]);
        assert_eq!(of("5"), Ok(Framing::Length(5)));
        assert_eq!(of("5, 5"), Ok(Framing::Length(5)));
        assert_eq!(
            framing(&[("content-length", "7"), ("content-length", "7")]),
            Ok(Framing::Length(7))
        );
        for bad in [
            "",
            "+5",
            "-5",
            "5 5",
            "5,6",
            "5,",
            "0x5",
            "18446744073709551616",
        ] {
            assert_eq!(of(bad), Err(HeadFault::Length), "{bad:?}");
        }
    }

    #[test]
    fn chunked_is_the_only_coding() {
        let of = |value| framing(&[("transfer-encoding", value)]);
        assert_eq!(of("Chunked"), Ok(Framing::Chunked));
        assert_eq!(of("chunked, chunked"), Ok(Framing::Chunked));
        assert_eq!(of("identity"), Ok(Framing::UntilClose));
        for other in [
            "gzip, chunked",
            "chunked, gzip",
            "chunked;a=b",
            "",
            "xchunked",
        ] {
            assert_eq!(of(other), Err(HeadFault::TransferEncoding), "{other:?}");
        }
    }

    #[test]
    fn two_framings_of_one_body_are_refused_even_where_there_is_no_body() {
        let both = map(&[("transfer-encoding", "chunked"), ("content-length", "5")]);
        for (status, to_head) in [
            (StatusCode::OK, false),
            (StatusCode::OK, true),
            (StatusCode::NO_CONTENT, false),
        ] {
            assert_eq!(
                Framing::of(status, Version::HTTP_11, &both, to_head),
                Err(HeadFault::LengthTwice)
            );
        }
    }

    #[test]
    fn http_1_0_has_no_transfer_encoding() {
        let headers = map(&[("transfer-encoding", "chunked")]);
        assert_eq!(
            Framing::of(StatusCode::OK, Version::HTTP_10, &headers, false),
            Err(HeadFault::TransferEncoding)
        );
    }

    #[test]
    fn some_responses_have_no_body_whatever_they_state() {
        let headers = map(&[("content-length", "5")]);
        for (status, to_head) in [
            (StatusCode::OK, true),
            (StatusCode::NO_CONTENT, false),
            (StatusCode::NOT_MODIFIED, false),
        ] {
            assert_eq!(
                Framing::of(status, Version::HTTP_11, &headers, to_head),
                Ok(Framing::Length(0))
            );
        }
        assert_eq!(framing(&[]), Ok(Framing::UntilClose));
    }

    #[test]
    fn a_connection_persists_by_default_from_http_1_1_on() {
        let close = map(&[("connection", "foo, Close")]);
        let keep = map(&[("connection", "Keep-Alive")]);
        assert!(persists(Version::HTTP_11, &HeaderMap::new()));
        assert!(!persists(Version::HTTP_11, &close));
        assert!(!persists(Version::HTTP_10, &HeaderMap::new()));
        assert!(persists(Version::HTTP_10, &keep));
    }
}
