//! What a caller may change about TLS, and the checks of it that need no connection.

use std::fmt;
use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::version::{TLS12, TLS13};
use rustls::{InconsistentKeys, SupportedProtocolVersion};

use super::trust;
use super::verifier::Pin;
use crate::error::{Error, Phase};

/// Whom to trust, and who to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsOptions {
    /// Certificates to trust besides the operating system's and those of `NODE_EXTRA_CA_CERTS`;
    /// each entry is PEM text that holds one or more.
    pub ca: Vec<Vec<u8>>,
    /// What is shown to servers that ask who is calling (mutual TLS).
    pub identity: Option<TlsIdentity>,
    /// The oldest version that is spoken.
    pub min_version: TlsVersion,
    /// The name to ask for (SNI) and to check the certificate for, instead of the URL's host.
    pub server_name: Option<String>,
    /// If there are any, the server's key must be one of them, whoever vouches for it.
    pub pins: Vec<Pin>,
    /// Take every certificate for good. Pins are checked all the same.
    pub unverified: bool,
}

/// A client's certificate with its key.
#[derive(Clone, PartialEq, Eq)]
pub struct TlsIdentity {
    /// The certificate and what links it to a root, in PEM form.
    pub certificates: Vec<u8>,
    /// The key in PEM form, unencrypted.
    pub key: Vec<u8>,
}

/// A version of TLS that is safe to speak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TlsVersion {
    /// TLS 1.2 (RFC 5246).
    #[default]
    V1_2,
    /// TLS 1.3 (RFC 8446).
    V1_3,
}

/// [`TlsOptions`], checked and parsed.
#[derive(Clone)]
pub(super) struct TlsSettings {
    pub(super) ca: Vec<CertificateDer<'static>>,
    pub(super) identity: Option<Arc<SingleCertAndKey>>,
    pub(super) min_version: TlsVersion,
    pub(super) server_name: Option<ServerName<'static>>,
    pub(super) pins: Vec<Pin>,
    pub(super) verified: bool,
}

/// Without the key, and without the certificate, which may name a person.
impl fmt::Debug for TlsIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsIdentity").finish_non_exhaustive()
    }
}

impl TlsVersion {
    pub(super) fn and_newer(self) -> &'static [&'static SupportedProtocolVersion] {
        static FROM_1_2: [&SupportedProtocolVersion; 2] = [&TLS13, &TLS12];
        match self {
            Self::V1_2 => &FROM_1_2,
            Self::V1_3 => &FROM_1_2[..1],
        }
    }
}

impl Default for TlsSettings {
    fn default() -> Self {
        Self {
            ca: Vec::new(),
            identity: None,
            min_version: TlsVersion::default(),
            server_name: None,
            pins: Vec::new(),
            verified: true,
        }
    }
}

impl TlsSettings {
    /// # Errors
    /// `WARMLINE_CA` when one of the authorities is not a certificate in PEM form,
    /// `WARMLINE_TLS_IDENTITY` when the client's certificate or key is unusable or they do not belong
    /// together, `WARMLINE_TLS_SERVERNAME` for a server name that no certificate can have.
    pub(super) fn of(options: TlsOptions) -> Result<Self, Error> {
        let server_name = options.server_name.map(|name| {
            ServerName::try_from(name).map_err(|error| {
                let message = "tls.servername must be a DNS name or an IP address";
                Error::new("WARMLINE_TLS_SERVERNAME", Phase::Tls, message).with_source(error)
            })
        });
        Ok(Self {
            ca: trust::parse(options.ca)?,
            identity: options.identity.as_ref().map(identity).transpose()?,
            min_version: options.min_version,
            server_name: server_name.transpose()?,
            pins: options.pins,
            verified: !options.unverified,
        })
    }
}

fn identity(given: &TlsIdentity) -> Result<Arc<SingleCertAndKey>, Error> {
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&given.certificates)
        .collect::<Result<_, _>>()
        .map_err(|error| unusable("tls.cert", "a certificate in PEM form").with_source(error))?;
    if chain.is_empty() {
        return Err(unusable("tls.cert", "a certificate in PEM form"));
    }
    let key = PrivateKeyDer::from_pem_slice(&given.key)
        .map_err(|error| unusable("tls.key", "a key in PEM form").with_source(error))?;
    let pair =
        CertifiedKey::from_der(chain, key, &aws_lc_rs::default_provider()).map_err(|error| {
            match error {
                rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
                    unusable("tls.key", "the key of the certificate in tls.cert")
                }
                other => unusable("tls.cert", "a certificate that can be shown").with_source(other),
            }
        })?;
    Ok(Arc::new(SingleCertAndKey::from(pair)))
}

fn unusable(option: &str, allowed: &str) -> Error {
    let message = format!("{option} must be {allowed}");
    Error::new("WARMLINE_TLS_IDENTITY", Phase::Tls, message)
}
