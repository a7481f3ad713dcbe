//! What an encoded body is refused for.

use crate::error::{Error, Phase};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is not what its header says it is, or its checksum is wrong.
    Malformed,
    /// It ends in the middle of its data.
    Truncated,
    /// It has grown beyond so many bytes for each one received.
    Ratio(u32),
    /// It has grown beyond so many bytes.
    TooLarge(u64),
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        let (code, message) = match fault {
            Fault::Malformed => (
                "WARMLINE_DECOMPRESSION_INVALID",
                "the response's body is not validly encoded".into(),
            ),
            Fault::Truncated => (
                "WARMLINE_DECOMPRESSION_TRUNCATED",
                "the response's body ends in the middle of its encoded data".into(),
            ),
            Fault::Ratio(ratio) => (
                "WARMLINE_DECOMPRESSION_LIMIT",
                format!(
                    "the response's body decodes to more than {ratio} times its size: \
                     decompress.maxRatio of an HttpClient allows more"
                ),
            ),
            Fault::TooLarge(bytes) => (
                "WARMLINE_DECOMPRESSION_LIMIT",
                format!(
                    "the response's body decodes to more than {bytes} bytes: \
                     decompress.maxBytes of an HttpClient allows more"
                ),
            ),
        };
        Self::new(code, Phase::Body, message)
    }
}
