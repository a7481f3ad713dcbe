//! What a failed TLS handshake is called: OpenSSL's and Node's codes for rustls's errors.

use std::io;

use rustls::{AlertDescription, CertificateError};

use super::trust::Trust;
use super::verifier::ChainFault;
use crate::error::{Error, Phase, io_code};

/// Turns a failed handshake into a typed error.
pub(crate) fn classify(error: io::Error, host: &str, trust: &Trust) -> Error {
    let (code, reason) = match error.get_ref().and_then(|inner| inner.downcast_ref()) {
        Some(rustls::Error::InvalidCertificate(refusal)) => {
            let (code, mut reason) = certificate(refusal);
            for note in &trust.left_out {
                reason.push_str("; ");
                reason.push_str(note);
            }
            (code, reason)
        }
        Some(rustls::Error::AlertReceived(alert)) => ("EPROTO", refusal(*alert)),
        Some(other) => (
            "EPROTO",
            format!("it does not speak TLS as expected ({other})"),
        ),
        None => match error.kind() {
            // The other side hung up in mid-handshake: Node calls both a reset.
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => (
                "ECONNRESET",
                "it closed the connection before TLS was established".to_owned(),
            ),
            _ => (
                io_code(&error),
                "the connection failed before TLS was established".to_owned(),
            ),
        },
    };
    Error::new(
        code,
        Phase::Tls,
        format!("TLS handshake with {host} failed: {reason}"),
    )
    .with_source(error)
}

fn certificate(refusal: &CertificateError) -> (&'static str, String) {
    use CertificateError as Refusal;
    let (code, reason) = match refusal {
        Refusal::Expired | Refusal::ExpiredContext { .. } => {
            ("CERT_HAS_EXPIRED", "its certificate has expired")
        }
        Refusal::NotValidYet | Refusal::NotValidYetContext { .. } => {
            ("CERT_NOT_YET_VALID", "its certificate is not valid yet")
        }
        Refusal::NotValidForName | Refusal::NotValidForNameContext { .. } => (
            "ERR_TLS_CERT_ALTNAME_INVALID",
            "its certificate is for other names",
        ),
        Refusal::Revoked => ("CERT_REVOKED", "its certificate has been revoked"),
        Refusal::BadSignature => (
            "CERT_SIGNATURE_FAILURE",
            "a signature in its chain is not genuine",
        ),
        Refusal::InvalidPurpose | Refusal::InvalidPurposeContext { .. } => (
            "INVALID_PURPOSE",
            "its certificate is not meant for servers",
        ),
        Refusal::Other(other) => match other.0.downcast_ref::<ChainFault>() {
            Some(fault) => return (fault.code(), fault.to_string()),
            None => {
                return (
                    "CERT_REJECTED",
                    format!("its certificate is unusable ({other})"),
                );
            }
        },
        other => {
            return (
                "CERT_REJECTED",
                format!("its certificate is unusable ({other})"),
            );
        }
    };
    (code, reason.to_owned())
}

fn refusal(alert: AlertDescription) -> String {
    // The alert's number says as much as its name, and its name is part of no interface.
    format!("it refused the handshake with alert {}", u8::from(alert))
}
