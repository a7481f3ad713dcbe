//! What a request says of where it comes from (Referrer Policy, "determine request's Referrer"), and how a
//! redirect changes that.

use http::HeaderMap;
use http::header::{HeaderValue, REFERER, REFERRER_POLICY};
use url::{Host, Url};

/// A longer referrer is cut to its origin, in bytes (step 6).
const MAX_LENGTH: usize = 4096;

/// Where a request comes from, and who may know.
#[derive(Clone, Debug)]
pub struct Referrer {
    /// `None` from the hop on that was to know nothing.
    url: Option<Url>,
    policy: ReferrerPolicy,
    /// What the caller's own header says.
    stated: Option<HeaderValue>,
}

/// Who may know a referrer (Referrer Policy, section 3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReferrerPolicy {
    /// Nobody.
    NoReferrer,
    /// Whoever is not easier to overhear than the referrer is.
    NoReferrerWhenDowngrade,
    /// Its own origin.
    SameOrigin,
    /// Everybody, but only its origin.
    Origin,
    /// Whoever is not easier to overhear than the referrer is, but only its origin.
    StrictOrigin,
    /// Everybody, but other origins only its origin.
    OriginWhenCrossOrigin,
    /// Whoever is not easier to overhear than the referrer is, but other origins only its origin.
    #[default]
    StrictOriginWhenCrossOrigin,
    /// Everybody.
    UnsafeUrl,
}

impl ReferrerPolicy {
    /// The policy that a token names.
    #[must_use]
    pub fn of(token: &str) -> Option<Self> {
        Some(match token {
            "no-referrer" => Self::NoReferrer,
            "no-referrer-when-downgrade" => Self::NoReferrerWhenDowngrade,
            "same-origin" => Self::SameOrigin,
            "origin" => Self::Origin,
            "strict-origin" => Self::StrictOrigin,
            "origin-when-cross-origin" => Self::OriginWhenCrossOrigin,
            "strict-origin-when-cross-origin" => Self::StrictOriginWhenCrossOrigin,
            "unsafe-url" => Self::UnsafeUrl,
            _ => return None,
        })
    }

    /// What a request to `target` that comes from `url` may say.
    fn determine(self, mut url: Url, target: &Url) -> Option<Url> {
        let mut origin = url.clone();
        origin.set_path("");
        origin.set_query(None);
        if url.as_str().len() > MAX_LENGTH {
            url = origin.clone();
        }
        let is_same = url.origin() == target.origin();
        let is_downgrade = is_trustworthy(&url) && !is_trustworthy(target);
        match self {
            Self::NoReferrer => None,
            Self::NoReferrerWhenDowngrade => (!is_downgrade).then_some(url),
            Self::SameOrigin => is_same.then_some(url),
            Self::Origin => Some(origin),
            Self::OriginWhenCrossOrigin => Some(if is_same { url } else { origin }),
            Self::StrictOriginWhenCrossOrigin if is_same => Some(url),
            Self::StrictOrigin | Self::StrictOriginWhenCrossOrigin => {
                (!is_downgrade).then_some(origin)
            }
            Self::UnsafeUrl => Some(url),
        }
    }
}

/// Secure Contexts, "is url potentially trustworthy".
fn is_trustworthy(url: &Url) -> bool {
    url.scheme() == "https"
        || match url.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(name)) => {
                let name = name.strip_suffix('.').unwrap_or(name);
                name == "localhost" || name.ends_with(".localhost")
            }
            None => false,
        }
}

impl Referrer {
    /// A request from `url`, beside what the caller's own header says; `None` for a URL that is not of the web.
    #[must_use]
    pub fn new(mut url: Url, policy: ReferrerPolicy, stated: Option<&HeaderValue>) -> Option<Self> {
        if !matches!(url.scheme(), "http" | "https") {
            return None;
        }
        url.set_username("").ok()?;
        url.set_password(None).ok()?;
        url.set_fragment(None);
        Some(Self {
            url: Some(url),
            policy,
            stated: stated.cloned(),
        })
    }

    /// Has the headers of a request say what its target may know.
    pub(crate) fn tell(&mut self, target: &Url, headers: &mut HeaderMap) {
        let url = self.url.take();
        self.url = url.and_then(|url| self.policy.determine(url, target));
        let ours = self.url.as_ref().map_or("", Url::as_str).as_bytes();
        let said = match &self.stated {
            None => ours.to_vec(),
            Some(stated) if ours.is_empty() => stated.as_bytes().to_vec(),
            // As the standard appends to a header.
            Some(stated) => [stated.as_bytes(), b", ", ours].concat(),
        };
        match HeaderValue::from_maybe_shared(bytes::Bytes::from(said)) {
            Ok(said) if !said.is_empty() => headers.insert(REFERER, said),
            _ => headers.remove(REFERER),
        };
    }

