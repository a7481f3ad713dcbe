//! Which of several endpoints a request goes to: a state machine that sends nothing and reads no clock.
//!
//! ```text
//!          `failures` in a row                 `rest` is over: the next request is the trial
//!    in ------------------------> out, resting --------------------------------> out, on trial
//!     ^                            ^                                                  |   |
//!     |                            |                    it failed                     |   |
//!     |                            +--------------------------------------------------+   |
//!     +-------------------------------------- it was answered ----------------------------+
//! ```
//! While none is in, requests go to those that are out, the one first that is to come back first: somebody
//! has to try, and a client that sends nothing is no better off than one whose requests fail.
//!
//! Beside that, active checks may say that an endpoint is down, and it is out for as long. Where they say so of all
//! that requests do not, they count for nothing: it may well be the checks that are wrong.

mod affinity;
mod checked;
mod turns;

use std::cmp::Ordering;
use std::time::Duration;

pub use checked::Thresholds;

use checked::Checked;
use turns::Turns;

/// So many times its share has an endpoint that does well beside one that ails: enough to spare that, not so
/// little for it that nobody would see it recover.
const SOUND: u32 = 4;

/// How an endpoint is chosen among those that are in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Balance {
    /// By turns, each as often as its weight says.
    #[default]
    RoundRobin,
    /// The one with the fewest requests under way for its weight; by turns among several such.
    LeastLoaded,
    /// The same one for the same key, wherever that is asked; by turns for requests without a key.
    Sticky,
}

/// When an endpoint is taken out, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ejection {
    /// So many failures in a row; at least one.
    pub failures: u32,
    /// How long it is out before one request tries it again.
    pub rest: Duration,
}

impl Default for Ejection {
    /// Three in a row, for the reference's 10 s.
    fn default() -> Self {
        Self {
            failures: 3,
            rest: Duration::from_secs(10),
        }
    }
}

/// An endpoint at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointState {
    /// Whether it is in.
    pub is_healthy: bool,
    /// Why its last active check failed: a code or a status; `None` where it passed, or there was none.
    pub check_error: Option<Box<str>>,
    /// Requests under way.
    pub in_flight: usize,
    /// Requests that it was chosen for.
    pub requests: u64,
    /// Of these, those that failed by its fault.
    pub failures: u64,
}

/// An endpoint was chosen. To be [ended](Endpoints::end) once, after at most one verdict.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Pick {
    pub(crate) index: usize,
    /// The endpoint is out, and this request shows whether it comes back.
    trial: bool,
}

/// The endpoints, by their place in the list.
#[derive(Debug)]
pub(crate) struct Endpoints {
    balance: Balance,
    ejection: Ejection,
    turns: Turns,
    members: Vec<Member>,
}

#[derive(Debug)]
struct Member {
    weight: u32,
    /// What keys are hashed with.
    seed: u64,
    health: Health,
    checked: Checked,
    in_flight: usize,
    requests: u64,
    failures: u64,
}

#[derive(Debug)]
enum Health {
    In {
        /// In a row.
        failures: u32,
    },
    Out {
        until: Duration,
        on_trial: bool,
    },
}

impl Endpoints {
    /// `members` are names, which keys are hashed with, and weights of at least 1.
    pub(crate) fn new<'a>(
        balance: Balance,
        ejection: Ejection,
        members: impl IntoIterator<Item = (&'a str, u32)>,
    ) -> Self {
        let members: Vec<Member> = members
            .into_iter()
            .map(|(name, weight)| Member {
                weight,
                seed: affinity::hash(name),
                health: Health::In { failures: 0 },
                checked: Checked::default(),
                in_flight: 0,
                requests: 0,
                failures: 0,
            })
            .collect();
        Self {
            balance,
            ejection,
            turns: Turns::new(members.len()),
            members,
        }
    }

    /// Chooses an endpoint that is not among those `tried` for this request; `None` if all are. Those that are
    /// `ailing` count for a part of their weight.
    pub(crate) fn pick(
        &mut self,
        now: Duration,
        key: Option<&str>,
        tried: &[usize],
        ailing: &[usize],
    ) -> Option<Pick> {
        let untried = |index: &usize| !tried.contains(index);
        let (down, mut able): (Vec<usize>, Vec<usize>) = (0..self.members.len())
            .filter(untried)
            .filter(|index| self.members[*index].takes_requests(now))
            .partition(|index| self.members[*index].checked.is_down());
        if able.is_empty() {
            able = down;
        }
        let index = match self.choose(able, key, ailing) {
            Some(index) => index,
            None => (0..self.members.len())
                .filter(untried)
                .min_by_key(|index| self.members[*index].out_until())?,
        };
        let member = &mut self.members[index];
        member.in_flight += 1;
        member.requests += 1;
        let trial = match &mut member.health {
            Health::In { .. } => false,
            Health::Out { on_trial, .. } => {
                *on_trial = true;
                true
            }
        };
        Some(Pick { index, trial })
    }

