//! Leases that their holder takes and returns by itself, and how everybody else gets at what is parked
//! between them.

use super::held::{Held, State};
use super::line::Seat;
use super::named_pool::{Fate, NamedPool, settle};
use super::table::{LeaseId, TABLE, Vacated};

/// What came of returning a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Return {
    /// There is no such lease (any more).
    NoLease,
    /// The connection is for whoever is next.
    Returned,
    /// The connection is parked in the lease's spot, where who returned it can take it again.
    Parked,
}

impl NamedPool {
    /// Gives a lease back as [`put`](Self::put) does, and leaves the connection within the caller's
    /// reach where it can: [parked](warmline_pool::Lease::park) in the [spot](super::spots) of the lease. What the
    /// caller leases there is a lease like others, and its id the same but for the generation.
    pub fn park(&self, id: LeaseId) -> Return {
        let Some(held) = TABLE.lift(id, |held| self.owns(held)) else {
            return Return::NoLease;
        };
        let Held {
            endpoint,
            holder,
            state,
        } = held;
        let held = |state| Held {
            endpoint,
            holder,
            state,
        };
        let state = match state {
            // Of a shared connection each lease is a part only.
            State::Resting(lease) if self.line().waiting() == 0 && !lease.is_shared() => {
                match self.kept_idle(lease).park(id.spot(), id.generation()) {
                    Ok(parked) => {
                        TABLE.park(id, held(State::Parked(parked)));
                        // Race window: who lined up before this did not find it to recall it.
                        if self.line().waiting() > 0 {
                            self.recall();
                        }
                        return Return::Parked;
                    }
                    Err(lease) => State::Resting(lease),
                }
            }
            state => state,
        };
        TABLE.free(id);
        settle(held(state), Fate::Returned);
        Return::Returned
    }

    /// Frees the places in the quota that are kept for parked connections; these are for everybody
    /// from then on.
    pub(super) fn recall_parked(&self) {
        vacate(TABLE.recall(false, |held| self.owns(held)));
    }

    /// The same; and leases that their holders took by themselves end here from now on, where those
    /// who wait learn of it.
    pub(super) fn recall(&self) {
        vacate(TABLE.recall(true, |held| self.owns(held)));
    }
}

/// Lets others have what was parked.
fn vacate(vacated: Vec<Vacated>) {
    for Vacated { held, unparked } in vacated {
        // Who gets the place finds the connection.
        drop(unparked);
        drop(Seat::of(held.endpoint));
    }
}
