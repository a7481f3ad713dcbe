//! HTTP/2 peers that refuse, go away, break off, fall silent or mean harm.

mod broken_off;
mod hostile;
#[allow(dead_code, reason = "each test binary uses its part of the peer")]
#[path = "../peer/mod.rs"]
mod peer;
mod pings;
mod replays;

use std::collections::HashMap;

use peer::client::{client, options, start};
use peer::http2::{Frames, frames};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinHandle;
use warmline_http::{Client, ClientOptions, Error};

/// Requests under way on one connection: what each has as its body, by its stream.
struct Setting {
    client: Client,
    connections: UnboundedReceiver<Frames>,
    frames: Frames,
    requests: Vec<JoinHandle<Result<bytes::Bytes, Error>>>,
    arrived: Vec<(u32, String)>,
}

async fn setting(count: usize) -> Setting {
    setting_with(options(), count).await
}

async fn setting_with(options: ClientOptions, count: usize) -> Setting {
    let (key, mut connections) = frames(&[]).await;
    let client = client(options);
    let requests = start(&client, &key, count);
    let mut frames = connections.recv().await.unwrap();
    let mut arrived = Vec::new();
    for _ in 0..count {
        arrived.push(frames.request_and_body().await.unwrap());
    }
    Setting {
        client,
        connections,
        frames,
        requests,
        arrived,
    }
}

impl Setting {
    /// The outcome of each request, by its body.
    async fn outcomes(&mut self) -> HashMap<String, Result<bytes::Bytes, Error>> {
        let mut outcomes = HashMap::new();
        for (number, request) in self.requests.drain(..).enumerate() {
            outcomes.insert(number.to_string(), request.await.unwrap());
        }
        outcomes
    }

    async fn error(&mut self) -> Error {
        let request = self.requests.remove(0);
        request.await.unwrap().unwrap_err()
    }
}
