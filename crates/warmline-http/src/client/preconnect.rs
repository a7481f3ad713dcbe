//! Connections that are opened before anybody asks for them.

use url::Url;
use warmline_pool::Checkout;

use super::Client;
use crate::checkout;
use crate::error::Error;
use crate::probe::Entry;
use crate::target::key_of;

impl Client {
    /// Opens connections to an origin until `count` of them are idle there, or a limit is reached; where
    /// one carries many requests, until there is one. Returns how many it opened.
    ///
    /// # Errors
    /// The first failure to connect; connections that were opened stay.
    pub async fn preconnect(&self, url: &Url, count: usize) -> Result<usize, Error> {
        let key = key_of(url)?;
        let key = &*self.key(&key);
        let limit = self.inner.timeouts.connect;
        let origin = self.pool().origin(key);
        let mut leases = Vec::new();
        let mut opening = Vec::new();
        let mut opened = 0;
        while leases.len() + opening.len() < count {
            match origin.checkout() {
                Checkout::Ready(lease) => leases.push(lease),
                Checkout::Connect(permit) => match self.probes().enter(key) {
                    Entry::Free(herald) if herald.is_awaited() => {
                        let connecting = checkout::connect(self, key, permit, herald, limit);
                        leases.push(connecting.await.map_err(|_| checkout::connect_lost())??);
                        opened += 1;
                    }
                    Entry::Free(herald) => {
                        opening.push(checkout::connect(self, key, permit, herald, limit));
                    }
                    Entry::Behind(run) => {
                        drop(permit);
                        run.outcome().await?;
                    }
                },
                Checkout::Full | Checkout::Closed => break,
            }
            if leases.last().is_some_and(|lease| lease.is_shared()) {
                break;
            }
        }
        for connecting in opening {
            let connecting = connecting.await.map_err(|_| checkout::connect_lost())?;
            leases.push(connecting?);
            opened += 1;
        }
        Ok(opened)
    }
}
