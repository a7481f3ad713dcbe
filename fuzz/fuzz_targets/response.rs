//! Responses by HTTP/1.1: the same message wherever its bytes are cut; and whatever is sent in chunks arrives.
#![no_main]

use libfuzzer_sys::fuzz_target;
use warmline_fuzz::cut;
use warmline_http::fuzzing::{End, read};

fuzz_target!(|bytes: &[u8]| {
    for to_head in [false, true] {
        let whole = read(&[bytes], to_head);
        for pieces in cut(bytes) {
            assert_eq!(read(&pieces, to_head), whole, "{pieces:?}");
        }
        if let Some(message) = whole
            && to_head
        {
            assert!(message.body.is_empty());
        }
    }
    chunked(bytes);
});

fn chunked(body: &[u8]) {
    const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let [_, chunks] = cut(body);
    let mut sent = HEAD.to_vec();
    for chunk in chunks {
        sent.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        sent.extend_from_slice(chunk);
        sent.extend_from_slice(b"\r\n");
    }
    sent.extend_from_slice(b"0\r\n\r\n");
    for pieces in cut(&sent) {
        let message = read(&pieces, false).expect("a sound head");
        assert_eq!(message.body, body);
        assert_eq!(message.end, End::Whole { surplus: 0 });
    }
}
