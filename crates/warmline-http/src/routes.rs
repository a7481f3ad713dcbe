//! The endpoints of a client: what a request's path comes to at each of them, and whose turn it is.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use url::{ParseError, Url};
use warmline_pool::Clock;

use crate::checks::CheckOptions;
use crate::clock::CoarseClock;
use crate::error::{Error, Phase};
use crate::locked::locked;
use crate::policy::endpoints::{Balance, Ejection, EndpointState, Endpoints, Pick, Thresholds};
use crate::target::{Target, key_of};

/// The most paths that are remembered. Clients ask for a handful; a program that makes paths up must not
/// fill the memory with them.
const MAX_REMEMBERED: usize = 256;
/// A longer path is not remembered.
const MAX_REMEMBERED_LENGTH: usize = 2048;

/// Several base URLs for one logical origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointsOptions {
    /// At least one, no two alike.
    pub endpoints: Vec<EndpointOptions>,
    /// How one is chosen.
    pub balance: Balance,
    /// When one is taken out.
    pub ejection: Ejection,
    /// Whether a request may go on to another endpoint when one has failed it.
    pub failover: bool,
    /// Whether and how they are looked at before any request comes.
    pub checks: Option<CheckOptions>,
}

/// One of several endpoints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointOptions {
    /// What paths are appended to; without query and fragment.
    pub url: Url,
    /// Its share of the requests, beside the others' weights; at least 1.
    pub weight: u32,
}

/// The endpoints of a client, and what is known of them.
pub(crate) struct Routes {
    /// URLs without a slash at the end.
    bases: Box<[Arc<str>]>,
    pub(crate) failover: bool,
    clock: CoarseClock,
    endpoints: Mutex<Endpoints>,
    /// What the URLs of the last requests came to; `None` leads to no endpoint.
    remembered: Mutex<HashMap<Box<str>, Option<Targets>>>,
}

type Targets = Arc<[Arc<Target>]>;

/// A request's way: the same path at each endpoint.
pub struct Route {
    pub(crate) routes: Arc<Routes>,
    pub(crate) targets: Targets,
    /// Requests with the same key go to the same endpoint, where the client's balance is sticky.
    pub key: Option<Box<str>>,
}

impl Route {
    /// Where the request goes if it is the first endpoint's turn.
    #[must_use]
    pub fn first(&self) -> Arc<Target> {
        Arc::clone(&self.targets[0])
    }
}

/// A request at an endpoint, counted there until this is dropped.
pub(crate) struct Turn {
    routes: Arc<Routes>,
    pick: Pick,
}

impl Routes {
    /// # Errors
    /// `ERR_INVALID_URL` for an endpoint that is not `http` or `https`.
    pub(crate) fn new(options: &EndpointsOptions) -> Result<Self, Error> {
        let bases: Vec<Arc<str>> = options
            .endpoints
            .iter()
            .map(|endpoint| {
                key_of(&endpoint.url)?;
                Ok(endpoint.url.as_str().trim_end_matches('/').into())
            })
            .collect::<Result<_, Error>>()?;
        let weights = options.endpoints.iter().map(|endpoint| endpoint.weight);
        let members = bases.iter().map(|base| &**base).zip(weights);
        let endpoints = Endpoints::new(options.balance, options.ejection, members);
        Ok(Self {
            failover: options.failover,
            clock: CoarseClock::default(),
            endpoints: Mutex::new(endpoints),
            remembered: Mutex::default(),
            bases: bases.into(),
        })
    }

    /// What a URL comes to at each endpoint, if it is relative or lies below one of them.
    ///
    /// # Errors
    /// `ERR_INVALID_URL` for what makes no URL with an endpoint.
    pub(crate) fn targets(&self, text: &str) -> Result<Option<Targets>, Error> {
        let mut remembered = locked(&self.remembered);
        if let Some(targets) = remembered.get(text) {
            return Ok(targets.clone());
        }
        let targets = self.resolve(text)?;
        if text.len() <= MAX_REMEMBERED_LENGTH {
            if remembered.len() >= MAX_REMEMBERED {
                remembered.clear();
            }
            remembered.insert(text.into(), targets.clone());
        }
        Ok(targets)
    }

    fn resolve(&self, text: &str) -> Result<Option<Targets>, Error> {
        let absolute;
        let rest = match Url::parse(text) {
            Ok(url) => {
                absolute = url;
                match self.below(absolute.as_str()) {
                    Some(rest) => rest,
                    None => return Ok(None),
                }
            }
            Err(ParseError::RelativeUrlWithoutBase) => text.trim(),
            // Whoever sends it says what is wrong with it.
            Err(_) => return Ok(None),
        };
        // Appended, and not resolved as a browser does it, for which `/chat` would lead out of `/v1`. What
        // stands between also ends the host's name, so that no path can lead to another host.
        let between = if rest.is_empty() || rest.starts_with(['/', '?', '#']) {
            ""
        } else {
            "/"
        };
        self.bases
            .iter()
            .map(|base| {
                let url = Url::parse(&format!("{base}{between}{rest}")).map_err(|reason| {
                    let message = format!("Invalid URL: {reason}");
                    Error::new("ERR_INVALID_URL", Phase::Pool, message)
                })?;
                Target::new(url).map(Arc::new)
            })
            .collect::<Result<_, _>>()
            .map(Some)
    }

