//! The TLS handshake.

use std::sync::{Arc, LazyLock};

use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{CipherSuite, ClientConfig, ClientConnection, ProtocolVersion};
use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::io::SocketIo;
use super::tls_fault;
use super::trust::{self, ChainVerifier, Trust};
use crate::error::{Error, Phase};

/// What is offered in ALPN (RFC 7301).
const ALPN_HTTP1: &[u8] = b"http/1.1";

/// Whom to trust.
#[derive(Clone, Debug, Default)]
pub struct TlsOptions {
    /// Certificates to trust besides the operating system's and those of `NODE_EXTRA_CA_CERTS`;
    /// each entry is PEM text that holds one or more.
    pub ca: Vec<Vec<u8>>,
}

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
    own: Vec<CertificateDer<'static>>,
    ready: OnceCell<Ready>,
}

/// What the first handshake has to wait for. One configuration for all connections, so that a
/// session of one can be resumed by the next.
struct Ready {
    connector: TlsConnector,
    trust: Trust,
}

/// The configuration of everyone who adds no certificates of their own, read once per process.
static SYSTEM: LazyLock<Tls> = LazyLock::new(|| Tls::trusting(Vec::new()));

impl Tls {
    /// # Errors
    /// `WARMLINE_CA` when one of the caller's own certificates is unusable.
    pub(crate) fn new(options: TlsOptions) -> Result<Self, Error> {
        Ok(Self::trusting(trust::parse(options.ca)?))
    }

    fn trusting(own: Vec<CertificateDer<'static>>) -> Self {
        Self(Arc::new(Shared {
            own,
            ready: OnceCell::new(),
        }))
    }

    /// Speaks TLS with `host` on an open TCP connection.
    ///
    /// # Errors
    /// With phase [`Phase::Tls`], and OpenSSL's code for a certificate that is not to be trusted
    /// (`CERT_HAS_EXPIRED`, `ERR_TLS_CERT_ALTNAME_INVALID`, `DEPTH_ZERO_SELF_SIGNED_CERT` ...),
    /// `EPROTO` for a peer that does not speak TLS as it should, `ECONNRESET` for one that leaves.
    pub(crate) async fn handshake(
        &self,
        host: &str,
        io: SocketIo,
    ) -> Result<(TlsStream<SocketIo>, TlsInfo), Error> {
        let Self(shared) = if self.0.own.is_empty() {
            &*SYSTEM
        } else {
            self
        };
        let ready = shared
            .ready
            .get_or_try_init(|| prepare(shared.own.clone()))
            .await?;
        let name = ServerName::try_from(host.to_owned()).map_err(|error| {
            let message = format!("{host:?} is not a name that a certificate can be checked for");
            Error::new("ERR_TLS_CERT_ALTNAME_INVALID", Phase::Tls, message).with_source(error)
        })?;
        let stream = ready
            .connector
            .connect(name, io)
            .await
            .map_err(|error| tls_fault::classify(error, host, &ready.trust))?;
        let info = info(stream.get_ref().1);
        Ok((stream, info))
    }
}

/// Reads the trust store, off the engine's threads: it is a directory of files on most systems,
/// and parsing it takes milliseconds.
async fn prepare(own: Vec<CertificateDer<'static>>) -> Result<Ready, Error> {
    let prepared = spawn_blocking(move || {
        let (roots, trust) = trust::load(own)?;
        let provider = Arc::new(aws_lc_rs::default_provider());
        let verifier: Arc<dyn ServerCertVerifier> =
            Arc::new(ChainVerifier::new(Arc::new(roots), Arc::clone(&provider))?);
        // Both versions that are safe to speak: TLS 1.2 and 1.3. Sessions are resumed (the
        // configuration's own store of 256).
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| {
                Error::new("EPROTO", Phase::Tls, "TLS could not be set up").with_source(error)
            })?
            .dangerous() // The verifier is rustls's own, which only names its refusals more finely.
            .with_custom_certificate_verifier(verifier)
            .with_no_client_auth();
        config.alpn_protocols = vec![ALPN_HTTP1.to_vec()];
        Ok(Ready {
            connector: TlsConnector::from(Arc::new(config)),
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
