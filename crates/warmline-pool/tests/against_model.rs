//! Random sequences of operations, done by the pool and by a simple model of it: results, closings
//! and figures must be the same after each.
mod fixture;
#[path = "against_model/model.rs"]
mod model;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use fixture::*;
use model::{Got, Model};
use proptest::prelude::*;
use warmline_pool::{
    Checkout, CloseReason, ConnectFailure, Granted, Lease, Limits, ManualClock, Origin, Permit,
    Pool, Wait, WaitFor,
};

const ORIGINS: usize = 3;
/// Few enough that nobody is overtaken more often than the pool allows.
const LONGEST: usize = 60;

/// `pick` chooses among what there is, modulo how many.
#[derive(Clone, Debug)]
enum Step {
    Checkout { origin: usize },
    Establish { pick: usize },
    Fail { pick: usize, timed_out: bool },
    GiveBack { pick: usize, discard: bool },
    Die { pick: usize },
    Retire { pick: usize },
    Wait { origin: usize, wants: WaitFor },
    Leave { pick: usize, timed_out: bool },
    Advance { seconds: u64 },
    Sweep,
    SetLimits(Limits),
}

fn limits() -> impl Strategy<Value = Limits> {
    (1_usize..6, 1_usize..5, 0_usize..5).prop_map(|(total, per_origin, max_keepalive)| Limits {
        max_keepalive,
        ..fixture::limits(total, per_origin)
    })
}

fn step() -> impl Strategy<Value = Step> {
    let (origin, pick) = (0..ORIGINS, 0_usize..64);
    let wants = prop_oneof![3 => Just(WaitFor::Any), 1 => Just(WaitFor::Idle)];
    prop_oneof![
        8 => origin.clone().prop_map(|origin| Step::Checkout { origin }),
        8 => pick.clone().prop_map(|pick| Step::Establish { pick }),
        2 => (pick.clone(), any::<bool>())
            .prop_map(|(pick, timed_out)| Step::Fail { pick, timed_out }),
        8 => (pick.clone(), prop::bool::weighted(0.2))
            .prop_map(|(pick, discard)| Step::GiveBack { pick, discard }),
        2 => pick.clone().prop_map(|pick| Step::Die { pick }),
        2 => pick.clone().prop_map(|pick| Step::Retire { pick }),
        6 => (origin, wants).prop_map(|(origin, wants)| Step::Wait { origin, wants }),
        2 => (pick, any::<bool>())
            .prop_map(|(pick, timed_out)| Step::Leave { pick, timed_out }),
        2 => (0_u64..40).prop_map(|seconds| Step::Advance { seconds }),
        1 => Just(Step::Sweep),
        1 => limits().prop_map(Step::SetLimits),
    ]
}

/// The pool and the model side by side, and what the callers hold of both.
struct Pair {
    clock: ManualClock,
    pool: Pool<Conn>,
    ledger: Arc<Ledger>,
    origins: Vec<Origin<Conn>>,
    model: Model,
    permits: Vec<(usize, Permit<Conn>)>,
    leases: BTreeMap<usize, Lease<Conn>>,
    all: Vec<(Arc<Conn>, warmline_pool::Retire<Conn>)>,
    /// Waiter of the model, its origin, wait.
    waits: Vec<(usize, usize, Wait<Conn>)>,
    timeouts: u64,
}

impl Pair {
    fn new(limits: Limits) -> Self {
        let clock = ManualClock::default();
        let pool = Pool::with_clock(limits.clone(), clock.clone());
        Self {
            origins: (0..ORIGINS)
                .map(|at| origin(&pool, &format!("{at}.test")))
                .collect(),
            model: Model::new(limits, ORIGINS),
            ledger: Ledger::new(),
            permits: Vec::new(),
            leases: BTreeMap::new(),
            all: Vec::new(),
            waits: Vec::new(),
            timeouts: 0,
            pool,
            clock,
        }
    }

    fn advance(&mut self, by: Duration) {
        self.clock.advance(by);
        self.model.now += by;
    }

    fn receive(&mut self, at: usize, granted: Granted<Conn>) -> Got {
        match granted {
            Granted::Ready(lease) => {
                let which = lease.name as usize;
                assert!(self.leases.insert(which, lease).is_none(), "leased twice");
                Got::Connection(which)
            }
            Granted::Connect(permit) => {
                self.permits.push((at, permit));
                Got::Place
            }
        }
    }

    fn pick_lease(&self, pick: usize) -> Option<usize> {
        self.leases
            .keys()
            .nth(pick % self.leases.len().max(1))
            .copied()
    }

    fn pick_permit(&mut self, pick: usize) -> Option<(usize, Permit<Conn>)> {
        (!self.permits.is_empty()).then(|| self.permits.remove(pick % self.permits.len()))
    }

