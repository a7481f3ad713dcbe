//! Who holds which connection: ids to leases, for the whole process.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::held::Held;

/// One lease; unlike a connection's, its id is never used again, in any pool of this process.
///
/// At most 2^53 - 1, so that JavaScript can hold it as a number. Never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LeaseId(u64);

/// Bits of an id that name its shard, its slot there, and the slot's generation.
const SHARD_BITS: u32 = 4;
const SLOT_BITS: u32 = 12;
const GENERATION_BITS: u32 = 53 - SHARD_BITS - SLOT_BITS;

const SHARDS: usize = 1 << SHARD_BITS;
const SLOTS: usize = 1 << SLOT_BITS;
const LAST_GENERATION: u64 = (1 << GENERATION_BITS) - 1;

/// Leases by id. A thread adds to the shard of its own, so that threads that lease and return do not
/// meet at a lock.
pub(super) struct Table {
    shards: [Mutex<Shard>; SHARDS],
}

struct Shard {
    slots: Vec<Slot>,
    /// Slots that hold nothing, last freed first.
    free: Vec<u16>,
}

struct Slot {
    /// The generation of the lease that is in the slot or was last.
    generation: u64,
    held: Option<Held>,
}

pub(super) static TABLE: Table = Table::new();

thread_local! {
    static HOME: Cell<usize> = {
        static THREADS: AtomicUsize = AtomicUsize::new(0);
        Cell::new(THREADS.fetch_add(1, Ordering::Relaxed) % SHARDS)
    };
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

    fn new(shard: usize, slot: usize, generation: u64) -> Self {
        Self(generation << (SHARD_BITS + SLOT_BITS) | (slot << SHARD_BITS | shard) as u64)
    }

    #[allow(clippy::cast_possible_truncation, reason = "masked to 12 bits at most")]
    fn place(self) -> (usize, usize, u64) {
        let shard = self.0 & (SHARDS as u64 - 1);
        let slot = self.0 >> SHARD_BITS & (SLOTS as u64 - 1);
        (
            shard as usize,
            slot as usize,
            self.0 >> (SHARD_BITS + SLOT_BITS),
        )
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
                Ok((slot, generation)) => return Ok(LeaseId::new(shard, slot, generation)),
                Err(refused) => held = refused,
            }
        }
        Err(held)
    }

    /// Runs `look` on a lease while its shard is locked: it must be quick and must not come back to
    /// the table. `None` if there is no such lease.
    pub(super) fn with<T>(&self, id: LeaseId, look: impl FnOnce(&mut Held) -> T) -> Option<T> {
        let (shard, slot, generation) = id.place();
        self.shard(shard).held(slot, generation).map(look)
    }

    /// Takes a lease out if there is one of this id and it `applies`; its slot is free again.
    pub(super) fn take(&self, id: LeaseId, applies: impl FnOnce(&Held) -> bool) -> Option<Held> {
        let (shard, slot, generation) = id.place();
        self.shard(shard).take(slot, generation, applies)
    }

    /// The ids of all leases that match; one shard is locked at a time.
    pub(super) fn ids(&self, matches: impl Fn(&Held) -> bool) -> Vec<LeaseId> {
        let mut found = Vec::new();
        for index in 0..SHARDS {
            let shard = self.shard(index);
            for (slot, entry) in shard.slots.iter().enumerate() {
                if entry.held.as_ref().is_some_and(&matches) {
                    found.push(LeaseId::new(index, slot, entry.generation));
                }
            }
        }
        found
    }

    fn shard(&self, index: usize) -> MutexGuard<'_, Shard> {
        // Nothing under the lock can leave a shard half changed.
        self.shards[index]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shard {
    fn add(&mut self, held: Held) -> Result<(usize, u64), Held> {
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

    fn held(&mut self, slot: usize, generation: u64) -> Option<&mut Held> {
        let slot = self
            .slots
            .get_mut(slot)
            .filter(|slot| slot.generation == generation)?;
        slot.held.as_mut()
    }

    fn take(
        &mut self,
        index: usize,
        generation: u64,
        applies: impl FnOnce(&Held) -> bool,
    ) -> Option<Held> {
        let slot = self
            .slots
            .get_mut(index)
            .filter(|slot| slot.generation == generation)?;
        let held = slot.held.take_if(|held| applies(held))?;
        // A slot whose generations are used up stays empty for good: an id is never used twice.
        if let (Ok(free), true) = (u16::try_from(index), generation < LAST_GENERATION) {
            self.free.push(free);
        }
        Some(held)
    }
}
