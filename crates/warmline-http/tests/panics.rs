//! What becomes of a panic on the engine.

#[allow(dead_code, reason = "each test binary uses its part of the peer")]
mod peer;

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use peer::client::{client, exchange, one_connection, post};
use peer::http2::{ok, serve};
use warmline_http::transport::{ConnectorOptions, DnsOptions, Found, LookedUp, Lookup};
use warmline_http::{ClientOptions, Key, Phase, Protocol};
use warmline_pool::Scheme;

/// Panics at the first call, in the future of the second, and knows the name from then on.
#[derive(Default)]
struct Broken(AtomicUsize);

impl Lookup for Broken {
    fn look_up(&self, _: Arc<str>) -> Pin<Box<dyn Future<Output = LookedUp> + Send>> {
        let call = self.0.fetch_add(1, Ordering::SeqCst);
        assert_ne!(call, 0, "provoked");
        Box::pin(async move {
            assert_ne!(call, 1, "provoked");
            Ok(Found {
                addresses: vec![IpAddr::V4(Ipv4Addr::LOCALHOST)],
                ttl: None,
            })
        })
    }
}

#[tokio::test]
async fn a_panic_while_connecting_fails_its_request_and_takes_no_place() {
    let server = serve(|_, answer| async { ok(answer, "ok") }).await;
    let client = client(ClientOptions {
        connector: ConnectorOptions {
            dns: DnsOptions {
                lookup: Some(Arc::new(Broken::default())),
                ..DnsOptions::default()
            },
            ..ConnectorOptions::default()
        },
        ..one_connection()
    });
    let key = Key::new(Scheme::Http, "a.test", server.key.port).with_protocol(Protocol::Http2);
    for _ in 0..2 {
        let error = exchange(&client, post(&key, "")).await.unwrap_err();
        assert_eq!(
            (error.code.as_ref(), error.phase),
            ("WARMLINE_PANIC", Phase::Dns)
        );
    }
    // The one place there is has come back.
    let (_, body) = exchange(&client, post(&key, "")).await.unwrap();
    assert_eq!(body, "ok");
}
