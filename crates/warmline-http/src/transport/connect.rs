//! From a pool key to an open connection.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use http::uri;
use warmline_pool::{Key, Protocol, Scheme};

use super::connection::{Connection, ConnectionInfo};
use super::deadline::Deadline;
use super::dial::{Dialed, Dialer};
use super::dns::DnsOptions;
use super::h2::{PingOptions, Session};
use super::io::{SocketIo, Wire};
use super::line::Line;
use super::proxy::{Beyond, Destination, Proxies, Proxy, ProxyOptions};
use super::stopwatch::Stopwatch;
use super::tcp::TcpOptions;
use super::tls::{self, Offer, Tls};
use super::tls_options::TlsOptions;
use crate::error::{Error, Phase};
use crate::target::origin_of;

/// How connections are opened.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConnectorOptions {
    /// Names.
    pub dns: DnsOptions,
    /// The unix domain socket that every connection is made to, whatever the origin; no proxy is then
    /// used. The origin's scheme, name and port are spoken over it all the same.
    pub socket_path: Option<PathBuf>,
    /// Sockets.
    pub tcp: TcpOptions,
    /// Trust and identity.
    pub tls: TlsOptions,
    /// What stands between here and the origins.
    pub proxy: ProxyOptions,
    /// When the other side of an HTTP/2 connection is asked whether it is still there.
    pub pings: PingOptions,
}

/// Opens connections. Cheap to clone: clones share look-ups, trust store and TLS sessions.
#[derive(Clone)]
pub struct Connector {
    dialer: Dialer,
    tls: Tls,
    proxies: Proxies,
    proxy_tls: Tls,
    pings: PingOptions,
}

impl Connector {
    /// A connector; the system's trust store is not read before the first TLS connection needs it.
    ///
    /// # Errors
    /// `WARMLINE_CA` when one of [`TlsOptions::ca`] is not a certificate in PEM form,
    /// `WARMLINE_TLS_IDENTITY` and `WARMLINE_TLS_SERVERNAME` for an unusable one,
    /// `ERR_INVALID_ARG_VALUE` for an environment variable that names no proxy, and for a socket's path
    /// that is none; `WARMLINE_UNSUPPORTED` for one where there are no such sockets.
    pub fn new(options: ConnectorOptions) -> Result<Self, Error> {
        // Name, pins and client certificate are for the origins; a proxy is none.
        let proxy_tls = Tls::new(TlsOptions {
            ca: options.tls.ca.clone(),
            min_version: options.tls.min_version,
            unverified: options.tls.unverified,
            ..TlsOptions::default()
        })?;
        Ok(Self {
            dialer: Dialer::new(options.dns, options.tcp, options.socket_path)?,
            tls: Tls::new(options.tls)?,
            proxies: Proxies::new(options.proxy)?,
            proxy_tls,
            pings: options.pings,
        })
    }

    /// One that opens connections as this does, and looks each name up anew.
    #[must_use]
    pub fn afresh(&self) -> Self {
        Self {
            dialer: self.dialer.afresh(),
            ..self.clone()
        }
    }

    /// Opens a connection to `key`'s origin: look-up, TCP, the way through a proxy, TLS where the
    /// scheme asks for it, and HTTP/2 where TLS settles on it or the key asks for it. It belongs to the
    /// current tokio runtime.
    ///
    /// `timeout` is for all of it together; `None` waits as long as the operating system does.
    ///
    /// # Errors
    /// A typed error with the phase that failed; `UND_ERR_CONNECT_TIMEOUT` with the phase that was
    /// running when `timeout` passed. All are [`Error::retryable`]: no byte of any request was sent, and
    /// all say how long the steps took that were [reached](crate::Facts::reached).
    pub async fn connect(&self, key: &Key, timeout: Option<Duration>) -> Result<Connection, Error> {
        let mut watch = Stopwatch::start();
        // Boxed: connecting is rare, and the future of a request that holds it is not.
        Box::pin(self.open(key, Deadline::after(timeout), &mut watch))
            .await
            .map_err(|mut error| {
                error.retryable = true;
                error.facts = Some(Box::new(watch.stopped()));
                error.with_origin(origin_of(key))
            })
    }

