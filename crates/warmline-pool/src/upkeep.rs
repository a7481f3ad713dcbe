//! What happens to a pool as a whole: new limits, the sweep, the close.

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

use crate::aftermath::Aftermath;
use crate::origin_state::OriginState;
use crate::pool_state::{CLOSED, PoolState};
use crate::spot::Claim;
use crate::{CloseReason, Key, Limits, Poolable};

/// How many origins are remembered without a connection, for what is known of their idle limits.
const MOST_REMEMBERED: usize = 1024;

impl<C: Poolable> PoolState<C> {
    pub(crate) fn set_limits(&self, limits: Limits) {
        {
            let mut settings = self.settings.lock();
            self.limits.set(&limits);
            *settings = limits;
        }
        // Holders that have one have to come to the pool with it, which may be too many by now.
        self.recall_all(Claim::Any);
        while self.connections.held() > self.limits.max_connections()
            || self.idle.load(SeqCst) > self.limits.max_keepalive()
        {
            let Some(closing) = self.shut_least_recent(None, CloseReason::Resized) else {
                break;
            };
            Aftermath::of(closing).finish();
        }
        for origin in self.origins() {
            while origin.connections.held() > self.limits.max_connections_per_origin() {
                let Some(closing) = origin.shut_least_recent(CloseReason::Resized) else {
                    break;
                };
                Aftermath::of(closing).finish();
            }
        }
        let mut after = Aftermath::new();
        self.grant_places(&mut self.line.lock(), &mut after);
        after.finish();
    }

    pub(crate) fn sweep(&self) -> usize {
        let now = self.now();
        let too_many = self.origins.len() > MOST_REMEMBERED;
        let mut closed = 0;
        for origin in self.origins() {
            let mut after = Aftermath::new();
            for entry in origin.entries() {
                entry.bring_up_to_date(now);
                if entry.is_idle() {
                    if let Some(reason) = entry.stale(now) {
                        after.closings.extend(entry.shut_if_idle(reason));
                    }
                } else if entry.worn(now).is_some() {
                    // Else its holder could take it again and again.
                    entry.recall(Claim::Leased);
                }
            }
            closed += after.closings.len();
            after.finish();
            origin.purge();
            let key = origin.key.clone();
            let is_known = origin.idle_limit.review(now);
            drop(origin);
            // Only the map has it, so nobody can be about to use it: who wants it has to come
            // through the map, which is locked for this key meanwhile.
            let is_unused = |_: &Key, origin: &Arc<OriginState<C>>| {
                Arc::strong_count(origin) == 1 && origin.is_empty() && (too_many || !is_known)
            };
            let mut past_uses = self.past_uses.lock();
            let forgotten = self.origins.remove_if(&key, is_unused);
            if let Some((_, origin)) = &forgotten {
                *past_uses += origin.uses();
            }
            drop(past_uses);
            drop(forgotten);
        }
        closed
    }

    pub(crate) fn close_unsound(&self, is_sound: impl Fn(&C) -> bool) -> usize {
        let mut closed = 0;
        for origin in self.origins() {
            let mut after = Aftermath::new();
            for entry in origin.entries() {
                if entry.is_idle() && !is_sound(&entry.connection) {
                    after.closings.extend(entry.shut_if_idle(CloseReason::Dead));
                }
            }
            closed += after.closings.len();
            after.finish();
        }
        closed
    }

    pub(crate) fn close(&self) {
        self.attention.fetch_or(CLOSED, SeqCst);
        let waiters = self.line.lock().close();
        for waiter in waiters {
            waiter.deliver_closed();
        }
        for origin in self.origins() {
            let mut after = Aftermath::new();
            for entry in origin.entries() {
                after.closings.extend(entry.doom(CloseReason::PoolClosed));
            }
            after.finish();
            origin.purge();
        }
    }

    /// Lets go of all origins, which hold the pool in turn.
    pub(crate) fn forget_origins(&self) {
        // Kept until the map's guards are gone: what ends with an origin may be foreign code.
        let origins = self.origins();
        self.origins.clear();
        drop(origins);
    }
}
