//! TLS: what is trusted, what is not, and what each refusal is called.

#[allow(dead_code, reason = "each test binary uses its part of the peer")]
mod peer;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use ::aws_lc_rs::digest::{SHA256, digest};
use base64::prelude::{BASE64_STANDARD as STANDARD, Engine};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair,
    PublicKeyData, date_time_ymd,
};
use rustls::crypto::{SupportedKxGroup, aws_lc_rs};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::version::{TLS12, TLS13};
use rustls::{HandshakeKind, NamedGroup, RootCertStore, ServerConfig, SupportedProtocolVersion};
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use warmline_http::transport::{
    Connector, ConnectorOptions, Pin, TlsIdentity, TlsOptions, TlsVersion,
};
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
async fn serve(identity: Identity) -> (Key, mpsc::UnboundedReceiver<Handshake>) {
    serve_with(identity, rustls::DEFAULT_VERSIONS, None).await
}

/// What a server saw of a handshake.
#[derive(Debug)]
struct Handshake {
    kind: Option<HandshakeKind>,
    server_name: Option<String>,
    certificates: usize,
    group: Option<NamedGroup>,
}

/// Starts a server that speaks these versions, and wants certificates that `callers` signed.
async fn serve_with(
    identity: Identity,
    versions: &[&'static SupportedProtocolVersion],
    callers: Option<&Authority>,
) -> (Key, mpsc::UnboundedReceiver<Handshake>) {
    serve_at(Ipv4Addr::LOCALHOST.into(), identity, versions, callers).await
}

async fn serve_at(
    at: IpAddr,
    identity: Identity,
    versions: &[&'static SupportedProtocolVersion],
    callers: Option<&Authority>,
) -> (Key, mpsc::UnboundedReceiver<Handshake>) {
    let key = PrivateKeyDer::try_from(identity.key.serialize_der()).unwrap();
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(versions)
        .unwrap();
    let builder = match callers {
        None => builder.with_no_client_auth(),
        Some(authority) => {
            let mut roots = RootCertStore::empty();
            roots.add(authority.certificate.clone()).unwrap();
            let verifier =
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
            builder.with_client_cert_verifier(verifier.unwrap())
        }
    };
    let config = builder.with_single_cert(identity.chain, key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let (sender, receiver) = mpsc::unbounded_channel();
    let mut key = peer::start_on(at, move |stream| {
        let (acceptor, sender) = (acceptor.clone(), sender.clone());
        async move {
            let Ok(mut stream) = acceptor.accept(stream).await else {
                return;
            };
            let session = stream.get_ref().1;
            let _ = sender.send(Handshake {
                kind: session.handshake_kind(),
                server_name: session.server_name().map(str::to_owned),
                certificates: session.peer_certificates().map_or(0, <[_]>::len),
                group: session
                    .negotiated_key_exchange_group()
                    .map(SupportedKxGroup::name),
            });
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

fn options(authority: &Authority) -> TlsOptions {
    TlsOptions {
        ca: vec![authority.pem.clone().into_bytes()],
        ..TlsOptions::default()
    }
}

fn connector(tls: TlsOptions) -> Connector {
    try_connector(tls).unwrap()
}

fn try_connector(tls: TlsOptions) -> Result<Connector, Error> {
    Connector::new(ConnectorOptions {
        tls,
        ..ConnectorOptions::default()
    })
}

fn trusting(authority: &Authority) -> Connector {
    connector(options(authority))
}

fn pem_of(identity: &Identity) -> TlsIdentity {
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
    for expected in [HandshakeKind::Full, HandshakeKind::Resumed] {
        let connection = connector.connect(&key, None).await.unwrap();
        // Tickets come with the first response.
        let (_, body) = peer::send(&connection, peer::get()).await.unwrap();
        peer::read_body(body).await.unwrap();
        assert_eq!(handshakes.recv().await.unwrap().kind, Some(expected));
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
            ..TlsOptions::default()
        };
        assert_eq!(try_connector(tls).err().unwrap().code, "WARMLINE_CA");
    }
}

#[tokio::test]
async fn tls_1_2_is_spoken_and_resumed_where_the_server_knows_no_newer() {
    let authority = Authority::new("root", None);
    let (key, mut handshakes) = serve_with(authority.sign(|_| {}), &[&TLS12], None).await;
    let connector = trusting(&authority);
    for expected in [HandshakeKind::Full, HandshakeKind::Resumed] {
        let connection = connector.connect(&key, None).await.unwrap();
        assert_eq!(connection.info().tls.unwrap().version, "TLSv1.2");
        let (_, body) = peer::send(&connection, peer::get()).await.unwrap();
        assert_eq!(peer::read_body(body).await.unwrap(), "ok");
        assert_eq!(handshakes.recv().await.unwrap().kind, Some(expected));
    }
}

#[tokio::test]
async fn a_server_older_than_the_least_version_is_an_eproto() {
    let authority = Authority::new("root", None);
    let tls = TlsOptions {
        min_version: TlsVersion::V1_3,
        ..options(&authority)
    };
    let (key, _handshakes) = serve_with(authority.sign(|_| {}), &[&TLS12], None).await;
    let error = connector(tls.clone())
        .connect(&key, None)
        .await
        .unwrap_err();
    assert_eq!((error.code.as_ref(), error.phase), ("EPROTO", Phase::Tls));
    let (key, _handshakes) = serve_with(authority.sign(|_| {}), &[&TLS12, &TLS13], None).await;
    let connection = connector(tls).connect(&key, None).await.unwrap();
    assert_eq!(connection.info().tls.unwrap().version, "TLSv1.3");
}

#[tokio::test]
async fn keys_are_exchanged_safe_from_quantum_computers_where_the_server_can() {
    let authority = Authority::new("root", None);
    let (key, mut handshakes) = serve(authority.sign(|_| {})).await;
    let _connection = trusting(&authority).connect(&key, None).await.unwrap();
    let seen = handshakes.recv().await.unwrap();
    assert_eq!(seen.group, Some(NamedGroup::X25519MLKEM768));
}

#[tokio::test]
async fn a_server_that_asks_who_is_calling_is_told() {
    let (servers, callers) = (
        Authority::new("servers", None),
        Authority::new("callers", None),
    );
    let caller =
        callers.sign(|it| it.subject_alt_names = params("", &["me.test"]).subject_alt_names);
    for version in [&TLS12, &TLS13] {
        let (key, mut handshakes) =
            serve_with(servers.sign(|_| {}), &[version], Some(&callers)).await;
        let tls = TlsOptions {
            identity: Some(pem_of(&caller)),
            ..options(&servers)
        };
        let connection = connector(tls).connect(&key, None).await.unwrap();
        let (_, body) = peer::send(&connection, peer::get()).await.unwrap();
        assert_eq!(peer::read_body(body).await.unwrap(), "ok");
        assert_eq!(handshakes.recv().await.unwrap().certificates, 1);
    }
}

#[tokio::test]
async fn a_server_that_wants_a_certificate_and_gets_none_ends_the_connection() {
    let authority = Authority::new("root", None);
    let (key, _handshakes) = serve_with(authority.sign(|_| {}), &[&TLS12], Some(&authority)).await;
    let error = trusting(&authority).connect(&key, None).await.unwrap_err();
    assert_eq!((error.code.as_ref(), error.phase), ("EPROTO", Phase::Tls));

    // TLS 1.3 is done before the server has looked: it says so where the first answer would be.
    let (key, _handshakes) = serve_with(authority.sign(|_| {}), &[&TLS13], Some(&authority)).await;
    let connection = trusting(&authority).connect(&key, None).await.unwrap();
    let refused = peer::send(&connection, peer::get()).await.unwrap_err();
    assert_eq!(refused.error.code, "EPROTO");
}

#[tokio::test]
async fn another_server_name_is_asked_for_and_checked() {
    let authority = Authority::new("root", None);
    let identity =
        authority.sign(|it| it.subject_alt_names = params("", &["inner.test"]).subject_alt_names);
    let (key, mut handshakes) = serve(identity).await;
    let named = |name: &str| {
        connector(TlsOptions {
            server_name: Some(name.into()),
            ..options(&authority)
        })
    };
    let _connection = named("inner.test").connect(&key, None).await.unwrap();
    let seen = handshakes.recv().await.unwrap();
    assert_eq!(seen.server_name.as_deref(), Some("inner.test"));
    let error = named("outer.test").connect(&key, None).await.unwrap_err();
    assert_eq!(error.code, "ERR_TLS_CERT_ALTNAME_INVALID");
}

#[tokio::test]
async fn a_pinned_key_is_the_only_one_that_is_taken() {
    let authority = Authority::new("root", None);
    let identity = authority.sign(|_| {});
    let right: Pin = digest(&SHA256, &identity.key.subject_public_key_info())
        .as_ref()
        .try_into()
        .unwrap();
    let (key, _handshakes) = serve(identity).await;
    let pinned = |pins: Vec<Pin>, unverified| {
        connector(TlsOptions {
            pins,
            unverified,
            ..options(&authority)
        })
    };
    for unverified in [false, true] {
        let good = pinned(vec![[7; 32], right], unverified);
        good.connect(&key, None).await.unwrap();
        let bad = pinned(vec![[7; 32]], unverified);
        let error = bad.connect(&key, None).await.unwrap_err();
        assert_eq!(
            (error.code.as_ref(), error.phase),
            ("WARMLINE_TLS_PIN", Phase::Tls)
        );
    }
}

#[tokio::test]
async fn a_pin_does_not_make_an_unknown_authority_trusted() {
    let (trusted, other) = (
        Authority::new("trusted", None),
        Authority::new("other", None),
    );
    let identity = other.sign(|_| {});
    let pin = digest(&SHA256, &identity.key.subject_public_key_info());
    let tls = TlsOptions {
        pins: vec![pin.as_ref().try_into().unwrap()],
        ..options(&trusted)
    };
    let (key, _handshakes) = serve(identity).await;
    let error = connector(tls).connect(&key, None).await.unwrap_err();
    assert_eq!(error.code, "UNABLE_TO_VERIFY_LEAF_SIGNATURE");
}

#[tokio::test]
async fn without_verification_any_certificate_will_do() {
    let unverified = || {
        connector(TlsOptions {
            unverified: true,
            ..TlsOptions::default()
        })
    };
    for versions in [&[&TLS12][..], &[&TLS13]] {
        let expired = Authority::new("nobody", None).sign(|params| {
            params.not_after = date_time_ymd(2021, 1, 1);
            params.subject_alt_names.clear();
        });
        let (key, _handshakes) = serve_with(expired, versions, None).await;
        let connection = unverified().connect(&key, None).await.unwrap();
        let (_, body) = peer::send(&connection, peer::get()).await.unwrap();
        assert_eq!(peer::read_body(body).await.unwrap(), "ok");
    }
}

#[tokio::test]
async fn an_identity_or_a_name_that_is_none_is_refused_when_it_is_given() {
    let authority = Authority::new("root", None);
    let (one, other) = (authority.sign(|_| {}), authority.sign(|_| {}));
    let (one, other) = (pem_of(&one), pem_of(&other));
    let mixed = TlsIdentity {
        certificates: one.certificates.clone(),
        key: other.key,
    };
    let keyless = TlsIdentity {
        certificates: one.certificates.clone(),
        key: one.certificates,
    };
    let bare = TlsIdentity {
        certificates: one.key.clone(),
        key: one.key,
    };
    for identity in [mixed, keyless, bare] {
        let identity = Some(identity);
        let tls = TlsOptions {
            identity,
            ..TlsOptions::default()
        };
        let error = try_connector(tls).err().unwrap();
        assert_eq!(error.code, "WARMLINE_TLS_IDENTITY", "{error}");
    }
    let tls = TlsOptions {
        server_name: Some("no name".into()),
        ..TlsOptions::default()
    };
    assert_eq!(
        try_connector(tls).err().unwrap().code,
        "WARMLINE_TLS_SERVERNAME"
    );
}

#[test]
fn an_identity_is_not_shown() {
    let identity = TlsIdentity {
        certificates: b"who I am".into(),
        key: b"hunter2".into(),
    };
    assert_eq!(format!("{identity:?}"), "TlsIdentity { .. }");
}

#[tokio::test]
async fn an_ipv6_address_is_looked_for_in_the_certificate() {
    let at = IpAddr::from(Ipv6Addr::LOCALHOST);
    let authority = Authority::new("root", None);
    let own = authority.sign(|params| *params = self::params("server", &["::1"]));
    let other = authority.sign(|_| {});
    for (identity, code) in [(own, None), (other, Some("ERR_TLS_CERT_ALTNAME_INVALID"))] {
        let (key, _handshakes) = serve_at(at, identity, rustls::DEFAULT_VERSIONS, None).await;
        let outcome = trusting(&authority).connect(&key, None).await;
        assert_eq!(outcome.err().map(|error| error.code).as_deref(), code);
    }
}
