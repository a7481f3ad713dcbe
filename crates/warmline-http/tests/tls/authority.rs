//! Authorities, and the certificates that they sign.

use base64::prelude::{BASE64_STANDARD as STANDARD, Engine};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair,
};
use rustls::pki_types::CertificateDer;
use warmline_http::transport::TlsIdentity;

/// A certificate authority, self-signed or signed by another.
pub(super) struct Authority {
    pub(super) issuer: Issuer<'static, KeyPair>,
    pub(super) certificate: CertificateDer<'static>,
    pub(super) pem: String,
}

/// What a server shows: its certificate first.
pub(super) struct Identity {
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) key: KeyPair,
}

impl Authority {
    pub(super) fn new(name: &str, signer: Option<&Self>) -> Self {
        let mut params = params(name, &[]);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = match signer {
            Some(signer) => params.signed_by(&key, &signer.issuer).unwrap(),
            None => params.self_signed(&key).unwrap(),
        };
        let (pem, certificate) = (certificate.pem(), certificate.der().clone());
        Self {
            issuer: Issuer::new(params, key),
            certificate,
            pem,
        }
    }

    /// A server certificate for 127.0.0.1, as `change` makes it.
    pub(super) fn sign(&self, change: impl FnOnce(&mut CertificateParams)) -> Identity {
        let mut params = params("server", &["127.0.0.1"]);
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Identity {
            chain: vec![certificate.der().clone()],
            key,
        }
    }
}

pub(super) fn params(name: &str, hosts: &[&str]) -> CertificateParams {
    let hosts: Vec<String> = hosts.iter().map(ToString::to_string).collect();
    let mut params = CertificateParams::new(hosts).unwrap();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

pub(super) fn pem_of(identity: &Identity) -> TlsIdentity {
    let body: Vec<String> = identity
        .chain
        .iter()
        .map(|der| {
            let base64 = STANDARD.encode(der);
            format!("-----BEGIN CERTIFICATE-----\n{base64}\n-----END CERTIFICATE-----\n")
        })
        .collect();
    TlsIdentity {
        certificates: body.concat().into_bytes(),
        key: identity.key.serialize_pem().into_bytes(),
    }
}