    /// A response that redirects may say who is to know from then on: the last policy that is known.
    pub(crate) fn redirect(&mut self, headers: &HeaderMap) {
        let lines = headers.get_all(REFERRER_POLICY).into_iter();
        let known = lines
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(','))
            .filter_map(|token| ReferrerPolicy::of(token.trim()))
            .next_back();
        self.policy = known.unwrap_or(self.policy);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    /// The header of a request.
    fn said(from: &str, policy: &str, to: &str) -> Option<String> {
        let policy = ReferrerPolicy::of(policy).unwrap();
        let mut headers = HeaderMap::new();
        Referrer::new(url(from), policy, None)?.tell(&url(to), &mut headers);
        let value = headers.get(REFERER)?.to_str().unwrap();
        Some(value.to_owned())
    }

    #[test]
    fn each_policy_says_what_the_standard_says() {
        const WHOLE: Option<&str> = Some("https://a.test/b?c");
        const ORIGIN: Option<&str> = Some("https://a.test/");
        // To the same origin, to another one, to one that can be overheard.
        for (policy, expected) in [
            ("no-referrer", [None, None, None]),
            ("no-referrer-when-downgrade", [WHOLE, WHOLE, None]),
            ("same-origin", [WHOLE, None, None]),
            ("origin", [ORIGIN, ORIGIN, ORIGIN]),
            ("strict-origin", [ORIGIN, ORIGIN, None]),
            ("origin-when-cross-origin", [WHOLE, ORIGIN, ORIGIN]),
            ("strict-origin-when-cross-origin", [WHOLE, ORIGIN, None]),
            ("unsafe-url", [WHOLE, WHOLE, WHOLE]),
        ] {
            let targets = ["https://a.test/x", "https://b.test/", "http://a.test/"];
            let from = "https://user:secret@a.test/b?c#d";
            let all = targets.map(|target| said(from, policy, target));
            assert_eq!(all.each_ref().map(Option::as_deref), expected, "{policy}");
        }
    }

    #[test]
    fn this_machine_cannot_be_overheard() {
        for target in [
            "http://127.0.0.2/",
            "http://[::1]:1/",
            "http://localhost/",
            "http://a.localhost./",
        ] {
            let origin = said("https://a.test/b", "strict-origin", target);
            assert_eq!(origin.as_deref(), Some("https://a.test/"), "{target}");
        }
        assert_eq!(
            said("https://a.test/", "strict-origin", "http://notlocalhost/"),
            None
        );
    }

    #[test]
    fn a_long_referrer_is_cut_to_its_origin() {
        let long = format!("https://a.test/{}", "x".repeat(MAX_LENGTH));
        let origin = said(&long, "unsafe-url", "https://b.test/");
        assert_eq!(origin.as_deref(), Some("https://a.test/"));
    }

    #[test]
    fn what_is_not_of_the_web_is_no_referrer() {
        for from in ["about:blank", "data:,x", "file:///etc/passwd"] {
            assert_eq!(said(from, "unsafe-url", "https://b.test/"), None, "{from}");
        }
    }

    #[test]
    fn what_one_hop_was_not_told_none_after_it_is() {
        let mut headers = HeaderMap::new();
        let stated = HeaderValue::from_static("stated");
        let policy = ReferrerPolicy::UnsafeUrl;
        let mut from = Referrer::new(url("https://a.test/b"), policy, Some(&stated)).unwrap();
        let mut next = |policy: &'static str, target: &str| {
            let mut response = HeaderMap::new();
            response.insert(REFERRER_POLICY, HeaderValue::from_static(policy));
            from.redirect(&response);
            from.tell(&url(target), &mut headers);
            headers[REFERER].to_str().unwrap().to_owned()
        };
        let to = "https://b.test/";
        assert_eq!(next("unknown", to), "stated, https://a.test/b");
        assert_eq!(
            next("unsafe-url, origin, new", to),
            "stated, https://a.test/"
        );
        assert_eq!(next("no-referrer", to), "stated");
        assert_eq!(next("unsafe-url", to), "stated");
    }
}
