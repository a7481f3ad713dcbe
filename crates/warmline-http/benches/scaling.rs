//! A back-test of predictive scaling on synthetic days: how many requests have to wait for a connection to be
//! opened, beside the rule that only follows the load.
//!
//! `cargo bench -p warmline-http --bench scaling`; with `-- --json` the figures alone.

use std::f64::consts::TAU;
use std::time::Duration;

use serde_json::json;
use warmline_http::{Demand, Step, Steps};

const DAY: u64 = 24 * 60 * 60;
/// The days before the one that counts.
const LEARNT: u64 = 3;
const KEEPALIVE: u64 = 30;
const BASE_CONNECTIONS: usize = 200;
const BASE_KEEPALIVE: usize = 100;
const COOLDOWN: Duration = Duration::from_secs(300);
const WINDOW: Duration = Duration::from_secs(3600);

/// xorshift64*, so that every run has the same days.
struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let bits = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32;
        f64::from(u32::try_from(bits).unwrap_or(0)) / 2_f64.powi(32)
    }

    /// How many of something that happens so often on average (Knuth).
    fn poisson(&mut self, mean: f64) -> usize {
        let (limit, mut product, mut count) = ((-mean).exp(), self.next(), 0);
        while product > limit {
            product *= self.next();
            count += 1;
        }
        count
    }

    /// Seconds that a completion takes: two on average, some of them many.
    fn service(&mut self) -> u64 {
        let seconds = -2.0 * (1.0 - self.next()).ln();
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a few seconds"
        )]
        let seconds = seconds.ceil() as u64;
        seconds.max(1)
    }
}

/// Requests in each second: people by day, with lunch, and jobs on the hour and at the quarters.
fn requests(second: u64, random: &mut Random) -> usize {
    #[allow(clippy::cast_precision_loss, reason = "seconds of some days")]
    let hours = (second % DAY) as f64 / 3600.0;
    let by_day = (1.0 - (TAU * hours / 24.0).cos()) / 2.0;
    let lunch = if (12.0..13.0).contains(&hours) {
        0.6
    } else {
        1.0
    };
    let people = 12.0 * by_day.powi(3) * lunch;
    let jobs = match second % 3600 {
        0..20 => 8.0,
        900..910 | 1800..1810 | 2700..2710 => 4.0,
        _ => 0.3,
    };
    random.poisson(people + jobs)
}

/// What a rule comes to on the last day.
#[derive(Default)]
struct Outcome {
    requests: u64,
    cold: u64,
    opened_ahead: u64,
    /// Connection-seconds that nobody used.
    idle: u64,
}

/// A pool, second by second: connections that are busy until then, and idle ones since then.
#[derive(Default)]
struct Pool {
    busy: Vec<u64>,
    idle: Vec<u64>,
}

fn simulate(predictive: bool) -> Outcome {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let mut pool = Pool::default();
    let mut steps = Steps::new(COOLDOWN);
    let mut step = Step::Medium;
    let mut demand = Demand::new(Duration::ZERO, WINDOW);
    let mut outcome = Outcome::default();
    for second in 0..(LEARNT + 1) * DAY {
        let counts = second >= LEARNT * DAY;
        let (done, busy): (Vec<u64>, Vec<u64>) =
            pool.busy.iter().partition(|until| **until <= second);
        pool.busy = busy;
        pool.idle.extend(done.iter().map(|_| second));
        pool.idle.retain(|since| since + KEEPALIVE > second);

        let now = Duration::from_secs(second);
        #[allow(clippy::cast_precision_loss, reason = "a few hundred")]
        let load = pool.busy.len() as f64 / BASE_CONNECTIONS as f64;
        step = steps.observe(now, load).unwrap_or(step);
        let most = step.of_base(BASE_CONNECTIONS);
        let most_idle = step.of_base(BASE_KEEPALIVE);
        let surplus = pool.idle.len().saturating_sub(most_idle);
        pool.idle.drain(..surplus);

        if predictive {
            let floor = demand.floor().min(most);
            let open = pool.busy.len() + pool.idle.len();
            let room = most_idle.saturating_sub(pool.idle.len());
            let missing = floor.saturating_sub(open).min(room);
            pool.idle.extend((0..missing).map(|_| second));
            outcome.opened_ahead += u64::from(counts) * missing as u64;
        }

        for _ in 0..requests(second, &mut random) {
            let until = second + random.service();
            let cold = pool.idle.pop().is_none();
            if pool.busy.len() < most {
                pool.busy.push(until);
            }
            outcome.requests += u64::from(counts);
            outcome.cold += u64::from(counts && cold);
        }
        demand.observe(now, pool.busy.len());
        outcome.idle += u64::from(counts) * pool.idle.len() as u64;
    }
    outcome
}

fn main() {
    let reactive = simulate(false);
    let predictive = simulate(true);
    let row = |outcome: &Outcome| {
        json!({
            "requests": outcome.requests,
            "coldStarts": outcome.cold,
            "openedAhead": outcome.opened_ahead,
            "idleConnectionSeconds": outcome.idle,
        })
    };
    let figures = json!({ "reactive": row(&reactive), "predictive": row(&predictive) });
    if std::env::args().any(|argument| argument == "--json") {
        println!("{figures}");
    } else {
        println!("{figures:#}");
    }
}
