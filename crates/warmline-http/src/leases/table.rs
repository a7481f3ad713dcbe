//! Who holds which connection: ids to leases, for the whole process.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use warmline_pool::{Look, Spot, Unparked};

use super::endpoint::Endpoint;
use super::held::{Held, State};
use crate::transport::Connection;

/// One lease; unlike a connection's, its id is never used again, in any pool of this process.
///
/// Below 2^46, so that JavaScript can hold it as a number: the slot in the lower 16 bits, and above
/// them the slot's generation. Never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LeaseId(u64);

const SHARD_BITS: u32 = 4;
const SLOT_BITS: u32 = 12;

const SHARDS: usize = 1 << SHARD_BITS;
const SLOTS: usize = 1 << SLOT_BITS;

/// Leases by id. A thread adds to the shard of its own, so that threads that lease and return do not
/// meet at a lock, nor their spots on a line of memory.
pub(super) struct Table {
    shards: [Mutex<Shard>; SHARDS],
}

struct Shard {
    slots: Vec<Slot>,
    /// Slots that hold nothing, last freed first.
    free: Vec<u16>,
}

struct Slot {
    /// The generation of the lease that is in the slot or was last. While a connection is parked
    /// there, the spot knows better.
    generation: u32,
    held: Option<Held>,
}

pub(super) static TABLE: Table = Table::new();

/// One for each slot of the table, in the same order.
static SPOTS: [Spot; SHARDS * SLOTS] = [const { Spot::new() }; SHARDS * SLOTS];

thread_local! {
    static HOME: Cell<usize> = {
        static THREADS: AtomicUsize = AtomicUsize::new(0);
        Cell::new(THREADS.fetch_add(1, Ordering::Relaxed) % SHARDS)
    };
}

/// Where the connections of leases are parked: a lease's spot has the index that the lower 16 bits of
/// its id say.
#[must_use]
pub fn spots() -> &'static [Spot] {
    &SPOTS
}

impl LeaseId {
    /// The id as a number.
    #[must_use]
    pub fn get(self) -> u64 {
        self.0
    }

    /// The id that a number may be; whether there is such a lease is for its pool to say.
    #[must_use]
    pub fn from_number(number: u64) -> Self {
        Self(number)
    }

    fn new(place: Place, generation: u32) -> Self {
        Self(u64::from(generation) << (SHARD_BITS + SLOT_BITS) | place.index() as u64)
    }

    #[allow(clippy::cast_possible_truncation, reason = "masked to 12 bits at most")]
    fn place(self) -> Place {
        Place {
            shard: (self.0 >> SLOT_BITS) as usize & (SHARDS - 1),
            slot: self.0 as usize & (SLOTS - 1),
        }
    }

    /// The spot of the lease's slot.
    pub(super) fn spot(self) -> &'static Spot {
        self.place().spot()
    }

    /// Which of its slot's leases it is; beyond what a slot counts to for what is no lease's id.
    pub(super) fn generation(self) -> u32 {
        u32::try_from(self.0 >> (SHARD_BITS + SLOT_BITS)).unwrap_or(u32::MAX)
    }
}

#[derive(Clone, Copy)]
struct Place {
    shard: usize,
    slot: usize,
}

impl Place {
    fn index(self) -> usize {
        self.shard << SLOT_BITS | self.slot
    }

    fn spot(self) -> &'static Spot {
        &SPOTS[self.index()]
    }
}

impl Table {
    const fn new() -> Self {
        Self {
            shards: [const {
                Mutex::new(Shard {
                    slots: Vec::new(),
                    free: Vec::new(),
                })
            }; SHARDS],
        }
    }

    /// Adds a lease; gives it back if all 65,536 places of the table are taken.
    pub(super) fn add(&self, held: Held) -> Result<LeaseId, Held> {
        let home = HOME.with(Cell::get);
        let mut held = held;
        for step in 0..SHARDS {
            let shard = (home + step) % SHARDS;
            match self.shard(shard).add(held) {
                Ok((slot, generation)) => {
                    let place = Place { shard, slot };
                    place.spot().lease(generation);
                    return Ok(LeaseId::new(place, generation));
                }
                Err(refused) => held = refused,
            }
        }
        Err(held)
    }

    /// Runs `look` on a lease while its shard is locked: it must be quick and must not come back to
    /// the table. `None` if there is no such lease.
    pub(super) fn with<T>(&self, id: LeaseId, look: impl FnOnce(&mut Held) -> T) -> Option<T> {
        self.shard(id.place().shard).lease(id).map(look)
    }

    /// Takes a lease out if there is one of this id and it `applies`; its slot is free again.
    pub(super) fn take(&self, id: LeaseId, applies: impl FnOnce(&Held) -> bool) -> Option<Held> {
        let mut shard = self.shard(id.place().shard);
        let held = shard.take(id, applies)?;
        shard.free(id.place().slot);
        Some(held)
    }

    /// Takes a lease out as [`take`](Self::take) does, but keeps its slot for a [`park`](Self::park)
    /// or a [`free`](Self::free).
    pub(super) fn lift(&self, id: LeaseId, applies: impl FnOnce(&Held) -> bool) -> Option<Held> {
        self.shard(id.place().shard).take(id, applies)
    }

    /// Puts what is parked in the spot of a lifted lease into its slot.
    pub(super) fn park(&self, id: LeaseId, parked: Held) {
        let Place { shard, slot } = id.place();
        self.shard(shard).slots[slot].held = Some(parked);
    }

