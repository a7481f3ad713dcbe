//! What active checks say of an endpoint: so many in a row take it out, and so many bring it back in.

/// How many checks in a row count; at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thresholds {
    /// Passed, for one that is out to be in again.
    pub healthy: u32,
    /// Failed, for one that is in to be out.
    pub unhealthy: u32,
}

impl Default for Thresholds {
    /// Two and three, as `HAProxy` has them.
    fn default() -> Self {
        Self {
            healthy: 2,
            unhealthy: 3,
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Checked {
    /// `None` before the first check, which decides alone.
    is_up: Option<bool>,
    /// Checks in a row that say otherwise.
    contrary: u32,
    /// Why the last one failed, if it did.
    reason: Option<Box<str>>,
}

impl Checked {
    /// A check has passed, or failed for this reason. Whether the endpoint came back by it.
    pub(super) fn told(
        &mut self,
        outcome: Result<(), Box<str>>,
        Thresholds { healthy, unhealthy }: Thresholds,
    ) -> bool {
        let passed = outcome.is_ok();
        self.reason = outcome.err();
        if self.is_up == Some(passed) {
            self.contrary = 0;
            return false;
        }
        self.contrary += 1;
        let wanted = match self.is_up {
            None => 1,
            Some(_) if passed => healthy,
            Some(_) => unhealthy,
        };
        if self.contrary < wanted {
            return false;
        }
        let was_down = self.is_down();
        self.is_up = Some(passed);
        self.contrary = 0;
        was_down
    }

    pub(super) fn is_down(&self) -> bool {
        self.is_up == Some(false)
    }

    pub(super) fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }
}
