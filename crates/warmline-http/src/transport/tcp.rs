//! TCP connections: each address in turn, without waiting for a silent one to fail.

use std::net::SocketAddr;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::error::{Error, Phase};

/// How sockets are opened.
#[derive(Clone, Copy, Debug)]
pub struct TcpOptions {
    /// How long a connection is silent before the kernel probes the other side. Default 45 s:
    /// below the idle limits of the common load balancers and NATs (60 s and up).
    pub keepalive: Option<Duration>,
    /// How long an address may stay silent before the next one is tried beside it. Default 250 ms
    /// (RFC 8305 section 5).
    pub attempt_delay: Duration,
}

impl Default for TcpOptions {
    fn default() -> Self {
        Self {
            keepalive: Some(Duration::from_secs(45)),
            attempt_delay: Duration::from_millis(250),
        }
    }
}

/// Connects to the first address that answers.
///
/// # Errors
/// The first address's error, with phase [`Phase::Connect`], once all have failed.
pub(crate) async fn connect(
    addresses: &[SocketAddr],
    options: TcpOptions,
) -> Result<TcpStream, Error> {
    let stream = match addresses {
        [only] => attempt(*only).await?,
        _ => race(addresses, options.attempt_delay).await?,
    };
    // Requests are written whole: waiting for more to send would only delay them.
    let tuned = stream
        .set_nodelay(true)
        .and_then(|()| match options.keepalive {
            Some(idle) => {
                let probes = TcpKeepalive::new().with_time(idle).with_interval(idle);
                SockRef::from(&stream).set_tcp_keepalive(&probes)
            }
            None => Ok(()),
        });
    tuned.map_err(|error| Error::from_io(error, Phase::Connect, "set up the socket"))?;
    Ok(stream)
}

async fn attempt(address: SocketAddr) -> Result<TcpStream, Error> {
    TcpStream::connect(address)
        .await
        .map_err(|error| Error::from_io(error, Phase::Connect, &format!("connect to {address}")))
}

/// Starts an attempt per address, the next when the last one failed or kept silent for `delay`;
/// the first to succeed ends all others.
async fn race(addresses: &[SocketAddr], delay: Duration) -> Result<TcpStream, Error> {
    let mut waiting = addresses.iter();
    let mut attempts = JoinSet::new();
    let mut first_error = None;
    loop {
        match waiting.next() {
            Some(address) => {
                attempts.spawn(attempt(*address));
            }
            None if attempts.is_empty() => {
                return Err(first_error.unwrap_or_else(|| {
                    Error::new("ENOTFOUND", Phase::Dns, "the name has no address")
                }));
            }
            None => {}
        }
        let outcome = tokio::select! {
            outcome = attempts.join_next() => outcome,
            () = sleep(delay), if waiting.len() > 0 => continue,
        };
        match outcome {
            Some(Ok(Ok(stream))) => return Ok(stream),
            Some(Ok(Err(error))) => {
                first_error.get_or_insert(error);
            }
            // A task of ours does not panic and is cancelled only by dropping this future.
            Some(Err(_)) | None => {}
        }
    }
}
