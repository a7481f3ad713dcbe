//! What a caller may change about the look-up of names.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use super::lookup::Lookup;

/// Where addresses come from, and for how long they are good.
#[derive(Clone)]
pub struct DnsOptions {
    /// Addresses that need no look-up, by name in lower case.
    pub hosts: HashMap<Box<str>, Vec<IpAddr>>,
    /// How long an answer is used without another look-up; zero keeps none. Default 30 s: the
    /// operating system's resolver does not tell the time to live that the name's owner set, and what
    /// is moved in a hurry is commonly given 60 s.
    pub ttl: Duration,
    /// How long a name is taken not to exist once that was the answer. Default 1 s: enough for one
    /// burst of requests, and a name that was just made is found in its next try.
    pub negative_ttl: Duration,
    /// How long beyond `ttl` an answer is still used at once, while the name is looked up again beside
    /// it. Default 5 minutes.
    pub stale_ttl: Duration,
    /// Asked instead of the operating system's resolver.
    pub lookup: Option<Arc<dyn Lookup>>,
}

impl Default for DnsOptions {
    fn default() -> Self {
        Self {
            hosts: HashMap::new(),
            ttl: Duration::from_secs(30),
            negative_ttl: Duration::from_secs(1),
            stale_ttl: Duration::from_secs(300),
            lookup: None,
        }
    }
}

impl PartialEq for DnsOptions {
    /// Look-ups of one's own are alike if they are the same one.
    fn eq(&self, other: &Self) -> bool {
        let same_lookup = match (&self.lookup, &other.lookup) {
            (None, None) => true,
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            _ => false,
        };
        same_lookup
            && self.hosts == other.hosts
            && self.ttl == other.ttl
            && self.negative_ttl == other.negative_ttl
            && self.stale_ttl == other.stale_ttl
    }
}

impl fmt::Debug for DnsOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DnsOptions")
            .field("hosts", &self.hosts)
            .field("ttl", &self.ttl)
            .field("negative_ttl", &self.negative_ttl)
            .field("stale_ttl", &self.stale_ttl)
            .field("own_lookup", &self.lookup.is_some())
            .finish()
    }
}
