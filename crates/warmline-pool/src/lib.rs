//! The connection pool.
