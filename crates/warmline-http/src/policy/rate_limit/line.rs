//! Who waits, and whose turn it is.

use std::collections::BTreeMap;

/// How urgent a request is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Priority {
    /// Somebody waits for the answer.
    #[default]
    Interactive,
    /// Goes when nothing interactive waits, and else once for each [`INTERACTIVE_IN_A_ROW`] of those.
    Batch,
}

/// So many interactive requests go before a batch request that waits; then it is its turn, so that a busy
/// day does not starve it.
const INTERACTIVE_IN_A_ROW: u32 = 9;

/// The place of one who waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ticket {
    priority: Priority,
    number: u64,
}

/// First come, first served, within each priority.
#[derive(Debug)]
pub(super) struct Line<T> {
    interactive: BTreeMap<u64, T>,
    batch: BTreeMap<u64, T>,
    /// Interactive ones that went while batch ones waited.
    in_a_row: u32,
    next: u64,
}

impl<T> Line<T> {
    pub(super) fn new() -> Self {
        Self {
            interactive: BTreeMap::new(),
            batch: BTreeMap::new(),
            in_a_row: 0,
            next: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.interactive.len() + self.batch.len()
    }

    pub(super) fn join(&mut self, priority: Priority, waiter: T) -> Ticket {
        let number = self.next;
        self.next += 1;
        self.of(priority).insert(number, waiter);
        Ticket { priority, number }
    }

    /// Takes one out who waits no longer; `None` if its turn had come.
    pub(super) fn leave(&mut self, ticket: Ticket) -> Option<T> {
        self.of(ticket.priority).remove(&ticket.number)
    }

    /// Whose turn it is.
    pub(super) fn first(&self) -> Option<&T> {
        let of = match self.turn() {
            Priority::Interactive => &self.interactive,
            Priority::Batch => &self.batch,
        };
        of.first_key_value().map(|(_, waiter)| waiter)
    }

    /// Lets the one go whose turn it is.
    pub(super) fn pop(&mut self) -> Option<T> {
        let turn = self.turn();
        self.in_a_row = match turn {
            Priority::Interactive if !self.batch.is_empty() => self.in_a_row + 1,
            _ => 0,
        };
        self.of(turn).pop_first().map(|(_, waiter)| waiter)
    }

    fn turn(&self) -> Priority {
        let batch_is_due = self.interactive.is_empty() || self.in_a_row >= INTERACTIVE_IN_A_ROW;
        if batch_is_due && !self.batch.is_empty() {
            Priority::Batch
        } else {
            Priority::Interactive
        }
    }

    fn of(&mut self, priority: Priority) -> &mut BTreeMap<u64, T> {
        match priority {
            Priority::Interactive => &mut self.interactive,
            Priority::Batch => &mut self.batch,
        }
    }
}
