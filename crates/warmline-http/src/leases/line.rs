//! The quota of a named pool, and the line of those who wait for a place in it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};

use tokio::sync::oneshot;

use super::endpoint::Endpoint;

use crate::locked::locked;

/// Leases out, in total and per endpoint, and who waits for one.
pub(super) struct Line {
    per_endpoint: usize,
    total: usize,
    leased: AtomicUsize,
    /// Callers in `queue`; read without its lock by everyone who frees a place.
    waiting: AtomicUsize,
    queue: Mutex<VecDeque<Waiter>>,
}

struct Waiter {
    endpoint: &'static Endpoint,
    turn: oneshot::Sender<Seat>,
}

/// A caller in line. Dropped before its turn, it is taken out of the queue at once; the receiver of
/// its turn is gone by then.
struct Waiting<'line>(&'line Line);

/// A place in the quota. Dropping it frees the place and lets the next in line have it.
pub(super) struct Seat(Option<&'static Endpoint>);

impl Line {
    pub(super) fn new(per_endpoint: usize, total: usize) -> Self {
        Self {
            per_endpoint,
            total,
            leased: AtomicUsize::new(0),
            waiting: AtomicUsize::new(0),
            queue: Mutex::new(VecDeque::new()),
        }
    }

    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::SeqCst)
    }

    /// A place now, unless a limit is reached. Those who wait in line are served first.
    pub(super) fn try_seat(&self, endpoint: &'static Endpoint) -> Option<Seat> {
        if self.waiting.load(Ordering::SeqCst) > 0 {
            self.serve();
        }
        let seat = self.take(endpoint);
        if seat.is_some() {
            return seat;
        }
        // Some places may be kept for what is parked.
        endpoint.pool.recall_parked();
        self.take(endpoint)
    }

    /// A place when it is this caller's turn, first come, first served; those whose own endpoint is
    /// full let others by. Dropping the future leaves the line.
    pub(super) async fn seat(&self, endpoint: &'static Endpoint) -> Option<Seat> {
        let (turn, granted) = oneshot::channel();
        self.queue().push_back(Waiter { endpoint, turn });
        // Race window: a place freed before this line is seen by `serve` below, one freed after it
        // by whoever frees it, who reads `waiting` after giving the place up (both SeqCst).
        self.waiting.fetch_add(1, Ordering::SeqCst);
        self.serve();
        let waiting = Waiting(self);
        if self.waiting() > 0 {
            endpoint.pool.recall();
        }
        let seat = granted.await.ok();
        std::mem::forget(waiting);
        seat
    }

    fn take(&self, endpoint: &'static Endpoint) -> Option<Seat> {
        if !Endpoint::try_take(&self.leased, self.total) {
            return None;
        }
        if !Endpoint::try_take(&endpoint.leased, self.per_endpoint) {
            self.leased.fetch_sub(1, Ordering::SeqCst);
            return None;
        }
        Some(Seat(Some(endpoint)))
    }

    fn free(&self, endpoint: &'static Endpoint) {
        self.give_up(endpoint);
        if self.waiting.load(Ordering::SeqCst) > 0 {
            self.serve();
        }
    }

    fn give_up(&self, endpoint: &'static Endpoint) {
        endpoint.leased.fetch_sub(1, Ordering::SeqCst);
        self.leased.fetch_sub(1, Ordering::SeqCst);
    }

    /// Gives places to those in line, in order, for as long as there are places for them.
    fn serve(&self) {
        loop {
            // Places whose waiters left while they were handed over; they go round again.
            let mut unwanted = Vec::new();
            {
                let mut queue = self.queue();
                let mut index = 0;
                while let Some(waiter) = queue.get(index) {
                    let gone = waiter.turn.is_closed();
                    let seat = if gone {
                        None
                    } else {
                        self.take(waiter.endpoint)
                    };
                    if !gone && seat.is_none() {
                        index += 1;
                        continue;
                    }
                    let Some(waiter) = queue.remove(index) else {
                        break;
                    };
                    self.waiting.fetch_sub(1, Ordering::SeqCst);
                    if let Some(seat) = seat {
                        unwanted.extend(waiter.turn.send(seat).err());
                    }
                }
            }
            if unwanted.is_empty() {
                return;
            }
            for mut seat in unwanted {
                if let Some(endpoint) = seat.0.take() {
                    self.give_up(endpoint);
                }
            }
        }
    }

    fn queue(&self) -> MutexGuard<'_, VecDeque<Waiter>> {
        locked(&self.queue)
    }
}

impl Seat {
    /// Hands the place over to the table: whoever takes the lease out of it frees the place.
    pub(super) fn keep(mut self) {
        self.0 = None;
    }

    /// The place of a lease that was in the table.
    pub(super) fn of(endpoint: &'static Endpoint) -> Self {
        Self(Some(endpoint))
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.serve();
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if let Some(endpoint) = self.0.take() {
            endpoint.pool.line().free(endpoint);
        }
    }
}
