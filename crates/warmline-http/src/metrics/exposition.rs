//! Figures in the text formats that are scraped.

use std::fmt::Write as _;

use super::figures::{Figures, OriginFigures};
use super::histogram::Durations;
use super::models::ModelFigures;
use super::number::whole;
use super::places::PlaceFigures;
use super::provider;
use super::table::{Kind, Metric, Read, table};
use super::threads::ThreadFigures;

/// The bounds of the buckets of all histograms, as powers of two of microseconds, at which counts are exact: from a
/// millisecond to two minutes, finest where answers of providers are told apart.
const BOUNDS: [u32; 14] = [10, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 24, 27];

/// About what an origin takes, so that the text is not copied as it grows.
const ORIGIN_BYTES: usize = 16 * 1024;

/// Which text format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The Prometheus text format, version 0.0.4.
    Prometheus,
    /// `OpenMetrics` 1.0, without its last line, so that others can add metrics of theirs.
    OpenMetrics,
}

/// All metrics of some pools, each with its name, and of threads. The result ends in a line feed.
#[must_use]
pub fn exposition(
    pools: &[(String, Figures)],
    threads: &[ThreadFigures],
    format: Format,
) -> String {
    let pools: Vec<Labelled<'_>> = pools
        .iter()
        .map(|(name, figures)| Labelled::new(name, figures))
        .collect();
    let origins: usize = pools.iter().map(|pool| pool.origins.len()).sum();
    let capacity = ORIGIN_BYTES * (1 + origins);
    let mut text = Text {
        written: String::with_capacity(capacity),
        format,
        bounds: BOUNDS.map(|power| {
            let seconds = f64::from(1_u32 << power) / 1e6;
            format!(",le=\"{seconds}\"")
        }),
    };
    for metric in table() {
        text.head(metric);
        for pool in &pools {
            text.values(metric, pool);
        }
        if let Read::ThreadTimes(read) = &metric.read {
            for thread in threads {
                let labels = format!("thread=\"{}\"", escaped(&thread.thread));
                text.histogram(metric.name, &labels, read(thread));
            }
        }
    }
    text.written
}

