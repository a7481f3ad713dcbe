//! The clients that JavaScript has opened, by number.

use std::sync::{PoisonError, RwLock};

use napi::Env;
use napi::bindgen_prelude::{FnArgs, Function};
use napi_derive::napi;
use warmline_http::{Client, Error, Phase, ProviderOptions, SharedOptions, configure};

use crate::client_settings::{ClientSettings, options};
use crate::error::to_napi;
use crate::exchange::Ending;
use crate::lookup::{JsLookup, LookupAnswer};
use crate::outbox::End;
use crate::parse;
use crate::pool_numbers::PoolNumbers;

/// Client 0 is the one that the whole process shares; the others are in order of opening.
const SHARED: u32 = 0;

static OPENED: RwLock<Vec<Option<Client>>> = RwLock::new(Vec::new());

pub(crate) fn get(number: u32) -> Result<Client, Error> {
    if number == SHARED {
        return Client::shared();
    }
    let opened = OPENED.read().unwrap_or_else(PoisonError::into_inner);
    opened
        .get(number as usize - 1)
        .cloned()
        .flatten()
        .ok_or_else(|| Error::new("WARMLINE_CLOSED", Phase::Pool, "the client is closed"))
}

/// The clients behind a number by name: of the shared one also those that it has for providers.
pub(crate) fn all_of(name: &str, number: u32) -> Vec<(String, Client)> {
    let own = get(number).ok().map(|client| (name.to_owned(), client));
    let providers = match number {
        SHARED => Client::shared_of_providers(),
        _ => Vec::new(),
    };
    let providers = providers.into_iter().map(|(name, of)| (name.into(), of));
    own.into_iter().chain(providers).collect()
}

/// The client for a request to a URL.
pub(crate) fn get_for<'a>(
    number: u32,
    url: impl FnOnce() -> Option<&'a str>,
) -> Result<Client, Error> {
    match number {
        SHARED => Client::shared_for(url),
        number => get(number),
    }
}

/// Opens a client with a pool of its own; the result is its number. It ends with the thread that
/// opened it, which nobody else can reach it from. `lookup` stands in for the system's resolver.
#[napi(catch_unwind)]
pub fn open_client(
    env: Env,
    settings: ClientSettings,
    lookup: Option<Function<'_, FnArgs<(String, LookupAnswer)>, ()>>,
) -> napi::Result<u32> {
    let lookup = lookup.as_ref().map(JsLookup::new).transpose()?;
    let client = options(settings, lookup)
        .and_then(Client::new)
        .map_err(|error| to_napi(&error))?;
    let number = {
        let mut opened = OPENED.write().unwrap_or_else(PoisonError::into_inner);
        opened.push(Some(client));
        u32::try_from(opened.len()).map_err(|_| napi::Error::from_reason("too many clients"))?
    };
    env.add_env_cleanup_hook(number, close_client)?;
    Ok(number)
}

/// A provider whose requests have a client of their own among the shared ones.
#[napi(object)]
pub struct ProviderSettings {
    /// What its figures go by.
    pub name: String,
    /// Where its requests begin.
    pub urls: Vec<String>,
    pub settings: ClientSettings,
}

/// Sets up the client that the whole process shares, also while it is in use.
#[napi(catch_unwind)]
pub fn configure_shared(
    settings: ClientSettings,
    providers: Vec<ProviderSettings>,
) -> napi::Result<()> {
    let providers = providers.into_iter().map(|provider| {
        let urls = provider.urls.iter().map(|url| parse::url(url));
        Ok(ProviderOptions {
            name: provider.name.into(),
            urls: urls.collect::<Result<_, Error>>()?,
            client: options(provider.settings, None)?,
        })
    });
    let configured = providers
        .collect::<Result<_, Error>>()
        .and_then(|providers| {
            let client = options(settings, None)?;
            configure(SharedOptions { client, providers })
        });
    configured.map_err(|error| to_napi(&error))
}

/// Closes a client: idle connections now, busy ones when their responses end.
#[napi(catch_unwind)]
pub fn close_client(number: u32) {
    let closed = {
        let mut opened = OPENED.write().unwrap_or_else(PoisonError::into_inner);
        number
            .checked_sub(1)
            .and_then(|index| opened.get_mut(index as usize)?.take())
    };
    if let Some(client) = closed {
        client.close();
    }
}

/// Changes a client's caps while it runs.
#[napi(catch_unwind)]
pub fn set_client_limits(
    number: u32,
    max_connections: u32,
    max_keepalive: u32,
) -> napi::Result<()> {
    let client = get(number).map_err(|error| to_napi(&error))?;
    client.set_caps(max_connections as usize, max_keepalive as usize);
    Ok(())
}

/// The state of a client's pool now.
#[napi(catch_unwind)]
pub fn client_stats(number: u32) -> napi::Result<PoolNumbers> {
    let client = get(number).map_err(|error| to_napi(&error))?;
    Ok(PoolNumbers::of(&client))
}

pub(crate) async fn preconnect(number: u32, url: String, count: u32, ending: Ending) {
    let opened = async {
        let client = get_for(number, || Some(&url))?;
        client.preconnect(&parse::url(&url)?, count as usize).await
    };
    ending.outbox.end(match opened.await {
        Ok(opened) => End::Value(opened.to_string()),
        Err(error) => End::Failed(Box::new(error)),
    });
}
