//! Against encoders of other makes where there are some, cut wherever a body can be cut.

use bytes::Bytes;
use http::HeaderValue;
use proptest::prelude::*;
use zlib_rs::{Deflate, DeflateFlush};
use zstd_safe::{CCtx, InBuffer, OutBuffer};

use super::fault::Fault;
use super::*;

const CODINGS: [&str; 4] = ["gzip", "deflate", "br", "zstd"];

fn headers(value: &str) -> HeaderMap {
    let value = HeaderValue::from_str(value).unwrap();
    HeaderMap::from_iter([(CONTENT_ENCODING, value)])
}

fn decoding(value: &str, limits: DecodingLimits) -> Option<Box<Decoding>> {
    of(&Method::GET, StatusCode::OK, &headers(value), limits).unwrap()
}

/// Everything that these pieces decode to, and what comes out after each of them.
fn decode_with(
    limits: DecodingLimits,
    coding: &str,
    pieces: &[&[u8]],
) -> Result<Vec<Vec<u8>>, Fault> {
    let mut decoding = decoding(coding, limits).unwrap();
    let mut outputs = Vec::new();
    let ends = std::iter::once(None);
    let received = pieces.iter().map(|piece| Some(*piece)).chain(ends);
    for piece in received {
        decoding.feed(piece.map(Bytes::copy_from_slice));
        let mut output = Vec::new();
        loop {
            match decoding.pull()? {
                Pulled::Piece(piece) => output.extend_from_slice(&piece),
                Pulled::Pause => {}
                Pulled::Hungry => break,
                Pulled::End => {
                    outputs.push(output);
                    return Ok(outputs);
                }
            }
        }
        outputs.push(output);
    }
    unreachable!("a body that has ended ends");
}

fn decode(coding: &str, pieces: &[&[u8]]) -> Result<Vec<u8>, Fault> {
    decode_with(DecodingLimits::default(), coding, pieces).map(|outputs| outputs.concat())
}

/// Encodes these pieces with a flush after each; without the end of the stream unless `finished`.
fn encode(coding: &str, pieces: &[&[u8]], finished: bool) -> Vec<Vec<u8>> {
    match coding {
        "gzip" => deflate(31, true, pieces, finished),
        "deflate" => deflate(15, true, pieces, finished),
        "raw" => deflate(15, false, pieces, finished),
        "br" => brotli(pieces, finished),
        _ => zstd(pieces, finished),
    }
}

fn deflate(window: u8, framed: bool, pieces: &[&[u8]], finished: bool) -> Vec<Vec<u8>> {
    let mut encoder = Deflate::new(6, framed, window);
    let mut buffer = vec![0; 1 << 20];
    let mut run = |input: &[u8], flush| {
        let before = encoder.total_out();
        encoder.compress(input, &mut buffer, flush).unwrap();
        let made = usize::try_from(encoder.total_out() - before).unwrap();
        buffer[..made].to_vec()
    };
    let flushed = pieces
        .iter()
        .map(|piece| run(piece, DeflateFlush::SyncFlush));
    let mut outputs: Vec<_> = flushed.collect();
    if finished {
        outputs.push(run(&[], DeflateFlush::Finish));
    }
    outputs
}

fn zstd(pieces: &[&[u8]], finished: bool) -> Vec<Vec<u8>> {
    use zstd_safe::zstd_sys::ZSTD_EndDirective as End;
    let mut encoder = CCtx::create();
    let mut run = |input: &[u8], end| {
        let mut buffer = vec![0; 1 << 20];
        let mut into = OutBuffer::around(buffer.as_mut_slice());
        encoder
            .compress_stream2(&mut into, &mut InBuffer::around(input), end)
            .unwrap();
        let made = into.pos();
        buffer.truncate(made);
        buffer
    };
    let flushed = pieces.iter().map(|piece| run(piece, End::ZSTD_e_flush));
    let mut outputs: Vec<_> = flushed.collect();
    if finished {
        outputs.push(run(&[], End::ZSTD_e_end));
    }
    outputs
}

