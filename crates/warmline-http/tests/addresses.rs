//! Which addresses a connection is tried at, which of them it comes from, and connections without any.

#[allow(dead_code, reason = "each test binary uses its part of the peer")]
mod peer;

use std::collections::HashMap;
use std::future::{Future, ready};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use socket2::{Domain, Socket, Type};
use tokio::net::TcpListener;
use warmline_http::transport::{
    AttemptErrors, Connector, ConnectorOptions, DnsOptions, Found, LookedUp, Lookup, TcpOptions,
};
use warmline_http::{Key, Phase};
use warmline_pool::Scheme;

const V4: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const V6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);

fn connector(options: ConnectorOptions) -> Connector {
    Connector::new(options).unwrap()
}

/// A connector that knows these addresses of `a.test`.
fn knowing(addresses: &[IpAddr]) -> Connector {
    connector(ConnectorOptions {
        dns: DnsOptions {
            hosts: HashMap::from([("a.test".into(), addresses.to_vec())]),
            ..DnsOptions::default()
        },
        ..ConnectorOptions::default()
    })
}

fn origin(port: u16) -> Key {
    Key::new(Scheme::Http, "a.test", port)
}

async fn listen(ip: IpAddr) -> (TcpListener, u16) {
    let listener = TcpListener::bind((ip, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

/// A listener on `::1` that answers no more: the kernel completes connections only while there is room in
/// its queue.
fn silent_v6() -> (Vec<Socket>, u16) {
    let listener = Socket::new(Domain::IPV6, Type::STREAM, None).unwrap();
    listener.bind(&SocketAddr::new(V6, 0).into()).unwrap();
    listener.listen(0).unwrap();
    let address = listener.local_addr().unwrap();
    let port = address.as_socket().unwrap().port();
    let mut sockets = vec![listener];
    for _ in 0..8 {
        let socket = Socket::new(Domain::IPV6, Type::STREAM, None).unwrap();
        socket.set_nonblocking(true).unwrap();
        // "In progress" is what connecting without waiting always says.
        let _ = socket.connect(&address);
        sockets.push(socket);
    }
    (sockets, port)
}

#[tokio::test]
async fn a_silent_address_does_not_keep_the_other_family_waiting() {
    let (_silent, port) = silent_v6();
    let listener = TcpListener::bind((V4, port)).await.unwrap();
    let connector = knowing(&[V6, V4]);
    let connection = connector.connect(&origin(port), None).await.unwrap();
    let info = connection.info();
    assert_eq!(info.remote_address, Some(SocketAddr::new(V4, port)));
    let (_, client) = listener.accept().await.unwrap();
    assert_eq!(info.local_address, Some(client));
    // RFC 8305 section 5.
    assert!(info.timings.tcp >= Duration::from_millis(250));
}

#[tokio::test]
async fn every_address_that_failed_is_told() {
    let (Key { port, .. }, _port) = peer::refusing();
    let error = knowing(&[V6, V4])
        .connect(&origin(port), None)
        .await
        .unwrap_err();
    assert_eq!(
        (error.code.as_ref(), error.phase, error.retryable),
        ("ECONNREFUSED", Phase::Connect, true)
    );
    let attempts = error.source.unwrap().downcast::<AttemptErrors>().unwrap();
    let told: Vec<String> = attempts.0.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            format!("connect ECONNREFUSED [::1]:{port}"),
            format!("connect ECONNREFUSED 127.0.0.1:{port}")
        ]
    );
}

#[tokio::test]
async fn an_address_literal_of_either_family_is_connected_to() {
    for ip in [V4, V6] {
        let (_listener, port) = listen(ip).await;
        let key = Key::new(Scheme::Http, ip.to_string(), port);
        let connection = peer::connect(&key).await;
        assert_eq!(
            connection.info().remote_address,
            Some(SocketAddr::new(ip, port))
        );
    }
}

/// Answers with `::1` once, and with 127.0.0.1 from then on.
#[derive(Default)]
struct Moved(AtomicUsize);

impl Lookup for Moved {
    fn look_up(&self, _: Arc<str>) -> Pin<Box<dyn Future<Output = LookedUp> + Send>> {
        let address = match self.0.fetch_add(1, Ordering::Relaxed) {
            0 => V6,
            _ => V4,
        };
        Box::pin(ready(Ok(Found {
            addresses: vec![address],
            ttl: None,
        })))
    }
}

#[tokio::test]
async fn a_server_that_has_moved_is_found_although_its_old_address_was_still_good_for_use() {
    let (before, port) = listen(V6).await;
    let after = TcpListener::bind((V4, port)).await.unwrap();
    let lookup = Arc::new(Moved::default());
    let connector = connector(ConnectorOptions {
        dns: DnsOptions {
            // An answer is out of date as soon as it is there.
            ttl: Duration::from_nanos(1),
            lookup: Some(Arc::clone(&lookup) as Arc<dyn Lookup>),
            ..DnsOptions::default()
        },
        ..ConnectorOptions::default()
    });
    let key = origin(port);
    connector.connect(&key, None).await.unwrap();
    before.accept().await.unwrap();
    drop(before);
    let connection = connector.connect(&key, None).await.unwrap();
    assert_eq!(
        connection.info().remote_address,
        Some(SocketAddr::new(V4, port))
    );
    after.accept().await.unwrap();
}

#[tokio::test]
async fn what_no_address_can_be_reached_from_is_an_eaddrnotavail() {
    for local in [V6, IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1))] {
        let (_listener, port) = listen(V4).await;
        let error = from(local)
            .connect(&peer::key_of((V4, port).into()), None)
            .await
            .unwrap_err();
        assert_eq!(
            (error.code.as_ref(), error.phase),
            ("EADDRNOTAVAIL", Phase::Connect)
        );
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn connections_come_from_the_local_address() {
    let local = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 42));
    let (listener, port) = listen(V4).await;
    let connection = from(local)
        .connect(&peer::key_of((V4, port).into()), None)
        .await
        .unwrap();
    let (_, client) = listener.accept().await.unwrap();
    assert_eq!(client.ip(), local);
    assert_eq!(connection.info().local_address, Some(client));
}

fn from(local: IpAddr) -> Connector {
    connector(ConnectorOptions {
        tcp: TcpOptions {
            local_address: Some(local),
            ..TcpOptions::default()
        },
        ..ConnectorOptions::default()
    })
}
