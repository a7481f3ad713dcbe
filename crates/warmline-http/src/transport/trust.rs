//! Whom TLS trusts: the operating system's store, `NODE_EXTRA_CA_CERTS` and the caller's own
//! certificates; and a verifier that says why a chain is not trusted.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, OtherError, RootCertStore, SignatureScheme};
use webpki::{EndEntityCert, anchor_from_trusted_cert};

use crate::error::{Error, Phase};

/// What was left out when the trust store was read; told with every chain that is not trusted.
#[derive(Debug, Default)]
pub(crate) struct Trust {
    pub(crate) left_out: Vec<String>,
}

/// The certificates of PEM texts, each of which must hold one or more that can be trusted.
///
/// # Errors
/// `WARMLINE_CA` when one does not.
pub(crate) fn parse(texts: Vec<Vec<u8>>) -> Result<Vec<CertificateDer<'static>>, Error> {
    let refused = |reason: &dyn fmt::Display| {
        let message = format!("a given CA certificate is unusable: {reason}");
        Error::new("WARMLINE_CA", Phase::Tls, message)
    };
    let mut parsed = Vec::new();
    for text in texts {
        let before = parsed.len();
        for certificate in CertificateDer::pem_slice_iter(&text) {
            let certificate = certificate.map_err(|error| refused(&error))?;
            anchor_from_trusted_cert(&certificate).map_err(|error| refused(&error))?;
            parsed.push(certificate);
        }
        if parsed.len() == before {
            return Err(refused(&"it is not in PEM form"));
        }
    }
    Ok(parsed)
}

/// Reads every source of trusted certificates, and adds the caller's own.
///
/// As in Node, a `NODE_EXTRA_CA_CERTS` file that cannot be read, or a certificate of the system that
/// cannot be parsed, is left out rather than an error.
///
/// # Errors
/// `WARMLINE_TRUST_STORE` when nobody at all is trusted.
pub(crate) fn load(own: Vec<CertificateDer<'static>>) -> Result<(RootCertStore, Trust), Error> {
    let mut roots = RootCertStore::empty();
    let mut trust = Trust::default();
    let system = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(system.certs);
    if let Some(path) = std::env::var_os("NODE_EXTRA_CA_CERTS").filter(|path| !path.is_empty()) {
        let extra: Result<Vec<CertificateDer<'static>>, _> =
            CertificateDer::pem_file_iter(&path).and_then(Iterator::collect);
        match extra {
            Ok(certificates) => {
                roots.add_parsable_certificates(certificates);
            }
            Err(error) => {
                trust
                    .left_out
                    .push(format!("NODE_EXTRA_CA_CERTS could not be read: {error}"));
            }
        }
    }
    roots.add_parsable_certificates(own);
    if roots.is_empty() {
        let mut message = "no trusted certificates were found on this system".to_owned();
        for error in &system.errors {
            message.push_str("; ");
            message.push_str(&error.to_string());
        }
        return Err(Error::new("WARMLINE_TRUST_STORE", Phase::Tls, message));
    }
    Ok((roots, trust))
}

/// Why a chain that leads to nobody we trust does not, in the terms of OpenSSL and Node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChainFault {
    /// The server's certificate is signed by itself.
    SelfSigned,
    /// The chain ends in a root that is not trusted.
    SelfSignedInChain,
    /// The server sent its own certificate only, and its issuer is not known.
    UnknownIssuerOfLeaf,
    /// The server sent intermediates, but the issuer of the last one is not known.
    UnknownIssuerOfChain,
}

impl ChainFault {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::SelfSigned => "DEPTH_ZERO_SELF_SIGNED_CERT",
            Self::SelfSignedInChain => "SELF_SIGNED_CERT_IN_CHAIN",
            Self::UnknownIssuerOfLeaf => "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
            Self::UnknownIssuerOfChain => "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
        }
    }

    fn of(leaf: &CertificateDer<'_>, intermediates: &[CertificateDer<'_>]) -> Self {
        if is_self_issued(leaf) {
            Self::SelfSigned
        } else if intermediates.iter().any(is_self_issued) {
            Self::SelfSignedInChain
        } else if intermediates.is_empty() {
            Self::UnknownIssuerOfLeaf
        } else {
            Self::UnknownIssuerOfChain
        }
    }
}

impl fmt::Display for ChainFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SelfSigned => "its certificate is self-signed",
            Self::SelfSignedInChain => {
                "its chain ends in a self-signed certificate that is not trusted"
            }
            Self::UnknownIssuerOfLeaf => {
                "the issuer of its certificate is not known, and it sent no intermediate"
            }
            Self::UnknownIssuerOfChain => {
                "the issuer of its last intermediate certificate is not trusted"
            }
        })
    }
}

impl StdError for ChainFault {}

fn is_self_issued(certificate: &CertificateDer<'_>) -> bool {
    EndEntityCert::try_from(certificate).is_ok_and(|parsed| parsed.issuer() == parsed.subject())
}

/// rustls's own verifier; where that says only "unknown issuer", this one says which.
#[derive(Debug)]
pub(crate) struct ChainVerifier(Arc<WebPkiServerVerifier>);

impl ChainVerifier {
    pub(crate) fn new(
        roots: Arc<RootCertStore>,
        provider: Arc<CryptoProvider>,
    ) -> Result<Self, Error> {
        WebPkiServerVerifier::builder_with_provider(roots, provider)
            .build()
            .map(Self)
            .map_err(|error| {
                Error::new(
                    "WARMLINE_TRUST_STORE",
                    Phase::Tls,
                    "the trust store is unusable",
                )
                .with_source(error)
            })
    }
}

impl ServerCertVerifier for ChainVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        self.0
            .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
            .map_err(|error| match error {
                rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer) => {
                    let fault = ChainFault::of(end_entity, intermediates);
                    CertificateError::Other(OtherError(Arc::new(fault))).into()
                }
                // webpki refuses a certificate that may sign others before it looks who signed it.
                rustls::Error::InvalidCertificate(CertificateError::Other(_))
                    if is_self_issued(end_entity) =>
                {
                    CertificateError::Other(OtherError(Arc::new(ChainFault::SelfSigned))).into()
                }
                other => other,
            })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}
