//! The way through a proxy as the fuzz targets go it.

use tokio::io::{AsyncRead, AsyncWrite};

use super::{Beyond, Destination, Proxy};
use crate::error::Error;

/// Has the proxy at the other end of `io` connect it with a host, who may speak first or may not.
///
/// # Errors
/// As it would be without fuzzing.
pub async fn open(
    proxy: &Proxy,
    io: &mut (impl AsyncRead + AsyncWrite + Unpin),
    host: &str,
    port: u16,
    may_speak: bool,
) -> Result<(), Error> {
    let beyond = if may_speak {
        Beyond::MaySpeak
    } else {
        Beyond::Listens
    };
    proxy.open(io, Destination::of(host), port, beyond).await
}
