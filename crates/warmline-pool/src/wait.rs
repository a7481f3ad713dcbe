use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::task::{Context, Poll, Waker};

use crate::aftermath::Aftermath;
use crate::origin_state::OriginState;
use crate::spot::Claim;
use crate::sync::Mutex;
use crate::{CloseReason, Lease, Permit, Poolable};

/// What a waiter is content with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitFor {
    /// A connection that came free, or a permit to make one.
    Any,
    /// A connection that came free, and nothing else: for a caller that makes one of its own and
    /// would take another if it is there first.
    Idle,
}

/// What a waiter got.
#[derive(Debug)]
pub enum Granted<C: Poolable> {
    /// A connection that is open.
    Ready(Lease<C>),
    /// A place under the limits: the caller makes the connection.
    Connect(Permit<C>),
}

/// The pool was closed, and hands out nothing more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolClosed;

impl fmt::Display for PoolClosed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the pool is closed")
    }
}

impl std::error::Error for PoolClosed {}

/// One who waits, as the line has it.
pub(crate) struct Waiter<C: Poolable> {
    pub(crate) origin: Arc<OriginState<C>>,
    pub(crate) ticket: u64,
    pub(crate) wants: WaitFor,
    outcome: Mutex<Outcome<C>>,
}

enum Outcome<C: Poolable> {
    Waiting(Option<Waker>),
    Granted(Granted<C>),
    PoolClosed,
    /// Handed out, or given up.
    Spent,
}

impl<C: Poolable> Waiter<C> {
    pub(crate) fn new(origin: &Arc<OriginState<C>>, ticket: u64, wants: WaitFor) -> Self {
        Self {
            origin: Arc::clone(origin),
            ticket,
            wants,
            outcome: Mutex::new(Outcome::Waiting(None)),
        }
    }

    /// Hands the grant over and wakes the task. Gives it back if the waiter has given up.
    pub(crate) fn deliver(&self, granted: Granted<C>) -> Result<(), Granted<C>> {
        let waker = {
            let mut outcome = self.outcome.lock();
            let Outcome::Waiting(waker) = &mut *outcome else {
                return Err(granted);
            };
            let waker = waker.take();
            *outcome = Outcome::Granted(granted);
            waker
        };
        if let Some(waker) = waker {
            waker.wake();
        }
        Ok(())
    }

    pub(crate) fn deliver_closed(&self) {
        let waker = {
            let mut outcome = self.outcome.lock();
            let Outcome::Waiting(waker) = &mut *outcome else {
                return;
            };
            let waker = waker.take();
            *outcome = Outcome::PoolClosed;
            waker
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Makes everybody who could help this waiter come to the pool, now that it is in line: the
    /// holders of parked connections look at no line. Not under the line's lock.
    fn recall_parked(&self) {
        let (origin, pool) = (&*self.origin, &*self.origin.pool);
        if pool.parked.load(SeqCst) == 0 || !matches!(*self.outcome.lock(), Outcome::Waiting(_)) {
            return;
        }
        match self.wants {
            WaitFor::Any => {
                pool.recall_all(Claim::Any);
            }
            WaitFor::Idle => origin.recall(Claim::Any),
        }
    }

    /// The outcome, which is spent with that, if there is one; else leaves `waker` to be woken.
    fn take_or_register(&self, waker: &Waker) -> Option<Outcome<C>> {
        let former;
        {
            let mut outcome = self.outcome.lock();
            match &mut *outcome {
                Outcome::Spent => return None,
                Outcome::Waiting(Some(known)) if known.will_wake(waker) => return None,
                Outcome::Waiting(known) => former = known.replace(waker.clone()),
                Outcome::Granted(_) | Outcome::PoolClosed => {
                    return Some(std::mem::replace(&mut *outcome, Outcome::Spent));
                }
            }
        }
        drop(former);
        None
    }

    fn replace(&self, outcome: Outcome<C>) -> Outcome<C> {
        std::mem::replace(&mut *self.outcome.lock(), outcome)
    }
}

/// A place in the wait line, taken when it is made (not when first polled); first come, first
/// served.
///
/// Needs no runtime: whoever frees something wakes the task. Dropping it leaves the line at any
/// moment.
///
/// # Race window
/// A grant that arrives while the wait is dropped is passed on to the next in line.
#[must_use = "dropping it leaves the line"]
pub struct Wait<C: Poolable> {
    waiter: Arc<Waiter<C>>,
}

impl<C: Poolable> Wait<C> {
    pub(crate) fn join(origin: &Arc<OriginState<C>>, wants: WaitFor) -> Self {
        let mut after = Aftermath::new();
        let waiter = {
            let mut line = origin.pool.line.lock();
            let waiter = Arc::new(Waiter::new(origin, line.ticket(), wants));
            if line.closed {
                drop(waiter.replace(Outcome::PoolClosed));
            } else {
                line.join(&waiter);
                origin.pool.serve_line(&mut line, origin, &mut after);
            }
            waiter
        };
        after.finish();
        waiter.recall_parked();
        Self { waiter }
    }

    /// Gives up because the caller's timer has fired, and counts that. A grant that was quicker is
    /// not lost: it is handed out after all, and nothing is counted.
    #[must_use = "a grant may have been quicker than the timer"]
    pub fn time_out(self) -> Option<Granted<C>> {
        match self.leave() {
            Outcome::Granted(granted) => Some(granted),
            Outcome::Waiting(_) => {
                let origin = &self.waiter.origin;
                origin.tally.timeouts.add_one();
                origin.pool.tally.timeouts.add_one();
                None
            }
            Outcome::PoolClosed | Outcome::Spent => None,
        }
    }

    fn leave(&self) -> Outcome<C> {
        let pool = &self.waiter.origin.pool;
        pool.line.lock().leave(&self.waiter);
        self.waiter.replace(Outcome::Spent)
    }

    /// Goes back to where it was in the line: what it was granted turned out to be of no use.
    fn rejoin(&self) {
        let origin = &self.waiter.origin;
        let mut after = Aftermath::new();
        {
            let mut line = origin.pool.line.lock();
            let outcome = if line.closed {
                Outcome::PoolClosed
            } else {
                Outcome::Waiting(None)
            };
            // The former outcome is `Spent`: nothing is dropped under the lock.
            drop(self.waiter.replace(outcome));
            if !line.closed {
                line.join(&self.waiter);
                origin.pool.serve_line(&mut line, origin, &mut after);
            }
        }
        after.finish();
        self.waiter.recall_parked();
    }
}

impl<C: Poolable> Future for Wait<C> {
    type Output = Result<Granted<C>, PoolClosed>;

    /// Stays pending for ever once it has given its result.
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        while let Some(outcome) = self.waiter.take_or_register(context.waker()) {
            match outcome {
                Outcome::Granted(Granted::Ready(lease)) if !lease.is_open() => {
                    // It died on its way here. Line up first, so that the place it frees comes to
                    // us.
                    self.rejoin();
                    lease.discard(CloseReason::Dead);
                }
                Outcome::Granted(granted) => return Poll::Ready(Ok(granted)),
                _ => return Poll::Ready(Err(PoolClosed)),
            }
        }
        Poll::Pending
    }
}

impl<C: Poolable> Drop for Wait<C> {
    fn drop(&mut self) {
        if !matches!(*self.waiter.outcome.lock(), Outcome::Spent) {
            drop(self.leave());
        }
    }
}

impl<C: Poolable> fmt::Debug for Wait<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait")
            .field("origin", &self.waiter.origin.key)
            .field("wants", &self.waiter.wants)
            .finish_non_exhaustive()
    }
}
