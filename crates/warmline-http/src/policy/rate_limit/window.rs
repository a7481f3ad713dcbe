//! What was spent within a span of time that ends now, wherever "now" is: a sliding window, and not one that
//! starts afresh every minute, across whose start twice the quota could go within seconds.

use std::collections::VecDeque;
use std::time::Duration;

/// A window remembers what was spent by slots, so that its memory does not grow with the quota. What was
/// spent counts until its whole slot has left: the quota holds to the letter, and all of it can be used but one part
/// in so many.
const SLOTS: u64 = 600;
/// For so many slots longer, too: of two bursts that leave a window apart, the first one's last and the second one's first
/// may arrive closer to each other than that, and it is the server that counts.
const SLACK: u64 = 3;
const KEPT: u64 = SLOTS + SLACK;
const MINUTE: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(super) struct Window {
    quota: u64,
    slot_nanos: u64,
    /// Oldest first, without those in which nothing was spent.
    spent: VecDeque<Slot>,
    used: u64,
}

#[derive(Debug)]
struct Slot {
    number: u64,
    amount: u64,
}

impl Window {
    /// The quota is the part of `per_minute` that falls to a span of this length, and at least one.
    pub(super) fn new(per_minute: u64, span: Duration) -> Self {
        let quota = u128::from(per_minute) * span.as_nanos() / MINUTE.as_nanos();
        Self {
            quota: u64::try_from(quota).unwrap_or(u64::MAX).max(1),
            slot_nanos: (nanos(span) / SLOTS).max(1),
            spent: VecDeque::new(),
            used: 0,
        }
    }

    /// Another quota or span, with what was spent so far.
    pub(super) fn changed(self, per_minute: u64, span: Duration) -> Self {
        let mut changed = Self::new(per_minute, span);
        for slot in self.spent {
            let then = Duration::from_nanos(slot.number.saturating_mul(self.slot_nanos));
            changed.spend(then, slot.amount);
        }
        changed
    }

    pub(super) fn quota(&self) -> u64 {
        self.quota
    }

    /// What was spent in the span that ends now.
    pub(super) fn used(&mut self, now: Duration) -> u64 {
        let current = self.number(now);
        while let Some(oldest) = self.spent.front()
            && oldest.number + KEPT < current
        {
            self.used -= oldest.amount;
            self.spent.pop_front();
        }
        self.used
    }

    /// From when on so much more can be spent; what exceeds the quota, once nothing else counts.
    pub(super) fn ready_at(&mut self, now: Duration, amount: u64) -> Duration {
        let others = self.quota.saturating_sub(amount);
        let mut left = self.used(now);
        let mut ready = now;
        for slot in &self.spent {
            if left <= others {
                break;
            }
            left -= slot.amount;
            ready = Duration::from_nanos((slot.number + KEPT + 1).saturating_mul(self.slot_nanos));
        }
        ready
    }

    pub(super) fn spend(&mut self, now: Duration, amount: u64) {
        self.used(now);
        let number = self.number(now);
        self.used += amount;
        match self.spent.back_mut() {
            Some(newest) if newest.number == number => newest.amount += amount,
            _ => self.spent.push_back(Slot { number, amount }),
        }
    }

    /// Of what was spent `then`, so much was not.
    pub(super) fn refund(&mut self, now: Duration, then: Duration, amount: u64) {
        self.used(now);
        let number = self.number(then);
        // What has left the window is forgotten.
        if let Ok(place) = self.spent.binary_search_by_key(&number, |slot| slot.number) {
            let slot = &mut self.spent[place];
            let refunded = amount.min(slot.amount);
            slot.amount -= refunded;
            self.used -= refunded;
        }
    }

    fn number(&self, at: Duration) -> u64 {
        nanos(at) / self.slot_nanos
    }
}

/// 584 years fit.
fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
