//! Floors of warm connections: each origin that is in use has so many that are idle, opened ahead of need.

use std::collections::HashMap;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;
use warmline_pool::{Key, Origin};

use crate::checkout;
use crate::client::Client;
use crate::policy::refill::Refill;
use crate::probe::Entry;
use crate::transport::Connection;

/// How long before its time is up an idle connection is replaced: about what opening one may take.
const AHEAD: Duration = Duration::from_secs(2);

/// The floors of a client's origins.
pub(crate) struct Floors {
    /// Idle connections for each.
    floor: usize,
    /// Whether more may be wanted ahead of a rise.
    foresees: bool,
    origins: HashMap<Key, Floor>,
    /// Ends with whether the connection could be opened.
    openings: JoinSet<(Key, bool)>,
    start: Instant,
}

struct Floor {
    refill: Refill,
    opening: usize,
    /// Has the pool remember the origin while there is nothing else of it.
    kept: Option<Origin<Connection>>,
}

impl Floors {
    pub(crate) fn new(floor: usize, foresees: bool) -> Self {
        Self {
            floor,
            foresees,
            origins: HashMap::new(),
            openings: JoinSet::new(),
            start: Instant::now(),
        }
    }

    pub(crate) fn is_wanted(&self) -> bool {
        self.floor > 0 || self.foresees
    }

    /// Looks at each origin that had a connection, and starts to open what is missing.
    pub(crate) fn look(&mut self, client: &Client) {
        let origins = client.pool().origins();
        for origin in &origins {
            self.look_at(client, origin);
        }
        // What the pool has forgotten is not in use.
        self.origins.retain(|key, floor| {
            floor.kept.is_some()
                || floor.opening > 0
                || origins.iter().any(|origin| origin.key() == key)
        });
    }

    fn look_at(&mut self, client: &Client, origin: &Origin<Connection>) {
        let now = self.start.elapsed();
        let warmth = origin.warmth(AHEAD);
        if warmth.checkouts == 0 {
            return;
        }
        let floor = self
            .origins
            .entry(origin.key().clone())
            .or_insert_with(|| Floor {
                refill: Refill::new(now, warmth.checkouts),
                opening: 0,
                kept: None,
            });
        let ahead = client.ahead(origin);
        let wanted = self
            .floor
            .max(ahead)
            .min(client.pool().limits().max_keepalive);
        let missing = if warmth.shared {
            0
        } else {
            wanted.saturating_sub(warmth.idle)
        };
        floor.refill.look(now, warmth.checkouts, missing == 0);
        if ahead == 0 && !floor.refill.is_wanted(now) {
            floor.kept = None;
            return;
        }
        floor.kept.get_or_insert_with(|| origin.clone());
        let missing = missing.saturating_sub(floor.opening);
        if missing == 0 || !floor.refill.may_open(now) {
            return;
        }
        let opening = open(client, origin, missing, &mut self.openings);
        if opening > 0 {
            floor.opening += opening;
            floor.refill.begin_round(now, fastrand::f64());
        }
    }

    /// Waits until a connection has been opened, or could not be; for ever while none is being opened.
    pub(crate) async fn opened(&mut self) {
        let Some(ended) = self.openings.join_next().await else {
            return std::future::pending().await;
        };
        // An error is the engine's own end.
        if let Ok((key, is_open)) = ended
            && let Some(floor) = self.origins.get_mut(&key)
        {
            floor.opening -= 1;
            floor.refill.ended(is_open);
        }
    }
}

/// Starts to open up to `missing` connections; how many. Where one may serve all, that is one, and none
/// where somebody opens it already.
fn open(
    client: &Client,
    origin: &Origin<Connection>,
    missing: usize,
    openings: &mut JoinSet<(Key, bool)>,
) -> usize {
    for opening in 0..missing {
        let Some(permit) = origin.spare() else {
            return opening;
        };
        let key = origin.key();
        let Entry::Free(herald) = client.probes().enter(key) else {
            return opening;
        };
        let is_for_all = herald.is_awaited();
        let limit = client.timeouts().connect;
        let connecting = checkout::connect(client, key, permit, herald, limit);
        let key = key.clone();
        openings.spawn(async move {
            let opened = connecting.await;
            // With its lease it goes to the pool.
            (key, matches!(opened, Ok(Ok(_))))
        });
        if is_for_all {
            return opening + 1;
        }
    }
    missing
}
