//! How many requests and tokens go to one provider under one key: a state machine that sends nothing and reads
//! no clock.
//!
//! ```text
//!              it fits, and nobody waits
//!    enter ------------------------------------> Pass --- reported, settle, void ---> end
//!      |                                          ^
//!      |  it does not                             |  its turn has come, and it fits
//!      +----------------> in line ----------------+
//!                            |
//!                            +---- leave
//! ```
//! Three things have to allow a request: the user's own limits, over a sliding [window]; what the provider has
//! said of its limits, continued as the [bucket] that providers say they keep; and the requests that may be under
//! way at once. Whoever is first in [line] goes next and nobody overtakes, so that a large request is not
//! kept waiting by small ones.
//!
//! The arithmetic is not `governor`'s: its one word of state (GCRA) lets twice the quota through within a
//! window, a full bucket and what flows in meanwhile; it cannot take back what was estimated too high, nor
//! begin from what a provider says is left.

mod bucket;
mod estimate;
mod gate;
mod headers;
mod levels;
mod line;
mod rule;
#[cfg(test)]
mod tests;
mod window;

pub(crate) use estimate::estimate;
pub use gate::GateState;
pub(crate) use gate::{Gate, Pass};
pub(crate) use headers::report;
pub(crate) use levels::Tokens;
pub use line::Priority;
pub(crate) use line::Ticket;
pub use rule::{Mode, RateLimit};
