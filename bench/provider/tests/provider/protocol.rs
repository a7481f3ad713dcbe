//! HTTP/1.1 as a client may speak it.

use serde_json::json;

use crate::server::Server;

#[test]
fn the_address_is_announced_and_the_end_of_stdin_stops_it() {
    let server = Server::start(&[]);
    assert_eq!(
        server.connect().ask("GET /health", &[], b"").json(),
        json!({ "status": "ok" })
    );
    assert!(server.stop().success());
}

#[test]
fn pipelined_requests_are_answered_in_their_order() {
    let server = Server::start(&[]);
    let mut client = server.connect();
    for name in ["first", "second", "third"] {
        let latency = if name == "second" { "20" } else { "0" };
        client.send_request(
            "POST /mirror",
            &[("x-mock-latency-ms", latency)],
            name.as_bytes(),
        );
    }
    for name in ["first", "second", "third"] {
        assert_eq!(client.read_answer(false).body, name.as_bytes());
    }
}

#[test]
fn a_chunked_body_comes_back_whole() {
    let server = Server::start(&[]);
    let mut client = server.connect();
    client.send(b"POST /mirror HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n4\r\nwarm\r\n");
    client.send(b"4;ext=1\r\nline\r\n0\r\ntrailer: x\r\n\r\n");
    assert_eq!(client.read_answer(false).body, b"warmline");
    assert_eq!(
        client.ask("GET /health", &[], b"").status,
        200,
        "the connection stays usable"
    );
}

#[test]
fn a_client_that_expects_a_continue_gets_one_before_it_sends_its_body() {
    let server = Server::start(&[]);
    let mut client = server.connect();
    client.send(b"POST /mirror HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 4\r\n\r\n");
    assert_eq!(client.read_head().status, 100);
    client.send(b"warm");
    assert_eq!(client.read_answer(false).body, b"warm");
}

#[test]
fn a_large_body_comes_back_whole() {
    let server = Server::start(&[]);
    let body: Vec<u8> = (0..3_000_000_u32)
        .map(|index| index.to_le_bytes()[0])
        .collect();
    assert_eq!(server.connect().ask("POST /mirror", &[], &body).body, body);
}

#[test]
fn head_has_the_length_and_no_body() {
    let server = Server::start(&[]);
    let mut client = server.connect();
    let head = client.ask("HEAD /health", &[], b"");
    assert_eq!(head.field("content-length"), Some("15"));
    assert_eq!(client.ask("GET /health", &[], b"").body.len(), 15);
}

#[test]
fn http_1_0_is_answered_without_chunks_and_closed() {
    let server = Server::start(&[]);
    let mut client = server.connect();
    let body = r#"{"model":"m","stream":true}"#;
    client.send(
        format!(
            "POST /v1/chat/completions HTTP/1.0\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .as_bytes(),
    );
    let answer = client.read_answer(false);
    assert_eq!(answer.field("transfer-encoding"), None);
    assert_eq!(answer.events().last(), Some(&json!("[DONE]")));
}

#[test]
fn what_is_not_http_is_refused_with_a_reason() {
    let server = Server::start(&[]);
    let mut client = server.connect();
    client.send(b"\x16\x03\x01 hello\r\n\r\n");
    let answer = client.read_answer(false);
    assert_eq!(
        (answer.status, answer.field("connection")),
        (400, Some("close"))
    );
    assert_eq!(client.read_rest().unwrap(), b"");
    assert_eq!(server.stats()["requests_refused"], 1);
}

#[test]
fn a_request_is_echoed_as_it_was_seen() {
    let server = Server::start(&[]);
    let mut client = server.connect();
    client.ask("GET /health", &[], b"");
    let echo = client
        .ask("PUT /echo?a=1&b", &[("X-Name", "v")], b"hi")
        .json();
    assert_eq!(echo["headers"][1], json!(["X-Name", "v"]));
    assert_eq!(
        (
            &echo["method"],
            &echo["query"],
            &echo["body"],
            &echo["request_on_connection"]
        ),
        (&json!("PUT"), &json!("a=1&b"), &json!("hi"), &json!(2))
    );
}

#[test]
fn every_connection_has_a_number_of_its_own_whatever_thread_serves_it() {
    let server = Server::start(&["--threads", "3"]);
    let mut numbers: Vec<u64> = (0..6)
        .map(|_| {
            server.connect().ask("GET /echo", &[], b"").json()["connection"]
                .as_u64()
                .unwrap()
        })
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), 6);
}
