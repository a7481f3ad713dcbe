use crate::CloseReason;

/// An entry's whole state in one word, so that every step of it is one compare-and-swap: how many
/// leases are out, whether the hot list holds the entry, whether it is doomed or closed and why,
/// and how many leases there have been.
///
/// ```text
///            take                       give back
///   idle  ---------->  leased (1..n)  ------------>  idle
///    |                    |      \
///    | shut               | doom  \  shut (the peer closed it)
///    v                    v        v
///  closed  <--------   doomed     closed
///          last lease back
/// ```
///
/// Parked is a way of being idle: no lease is out but, perhaps, one that the holder of the entry's
/// [`Spot`](crate::Spot) took by itself. Listed is apart from all that: the hot list may hold an entry that has been closed, doomed or leased
/// to the full from the side, and whoever pops it finds out from this word.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct State(u64);

/// Bits 0 to 23 count the leases that are out.
const LEASES: u64 = (1 << 24) - 1;
const LISTED: u64 = 1 << 24;
const DOOMED: u64 = 1 << 25;
const CLOSED: u64 = 1 << 26;
/// Bits 27 to 29: why it is doomed.
const REASON_SHIFT: u32 = 27;
const PARKED: u64 = 1 << 30;
/// Bits 32 to 63 count all leases ever, up to what they can hold.
const USES_SHIFT: u32 = 32;

const REASONS: [CloseReason; 8] = [
    CloseReason::Idle,
    CloseReason::MaxAge,
    CloseReason::Dead,
    CloseReason::KeepaliveLimit,
    CloseReason::Evicted,
    CloseReason::Resized,
    CloseReason::Discarded,
    CloseReason::PoolClosed,
];

impl State {
    /// The most leases that an entry can have out, whatever the connection could carry.
    pub(crate) const MAX_LEASES: u32 = (1 << 24) - 1;

    /// One lease out, on no list.
    pub(crate) const fn leased_once() -> Self {
        Self(1 << USES_SHIFT | 1)
    }

    /// The same, but that lease is nobody's who asked for one.
    pub(crate) const fn stocked() -> Self {
        Self(1)
    }

    pub(crate) const fn from_word(word: u64) -> Self {
        Self(word)
    }

    pub(crate) const fn word(self) -> u64 {
        self.0
    }

    #[allow(clippy::cast_possible_truncation, reason = "24 bits")]
    pub(crate) const fn leases(self) -> u32 {
        (self.0 & LEASES) as u32
    }

    pub(crate) const fn uses(self) -> u64 {
        self.0 >> USES_SHIFT
    }

    pub(crate) const fn is_listed(self) -> bool {
        self.0 & LISTED != 0
    }

    pub(crate) const fn is_closed(self) -> bool {
        self.0 & CLOSED != 0
    }

    /// Idle, unless its spot says that the holder has it.
    pub(crate) const fn is_parked(self) -> bool {
        self.0 & PARKED != 0
    }

    /// Closed, or to be closed when the last lease is back: never handed out again.
    pub(crate) const fn is_gone(self) -> bool {
        self.0 & (CLOSED | DOOMED) != 0
    }

    /// Open and carrying no lease, parked or not.
    pub(crate) const fn is_idle(self) -> bool {
        !self.is_gone() && self.leases() == 0
    }

    /// Why it is doomed, if it is.
    pub(crate) fn doom(self) -> Option<CloseReason> {
        (self.0 & DOOMED != 0).then(|| REASONS[(self.0 >> REASON_SHIFT & 7) as usize])
    }

    pub(crate) const fn listed(self) -> Self {
        Self(self.0 | LISTED)
    }

    pub(crate) const fn unlisted(self) -> Self {
        Self(self.0 & !LISTED)
    }

    pub(crate) const fn parked(self) -> Self {
        Self(self.0 | PARKED)
    }

    pub(crate) const fn unparked(self) -> Self {
        Self(self.0 & !PARKED)
    }

    /// One more lease out.
    pub(crate) const fn one_more(self) -> Self {
        self.one_more_counted().used_again()
    }

    /// One more lease out that has been counted among the uses already.
    pub(crate) const fn one_more_counted(self) -> Self {
        Self(self.0 + 1)
    }

    /// The same leases, one of them in new hands.
    pub(crate) const fn used_again(self) -> Self {
        self.used_more(1)
    }

    /// So many leases ended that the pool did not see.
    pub(crate) const fn used_more(self, times: u32) -> Self {
        let room = u64::MAX >> USES_SHIFT << USES_SHIFT | self.0;
        match self.0.checked_add((times as u64) << USES_SHIFT) {
            Some(word) => Self(word),
            None => Self(room),
        }
    }

    pub(crate) const fn one_less(self) -> Self {
        Self(self.0 - 1)
    }

    pub(crate) const fn closed(self) -> Self {
        Self(self.0 | CLOSED)
    }

    /// Doomed for `reason`, or still for the earlier one.
    pub(crate) fn doomed(self, reason: CloseReason) -> Self {
        if self.0 & DOOMED != 0 {
            return self;
        }
        Self(self.0 | DOOMED | (reason as u64) << REASON_SHIFT)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn every_reason_survives_the_word() {
        for reason in REASONS {
            let state = State::leased_once().listed().doomed(reason);
            assert_eq!(state.doom(), Some(reason));
            assert_eq!(
                (state.leases(), state.is_listed(), state.is_closed()),
                (1, true, false)
            );
        }
    }

    #[test]
    fn uses_count_every_lease_and_stop_at_what_the_word_can_hold() {
        let state = State::leased_once().one_less().one_more().used_again();
        assert_eq!((state.uses(), state.leases()), (3, 1));
        let full = State::from_word(u64::MAX << USES_SHIFT | 1);
        assert_eq!(full.used_again().uses(), u64::from(u32::MAX));
        let nearly = State::from_word((u64::MAX - 1) << USES_SHIFT | 1);
        assert_eq!(nearly.used_more(7).uses(), u64::from(u32::MAX));
        assert_eq!(nearly.used_more(7).leases(), 1);
    }

    #[test]
    fn the_first_doom_stands() {
        let state = State::leased_once()
            .doomed(CloseReason::MaxAge)
            .doomed(CloseReason::Dead);
        assert_eq!(state.doom(), Some(CloseReason::MaxAge));
    }

    #[test]
    fn an_open_entry_without_leases_is_idle_on_a_list_or_off() {
        let idle = State::leased_once().one_less();
        assert!(idle.is_idle() && idle.listed().is_idle());
        assert!(!idle.closed().is_idle());
        assert!(!idle.one_more().is_idle());
        assert!(!idle.doomed(CloseReason::Dead).is_idle());
    }
}