/// Stored as it is: each piece a meta-block of its own, so that it comes out at once. What encoders make
/// of text is tested with Node's, in the package's own tests.
fn brotli(pieces: &[&[u8]], finished: bool) -> Vec<Vec<u8>> {
    let mut outputs = Vec::new();
    for (number, piece) in pieces.iter().enumerate() {
        // The window's size (one bit, 16), then: not the last, four nibbles of length, uncompressed.
        let (window, at) = if number == 0 { (0_u32, 1) } else { (0, 0) };
        let length = u32::try_from(piece.len() - 1).unwrap();
        assert!(length < 1 << 16);
        let bits = window | length << (at + 3) | 1 << (at + 19);
        let mut output = bits.to_le_bytes()[..3].to_vec();
        output.extend_from_slice(piece);
        outputs.push(output);
    }
    if finished {
        outputs.push(vec![3]);
    }
    outputs
}

/// No two lines alike, so that there is data in all parts of what it is encoded to.
fn text() -> Vec<u8> {
    (0..400)
        .flat_map(|n| format!("data: {{\"n\":{}}}\n\n", n * 7919).into_bytes())
        .collect()
}

#[test]
fn a_body_cut_at_any_byte_decodes_to_the_same() {
    let text = text();
    for coding in ["gzip", "deflate", "raw", "br", "zstd"] {
        let whole = encode(coding, &[&text], true).concat();
        let stated = if coding == "raw" { "deflate" } else { coding };
        for cut in 0..=whole.len() {
            let (first, second) = whole.split_at(cut);
            assert_eq!(
                decode(stated, &[first, second]),
                Ok(text.clone()),
                "{coding} {cut}"
            );
        }
        let bytes: Vec<&[u8]> = whole.chunks(1).collect();
        assert_eq!(decode(stated, &bytes), Ok(text.clone()), "{coding}");
    }
}

#[test]
fn what_an_encoder_flushed_comes_out_at_once() {
    let pieces: [&[u8]; 3] = [b"data: one\n\n", b"data: two\n\n", b"data: [DONE]\n\n"];
    for coding in CODINGS {
        let encoded = encode(coding, &pieces, true);
        let encoded: Vec<&[u8]> = encoded.iter().map(Vec::as_slice).collect();
        let outputs = decode_with(DecodingLimits::default(), coding, &encoded).unwrap();
        assert_eq!(outputs[..3], pieces.map(<[u8]>::to_vec), "{coding}");
    }
}

#[test]
fn a_body_that_ends_where_it_was_flushed_is_whole_except_for_zstd() {
    for coding in ["gzip", "deflate", "raw", "br", "zstd"] {
        let encoded = encode(coding, &[b"data: one\n\n"], false).concat();
        let stated = if coding == "raw" { "deflate" } else { coding };
        let expected = match coding {
            "zstd" => Err(Fault::Truncated),
            _ => Ok(b"data: one\n\n".to_vec()),
        };
        assert_eq!(decode(stated, &[&encoded]), expected, "{coding}");
    }
}

#[test]
fn a_body_that_ends_within_its_data_is_truncated() {
    let text = text();
    for (coding, header, trailer) in [
        ("gzip", 10, 8),
        ("deflate", 2, 4),
        ("br", 0, 0),
        ("zstd", 0, 0),
    ] {
        let whole = encode(coding, &[&text], true).concat();
        // Cut behind the header there is no data to be within; the last bytes hold the end of it alone.
        for cut in (1..whole.len() - trailer - 12).filter(|cut| *cut != header) {
            assert_eq!(
                decode(coding, &[&whole[..cut]]),
                Err(Fault::Truncated),
                "{coding} {cut}"
            );
        }
        for cut in whole.len() - trailer..whole.len() {
            assert_eq!(
                decode(coding, &[&whole[..cut]]),
                Ok(text.clone()),
                "{coding} {cut}"
            );
        }
    }
}

#[test]
fn nothing_at_all_is_an_empty_body() {
    for coding in CODINGS {
        assert_eq!(decode(coding, &[]), Ok(vec![]), "{coding}");
    }
}

