//! The napi binding: converts, batches, wakes; decides nothing.
//!
//! A JavaScript thread has one [`link::Link`]. What it submits, the [`intake`] turns into exchanges on
//! the engine; what they have to say waits in outboxes until the thread drains them.

#![allow(
    unreachable_pub,
    reason = "what napi exports to JavaScript must be pub"
)]
#![allow(
    clippy::needless_pass_by_value,
    reason = "napi hands arguments over by value"
)]

mod balance;
mod calling;
mod client_settings;
mod clients;
mod controls;
mod decode;
mod drain;
mod durations;
mod endpoints;
mod error;
mod exchange;
mod facts;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod intake;
mod leases;
mod lent;
mod link;
mod lookup;
mod mailbox;
mod memory;
mod metrics;
mod monitoring;
mod network;
mod outbox;
mod parse;
mod pool_numbers;
mod provoked;
mod rate_limits;
mod relaying;
mod resilience;
mod scaling;
mod spoken;
mod submission;
mod upkeep;
mod upload;
mod wire;

use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;

use napi_derive::napi;

/// The version of the compiled engine, to be compared with the package's own.
#[napi(catch_unwind)]
#[must_use]
pub fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// Names this process among all others, whichever of its threads asks: 64 random bits.
#[napi(catch_unwind)]
#[must_use]
pub fn process_id() -> String {
    static ID: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(std::process::id()));
    format!("{:016x}", *ID)
}
