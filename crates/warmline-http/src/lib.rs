//! The HTTP engine.

pub mod error;
pub mod transport;
