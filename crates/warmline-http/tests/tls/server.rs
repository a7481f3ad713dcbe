//! A server that shows an identity, and says how handshakes went.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use rustls::crypto::{SupportedKxGroup, aws_lc_rs};
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use rustls::{HandshakeKind, NamedGroup, RootCertStore, ServerConfig, SupportedProtocolVersion};
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use warmline_http::Key;
use warmline_pool::Scheme;

use crate::authority::{Authority, Identity};
use crate::peer;

/// Starts a server that shows this identity, answers one request per connection, and reports how each
/// handshake went.
pub(super) async fn serve(identity: Identity) -> (Key, mpsc::UnboundedReceiver<Handshake>) {
    serve_with(identity, rustls::DEFAULT_VERSIONS, None).await
}

/// What a server saw of a handshake.
#[derive(Debug)]
pub(super) struct Handshake {
    pub(super) kind: Option<HandshakeKind>,
    pub(super) server_name: Option<String>,
    pub(super) certificates: usize,
    pub(super) group: Option<NamedGroup>,
}

/// Starts a server that speaks these versions, and wants certificates that `callers` signed.
pub(super) async fn serve_with(
    identity: Identity,
    versions: &[&'static SupportedProtocolVersion],
    callers: Option<&Authority>,
) -> (Key, mpsc::UnboundedReceiver<Handshake>) {
    serve_at(Ipv4Addr::LOCALHOST.into(), identity, versions, callers).await
}

pub(super) async fn serve_at(
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
