//! Figures in the text formats that are scraped.

use std::fmt::Write as _;

use super::figures::{Figures, OriginFigures};
use super::histogram::Durations;
use super::provider;
use super::table::{Kind, Metric, Read, TABLE};

/// The bounds of the buckets of all histograms are powers of two of microseconds, from 128 µs to 134 s:
/// there the counts are exact.
const FIRST_BOUND: u32 = 7;
const LAST_BOUND: u32 = 27;

/// Which text format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The Prometheus text format, version 0.0.4.
    Prometheus,
    /// `OpenMetrics` 1.0, without its last line, so that others can add metrics of theirs.
    OpenMetrics,
}

/// All metrics of some pools, each with its name. The result ends in a line feed.
#[must_use]
pub fn exposition(pools: &[(String, Figures)], format: Format) -> String {
    let mut text = Text {
        written: String::with_capacity(64 * 1024),
        format,
    };
    for metric in TABLE {
        text.head(metric);
        for (pool, figures) in pools {
            text.values(metric, pool, figures);
        }
    }
    text.written
}

struct Text {
    written: String,
    format: Format,
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
        self.line(format_args!("# HELP {family} {}", metric.help));
        self.line(format_args!("# TYPE {family} {kind}"));
        if self.format == Format::OpenMetrics && metric.kind == Kind::Histogram {
            self.line(format_args!("# UNIT {family} seconds"));
        }
    }

    fn values(&mut self, metric: &Metric, pool: &str, figures: &Figures) {
        let name = metric.name;
        let pool = escaped(pool);
        match &metric.read {
            Read::Pool(read) => {
                let value = read(&figures.pool);
                self.line(format_args!("{name}{{pool=\"{pool}\"}} {value}"));
            }
            Read::Failures => {
                for origin in &figures.origins {
                    let labels = labels(&pool, origin);
                    for ((code, phase), count) in &origin.failures {
                        let code = escaped(code);
                        self.line(format_args!(
                            "{name}{{{labels},code=\"{code}\",phase=\"{phase}\"}} {count}"
                        ));
                    }
                }
            }
            Read::Origin(read) => {
                for origin in &figures.origins {
                    let (labels, value) = (labels(&pool, origin), read(origin));
                    self.line(format_args!("{name}{{{labels}}} {value}"));
                }
            }
            Read::OriginIf(read) => {
                for origin in &figures.origins {
                    if let Some(value) = read(origin) {
                        let labels = labels(&pool, origin);
                        self.line(format_args!("{name}{{{labels}}} {value}"));
                    }
                }
            }
            Read::Place(read) => {
                for place in &figures.places {
                    if let Some(value) = read(place) {
                        let place = escaped(&place.place);
                        self.line(format_args!(
                            "{name}{{pool=\"{pool}\",place=\"{place}\"}} {value}"
                        ));
                    }
                }
            }
            Read::PlaceBy(label, values) => {
                for place in &figures.places {
                    let known = values
                        .iter()
                        .filter_map(|(of, read)| Some((of, read(place)?)));
                    for (of, value) in known {
                        let place = escaped(&place.place);
                        self.line(format_args!(
                            "{name}{{pool=\"{pool}\",place=\"{place}\",{label}=\"{of}\"}} {value}"
                        ));
                    }
                }
            }
            Read::OriginBy(label, values) => {
                for origin in &figures.origins {
                    let labels = labels(&pool, origin);
                    for (of, read) in *values {
                        let value = read(origin);
                        self.line(format_args!("{name}{{{labels},{label}=\"{of}\"}} {value}"));
                    }
                }
            }
            Read::Times(read) => {
                for origin in &figures.origins {
                    self.histogram(name, &labels(&pool, origin), read(origin));
                }
            }
        }
    }

    fn histogram(&mut self, name: &str, labels: &str, durations: &Durations) {
        let count = durations.count();
        if count == 0 {
            return;
        }
        for power in FIRST_BOUND..=LAST_BOUND {
            let bound = f64::from(1_u32 << power) / 1e6;
            let within = durations.shorter_than(power);
            self.line(format_args!(
                "{name}_bucket{{{labels},le=\"{bound}\"}} {within}"
            ));
        }
        self.line(format_args!(
            "{name}_bucket{{{labels},le=\"+Inf\"}} {count}"
        ));
        let sum = durations.sum().as_secs_f64();
        self.line(format_args!("{name}_sum{{{labels}}} {sum}"));
        self.line(format_args!("{name}_count{{{labels}}} {count}"));
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.written, "{line}");
    }
}

fn labels(pool: &str, origin: &OriginFigures) -> String {
    let name = escaped(&origin.origin);
    let provider = provider::of(&origin.origin);
    format!("pool=\"{pool}\",origin=\"{name}\",provider=\"{provider}\"")
}

/// A label's value, as both formats escape it.
fn escaped(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}
