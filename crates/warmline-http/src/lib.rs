//! The HTTP engine.
