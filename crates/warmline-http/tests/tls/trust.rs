//! Which certificates are taken for what they say.

use std::net::{IpAddr, Ipv6Addr};

use ::aws_lc_rs::digest::{SHA256, digest};
use rcgen::{BasicConstraints, IsCa, KeyPair, PublicKeyData, date_time_ymd};
use rustls::version::{TLS12, TLS13};
use warmline_http::Phase;
use warmline_http::transport::{Pin, TlsOptions};

use crate::authority::{Authority, Identity, params};
use crate::server::{serve, serve_at, serve_with};
use crate::{connector, options, peer, refusal, trusting, try_connector};

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
