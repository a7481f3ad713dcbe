//! From a host and a port to an open socket: look-up and TCP, or a unix domain socket instead of both.

use std::net::SocketAddr;
#[cfg(unix)]
use std::os::unix::net::SocketAddr as UnixAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;
use warmline_pool::Key;

use super::deadline::Deadline;
use super::dns::{DnsOptions, Resolver};
use super::eyeballs::News;
use super::io::SocketIo;
use super::stopwatch::Stopwatch;
use super::tcp::{self, TcpOptions};
use crate::error::{Error, Phase};

/// Opens sockets. Cheap to clone: clones share what they know of names and addresses.
#[derive(Clone)]
pub(super) struct Dialer {
    pub(super) resolver: Resolver,
    tcp: TcpOptions,
    socket_path: Option<Arc<Path>>,
}

/// An open socket.
pub(super) struct Dialed {
    pub(super) io: SocketIo,
    /// Our end and the other; unix domain sockets have paths, if any, and no addresses.
    pub(super) addresses: Option<(SocketAddr, SocketAddr)>,
}

impl Dialer {
    /// # Errors
    /// `ERR_INVALID_ARG_VALUE` for a path that no socket can have, `WARMLINE_UNSUPPORTED` for any where
    /// the operating system has no unix domain sockets that we could use.
    pub(super) fn new(
        dns: DnsOptions,
        tcp: TcpOptions,
        socket_path: Option<PathBuf>,
    ) -> Result<Self, Error> {
        if let Some(path) = &socket_path {
            check(path)?;
        }
        Ok(Self {
            resolver: Resolver::new(dns),
            tcp,
            socket_path: socket_path.map(Arc::from),
        })
    }

    /// One that remembers no name.
    pub(super) fn afresh(&self) -> Self {
        Self {
            resolver: self.resolver.afresh(),
            ..self.clone()
        }
    }

    /// Whether every connection goes to one place of this machine, wherever its origin is.
    pub(super) fn is_local(&self) -> bool {
        self.socket_path.is_some()
    }

    /// Opens a socket to a host, on the way to `key`'s origin.
    ///
    /// # Errors
    /// With phase [`Phase::Dns`] or [`Phase::Connect`].
    pub(super) async fn dial(
        &self,
        host: &str,
        port: u16,
        key: &Key,
        deadline: Deadline,
        watch: &mut Stopwatch,
    ) -> Result<Dialed, Error> {
        if let Some(path) = &self.socket_path {
            watch.next(Phase::Connect);
            let connecting = deadline.keep(Phase::Connect, key, connect_unix(path));
            return Ok(Dialed {
                io: connecting.await?,
                addresses: None,
            });
        }
        let resolving = self.resolver.resolve(host, port);
        let found = deadline.keep(Phase::Dns, key, resolving).await?;
        watch.next(Phase::Connect);
        let connecting = deadline.keep(Phase::Connect, key, self.connect(&found.addresses));
        let stream = match connecting.await {
            Err(error) if found.stale => {
                self.move_on(host, port, key, deadline, &found.addresses, error)
                    .await?
            }
            outcome => outcome?,
        };
        let ends = || Ok((stream.local_addr()?, stream.peer_addr()?));
        let addresses = ends().map_err(|error| Error::from_io(error, Phase::Connect, "connect"))?;
        Ok(Dialed {
            io: SocketIo::tcp(stream),
            addresses: Some(addresses),
        })
    }

    /// None of the addresses that a host had some time ago answers: it may have others by now.
    async fn move_on(
        &self,
        host: &str,
        port: u16,
        key: &Key,
        deadline: Deadline,
        tried: &[SocketAddr],
        error: Error,
    ) -> Result<TcpStream, Error> {
        let resolving = self.resolver.resolve_again(host, port);
        let Ok(found) = deadline.keep(Phase::Dns, key, resolving).await else {
            return Err(error);
        };
        let new = found.addresses.iter().filter(|new| !tried.contains(new));
        let new: Vec<SocketAddr> = new.copied().collect();
        if new.is_empty() {
            return Err(error);
        }
        deadline.keep(Phase::Connect, key, self.connect(&new)).await
    }

    async fn connect(&self, addresses: &[SocketAddr]) -> Result<TcpStream, Error> {
        let tell = |address, news| match news {
            News::Answered => self.resolver.clear(address),
            News::Failed | News::Silent => self.resolver.accuse(address),
        };
        tcp::connect(addresses, self.tcp, &tell).await
    }
}

#[cfg(unix)]
fn check(path: &Path) -> Result<(), Error> {
    match UnixAddr::from_pathname(path) {
        Ok(address) if !address.is_unnamed() => Ok(()),
        _ => {
            let message = format!(
                "socketPath must be the path of a unix domain socket, of some hundred bytes at the \
                 most, not {}",
                path.display()
            );
            Err(Error::new("ERR_INVALID_ARG_VALUE", Phase::Connect, message))
        }
    }
}

#[cfg(not(unix))]
fn check(_: &Path) -> Result<(), Error> {
    Err(unsupported())
}

#[cfg(unix)]
async fn connect_unix(path: &Path) -> Result<SocketIo, Error> {
    let stream = UnixStream::connect(path).await.map_err(|error| {
        Error::from_io(
            error,
            Phase::Connect,
            &format!("connect to {}", path.display()),
        )
    })?;
    Ok(SocketIo::unix(stream))
}

#[cfg(not(unix))]
async fn connect_unix(_: &Path) -> Result<SocketIo, Error> {
    Err(unsupported())
}

#[cfg(not(unix))]
fn unsupported() -> Error {
    Error::new(
        "WARMLINE_UNSUPPORTED",
        Phase::Connect,
        "socketPath is not supported on this operating system",
    )
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

    use tokio::net::TcpListener;
    use warmline_pool::Scheme;

    use super::*;

    #[tokio::test]
    async fn an_address_that_failed_is_tried_last_the_next_time() {
        let (v6, v4) = (Ipv6Addr::LOCALHOST, Ipv4Addr::LOCALHOST);
        let listener = TcpListener::bind((v4, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let dns = DnsOptions {
            hosts: HashMap::from([("a.test".into(), vec![IpAddr::V6(v6), IpAddr::V4(v4)])]),
            ..DnsOptions::default()
        };
        let dialer = Dialer::new(dns, TcpOptions::default(), None).unwrap();
        let order = async || {
            dialer
                .resolver
                .resolve("a.test", port)
                .await
                .unwrap()
                .addresses
        };
        let (v6, v4) = (SocketAddr::from((v6, port)), SocketAddr::from((v4, port)));
        assert_eq!(order().await, [v6, v4]);
        let key = Key::new(Scheme::Http, "a.test", port);
        let outcome = dialer
            .dial(
                "a.test",
                port,
                &key,
                Deadline::after(None),
                &mut Stopwatch::start(),
            )
            .await;
        assert_eq!(outcome.ok().unwrap().addresses.unwrap().1, v4);
        assert_eq!(order().await, [v4, v6]);
    }
}
