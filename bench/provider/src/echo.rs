//! `/echo`: the request as the server saw it.

use serde::Serialize;

use crate::reply::{Exchange, Reply};

#[derive(Serialize)]
struct Echo<'a> {
    method: &'a str,
    path: &'a str,
    query: &'a str,
    /// In the order and the spelling they came in.
    headers: Vec<(&'a str, String)>,
    /// `null` when it is not UTF-8; `/mirror` gives any body back as it is.
    body: Option<&'a str>,
    body_bytes: usize,
    /// Which connection of the server carried the request, and which request on it this was, from 1.
    connection: u64,
    request_on_connection: u64,
}

pub(crate) fn answer(exchange: Exchange<'_>) -> Reply {
    let echo = Echo {
        method: exchange.head.method,
        path: exchange.head.path,
        query: exchange.head.query,
        headers: exchange
            .head
            .headers
            .iter()
            .map(|header| {
                (
                    header.name,
                    String::from_utf8_lossy(header.value).into_owned(),
                )
            })
            .collect(),
        body: str::from_utf8(exchange.body).ok(),
        body_bytes: exchange.body.len(),
        connection: exchange.connection,
        request_on_connection: exchange.served,
    };
    match serde_json::to_vec(&echo) {
        Ok(json) => exchange.json(|out| out.extend_from_slice(&json)),
        Err(error) => exchange.error(500, &error.to_string()),
    }
}
