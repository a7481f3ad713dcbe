//! Who is calling: certificates of clients.

use rustls::version::{TLS12, TLS13};
use warmline_http::Phase;
use warmline_http::transport::{TlsIdentity, TlsOptions};

use crate::authority::{Authority, params, pem_of};
use crate::server::serve_with;
use crate::{connector, options, peer, trusting, try_connector};

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
