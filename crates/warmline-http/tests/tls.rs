//! TLS: what is trusted, what is not, and what each refusal is called.

#[allow(dead_code, reason = "each test binary uses its part of the peer")]
mod peer;

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair,
    date_time_ymd,
};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use warmline_http::transport::{Connector, ConnectorOptions, TlsOptions};
use warmline_http::{Error, Key, Phase};
use warmline_pool::{Poolable, Scheme};

/// A certificate authority, self-signed or signed by another.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
    pem: String,
}

/// What a server shows: its certificate first.
struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: KeyPair,
}

impl Authority {
    fn new(name: &str, signer: Option<&Self>) -> Self {
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
    fn sign(&self, change: impl FnOnce(&mut CertificateParams)) -> Identity {
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

fn params(name: &str, hosts: &[&str]) -> CertificateParams {
    let hosts: Vec<String> = hosts.iter().map(ToString::to_string).collect();
    let mut params = CertificateParams::new(hosts).unwrap();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

/// Starts a server that shows this identity, answers one request per connection, and reports how each
/// handshake went.
async fn serve(
    identity: Identity,
) -> (Key, mpsc::UnboundedReceiver<Option<rustls::HandshakeKind>>) {
    let key = PrivateKeyDer::try_from(identity.key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(identity.chain, key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let (sender, receiver) = mpsc::unbounded_channel();
    let mut key = peer::start(move |stream| {
        let (acceptor, sender) = (acceptor.clone(), sender.clone());
        async move {
            let Ok(mut stream) = acceptor.accept(stream).await else {
                return;
            };
            let _ = sender.send(stream.get_ref().1.handshake_kind());
            while !peer::read_request(&mut stream).await.is_empty() {
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
                if stream.write_all(answer).await.is_err() {
                    return;
                }
            }
        }
    })
    .await;
    key.scheme = Scheme::Https;
    (key, receiver)
}

fn trusting(authority: &Authority) -> Connector {
    let tls = TlsOptions {
        ca: vec![authority.pem.clone().into_bytes()],
    };
    Connector::new(ConnectorOptions {
        tls,
        ..ConnectorOptions::default()
    })
    .unwrap()
}

/// The error of connecting to a server with this identity when only `authority` is trusted.
async fn refusal(identity: Identity, authority: &Authority) -> Error {
    let (key, _handshakes) = serve(identity).await;
    let error = trusting(authority)
        .connect(&key, None)
        .await
        .expect_err("it is not trusted");
    assert_eq!(error.phase, Phase::Tls);
    assert!(error.retryable);
    error
}

#[tokio::test]
async fn a_trusted_server_is_spoken_to_over_tls_1_3() {
    let authority = Authority::new("root", None);
    let (key, _handshakes) = serve(authority.sign(|_| {})).await;
    let connection = trusting(&authority).connect(&key, None).await.unwrap();
    let tls = connection.info().tls.unwrap();
    assert_eq!(tls.version, "TLSv1.3");
    assert!(tls.cipher.starts_with("TLS_"), "{}", tls.cipher);
    for _ in 0..3 {
        let (_, body) = peer::send(&connection, peer::get()).await.unwrap();
        assert_eq!(peer::read_body(body).await.unwrap(), "ok");
        assert!(connection.is_alive());
    }
}

#[tokio::test]
async fn the_second_connection_resumes_the_session_of_the_first() {
    let authority = Authority::new("root", None);
    let (key, mut handshakes) = serve(authority.sign(|_| {})).await;
    let connector = trusting(&authority);
    for expected in [rustls::HandshakeKind::Full, rustls::HandshakeKind::Resumed] {
        let connection = connector.connect(&key, None).await.unwrap();
        // Tickets come with the first response.
        let (_, body) = peer::send(&connection, peer::get()).await.unwrap();
        peer::read_body(body).await.unwrap();
        assert_eq!(handshakes.recv().await.unwrap(), Some(expected));
    }
}

#[tokio::test]
async fn session_tickets_on_an_idle_connection_do_not_end_it() {
    let authority = Authority::new("root", None);
    let (key, mut handshakes) = serve(authority.sign(|_| {})).await;
    let connection = trusting(&authority).connect(&key, None).await.unwrap();
    // The server has sent its tickets once its side of the handshake is done.
    handshakes.recv().await.unwrap();
    assert!(connection.is_alive());
    let (_, body) = peer::send(&connection, peer::get()).await.unwrap();
    assert_eq!(peer::read_body(body).await.unwrap(), "ok");
    assert!(connection.is_open());
}

#[tokio::test]
async fn an_expired_certificate_is_a_cert_has_expired() {
    let authority = Authority::new("root", None);
    let identity = authority.sign(|params| {
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2021, 1, 1);
    });
    assert_eq!(refusal(identity, &authority).await.code, "CERT_HAS_EXPIRED");
}

#[tokio::test]
async fn a_certificate_from_the_future_is_a_cert_not_yet_valid() {
    let authority = Authority::new("root", None);
    let identity = authority.sign(|params| params.not_before = date_time_ymd(2999, 1, 1));
    assert_eq!(
        refusal(identity, &authority).await.code,
        "CERT_NOT_YET_VALID"
    );
}

#[tokio::test]
async fn a_certificate_for_another_host_is_an_altname_invalid() {
    let authority = Authority::new("root", None);
    let identity =
        authority.sign(|it| it.subject_alt_names = params("", &["other.test"]).subject_alt_names);
    assert_eq!(
        refusal(identity, &authority).await.code,
        "ERR_TLS_CERT_ALTNAME_INVALID"
    );
}

#[tokio::test]
async fn a_self_signed_certificate_is_told_from_an_unknown_issuer() {
    let authority = Authority::new("root", None);
    for is_ca in [IsCa::NoCa, IsCa::Ca(BasicConstraints::Unconstrained)] {
        let mut params = params("127.0.0.1", &["127.0.0.1"]);
        params.is_ca = is_ca;
        let key = KeyPair::generate().unwrap();
        let chain = vec![params.self_signed(&key).unwrap().der().clone()];
        let error = refusal(Identity { chain, key }, &authority).await;
        assert_eq!(error.code, "DEPTH_ZERO_SELF_SIGNED_CERT");
    }
}

#[tokio::test]
async fn an_unknown_authority_is_told_by_what_the_server_sent_of_it() {
    let (trusted, other) = (
        Authority::new("trusted", None),
        Authority::new("other", None),
    );
    let middle = Authority::new("middle", Some(&other));

    let error = refusal(middle.sign(|_| {}), &trusted).await;
    assert_eq!(error.code, "UNABLE_TO_VERIFY_LEAF_SIGNATURE");

    let mut identity = middle.sign(|_| {});
    identity.chain.push(middle.certificate.clone());
    assert_eq!(
        refusal(identity, &trusted).await.code,
        "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"
    );

    let mut identity = middle.sign(|_| {});
    identity
        .chain
        .extend([middle.certificate.clone(), other.certificate.clone()]);
    assert_eq!(
        refusal(identity, &trusted).await.code,
        "SELF_SIGNED_CERT_IN_CHAIN"
    );
}

#[tokio::test]
async fn a_server_that_does_not_speak_tls_is_an_eproto() {
    let mut key = peer::start(|mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        peer::read_request(&mut stream).await;
    })
    .await;
    key.scheme = Scheme::Https;
    let error = trusting(&Authority::new("root", None))
        .connect(&key, None)
        .await
        .unwrap_err();
    assert_eq!((error.code.as_ref(), error.phase), ("EPROTO", Phase::Tls));
}

#[tokio::test]
async fn a_server_that_leaves_in_the_handshake_is_an_econnreset() {
    let mut key = peer::start(|stream| async move { drop(stream) }).await;
    key.scheme = Scheme::Https;
    let error = trusting(&Authority::new("root", None))
        .connect(&key, None)
        .await
        .unwrap_err();
    assert_eq!(
        (error.code.as_ref(), error.phase),
        ("ECONNRESET", Phase::Tls)
    );
}

#[tokio::test]
async fn a_ca_that_is_no_certificate_is_refused_when_it_is_given() {
    for ca in [
        &b"not a certificate"[..],
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ] {
        let tls = TlsOptions {
            ca: vec![ca.to_vec()],
        };
        let error = Connector::new(ConnectorOptions {
            tls,
            ..ConnectorOptions::default()
        });
        assert_eq!(error.err().unwrap().code, "WARMLINE_CA");
    }
}