    /// Frees the slot of a lifted lease.
    pub(super) fn free(&self, id: LeaseId) {
        let Place { shard, slot } = id.place();
        self.shard(shard).free(slot);
    }

    /// The ids of all leases that match; one shard is locked at a time. Parked ones count while they
    /// are leased.
    pub(super) fn ids(&self, matches: impl Fn(&Held) -> bool) -> Vec<LeaseId> {
        let mut found = Vec::new();
        self.each(|place, slot| {
            if slot.held.as_ref().is_some_and(&matches)
                && let Some(generation) = slot.lease_of(place)
            {
                found.push(LeaseId::new(place, generation));
            }
        });
        found
    }

    /// The endpoints of those that match and are parked without a lease, one for each of them.
    pub(super) fn parked(&self, matches: impl Fn(&Held) -> bool) -> Vec<&'static Endpoint> {
        let mut found = Vec::new();
        self.each(|place, slot| {
            if let Some(held) = slot.held.as_ref().filter(|held| matches(held))
                && slot.lease_of(place).is_none()
            {
                found.push(held.endpoint);
            }
        });
        found
    }

    /// Takes those that match and are parked out of their holders' reach: those without a lease
    /// altogether, which it returns; the others, if `leased` is set, while their leases go on.
    pub(super) fn recall(&self, leased: bool, matches: impl Fn(&Held) -> bool) -> Vec<Vacated> {
        let mut vacated = Vec::new();
        for index in 0..SHARDS {
            let mut shard = self.shard(index);
            for slot in 0..shard.slots.len() {
                let place = Place { shard: index, slot };
                let entry = &mut shard.slots[slot];
                if !entry.held.as_ref().is_some_and(&matches) {
                    continue;
                }
                if let Some(empty) = entry.vacate(place) {
                    vacated.push(empty);
                    shard.free(slot);
                } else if leased {
                    entry.settle(place);
                }
            }
        }
        vacated
    }

    fn each(&self, mut look: impl FnMut(Place, &Slot)) {
        for index in 0..SHARDS {
            let shard = self.shard(index);
            for (slot, entry) in shard.slots.iter().enumerate() {
                look(Place { shard: index, slot }, entry);
            }
        }
    }

    fn shard(&self, index: usize) -> MutexGuard<'_, Shard> {
        // Nothing under the lock can leave a shard half changed.
        self.shards[index]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shard {
    fn add(&mut self, held: Held) -> Result<(usize, u32), Held> {
        let index = match self.free.pop() {
            Some(index) => usize::from(index),
            None if self.slots.len() < SLOTS => {
                self.slots.push(Slot {
                    generation: 0,
                    held: None,
                });
                self.slots.len() - 1
            }
            None => return Err(held),
        };
        let slot = &mut self.slots[index];
        slot.generation += 1;
        slot.held = Some(held);
        Ok((index, slot.generation))
    }

    fn lease(&mut self, id: LeaseId) -> Option<&mut Held> {
        let place = id.place();
        let slot = self.slots.get_mut(place.slot)?;
        if slot.lease_of(place) != Some(id.generation()) {
            return None;
        }
        slot.settle(place);
        // Its holder may have been quicker and ended it.
        (slot.lease_of(place) == Some(id.generation()))
            .then_some(slot.held.as_mut())
            .flatten()
    }

    fn take(&mut self, id: LeaseId, applies: impl FnOnce(&Held) -> bool) -> Option<Held> {
        self.lease(id)?;
        let slot = &mut self.slots[id.place().slot];
        slot.generation = id.generation();
        slot.held.take_if(|held| applies(held))
    }

    fn free(&mut self, index: usize) {
        // A slot whose generations are used up stays empty for good: an id is never used twice. At a
        // million leases a second, all of them have been after two years.
        if let (Ok(free), true) = (
            u16::try_from(index),
            self.slots[index].generation < Spot::LAST_GENERATION,
        ) {
            self.free.push(free);
        }
    }
}

impl Slot {
    /// The generation of the lease that is in the slot now.
    fn lease_of(&self, place: Place) -> Option<u32> {
        if !matches!(self.held.as_ref()?.state, State::Parked(_)) {
            return Some(self.generation);
        }
        let look = place.spot().look();
        look.leased.then_some(look.generation)
    }

    /// Brings a lease that its holder took by itself to rest: from now on only the engine ends it. It
    /// stays as it is if there is none, or its connection is gone.
    fn settle(&mut self, place: Place) {
        let Some(held) = &mut self.held else { return };
        let State::Parked(parked) = &held.state else {
            return;
        };
        let look = loop {
            match place.spot().look() {
                Look { leased: false, .. } => return,
                look if look.shared => parked.seize(),
                look => break look,
            }
        };
        if let Some(lease) = parked.lease() {
            self.generation = look.generation;
            held.state = State::Resting(lease);
        }
    }

    /// Empties the slot if something is parked here without a lease.
    fn vacate(&mut self, place: Place) -> Option<Vacated> {
        let State::Parked(parked) = &self.held.as_ref()?.state else {
            return None;
        };
        let mut unparked = None;
        loop {
            match place.spot().look() {
                Look { leased: true, .. } => return None,
                look if look.shared => unparked = parked.unpark(),
                look => {
                    self.generation = look.generation;
                    break;
                }
            }
        }
        self.held.take().map(|held| Vacated { held, unparked })
    }
}

/// What was parked without a lease, and is so no more.
pub(super) struct Vacated {
    /// Whose place in the quota is free.
    pub(super) held: Held,
    /// The connection, unless the pool had taken it before.
    pub(super) unparked: Option<Unparked<Connection>>,
}
