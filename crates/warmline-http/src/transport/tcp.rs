//! TCP connections to whichever address of a host answers first.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpSocket, TcpStream};

use super::eyeballs::{News, race};
use crate::error::{Error, Phase, io_code};

/// How sockets are opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TcpOptions {
    /// How long a connection is silent before the kernel probes the other side. Default 45 s:
    /// below the idle limits of the common load balancers and NATs (60 s and up).
    pub keepalive: Option<Duration>,
    /// How long an address may stay silent before the next one is tried beside it. Default 250 ms
    /// (RFC 8305 section 5).
    pub attempt_delay: Duration,
    /// The address of this machine to connect from. Only addresses of its family are then tried.
    pub local_address: Option<IpAddr>,
}

/// Probes that stay without answer before the connection has failed, and the longest time between
/// them: a peer that is gone for good is noticed within two minutes at the default.
const PROBES: u32 = 4;
const LONGEST_PROBE_INTERVAL: Duration = Duration::from_secs(15);

impl Default for TcpOptions {
    fn default() -> Self {
        Self {
            keepalive: Some(Duration::from_secs(45)),
            attempt_delay: Duration::from_millis(250),
            local_address: None,
        }
    }
}

/// Why each address of a host could not be connected to, in the order of their failing.
#[derive(Debug)]
pub struct AttemptErrors(pub Vec<AttemptError>);

/// Why one address could not be connected to.
#[derive(Debug)]
pub struct AttemptError {
    /// Where nobody answered.
    pub address: SocketAddr,
    /// Node's name for what the operating system said.
    pub code: &'static str,
    source: io::Error,
}

impl fmt::Display for AttemptErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for error in &self.0 {
            write!(f, "{separator}{error}")?;
            separator = ", ";
        }
        Ok(())
    }
}

impl StdError for AttemptErrors {}

/// As Node's errors of single attempts have it.
impl fmt::Display for AttemptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "connect {} {}", self.code, self.address)
    }
}

impl StdError for AttemptError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.source)
    }
}

/// Connects to the first address that answers, and tells what becomes of each that is tried.
///
/// # Errors
/// With phase [`Phase::Connect`], once all have failed: the code of the first that did, and
/// [`AttemptErrors`] as its source where there was more than one. `EADDRNOTAVAIL` where no address is of
/// the local address's family.
pub(super) async fn connect(
    addresses: &[SocketAddr],
    options: TcpOptions,
    tell: &(dyn Fn(SocketAddr, News) + Sync),
) -> Result<TcpStream, Error> {
    let (usable, local) = match options.local_address {
        None => (addresses.to_vec(), None),
        Some(local) => {
            let same_family = |address: &&SocketAddr| address.is_ipv6() == local.is_ipv6();
            let usable = addresses.iter().filter(same_family).copied().collect();
            (usable, Some(SocketAddr::new(local, 0)))
        }
    };
    if let (true, Some(local)) = (usable.is_empty(), options.local_address) {
        let message =
            format!("no address of the host is of the family of the local address {local}");
        return Err(Error::new("EADDRNOTAVAIL", Phase::Connect, message));
    }
    let attempt = |address| attempt(address, local);
    let stream = race(&usable, options.attempt_delay, attempt, tell)
        .await
        .map_err(unreachable)?;
    tune(&stream, options.keepalive)
        .map_err(|error| Error::from_io(error, Phase::Connect, "set up the socket"))?;
    Ok(stream)
}

async fn attempt(address: SocketAddr, local: Option<SocketAddr>) -> io::Result<TcpStream> {
    let socket = if address.is_ipv6() {
        TcpSocket::new_v6()?
    } else {
        TcpSocket::new_v4()?
    };
    if let Some(local) = local {
        socket.bind(local)?;
    }
    socket.connect(address).await
}

fn tune(stream: &TcpStream, keepalive: Option<Duration>) -> io::Result<()> {
    // Requests are written whole: waiting for more to send would only delay them.
    stream.set_nodelay(true)?;
    let Some(idle) = keepalive else {
        return Ok(());
    };
    let probes = TcpKeepalive::new()
        .with_time(idle)
        .with_interval(idle.min(LONGEST_PROBE_INTERVAL))
        .with_retries(PROBES);
    SockRef::from(stream).set_tcp_keepalive(&probes)
}

fn unreachable(failures: Vec<(SocketAddr, io::Error)>) -> Error {
    let mut errors: Vec<AttemptError> = failures
        .into_iter()
        .map(|(address, source)| AttemptError {
            address,
            code: io_code(&source),
            source,
        })
        .collect();
    let code = errors.first().map_or("ENOTFOUND", |first| first.code);
    match errors.pop() {
        Some(only) if errors.is_empty() => {
            let message = format!("connect to {}: {code}", only.address);
            Error::new(code, Phase::Connect, message).with_source(only.source)
        }
        last => {
            errors.extend(last);
            let errors = AttemptErrors(errors);
            let message = format!("no address answers: {errors}");
            Error::new(code, Phase::Connect, message).with_source(errors)
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    async fn connected(options: TcpOptions) -> TcpStream {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        connect(&[address], options, &|_, _| {}).await.unwrap()
    }

    #[tokio::test]
    async fn the_kernel_probes_silent_connections_and_sends_at_once() {
        let stream = connected(TcpOptions::default()).await;
        let socket = SockRef::from(&stream);
        assert!(socket.keepalive().unwrap() && socket.tcp_nodelay().unwrap());
        #[cfg(unix)]
        assert_eq!(
            (
                socket.tcp_keepalive_time().unwrap().as_secs(),
                socket.tcp_keepalive_interval().unwrap().as_secs(),
                socket.tcp_keepalive_retries().unwrap()
            ),
            (45, 15, 4)
        );
    }

    #[tokio::test]
    async fn probes_come_as_often_as_asked_for_or_not_at_all() {
        for (keepalive, expected) in [(Some(5), Some((5, 5))), (None, None)] {
            let stream = connected(TcpOptions {
                keepalive: keepalive.map(Duration::from_secs),
                ..TcpOptions::default()
            })
            .await;
            let socket = SockRef::from(&stream);
            assert_eq!(socket.keepalive().unwrap(), expected.is_some());
            #[cfg(unix)]
            if let Some((time, interval)) = expected {
                assert_eq!(socket.tcp_keepalive_time().unwrap().as_secs(), time);
                assert_eq!(socket.tcp_keepalive_interval().unwrap().as_secs(), interval);
            }
        }
    }
}
