//! Which proxy a connection runs through.

use std::sync::Arc;

use warmline_pool::{Key, Scheme};

use super::Proxy;
use super::bypass::Bypass;
use crate::error::Error;

/// Where the proxies of a client come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ProxyOptions {
    /// From `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, each in lower case first, unless
    /// `NODE_USE_ENV_PROXY` is `0`. Read once, when the client is made.
    #[default]
    Environment,
    /// None at all.
    Direct,
    /// One for every origin.
    Fixed(Proxy),
}

/// The proxies of a client: a function of the origin, and the same for all of the client's life.
#[derive(Clone, Debug, Default)]
pub(in crate::transport) struct Proxies {
    http: Option<Arc<Proxy>>,
    https: Option<Arc<Proxy>>,
    bypass: Bypass,
}

impl Proxies {
    /// # Errors
    /// `ERR_INVALID_ARG_VALUE` for a variable that names no proxy: going round it in silence could
    /// tell the world what was for the proxy alone.
    pub(in crate::transport) fn new(options: ProxyOptions) -> Result<Self, Error> {
        match options {
            ProxyOptions::Environment => Self::from_environment(|name| std::env::var(name).ok()),
            ProxyOptions::Direct => Ok(Self::default()),
            ProxyOptions::Fixed(proxy) => {
                let proxy = Arc::new(proxy);
                Ok(Self {
                    http: Some(Arc::clone(&proxy)),
                    https: Some(proxy),
                    bypass: Bypass::default(),
                })
            }
        }
    }

    fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        if variable("NODE_USE_ENV_PROXY").as_deref() == Some("0") {
            return Ok(Self::default());
        }
        let first = |names: &[&'static str]| {
            names.iter().find_map(|name| {
                let value = variable(name)?;
                (!value.trim().is_empty()).then_some((*name, value))
            })
        };
        let proxy = |names: &[&'static str]| {
            first(names)
                .map(|(name, value)| Proxy::parse(name, &value).map(Arc::new))
                .transpose()
        };
        // To a CGI program, HTTP_PROXY is the `proxy` header of the request that it answers: whoever
        // sent that would choose the proxy (CVE-2016-5385).
        let http: &[&'static str] = match variable("REQUEST_METHOD") {
            Some(_) => &["http_proxy", "all_proxy", "ALL_PROXY"],
            None => &["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"],
        };
        let bypass = first(&["no_proxy", "NO_PROXY"]);
        Ok(Self {
            http: proxy(http)?,
            https: proxy(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])?,
            bypass: bypass.map_or_else(Bypass::default, |(_, text)| Bypass::parse(&text)),
        })
    }

    /// The proxy for connections to an origin, if there is one.
    pub(in crate::transport) fn of(&self, key: &Key) -> Option<Arc<Proxy>> {
        let proxy = match key.scheme {
            Scheme::Http => &self.http,
            Scheme::Https => &self.https,
        };
        proxy
            .clone()
            .filter(|_| !self.bypass.covers(&key.host, key.port))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The proxies for `http://a.test` and `https://a.test`, as they are shown.
    fn chosen(environment: &[(&str, &str)]) -> [String; 2] {
        let variable = |name: &str| {
            let found = environment.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let proxies = Proxies::from_environment(variable).unwrap();
        [(Scheme::Http, 80), (Scheme::Https, 443)].map(|(scheme, port)| {
            let proxy = proxies.of(&Key::new(scheme, "a.test", port));
            proxy.map_or_else(|| "none".into(), |proxy| proxy.host().to_owned())
        })
    }

    #[test]
    fn the_environment_is_read_as_curl_reads_it() {
        for (environment, expected) in [
            (&[][..], ["none", "none"]),
            (&[("HTTP_PROXY", "h:1")], ["h", "none"]),
            (&[("HTTPS_PROXY", "s:1")], ["none", "s"]),
            (&[("ALL_PROXY", "a:1")], ["a", "a"]),
            (&[("all_proxy", "a:1"), ("ALL_PROXY", "b:1")], ["a", "a"]),
            (
                &[("http_proxy", "l:1"), ("HTTP_PROXY", "u:1")],
                ["l", "none"],
            ),
            (
                &[("https_proxy", "l:1"), ("HTTPS_PROXY", "u:1")],
                ["none", "l"],
            ),
            (&[("HTTPS_PROXY", "s:1"), ("ALL_PROXY", "a:1")], ["a", "s"]),
            (
                &[("https_proxy", ""), ("HTTPS_PROXY", "u:1")],
                ["none", "u"],
            ),
            (
                &[("ALL_PROXY", "a:1"), ("NO_PROXY", "a.test")],
                ["none", "none"],
            ),
            (
                &[("ALL_PROXY", "a:1"), ("no_proxy", "a.test:443")],
                ["a", "none"],
            ),
            (&[("ALL_PROXY", "a:1"), ("no_proxy", "b.test")], ["a", "a"]),
            (
                &[("ALL_PROXY", "a:1"), ("NODE_USE_ENV_PROXY", "0")],
                ["none", "none"],
            ),
            (
                &[("ALL_PROXY", "a:1"), ("NODE_USE_ENV_PROXY", "1")],
                ["a", "a"],
            ),
        ] {
            assert_eq!(chosen(environment), expected, "{environment:?}");
        }
    }

    #[test]
    fn a_program_that_answers_a_request_does_not_take_its_proxy_from_there() {
        let environment = [("HTTP_PROXY", "h:1"), ("REQUEST_METHOD", "GET")];
        assert_eq!(chosen(&environment), ["none", "none"]);
        let environment = [("http_proxy", "h:1"), ("REQUEST_METHOD", "GET")];
        assert_eq!(chosen(&environment), ["h", "none"]);
    }

    #[test]
    fn a_variable_that_names_no_proxy_is_an_error_and_no_way_round() {
        let variable = |name: &str| (name == "HTTPS_PROXY").then(|| "gopher://x".to_owned());
        let error = Proxies::from_environment(variable).unwrap_err();
        assert!(error.message.starts_with("HTTPS_PROXY must be"), "{error}");
    }
}
