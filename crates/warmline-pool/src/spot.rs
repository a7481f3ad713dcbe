//! The word that a parked connection's last holder and the pool share.
//!
//! ```text
//!              the holder puts it back
//!   leased, g -------------------------> parked, g
//!     |   ^                                 |  |
//!     |   '---- leased, g + 1 <-------------'  |
//!     |         the holder takes it again      |
//!     | reclaim                                | reclaim
//!     v                                        v
//!   leased, g, the pool's                   parked, g, the pool's
//! ```
//! Each step is one atomic operation on the word, and none undoes a reclaim: from then on the holder's
//! steps fail until the pool parks a connection there again. A generation names one lease and is never
//! used twice in a spot, so that a holder that is late cannot mistake a later lease for its own.

use std::sync::atomic::Ordering::SeqCst;

use crate::sync::AtomicU32;

/// A place where a connection is idle and yet within its last holder's reach: a word that both may
/// change at any time, from any thread. The holder need not be Rust: whoever sees the word as 32 bits
/// of memory can [take](Self::take) and [put](Self::put) with a compare-and-swap.
#[repr(transparent)]
#[derive(Debug)]
pub struct Spot {
    word: AtomicU32,
}

/// What a [`Spot`] said at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Of the lease that is out or was last.
    pub generation: u32,
    /// A lease is out.
    pub leased: bool,
    /// The holder may change the word.
    pub shared: bool,
}

const LEASED: u32 = 1;
const SHARED: u32 = 2;
const GENERATION_SHIFT: u32 = 2;

impl Spot {
    /// The last generation that the word can hold.
    pub const LAST_GENERATION: u32 = u32::MAX >> GENERATION_SHIFT;

    /// A spot that has never held anything: the word is 0.
    #[cfg(not(loom))]
    #[must_use]
    pub const fn new() -> Self {
        Self {
            word: AtomicU32::new(0),
        }
    }

    /// A spot that has never held anything: the word is 0.
    #[cfg(loom)]
    #[must_use]
    pub fn new() -> Self {
        Self {
            word: AtomicU32::new(0),
        }
    }

    /// What the word says.
    #[must_use]
    pub fn look(&self) -> Look {
        Look::of(self.word.load(SeqCst))
    }

    /// Starts a lease that the holder cannot end by itself.
    pub fn lease(&self, generation: u32) {
        self.word
            .store(generation << GENERATION_SHIFT | LEASED, SeqCst);
    }

    /// The holder takes the connection again: `generation` is the lease that it ended, and the new
    /// one is the next.
    #[must_use]
    pub fn take(&self, generation: u32) -> bool {
        let parked = generation << GENERATION_SHIFT | SHARED;
        generation < Self::LAST_GENERATION
            && self.swap(parked, parked + LEASED + (1 << GENERATION_SHIFT))
    }

    /// The holder ends its lease.
    #[must_use]
    pub fn put(&self, generation: u32) -> bool {
        let parked = generation << GENERATION_SHIFT | SHARED;
        self.swap(parked | LEASED, parked)
    }

    pub(crate) fn park(&self, generation: u32) {
        self.word
            .store(generation << GENERATION_SHIFT | SHARED, SeqCst);
    }

    /// Takes the word from the holder, if it says what is `wanted`. Gives what it said before.
    pub(crate) fn reclaim(&self, wanted: Claim) -> Option<Look> {
        let wants = |word| (wanted.wants(Look::of(word))).then_some(word & !SHARED);
        let before = self.word.fetch_update(SeqCst, SeqCst, wants).ok()?;
        Some(Look::of(before))
    }

    fn swap(&self, from: u32, to: u32) -> bool {
        self.word.compare_exchange(from, to, SeqCst, SeqCst).is_ok()
    }
}

impl Default for Spot {
    fn default() -> Self {
        Self::new()
    }
}

/// Which connections are to be taken out of the holder's reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    /// One that is parked.
    Idle,
    /// One that is leased: the holder keeps it, and has to come to the pool to give it back.
    Leased,
    Any,
}

impl Claim {
    fn wants(self, look: Look) -> bool {
        look.shared
            && match self {
                Self::Idle => !look.leased,
                Self::Leased => look.leased,
                Self::Any => true,
            }
    }
}

impl Look {
    fn of(word: u32) -> Self {
        Self {
            generation: word >> GENERATION_SHIFT,
            leased: word & LEASED != 0,
            shared: word & SHARED != 0,
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn the_holder_takes_and_puts_in_turns() {
        let spot = Spot::new();
        spot.park(7);
        assert!(!spot.put(7));
        assert!(spot.take(7) && !spot.take(7));
        assert!(!spot.put(7));
        assert!(spot.put(8) && !spot.put(8));
        assert!(!spot.take(7));
        assert!(spot.take(8));
    }

    #[test]
    fn nothing_is_the_holders_once_it_is_reclaimed() {
        let spot = Spot::new();
        spot.park(1);
        assert_eq!(spot.reclaim(Claim::Leased), None);
        assert!(spot.reclaim(Claim::Idle).is_some_and(|look| !look.leased));
        assert!(!spot.take(1));
        spot.park(2);
        assert!(spot.take(2));
        assert_eq!(spot.reclaim(Claim::Idle), None);
        assert!(spot.reclaim(Claim::Any).is_some_and(|look| look.leased));
        assert!(!spot.put(3));
        assert_eq!(spot.reclaim(Claim::Any), None);
        let look = spot.look();
        assert_eq!(
            (look.generation, look.leased, look.shared),
            (3, true, false)
        );
    }

    #[test]
    fn the_last_generation_is_not_followed_by_the_first() {
        let spot = Spot::new();
        spot.park(Spot::LAST_GENERATION - 1);
        assert!(spot.take(Spot::LAST_GENERATION - 1));
        assert!(spot.put(Spot::LAST_GENERATION));
        assert!(!spot.take(Spot::LAST_GENERATION));
        assert_eq!(spot.look().generation, Spot::LAST_GENERATION);
    }

    #[test]
    fn an_empty_spot_is_nobodys() {
        let spot = Spot::new();
        assert!(!spot.take(0) && !spot.put(0));
        spot.lease(1);
        assert!(!spot.take(1) && !spot.put(1));
    }
}