#[test]
fn what_follows_the_end_is_ignored_except_by_gzip_which_may_have_another_member() {
    let text = text();
    for coding in CODINGS {
        let whole = encode(coding, &[&text], true).concat();
        let followed = |by: &[u8]| decode(coding, &[&whole, by]);
        assert_eq!(followed(&[0; 20]), Ok(text.clone()), "{coding}");
        let garbage = followed(b"garbage");
        let twice = followed(&whole);
        if coding == "gzip" {
            assert_eq!(garbage, Err(Fault::Malformed));
        } else {
            assert_eq!(garbage, Ok(text.clone()), "{coding}");
        }
        let members = if matches!(coding, "gzip" | "zstd") {
            2
        } else {
            1
        };
        assert_eq!(twice, Ok(text.repeat(members)), "{coding}");
    }
    // A frame that is to be skipped, and then one more.
    let whole = encode("zstd", &[&text], true).concat();
    let skipped = [
        &whole[..],
        &[0x5a, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 9, 9],
        &whole,
    ]
    .concat();
    let bytes: Vec<&[u8]> = skipped.chunks(1).collect();
    assert_eq!(decode("zstd", &bytes), Ok(text.repeat(2)));
}

#[test]
fn a_zstd_frame_that_is_none_is_refused_whole_as_it_is_in_pieces() {
    // Its content is empty, and its blocks are not.
    let frame = [
        &[0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0, 0, 0, 0, 3, 0, 0, 0x10][..],
        &[0, 0x54, 0, 0, 0x10, 0, 0, 1, 0][..],
    ]
    .concat();
    for at in 0..=frame.len() {
        let (one, two) = frame.split_at(at);
        assert_eq!(decode("zstd", &[one, two]), Err(Fault::Malformed), "{at}");
    }
}

#[test]
fn what_is_not_encoded_and_a_wrong_checksum_are_malformed() {
    for coding in CODINGS {
        assert_eq!(
            decode(coding, &[b"plain text is none of it"]),
            Err(Fault::Malformed),
            "{coding}"
        );
    }
    for (coding, from_end) in [("gzip", 5), ("gzip", 1), ("deflate", 1)] {
        let mut whole = encode(coding, &[b"hello"], true).concat();
        let at = whole.len() - from_end;
        whole[at] ^= 1;
        assert_eq!(
            decode(coding, &[&whole]),
            Err(Fault::Malformed),
            "{coding} {from_end}"
        );
    }
}

#[test]
fn what_came_before_a_fault_is_pulled_before_it() {
    for coding in ["gzip", "deflate"] {
        let mut bytes = encode(coding, &[b"data: one\n\n"], false).concat();
        bytes.extend_from_slice(&[0xff; 40]);
        let mut decoding = decoding(coding, DecodingLimits::default()).unwrap();
        decoding.feed(Some(bytes.into()));
        let Ok(Pulled::Piece(piece)) = decoding.pull() else {
            panic!("{coding}: nothing came");
        };
        assert!(piece.starts_with(b"data: one\n\n"), "{coding}");
        assert!(matches!(decoding.pull(), Err(Fault::Malformed)), "{coding}");
    }
}

#[test]
fn a_gzip_header_may_have_all_its_parts() {
    let plain = encode("gzip", &[b"hello"], true).concat();
    let (fixed, data) = plain.split_at(10);
    let mut head = fixed.to_vec();
    head[3] = 0b11110;
    head.extend_from_slice(&[3, 0, b'a', b'b', b'c']);
    head.extend_from_slice(b"name\0comment\0");
    head.extend_from_slice(&[0, 0]);
    let whole = [&head[..], data].concat();
    let bytes: Vec<&[u8]> = whole.chunks(1).collect();
    assert_eq!(decode("gzip", &bytes), Ok(b"hello".to_vec()));
    let mut reserved = plain.clone();
    reserved[3] = 0x80;
    assert_eq!(decode("gzip", &[&reserved]), Err(Fault::Malformed));
    assert_eq!(decode("gzip", &[&plain[..5]]), Err(Fault::Truncated));
}

