//! What rate limits and pauses leave to the requests to an origin now.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crate::client::Client;
use crate::cooldowns::cooldowns;
use crate::policy::rate_limit::GateState;

/// All credentials of an origin together: of what is left, the least that any of them has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Budget {
    /// Requests that stand in line.
    pub waiting: usize,
    /// Requests under way.
    pub in_flight: usize,
    /// Requests that may go yet; `None` if they are not limited.
    pub requests_left: Option<u64>,
    /// Tokens, likewise.
    pub tokens_left: Option<u64>,
    /// Until the next request may go, with the credential that waits longest.
    pub ready_in: Duration,
}

impl Budget {
    pub(super) fn add(&mut self, other: &Self) {
        self.waiting += other.waiting;
        self.in_flight += other.in_flight;
        self.requests_left = least(self.requests_left, other.requests_left);
        self.tokens_left = least(self.tokens_left, other.tokens_left);
        self.ready_in = self.ready_in.max(other.ready_in);
    }
}

impl From<GateState> for Budget {
    fn from(gate: GateState) -> Self {
        Self {
            waiting: gate.waiting,
            in_flight: gate.in_flight,
            requests_left: gate.requests_left,
            tokens_left: gate.tokens_left,
            ready_in: gate.ready_in,
        }
    }
}

/// The budgets of a client, by origin; none where nothing is limited.
pub(super) fn budgets(client: &Client) -> HashMap<Arc<str>, Budget> {
    let mut budgets: HashMap<_, Budget> = HashMap::new();
    for (origin, gate) in client.rate_limits() {
        budgets.entry(origin).or_default().add(&gate.into());
    }
    budgets
}

/// What is left of the longest pause of each origin that has one, for the whole process.
pub(super) fn pauses() -> HashMap<Arc<str>, Duration> {
    let mut pauses: HashMap<_, Duration> = HashMap::new();
    for pause in cooldowns() {
        let left = pauses.entry(pause.origin).or_default();
        *left = pause.left.max(*left);
    }
    pauses
}

fn least(one: Option<u64>, other: Option<u64>) -> Option<u64> {
    one.into_iter().chain(other).min()
}