    /// What follows the longest of the endpoints that a URL lies below.
    fn below<'a>(&self, url: &'a str) -> Option<&'a str> {
        self.bases
            .iter()
            .filter_map(|base| url.strip_prefix(&**base))
            .filter(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
            .min_by_key(|rest| rest.len())
    }

    /// The next endpoint for a request, of which those that are `ailing` serve few; `None` if it has tried them
    /// all.
    pub(crate) fn turn(
        self: &Arc<Self>,
        key: Option<&str>,
        tried: &[usize],
        ailing: &[usize],
    ) -> Option<Turn> {
        let now = self.clock.now();
        let pick = locked(&self.endpoints).pick(now, key, tried, ailing)?;
        let routes = Arc::clone(self);
        Some(Turn { routes, pick })
    }

    /// An endpoint's URL.
    pub(crate) fn place(&self, index: usize) -> &Arc<str> {
        &self.bases[index]
    }

    /// An active check of an endpoint has passed, or failed for this reason.
    pub(crate) fn checked(
        &self,
        index: usize,
        outcome: Result<(), Box<str>>,
        thresholds: Thresholds,
    ) {
        locked(&self.endpoints).checked(index, outcome, thresholds);
    }

    /// How many endpoints there are.
    pub(crate) fn count(&self) -> usize {
        self.bases.len()
    }

    /// The endpoints' state, in their order.
    pub(crate) fn states(&self) -> Vec<EndpointState> {
        locked(&self.endpoints).states().collect()
    }
}

impl Turn {
    /// The endpoint's place in the list.
    pub(crate) fn index(&self) -> usize {
        self.pick.index
    }

    pub(crate) fn answered(&mut self) {
        locked(&self.routes.endpoints).answered(&mut self.pick);
    }

    pub(crate) fn failed(&mut self) {
        let now = self.routes.clock.now();
        locked(&self.routes.endpoints).failed(&mut self.pick, now);
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        locked(&self.routes.endpoints).end(&self.pick);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routes(endpoints: &[&str]) -> Routes {
        let endpoints = endpoints.iter().map(|url| EndpointOptions {
            url: Url::parse(url).unwrap(),
            weight: 1,
        });
        Routes::new(&EndpointsOptions {
            endpoints: endpoints.collect(),
            balance: Balance::RoundRobin,
            ejection: Ejection::default(),
            failover: true,
            checks: None,
        })
        .unwrap()
    }

    fn resolved(routes: &Routes, text: &str) -> Option<Vec<String>> {
        let targets = routes.targets(text).unwrap()?;
        Some(
            targets
                .iter()
                .map(|target| target.url().to_string())
                .collect(),
        )
    }

    #[test]
    fn paths_are_appended_to_each_endpoint() {
        let routes = routes(&["https://a.test/v1/", "http://b.test:8080"]);
        for (text, ours) in [
            (
                "/chat",
                ["https://a.test/v1/chat", "http://b.test:8080/chat"],
            ),
            (
                "chat?a=b#c",
                [
                    "https://a.test/v1/chat?a=b#c",
                    "http://b.test:8080/chat?a=b#c",
                ],
            ),
            ("", ["https://a.test/v1", "http://b.test:8080/"]),
            ("?a", ["https://a.test/v1?a", "http://b.test:8080/?a"]),
            (
                "models/x:stream",
                [
                    "https://a.test/v1/models/x:stream",
                    "http://b.test:8080/models/x:stream",
                ],
            ),
        ] {
            assert_eq!(resolved(&routes, text).unwrap(), ours, "{text}");
            assert_eq!(resolved(&routes, text).unwrap(), ours, "remembered: {text}");
        }
    }

    #[test]
    fn a_url_below_an_endpoint_is_one_of_all_of_them() {
        let routes = routes(&["https://a.test", "https://a.test/v1", "https://b.test/v2"]);
        let chat = [
            "https://a.test/chat",
            "https://a.test/v1/chat",
            "https://b.test/v2/chat",
        ];
        assert_eq!(resolved(&routes, "https://a.test/v1/chat").unwrap(), chat);
        assert_eq!(
            resolved(&routes, "HTTPS://B.test:443/v2/chat").unwrap(),
            chat
        );
        for elsewhere in [
            "https://b.test/v20/chat",
            "https://b.test",
            "http://a.test/",
            "https://a.test.evil/",
        ] {
            assert_eq!(resolved(&routes, elsewhere), None, "{elsewhere}");
        }
    }

    #[test]
    fn no_path_leads_to_another_host() {
        let routes = routes(&["https://a.test", "https://b.test/v1"]);
        for text in [
            "//evil.test/x",
            "\\\\evil.test",
            "@evil.test",
            ".evil.test",
            ":80/x",
            "/../../x",
            "\t//evil.test",
        ] {
            let Some(targets) = routes.targets(text).unwrap() else {
                continue;
            };
            let origins: Vec<&str> = targets.iter().map(|target| &*target.origin).collect();
            assert_eq!(origins, ["https://a.test", "https://b.test"], "{text}");
        }
    }

    #[test]
    fn made_up_paths_do_not_fill_the_memory() {
        let routes = routes(&["https://a.test"]);
        for number in 0..=MAX_REMEMBERED {
            routes.targets(&format!("/{number}")).unwrap();
        }
        routes
            .targets(&"x".repeat(MAX_REMEMBERED_LENGTH + 1))
            .unwrap();
        assert_eq!(locked(&routes.remembered).len(), 1);
    }
}
