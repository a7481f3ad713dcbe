//! Whether a server is who it should be: its chain, its pinned key; and, where a chain is not trusted,
//! why.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, OtherError, RootCertStore, SignatureScheme};
use webpki::EndEntityCert;

use crate::error::{Error, Phase};

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
    /// The server's key is none of those that the caller pinned.
    Unpinned,
}

impl ChainFault {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::SelfSigned => "DEPTH_ZERO_SELF_SIGNED_CERT",
            Self::SelfSignedInChain => "SELF_SIGNED_CERT_IN_CHAIN",
            Self::UnknownIssuerOfLeaf => "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
            Self::UnknownIssuerOfChain => "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
            Self::Unpinned => "WARMLINE_TLS_PIN",
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
            Self::Unpinned => "its public key is none of the pinned ones",
        })
    }
}

impl StdError for ChainFault {}

fn is_self_issued(certificate: &CertificateDer<'_>) -> bool {
    EndEntityCert::try_from(certificate).is_ok_and(|parsed| parsed.issuer() == parsed.subject())
}

impl From<ChainFault> for rustls::Error {
    fn from(fault: ChainFault) -> Self {
        CertificateError::Other(OtherError(Arc::new(fault))).into()
    }
}

/// The SHA-256 of a public key with its algorithm, as its certificate has it (RFC 7469 section 2.4).
pub type Pin = [u8; 32];

/// Decides whether a server is who it should be.
#[derive(Debug)]
pub(super) struct ServerVerifier {
    /// rustls's own verifier; `None` lets every chain pass.
    chain: Option<Arc<WebPkiServerVerifier>>,
    /// The server's key must be one of these, unless there are none.
    pins: Vec<Pin>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerVerifier {
    /// Chains must lead to one of `roots`; without roots, they may lead anywhere.
    pub(super) fn new(
        roots: Option<RootCertStore>,
        pins: Vec<Pin>,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Self, Error> {
        let chain = roots.map(|roots| {
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
                .build()
        });
        let chain = chain.transpose().map_err(|error| {
            let message = "the trust store is unusable";
            Error::new("WARMLINE_TRUST_STORE", Phase::Tls, message).with_source(error)
        })?;
        Ok(Self {
            chain,
            pins,
            algorithms: provider.signature_verification_algorithms,
        })
    }

    /// The server's own key, not one of its chain: what a server sends along proves nothing.
    fn is_pinned(&self, certificate: &CertificateDer<'_>) -> Result<bool, rustls::Error> {
        if self.pins.is_empty() {
            return Ok(true);
        }
        let parsed = ParsedCertificate::try_from(certificate)?;
        let found = digest(&SHA256, &parsed.subject_public_key_info());
        Ok(self.pins.iter().any(|pin| pin == found.as_ref()))
    }
}

impl ServerCertVerifier for ServerVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if let Some(chain) = &self.chain {
            chain
                .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
                .map_err(|error| named(error, end_entity, intermediates))?;
        }
        if !self.is_pinned(end_entity)? {
            return Err(ChainFault::Unpinned.into());
        }
        Ok(ServerCertVerified::assertion())
    }

    // Whoever is trusted has to hold the key of the certificate, in every case.
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// The refusal, where rustls says only "unknown issuer", with which issuer that is.
fn named(
    error: rustls::Error,
    leaf: &CertificateDer<'_>,
    intermediates: &[CertificateDer<'_>],
) -> rustls::Error {
    match error {
        rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer) => {
            ChainFault::of(leaf, intermediates).into()
        }
        // webpki refuses a certificate that may sign others before it looks who signed it.
        rustls::Error::InvalidCertificate(CertificateError::Other(_)) if is_self_issued(leaf) => {
            ChainFault::SelfSigned.into()
        }
        other => other,
    }
}
