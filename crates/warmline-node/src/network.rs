//! How a client's connections are opened, as JavaScript says it.

use napi::bindgen_prelude::Buffer;
use napi_derive::napi;
use warmline_http::transport::{self, Proxy, ProxyOptions, TlsIdentity, TlsOptions, TlsVersion};
use warmline_http::{Error, Phase};

/// TLS of a client. TypeScript has checked it.
#[napi(object)]
pub struct TlsSettings {
    /// More certificate authorities, in PEM form.
    pub ca: Vec<String>,
    /// The client's certificate with its chain, and its key without a passphrase; both or none.
    pub cert: Option<String>,
    pub key: Option<String>,
    /// 2 for TLS 1.2, 3 for TLS 1.3.
    pub min_version: u32,
    pub server_name: Option<String>,
    /// Each the SHA-256 of a public key.
    pub pins: Vec<Buffer>,
    pub unverified: bool,
}

/// The proxy of a client; without a URL, none.
#[napi(object)]
pub struct ProxySettings {
    pub url: Option<String>,
}

pub(crate) fn proxy(settings: ProxySettings) -> Result<ProxyOptions, Error> {
    match settings.url {
        None => Ok(ProxyOptions::Direct),
        Some(url) => Proxy::parse("proxy", &url).map(ProxyOptions::Fixed),
    }
}

pub(crate) fn tls(settings: TlsSettings) -> Result<TlsOptions, Error> {
    let identity = settings.cert.zip(settings.key);
    let pins = settings.pins.iter().map(|pin| {
        pin.as_ref().try_into().map_err(|_| {
            let message = "a pin is not a SHA-256";
            Error::new("WARMLINE_INTERNAL", Phase::Tls, message)
        })
    });
    Ok(TlsOptions {
        ca: settings.ca.into_iter().map(String::into_bytes).collect(),
        identity: identity.map(|(certificates, key)| TlsIdentity {
            certificates: certificates.into_bytes(),
            key: key.into_bytes(),
        }),
        min_version: match settings.min_version {
            3 => TlsVersion::V1_3,
            _ => TlsVersion::V1_2,
        },
        server_name: settings.server_name,
        pins: pins.collect::<Result<_, _>>()?,
        unverified: settings.unverified,
    })
}

/// Whether the system has no trusted certificates, so that some should be offered.
#[napi(catch_unwind)]
#[must_use]
pub fn lacks_trust_store() -> bool {
    transport::lacks_trust_store()
}

/// Offers certificates in PEM form to a system that lacks any.
#[napi(catch_unwind)]
pub fn offer_roots(pem: String) {
    transport::offer_roots(pem.into_bytes());
}
