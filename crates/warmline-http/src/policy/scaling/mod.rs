//! How large a pool has to be, and how much of it open before anybody asks.

mod forecast;
mod steps;

pub use forecast::Forecast;
pub use steps::{Step, Steps};
