//! The load generator against the server.

use serde_json::Value;

use crate::server::{Server, program};

/// Runs a load on four connections for this long.
fn load(server: &Server, seconds: f64) -> Value {
    let url = format!("{}/v1/chat/completions", server.url);
    let output = program()
        .args([
            "load",
            "--url",
            &url,
            "--connections",
            "4",
            "--threads",
            "2",
        ])
        .args(["--seconds", &seconds.to_string(), "--warmup", "0"])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_load_reports_what_the_server_saw() {
    let server = Server::start(&[]);
    let (mut seconds, mut runs, mut counted) = (0.1, 0, 0);
    // A machine under load itself may take a while to get through a single request.
    while counted == 0 {
        counted = load(&server, seconds)["requests"].as_u64().unwrap();
        seconds *= 2.0;
        runs += 1;
    }
    let stats = server.stats();
    assert_eq!(stats["connections_accepted"], 4 * runs);
    // On each connection one answer at most came after the end of its run, and was not counted.
    let answered = stats["responses"].as_u64().unwrap();
    assert!(
        (counted..=counted + 4 * runs).contains(&answered),
        "{counted} of {answered}"
    );
}

#[test]
fn a_load_of_streams_counts_their_events() {
    let server = Server::start(&["--set", "tokens=10"]);
    let url = format!("{}/v1/chat/completions?x-mock-stamp=1", server.url);
    let mut seconds = 0.1;
    // As above: until something was counted.
    let counted = loop {
        let output = program()
            .args(["load", "--stream", "--url", &url, "--connections", "2"])
            .args(["--seconds", &seconds.to_string(), "--warmup", "0"])
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{error}");
        let counted: Value = serde_json::from_slice(&output.stdout).unwrap();
        if counted["events"].as_u64().unwrap() > 0 {
            break counted;
        }
        seconds *= 2.0;
    };
    assert!(counted["p99_us"].as_f64().unwrap() > 0.0);
    assert!(server.stats()["streams_completed"].as_u64() > Some(0));
}

#[test]
fn a_server_that_fails_fails_the_load() {
    let server = Server::start(&["--set", "status=500"]);
    let url = format!("{}/v1/chat/completions", server.url);
    let output = program()
        .args(["load", "--url", &url, "--seconds", "0.1"])
        .output()
        .unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("500"));
}
