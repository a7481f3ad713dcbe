//! The responses API.

use serde_json::{Value, json};

use crate::ask::{Ask, Size};
use crate::reply::{Exchange, Reply};
use crate::server::unix_time;
use crate::stream::Events;
use crate::words::{push_words, word};

pub(crate) fn answer(exchange: Exchange<'_>) -> Reply {
    let ask = match Ask::parse(exchange.body) {
        Ok(ask) => ask,
        Err(why) => return exchange.error(400, why),
    };
    let id = exchange.next_id();
    let events = ResponseEvents {
        response: format!("resp_{id:024x}"),
        item: format!("msg_{id:024x}"),
        // It parsed as a JSON string already.
        model: serde_json::from_str(ask.model()).unwrap_or_default(),
        created: unix_time().as_secs(),
        size: ask.size(exchange.knobs.tokens, exchange.body),
        sequence: 0,
        next: Next::Created,
    };
    if ask.stream == Some(true) {
        return exchange.stream(Box::new(events));
    }
    let body = events.whole();
    exchange.json(|out| out.extend_from_slice(body.to_string().as_bytes()))
}

/// The events of one streamed response.
struct ResponseEvents {
    response: String,
    item: String,
    model: String,
    created: u64,
    size: Size,
    sequence: u32,
    next: Next,
}

#[derive(Clone, Copy)]
enum Next {
    Created,
    InProgress,
    ItemAdded,
    PartAdded,
    Token(u32),
    PartDone,
    ItemDone,
    Completed,
    Nothing,
}

impl ResponseEvents {
    fn text(&self) -> String {
        let mut text = Vec::new();
        push_words(&mut text, self.size.tokens);
        String::from_utf8_lossy(&text).into_owned()
    }

    fn part(text: &str) -> Value {
        json!({ "type": "output_text", "text": text, "annotations": [] })
    }

    fn item(&self, status: &str, content: &Value) -> Value {
        json!({
            "id": self.item, "type": "message", "role": "assistant", "status": status,
            "content": content,
        })
    }

    fn response(&self, status: &str, output: &Value, usage: &Value) -> Value {
        json!({
            "id": self.response, "object": "response", "created_at": self.created,
            "status": status, "model": self.model, "error": null, "incomplete_details": null,
            "output": output, "usage": usage,
        })
    }

    /// The response at its end.
    fn whole(&self) -> Value {
        let status = if self.size.cut_short {
            "incomplete"
        } else {
            "completed"
        };
        let item = self.item(status, &json!([Self::part(&self.text())]));
        let (input, output) = (self.size.prompt_tokens, self.size.tokens);
        let usage = json!({
            "input_tokens": input, "input_tokens_details": { "cached_tokens": 0 },
            "output_tokens": output, "output_tokens_details": { "reasoning_tokens": 0 },
            "total_tokens": input + output as usize,
        });
        let mut response = self.response(status, &json!([item]), &usage);
        if self.size.cut_short {
            response["incomplete_details"] = json!({ "reason": "max_output_tokens" });
        }
        response
    }

    /// The type of the event at hand, its own fields, and the step after it; `None` at the end.
    fn step(&self) -> Option<(&'static str, Value, Next)> {
        Some(match self.next {
            Next::Created => (
                "response.created",
                json!({ "response": self.response("in_progress", &json!([]), &Value::Null) }),
                Next::InProgress,
            ),
            Next::InProgress => (
                "response.in_progress",
                json!({ "response": self.response("in_progress", &json!([]), &Value::Null) }),
                Next::ItemAdded,
            ),
            Next::ItemAdded => (
                "response.output_item.added",
                json!({ "output_index": 0, "item": self.item("in_progress", &json!([])) }),
                Next::PartAdded,
            ),
            Next::PartAdded => (
                "response.content_part.added",
                json!({
                    "item_id": self.item, "output_index": 0, "content_index": 0,
                    "part": Self::part(""),
                }),
                Next::Token(0),
            ),
            Next::Token(index) if index < self.size.tokens => (
                "response.output_text.delta",
                json!({
                    "item_id": self.item, "output_index": 0, "content_index": 0,
                    "delta": word(index),
                }),
                Next::Token(index + 1),
            ),
            Next::Token(_) => (
                "response.output_text.done",
                json!({
                    "item_id": self.item, "output_index": 0, "content_index": 0,
                    "text": self.text(),
                }),
                Next::PartDone,
            ),
            Next::PartDone => (
                "response.content_part.done",
                json!({
                    "item_id": self.item, "output_index": 0, "content_index": 0,
                    "part": Self::part(&self.text()),
                }),
                Next::ItemDone,
            ),
            Next::ItemDone => (
                "response.output_item.done",
                json!({
                    "output_index": 0,
                    "item": self.item("completed", &json!([Self::part(&self.text())])),
                }),
                Next::Completed,
            ),
            Next::Completed => {
                let name = if self.size.cut_short {
                    "response.incomplete"
                } else {
                    "response.completed"
                };
                (name, json!({ "response": self.whole() }), Next::Nothing)
            }
            Next::Nothing => return None,
        })
    }
}

impl Events for ResponseEvents {
    fn next(&mut self, out: &mut Vec<u8>) -> bool {
        let Some((name, mut event, next)) = self.step() else {
            return false;
        };
        event["type"] = json!(name);
        event["sequence_number"] = json!(self.sequence);
        self.sequence += 1;
        self.next = next;
        out.extend_from_slice(format!("event: {name}\ndata: {event}\n\n").as_bytes());
        true
    }

    fn is_paced(&self) -> bool {
        matches!(self.next, Next::Token(index) if index < self.size.tokens)
    }
}
