//! Who knows the addresses of a name: the operating system's resolver, or whoever stands in for it.

use std::borrow::Cow;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use dns_lookup::LookupErrorKind;
use tokio::task::spawn_blocking;

/// What a look-up came to.
pub type LookedUp = Result<Found, LookupFailure>;

/// The addresses of a name, the preferred ones first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// None at all is [`LookupFailure::not_found`].
    pub addresses: Vec<IpAddr>,
    /// How long they are good, where that is known.
    pub ttl: Option<Duration>,
}

/// Why a name has no addresses, or none that could be learnt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookupFailure {
    /// `ENOTFOUND` where the name does not exist; any other code is taken for a passing trouble.
    pub code: Cow<'static, str>,
    /// More for people, if there is more to say.
    pub reason: Option<String>,
}

/// Looks names up. It is asked for each name once at a time.
pub trait Lookup: Send + Sync {
    /// The addresses of `name`. The future runs to its end even if everyone who waits gives up.
    fn look_up(&self, name: Arc<str>) -> Pin<Box<dyn Future<Output = LookedUp> + Send>>;
}

impl LookupFailure {
    /// The name does not exist, or has no address.
    #[must_use]
    pub fn not_found() -> Self {
        Self::from("ENOTFOUND")
    }

    /// Whether it was an answer and not a failure to get one.
    pub(super) fn is_final(&self) -> bool {
        self.code == "ENOTFOUND"
    }
}

impl From<&'static str> for LookupFailure {
    fn from(code: &'static str) -> Self {
        Self {
            code: code.into(),
            reason: None,
        }
    }
}

/// The operating system's resolver, off the engine's threads.
pub(super) struct System;

impl Lookup for System {
    fn look_up(&self, name: Arc<str>) -> Pin<Box<dyn Future<Output = LookedUp> + Send>> {
        let looking = spawn_blocking(move || ask_system(&name));
        // It fails only when the engine ends.
        Box::pin(async { looking.await.unwrap_or_else(|_| Err("EAI_SYSTEM".into())) })
    }
}

fn ask_system(name: &str) -> LookedUp {
    match dns_lookup::lookup_host(name) {
        Ok(addresses) => Ok(Found {
            addresses: addresses.collect(),
            ttl: None,
        }),
        Err(error) => Err(match error.kind() {
            LookupErrorKind::NoName | LookupErrorKind::NoData => "ENOTFOUND",
            LookupErrorKind::Again => "EAI_AGAIN",
            LookupErrorKind::Memory => "EAI_MEMORY",
            LookupErrorKind::System | LookupErrorKind::IO => "EAI_SYSTEM",
            _ => "EAI_FAIL",
        }
        .into()),
    }
}
