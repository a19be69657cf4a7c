//! The inflow command.
fn main() {}
