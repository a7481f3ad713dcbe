//! A client's pool that follows its load, and opens connections before they are asked for.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use warmline_pool::{Counts, Key, Limits, Origin, Pool};

use crate::policy::scaling::{Demand, Step, Steps};
use crate::transport::Connection;

/// The most origins whose demand is learnt: 11 KB each.
const MAX_ORIGINS: usize = 64;

/// How a pool follows its load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScalingOptions {
    /// How long the load has to have been lower until the caps go down. Default 300 s.
    pub cooldown: Duration,
    /// How far ahead a rise is foreseen; `None` foresees none. Default an hour.
    pub prediction: Option<Duration>,
}

impl Default for ScalingOptions {
    /// The reference's.
    fn default() -> Self {
        Self {
            cooldown: Duration::from_secs(300),
            prediction: Some(Duration::from_secs(3600)),
        }
    }
}

/// One pool's.
pub(crate) struct Scaling {
    options: ScalingOptions,
    base: Limits,
    start: Instant,
    steps: Steps,
    /// With what has the pool remember the origin: its day goes on while nobody asks.
    demands: HashMap<Key, (Origin<Connection>, Demand)>,
}

impl Scaling {
    pub(crate) fn new(options: ScalingOptions, base: Limits) -> Self {
        Self {
            steps: Steps::new(options.cooldown),
            options,
            base,
            start: Instant::now(),
            demands: HashMap::new(),
        }
    }

    /// Another base from now on.
    pub(crate) fn rebase(&mut self, base: Limits, pool: &Pool<Connection>) {
        self.base = base;
        pool.set_limits(self.limits(self.steps.step()));
    }

    /// Other options from now on; what has been learnt stays.
    pub(crate) fn change(
        &mut self,
        options: ScalingOptions,
        base: Limits,
        pool: &Pool<Connection>,
    ) {
        self.steps.set_cooldown(options.cooldown);
        if let Some(window) = options.prediction {
            for (_, demand) in self.demands.values_mut() {
                demand.look_ahead(window);
            }
        } else {
            self.demands.clear();
        }
        self.options = options;
        self.rebase(base, pool);
    }

    /// Looks at the pool; to be called every second.
    pub(crate) fn look(&mut self, pool: &Pool<Connection>) {
        let now = self.start.elapsed();
        let counts = pool.stats().counts;
        let mut needed = counts.active + counts.pending + counts.waiting;
        if let Some(window) = self.options.prediction {
            let foreseen = self.learn(now, window, pool);
            needed = needed.max(foreseen);
        }
        let load = ratio(needed, self.base.max_connections);
        if let Some(step) = self.steps.observe(now, load) {
            pool.set_limits(self.limits(step));
        }
    }

    /// The most connections at the base.
    pub(crate) fn base_connections(&self) -> usize {
        self.base.max_connections
    }

    pub(crate) fn foresees(&self) -> bool {
        self.options.prediction.is_some()
    }

    /// How many connections to an origin should be idle now, for a rise that is foreseen.
    pub(crate) fn ahead(&self, origin: &Origin<Connection>) -> usize {
        let Some((_, demand)) = self.demands.get(origin.key()) else {
            return 0;
        };
        demand
            .floor()
            .saturating_sub(needed(&origin.stats().counts))
    }

    /// Takes in what each origin needs; returns what all of them will need at most, as far as that is known.
    fn learn(&mut self, now: Duration, window: Duration, pool: &Pool<Connection>) -> usize {
        for origin in pool.origins() {
            if self.demands.len() < MAX_ORIGINS && !self.demands.contains_key(origin.key()) {
                let key = origin.key().clone();
                self.demands.insert(key, (origin, Demand::new(now, window)));
            }
        }
        let mut foreseen = 0;
        for (origin, demand) in self.demands.values_mut() {
            demand.observe(now, needed(&origin.stats().counts));
            foreseen += demand.peak();
        }
        foreseen
    }

    fn limits(&self, step: Step) -> Limits {
        Limits {
            max_connections: step.of_base(self.base.max_connections).max(1),
            max_connections_per_origin: step.of_base(self.base.max_connections_per_origin).max(1),
            max_keepalive: step.of_base(self.base.max_keepalive),
            ..self.base.clone()
        }
    }
}

/// Connections that are busy, or would be if there were enough of them.
fn needed(counts: &Counts) -> usize {
    counts.active + counts.waiting
}

#[allow(
    clippy::cast_precision_loss,
    reason = "connections stay far below 2^53"
)]
fn ratio(needed: usize, of: usize) -> f64 {
    needed as f64 / of.max(1) as f64
}
