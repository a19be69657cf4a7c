//! The commented config that `inflow init` writes.

const FILES: &[(&str, &str)] = &[
    ("inflow.toml", include_str!("../examples/default/inflow.toml")),
    ("channels.toml", include_str!("../examples/default/channels.toml")),
    ("connections/boss.toml", include_str!("../examples/default/connections/boss.toml")),
    ("connections/greenhouse.toml", include_str!("../examples/default/connections/greenhouse.toml")),
    ("connections/lever.toml", include_str!("../examples/default/connections/lever.toml")),
    ("connections/moka.toml", include_str!("../examples/default/connections/moka.toml")),
    ("connections/recruiting_sheet.toml", include_str!("../examples/default/connections/recruiting_sheet.toml")),
    ("mappings/recruiting_sheet.toml", include_str!("../examples/default/mappings/recruiting_sheet.toml")),
];

/// The files of the example by their paths in the config folder. Every connection of it is
/// disabled until it is filled in, so that it runs as it is.
pub fn example() -> &'static [(&'static str, &'static str)] {
    FILES
}
