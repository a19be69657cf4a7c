//! Normalisers: plain functions from a board's text to a typed value. Each gives a value or says why not;
//! none invents one.

pub mod company;
mod memo;
pub mod pay;
pub mod place;
pub mod profile;
pub mod text;
pub mod title;
