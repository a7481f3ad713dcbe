use proptest::prelude::*;

use super::{AwsFrames, Frame, HeaderValue};
use crate::error::Error;
use crate::sse::cuts::same_wherever_cut;

/// A frame that outlives its decoder.
#[derive(Debug, PartialEq)]
struct Seen {
    headers: Vec<(String, String)>,
    payload: Vec<u8>,
}

impl Seen {
    fn of(frame: Frame<'_>) -> Self {
        let header =
            |(name, value): (&str, HeaderValue<'_>)| (name.to_owned(), format!("{value:?}"));
        Self {
            headers: frame.headers().map(header).collect(),
            payload: frame.payload.to_vec(),
        }
    }
}

/// What was read before the end or the error, and that error's code.
fn decode(chunks: &[&[u8]]) -> (Vec<Seen>, Option<String>) {
    let mut seen = Vec::new();
    let mut frames = AwsFrames::default();
    let mut run = || -> Result<(), Error> {
        for chunk in chunks {
            frames.feed(chunk, |frame| seen.push(Seen::of(frame)))?;
        }
        frames.finish()
    };
    let code = run().err().map(|error| error.code.into_owned());
    (seen, code)
}

fn code(bytes: &[u8]) -> Option<String> {
    decode(&[bytes]).1
}

/// CRC-32 bit by bit, as its definition has it: the decoder uses a library's.
fn checksum(bytes: &[u8]) -> [u8; 4] {
    let mut remainder = u32::MAX;
    for byte in bytes {
        remainder ^= u32::from(*byte);
        for _ in 0..8 {
            let odd = remainder & 1;
            remainder >>= 1;
            remainder ^= odd * 0xedb8_8320;
        }
    }
    (!remainder).to_be_bytes()
}

fn word(number: usize) -> [u8; 4] {
    u32::try_from(number).expect("a small number").to_be_bytes()
}

/// A frame with these lengths in its prelude, whatever it holds.
fn stated(total: usize, header_bytes: usize, content: &[u8]) -> Vec<u8> {
    let mut frame = [word(total), word(header_bytes)].concat();
    frame.extend(checksum(&frame));
    frame.extend(content);
    frame.extend(checksum(&frame));
    frame
}

fn frame(headers: &[u8], payload: &[u8]) -> Vec<u8> {
    let content = [headers, payload].concat();
    stated(16 + content.len(), headers.len(), &content)
}

fn header(name: &str, kind: u8, value: &[u8]) -> Vec<u8> {
    let length = u8::try_from(name.len()).expect("a short name");
    [&[length], name.as_bytes(), &[kind], value].concat()
}

fn text_header(name: &str, value: &str) -> Vec<u8> {
    let length = u16::try_from(value.len()).expect("a short value");
    header(
        name,
        7,
        &[&length.to_be_bytes()[..], value.as_bytes()].concat(),
    )
}

fn every_header() -> Vec<u8> {
    [
        header("yes", 0, &[]),
        header("no", 1, &[]),
        header("byte", 2, &[0xcf]),
        header("short", 3, &[0xff, 0xfe]),
        header("int", 4, &[0, 0, 0xa0, 0x0c]),
        header("long", 5, &[0xff; 8]),
        header("bytes", 6, &[0, 2, 9, 8]),
        text_header("text", "é"),
        header("time", 8, &[0, 0, 0, 0, 0, 0x7e, 0xc1, 0x9c]),
        header("uuid", 9, &[7; 16]),
    ]
    .concat()
}

#[test]
fn reads_the_frames_of_the_published_vectors() {
    // An empty frame; a payload alone; a payload behind one text header.
    let empty = [
        0, 0, 0, 0x10, 0, 0, 0, 0, 5, 0xc2, 0x48, 0xeb, 0x7d, 0x98, 0xc8, 0xff,
    ];
    let payload = [
        &[0, 0, 0, 0x1d, 0, 0, 0, 0, 0xfd, 0x52, 0x8c, 0x5a][..],
        b"{'foo':'bar'}",
        &[0xc3, 0x65, 0x39, 0x36],
    ]
    .concat();
    let both = [
        &[0, 0, 0, 0x3d, 0, 0, 0, 0x20, 7, 0xfd, 0x83, 0x96, 12][..],
        b"content-type",
        &[7, 0, 16],
        b"application/json",
        b"{'foo':'bar'}",
        &[0x8d, 0x9c, 8, 0xb1],
    ]
    .concat();
    let (seen, code) = decode(&[&empty, &payload, &both]);
    assert_eq!(code, None);
    let payloads: Vec<_> = seen.iter().map(|seen| seen.payload.as_slice()).collect();
    assert_eq!(payloads, [&b""[..], b"{'foo':'bar'}", b"{'foo':'bar'}"]);
    let expected = (
        "content-type".to_owned(),
        "Text(\"application/json\")".to_owned(),
    );
    assert_eq!(seen[2].headers, [expected]);
}

#[test]
fn reads_headers_of_every_type() {
    let bytes = frame(&every_header(), b"");
    let mut all = Vec::new();
    let mut text = None;
    let fed = AwsFrames::default().feed(&bytes, |frame| {
        all = frame
            .headers()
            .map(|(_, value)| format!("{value:?}"))
            .collect();
        text = frame.text("text").map(str::to_owned);
        assert_eq!(frame.text("bytes"), None);
        assert_eq!(frame.text("none"), None);
    });
    fed.expect("a sound frame");
    assert_eq!(text.as_deref(), Some("é"));
    let expected = [
        HeaderValue::Bool(true),
        HeaderValue::Bool(false),
        HeaderValue::Byte(-49),
        HeaderValue::Short(-2),
        HeaderValue::Int(40_972),
        HeaderValue::Long(-1),
        HeaderValue::Bytes(&[9, 8]),
        HeaderValue::Text("é"),
        HeaderValue::Timestamp(8_307_100),
        HeaderValue::Uuid([7; 16]),
    ];
    assert_eq!(all, expected.map(|value| format!("{value:?}")));
}

#[test]
fn reads_the_same_wherever_the_bytes_are_cut() {
    let bytes = [
        frame(&text_header("a", "1"), b"one"),
        frame(b"", b""),
        frame(&every_header()[..9], b"two"),
    ]
    .concat();
    let (frames, code) = same_wherever_cut(&bytes, decode);
    assert_eq!((frames.len(), code), (3, None));
}

#[test]
fn says_where_the_body_ends_within_a_frame() {
    let bytes = [frame(b"", b"one"), frame(b"", b"two")].concat();
    for end in 0..=bytes.len() {
        let (seen, code) = decode(&[&bytes[..end]]);
        let between = end % (bytes.len() / 2) == 0;
        assert_eq!(code.is_none(), between, "cut at {end}");
        assert_eq!(seen.len(), end / (bytes.len() / 2));
    }
    assert_eq!(
        code(&bytes[..5]).as_deref(),
        Some("WARMLINE_FRAME_TRUNCATED")
    );
}

#[test]
fn notices_every_damaged_byte() {
    let sound = [
        frame(b"", b"first"),
        frame(&text_header("a", "b"), b"second"),
    ]
    .concat();
    let first = sound.len() - frame(&text_header("a", "b"), b"second").len();
    for at in 0..sound.len() {
        let mut bytes = sound.clone();
        bytes[at] ^= 0x10;
        let (seen, code) = decode(&[&bytes]);
        assert_eq!(
            code.as_deref(),
            Some("WARMLINE_FRAME_CHECKSUM"),
            "damaged at {at}"
        );
        assert_eq!(seen.len(), usize::from(at >= first), "damaged at {at}");
    }
}

#[test]
fn refuses_lengths_that_contradict_each_other() {
    for (total, headers) in [(0, 0), (15, 0), (16, 1), (40, 25), (200_000, 131_073)] {
        let bytes = stated(total, headers, &[]);
        assert_eq!(code(&bytes).as_deref(), Some("WARMLINE_FRAME_LENGTH"));
    }
}

#[test]
fn refuses_headers_that_cannot_be_read() {
    let broken: [&[u8]; 7] = [
        &[0],                   // no type
        &[5, b'a'],             // a name that is too short
        &[1, 0xff, 0],          // a name that is not UTF-8
        &[1, b'a', 10],         // an unknown type
        &[1, b'a', 4, 0, 0, 0], // a value that is too short
        &[1, b'a', 7, 0, 9, b'b'],
        &[1, b'a', 7, 0, 1, 0xff],
    ];
    for headers in broken {
        let bytes = frame(headers, b"");
        assert_eq!(
            code(&bytes).as_deref(),
            Some("WARMLINE_FRAME_HEADER"),
            "{headers:?}"
        );
    }
}

#[test]
fn refuses_a_payload_over_the_limit_before_it_has_come() {
    let limit = 16 * 1024 * 1024;
    let beginning = &stated(16 + limit, 0, &[])[..12];
    assert_eq!(code(beginning).as_deref(), Some("WARMLINE_FRAME_TRUNCATED"));
    let beginning = &stated(17 + limit, 0, &[])[..12];
    assert_eq!(code(beginning).as_deref(), Some("WARMLINE_EVENT_TOO_LARGE"));
}

/// Frames, some of them damaged, and noise.
fn streams() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => (0_usize..3, proptest::collection::vec(any::<u8>(), 0..40)).prop_map(|(headers, payload)| {
            frame(&text_header("name", "value").repeat(headers), &payload)
        }),
        1 => proptest::collection::vec(any::<u8>(), 0..40),
        // Headers of any bytes, under checksums that match.
        1 => proptest::collection::vec(any::<u8>(), 0..40).prop_map(|headers| frame(&headers, b"")),
        1 => (any::<u32>(), any::<u32>()).prop_map(|(total, headers)| stated(total as usize, headers as usize, &[])),
    ];
    proptest::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn reads_any_bytes_the_same_whole_or_in_pieces(bytes in streams(), size in 1_usize..50) {
        let pieces: Vec<&[u8]> = bytes.chunks(size).collect();
        prop_assert_eq!(decode(&pieces), decode(&[&bytes]));
    }
}
