//! The marts of what came of cases: which case each row of employment, assessments and invitations tells of, what assessments
//! led to, and who was taken on.

use inflow_config::{Config, Sources};
use inflow_store::{array_literal, quote_text};

use crate::AnalyticsError;
use crate::analyze::Marts;

/// Makes `case_rows`, `assessed` and `hires` anew. They stand on `application_stages` and `channels`.
pub(crate) async fn rebuild(marts: &Marts<'_>, config: &Config) -> Result<(), AnalyticsError> {
    marts.rebuild("case_rows", include_str!("../sql/marts/case_rows.sql"), &[]).await?;
    marts.rebuild("assessed", include_str!("../sql/marts/assessed.sql"), &[]).await?;
    let sources = &config.settings.sources;
    let params = [("window_days", sources.window_days.to_string()), ("protect_days", sources.protect_days.to_string())];
    marts.rebuild("hires", &with_sources(include_str!("../sql/marts/hires.sql"), sources), &params).await
}

/// Puts the rule of the official source where the SQL asks for it.
fn with_sources(sql: &str, sources: &Sources) -> String {
    let overrides: Vec<String> = sources
        .overrides
        .iter()
        .map(|decided| {
            let [hire, channel, reason] = [&decided.hire, &decided.channel, &decided.reason].map(|text| quote_text(text));
            format!("({hire}, {channel}, {reason})")
        })
        .collect();
    let words: Vec<String> = sources
        .words
        .iter()
        .map(|(word, channel)| format!("({}, {})", quote_text(&word.trim().to_lowercase()), quote_text(channel)))
        .collect();
    sql.replace("$overrides", &format!("CAST([{}], 'Array(Tuple(String, String, String))')", overrides.join(", ")))
        .replace("$words", &format!("CAST([{}], 'Array(Tuple(String, String))')", words.join(", ")))
        .replace("$protected", &format!("CAST({}, 'Array(String)')", array_literal(&sources.protected)))
}
