//! Figures as JSON, for programs that read them.

use serde_json::{Map, Value, json};

use super::figures::{Figures, OriginFigures, PoolFigures};
use super::histogram::Durations;
use super::provider;
use super::table::{Kind, Metric, Read, TABLE};

/// The quantiles that reports have, and their names.
const QUANTILES: [(&str, f64); 3] = [("p50_ms", 0.5), ("p90_ms", 0.9), ("p99_ms", 0.99)];

/// What there is to be known of each metric.
#[must_use]
pub fn describe() -> Value {
    let metrics = TABLE.iter().map(|metric| {
        let of = match metric.read {
            Read::Pool(_) => "pool",
            Read::Origin(_) | Read::OriginBy(..) | Read::Failures | Read::Times(_) => "origin",
        };
        json!({
            "name": metric.name,
            "help": metric.help,
            "kind": metric.kind.as_str(),
            "labels": metric.labels(),
            "of": of,
        })
    });
    metrics.collect()
}

/// The figures of some pools, each with its name: those of all pools together under `all`, and under `pools`,
/// by name, those of each `pool` and a list of those of its `origins`. Times are objects of `count`,
/// `mean_ms` and quantiles, failures lists of `code`, `phase` and `count`.
#[must_use]
pub fn report(pools: &[(String, Figures)]) -> Value {
    let together = PoolFigures::together(pools.iter().map(|(_, figures)| &figures.pool));
    let each = pools.iter().map(|(name, figures)| {
        let origins: Value = figures.origins.iter().map(origin).collect();
        let report = json!({ "pool": pool(&figures.pool), "origins": origins });
        (name.clone(), report)
    });
    json!({
        "all": together.as_ref().map(pool),
        "pools": each.collect::<Map<_, _>>(),
    })
}

fn pool(figures: &PoolFigures) -> Value {
    let mut pool = Map::new();
    for metric in TABLE {
        match &metric.read {
            Read::Pool(read) => pool.insert(metric.name.to_owned(), number(read(figures))),
            Read::Times(read) => pool.insert(metric.name.to_owned(), times(read(&figures.sum))),
            Read::Failures => pool.insert(metric.name.to_owned(), failures(&figures.sum)),
            Read::Origin(_) | Read::OriginBy(..) => None,
        };
    }
    pool.into()
}

fn origin(figures: &OriginFigures) -> Value {
    let mut origin = Map::new();
    origin.insert("origin".to_owned(), (*figures.origin).into());
    origin.insert("provider".to_owned(), provider::of(&figures.origin).into());
    for metric in TABLE {
        let value = match &metric.read {
            Read::Origin(read) => number(read(figures)),
            Read::OriginBy(_, values) => values
                .iter()
                .map(|(label, read)| ((*label).to_owned(), number(read(figures))))
                .collect::<Map<_, _>>()
                .into(),
            Read::Times(read) => times(read(figures)),
            Read::Failures => failures(figures),
            Read::Pool(_) => continue,
        };
        origin.insert(metric.name.to_owned(), value);
    }
    origin.into()
}

fn failures(figures: &OriginFigures) -> Value {
    let failures = figures
        .failures
        .iter()
        .map(|((code, phase), count)| json!({ "code": code, "phase": phase, "count": count }));
    failures.collect()
}

fn times(durations: &Durations) -> Value {
    let mut times = Map::new();
    times.insert("count".to_owned(), durations.count().into());
    times.insert("mean_ms".to_owned(), millis(durations.mean().as_secs_f64()));
    for (name, part) in QUANTILES {
        let quantile = durations.quantile(part);
        let value = quantile.map_or(Value::Null, |time| millis(time.as_secs_f64()));
        times.insert(name.to_owned(), value);
    }
    times.into()
}

/// To the microsecond.
fn millis(seconds: f64) -> Value {
    number((seconds * 1e6).round() / 1e3)
}

/// Without a fraction where it has none, so that counts look like counts.
#[allow(
    clippy::cast_possible_truncation,
    reason = "checked to be whole and small"
)]
fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 9e15 {
        return Value::from(value as i64);
    }
    Value::from(value)
}

impl Metric {
    /// The names of its labels.
    #[must_use]
    pub fn labels(&self) -> Vec<&'static str> {
        match &self.read {
            Read::Pool(_) => vec!["pool"],
            Read::Failures => vec!["pool", "origin", "provider", "code", "phase"],
            Read::Origin(_) | Read::Times(_) => vec!["pool", "origin", "provider"],
            Read::OriginBy(label, _) => vec!["pool", "origin", "provider", label],
        }
    }

    /// Whether values of it are counted up from zero.
    #[must_use]
    pub fn is_cumulative(&self) -> bool {
        self.kind != Kind::Gauge
    }
}
