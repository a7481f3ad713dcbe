//! The faults that a request can ask for.

use serde_json::{Value, json};

use crate::server::Server;

fn body(stream: bool) -> Vec<u8> {
    json!({ "model": "m", "stream": stream })
        .to_string()
        .into_bytes()
}

/// What arrives on a connection whose request asks for it to be closed.
fn closed(server: &Server, when: &str, stream: bool) -> std::io::Result<Vec<u8>> {
    let mut client = server.connect();
    client.send_request(
        "POST /v1/chat/completions",
        &[("x-mock-close", when)],
        &body(stream),
    );
    client.read_rest()
}

#[test]
fn the_connection_closes_at_the_point_asked_for() {
    let server = Server::start(&[]);
    assert_eq!(closed(&server, "before", false).unwrap(), b"");

    let head = closed(&server, "headers", false).unwrap();
    assert!(head.starts_with(b"HTTP/1.1 200 OK\r\n"));
    assert!(!head.windows(4).any(|end| end == b"\r\n\r\n"));

    let half = String::from_utf8(closed(&server, "body", false).unwrap()).unwrap();
    let (_, part) = half.split_once("\r\n\r\n").unwrap();
    assert!(!part.is_empty() && serde_json::from_str::<Value>(part).is_err());

    let whole = String::from_utf8(closed(&server, "after", false).unwrap()).unwrap();
    let (head, part) = whole.split_once("\r\n\r\n").unwrap();
    assert!(!head.contains("connection:"), "the close is not announced");
    assert!(serde_json::from_str::<Value>(part).is_ok());
}

#[test]
fn a_stream_can_end_in_the_middle_of_an_event() {
    let server = Server::start(&[]);
    let part = String::from_utf8(closed(&server, "body", true).unwrap()).unwrap();
    assert_eq!(part.matches("data: ").count(), 3);
    assert!(!part.contains("[DONE]") && !part.ends_with("\r\n"));
}

#[test]
fn a_reset_is_seen_as_one() {
    let server = Server::start(&[]);
    let error = closed(&server, "reset", true).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
}

#[test]
fn a_status_comes_in_the_apis_own_shape_with_its_retry_after() {
    let server = Server::start(&[]);
    let mut client = server.connect();
    let knobs = [
        ("x-mock-status", "429"),
        ("x-mock-retry-after", "7"),
        ("x-mock-headers", "2"),
    ];
    let answer = client.ask("POST /v1/messages", &knobs, &body(false));
    assert_eq!(
        (answer.status, answer.field("retry-after")),
        (429, Some("7"))
    );
    assert_eq!(answer.field("x-mock-extra-1"), Some("1"));
    assert_eq!(answer.json()["error"]["type"], "rate_limit_error");
}

#[test]
fn an_answer_can_be_chunked_without_being_streamed() {
    let server = Server::start(&[]);
    let knobs = [("x-mock-framing", "chunked")];
    let answer = server
        .connect()
        .ask("POST /v1/chat/completions", &knobs, &body(false));
    assert_eq!(answer.field("transfer-encoding"), Some("chunked"));
    assert_eq!(answer.json()["object"], "chat.completion");
}

#[test]
fn an_unknown_knob_is_told_and_not_ignored() {
    let server = Server::start(&[]);
    let answer = server
        .connect()
        .ask("GET /health", &[("x-mock-latencyms", "5")], b"");
    assert_eq!(answer.status, 400);
    assert!(
        answer.json()["error"]["message"]
            .as_str()
            .unwrap()
            .contains("latencyms")
    );
}

#[test]
fn an_idle_connection_is_closed_when_the_server_is_told_to() {
    let server = Server::start(&["--keep-alive-ms", "20"]);
    let mut client = server.connect();
    assert_eq!(client.ask("GET /health", &[], b"").status, 200);
    assert_eq!(client.read_rest().unwrap(), b"");
}

#[test]
fn a_script_befalls_every_request_to_a_model_until_it_is_over() {
    let server = Server::start(&[]);
    let begin = |script: &Value| {
        crate::client::Client::connect(&server.control)
            .ask("POST /script", &[], script.to_string().as_bytes())
            .status
    };
    let mut client = server.connect();
    let mut ask = |request| client.ask(request, &[], &body(false));
    let limit = json!({ "per_second": 1, "knobs": { "status": "429", "retry-after": "60" } });
    assert_eq!(
        begin(&json!({ "phases": [{ "seconds": 3600, "limit": limit }] })),
        200
    );

    let first = ask("POST /v1/chat/completions");
    assert_eq!(
        (first.status, first.field("x-ratelimit-remaining-requests")),
        (200, Some("0"))
    );
    assert_eq!(first.field("x-ratelimit-limit-requests"), Some("1"));
    let refused = (0..1000)
        .map(|_| ask("POST /v1/chat/completions"))
        .find(|answer| answer.status == 429);
    assert_eq!(refused.unwrap().field("retry-after"), Some("60"));
    assert_eq!(ask("GET /health").status, 200);

    assert_eq!(begin(&json!({ "phases": [] })), 200);
    let after = ask("POST /v1/chat/completions");
    assert_eq!(
        (after.status, after.field("x-ratelimit-limit-requests")),
        (200, None)
    );
    assert_eq!(
        begin(&json!({ "phases": [{ "seconds": 1, "knobs": { "status": "200" } }] })),
        400
    );
}

#[test]
fn work_that_is_done_again_is_counted_even_if_its_answer_was_cut_short() {
    let server = Server::start(&[]);
    let ask = |id, more: &[(&str, &str)]| {
        let knobs = [&[("x-mock-id", id)], more].concat();
        server
            .connect()
            .send_request("POST /v1/chat/completions", &knobs, &body(false));
    };
    let again = |times: u64, requests: u64| {
        let stats = server.stats_until(|stats| stats["requests"] == requests);
        assert_eq!(stats["requests_served_again"], times);
    };
    ask("a", &[("x-mock-close", "reset")]);
    ask("b", &[("x-mock-status", "503")]);
    again(0, 2);
    ask("a", &[]);
    ask("b", &[]);
    again(1, 4);
    let arrivals = crate::client::Client::connect(&server.control)
        .ask("GET /arrivals", &[], b"")
        .json();
    let ids: Vec<_> = arrivals
        .as_array()
        .unwrap()
        .iter()
        .map(|arrival| &arrival[1])
        .collect();
    assert_eq!(ids, ["a", "a", "b"]);
    assert!(arrivals[0][0].as_u64() <= arrivals[2][0].as_u64());
}
