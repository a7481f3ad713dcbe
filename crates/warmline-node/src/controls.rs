//! What a monitor may do to the pools that it watches, for JavaScript. Each call says whether there was such a pool.

use napi_derive::napi;
use warmline_http::Client;

use crate::clients;
use crate::metrics::NamedClient;

/// Changes a pool's caps while it runs.
#[must_use]
#[napi(catch_unwind)]
pub fn resize_pool(
    clients: Vec<NamedClient>,
    pool: String,
    max_connections: u32,
    max_keepalive: u32,
) -> bool {
    on(&clients, &pool, |client| {
        client.set_caps(max_connections as usize, max_keepalive as usize);
    })
}

/// Closes a pool's idle connections.
#[must_use]
#[napi(catch_unwind)]
pub fn drain_pool(clients: Vec<NamedClient>, pool: String) -> bool {
    on(&clients, &pool, Client::drain)
}

/// Closes the circuit breaker of a place, for the clients that have it in common with this pool's.
#[must_use]
#[napi(catch_unwind)]
pub fn reset_pool_breaker(clients: Vec<NamedClient>, pool: String, place: String) -> bool {
    on(&clients, &pool, |client| {
        client.reset_breakers(Some(&place));
    })
}

fn on(clients: &[NamedClient], pool: &str, act: impl FnOnce(&Client)) -> bool {
    let mut all = clients
        .iter()
        .flat_map(|client| clients::all_of(&client.name, client.number));
    let found = all.find(|(name, _)| name == pool);
    found.map(|(_, client)| act(&client)).is_some()
}
