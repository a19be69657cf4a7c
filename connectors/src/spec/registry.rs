//! The boards that are known: one line each. A new board is a spec file, a fixture folder and a
//! line here.

use std::sync::LazyLock;

use super::{Spec, parse_spec};

/// The connector that reads files by a mapping; it has no spec.
pub const FILE_CONNECTOR: &str = "file";

/// Spec files by name. A test reads each, so the registry cannot hold a broken one.
pub(super) const SOURCES: &[(&str, &str)] = &[
    ("greenhouse", include_str!("../../specs/greenhouse.toml")),
    ("lever", include_str!("../../specs/lever.toml")),
    ("moka", include_str!("../../specs/moka.toml")),
];

static SPECS: LazyLock<Vec<Spec>> = LazyLock::new(|| {
    SOURCES
        .iter()
        .filter_map(|(name, text)| match parse_spec(text, &format!("specs/{name}.toml")) {
            Ok(spec) => Some(spec),
            Err(error) => {
                tracing::error!(%error, "a built-in spec is broken");
                None
            }
        })
        .collect()
});

/// The spec of a board.
pub fn spec(name: &str) -> Option<&'static Spec> {
    SPECS.iter().find(|spec| spec.name == name)
}

/// Every board, in the order of the registry.
pub fn all() -> &'static [Spec] {
    &SPECS
}

/// Every word that `connector` accepts.
pub fn names() -> Vec<&'static str> {
    all().iter().map(|spec| spec.name.as_str()).chain([FILE_CONNECTOR]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spec_reads_and_is_called_like_its_file() {
        for (name, text) in SOURCES {
            let spec = parse_spec(text, name).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(spec.name, *name);
        }
    }
}
