use crate::CloseReason;

/// An entry's whole state in one word, so that every step of it is one compare-and-swap: how many leases are
/// out, whether the hot list holds the entry, whether it is doomed or closed, and why.
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
/// Listed is apart from that: the hot list may hold an entry that has been closed, doomed or leased to the
/// full from the side, and whoever pops it finds out from this word.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct State(u64);

const LISTED: u64 = 1 << 32;
const DOOMED: u64 = 1 << 33;
const CLOSED: u64 = 1 << 34;
const REASON_SHIFT: u32 = 40;

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
    /// One lease out, on no list.
    pub(crate) const fn leased_once() -> Self {
        Self(1)
    }

    pub(crate) const fn from_word(word: u64) -> Self {
        Self(word)
    }

    pub(crate) const fn word(self) -> u64 {
        self.0
    }

    #[allow(
        clippy::cast_possible_truncation,
        reason = "the lower half counts the leases"
    )]
    pub(crate) const fn leases(self) -> u32 {
        self.0 as u32
    }

    pub(crate) const fn is_listed(self) -> bool {
        self.0 & LISTED != 0
    }

    pub(crate) const fn is_closed(self) -> bool {
        self.0 & CLOSED != 0
    }

    /// Closed, or to be closed when the last lease is back: never handed out again.
    pub(crate) const fn is_gone(self) -> bool {
        self.0 & (CLOSED | DOOMED) != 0
    }

    /// Open and carrying no lease.
    pub(crate) const fn is_idle(self) -> bool {
        !self.is_gone() && self.leases() == 0
    }

    /// Why it is doomed, if it is.
    pub(crate) fn doom(self) -> Option<CloseReason> {
        (self.0 & DOOMED != 0).then(|| REASONS[(self.0 >> REASON_SHIFT) as usize & 7])
    }

    pub(crate) const fn listed(self) -> Self {
        Self(self.0 | LISTED)
    }

    pub(crate) const fn unlisted(self) -> Self {
        Self(self.0 & !LISTED)
    }

    pub(crate) const fn one_more(self) -> Self {
        Self(self.0 + 1)
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
