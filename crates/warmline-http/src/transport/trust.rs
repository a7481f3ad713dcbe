//! Whom TLS trusts: the operating system's store or what `SSL_CERT_FILE` and `SSL_CERT_DIR` name
//! instead of it, `NODE_EXTRA_CA_CERTS`, and the caller's own certificates.

use std::fmt;
use std::sync::OnceLock;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use webpki::anchor_from_trusted_cert;

use crate::error::{Error, Phase};

/// What was left out when the trust store was read; told with every chain that is not trusted.
#[derive(Debug, Default)]
pub(crate) struct Trust {
    pub(crate) left_out: Vec<String>,
}

/// Roots for a system that has none of its own, in PEM form.
static SPARE_ROOTS: OnceLock<Vec<u8>> = OnceLock::new();

/// Whether this system has no trusted certificates of its own, as minimal container images do not.
/// Only a look, which costs some system calls; where `SSL_CERT_FILE` or `SSL_CERT_DIR` says what to
/// trust, nothing is missing, whatever they name.
#[must_use]
pub fn lacks_trust_store() -> bool {
    !is_told_whom_to_trust() && !system_store_exists()
}

/// Hands in the certificates, in PEM form, to trust on a system that [lacks](lacks_trust_store) any.
/// The first ones handed in stay.
pub fn offer_roots(pem: Vec<u8>) {
    // Whoever was first had the same ones.
    let _ = SPARE_ROOTS.set(pem);
}

fn is_told_whom_to_trust() -> bool {
    ["SSL_CERT_FILE", "SSL_CERT_DIR"]
        .iter()
        .any(|name| std::env::var_os(name).is_some())
}

#[cfg(all(unix, not(target_os = "macos")))]
fn system_store_exists() -> bool {
    let found = openssl_probe::probe();
    found.cert_file.is_some()
        || found.cert_dir.iter().any(|folder| {
            std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some())
        })
}

#[cfg(not(all(unix, not(target_os = "macos"))))]
fn system_store_exists() -> bool {
    true
}

/// The certificates of PEM texts, each of which must hold one or more that can be trusted.
///
/// # Errors
/// `WARMLINE_CA` when one does not.
pub(crate) fn parse(texts: Vec<Vec<u8>>) -> Result<Vec<CertificateDer<'static>>, Error> {
    let refused = |reason: &dyn fmt::Display| {
        let message = format!("tls.ca must hold certificates in PEM form: {reason}");
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
            return Err(refused(&"there is none"));
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
    if roots.is_empty()
        && !is_told_whom_to_trust()
        && let Some(spare) = SPARE_ROOTS.get()
    {
        roots.add_parsable_certificates(CertificateDer::pem_slice_iter(spare).flatten());
    }
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
