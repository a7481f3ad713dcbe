//! The server's own view.

use serde_json::json;

use crate::client::Client;
use crate::server::Server;

#[test]
fn connections_and_requests_are_counted_but_not_those_of_the_control_address() {
    let server = Server::start(&[]);
    let (mut first, mut second) = (server.connect(), server.connect());
    for client in [&mut first, &mut second] {
        client.ask("GET /health", &[], b"");
        client.ask("GET /health", &[], b"");
    }
    drop(second);
    let stats = server.stats_until(|stats| stats["connections_open"] == 1);
    assert_eq!(stats["connections_accepted"], 2);
    assert_eq!(stats["connections_peak"], 2);
    assert_eq!(
        (&stats["requests"], &stats["requests_reusing"]),
        (&json!(4), &json!(2))
    );
    assert!(stats["bytes_in"].as_u64() > Some(0) && stats["bytes_out"].as_u64() > Some(0));
}

#[test]
fn a_client_that_leaves_a_stream_is_noticed_while_the_stream_is_silent() {
    let server = Server::start(&["--set", "stall-after=1"]);
    let mut client = server.connect();
    client.send_request(
        "POST /v1/chat/completions",
        &[],
        json!({ "model": "m", "stream": true })
            .to_string()
            .as_bytes(),
    );
    assert_eq!(client.read_head().status, 200);
    assert!(client.read_chunk().is_some());
    assert_eq!(server.stats()["streams_open"], 1);
    drop(client);
    let stats = server.stats_until(|stats| stats["streams_open"] == 0);
    assert_eq!(
        (&stats["requests_aborted"], &stats["streams_completed"]),
        (&json!(1), &json!(0))
    );
}

#[test]
fn a_client_that_leaves_before_its_answer_is_noticed() {
    let server = Server::start(&["--set", "latency-ms=3600000"]);
    let mut client = server.connect();
    client.send_request("GET /health", &[], b"");
    drop(client);
    server.stats_until(|stats| stats["requests_aborted"] == 1);
}

#[test]
fn a_reset_zeroes_the_counters_and_keeps_what_is_open() {
    let server = Server::start(&[]);
    let mut client = server.connect();
    client.ask("GET /health", &[], b"");
    Client::connect(&server.control).ask("POST /stats/reset", &[], b"");
    let stats = server.stats();
    assert_eq!(
        (&stats["connections_accepted"], &stats["connections_open"]),
        (&json!(0), &json!(1))
    );
}
