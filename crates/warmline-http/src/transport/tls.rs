//! The TLS handshake.

use std::sync::{Arc, LazyLock};

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::ServerName;
use rustls::{CipherSuite, ClientConfig, ClientConnection, ProtocolVersion, RootCertStore};
use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::io::SocketIo;
use super::tls_fault;
use super::tls_options::{TlsOptions, TlsSettings};
use super::trust::{self, Trust};
use super::verifier::ServerVerifier;
use crate::error::{Error, Phase};

/// What is offered in ALPN (RFC 7301).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Offer {
    Http1,
    Http2,
    Either,
}

impl Offer {
    /// The one preferred first.
    fn protocols(self) -> Vec<Vec<u8>> {
        let protocols: &[&[u8]] = match self {
            Self::Http1 => &[HTTP1],
            Self::Http2 => &[HTTP2],
            Self::Either => &[HTTP2, HTTP1],
        };
        protocols.iter().map(|protocol| protocol.to_vec()).collect()
    }
}

const HTTP1: &[u8] = b"http/1.1";
const HTTP2: &[u8] = b"h2";

/// What the handshake settled on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TlsInfo {
    /// As Node names it: `TLSv1.2` or `TLSv1.3`.
    pub version: &'static str,
    /// The cipher suite by its IANA name.
    pub cipher: &'static str,
}

/// Makes TLS connections under one identity. The trust store is read when the first one is made.
#[derive(Clone)]
pub(crate) struct Tls(Arc<Shared>);

struct Shared {
    settings: TlsSettings,
    ready: OnceCell<Ready>,
}

/// What the first handshake has to wait for. One configuration for all connections, so that a
/// session of one can be resumed by the next.
struct Ready {
    connector: TlsConnector,
    trust: Trust,
}

/// The configuration of everyone who changes nothing, made once per process.
static PLAIN: LazyLock<Tls> = LazyLock::new(|| Tls::under(TlsSettings::default()));

impl Tls {
    /// # Errors
    /// As [`TlsSettings::of`].
    pub(crate) fn new(options: TlsOptions) -> Result<Self, Error> {
        if options == TlsOptions::default() {
            return Ok(PLAIN.clone());
        }
        TlsSettings::of(options).map(Self::under)
    }

    fn under(settings: TlsSettings) -> Self {
        Self(Arc::new(Shared {
            settings,
            ready: OnceCell::new(),
        }))
    }

    /// Speaks TLS with `host` on an open TCP connection. [`speaks_http2`] says what came of the offer.
    ///
    /// # Errors
    /// With phase [`Phase::Tls`], and OpenSSL's code for a certificate that is not to be trusted
    /// (`CERT_HAS_EXPIRED`, `ERR_TLS_CERT_ALTNAME_INVALID`, `DEPTH_ZERO_SELF_SIGNED_CERT` ...),
    /// `EPROTO` for a peer that does not speak TLS as it should, `ECONNRESET` for one that leaves.
    pub(crate) async fn handshake(
        &self,
        host: &str,
        io: SocketIo,
        offer: Offer,
    ) -> Result<(TlsStream<SocketIo>, TlsInfo), Error> {
        let Shared { settings, ready } = &*self.0;
        let ready = ready.get_or_try_init(|| prepare(settings.clone())).await?;
        let name = match &settings.server_name {
            Some(name) => name.clone(),
            None => ServerName::try_from(host.to_owned()).map_err(|error| {
                let message =
                    format!("{host:?} is not a name that a certificate can be checked for");
                Error::new("ERR_TLS_CERT_ALTNAME_INVALID", Phase::Tls, message).with_source(error)
            })?,
        };
        let stream = ready
            .connector
            .with_alpn(offer.protocols())
            .connect(name, io)
            .await
            .map_err(|error| tls_fault::classify(error, host, &ready.trust))?;
        let info = info(stream.get_ref().1);
        Ok((stream, info))
    }
}

/// Reads the trust store, off the engine's threads: it is a directory of files on most systems,
/// and parsing it takes milliseconds.
async fn prepare(settings: TlsSettings) -> Result<Ready, Error> {
    let prepared = spawn_blocking(move || {
        let (roots, trust) = if settings.verified {
            let (roots, trust) = trust::load(settings.ca.clone())?;
            (Some(roots), trust)
        } else {
            (None, Trust::default())
        };
        Ok(Ready {
            connector: TlsConnector::from(Arc::new(config(settings, roots)?)),
            trust,
        })
    });
    prepared.await.unwrap_or_else(|error| {
        Err(Error::new(
            "WARMLINE_TRUST_STORE",
            Phase::Tls,
            "the trust store could not be read",
        )
        .with_source(error))
    })
}

/// Sessions are resumed: the configuration has a store of its own for 256 of them.
fn config(settings: TlsSettings, roots: Option<RootCertStore>) -> Result<ClientConfig, Error> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = Arc::new(ServerVerifier::new(roots, settings.pins, &provider)?);
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(settings.min_version.and_newer())
        .map_err(|error| {
            Error::new("EPROTO", Phase::Tls, "TLS could not be set up").with_source(error)
        })?
        .dangerous() // Our verifier is rustls's, unless the caller asked for none.
        .with_custom_certificate_verifier(verifier);
    Ok(match settings.identity {
        Some(identity) => builder.with_client_cert_resolver(identity),
        None => builder.with_no_client_auth(),
    })
}

/// Whether the other side chose HTTP/2.
pub(crate) fn speaks_http2(stream: &TlsStream<SocketIo>) -> bool {
    stream.get_ref().1.alpn_protocol() == Some(HTTP2)
}

fn info(session: &ClientConnection) -> TlsInfo {
    TlsInfo {
        version: match session.protocol_version() {
            Some(ProtocolVersion::TLSv1_3) => "TLSv1.3",
            Some(ProtocolVersion::TLSv1_2) => "TLSv1.2",
            _ => "unknown",
        },
        cipher: match session.negotiated_cipher_suite().map(|suite| suite.suite()) {
            // rustls marks the version in the name of these three; IANA does not.
            Some(CipherSuite::TLS13_AES_256_GCM_SHA384) => "TLS_AES_256_GCM_SHA384",
            Some(CipherSuite::TLS13_AES_128_GCM_SHA256) => "TLS_AES_128_GCM_SHA256",
            Some(CipherSuite::TLS13_CHACHA20_POLY1305_SHA256) => "TLS_CHACHA20_POLY1305_SHA256",
            other => other.and_then(|suite| suite.as_str()).unwrap_or("unknown"),
        },
    }
}
