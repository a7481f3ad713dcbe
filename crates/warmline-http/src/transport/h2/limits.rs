//! What a session allows its peer. Each bounds memory or work that the peer alone decides on.

use std::time::Duration;

use h2::client::Builder;

/// What a stream may send before its reader has taken any of it: what a reader that stalls can cost.
const STREAM_WINDOW: u32 = 256 * 1024;

/// What all streams of a session may send together. Far more than the streams of a session can take up
/// at once, so that those whose readers stall leave the others theirs; the windows of the streams are
/// what bounds memory.
const SESSION_WINDOW: u32 = 1 << 30;

/// The largest head, decoded: the same as for HTTP/1.1. It also bounds how many CONTINUATION frames a
/// head may have, and how large a head can grow out of a few compressed bytes.
const MAX_HEAD_BYTES: u32 = 64 * 1024;

/// Streams that were reset and are still remembered, and for how long: what is on its way for them is
/// dropped, where for one that is forgotten it would be taken for a fault of the peer.
const REMEMBERED_RESETS: usize = 4096;
const REMEMBERED_FOR: Duration = Duration::from_secs(10);

/// Faults of the peer in single streams over a session's life, before the session is given up.
const MAX_STREAM_FAULTS: usize = 16 * 1024;

/// What the bookkeeping of small unread DATA frames may cost, as h2 reckons: 256 bytes for each, less
/// its payload. Enough for some hundred streams with a thousand unread tokens each.
const SMALL_FRAMES_BYTES: usize = 256 * 1024 * 1024;

/// The most streams at once, whatever the peer allows: times [`STREAM_WINDOW`], this is what a session
/// can cost.
pub(super) const MAX_STREAMS: u32 = 1000;

/// In place of the peer's limit on streams until it is known; nobody states so much.
pub(super) const LIMIT_UNKNOWN: usize = usize::MAX - 1;

/// The most header fields of a response, as for HTTP/1.1.
pub(super) const MAX_FIELDS: usize = 256;

/// The most bytes of interim responses before a response.
pub(super) const MAX_INTERIM_BYTES: usize = 64 * 1024;

pub(super) fn builder() -> Builder {
    let mut builder = Builder::new();
    builder
        .initial_window_size(STREAM_WINDOW)
        .initial_connection_window_size(SESSION_WINDOW)
        .max_header_list_size(MAX_HEAD_BYTES)
        .max_concurrent_reset_streams(REMEMBERED_RESETS)
        .reset_stream_duration(REMEMBERED_FOR)
        .max_local_error_reset_streams(Some(MAX_STREAM_FAULTS))
        .data_frame_budget(SMALL_FRAMES_BYTES)
        .initial_max_send_streams(LIMIT_UNKNOWN)
        .enable_push(false);
    builder
}
