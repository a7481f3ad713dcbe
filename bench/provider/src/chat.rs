//! The chat completions API.

use crate::ask::{Ask, Size};
use crate::http1::{push_hex, push_number};
use crate::reply::{Exchange, Reply};
use crate::server::unix_time;
use crate::stream::Events;
use crate::words::{Words, push_token, push_words};

pub(crate) fn answer(exchange: Exchange<'_>) -> Reply {
    let ask = match Ask::parse(exchange.body) {
        Ok(ask) => ask,
        Err(why) => return exchange.error(400, why),
    };
    let size = ask.size(exchange.knobs.tokens, exchange.body);
    let id = exchange.next_id();
    if ask.stream == Some(true) {
        let mut prefix = Vec::new();
        push_prefix(&mut prefix, id, "chat.completion.chunk", ask.model());
        let words = exchange.knobs.words;
        return exchange.stream(Box::new(Chunks {
            prefix,
            words,
            usage: ask.include_usage(),
            size,
            next: Next::Role,
        }));
    }
    let model = ask.model();
    exchange.json(|out| {
        push_prefix(out, id, "chat.completion", model);
        out.extend_from_slice(
            br#""choices":[{"index":0,"message":{"role":"assistant","content":""#,
        );
        push_words(out, size.tokens);
        out.extend_from_slice(br#"","refusal":null},"logprobs":null,"finish_reason":"#);
        out.extend_from_slice(finish_reason(size));
        out.extend_from_slice(br#"}],"usage":"#);
        push_usage(out, size);
        out.push(b'}');
    })
}

/// What every object of one answer begins with.
fn push_prefix(out: &mut Vec<u8>, id: usize, object: &str, model: &str) {
    out.extend_from_slice(br#"{"id":"chatcmpl-"#);
    push_hex(out, id);
    out.extend_from_slice(br#"","object":""#);
    out.extend_from_slice(object.as_bytes());
    out.extend_from_slice(br#"","created":"#);
    push_number(out, unix_time().as_secs());
    out.extend_from_slice(br#","model":"#);
    out.extend_from_slice(model.as_bytes());
    out.extend_from_slice(br#","service_tier":"default","system_fingerprint":"fp_44709d6fcb","#);
}

fn finish_reason(size: Size) -> &'static [u8] {
    if size.cut_short {
        br#""length""#
    } else {
        br#""stop""#
    }
}

fn push_usage(out: &mut Vec<u8>, size: Size) {
    out.extend_from_slice(br#"{"prompt_tokens":"#);
    push_number(out, size.prompt_tokens);
    out.extend_from_slice(br#","completion_tokens":"#);
    push_number(out, size.tokens);
    out.extend_from_slice(br#","total_tokens":"#);
    push_number(out, size.prompt_tokens + size.tokens as usize);
    out.extend_from_slice(
        br#","prompt_tokens_details":{"cached_tokens":0},"completion_tokens_details":{"reasoning_tokens":0}}"#,
    );
}

/// The chunks of one streamed completion.
struct Chunks {
    prefix: Vec<u8>,
    words: Words,
    size: Size,
    usage: bool,
    next: Next,
}

enum Next {
    Role,
    Token(u32),
    Usage,
    Done,
    Nothing,
}

impl Chunks {
    fn push(&self, out: &mut Vec<u8>, delta: impl FnOnce(&mut Vec<u8>), finish: &[u8]) {
        out.extend_from_slice(b"data: ");
        out.extend_from_slice(&self.prefix);
        if self.usage {
            out.extend_from_slice(br#""usage":null,"#);
        }
        out.extend_from_slice(br#""choices":[{"index":0,"delta":{"#);
        delta(out);
        out.extend_from_slice(br#"},"logprobs":null,"finish_reason":"#);
        out.extend_from_slice(finish);
        out.extend_from_slice(b"}]}\n\n");
    }
}

impl Events for Chunks {
    fn next(&mut self, out: &mut Vec<u8>) -> bool {
        self.next = match self.next {
            Next::Role => {
                let delta = br#""role":"assistant","content":"","refusal":null"#;
                self.push(out, |out| out.extend_from_slice(delta), b"null");
                Next::Token(0)
            }
            Next::Token(index) if index < self.size.tokens => {
                let delta = |out: &mut Vec<u8>| {
                    out.extend_from_slice(br#""content":""#);
                    push_token(out, index, self.words);
                    out.push(b'"');
                };
                self.push(out, delta, b"null");
                Next::Token(index + 1)
            }
            Next::Token(_) => {
                self.push(out, |_| {}, finish_reason(self.size));
                if self.usage { Next::Usage } else { Next::Done }
            }
            Next::Usage => {
                out.extend_from_slice(b"data: ");
                out.extend_from_slice(&self.prefix);
                out.extend_from_slice(br#""choices":[],"usage":"#);
                push_usage(out, self.size);
                out.extend_from_slice(b"}\n\n");
                Next::Done
            }
            Next::Done => {
                out.extend_from_slice(b"data: [DONE]\n\n");
                Next::Nothing
            }
            Next::Nothing => return false,
        };
        true
    }

    fn is_paced(&self) -> bool {
        matches!(self.next, Next::Token(index) if index < self.size.tokens)
    }
}
