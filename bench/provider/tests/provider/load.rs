//! The load generator against the server.

use serde_json::Value;

use crate::server::{Server, program};

#[test]
fn a_load_reports_what_the_server_saw() {
    let server = Server::start(&[]);
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
        .args(["--seconds", "0.2", "--warmup", "0"])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let stats = server.stats();
    assert_eq!(stats["connections_accepted"], 4);
    let counted = report["requests"].as_u64().unwrap();
    let answered = stats["responses"].as_u64().unwrap();
    assert!(
        counted > 0 && counted <= answered && answered <= counted + 4,
        "{counted} of {answered}"
    );
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
