//! TLS: what is trusted, what is not, and what each refusal is called.

mod authority;
mod handshake;
mod identity;
#[allow(dead_code, reason = "each test binary uses its part of the peer")]
#[path = "../peer/mod.rs"]
mod peer;
mod server;
mod trust;

use authority::{Authority, Identity};
use server::serve;
use warmline_http::transport::{Connector, ConnectorOptions, TlsOptions};
use warmline_http::{Error, Phase};

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
