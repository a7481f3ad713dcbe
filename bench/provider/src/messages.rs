//! Anthropic's messages API.

use std::io::Write;

use crate::ask::{Ask, Size};
use crate::reply::{Exchange, Reply};
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
        let model = ask.model().to_owned();
        let words = exchange.knobs.words;
        return exchange.stream(Box::new(MessageEvents {
            id,
            model,
            size,
            words,
            next: Next::MessageStart,
        }));
    }
    let (model, stop) = (ask.model(), stop_reason(size));
    exchange.json(|out| {
        push_message(out, id, model);
        out.extend_from_slice(br#""content":[{"type":"text","text":""#);
        push_words(out, size.tokens);
        // Writing into a Vec cannot fail.
        let _ = write!(
            out,
            r#""}}],"stop_reason":"{stop}","stop_sequence":null,"usage":{{"input_tokens":{},"output_tokens":{}}}}}"#,
            size.prompt_tokens, size.tokens
        );
    })
}

/// What every message begins with.
fn push_message(out: &mut Vec<u8>, id: usize, model: &str) {
    // Writing into a Vec cannot fail.
    let _ = write!(
        out,
        r#"{{"id":"msg_{id:024x}","type":"message","role":"assistant","model":{model},"#
    );
}

fn stop_reason(size: Size) -> &'static str {
    if size.cut_short {
        "max_tokens"
    } else {
        "end_turn"
    }
}

/// The events of one streamed message.
struct MessageEvents {
    id: usize,
    model: String,
    size: Size,
    words: Words,
    next: Next,
}

enum Next {
    MessageStart,
    ContentBlockStart,
    Ping,
    Token(u32),
    MessageDelta,
    MessageStop,
    Nothing,
}

impl Events for MessageEvents {
    fn next(&mut self, out: &mut Vec<u8>) -> bool {
        // Writing into a Vec cannot fail.
        self.next = match self.next {
            Next::MessageStart => {
                out.extend_from_slice(
                    b"event: message_start\ndata: {\"type\":\"message_start\",\"message\":",
                );
                push_message(out, self.id, &self.model);
                let _ = write!(
                    out,
                    "\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":{{\"input_tokens\":{},\"output_tokens\":1}}}}}}\n\n",
                    self.size.prompt_tokens
                );
                Next::ContentBlockStart
            }
            Next::ContentBlockStart => {
                out.extend_from_slice(b"event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n");
                Next::Ping
            }
            Next::Ping => {
                out.extend_from_slice(b"event: ping\ndata: {\"type\":\"ping\"}\n\n");
                Next::Token(0)
            }
            Next::Token(index) if index < self.size.tokens => {
                out.extend_from_slice(b"event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"");
                push_token(out, index, self.words);
                out.extend_from_slice(b"\"}}\n\n");
                Next::Token(index + 1)
            }
            Next::Token(_) => {
                out.extend_from_slice(b"event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n");
                Next::MessageDelta
            }
            Next::MessageDelta => {
                let _ = write!(
                    out,
                    "event: message_delta\ndata: {{\"type\":\"message_delta\",\"delta\":{{\"stop_reason\":\"{}\",\"stop_sequence\":null}},\"usage\":{{\"output_tokens\":{}}}}}\n\n",
                    stop_reason(self.size),
                    self.size.tokens
                );
                Next::MessageStop
            }
            Next::MessageStop => {
                out.extend_from_slice(
                    b"event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
                );
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