#[test]
fn a_list_is_undone_from_its_end_and_one_unknown_coding_leaves_the_bytes_alone() {
    let inner = encode("gzip", &[b"hello"], true).concat();
    let outer = encode("br", &[&inner], true).concat();
    let bytes: Vec<&[u8]> = outer.chunks(1).collect();
    assert_eq!(decode("GZip,\tbr", &bytes), Ok(b"hello".to_vec()));
    let limits = DecodingLimits::default();
    for unknown in [
        "identity",
        "gzip, foo",
        "foo, gzip",
        "gzip,",
        "",
        "x-deflate",
        "aws-chunked",
    ] {
        assert!(decoding(unknown, limits).is_none(), "{unknown}");
    }
    let mut lines = headers("gzip");
    lines.append(CONTENT_ENCODING, HeaderValue::from_static("br"));
    assert_eq!(
        stated(&lines).unwrap(),
        [ContentCoding::Gzip, ContentCoding::Brotli]
    );
    let long = headers("gzip, gzip, gzip, gzip, gzip, gzip");
    let error = of(&Method::GET, StatusCode::OK, &long, limits)
        .err()
        .unwrap();
    assert_eq!(
        (&*error.code, error.phase),
        ("WARMLINE_DECOMPRESSION_CODINGS", Phase::Headers)
    );
}

#[test]
fn what_has_no_body_has_no_coding() {
    let gzip = headers("gzip");
    let limits = DecodingLimits::default();
    for (method, status) in [(Method::HEAD, 200), (Method::GET, 204), (Method::GET, 304)] {
        let status = StatusCode::from_u16(status).unwrap();
        assert!(
            of(&method, status, &gzip, limits).unwrap().is_none(),
            "{method} {status}"
        );
    }
}

#[test]
fn a_bomb_is_refused_by_its_ratio_and_by_its_size_wherever_in_a_list_it_is() {
    let zeros = vec![0; 32 * 1024 * 1024];
    let bomb = {
        let mut encoder = Deflate::new(6, true, 31);
        let mut buffer = vec![0; 1 << 20];
        encoder
            .compress(&zeros, &mut buffer, DeflateFlush::Finish)
            .unwrap();
        buffer.truncate(usize::try_from(encoder.total_out()).unwrap());
        buffer
    };
    assert_eq!(decode("gzip", &[&bomb]), Err(Fault::Ratio(250)));
    // The zeros are no gzip, but there are too many of them before that could be told.
    let limits = DecodingLimits {
        ratio: None,
        bytes: Some(1000),
    };
    assert_eq!(
        decode_with(limits, "gzip, gzip", &[&bomb]),
        Err(Fault::TooLarge(1000))
    );
    let free = DecodingLimits {
        ratio: None,
        bytes: None,
    };
    assert_eq!(
        decode_with(free, "gzip", &[&bomb]).unwrap().concat().len(),
        zeros.len()
    );
    let small = encode("gzip", &[&vec![0; 1024 * 1024]], true).concat();
    assert_eq!(decode("gzip", &[&small]).unwrap().len(), 1024 * 1024);
}

#[test]
fn a_long_decoding_pauses() {
    let zeros = encode("gzip", &[&vec![0; 1024 * 1024]], true).concat();
    let mut decoding = decoding("gzip", DecodingLimits::default()).unwrap();
    decoding.feed(Some(zeros.into()));
    let (mut pauses, mut since) = (0, 0);
    loop {
        match decoding.pull().unwrap() {
            Pulled::Piece(piece) => since += piece.len(),
            Pulled::Pause => {
                assert!(since <= 320 * 1024, "{since} bytes without a pause");
                (pauses, since) = (pauses + 1, 0);
            }
            Pulled::Hungry => break,
            Pulled::End => unreachable!("it has not been told to end"),
        }
    }
    assert!(pauses >= 3, "{pauses} pauses");
}

proptest! {
    #[test]
    fn no_bytes_are_anything_but_decoded_or_refused(
        bytes in proptest::collection::vec(any::<u8>(), 1..600),
        coding in 0..CODINGS.len(),
        begun in any::<bool>(),
        at in 0..600_usize,
    ) {
        let coding = CODINGS[coding];
        // Garbage alone is refused at its first byte: some of it goes into what is valid.
        let mut pieces = bytes.clone();
        if begun {
            pieces = encode(coding, &[&bytes, &text()], true).concat();
            let at = at % pieces.len();
            pieces[at] ^= 1 + u8::try_from(at % 255).unwrap();
        }
        let (first, second) = pieces.split_at(pieces.len() / 2);
        let limits = DecodingLimits { ratio: None, bytes: Some(1 << 20) };
        let split = decode_with(limits, coding, &[first, second]).map(|all| all.concat());
        let whole = decode_with(limits, coding, &[&pieces]).map(|all| all.concat());
        prop_assert_eq!(split, whole);
    }
}
