//! The commented config that `inflow init` writes.

/// The files of the example, by their paths in the config folder.
pub fn example() -> &'static [(&'static str, &'static str)] {
    &[("inflow.toml", include_str!("../examples/default/inflow.toml"))]
}
