use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;

use super::{ProviderError, Spoken, TextStream, Usage, UsageMeter, read};
use crate::sse::Framing;

fn text(payload: &str) -> String {
    let saying = read(None, payload).expect("JSON");
    assert_eq!(saying.error, None);
    saying.text.into_owned()
}

fn usage(payload: &str) -> [Option<u64>; 4] {
    counts(read(None, payload).expect("JSON").usage)
}

/// Input, output, total, cached.
fn counts(usage: Usage) -> [Option<u64>; 4] {
    [usage.input, usage.output, usage.total, usage.cached]
}

/// Kind, code and message.
fn error(payload: &str) -> Option<String> {
    let error = read(None, payload).expect("JSON").error?;
    let [kind, code] = [error.kind, error.code].map(Option::unwrap_or_default);
    Some(format!("{kind}|{code}|{}", error.message))
}

#[test]
fn reads_openai_chat_completions() {
    let chunk = |delta: &str| {
        format!(
            r#"{{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"gpt-5-mini","system_fingerprint":null,"choices":[{{"index":0,"delta":{delta},"logprobs":null,"finish_reason":null}}],"usage":null}}"#
        )
    };
    assert_eq!(
        text(&chunk(
            r#"{"role":"assistant","content":"","refusal":null}"#
        )),
        ""
    );
    assert_eq!(text(&chunk(r#"{"content":"Hel\"lo é"}"#)), "Hel\"lo é");
    assert_eq!(text(&chunk(r#"{"content":"\ud83d\ude00"}"#)), "😀");
    assert_eq!(text(&chunk(r#"{"content":"a\ud83d"}"#)), "a\u{fffd}");
    assert_eq!(
        text(&chunk(r#"{"content":null,"reasoning_content":"Hm"}"#)),
        ""
    );
    assert_eq!(text(&chunk(r#"{"refusal":"I cannot"}"#)), "");
    assert_eq!(
        text(&chunk(
            r#"{"tool_calls":[{"index":0,"function":{"arguments":"{\"text\":1}"}}]}"#
        )),
        ""
    );
    assert_eq!(text(&chunk("{}")), "");
    let last = r#"{"object":"chat.completion.chunk","choices":[],"usage":{"prompt_tokens":20,"completion_tokens":10,"total_tokens":30,"prompt_tokens_details":{"cached_tokens":16,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":4}}}"#;
    assert_eq!(text(last), "");
    assert_eq!(usage(last), [Some(20), Some(10), Some(30), Some(16)]);
}

#[test]
fn reads_the_first_of_several_choices() {
    let both =
        r#"{"choices":[{"index":1,"delta":{"content":"b"}},{"index":0,"delta":{"content":"a"}}]}"#;
    assert_eq!(text(both), "a");
    assert_eq!(
        text(r#"{"choices":[{"index":1,"delta":{"content":"b"}}]}"#),
        ""
    );
    assert_eq!(text(r#"{"choices":[{"delta":{"content":"a"}}]}"#), "a");
}

#[test]
fn reads_openai_completions() {
    let chunk = r#"{"id":"cmpl-1","object":"text_completion","choices":[{"text":" test","index":0,"logprobs":null,"finish_reason":null}],"model":"gpt-3.5-turbo-instruct"}"#;
    assert_eq!(text(chunk), " test");
}

#[test]
fn reads_openai_responses() {
    let delta = r#"{"type":"response.output_text.delta","item_id":"msg_1","output_index":0,"content_index":0,"delta":"In","sequence_number":4,"logprobs":[]}"#;
    assert_eq!(text(delta), "In");
    for other in [
        r#"{"type":"response.reasoning_summary_text.delta","delta":"Hm"}"#,
        r#"{"type":"response.refusal.delta","delta":"No"}"#,
        r#"{"type":"response.function_call_arguments.delta","delta":"{\"a\""}"#,
        r#"{"type":"response.output_text.done","text":"In all"}"#,
        r#"{"type":"response.created","response":{"id":"resp_1","error":null,"usage":null,"output":[]}}"#,
        r#"{"type":"response.output_item.done","item":{"content":[{"type":"output_text","text":"In all"}]}}"#,
    ] {
        assert_eq!(text(other), "", "{other}");
        assert_eq!(usage(other), [None; 4]);
    }
    let completed = r#"{"type":"response.completed","response":{"id":"resp_1","status":"completed","error":null,"output":[{"type":"message","content":[{"type":"output_text","text":"In all"}]}],"usage":{"input_tokens":37,"input_tokens_details":{"cached_tokens":32},"output_tokens":11,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":48}}}"#;
    assert_eq!(text(completed), "");
    assert_eq!(usage(completed), [Some(37), Some(11), Some(48), Some(32)]);
}

#[test]
fn reads_anthropic_messages() {
    let delta =
        |delta: &str| format!(r#"{{"type":"content_block_delta","index":0,"delta":{delta}}}"#);
    assert_eq!(
        text(&delta(r#"{"type":"text_delta","text":"Hello"}"#)),
        "Hello"
    );
    for other in [
        r#"{"type":"thinking_delta","thinking":"Hm"}"#,
        r#"{"type":"signature_delta","signature":"Eq"}"#,
        r#"{"type":"input_json_delta","partial_json":"{\"text\""}"#,
        r#"{"type":"citations_delta","citation":{"cited_text":"x"}}"#,
    ] {
        assert_eq!(text(&delta(other)), "");
    }
    assert_eq!(text(r#"{"type":"ping"}"#), "");
    let block =
        r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#;
    assert_eq!(text(block), "");
    let start = r#"{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","content":[],"model":"claude","stop_reason":null,"usage":{"input_tokens":25,"cache_creation_input_tokens":100,"cache_read_input_tokens":1000,"output_tokens":1}}}"#;
    assert_eq!(text(start), "");
    assert_eq!(usage(start), [Some(1125), Some(1), None, Some(1000)]);
    let end = r#"{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":15}}"#;
    assert_eq!(text(end), "");
    assert_eq!(usage(end), [None, Some(15), None, None]);
    let nulls = r#"{"type":"message_delta","usage":{"input_tokens":null,"cache_read_input_tokens":null,"output_tokens":15}}"#;
    assert_eq!(usage(nulls), [None, Some(15), None, None]);
}

#[test]
fn reads_gemini() {
    let chunk = r#"{"candidates":[{"content":{"parts":[{"text":"Let me see","thought":true},{"text":"The "},{"text":"answer","thoughtSignature":"Ea"},{"functionCall":{"name":"text"}}],"role":"model"},"index":0,"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":8,"toolUsePromptTokenCount":2,"candidatesTokenCount":5,"thoughtsTokenCount":40,"totalTokenCount":55,"cachedContentTokenCount":4,"promptTokensDetails":[{"modality":"TEXT","tokenCount":8}]},"modelVersion":"gemini-2.5-flash"}"#;
    assert_eq!(text(chunk), "The answer");
    assert_eq!(usage(chunk), [Some(10), Some(45), Some(55), Some(4)]);
    let second = r#"{"candidates":[{"content":{"parts":[{"text":"b"}]},"index":1}]}"#;
    assert_eq!(text(second), "");
    let thinking = r#"{"usageMetadata":{"promptTokenCount":8,"thoughtsTokenCount":40}}"#;
    assert_eq!(usage(thinking), [Some(8), Some(40), None, None]);
}

#[test]
fn reads_ollama() {
    let chat = r#"{"model":"llama3.2","created_at":"2026-11-21T08:00:00Z","message":{"role":"assistant","content":"The","thinking":"Hm","images":null},"done":false}"#;
    assert_eq!(text(chat), "The");
    let generate =
        r#"{"model":"llama3.2","created_at":"2026-11-21T08:00:00Z","response":"The","done":false}"#;
    assert_eq!(text(generate), "The");
    let done = r#"{"model":"llama3.2","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","context":[1,2,3],"total_duration":4883583458,"prompt_eval_count":26,"prompt_eval_duration":342546000,"eval_count":282}"#;
    assert_eq!(text(done), "");
    assert_eq!(usage(done), [Some(26), Some(282), None, None]);
}

#[test]
fn reads_cohere() {
    let delta =
        r#"{"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"LLMs"}}}}"#;
    assert_eq!(text(delta), "LLMs");
    let thinking =
        r#"{"type":"content-delta","index":0,"delta":{"message":{"content":{"thinking":"Hm"}}}}"#;
    assert_eq!(text(thinking), "");
    let start = r#"{"type":"message-start","id":"1","delta":{"message":{"role":"assistant","content":[],"tool_plan":""}}}"#;
    assert_eq!(text(start), "");
    let end = r#"{"type":"message-end","delta":{"finish_reason":"COMPLETE","usage":{"billed_units":{"input_tokens":5,"output_tokens":418.0},"tokens":{"input_tokens":71.0,"output_tokens":418},"cached_tokens":64}}}"#;
    assert_eq!(text(end), "");
    assert_eq!(usage(end), [Some(71), Some(418), None, Some(64)]);
}

#[test]
fn reads_mistral() {
    let plain = r#"{"id":"1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"role":"assistant","content":"Bon"},"finish_reason":null}],"usage":{"prompt_tokens":4,"completion_tokens":9,"total_tokens":13}}"#;
    assert_eq!(text(plain), "Bon");
    assert_eq!(usage(plain), [Some(4), Some(9), Some(13), None]);
    let parts = r#"{"choices":[{"index":0,"delta":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"Hm"}]},{"type":"text","text":"Bon"},{"type":"reference","reference_ids":[1]},{"type":"text","text":"jour"}]}}]}"#;
    assert_eq!(text(parts), "Bonjour");
}

#[test]
fn reads_bedrock_converse() {
    let delta = r#"{"contentBlockIndex":0,"delta":{"text":"Hi"},"p":"abcdefgh"}"#;
    assert_eq!(text(delta), "Hi");
    let thinking = r#"{"contentBlockIndex":0,"delta":{"reasoningContent":{"text":"Hm"}},"p":"ab"}"#;
    assert_eq!(text(thinking), "");
    let tool = r#"{"contentBlockIndex":1,"delta":{"toolUse":{"input":"{\"a\""}},"p":"ab"}"#;
    assert_eq!(text(tool), "");
    let metadata = r#"{"metrics":{"latencyMs":1275},"usage":{"inputTokens":10,"cacheReadInputTokens":90,"cacheWriteInputTokens":0,"outputTokens":72,"totalTokens":172},"p":"abc"}"#;
    assert_eq!(usage(metadata), [Some(100), Some(72), Some(172), Some(90)]);
}

#[test]
fn reports_errors_and_no_text_with_them() {
    let anthropic = r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"req_1"}"#;
    assert_eq!(
        error(anthropic).as_deref(),
        Some("overloaded_error||Overloaded")
    );
    let openai = r#"{"error":{"message":"The server had an error","type":"server_error","param":null,"code":"oops"}}"#;
    assert_eq!(
        error(openai).as_deref(),
        Some("server_error|oops|The server had an error")
    );
    let responses = r#"{"type":"error","code":"rate_limit_exceeded","message":"Slow down","param":null,"sequence_number":3}"#;
    assert_eq!(
        error(responses).as_deref(),
        Some("|rate_limit_exceeded|Slow down")
    );
    let failed = r#"{"type":"response.failed","response":{"status":"failed","error":{"code":"server_error","message":"Failed"},"usage":null}}"#;
    assert_eq!(error(failed).as_deref(), Some("|server_error|Failed"));
    let gemini =
        r#"{"error":{"code":503,"message":"The model is overloaded","status":"UNAVAILABLE"}}"#;
    assert_eq!(
        error(gemini).as_deref(),
        Some("UNAVAILABLE|503|The model is overloaded")
    );
    let ollama = r#"{"error":"model runner has unexpectedly stopped"}"#;
    assert_eq!(
        error(ollama).as_deref(),
        Some("||model runner has unexpectedly stopped")
    );
    let cohere = r#"{"type":"message-end","delta":{"error":"it broke","finish_reason":"ERROR"}}"#;
    assert_eq!(error(cohere).as_deref(), Some("ERROR||it broke"));
    let router = r#"{"error":{"code":502,"message":"Upstream"},"choices":[{"index":0,"delta":{"content":"lost"},"finish_reason":"error"}]}"#;
    assert_eq!(error(router).as_deref(), Some("|502|Upstream"));
    assert_eq!(read(None, router).expect("JSON").text, "");
}

#[test]
fn takes_nothing_for_an_error_that_is_none() {
    for payload in [
        r#"{"error":null}"#,
        r#"{"error":""}"#,
        r#"{"error":{}}"#,
        r#"{"error":false}"#,
        r#"{"type":"message-end","delta":{"error":null,"finish_reason":"COMPLETE"}}"#,
        r#"{"type":"response.incomplete","response":{"error":null}}"#,
    ] {
        assert_eq!(error(payload), None, "{payload}");
    }
}

#[test]
fn takes_an_event_named_error_for_one_whatever_it_holds() {
    let unknown = |payload: &str| read(Some("error"), payload).expect("a payload").error;
    let message = |message: &str| {
        Some(ProviderError {
            message: message.to_owned(),
            ..ProviderError::default()
        })
    };
    assert_eq!(unknown("it broke"), message("it broke"));
    assert_eq!(
        unknown(r#"{"detail":"it broke"}"#),
        message(r#"{"detail":"it broke"}"#)
    );
    assert_eq!(unknown(&"é".repeat(5000)), message(&"é".repeat(1024)));
    let known = unknown(r#"{"error":{"type":"a","message":"b"}}"#).expect("an error");
    assert_eq!(
        (known.kind.as_deref(), known.message.as_str()),
        (Some("a"), "b")
    );
}

#[test]
fn finds_nothing_in_unknown_shapes() {
    for payload in [
        "",
        "[DONE]",
        "ping",
        "[1]",
        "{}",
        r#"{"text":"a"}"#,
        r#"{"choices":{"delta":{"content":"a"}}}"#,
        r#"{"choices":[[{"delta":{"content":"a"}}]]}"#,
        r#"{"choices":[{"index":"0","delta":{"content":"a"}}]}"#,
        r#"{"choices":[{"delta":"a"}]}"#,
        r#"{"choices":[{"delta":{"content":7}}]}"#,
        r#"{"candidates":[null,1,{"content":[]}]}"#,
        r#"{"type":"unknown","delta":{"text":"a"}}"#,
        r#"{"delta":1.5,"message":-1,"response":true}"#,
        r#"{"usage":"a","usageMetadata":[],"eval_count":-1}"#,
        r#"{"usage":{"prompt_tokens":1.5,"completion_tokens":"2"}}"#,
        // Twice the same field: JSON, but of nobody's shape.
        r#"{"response":"a","response":"b"}"#,
    ] {
        let saying = read(None, payload).expect("no error");
        assert_eq!(saying, super::Saying::default(), "{payload}");
    }
}

#[test]
fn refuses_what_begins_like_an_object_and_is_not_json() {
    for payload in ["{", r#"{"choices":[{"delta""#, r#"{"a":1}}"#, "{a:1}", " {"] {
        let error = read(None, payload).expect_err("no JSON");
        assert_eq!(error.code, "WARMLINE_INVALID_EVENT", "{payload}");
    }
    let deep = "{\"delta\":".repeat(100_000);
    assert!(read(None, &deep).is_err());
    let lists = format!("{{\"choices\":{}", "[".repeat(100_000));
    assert!(read(None, &lists).is_err());
}

/// What a stream said, one line for each piece, and how it ended.
fn spoken(framing: Framing, chunks: &[&[u8]]) -> (Vec<String>, Usage, Option<String>) {
    let mut stream = TextStream::new(framing);
    let mut seen = Vec::new();
    let mut see = |spoken: Spoken<'_>| {
        seen.push(match spoken {
            Spoken::Text(text) => text.to_owned(),
            Spoken::Failure(error) => format!("failed: {error:?}"),
        });
    };
    let fed: Result<Vec<()>, _> = chunks
        .iter()
        .map(|chunk| stream.feed(chunk, &mut see))
        .collect();
    let ended = fed.and_then(|_| stream.finish(&mut see));
    let code = ended.err().map(|error| error.code.into_owned());
    let usage = stream.usage();
    (seen, usage, code)
}

const EVENTS: &str = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":3,\"output_tokens\":1}}}\r\n\r\n: ping\n\ndata: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":\"é😀\"}}\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"b\"}}]}\n\ndata: {\"type\":\"message_delta\",\"usage\":{\"output_tokens\":15}}\n\ndata: {\"response\":\"c\"}";

#[test]
fn reads_a_stream_the_same_wherever_it_is_cut() {
    let bytes = EVENTS.as_bytes();
    let expected = Usage {
        input: Some(3),
        output: Some(15),
        total: Some(18),
        cached: None,
    };
    for first in 0..=bytes.len() {
        let cut = spoken(Framing::Events, &[&bytes[..first], &bytes[first..]]);
        let texts = ["é😀", "b", "c"].map(str::to_owned).to_vec();
        assert_eq!(cut, (texts, expected, None), "cut at {first}");
    }
}

#[test]
fn says_nothing_after_done_or_a_failure() {
    let done =
        b"data: {\"response\":\"a\"}\n\ndata: [DONE]\n\ndata: {\"response\":\"b\"}\n\ndata: {";
    assert_eq!(
        spoken(Framing::Events, &[done]),
        (vec!["a".into()], Usage::default(), None)
    );
    let failed = b"{\"response\":\"a\"}\n{\"error\":\"no\"}\n{\"response\":\"b\"}\n{";
    let (seen, _, code) = spoken(Framing::Lines, &[failed, b"{\"response\":\"c\"}\n"]);
    assert_eq!((seen.len(), code), (2, None));
    assert!(seen[1].contains("\"no\""), "{}", seen[1]);
}

#[test]
fn says_so_where_an_event_is_no_json_after_what_came_before() {
    for (framing, bytes) in [
        (
            Framing::Events,
            &b"data: {\"response\":\"a\"}\n\ndata: {\"resp\n\ndata: {\"response\":\"b\"}\n\n"[..],
        ),
        (Framing::Lines, b"{\"response\":\"a\"}\n{\"resp"),
    ] {
        let (seen, _, code) = spoken(framing, &[bytes]);
        assert_eq!(seen, ["a"]);
        assert_eq!(code.as_deref(), Some("WARMLINE_INVALID_EVENT"));
    }
}

/// A frame with text headers.
fn frame(headers: &[(&str, &str)], payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, value) in headers {
        bytes.push(u8::try_from(name.len()).expect("a short name"));
        bytes.extend(name.as_bytes());
        bytes.push(7);
        bytes.extend(
            u16::try_from(value.len())
                .expect("a short value")
                .to_be_bytes(),
        );
        bytes.extend(value.as_bytes());
    }
    let word = |number: usize| u32::try_from(number).expect("a small number").to_be_bytes();
    let mut frame = [word(16 + bytes.len() + payload.len()), word(bytes.len())].concat();
    frame.extend(crc32fast::hash(&frame).to_be_bytes());
    frame.extend(bytes);
    frame.extend(payload);
    frame.extend(crc32fast::hash(&frame).to_be_bytes());
    frame
}

fn model_event(payload: &str) -> Vec<u8> {
    let headers = [
        (":event-type", "chunk"),
        (":content-type", "application/json"),
        (":message-type", "event"),
    ];
    let bytes = STANDARD.encode(payload);
    frame(
        &headers,
        format!(r#"{{"bytes":"{bytes}","p":"abc"}}"#).as_bytes(),
    )
}

#[test]
fn reads_bedrock_frames() {
    let converse = [
        (":event-type", "contentBlockDelta"),
        (":message-type", "event"),
    ];
    let bytes = [
        frame(
            &[(":event-type", "messageStart"), (":message-type", "event")],
            br#"{"role":"assistant"}"#,
        ),
        frame(
            &converse,
            br#"{"contentBlockIndex":0,"delta":{"text":"a"}}"#,
        ),
        model_event(r#"{"type":"content_block_delta","delta":{"type":"text_delta","text":"é"}}"#),
        frame(
            &[(":event-type", "metadata"), (":message-type", "event")],
            br#"{"usage":{"inputTokens":1,"outputTokens":2}}"#,
        ),
    ]
    .concat();
    let (seen, usage, code) = spoken(Framing::AwsFrames, &[&bytes]);
    assert_eq!((seen, code), (vec!["a".to_owned(), "é".to_owned()], None));
    assert_eq!(counts(usage), [Some(1), Some(2), Some(3), None]);
    let (_, _, code) = spoken(Framing::AwsFrames, &[&bytes[..bytes.len() - 1]]);
    assert_eq!(code.as_deref(), Some("WARMLINE_FRAME_TRUNCATED"));
}

#[test]
fn reports_bedrock_exceptions_and_errors() {
    let failure = |bytes: Vec<u8>| {
        let mut failure = None;
        let mut stream = TextStream::new(Framing::AwsFrames);
        let fed = stream.feed(&bytes, |spoken| {
            if let Spoken::Failure(error) = spoken {
                failure = Some((error.kind.unwrap_or_default(), error.message));
            }
        });
        fed.expect("sound frames");
        failure.expect("a failure")
    };
    let exception = [
        (":exception-type", "throttlingException"),
        (":message-type", "exception"),
    ];
    let expected = ("throttlingException".to_owned(), "Too many".to_owned());
    assert_eq!(
        failure(frame(&exception, br#"{"message":"Too many"}"#)),
        expected
    );
    assert_eq!(
        failure(frame(&exception, br#"{"Message":"Too many"}"#)),
        expected
    );
    assert_eq!(failure(frame(&exception, b"")).0, "throttlingException");
    let error = [
        (":message-type", "error"),
        (":error-code", "throttlingException"),
        (":error-message", "Too many"),
    ];
    assert_eq!(failure(frame(&error, b"")), expected);
    let nested =
        model_event(r#"{"type":"error","error":{"type":"overloaded_error","message":"Later"}}"#);
    assert_eq!(
        failure(nested),
        ("overloaded_error".to_owned(), "Later".to_owned())
    );
}

#[test]
fn refuses_what_is_no_base64() {
    let bytes = frame(&[(":message-type", "event")], br#"{"bytes":"*"}"#);
    let (_, _, code) = spoken(Framing::AwsFrames, &[&bytes]);
    assert_eq!(code.as_deref(), Some("WARMLINE_INVALID_EVENT"));
}

/// JSON that is often, but not always, of a provider's shape.
fn payloads() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        Just("type"),
        Just("choices"),
        Just("delta"),
        Just("content"),
        Just("text"),
        Just("message"),
        Just("usage"),
        Just("prompt_tokens"),
        Just("candidates"),
        Just("parts"),
        Just("error"),
        Just("response"),
        Just("index"),
        Just("content_block_delta"),
        Just("bytes"),
    ];
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("0".to_owned()),
        Just("1e3".to_owned()),
        Just("-7".to_owned()),
        word.clone().prop_map(|word| format!("\"{word}\"")),
        Just("\"\\ud800\"".to_owned()),
        Just("{".to_owned()),
    ];
    leaf.prop_recursive(5, 40, 4, move |inner| {
        let field =
            (word.clone(), inner.clone()).prop_map(|(name, value)| format!("\"{name}\":{value}"));
        prop_oneof![
            proptest::collection::vec(field, 0..4)
                .prop_map(|fields| format!("{{{}}}", fields.join(","))),
            proptest::collection::vec(inner, 0..3)
                .prop_map(|values| format!("[{}]", values.join(","))),
        ]
    })
}

proptest! {
    #[test]
    fn survives_any_payload(payload in payloads(), noise in ".*") {
        let _ = read(Some("error"), &payload);
        let _ = read(None, &noise);
        let valid = serde_json::from_str::<serde_json::Value>(&payload).is_ok();
        prop_assert!(!valid || read(None, &payload).is_ok());
    }

    #[test]
    fn reads_any_stream_the_same_whole_or_in_pieces(payloads in proptest::collection::vec(payloads(), 0..6), size in 1_usize..40) {
        let lines = payloads.join("\n");
        let pieces: Vec<&[u8]> = lines.as_bytes().chunks(size).collect();
        prop_assert_eq!(spoken(Framing::Lines, &pieces), spoken(Framing::Lines, &[lines.as_bytes()]));
        let events = format!("data: {}\n\n", payloads.join("\n\ndata: "));
        let pieces: Vec<&[u8]> = events.as_bytes().chunks(size).collect();
        prop_assert_eq!(spoken(Framing::Events, &pieces), spoken(Framing::Events, &[events.as_bytes()]));
    }
}

/// Streams of every provider that report usage or fail, each with events around that do not.
const METERED: [&str; 9] = [
    // OpenAI chat completions, with usage and errors that are null.
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"the \\\"error\\\"\"}}],\"usage\":null}\n\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":20,\"completion_tokens\":10,\"total_tokens\":30}}\n\ndata: [DONE]\n\n",
    // Responses.
    "data: {\"type\":\"response.created\",\"response\":{\"error\":null,\"usage\":null}}\n\ndata: {\"type\":\"response.completed\",\"response\":{\"error\":null,\"usage\":{\"input_tokens\":2,\"output_tokens\":3,\"total_tokens\":5}}}\n\n",
    "data: {\"type\":\"response.failed\",\"response\":{\"error\":{\"code\":\"server_error\",\"message\":\"no\"}}}\n\n",
    "data: {\"type\": \"error\",\"code\":\"c\",\"message\":\"no\"}\n\n",
    // Anthropic.
    "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":5,\"output_tokens\":1}}}\n\nevent: message_delta\ndata: {\"type\":\"message_delta\",\"usage\": {\"output_tokens\":15}}\n\n",
    "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n",
    "event: error\ndata: out of order\n\n",
    // Gemini.
    "data: {\"candidates\": [],\"usageMetadata\": {\"promptTokenCount\": 3,\"candidatesTokenCount\": 4,\"totalTokenCount\": 7}}\n\n",
    // Ollama, here as an event.
    "data: {\"done\":true,\"prompt_eval_count\":2,\"eval_count\":3}\n\n",
];

#[test]
fn a_meter_counts_what_a_reader_of_text_is_told() {
    for stream in METERED {
        let mut reader = TextStream::new(Framing::Events);
        let mut failure = None;
        let mut note = |spoken: Spoken<'_>| {
            if let Spoken::Failure(error) = spoken {
                failure = Some(error);
            }
        };
        reader.feed(stream.as_bytes(), &mut note).expect("JSON");
        reader.finish(&mut note).expect("JSON");
        assert!(
            failure.is_some() || reader.usage() != Usage::default(),
            "{stream}"
        );

        let mut meter = UsageMeter::of_stream(Framing::Events);
        for byte in stream.bytes() {
            meter.feed(&[byte]);
        }
        meter.finish();
        assert_eq!(meter.usage(), reader.usage(), "{stream}");
        assert_eq!(meter.failure(), failure.as_ref(), "{stream}");
    }
}

#[test]
fn a_meter_reads_an_answer_that_is_one_object() {
    let mut meter = UsageMeter::of_object();
    meter.feed(b"{\n  \"usage\": { \"prompt_tokens\": 1,");
    meter.feed(b" \"completion_tokens\": 2 }\n}\n");
    meter.finish();
    assert_eq!(counts(meter.usage()), [Some(1), Some(2), Some(3), None]);
    let mut meter = UsageMeter::of_object();
    meter.feed(br#"{"error":{"message":"no","type":"invalid_request_error"}}"#);
    meter.finish();
    let kind = meter.failure().and_then(|error| error.kind.clone());
    assert_eq!(kind.as_deref(), Some("invalid_request_error"));
}

/// Fields of an answer that is one object, of each name one.
fn answers() -> impl Strategy<Value = String> {
    let reported = prop_oneof![
        Just("null".to_owned()),
        Just("{}".to_owned()),
        Just("\"usage\"".to_owned()),
        (0..9_u8, 0..9_u8).prop_map(|(input, output)| {
            let of = "\"name\":\"a \\\\\\\" }\",\"prompt_tokens_details\":{\"cached_tokens\":1}";
            format!("{{\"prompt_tokens\":{input}, {of},\"completion_tokens\":{output}}}")
        }),
    ];
    let reported = [(); 6].map(|()| reported.clone());
    reported.prop_flat_map(|[usage, inner, other, choice, part, last]| {
        let fields = vec![
            format!("\"usage\" : {usage}"),
            format!("\"message\":{{\"usage\":{inner}}}"),
            format!("\"metadata\":{{\"usage\": {other},\"tags\":[[],{{}}]}}"),
            format!("\"choices\":[{{\"text\":\"\",\"usage\":{choice}}}]"),
            format!("\"parts\":[{part},\"]}}\\\\\"]"),
            format!("\"response\":{{\"last\":\"}}\",\"usage\":{last}}}"),
            "\"usageMetadata\":{\"promptTokenCount\":4}".to_owned(),
            "\"text\":\"\\\"usage\\\": {\\\"prompt_tokens\\\":8}, \\\"usage\"".to_owned(),
            "\"kind\":\"usage\"".to_owned(),
            "\"error\":null".to_owned(),
            "\"prompt_eval_count\":3".to_owned(),
            "\"cause\":\"error\"".to_owned(),
            "\"usage_of\":{\"prompt_tokens\":5}".to_owned(),
        ];
        let count = fields.len();
        proptest::sample::subsequence(fields, 0..=count)
            .prop_shuffle()
            .prop_map(|fields| format!(" {{{}}}\n", fields.join(", ")))
    })
}

proptest! {
    #[test]
    fn a_meter_reads_of_one_object_what_a_reader_does(answer in answers(), size in 1_usize..200) {
        let said = read(None, &answer).expect("JSON");
        let mut meter = UsageMeter::of_object();
        for piece in answer.as_bytes().chunks(size) {
            meter.feed(piece);
        }
        meter.finish();
        prop_assert_eq!(meter.usage(), said.usage.with_total(), "{}", answer);
        prop_assert_eq!(meter.failure(), said.error.as_ref(), "{}", answer);
    }
}

#[test]
fn a_meter_says_nothing_of_an_object_that_breaks_off_behind_its_usage() {
    for answer in [
        r#"{"usage":{"prompt_tokens":1}"#,
        r#"{"usage":{"prompt_tokens":1},"text":""#,
        r#"{"usage":{"prompt_tokens":1},"text":"\"#,
        r#"{"usage":{"prompt_tokens":1}}}"#,
        r#"[{"usage":{"prompt_tokens":1}}]"#,
        r#"{"usage":{"prompt_tokens":1"#,
        r#"{"usage""#,
    ] {
        let mut meter = UsageMeter::of_object();
        meter.feed(answer.as_bytes());
        meter.finish();
        assert_eq!(meter.usage(), Usage::default(), "{answer}");
    }
}

#[test]
fn a_meter_keeps_what_came_before_what_it_cannot_read() {
    let mut meter = UsageMeter::of_stream(Framing::Events);
    meter.feed(b"data: {\"usage\":{\"prompt_tokens\":1}}\n\ndata: {\"usage\":{{\n\n");
    meter.feed(b"data: {\"usage\":{\"prompt_tokens\":9}}\n\n");
    meter.finish();
    assert_eq!(counts(meter.usage()), [Some(1), None, None, None]);
}
