//! How many connections there may be, and how that follows the load.

use warmline_pool::{Limits, Origin};

use super::Client;
use crate::locked::locked;
use crate::transport::Connection;

impl Client {
    /// Changes how many connections there may be, and how many of them idle; the base of those, where the caps
    /// follow the load.
    pub fn set_caps(&self, max_connections: usize, max_keepalive: usize) {
        let limits = Limits {
            max_connections,
            max_connections_per_origin: max_connections,
            max_keepalive,
            ..self.pool().limits()
        };
        match &self.inner.scaling {
            None => self.pool().set_limits(limits),
            Some(scaling) => locked(scaling).rebase(limits, self.pool()),
        }
    }

    /// Has the caps follow the load, where they are to.
    pub(crate) fn scale(&self) {
        if let Some(scaling) = &self.inner.scaling {
            locked(scaling).look(self.pool());
        }
    }

    /// Whether connections may be wanted ahead of a rise.
    pub(crate) fn foresees(&self) -> bool {
        let scaling = self.inner.scaling.as_ref();
        scaling.is_some_and(|scaling| locked(scaling).foresees())
    }

    /// How many connections to an origin should be idle now, for a rise that is foreseen.
    pub(crate) fn ahead(&self, origin: &Origin<Connection>) -> usize {
        let scaling = self.inner.scaling.as_ref();
        scaling.map_or(0, |scaling| locked(scaling).ahead(origin))
    }
}
