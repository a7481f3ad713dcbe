//! `CONNECT` (RFC 9110 section 9.3.6): a way through an HTTP proxy that it does not look into.

use http::StatusCode;
use httparse::{EMPTY_HEADER, Status};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::{Destination, Proxy};
use crate::error::Error;

/// The longest head of an answer that is read, as HTTP responses may have it.
const LONGEST_HEAD: usize = 16 * 1024;
const MOST_HEADERS: usize = 100;

/// Who is behind a tunnel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Beyond {
    /// It speaks only when spoken to, as in TLS and HTTP/1.1: what comes before that is a fault.
    Listens,
    /// It may speak first, as in HTTP/2.
    MaySpeak,
}

/// Asks the proxy at the other end of `io` for a tunnel; once this is done, `io` leads to
/// `destination`.
///
/// # Errors
/// `WARMLINE_PROXY_AUTH` where the proxy wants other credentials, `UND_ERR_PRX_CONN` where it refuses
/// otherwise, leaves, or answers with what is not an answer.
pub(super) async fn open(
    io: &mut (impl AsyncRead + AsyncWrite + Unpin),
    proxy: &Proxy,
    destination: Destination<'_>,
    port: u16,
    beyond: Beyond,
) -> Result<(), Error> {
    let request = request(proxy, destination, port);
    let sending = async {
        io.write_all(&request).await?;
        io.flush().await
    };
    sending.await.map_err(|error| proxy.broken(error))?;
    let mut read = Vec::new();
    loop {
        let status = answer(io, proxy, beyond, &mut read).await?;
        if status.is_informational() {
            continue;
        }
        // Some proxies, such as tinyproxy, answer wrong credentials with the origins' 401.
        if let StatusCode::PROXY_AUTHENTICATION_REQUIRED | StatusCode::UNAUTHORIZED = status {
            let wants = if proxy.credentials.is_some() {
                "does not accept the credentials"
            } else {
                "wants credentials"
            };
            let reason = format!("it {wants} ({})", status.as_u16());
            return Err(proxy.error("WARMLINE_PROXY_AUTH", &reason));
        }
        if !status.is_success() {
            let reason = format!("it refused a tunnel to {}: {status}", destination.at(port));
            return Err(proxy.error("UND_ERR_PRX_CONN", &reason));
        }
        if !read.is_empty() {
            return Err(malformed(proxy));
        }
        return Ok(());
    }
}

fn request(proxy: &Proxy, destination: Destination<'_>, port: u16) -> Vec<u8> {
    let authority = destination.at(port);
    let mut request = format!("CONNECT {authority} HTTP/1.1\r\nhost: {authority}\r\n").into_bytes();
    if let Some(value) = proxy.authorization() {
        request.extend_from_slice(b"proxy-authorization: ");
        request.extend_from_slice(value.as_bytes());
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"\r\n");
    request
}

/// The status of the next answer; what was read beyond its head stays in `read`.
async fn answer(
    io: &mut (impl AsyncRead + Unpin),
    proxy: &Proxy,
    beyond: Beyond,
    read: &mut Vec<u8>,
) -> Result<StatusCode, Error> {
    loop {
        let mut headers = [EMPTY_HEADER; MOST_HEADERS];
        let mut head = httparse::Response::new(&mut headers);
        match head.parse(read) {
            Ok(Status::Complete(length)) => {
                let status = head.code.and_then(|code| StatusCode::from_u16(code).ok());
                read.drain(..length);
                return status.ok_or_else(|| malformed(proxy));
            }
            Ok(Status::Partial) if read.len() < LONGEST_HEAD => {}
            _ => return Err(malformed(proxy)),
        }
        let got = match beyond {
            Beyond::Listens => io.read_buf(read).await,
            // Not a byte of what is said there may be taken with the proxy's answer.
            Beyond::MaySpeak => io.take(1).read_buf(read).await,
        };
        match got {
            Ok(0) => return Err(proxy.gone()),
            Ok(_) => {}
            Err(error) => return Err(proxy.broken(error)),
        }
    }
}

fn malformed(proxy: &Proxy) -> Error {
    proxy.error("UND_ERR_PRX_CONN", "its answer is not one to CONNECT")
}
