//! The APIs' answers, streamed and not.

use serde_json::{Value, json};

use crate::server::Server;

const FIVE_WORDS: &str = " the quick warm line carries";

fn ask(stream: bool) -> Value {
    json!({ "model": "gpt-\"x\"", "stream": stream, "messages": [{ "role": "user", "content": "Hi" }] })
}

#[test]
fn a_chat_completion_has_the_model_the_text_and_the_usage() {
    let server = Server::start(&["--set", "tokens=5"]);
    let answer = server
        .connect()
        .post("/v1/chat/completions", &[], &ask(false))
        .json();
    assert_eq!(answer["object"], "chat.completion");
    assert_eq!(answer["model"], "gpt-\"x\"");
    assert_eq!(answer["choices"][0]["message"]["content"], FIVE_WORDS);
    assert_eq!(answer["choices"][0]["finish_reason"], "stop");
    assert_eq!(answer["usage"]["completion_tokens"], 5);
}

#[test]
fn a_streamed_chat_completion_says_the_same_and_ends_with_done() {
    let server = Server::start(&["--set", "tokens=5"]);
    let mut body = ask(true);
    body["stream_options"] = json!({ "include_usage": true });
    let answer = server.connect().post("/v1/chat/completions", &[], &body);
    assert_eq!(
        answer.field("content-type"),
        Some("text/event-stream; charset=utf-8")
    );
    let events = answer.events();
    let text: String = events
        .iter()
        .filter_map(|event| event["choices"][0]["delta"]["content"].as_str())
        .collect();
    assert_eq!(text, FIVE_WORDS);
    let [.., finish, usage, done] = events.as_slice() else {
        panic!("too few events")
    };
    assert_eq!(finish["choices"][0]["finish_reason"], "stop");
    assert_eq!(usage["usage"]["completion_tokens"], 5);
    assert_eq!(usage["choices"], json!([]));
    assert_eq!(done, "[DONE]");
}

#[test]
fn the_requests_own_limit_cuts_the_answer_short() {
    let server = Server::start(&[]);
    let mut body = ask(false);
    body["max_tokens"] = json!(2);
    let answer = server
        .connect()
        .post("/v1/chat/completions", &[], &body)
        .json();
    assert_eq!(answer["choices"][0]["message"]["content"], " the quick");
    assert_eq!(answer["choices"][0]["finish_reason"], "length");
}

#[test]
fn streamed_words_are_numbers_on_demand() {
    let server = Server::start(&["--set", "tokens=3", "--set", "number=1"]);
    let mut texts = Vec::new();
    for (path, text) in [
        ("/v1/chat/completions", "/choices/0/delta/content"),
        ("/v1/messages", "/delta/text"),
    ] {
        let events = server.connect().post(path, &[], &ask(true)).events();
        let words = events
            .iter()
            .filter_map(|event| event.pointer(text)?.as_str());
        texts.push(words.collect::<String>());
    }
    assert_eq!(texts, [" 0 1 2", " 0 1 2"]);
}

#[test]
fn a_streamed_message_has_anthropics_events_in_their_order() {
    let server = Server::start(&[]);
    let mut client = server.connect();
    let whole = client
        .post("/v1/messages?x-mock-tokens=5", &[], &ask(false))
        .json();
    assert_eq!(whole["content"][0]["text"], FIVE_WORDS);
    assert_eq!(whole["stop_reason"], "end_turn");

    let events = client
        .post("/v1/messages", &[("x-mock-tokens", "2")], &ask(true))
        .events();
    let types: Vec<_> = events
        .iter()
        .map(|event| event["type"].as_str().unwrap())
        .collect();
    assert_eq!(
        types,
        [
            "message_start",
            "content_block_start",
            "ping",
            "content_block_delta",
            "content_block_delta",
            "content_block_stop",
            "message_delta",
            "message_stop"
        ]
    );
    assert_eq!(events[6]["usage"]["output_tokens"], 2);
}

#[test]
fn a_streamed_response_numbers_its_events_and_ends_with_the_whole() {
    let server = Server::start(&["--set", "tokens=5"]);
    let mut client = server.connect();
    let whole = client.post("/v1/responses", &[], &ask(false)).json();
    let events = client.post("/v1/responses", &[], &ask(true)).events();
    for (number, event) in events.iter().enumerate() {
        assert_eq!(event["sequence_number"], number);
    }
    let last = events.last().unwrap();
    assert_eq!(last["type"], "response.completed");
    assert_eq!(
        last["response"]["output"][0]["content"],
        whole["output"][0]["content"]
    );
    assert_eq!(whole["output"][0]["content"][0]["text"], FIVE_WORDS);
}

#[test]
fn each_event_of_a_paced_stream_is_a_chunk_of_its_own() {
    let server = Server::start(&["--set", "interval-ms=1", "--set", "tokens=3"]);
    let mut client = server.connect();
    client.send_request(
        "POST /v1/chat/completions",
        &[],
        ask(true).to_string().as_bytes(),
    );
    assert_eq!(client.read_head().status, 200);
    let chunks: Vec<_> = std::iter::from_fn(|| client.read_chunk()).collect();
    // The role, three words, the finish and [DONE], each a chunk of its own.
    assert_eq!(chunks.len(), 6);
    assert!(chunks.iter().all(|chunk| chunk.ends_with(b"\n\n")));
}

#[test]
fn a_word_is_not_sent_before_it_is_due() {
    let server = Server::start(&["--set", "interval-ms=3600000"]);
    let mut client = server.connect();
    client.send_request(
        "POST /v1/chat/completions",
        &[],
        ask(true).to_string().as_bytes(),
    );
    assert_eq!(client.read_head().status, 200);
    assert!(client.read_chunk().is_some(), "the role comes at once");
    assert_eq!(server.stats()["events"], 1);
}

#[test]
fn a_body_that_is_no_request_is_refused_in_the_apis_own_shape() {
    let server = Server::start(&[]);
    let mut client = server.connect();
    let openai = client.ask("POST /v1/chat/completions", &[], b"{");
    assert_eq!(
        (openai.status, &openai.json()["error"]["type"]),
        (400, &json!("invalid_request_error"))
    );
    let anthropic = client.ask("POST /v1/messages", &[], b"{}");
    assert_eq!(
        (anthropic.status, &anthropic.json()["type"]),
        (400, &json!("error"))
    );
}
