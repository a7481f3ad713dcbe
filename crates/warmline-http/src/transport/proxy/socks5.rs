//! SOCKS5 (RFC 1928), with user name and password (RFC 1929).

use std::fmt;
use std::net::IpAddr;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::{Credentials, Proxy};
use crate::error::Error;

/// The longest name, user name or password that fits a message.
pub(super) const LONGEST: usize = 255;

const VERSION: u8 = 5;
const NO_AUTHENTICATION: u8 = 0;
const USER_AND_PASSWORD: u8 = 2;
const AUTHENTICATION_VERSION: u8 = 1;
const CONNECT: u8 = 1;
const RESERVED: u8 = 0;
const IPV4: u8 = 1;
const NAME: u8 = 3;
const IPV6: u8 = 4;

/// What a proxy is asked to connect to.
#[derive(Clone, Copy, Debug)]
pub(in crate::transport) enum Destination<'a> {
    Name(&'a str),
    Address(IpAddr),
}

impl<'a> Destination<'a> {
    /// The host of a URL: a name, or an address without brackets.
    pub(in crate::transport) fn of(host: &'a str) -> Self {
        host.parse().map_or(Self::Name(host), Self::Address)
    }

    /// As a URL writes it with a port.
    pub(super) fn at(self, port: u16) -> String {
        match self {
            Self::Address(IpAddr::V6(address)) => format!("[{address}]:{port}"),
            other => format!("{other}:{port}"),
        }
    }
}

impl fmt::Display for Destination<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(address) => address.fmt(f),
        }
    }
}

/// Has the proxy at the other end of `io` connect it with `destination`.
///
/// # Errors
/// undici's codes: `UND_ERR_SOCKS5_AUTH_REJECTED` where the proxy wants what cannot be given,
/// `UND_ERR_SOCKS5_AUTH_FAILED` for wrong credentials, `UND_ERR_SOCKS5_REPLY_n` where it could not
/// connect, `UND_ERR_SOCKS5_VERSION` for what does not speak SOCKS5; `UND_ERR_PRX_CONN` where it leaves.
pub(super) async fn open(
    io: &mut (impl AsyncRead + AsyncWrite + Unpin),
    proxy: &Proxy,
    destination: Destination<'_>,
    port: u16,
) -> Result<(), Error> {
    let methods: &[u8] = match proxy.credentials {
        None => &[VERSION, 1, NO_AUTHENTICATION],
        Some(_) => &[VERSION, 2, NO_AUTHENTICATION, USER_AND_PASSWORD],
    };
    let [version, method] = ask(io, proxy, methods).await?;
    check_version(proxy, version)?;
    match (method, &proxy.credentials) {
        (NO_AUTHENTICATION, _) => {}
        (USER_AND_PASSWORD, Some(credentials)) => authenticate(io, proxy, credentials).await?,
        _ => {
            let reason = if proxy.credentials.is_some() {
                "it takes no user name and password"
            } else {
                "it wants credentials"
            };
            return Err(proxy.error("UND_ERR_SOCKS5_AUTH_REJECTED", reason));
        }
    }
    let request = request(destination, port)
        .ok_or_else(|| proxy.error("UND_ERR_INVALID_ARG", "the name is too long for SOCKS5"))?;
    let [version, reply, _, kind] = ask(io, proxy, &request).await?;
    check_version(proxy, version)?;
    if reply != 0 {
        let (code, reason) = refusal(reply);
        let reason = format!("it could not connect to {}: {reason}", destination.at(port));
        return Err(proxy.error(code, &reason));
    }
    skip_address(io, proxy, kind).await
}

/// Sends a message, and reads the first bytes of what is said to it.
async fn ask<const N: usize>(
    io: &mut (impl AsyncRead + AsyncWrite + Unpin),
    proxy: &Proxy,
    message: &[u8],
) -> Result<[u8; N], Error> {
    let mut answer = [0; N];
    let asking = async {
        io.write_all(message).await?;
        io.flush().await?;
        io.read_exact(&mut answer).await
    };
    asking.await.map_err(|error| proxy.broken(error))?;
    Ok(answer)
}

fn check_version(proxy: &Proxy, version: u8) -> Result<(), Error> {
    if version == VERSION {
        return Ok(());
    }
    Err(proxy.error("UND_ERR_SOCKS5_VERSION", "it does not speak SOCKS5"))
}

async fn authenticate(
    io: &mut (impl AsyncRead + AsyncWrite + Unpin),
    proxy: &Proxy,
    credentials: &Credentials,
) -> Result<(), Error> {
    let mut message = vec![AUTHENTICATION_VERSION];
    for text in [&credentials.user, &credentials.password] {
        // Checked when the proxy's URL was read.
        message.push(u8::try_from(text.len()).unwrap_or(u8::MAX));
        message.extend_from_slice(text);
    }
    let [_, status] = ask(io, proxy, &message).await?;
    if status == 0 {
        return Ok(());
    }
    Err(proxy.error(
        "UND_ERR_SOCKS5_AUTH_FAILED",
        "it does not accept the credentials",
    ))
}

/// `None` for a name that is too long.
fn request(destination: Destination<'_>, port: u16) -> Option<Vec<u8>> {
    let mut message = vec![VERSION, CONNECT, RESERVED];
    match destination {
        Destination::Address(IpAddr::V4(address)) => {
            message.push(IPV4);
            message.extend_from_slice(&address.octets());
        }
        Destination::Address(IpAddr::V6(address)) => {
            message.push(IPV6);
            message.extend_from_slice(&address.octets());
        }
        Destination::Name(name) => {
            message.push(NAME);
            message.push(u8::try_from(name.len()).ok()?);
            message.extend_from_slice(name.as_bytes());
        }
    }
    message.extend_from_slice(&port.to_be_bytes());
    Some(message)
}

/// Reads the address that the proxy connected from, which is of no use here.
async fn skip_address(
    io: &mut (impl AsyncRead + Unpin),
    proxy: &Proxy,
    kind: u8,
) -> Result<(), Error> {
    let skipping = async {
        let address = match kind {
            IPV4 => 4,
            IPV6 => 16,
            NAME => usize::from(io.read_u8().await?),
            _ => return Ok(false),
        };
        let mut rest = [0; LONGEST + size_of::<u16>()];
        io.read_exact(&mut rest[..address + size_of::<u16>()])
            .await?;
        Ok(true)
    };
    if skipping.await.map_err(|error| proxy.broken(error))? {
        return Ok(());
    }
    let reason = "its answer holds an address of an unknown kind";
    Err(proxy.error("UND_ERR_SOCKS5_ADDR_TYPE", reason))
}

/// RFC 1928 section 6.
fn refusal(reply: u8) -> (&'static str, &'static str) {
    match reply {
        1 => ("UND_ERR_SOCKS5_REPLY_1", "general failure"),
        2 => ("UND_ERR_SOCKS5_REPLY_2", "not allowed by its rules"),
        3 => ("UND_ERR_SOCKS5_REPLY_3", "network unreachable"),
        4 => ("UND_ERR_SOCKS5_REPLY_4", "host unreachable"),
        5 => ("UND_ERR_SOCKS5_REPLY_5", "connection refused"),
        6 => ("UND_ERR_SOCKS5_REPLY_6", "time to live expired"),
        7 => ("UND_ERR_SOCKS5_REPLY_7", "command not supported"),
        8 => ("UND_ERR_SOCKS5_REPLY_8", "kind of address not supported"),
        _ => ("UND_ERR_PRX_CONN", "an unknown reason"),
    }
}
