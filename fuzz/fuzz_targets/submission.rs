//! Batches that JavaScript would never write: none of them does more harm than to be refused, and a request that is
//! read from one is one on the wire.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use url::Position;
use warmline_fuzz::assert_one_request;
use warmline_http::fuzzing::sent;
use warmline_node::fuzzing::submitted;

fuzz_target!(|bytes: &[u8]| {
    let sides = vec![Bytes::from_static(b"one"), Bytes::new()];
    submitted(Bytes::copy_from_slice(bytes), sides, |request| {
        let Ok(request) = request else { return };
        let method = request.method.clone();
        let url = request.target.url().clone();
        if let Ok(head) = sent(request.into(), None) {
            let target = &url[Position::BeforePath..Position::AfterQuery];
            assert_one_request(&head, &method, target);
        }
    });
});
