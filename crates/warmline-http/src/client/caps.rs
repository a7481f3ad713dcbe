//! How many connections there may be, and how that follows the load.

use std::sync::MutexGuard;

use warmline_pool::{Limits, Origin};

use super::Client;
use crate::locked::locked;
use crate::scaling::{Scaling, ScalingOptions};
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
        match &mut *self.scaling() {
            None => self.pool().set_limits(limits),
            Some(scaling) => scaling.rebase(limits, self.pool()),
        }
    }

    /// Other limits, and another way to follow the load or none: what is known of it is kept.
    pub(super) fn follow_load(&self, options: Option<ScalingOptions>, limits: Limits) {
        let mut scaling = self.scaling();
        match (&mut *scaling, options) {
            (Some(scaling), Some(options)) => scaling.change(options, limits, self.pool()),
            (scaling, options) => {
                *scaling = options.map(|options| Scaling::new(options, limits.clone()));
                self.pool().set_limits(limits);
            }
        }
    }

    /// The most connections that were asked for, whatever the load makes of that.
    pub(crate) fn base_connections(&self) -> usize {
        match &*self.scaling() {
            None => self.pool().limits().max_connections,
            Some(scaling) => scaling.base_connections(),
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
        if let Some(scaling) = &mut *self.scaling() {
            scaling.look(self.pool());
        }
    }

    /// Whether connections may be wanted ahead of a rise.
    pub(crate) fn foresees(&self) -> bool {
        self.scaling().as_ref().is_some_and(Scaling::foresees)
    }

    /// How many connections to an origin should be idle now, for a rise that is foreseen.
    pub(crate) fn ahead(&self, origin: &Origin<Connection>) -> usize {
        let scaling = self.scaling();
        scaling.as_ref().map_or(0, |scaling| scaling.ahead(origin))
    }

    fn scaling(&self) -> MutexGuard<'_, Option<Scaling>> {
        locked(&self.inner.ground.scaling)
    }
}
