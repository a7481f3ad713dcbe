//! The clients that the whole process shares: one for everybody, and one for the requests to each provider
//! that was set up by its address.

use std::mem;
use std::sync::{Mutex, OnceLock, PoisonError, RwLock, RwLockReadGuard};

use url::Url;

use crate::client::{Client, ClientOptions};
use crate::error::Error;

/// How the shared clients are set up.
#[derive(Clone, Debug, Default)]
pub struct SharedOptions {
    /// For requests to no provider.
    pub client: ClientOptions,
    /// Each with requests of its own.
    pub providers: Vec<ProviderOptions>,
}

/// A provider with a client of its own.
#[derive(Clone, Debug)]
pub struct ProviderOptions {
    /// What its figures go by.
    pub name: Box<str>,
    /// The requests to what lies below one of these; without query and fragment.
    pub urls: Vec<Url>,
    /// How they go.
    pub client: ClientOptions,
}

struct Shared {
    client: Member,
    providers: Vec<Provider>,
}

struct Provider {
    name: Box<str>,
    bases: Box<[Box<str>]>,
    member: Member,
}

/// A client, and what it was set up as.
struct Member {
    client: Client,
    options: ClientOptions,
}

static SHARED: OnceLock<RwLock<Shared>> = OnceLock::new();

/// Held while [`SHARED`] is changed, which takes longer than those who read it should wait.
static CHANGING: Mutex<()> = Mutex::new(());

/// Sets the shared clients up. Requests that are under way end as they began; those that follow go by the new
/// options, over the same connections as long as connections are made in the same way.
///
/// # Errors
/// As [`Client::new`]; the clients are then as they were.
pub fn configure(options: SharedOptions) -> Result<(), Error> {
    let _changing = CHANGING.lock().unwrap_or_else(PoisonError::into_inner);
    let next = match SHARED.get() {
        None => {
            let first = RwLock::new(Shared::new(options, None)?);
            let Err(first) = SHARED.set(first) else {
                return Ok(());
            };
            // Race window: somebody has come for the shared client meanwhile, and has the defaults.
            first.into_inner().unwrap_or_else(PoisonError::into_inner)
        }
        Some(shared) => Shared::new(options, Some(&read(shared)))?,
    };
    if let Some(shared) = SHARED.get() {
        let mut current = shared.write().unwrap_or_else(PoisonError::into_inner);
        let replaced = mem::replace(&mut *current, next);
        drop(current);
        // Outside of the lock: what nobody uses any more is closed.
        drop(replaced);
    }
    Ok(())
}

fn read(shared: &RwLock<Shared>) -> RwLockReadGuard<'_, Shared> {
    shared.read().unwrap_or_else(PoisonError::into_inner)
}

impl Client {
    /// The client of this process that `fetch`, patched SDKs and the pool named "default" share.
    ///
    /// # Errors
    /// As [`Client::new`].
    pub fn shared() -> Result<Self, Error> {
        Self::shared_for(|| None)
    }

    /// The shared clients of the providers that were set up, by their names.
    #[must_use]
    pub fn shared_of_providers() -> Vec<(Box<str>, Self)> {
        let Some(shared) = SHARED.get() else {
            return Vec::new();
        };
        let shared = read(shared);
        let providers = shared.providers.iter();
        providers
            .map(|provider| (provider.name.clone(), provider.member.client.clone()))
            .collect()
    }

    /// All of them: that for everybody first, then those for providers.
    ///
    /// # Errors
    /// As [`Client::new`].
    pub fn all_shared() -> Result<Vec<Self>, Error> {
        let first = Self::shared()?;
        let Some(shared) = SHARED.get() else {
            return Ok(vec![first]);
        };
        let shared = read(shared);
        let providers = shared.providers.iter().map(|provider| &provider.member);
        let members = std::iter::once(&shared.client).chain(providers);
        Ok(members.map(|member| member.client.clone()).collect())
    }

    /// The shared client for requests to a URL, which is asked for only where that makes a difference.
    ///
    /// # Errors
    /// As [`Client::new`].
    pub fn shared_for<'a>(url: impl FnOnce() -> Option<&'a str>) -> Result<Self, Error> {
        let shared = if let Some(shared) = SHARED.get() {
            shared
        } else {
            let shared = Shared::new(SharedOptions::default(), None)?;
            SHARED.get_or_init(|| RwLock::new(shared))
        };
        let shared = read(shared);
        let provider = if shared.providers.is_empty() {
            None
        } else {
            url().and_then(|url| shared.provider(url))
        };
        Ok(provider.unwrap_or(&shared.client).client.clone())
    }
}

impl Shared {
    /// What `options` ask for, made from what there is where that can be.
    fn new(options: SharedOptions, current: Option<&Self>) -> Result<Self, Error> {
        let providers = options.providers.into_iter().map(|provider| {
            let bases = bases(&provider.urls);
            let before = current.and_then(|current| {
                let mut known = current.providers.iter();
                known.find(|known| known.bases == bases)
            });
            let member = Member::new(provider.client, before.map(|known| &known.member))?;
            Ok(Provider {
                name: provider.name,
                bases,
                member,
            })
        });
        Ok(Self {
            providers: providers.collect::<Result<_, Error>>()?,
            client: Member::new(options.client, current.map(|current| &current.client))?,
        })
    }

    /// The provider that a URL leads to: that of the longest address which it lies below.
    fn provider(&self, text: &str) -> Option<&Member> {
        self.below(text).or_else(|| {
            // Not as the standard writes it, then, or to nobody known.
            let url = Url::parse(text).ok()?;
            self.below(url.as_str())
        })
    }

    fn below(&self, url: &str) -> Option<&Member> {
        let depth = |base: &str| {
            url.strip_prefix(base)
                .filter(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
                .map(|_| base.len())
        };
        self.providers
            .iter()
            .filter_map(|provider| {
                let bases = provider.bases.iter();
                let longest = bases.filter_map(|base| depth(base)).max()?;
                Some((longest, &provider.member))
            })
            .max_by_key(|(longest, _)| *longest)
            .map(|(_, member)| member)
    }
}

impl Member {
    fn new(options: ClientOptions, current: Option<&Self>) -> Result<Self, Error> {
        let client = match current {
            Some(current) if current.options.connects_as(&options) => {
                let client = &current.client;
                client.with_options(&current.options, options.clone())?
            }
            Some(current) => current.client.replaced(options.clone())?,
            None => Client::new(options.clone())?,
        };
        Ok(Self { client, options })
    }
}

fn bases(urls: &[Url]) -> Box<[Box<str>]> {
    let bases = urls.iter();
    bases
        .map(|url| url.as_str().trim_end_matches('/').into())
        .collect()
}