    fn apply(&mut self, step: Step) {
        // No two things happen at one time, so "least recently used" is never a tie.
        self.advance(Duration::from_nanos(1));
        match step {
            Step::Checkout { origin } => {
                let got = match self.origins[origin].checkout() {
                    Checkout::Ready(lease) => Some(self.receive(origin, Granted::Ready(lease))),
                    Checkout::Connect(permit) => {
                        Some(self.receive(origin, Granted::Connect(permit)))
                    }
                    Checkout::Full => None,
                    Checkout::Closed => panic!("nobody closed it"),
                };
                assert_eq!(got, self.model.checkout(origin));
            }
            Step::Establish { pick } => {
                if let Some((origin, permit)) = self.pick_permit(pick) {
                    let which = self.model.establish(origin);
                    let name = u32::try_from(which).unwrap();
                    let lease = permit.establish(Conn::new(&self.ledger, name));
                    self.all
                        .push((Arc::clone(lease.connection()), lease.retire_handle()));
                    self.leases.insert(which, lease);
                }
            }
            Step::Fail { pick, timed_out } => {
                if let Some((origin, permit)) = self.pick_permit(pick) {
                    self.timeouts += u64::from(timed_out);
                    let failure = [ConnectFailure::Error, ConnectFailure::TimedOut];
                    permit.fail(failure[usize::from(timed_out)]);
                    self.model.fail(origin);
                }
            }
            Step::GiveBack { pick, discard } => {
                if let Some(which) = self.pick_lease(pick) {
                    let lease = self.leases.remove(&which).unwrap();
                    if discard {
                        lease.discard(CloseReason::Discarded);
                    } else {
                        drop(lease);
                    }
                    self.model.give_back(which, discard);
                }
            }
            Step::Die { pick } => {
                if let Some(which) = pick.checked_rem(self.all.len()) {
                    self.all[which].0.die();
                    self.model.die(which);
                }
            }
            Step::Retire { pick } => {
                if let Some(which) = pick.checked_rem(self.all.len()) {
                    self.all[which].1.closed();
                    self.model.retire(which);
                }
            }
            Step::Wait { origin, wants } => {
                let wait = self.origins[origin].wait(wants);
                self.waits
                    .push((self.model.wait(origin, wants), origin, wait));
            }
            Step::Leave { pick, timed_out } => {
                if let Some(which) = pick.checked_rem(self.waits.len()) {
                    let (waiter, _, wait) = self.waits.remove(which);
                    if timed_out {
                        assert!(wait.time_out().is_none());
                        self.timeouts += 1;
                    }
                    self.model.leave(waiter);
                }
            }
            Step::Advance { seconds } => self.advance(Duration::from_secs(seconds)),
            Step::Sweep => assert_eq!(self.pool.sweep(), self.model.sweep()),
            Step::SetLimits(limits) => {
                self.pool.set_limits(limits.clone());
                self.model.set_limits(limits);
            }
        }
        self.compare();
    }

    fn compare(&mut self) {
        for (waiter, at, mut wait) in std::mem::take(&mut self.waits) {
            let got = match poll(&mut wait) {
                Poll::Ready(Ok(granted)) => Some(self.receive(at, granted)),
                Poll::Ready(Err(closed)) => panic!("{closed}"),
                Poll::Pending => {
                    self.waits.push((waiter, at, wait));
                    None
                }
            };
            assert_eq!(got, self.model.got(waiter), "waiter {waiter}");
        }
        let mut closed: Vec<_> = self.ledger.closed.lock().unwrap().clone();
        let mut expected = self.model.closed.clone();
        closed.sort_unstable_by_key(|(which, _)| *which);
        expected.sort_unstable_by_key(|(which, _)| *which);
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(which, reason)| (u32::try_from(which).unwrap(), reason))
            .collect();
        assert_eq!(closed, expected);

        let counts = self.pool.stats().counts;
        let (total, idle, pending) = (self.model.total(), self.model.idle(), self.model.pending());
        assert_eq!(
            (counts.total, counts.idle, counts.pending),
            (total, idle, pending)
        );
        assert_eq!(counts.active, total - idle - pending);
        assert_eq!(counts.waiting, self.model.waiting());
        assert_eq!(counts.timeouts_total, self.timeouts);
        assert_eq!(counts.created_total, self.all.len() as u64);
        assert_eq!(counts.closed_total, closed.len() as u64);
        let per_origin = self.pool.origin_stats();
        let sum = |count: fn(&warmline_pool::Counts) -> usize| {
            per_origin
                .iter()
                .map(|(_, stats)| count(&stats.counts))
                .sum::<usize>()
        };
        assert_eq!((sum(|c| c.total), sum(|c| c.idle)), (total, idle));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_pool_does_what_the_model_says(
        limits in limits(),
        steps in prop::collection::vec(step(), 1..LONGEST),
    ) {
        let mut pair = Pair::new(limits);
        for step in steps {
            pair.apply(step);
        }
    }
}
