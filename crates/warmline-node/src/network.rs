//! How a client's connections are opened, as JavaScript says it.

use std::net::IpAddr;
use std::path::PathBuf;

use napi::bindgen_prelude::Buffer;
use napi_derive::napi;
use warmline_http::transport::{
    self, DnsOptions, Proxy, ProxyOptions, TcpOptions, TlsIdentity, TlsOptions, TlsVersion,
};
use warmline_http::{Error, Phase};

use crate::durations::{duration_or, limit_or};

/// Names of a client. Durations are milliseconds; 0 keeps nothing.
#[napi(object)]
pub struct DnsSettings {
    pub hosts: Vec<StaticHost>,
    pub ttl: Option<u32>,
    pub negative_ttl: Option<u32>,
    pub stale_ttl: Option<u32>,
}

/// A name that is not looked up.
#[napi(object)]
pub struct StaticHost {
    /// In lower case.
    pub name: String,
    pub addresses: Vec<String>,
}

/// Sockets of a client.
#[napi(object)]
#[derive(Default)]
pub struct SocketSettings {
    /// Of the unix domain socket that everything goes to.
    pub path: Option<String>,
    pub local_address: Option<String>,
    /// Milliseconds; 0 is none.
    pub keepalive: Option<u32>,
}

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

pub(crate) fn dns(settings: DnsSettings) -> Result<DnsOptions, Error> {
    let hosts = settings.hosts.into_iter().map(|host| {
        let addresses = host.addresses.iter().map(|text| address("dns.hosts", text));
        Ok((host.name.into(), addresses.collect::<Result<_, _>>()?))
    });
    let defaults = DnsOptions::default();
    Ok(DnsOptions {
        hosts: hosts.collect::<Result<_, Error>>()?,
        ttl: duration_or(settings.ttl, defaults.ttl),
        negative_ttl: duration_or(settings.negative_ttl, defaults.negative_ttl),
        stale_ttl: duration_or(settings.stale_ttl, defaults.stale_ttl),
        lookup: None,
    })
}

pub(crate) fn socket(settings: SocketSettings) -> Result<(TcpOptions, Option<PathBuf>), Error> {
    let local_address = settings
        .local_address
        .map(|text| address("localAddress", &text));
    let defaults = TcpOptions::default();
    let tcp = TcpOptions {
        keepalive: limit_or(settings.keepalive, defaults.keepalive),
        local_address: local_address.transpose()?,
        ..defaults
    };
    Ok((tcp, settings.path.map(PathBuf::from)))
}

fn address(setting: &str, text: &str) -> Result<IpAddr, Error> {
    text.parse().map_err(|_| {
        let message = format!("{setting} must be an IP address, not {text:?}");
        Error::new("ERR_INVALID_ARG_VALUE", Phase::Connect, message)
    })
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
