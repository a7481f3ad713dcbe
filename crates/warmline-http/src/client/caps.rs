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

    /// The most connections that were asked for, whatever the load makes of that.
    pub(crate) fn base_connections(&self) -> usize {
        match &self.inner.scaling {
            None => self.pool().limits().max_connections,
            Some(scaling) => locked(scaling).base_connections(),
        }
    }

    /// Closes the idle connections; busy ones go on, and are kept after that as before.
    pub fn drain(&self) {
        let limits = self.pool().limits();
        self.pool().set_limits(Limits {
            max_keepalive: 0,
            ..limits.clone()
        });
        self.pool().set_limits(limits);
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
