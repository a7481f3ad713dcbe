//! How large a pool has to be, and how much of it open before anybody asks.

mod demand;
mod forecast;
mod steps;

pub use demand::Demand;
pub use forecast::Forecast;
pub use steps::{Step, Steps};
