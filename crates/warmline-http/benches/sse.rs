//! Each decoder of streams, and the same with the text read from what it decodes: megabytes of body a
//! second, nanoseconds an event. Prints the best of several rounds: others on the machine only ever add.
//!
//! `cargo bench -p warmline-http --bench sse`

use std::hint::black_box;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use warmline_http::Error;
use warmline_http::sse::{AwsFrames, Dialect, EventStream, Framing, JsonLines, TextStream};

const ROUNDS: usize = 20;
const EVENTS: u32 = 20_000;
/// What a busy socket gives at once.
const PIECE_BYTES: usize = 16 * 1024;

const WORDS: [&str; 8] = [
    " the",
    " connection",
    ",",
    " été",
    "\\n\\n",
    " is",
    " warm",
    ".",
];

struct Stream {
    name: &'static str,
    framing: Framing,
    bytes: Vec<u8>,
}

fn main() -> Result<(), Error> {
    for stream in streams() {
        let Stream {
            name,
            framing,
            bytes,
        } = &stream;
        report(&format!("{name}: decoded"), bytes, || {
            decode(*framing, bytes)
        })?;
        report(&format!("{name}: text"), bytes, || read(*framing, bytes))?;
    }
    Ok(())
}

fn streams() -> [Stream; 4] {
    let anthropic = |word: &str| {
        format!(
            r#"{{"type":"content_block_delta","index":0,"delta":{{"type":"text_delta","text":"{word}"}}}}"#
        )
    };
    let openai = |word: &str| {
        format!(
            r#"{{"id":"chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG","object":"chat.completion.chunk","created":1741570283,"model":"gpt-5-mini-2025-08-07","service_tier":"default","system_fingerprint":"fp_44709d6fcb","choices":[{{"index":0,"delta":{{"content":"{word}"}},"logprobs":null,"finish_reason":null}}],"usage":null,"obfuscation":"AbCdEfGh"}}"#
        )
    };
    let ollama = |word: &str| {
        format!(
            r#"{{"model":"llama3.2","created_at":"2026-11-21T08:28:53.408Z","message":{{"role":"assistant","content":"{word}"}},"done":false}}"#
        )
    };
    [
        Stream {
            name: "OpenAI, event stream",
            framing: Framing::Events,
            bytes: all(|word| format!("data: {}\n\n", openai(word)).into()),
        },
        Stream {
            name: "Anthropic, event stream",
            framing: Framing::Events,
            bytes: all(|word| {
                format!("event: content_block_delta\ndata: {}\n\n", anthropic(word)).into()
            }),
        },
        Stream {
            name: "Ollama, lines",
            framing: Framing::Lines,
            bytes: all(|word| format!("{}\n", ollama(word)).into()),
        },
        Stream {
            name: "Anthropic on Bedrock, frames",
            framing: Framing::AwsFrames,
            bytes: all(|word| frame(&anthropic(word))),
        },
    ]
}

fn all(event: impl Fn(&str) -> Vec<u8>) -> Vec<u8> {
    let words = WORDS.iter().cycle().take(EVENTS as usize);
    words.flat_map(|word| event(word)).collect()
}

/// A model's event as Bedrock frames it.
fn frame(event: &str) -> Vec<u8> {
    let headers = b"\x0b:event-type\x07\x00\x05chunk\x0d:content-type\x07\x00\x10application/json\x0d:message-type\x07\x00\x05event";
    let payload = format!(
        r#"{{"bytes":"{}","p":"abcdefghijkl"}}"#,
        STANDARD.encode(event)
    );
    let word = |number: usize| u32::try_from(number).unwrap_or_default().to_be_bytes();
    let mut frame = [
        word(16 + headers.len() + payload.len()),
        word(headers.len()),
    ]
    .concat();
    frame.extend(crc32fast::hash(&frame).to_be_bytes());
    frame.extend(headers);
    frame.extend(payload.as_bytes());
    frame.extend(crc32fast::hash(&frame).to_be_bytes());
    frame
}

fn decode(framing: Framing, bytes: &[u8]) -> Result<(), Error> {
    let pieces = bytes.chunks(PIECE_BYTES);
    match framing {
        Framing::Events => {
            let mut stream = EventStream::new(Dialect::Standard);
            for piece in pieces {
                stream.feed(piece, |event| _ = black_box(event.data))?;
            }
        }
        Framing::Lines => {
            let mut lines = JsonLines::default();
            for piece in pieces {
                lines.feed(piece, |line| _ = black_box(line))?;
            }
        }
        Framing::AwsFrames => {
            let mut frames = AwsFrames::default();
            for piece in pieces {
                frames.feed(piece, |frame| _ = black_box(frame.payload))?;
            }
        }
    }
    Ok(())
}

fn read(framing: Framing, bytes: &[u8]) -> Result<(), Error> {
    let mut stream = TextStream::new(framing);
    for piece in bytes.chunks(PIECE_BYTES) {
        stream.feed(piece, |spoken| _ = black_box(spoken))?;
    }
    Ok(())
}

fn report(name: &str, bytes: &[u8], run: impl Fn() -> Result<(), Error>) -> Result<(), Error> {
    let mut best = Duration::MAX;
    for _ in 0..ROUNDS {
        let began = Instant::now();
        run()?;
        best = best.min(began.elapsed());
    }
    // Some megabytes: a float holds them exactly.
    #[allow(clippy::cast_precision_loss, reason = "as said")]
    let megabytes = bytes.len() as f64 / 1e6;
    let seconds = best.as_secs_f64();
    println!(
        "{name}: {:.0} MB/s, {:.0} ns an event",
        megabytes / seconds,
        seconds * 1e9 / f64::from(EVENTS)
    );
    Ok(())
}
