use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};

use crate::Poolable;
use crate::origin_state::OriginState;
use crate::pool_state::ONE_WAITER;
use crate::sync::publish_before_look;
use crate::wait::{WaitFor, Waiter};

/// How often in a row a returned connection may go to a waiter of its own origin past an older
/// waiter of another origin that has no place. Passing it on is free, while a place for the other
/// one costs a close and a handshake; but without an end to it a busy origin would starve the
/// others.
const MAX_OVERTAKES: u32 = 32;

/// Everybody who waits, in order. Behind the pool's one lock for waiting, which only those take who
/// wait or who serve a waiter.
pub(crate) struct Line<C: Poolable> {
    next_ticket: u64,
    /// By the number of the origin.
    queues: BTreeMap<u64, Queue<C>>,
    overtakes: u32,
    pub(crate) closed: bool,
}

/// The waiters of one origin, by ticket.
struct Queue<C: Poolable> {
    origin: Arc<OriginState<C>>,
    /// Content with a connection or a permit to make one.
    any: BTreeMap<u64, Arc<Waiter<C>>>,
    /// Content with a connection only.
    idle: BTreeMap<u64, Arc<Waiter<C>>>,
}

impl<C: Poolable> Line<C> {
    pub(crate) fn new() -> Self {
        Self {
            next_ticket: 0,
            queues: BTreeMap::new(),
            overtakes: 0,
            closed: false,
        }
    }

    pub(crate) fn ticket(&mut self) -> u64 {
        self.next_ticket += 1;
        self.next_ticket
    }

    pub(crate) fn join(&mut self, waiter: &Arc<Waiter<C>>) {
        let origin = &waiter.origin;
        let queue = self.queues.entry(origin.id).or_insert_with(|| Queue {
            origin: Arc::clone(origin),
            any: BTreeMap::new(),
            idle: BTreeMap::new(),
        });
        let waiters = match waiter.wants {
            WaitFor::Any => {
                origin.pool.attention.fetch_add(ONE_WAITER, SeqCst);
                &mut queue.any
            }
            WaitFor::Idle => &mut queue.idle,
        };
        waiters.insert(waiter.ticket, Arc::clone(waiter));
        origin.pool.waiting.fetch_add(1, Relaxed);
        origin.waiting.fetch_add(1, SeqCst);
        publish_before_look();
    }

    /// Does nothing if it is not in the line (any more).
    pub(crate) fn leave(&mut self, waiter: &Waiter<C>) {
        let origin = &waiter.origin;
        let Some(queue) = self.queues.get_mut(&origin.id) else {
            return;
        };
        let waiters = match waiter.wants {
            WaitFor::Any => &mut queue.any,
            WaitFor::Idle => &mut queue.idle,
        };
        if waiters.remove(&waiter.ticket).is_none() {
            return;
        }
        if queue.any.is_empty() && queue.idle.is_empty() {
            self.queues.remove(&origin.id);
        }
        origin.pool.waiting.fetch_sub(1, Relaxed);
        origin.waiting.fetch_sub(1, SeqCst);
        if waiter.wants == WaitFor::Any {
            origin.pool.attention.fetch_sub(ONE_WAITER, SeqCst);
        }
    }

    /// Whether somebody waits at `origin` who would take a permit to connect.
    pub(crate) fn has_connector(&self, origin: &OriginState<C>) -> bool {
        self.queues
            .get(&origin.id)
            .is_some_and(|queue| !queue.any.is_empty())
    }

    /// The first waiter of `origin`.
    pub(crate) fn first(&self, origin: &OriginState<C>) -> Option<Arc<Waiter<C>>> {
        self.queues.get(&origin.id)?.first().map(Arc::clone)
    }

    /// The first waiter, from ticket `from` on and over all origins, that would take a permit to
    /// connect and whose origin has room for a connection.
    pub(crate) fn first_connector(&self, from: u64) -> Option<Arc<Waiter<C>>> {
        let with_room = self.queues.values().filter(|queue| queue.has_room());
        with_room
            .filter_map(|queue| Some(queue.any.range(from..).next()?.1))
            .min_by_key(|waiter| waiter.ticket)
            .map(Arc::clone)
    }

    /// A waiter elsewhere has had its turn.
    pub(crate) fn end_overtaking(&mut self) {
        self.overtakes = 0;
    }

    /// Whether a connection given back at `origin` may go to a waiter there. False once too many
    /// went past an older waiter elsewhere: then it is that one's turn.
    pub(crate) fn may_stay(&mut self, origin: &OriginState<C>) -> bool {
        let own = self.first(origin).map_or(u64::MAX, |waiter| waiter.ticket);
        let overtaken = self.queues.values().any(|queue| {
            queue.origin.id != origin.id
                && queue
                    .any
                    .first_key_value()
                    .is_some_and(|(ticket, _)| *ticket < own)
                && queue.has_room()
        });
        if !overtaken {
            return true;
        }
        self.overtakes += 1;
        self.overtakes <= MAX_OVERTAKES
    }

    /// Takes everybody out, for good.
    pub(crate) fn close(&mut self) -> Vec<Arc<Waiter<C>>> {
        self.closed = true;
        let all = self
            .queues
            .values()
            .flat_map(|queue| queue.any.values().chain(queue.idle.values()));
        let waiters: Vec<_> = all.map(Arc::clone).collect();
        for waiter in &waiters {
            self.leave(waiter);
        }
        waiters
    }
}

impl<C: Poolable> Queue<C> {
    fn has_room(&self) -> bool {
        let limit = self.origin.pool.limits.max_connections_per_origin();
        self.origin.connections.held() < limit
    }

    fn first(&self) -> Option<&Arc<Waiter<C>>> {
        let any = self.any.first_key_value().map(|(_, waiter)| waiter);
        let idle = self.idle.first_key_value().map(|(_, waiter)| waiter);
        any.into_iter()
            .chain(idle)
            .min_by_key(|waiter| waiter.ticket)
    }
}
