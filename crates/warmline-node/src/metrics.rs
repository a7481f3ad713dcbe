//! What clients measure of themselves, for JavaScript: read and written out on a thread of Node's pool, so
//! that neither JavaScript nor the engine waits for it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use napi::bindgen_prelude::{AsyncTask, Buffer};
use napi::{Env, Task};
use napi_derive::napi;
use serde_json::{Value, json};
use warmline_http::metrics::{Figures, Format, describe, exposition, report, threads};
use warmline_http::{Client, Latency, gzip_quickly};

use crate::clients;
use crate::exchange::Ending;
use crate::outbox::End;

/// A client and the name that its figures go by.
#[napi(object, object_to_js = false)]
pub struct NamedClient {
    pub name: String,
    /// As `openClient` gave it; 0 is the one that the process shares.
    pub number: u32,
}

/// What there is to be known of each metric, as JSON.
#[must_use]
#[napi(catch_unwind)]
pub fn metrics_table() -> String {
    describe().to_string()
}

/// The figures of clients as JSON. Clients that are closed are left out; those of providers that the shared one
/// has go by their own names.
#[napi(catch_unwind, ts_return_type = "Promise<Buffer>")]
pub fn metrics_report(clients: Vec<NamedClient>) -> AsyncTask<Writing> {
    AsyncTask::new(Writing {
        clients: opened(clients),
        wanted: Wanted::Report,
    })
}

/// The figures of clients in the Prometheus text format, or in `OpenMetrics` without its last line, and `more` after
/// them; as gzip where that is wanted.
#[napi(catch_unwind, ts_return_type = "Promise<Buffer<ArrayBuffer>>")]
pub fn metrics_text(
    clients: Vec<NamedClient>,
    open_metrics: bool,
    more: String,
    gzip: bool,
) -> AsyncTask<Writing> {
    let format = if open_metrics {
        Format::OpenMetrics
    } else {
        Format::Prometheus
    };
    AsyncTask::new(Writing {
        clients: opened(clients),
        wanted: Wanted::Text { format, more, gzip },
    })
}

fn opened(clients: Vec<NamedClient>) -> Vec<(String, Client)> {
    let opened = clients
        .into_iter()
        .flat_map(|NamedClient { name, number }| clients::all_of(&name, number));
    opened.collect()
}

/// Reads figures and writes them out.
pub struct Writing {
    clients: Vec<(String, Client)>,
    wanted: Wanted,
}

enum Wanted {
    Report,
    Text {
        format: Format,
        more: String,
        gzip: bool,
    },
}

impl Wanted {
    /// `None` where an encoder fails, which is for want of memory.
    fn write(&self, figures: &[(String, Figures)]) -> Option<Vec<u8>> {
        match self {
            Self::Report => Some(report(figures, &threads()).to_string().into_bytes()),
            Self::Text { format, more, gzip } => {
                let text = exposition(figures, &threads(), *format) + more;
                if *gzip {
                    gzip_quickly(text.as_bytes())
                } else {
                    Some(text.into_bytes())
                }
            }
        }
    }
}

impl Task for Writing {
    type Output = Vec<u8>;
    type JsValue = Buffer;

    fn compute(&mut self) -> napi::Result<Vec<u8>> {
        let clients = std::mem::take(&mut self.clients);
        let written = catch_unwind(AssertUnwindSafe(|| {
            let figures: Vec<_> = clients
                .into_iter()
                .map(|(name, of)| (name, of.figures()))
                .collect();
            self.wanted.write(&figures)
        }));
        let written =
            written.map_err(|_| napi::Error::from_reason("the engine met a defect of its own"))?;
        written.ok_or_else(|| napi::Error::from_reason("there is no memory left to encode in"))
    }

    fn resolve(&mut self, _env: Env, written: Vec<u8>) -> napi::Result<Buffer> {
        Ok(written.into())
    }
}

/// The engine's own memory, in bytes.
#[napi(object)]
pub struct NativeMemory {
    /// What its allocator has committed, touched or not.
    pub committed: f64,
    pub peak_committed: f64,
}

/// The engine's memory now.
#[must_use]
#[napi(catch_unwind)]
#[allow(clippy::cast_precision_loss, reason = "memory is far below 2^53 bytes")]
pub fn native_memory() -> NativeMemory {
    let (committed, peak) = crate::memory::committed();
    NativeMemory {
        committed: committed as f64,
        peak_committed: peak as f64,
    }
}

/// Measures how far away a client's origins are; the value is a list.
pub(crate) async fn measure(number: u32, limit: Option<Duration>, ending: Ending) {
    /// Where the caller sets none.
    const LIMIT: Duration = Duration::from_secs(5);
    ending.outbox.end(match clients::get(number) {
        Ok(client) => {
            let measured = client.measure_latency(limit.unwrap_or(LIMIT)).await;
            let list: Value = measured.iter().map(latency).collect();
            End::Value(list.to_string())
        }
        Err(error) => End::Failed(Box::new(error)),
    });
}

fn latency(Latency { origin, outcome }: &Latency) -> Value {
    let millis = |time: Duration| (time.as_secs_f64() * 1e6).round() / 1e3;
    match outcome {
        Ok(info) => {
            let timings = &info.timings;
            json!({
                "origin": **origin,
                "ok": true,
                "dns_ms": millis(timings.dns),
                "tcp_ms": millis(timings.tcp),
                "tls_ms": info.tls.map(|_| millis(timings.tls)),
                "total_ms": millis(timings.dns + timings.tcp + timings.tls),
                "protocol": info.protocol,
                "remote_address": info.remote_address.map(|address| address.to_string()),
            })
        }
        Err(error) => json!({
            "origin": **origin,
            "ok": false,
            "code": error.code,
            "phase": error.phase.as_str(),
        }),
    }
}
