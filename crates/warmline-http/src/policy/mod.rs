//! What is decided about requests and what they are sent to: state machines that are told the time and
//! know neither sockets nor the pool. What is random in them, a number from 0 to 1, they are told, too.

pub(crate) mod advice;
pub(crate) mod breaker;
pub(crate) mod budget;
#[cfg(test)]
mod clock_jumps;
pub(crate) mod cooldown;
pub(crate) mod endpoints;
pub(crate) mod health;
pub(crate) mod pace;
pub(crate) mod rate_limit;
pub(crate) mod refill;
pub(crate) mod retry;
pub(crate) mod scaling;
mod times;
