//! The statistics behind the figures: numbers in, numbers out, no store, no clock, no input or output.
//!
//! Each module names the method and its published source, and its tests hold worked values from there. What they promise
//! of data that nobody has published (coverage, false alarms, bias, regret) is simulated by `cargo xtask bench stats`.
//! Distributions come from `statrs`, the crate that the field keeps for them.

mod density;

pub mod allocation;
pub mod causes;
pub mod cusum;
pub mod demand;
pub mod discovery;
pub mod drops;
pub mod fairness;
pub mod farrington;
pub mod forecast;
pub mod interval;
pub mod logistic;
pub mod ranking;
pub mod regression;
pub mod response;
pub mod sampling;
pub mod survival;
pub mod threshold;
pub mod uplift;
