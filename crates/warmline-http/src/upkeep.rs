//! What a client does while nobody asks for anything: closes connections that are not to be used again, and
//! opens those that it is to have in stock.

use std::time::Duration;

use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use crate::client::{Client, WeakClient};
use crate::engine::engine;
use crate::error::Error;
use crate::floors::Floors;
use crate::transport::{Connection, PingOptions};

/// How often a client looks for connections that have been idle too long or have grown too old, unless it
/// is told otherwise. Dead ones do not wait for it: each connection watches its own socket.
const SWEEP_INTERVAL: Duration = Duration::from_secs(1);

/// How often it looks whether connections are missing. A look costs some microseconds for each origin.
const FLOOR_INTERVAL: Duration = Duration::from_millis(250);

/// What a client does for its idle connections.
#[derive(Clone, Copy, Debug)]
pub struct UpkeepOptions {
    /// So many idle connections, or one that carries many requests, are kept open for each origin that was
    /// used in the last ten minutes, as far as the limits allow. Default 0.
    pub min_idle: usize,
    /// How often the socket of each idle connection is looked at: one that is closed or has failed leaves
    /// the pool. Default that of [`HealthCheck`].
    pub check_interval: Duration,
    /// How often connections are looked for that have been idle too long or have grown too old. Default 1 s;
    /// with `None` they are closed once a request comes upon them.
    pub cleanup: Option<Duration>,
}

impl Default for UpkeepOptions {
    fn default() -> Self {
        Self {
            min_idle: 0,
            check_interval: HealthCheck::default().interval,
            cleanup: Some(SWEEP_INTERVAL),
        }
    }
}

/// How the health of connections is looked after. The defaults are the reference client's.
#[derive(Clone, Copy, Debug)]
pub struct HealthCheck {
    /// From one check to the next. Default 30 s.
    pub interval: Duration,
    /// How many times `timeout` may pass without a sign of life. Default 3.
    pub unhealthy_threshold: u32,
    /// How long a sign of life may take. Default 5 s.
    pub timeout: Duration,
}

impl Default for HealthCheck {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(30),
            unhealthy_threshold: 3,
            timeout: Duration::from_secs(5),
        }
    }
}

impl HealthCheck {
    /// The same for HTTP/2, where the other side can be asked. One question is enough: TCP repeats it.
    #[must_use]
    pub fn pings(&self) -> PingOptions {
        PingOptions {
            interval: self.interval,
            deadline: self.timeout.saturating_mul(self.unhealthy_threshold),
        }
    }
}

/// Keeps a client up on the engine, for as long as it exists.
///
/// # Errors
/// `WARMLINE_ENGINE` if the engine cannot start.
pub(crate) fn start(client: &Client, options: UpkeepOptions) -> Result<(), Error> {
    let floors = Floors::new(options.min_idle, client.foresees());
    engine()?.spawn(keep(client.downgrade(), options, floors));
    Ok(())
}

async fn keep(client: WeakClient, options: UpkeepOptions, mut floors: Floors) {
    let mut sweeps = every(options.cleanup.unwrap_or(SWEEP_INTERVAL));
    let mut checks = every(options.check_interval);
    let mut looks = every(FLOOR_INTERVAL);
    loop {
        let due = tokio::select! {
            biased;
            () = floors.opened() => continue,
            // Before a sweep, which forgets origins.
            _ = looks.tick(), if floors.is_wanted() => Due::Floors,
            _ = checks.tick() => Due::Check,
            _ = sweeps.tick(), if options.cleanup.is_some() => Due::Sweep,
        };
        let Some(client) = client.upgrade() else {
            return;
        };
        match due {
            Due::Floors => floors.look(&client),
            Due::Check => {
                client.pool().close_unsound(Connection::is_alive);
            }
            Due::Sweep => {
                client.scale();
                client.pool().sweep();
            }
        }
    }
}

enum Due {
    Floors,
    Check,
    Sweep,
}

fn every(period: Duration) -> Interval {
    // None would be no interval.
    let period = period.max(Duration::from_millis(1));
    let mut interval = interval_at(Instant::now() + period, period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}
