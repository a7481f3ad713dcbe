//! What is decided about requests and what they are sent to: state machines that are told the time and
//! know neither sockets nor the pool.

pub(crate) mod endpoints;
pub(crate) mod refill;
