//! How long everything takes.

use super::metric::{Metric, times};

pub(super) static DURATIONS: &[Metric] = &[
    times(
        "connection_seconds",
        "Time to open a connection: look-up, TCP and TLS.",
        |origin| &origin.connect,
    ),
    times(
        "dns_seconds",
        "Time of the look-up, for each connection opened; next to none where it was remembered.",
        |origin| &origin.dns,
    ),
    times(
        "tcp_seconds",
        "Time of opening TCP, and of the way through a proxy, for each connection opened.",
        |origin| &origin.tcp,
    ),
    times(
        "tls_seconds",
        "Time of the TLS handshake, for each connection opened that has one.",
        |origin| &origin.tls,
    ),
    times(
        "response_head_seconds",
        "Time from a call to its response's head.",
        |origin| &origin.head,
    ),
    times(
        "time_to_first_token_seconds",
        "Time from a call to the first bytes of the body, of a response that is a stream of events.",
        |origin| &origin.first_token,
    ),
    times(
        "inter_token_seconds",
        "Time from one arrival on a stream of events to the next.",
        |origin| &origin.token_gap,
    ),
    times(
        "request_seconds",
        "Time from a call to the last byte of its response.",
        |origin| &origin.request,
    ),
];
