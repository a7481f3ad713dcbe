//! Newline-delimited JSON: the lines of the body, wherever it is cut.
#![no_main]

use libfuzzer_sys::fuzz_target;
use warmline_fuzz::cut;
use warmline_http::sse::JsonLines;

fuzz_target!(|bytes: &[u8]| {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let lines: Vec<String> = text
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii)
        .filter(|line| !line.is_empty())
        .map(|line| String::from_utf8_lossy(line).into_owned())
        .collect();
    assert_eq!(read(&[bytes]), lines);
    for pieces in cut(bytes) {
        assert_eq!(read(&pieces), lines, "{pieces:?}");
    }
});

fn read(pieces: &[&[u8]]) -> Vec<String> {
    let mut seen = Vec::new();
    let mut lines = JsonLines::default();
    for piece in pieces {
        let fed = lines.feed(piece, |line| seen.push(line.to_owned()));
        fed.expect("far below the limit");
    }
    lines.finish(|line| seen.push(line.to_owned()));
    seen
}