/// A pool's figures with the labels that they go by, which are the same in many lines.
struct Labelled<'a> {
    figures: &'a Figures,
    pool: String,
    origins: Vec<(String, &'a OriginFigures)>,
    places: Vec<(String, &'a PlaceFigures)>,
    models: Vec<(String, &'a ModelFigures)>,
}

impl<'a> Labelled<'a> {
    fn new(name: &str, figures: &'a Figures) -> Self {
        let pool = format!("pool=\"{}\"", escaped(name));
        let origins = figures.origins.iter().map(|origin| {
            let name = escaped(&origin.origin);
            let provider = provider::of(&origin.origin);
            let labels = format!("{pool},origin=\"{name}\",provider=\"{provider}\"");
            (labels, origin)
        });
        let places = figures.places.iter().map(|place| {
            let name = escaped(&place.place);
            (format!("{pool},place=\"{name}\""), place)
        });
        let models = figures.models.iter().map(|model| {
            let (provider, name) = (model.provider, escaped(&model.model));
            let labels = format!("{pool},provider=\"{provider}\",model=\"{name}\"");
            (labels, model)
        });
        Self {
            figures,
            models: models.collect(),
            origins: origins.collect(),
            places: places.collect(),
            pool,
        }
    }
}

struct Text {
    written: String,
    format: Format,
    /// The label of each bucket, with a comma in front.
    bounds: [String; BOUNDS.len()],
}

impl Text {
    fn head(&mut self, metric: &Metric) {
        let (family, kind) = match (self.format, metric.kind) {
            // There a counter's family is without the suffix that its values have.
            (Format::OpenMetrics, Kind::Counter) => (
                metric.name.strip_suffix("_total").unwrap_or(metric.name),
                "counter",
            ),
            (Format::OpenMetrics, Kind::Count) => (metric.name, "unknown"),
            (_, kind) => (metric.name, kind.as_str()),
        };
        self.push(&["# HELP ", family, " ", metric.help, "\n"]);
        self.push(&["# TYPE ", family, " ", kind, "\n"]);
        if self.format == Format::OpenMetrics && metric.kind == Kind::Histogram {
            self.push(&["# UNIT ", family, " seconds\n"]);
        }
    }

    fn values(&mut self, metric: &Metric, pool: &Labelled<'_>) {
        let name = metric.name;
        match &metric.read {
            Read::Pool(read) => self.line(&[name, "{", &pool.pool], read(&pool.figures.pool)),
            Read::Failures => {
                for (labels, origin) in &pool.origins {
                    for ((code, phase), count) in &origin.failures {
                        let code = escaped(code);
                        let more = [",code=\"", &code, "\",phase=\"", phase, "\""];
                        self.push(&[name, "{", labels]);
                        self.count(&more, *count);
                    }
                }
            }
            Read::Origin(read) => {
                for (labels, origin) in &pool.origins {
                    self.line(&[name, "{", labels], read(origin));
                }
            }
            Read::OriginIf(read) => {
                for (labels, origin) in &pool.origins {
                    if let Some(value) = read(origin) {
                        self.line(&[name, "{", labels], value);
                    }
                }
            }
            Read::Place(read) => {
                for (labels, place) in &pool.places {
                    if let Some(value) = read(place) {
                        self.line(&[name, "{", labels], value);
                    }
                }
            }
            Read::PlaceBy(label, values) => {
                for (labels, place) in &pool.places {
                    let known = values
                        .iter()
                        .filter_map(|(of, read)| Some((of, read(place)?)));
                    for (of, value) in known {
                        self.line(&[name, "{", labels, ",", label, "=\"", of, "\""], value);
                    }
                }
            }
            Read::OriginBy(label, values) => {
                for (labels, origin) in &pool.origins {
                    for (of, read) in *values {
                        let value = read(origin);
                        self.line(&[name, "{", labels, ",", label, "=\"", of, "\""], value);
                    }
                }
            }
            Read::Times(read) => {
                for (labels, origin) in &pool.origins {
                    self.histogram(name, labels, read(origin));
                }
            }
            Read::Model(read) => {
                for (labels, model) in &pool.models {
                    self.line(&[name, "{", labels], read(model));
                }
            }
            Read::ModelBy(label, values) => {
                for (labels, model) in &pool.models {
                    for (of, read) in *values {
                        let value = read(model);
                        self.line(&[name, "{", labels, ",", label, "=\"", of, "\""], value);
                    }
                }
            }
            Read::ModelTimes(read) => {
                for (labels, model) in &pool.models {
                    self.histogram(name, labels, read(model));
                }
            }
            // Threads are no pool's.
            Read::ThreadTimes(_) => {}
        }
    }

    /// None where nothing was recorded: most origins never use all of theirs.
    fn histogram(&mut self, name: &str, labels: &str, durations: &Durations) {
        let count = durations.count();
        if count == 0 {
            return;
        }
        for (at, within) in durations.shorter_than(BOUNDS).into_iter().enumerate() {
            self.push(&[name, "_bucket{", labels]);
            self.written.push_str(&self.bounds[at]);
            self.count(&[], within);
        }
        self.push(&[name, "_bucket{", labels]);
        self.count(&[",le=\"+Inf\""], count);
        let sum = durations.sum().as_secs_f64();
        self.line(&[name, "_sum{", labels], sum);
        self.push(&[name, "_count{", labels]);
        self.count(&[], count);
    }

    /// The rest of a line, from its last labels on.
    fn count(&mut self, labels: &[&str], count: u64) {
        self.push(labels);
        // Writing to a string cannot fail.
        let _ = writeln!(self.written, "}} {count}");
    }

    /// A line from its name to its last label.
    fn line(&mut self, labels: &[&str], value: f64) {
        self.push(labels);
        // Whole numbers are written much faster as such.
        let _ = match whole(value) {
            Some(whole) => writeln!(self.written, "}} {whole}"),
            None => writeln!(self.written, "}} {value}"),
        };
    }

    fn push(&mut self, pieces: &[&str]) {
        for piece in pieces {
            self.written.push_str(piece);
        }
    }
}

/// A label's value, as both formats escape it.
fn escaped(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}
