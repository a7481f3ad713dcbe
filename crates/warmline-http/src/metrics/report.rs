//! Figures as JSON, for programs that read them.

use serde_json::{Map, Value, json};

use super::figures::{Figures, OriginFigures, PoolFigures};
use super::histogram::Durations;
use super::models::ModelFigures;
use super::number::whole;
use super::places::PlaceFigures;
use super::provider;
use super::table::{Kind, Metric, Read, table};
use super::threads::ThreadFigures;

/// The quantiles that reports have, and their names.
const QUANTILES: [(&str, f64); 3] = [("p50_ms", 0.5), ("p90_ms", 0.9), ("p99_ms", 0.99)];

/// What there is to be known of each metric.
#[must_use]
pub fn describe() -> Value {
    let metrics = table().map(|metric| {
        let of = match metric.read {
            Read::Pool(_) => "pool",
            Read::Origin(_)
            | Read::OriginBy(..)
            | Read::OriginIf(_)
            | Read::Failures
            | Read::Times(_) => "origin",
            Read::Place(_) | Read::PlaceBy(..) => "place",
            Read::Model(_) | Read::ModelBy(..) | Read::ModelTimes(_) => "model",
            Read::ThreadTimes(_) => "thread",
        };
        json!({
            "name": metric.name,
            "help": metric.help,
            "kind": metric.kind.as_str(),
            "labels": metric.labels(),
            "of": of,
            "summed": metric.is_summed(),
        })
    });
    metrics.collect()
}

/// The figures of some pools, each with its name: those of all pools together under `all`, and under `pools`,
/// by name, those of each `pool` and lists of those of its `origins`, `places` and `models`; under `threads` those of
/// each thread. Times are objects of `count`,
/// `mean_ms` and quantiles, failures lists of `code`, `phase` and `count`.
#[must_use]
pub fn report(pools: &[(String, Figures)], threads: &[ThreadFigures]) -> Value {
    let together = PoolFigures::together(pools.iter().map(|(_, figures)| &figures.pool));
    let each = pools.iter().map(|(name, figures)| {
        let origins: Value = figures.origins.iter().map(origin).collect();
        let places: Value = figures.places.iter().map(place).collect();
        let models: Value = figures.models.iter().map(model).collect();
        let report = json!({
            "pool": pool(&figures.pool),
            "origins": origins,
            "places": places,
            "models": models,
        });
        (name.clone(), report)
    });
    json!({
        "all": together.as_ref().map(pool),
        "pools": each.collect::<Map<_, _>>(),
        "threads": threads.iter().map(thread).collect::<Value>(),
    })
}

fn pool(figures: &PoolFigures) -> Value {
    let mut pool = Map::new();
    for metric in table() {
        match &metric.read {
            Read::Pool(read) => pool.insert(metric.name.to_owned(), number(read(figures))),
            Read::Times(read) => pool.insert(metric.name.to_owned(), times(read(&figures.sum))),
            Read::Failures => pool.insert(metric.name.to_owned(), failures(&figures.sum)),
            Read::Origin(read) if metric.is_summed() => {
                pool.insert(metric.name.to_owned(), number(read(&figures.sum)))
            }
            Read::Origin(_)
            | Read::OriginBy(..)
            | Read::OriginIf(_)
            | Read::Place(_)
            | Read::PlaceBy(..)
            | Read::Model(_)
            | Read::ModelBy(..)
            | Read::ModelTimes(_)
            | Read::ThreadTimes(_) => None,
        };
    }
    pool.into()
}

fn origin(figures: &OriginFigures) -> Value {
    let mut origin = Map::new();
    origin.insert("origin".to_owned(), (*figures.origin).into());
    origin.insert("provider".to_owned(), provider::of(&figures.origin).into());
    for metric in table() {
        let value = match &metric.read {
            Read::Origin(read) => number(read(figures)),
            Read::OriginIf(read) => read(figures).map_or(Value::Null, number),
            Read::OriginBy(_, values) => values
                .iter()
                .map(|(label, read)| ((*label).to_owned(), number(read(figures))))
                .collect::<Map<_, _>>()
                .into(),
            Read::Times(read) => times(read(figures)),
            Read::Failures => failures(figures),
            _ => continue,
        };
        origin.insert(metric.name.to_owned(), value);
    }
    origin.into()
}

fn place(figures: &PlaceFigures) -> Value {
    let mut place = Map::new();
    place.insert("place".to_owned(), (*figures.place).into());
    for metric in table() {
        let value = match &metric.read {
            Read::Place(read) => read(figures).map_or(Value::Null, number),
            Read::PlaceBy(_, values) => values
                .iter()
                .filter_map(|(label, read)| Some(((*label).to_owned(), number(read(figures)?))))
                .collect::<Map<_, _>>()
                .into(),
            _ => continue,
        };
        place.insert(metric.name.to_owned(), value);
    }
    place.into()
}

fn model(figures: &ModelFigures) -> Value {
    let mut model = Map::new();
    model.insert("provider".to_owned(), figures.provider.into());
    model.insert("model".to_owned(), (*figures.model).into());
    for metric in table() {
        let value = match &metric.read {
            Read::Model(read) => number(read(figures)),
            Read::ModelBy(_, values) => values
                .iter()
                .map(|(label, read)| ((*label).to_owned(), number(read(figures))))
                .collect::<Map<_, _>>()
                .into(),
            Read::ModelTimes(read) => times(read(figures)),
            _ => continue,
        };
        model.insert(metric.name.to_owned(), value);
    }
    model.into()
}

fn thread(figures: &ThreadFigures) -> Value {
    let mut thread = Map::new();
    thread.insert("thread".to_owned(), (*figures.thread).into());
    for metric in table() {
        if let Read::ThreadTimes(read) = &metric.read {
            thread.insert(metric.name.to_owned(), times(read(figures)));
        }
    }
    thread.into()
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
fn number(value: f64) -> Value {
    whole(value).map_or_else(|| Value::from(value), Value::from)
}

impl Metric {
    /// The names of its labels.
    #[must_use]
    pub fn labels(&self) -> Vec<&'static str> {
        match &self.read {
            Read::Pool(_) => vec!["pool"],
            Read::Failures => vec!["pool", "origin", "provider", "code", "phase"],
            Read::Origin(_) | Read::OriginIf(_) | Read::Times(_) => {
                vec!["pool", "origin", "provider"]
            }
            Read::OriginBy(label, _) => vec!["pool", "origin", "provider", label],
            Read::Place(_) => vec!["pool", "place"],
            Read::PlaceBy(label, _) => vec!["pool", "place", label],
            Read::Model(_) | Read::ModelTimes(_) => vec!["pool", "provider", "model"],
            Read::ModelBy(label, _) => vec!["pool", "provider", "model", label],
            Read::ThreadTimes(_) => vec!["thread"],
        }
    }

    /// Whether reports also have it for a pool, its origins added up.
    #[must_use]
    pub fn is_summed(&self) -> bool {
        self.kind == Kind::Counter && matches!(self.read, Read::Origin(_))
    }
}
