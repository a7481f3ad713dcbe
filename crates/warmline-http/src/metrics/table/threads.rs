//! What is known of JavaScript threads.

use super::metric::{Metric, Read, histogram};

pub(super) static THREADS: &[Metric] = &[histogram(
    "event_loop_lag_seconds",
    "How late a thread's event loop came when it was called, ten times a second while a monitor is there.",
    Read::ThreadTimes(|thread| &thread.lag),
)];
