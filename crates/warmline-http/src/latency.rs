//! How far away origins are, measured now.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use url::Url;

use crate::client::Client;
use crate::error::Error;
use crate::target::key_of;
use crate::transport::ConnectionInfo;

/// What opening a connection to an origin came to.
#[derive(Debug)]
pub struct Latency {
    /// Such as `https://api.openai.com`.
    pub origin: Arc<str>,
    /// The connection, which is closed again, or why there was none.
    pub outcome: Result<ConnectionInfo, Error>,
}

impl Client {
    /// Opens one connection to each origin that this client has had to do with, each name looked up
    /// anew, and closes it again. The pool and its limits have no part in it.
    pub async fn measure_latency(&self, timeout: Duration) -> Vec<Latency> {
        let connector = self.connector().afresh();
        let mut measuring = JoinSet::new();
        for origin in self.metrics().origins() {
            let Some(key) = Url::parse(&origin).ok().and_then(|url| key_of(&url).ok()) else {
                continue;
            };
            let (connector, key) = (connector.clone(), self.key(&key).into_owned());
            measuring.spawn(async move {
                let connected = connector.connect(&key, Some(timeout)).await;
                let outcome = connected.map(|connection| *connection.info());
                Latency { origin, outcome }
            });
        }
        let mut measured = measuring.join_all().await;
        measured.sort_unstable_by(|one, two| one.origin.cmp(&two.origin));
        measured
    }
}