    /// The endpoint has answered, whatever it said.
    pub(crate) fn answered(&mut self, pick: &mut Pick) {
        let member = &mut self.members[pick.index];
        // An answer to what was sent before it was taken out says nothing of now.
        if pick.trial || matches!(member.health, Health::In { .. }) {
            member.health = Health::In { failures: 0 };
        }
        pick.trial = false;
    }

    /// The request failed, by the endpoint's fault.
    pub(crate) fn failed(&mut self, pick: &mut Pick, now: Duration) {
        let member = &mut self.members[pick.index];
        member.failures += 1;
        let out = Health::Out {
            until: now.saturating_add(self.ejection.rest),
            on_trial: false,
        };
        match &mut member.health {
            Health::In { failures } => {
                *failures += 1;
                if *failures >= self.ejection.failures {
                    member.health = out;
                }
            }
            Health::Out { .. } if pick.trial => member.health = out,
            Health::Out { .. } => {}
        }
        pick.trial = false;
    }

    /// An active check of an endpoint has passed, or failed for this reason.
    pub(crate) fn checked(
        &mut self,
        index: usize,
        outcome: Result<(), Box<str>>,
        thresholds: Thresholds,
    ) {
        let member = &mut self.members[index];
        if member.checked.told(outcome, thresholds) {
            // What failed before is explained by that.
            member.health = Health::In { failures: 0 };
        }
    }

    /// The request is over. A trial that ended without a verdict leaves the next one to somebody else.
    pub(crate) fn end(&mut self, pick: &Pick) {
        let member = &mut self.members[pick.index];
        member.in_flight -= 1;
        if let Health::Out { on_trial, .. } = &mut member.health
            && pick.trial
        {
            *on_trial = false;
        }
    }

    /// The state of each, in the order of the list.
    pub(crate) fn states(&self) -> impl Iterator<Item = EndpointState> {
        self.members.iter().map(|member| EndpointState {
            is_healthy: matches!(member.health, Health::In { .. }) && !member.checked.is_down(),
            check_error: member.checked.reason().map(Into::into),
            in_flight: member.in_flight,
            requests: member.requests,
            failures: member.failures,
        })
    }

    /// One of those that are `able`, by the rule.
    fn choose(
        &mut self,
        mut able: Vec<usize>,
        key: Option<&str>,
        ailing: &[usize],
    ) -> Option<usize> {
        let members = &self.members;
        let weight = |index: usize| {
            let part = if ailing.contains(&index) { 1 } else { SOUND };
            members[index].weight.saturating_mul(part)
        };
        match (self.balance, key) {
            (Balance::Sticky, Some(key)) => {
                let rank = |index: &usize| {
                    let member = &members[*index];
                    affinity::rank(member.seed, key, member.weight)
                };
                return able
                    .into_iter()
                    .max_by(|left, right| rank(left).total_cmp(&rank(right)));
            }
            (Balance::LeastLoaded, _) => {
                let by_load = |left: usize, right: usize| {
                    let load = |of: usize, by: usize| {
                        (members[of].in_flight as u128 + 1) * u128::from(weight(by))
                    };
                    // The load that one more request would make, for each unit of weight.
                    load(left, right).cmp(&load(right, left))
                };
                let least = able
                    .iter()
                    .copied()
                    .min_by(|left, right| by_load(*left, *right))?;
                able.retain(|index| by_load(*index, least) == Ordering::Equal);
            }
            (Balance::RoundRobin | Balance::Sticky, _) => {}
        }
        self.turns.next(&able, weight)
    }
}

impl Member {
    fn takes_requests(&self, now: Duration) -> bool {
        match self.health {
            Health::In { .. } => true,
            Health::Out { until, on_trial } => !on_trial && until <= now,
        }
    }

    fn out_until(&self) -> Duration {
        match self.health {
            Health::In { .. } => Duration::ZERO,
            Health::Out { until, .. } => until,
        }
    }
}

#[cfg(test)]
mod tests;
