//! What a client has done, by origin and hour: plain counting, within a memory that does not grow.

mod hour;
mod records;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustc_hash::FxHashMap;
use serde::Serialize;

use hour::Hour;
pub(crate) use records::Records;

const HOUR: Duration = Duration::from_secs(60 * 60);
/// A week.
const MOST_HOURS: usize = 7 * 24;
/// In each hour; what is more is counted together. Clients send to a handful.
const MOST_ORIGINS: usize = 64;
/// Where that is counted.
const OTHERS: &str = "other";

/// What is collected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnalyticsOptions {
    /// Requests, how many of them went out on a connection that was open, how many connections were opened for
    /// them, and how many requests there were at once.
    pub connection_patterns: bool,
    /// How long connecting and answering took, and what failed.
    pub performance_metrics: bool,
}

/// What became of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome<'a> {
    /// Whether it had a connection that had carried another one before; `None` if it had none.
    pub(crate) reused: Option<bool>,
    /// What opening a connection for it took, if one was.
    pub(crate) connected: Option<Duration>,
    /// Until the head of its response.
    pub(crate) answered: Option<Duration>,
    /// The status of an error, or the code of a failure.
    pub(crate) error: Option<&'a str>,
    /// Requests under way as it began, itself included.
    pub(crate) at_once: u64,
}

/// The hours, oldest first.
#[derive(Debug)]
pub(crate) struct Analytics {
    options: AnalyticsOptions,
    hours: BTreeMap<u64, FxHashMap<Arc<str>, Hour>>,
}

/// All of it, as it is exported.
#[derive(Debug, Serialize)]
struct Export<'a> {
    collect_connection_patterns: bool,
    collect_performance_metrics: bool,
    hours: Vec<Row<'a>>,
}

#[derive(Debug, Serialize)]
struct Row<'a> {
    /// Seconds since 1970 at which the hour began.
    hour: u64,
    origin: &'a str,
    #[serde(flatten)]
    counted: hour::Export<'a>,
}

impl Analytics {
    pub(crate) fn new(options: AnalyticsOptions) -> Self {
        Self {
            options,
            hours: BTreeMap::new(),
        }
    }

    pub(crate) fn set_options(&mut self, options: AnalyticsOptions) {
        self.options = options;
    }

    /// Counts a request that is over, as far as its response's head.
    pub(crate) fn count(&mut self, now: SystemTime, origin: &Arc<str>, outcome: Outcome<'_>) {
        // Before 1970 clocks are not set.
        let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        let number = since.as_secs() / HOUR.as_secs();
        let hour = self.hours.entry(number).or_default();
        if let Some(known) = hour.get_mut(origin) {
            known.count(outcome);
        } else {
            let has_room = hour.len() < MOST_ORIGINS;
            let name = if has_room {
                Arc::clone(origin)
            } else {
                OTHERS.into()
            };
            hour.entry(name).or_default().count(outcome);
        }
        if self.hours.len() > MOST_HOURS {
            let is_oldest = self.hours.first_key_value().map(|(first, _)| *first) == Some(number);
            // Set back, the clock has made hours of a future that may never come.
            if is_oldest {
                self.hours.pop_last();
            } else {
                self.hours.pop_first();
            }
        }
    }

    /// All that is known, as JSON.
    pub(crate) fn export(&self) -> String {
        let hours = self.hours.iter().flat_map(|(number, origins)| {
            let mut rows: Vec<Row<'_>> = origins
                .iter()
                .map(|(origin, hour)| Row {
                    hour: number * HOUR.as_secs(),
                    origin,
                    counted: hour.export(self.options),
                })
                .collect();
            rows.sort_by_key(|row| row.origin);
            rows
        });
        let export = Export {
            collect_connection_patterns: self.options.connection_patterns,
            collect_performance_metrics: self.options.performance_metrics,
            hours: hours.collect(),
        };
        // Numbers and texts alone are always JSON.
        serde_json::to_string(&export).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