    async fn open(
        &self,
        key: &Key,
        deadline: Deadline,
        watch: &mut Stopwatch,
    ) -> Result<Connection, Error> {
        let proxy = match &key.proxy {
            _ if self.dialer.is_local() => None,
            Some(url) => Some(Arc::new(Proxy::parse("the proxy", url)?)),
            None => self.proxies.of(key),
        };
        let (host, port) = match &proxy {
            Some(proxy) => (proxy.host(), proxy.port()),
            None => (&*key.host, key.port),
        };
        let Dialed { mut io, addresses } = self
            .dialer
            .dial(host, port, key, deadline, watch)
            .await
            .map_err(|error| match &proxy {
                Some(proxy) => proxy.blamed(error),
                None => error,
            })?;
        if let Some(proxy) = &proxy {
            let through = self.through(proxy, key, io);
            io = deadline.keep(Phase::Connect, key, through).await?;
        }
        let mut http2 = key.protocol == Protocol::Http2;
        let (wire, tls) = match key.scheme {
            Scheme::Http => (Wire::plain(io), None),
            Scheme::Https => {
                watch.next(Phase::Tls);
                let handshake = self.tls.handshake(&key.host, io, offer(key.protocol));
                let (stream, info) = deadline.keep(Phase::Tls, key, handshake).await?;
                http2 |= tls::speaks_http2(&stream);
                (Wire::tls(stream), Some(info))
            }
        };
        let info = ConnectionInfo {
            protocol: if http2 { "h2" } else { "http/1.1" },
            remote_address: addresses.map(|(_, remote)| remote),
            local_address: addresses.map(|(local, _)| local),
            tls,
            timings: watch.taken(),
        };
        if http2 {
            let line = Line::taken(wire);
            let scheme = match key.scheme {
                Scheme::Http => uri::Scheme::HTTP,
                Scheme::Https => uri::Scheme::HTTPS,
            };
            let opening = async {
                let session = Session::open(&line, scheme, self.pings).await;
                session.map_err(|error| {
                    Error::from_io(error, Phase::Connect, "open an HTTP/2 session")
                })
            };
            let session = deadline.keep(Phase::Connect, key, opening).await?;
            return Ok(Connection::shared(line, session, info));
        }
        let forwarder = proxy.filter(|proxy| forwards(proxy, key));
        Ok(Connection::new(wire, info).forwarded_by(forwarder))
    }

    /// Goes on from a proxy to the origin, or as far as the proxy is asked to.
    async fn through(&self, proxy: &Proxy, key: &Key, io: SocketIo) -> Result<SocketIo, Error> {
        let mut io = io;
        if proxy.speaks_tls() {
            let handshake = self.proxy_tls.handshake(proxy.host(), io, Offer::Http1);
            let handshake = handshake.await;
            let (stream, _) = handshake.map_err(|error| proxy.tls_failed(error))?;
            io = SocketIo::in_tls(stream);
        }
        if forwards(proxy, key) {
            return Ok(io);
        }
        let mut destination = Destination::of(&key.host);
        if proxy.wants_addresses() {
            let found = self.dialer.resolver.resolve(&key.host, key.port).await?;
            // A resolver's answer without any address is an error.
            if let Some(first) = found.addresses.first() {
                destination = Destination::Address(first.ip());
            }
        }
        let beyond = match (key.scheme, key.protocol) {
            (Scheme::Http, Protocol::Http2) => Beyond::MaySpeak,
            _ => Beyond::Listens,
        };
        proxy.open(&mut io, destination, key.port, beyond).await?;
        Ok(io)
    }
}

/// Whether requests are addressed to the proxy. One that is spoken to by HTTP/1.1 cannot pass on HTTP/2
/// but through a tunnel.
fn forwards(proxy: &Proxy, key: &Key) -> bool {
    key.scheme == Scheme::Http && key.protocol != Protocol::Http2 && proxy.forwards()
}

fn offer(protocol: Protocol) -> Offer {
    match protocol {
        Protocol::Auto => Offer::Either,
        Protocol::Http1 => Offer::Http1,
        Protocol::Http2 => Offer::Http2,
    }
}
