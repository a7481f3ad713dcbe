//! Where a socket cannot be lent: there is none, and nothing to do with one.

use std::io;

/// A client's connection. On this platform nobody can have one.
#[derive(Debug)]
pub enum Downstream {}

impl Downstream {
    /// Never called.
    ///
    /// # Errors
    /// None.
    #[allow(clippy::unused_async, reason = "as on other platforms")]
    pub async fn send_chunk(&mut self, _data: &[u8]) -> io::Result<()> {
        match *self {}
    }
}
