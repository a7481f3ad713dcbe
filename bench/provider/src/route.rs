//! Which path is answered by whom.

use crate::echo;
use crate::knobs::{BadKnob, PREFIX};
use crate::reply::{Api, Exchange, Reply};
use crate::script::Script;
use crate::{chat, messages, responses};

/// Reads the knobs of the request, then answers it.
pub(crate) fn answer(mut exchange: Exchange<'_>) -> Reply {
    let path = exchange.head.path;
    if path.starts_with("/v1/messages") {
        exchange.api = Api::Anthropic;
    }
    if let Err(error) = set_knobs(&mut exchange) {
        return exchange.error(400, &error.to_string());
    }
    exchange.count_work();
    if let Some(status) = exchange.knobs.status {
        return exchange.error(status, "as the request asked for");
    }
    match (path, exchange.head.method) {
        ("/v1/chat/completions", "POST") => chat::answer(exchange),
        ("/v1/messages", "POST") => messages::answer(exchange),
        ("/v1/responses", "POST") => responses::answer(exchange),
        ("/v1/models", "GET" | "HEAD") => exchange.json(|out| out.extend_from_slice(MODELS)),
        ("/health", "GET" | "HEAD") => exchange.json(|out| out.extend_from_slice(HEALTHY)),
        ("/echo", _) => echo::answer(exchange),
        ("/mirror", _) => exchange.mirror(),
        ("/script", "POST") => begin_script(exchange),
        ("/arrivals", "GET" | "HEAD") => {
            let arrivals = exchange.shared.stats.arrivals();
            encoded(exchange, arrivals)
        }
        ("/stats", "GET" | "HEAD") => stats(exchange),
        ("/stats/reset", "POST") => {
            exchange.shared.stats.reset();
            stats(exchange)
        }
        (
            "/v1/chat/completions"
            | "/v1/messages"
            | "/v1/responses"
            | "/v1/models"
            | "/health"
            | "/arrivals"
            | "/script"
            | "/stats"
            | "/stats/reset",
            _,
        ) => exchange.error(405, "not with this method"),
        _ => exchange.error(404, "no such path; the program's --help lists them"),
    }
}

const HEALTHY: &[u8] = br#"{"status":"ok"}"#;
const MODELS: &[u8] = br#"{"object":"list","data":[{"id":"mock-large","object":"model","created":1735689600,"owned_by":"warmline"},{"id":"mock-small","object":"model","created":1735689600,"owned_by":"warmline"}],"has_more":false,"first_id":"mock-large","last_id":"mock-small"}"#;

fn stats(exchange: Exchange<'_>) -> Reply {
    let reading = serde_json::to_vec(&exchange.shared.stats.read());
    encoded(exchange, reading)
}

fn encoded(exchange: Exchange<'_>, json: serde_json::Result<Vec<u8>>) -> Reply {
    match json {
        Ok(json) => exchange.json(|out| out.extend_from_slice(&json)),
        Err(error) => exchange.error(500, &error.to_string()),
    }
}

fn begin_script(exchange: Exchange<'_>) -> Reply {
    let begun = serde_json::from_slice::<Script>(exchange.body)
        .map_err(|error| error.to_string())
        .and_then(|script| {
            let stage = &exchange.shared.stage;
            stage.begin(script).map_err(|error| error.to_string())
        });
    match begun {
        Ok(()) => exchange.json(|out| out.extend_from_slice(HEALTHY)),
        Err(why) => exchange.error(400, &why),
    }
}

/// The script first, then the query and the headers, so that a request wins over the script, and a header over all.
fn set_knobs(exchange: &mut Exchange<'_>) -> Result<(), BadKnob> {
    let head = exchange.head;
    if head.method == "POST" && head.path.starts_with("/v1/") {
        exchange.quota = exchange.shared.stage.direct(&mut exchange.knobs)?;
    }
    for pair in head.query.split('&') {
        if let Some(pair) = pair.strip_prefix(PREFIX) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            exchange.knobs.set(name, value)?;
        }
    }
    for header in head.headers {
        let prefix = header.name.as_bytes().first_chunk::<{ PREFIX.len() }>();
        if prefix.is_some_and(|prefix| prefix.eq_ignore_ascii_case(PREFIX.as_bytes())) {
            let value = String::from_utf8_lossy(header.value);
            exchange.knobs.set(&header.name[PREFIX.len()..], &value)?;
        }
    }
    Ok(())
}
