//! The places that a named pool leases connections to.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use url::Url;
use warmline_pool::{Key, Origin};

use super::held::Opening;
use super::named_pool::NamedPool;
use crate::error::{Error, Phase};
use crate::locked::locked;
use crate::target::key_of;
use crate::transport::Connection;

/// An endpoint of a named pool, for as long as the process lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EndpointId(u32);

/// What leases to one origin share.
pub(super) struct Endpoint {
    pub(super) pool: &'static NamedPool,
    pub(super) key: Key,
    pub(super) origin: Origin<Connection>,
    /// Leases out, those still connecting included.
    pub(super) leased: AtomicUsize,
    /// Of these, those still connecting.
    pub(super) connecting: AtomicUsize,
    /// Connections that are being opened for nobody, since their leases were returned: the next
    /// lease takes one of them before it opens another.
    orphans: Mutex<Vec<Arc<Opening>>>,
}

/// Endpoints in one block of the directory, and blocks. Blocks are allocated as they are needed and
/// never move, so that looking one up takes no lock.
const BLOCK: usize = 64;
const BLOCKS: usize = 1024;

type Block = [OnceLock<&'static Endpoint>; BLOCK];

/// The endpoints of one pool, in the order of their first mention.
pub(super) struct Directory {
    blocks: Box<[OnceLock<Box<Block>>; BLOCKS]>,
    /// Those who add take turns.
    adding: Mutex<usize>,
}

impl EndpointId {
    /// The id as a number; it counts from 0 in each pool.
    #[must_use]
    pub fn get(self) -> u32 {
        self.0
    }

    /// The id that a number may be.
    #[must_use]
    pub fn from_number(number: u32) -> Self {
        Self(number)
    }
}

impl Endpoint {
    pub(super) fn new(pool: &'static NamedPool, key: Key) -> Self {
        let origin = pool.client().pool().origin(&key);
        let (leased, connecting) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Self {
            pool,
            key,
            origin,
            leased,
            connecting,
            orphans: Mutex::default(),
        }
    }

    pub(super) fn orphans(&self) -> MutexGuard<'_, Vec<Arc<Opening>>> {
        locked(&self.orphans)
    }

    /// Takes one place of `limit`, if one is free.
    pub(super) fn try_take(counter: &AtomicUsize, limit: usize) -> bool {
        // Taking first and rolling back costs one atomic operation where a loop would cost two. A
        // place that is about to be rolled back can make another caller fail; both were at the limit.
        if counter.fetch_add(1, Ordering::SeqCst) < limit {
            return true;
        }
        counter.fetch_sub(1, Ordering::SeqCst);
        false
    }
}

impl Directory {
    pub(super) fn new() -> Self {
        Self {
            blocks: Box::new([const { OnceLock::new() }; BLOCKS]),
            adding: Mutex::new(0),
        }
    }

    pub(super) fn get(&self, id: EndpointId) -> Option<&'static Endpoint> {
        let index = id.0 as usize;
        let block = self.blocks.get(index / BLOCK)?.get()?;
        block[index % BLOCK].get().copied()
    }

    /// All endpoints so far.
    pub(super) fn iter(&self) -> impl Iterator<Item = &'static Endpoint> {
        (0..).map_while(|index| self.get(EndpointId(index)))
    }

    /// The endpoint of `key`, added if it is new.
    pub(super) fn find_or_add(
        &self,
        key: &Key,
        make: impl FnOnce() -> Endpoint,
    ) -> Result<EndpointId, Error> {
        let mut count = locked(&self.adding);
        if let Some(index) = self.iter().position(|endpoint| endpoint.key == *key) {
            return Ok(EndpointId(u32::try_from(index).unwrap_or(u32::MAX)));
        }
        let (Some(block), Ok(id)) = (self.blocks.get(*count / BLOCK), u32::try_from(*count)) else {
            let message = format!("a pool serves at most {} endpoints", BLOCK * BLOCKS);
            return Err(Error::new("WARMLINE_ENDPOINTS", Phase::Pool, message));
        };
        let block = block.get_or_init(|| Box::new([const { OnceLock::new() }; BLOCK]));
        block[*count % BLOCK].get_or_init(|| Box::leak(Box::new(make())));
        *count += 1;
        Ok(EndpointId(id))
    }
}

/// The pool key of what a caller names as an endpoint: an http or https URL, of which only scheme,
/// host and port count.
///
/// # Errors
/// `ERR_INVALID_URL`, with a message that says what is wrong. It does not repeat the text, which may
/// hold credentials.
pub(super) fn parse(text: &str) -> Result<Key, Error> {
    let refused = |reason: &str| {
        let message = format!(
            "Invalid endpoint: {reason}; expected an http or https URL such as \"https://api.openai.com\""
        );
        Error::new("ERR_INVALID_URL", Phase::Pool, message)
    };
    if text.trim().is_empty() {
        return Err(refused("it is empty"));
    }
    let url = Url::parse(text).map_err(|error| match error {
        url::ParseError::RelativeUrlWithoutBase => refused("it has no scheme"),
        other => refused(&other.to_string()).with_source(other),
    })?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(refused(&format!("its scheme is {}", url.scheme())));
    }
    key_of(&url)
}
