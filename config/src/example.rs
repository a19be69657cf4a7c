//! The commented configs that `inflow init` writes.

type Files = &'static [(&'static str, &'static str)];

const DEFAULT: Files = &[
    ("inflow.toml", include_str!("../examples/default/inflow.toml")),
    ("channels.toml", include_str!("../examples/default/channels.toml")),
    ("personas.toml", include_str!("../examples/default/personas.toml")),
    ("alerts.toml", include_str!("../examples/default/alerts.toml")),
    ("finance.toml", include_str!("../examples/default/finance.toml")),
    ("messages.toml", include_str!("../examples/default/messages.toml")),
    ("reposts.toml", include_str!("../examples/default/reposts.toml")),
    ("process.toml", include_str!("../examples/default/process.toml")),
    ("plans.toml", include_str!("../examples/default/plans.toml")),
    ("connections/boss.toml", include_str!("../examples/default/connections/boss.toml")),
    ("connections/greenhouse.toml", include_str!("../examples/default/connections/greenhouse.toml")),
    ("connections/lever.toml", include_str!("../examples/default/connections/lever.toml")),
    ("connections/mailbox.toml", include_str!("../examples/default/connections/mailbox.toml")),
    ("connections/moka.toml", include_str!("../examples/default/connections/moka.toml")),
    ("connections/recruiting_sheet.toml", include_str!("../examples/default/connections/recruiting_sheet.toml")),
    ("mappings/recruiting_sheet.toml", include_str!("../examples/default/mappings/recruiting_sheet.toml")),
];

const ZH_SME: Files = &[
    ("inflow.toml", include_str!("../examples/zh-sme/inflow.toml")),
    ("channels.toml", include_str!("../examples/zh-sme/channels.toml")),
    ("personas.toml", include_str!("../examples/zh-sme/personas.toml")),
    ("alerts.toml", include_str!("../examples/zh-sme/alerts.toml")),
    ("finance.toml", include_str!("../examples/zh-sme/finance.toml")),
    ("messages.toml", include_str!("../examples/zh-sme/messages.toml")),
    ("reposts.toml", include_str!("../examples/zh-sme/reposts.toml")),
    ("process.toml", include_str!("../examples/zh-sme/process.toml")),
    ("plans.toml", include_str!("../examples/zh-sme/plans.toml")),
    ("connections/ledger.toml", include_str!("../examples/zh-sme/connections/ledger.toml")),
];

/// The template of a small company that keeps its recruiting in a workbook.
pub const ZH_SME_TEMPLATE: &str = "zh-sme";

/// Templates by name, the default one first.
pub const TEMPLATES: [(&str, Files); 2] = [("default", DEFAULT), (ZH_SME_TEMPLATE, ZH_SME)];

/// The files of the default example by their paths in the config folder. Every connection of it is
/// disabled until it is filled in, so that it runs as it is.
pub fn example() -> Files {
    DEFAULT
}

/// The files of a template by their paths in the config folder.
pub fn template(name: &str) -> Option<Files> {
    TEMPLATES.iter().find(|(known, _)| *known == name).map(|(_, files)| *files)
}
