//! Earlier definitions of metrics, kept readable, and what holds a definition to its version.
//!
//! When the meaning of a metric changes, its file goes to `sql/superseded/<id>_v<N>.sql` as it is, with `until` in its header, the day on
//! which the next version took its place, and `changed.en` and `changed.zh`, what the next version says differently. `inflow report <id> --version N` and the
//! view `metric_<id>_v<N>` read it, on the marts of now.

use std::sync::LazyLock;

use crate::AnalyticsError;
use crate::catalogue::{Metric, metric};

/// One line an earlier definition, oldest version of a metric first.
const SUPERSEDED: &[&str] = &[
    include_str!("../sql/superseded/spend_v1.sql"),
    include_str!("../sql/superseded/cost_per_contact_v1.sql"),
    include_str!("../sql/superseded/cost_per_resume_v1.sql"),
    include_str!("../sql/superseded/cost_per_attended_v1.sql"),
    include_str!("../sql/superseded/cost_per_onboarded_v1.sql"),
    include_str!("../sql/superseded/time_to_fill_v1.sql"),
    include_str!("../sql/superseded/invoices_v1.sql"),
];

/// All earlier definitions.
pub fn superseded() -> &'static [Metric] {
    static METRICS: LazyLock<Vec<Metric>> = LazyLock::new(|| SUPERSEDED.iter().map(|sql| Metric::parse(sql)).collect());
    &METRICS
}

/// The version of a metric, the current one when none is named, or an error that lists those there are.
pub(crate) fn version_of(id: &str, version: Option<u32>) -> Result<&'static Metric, AnalyticsError> {
    let current = metric(id)?;
    let Some(version) = version.filter(|version| *version != current.version) else { return Ok(current) };
    superseded().iter().find(|metric| metric.id == id && metric.version == version).ok_or_else(|| AnalyticsError::UnknownVersion {
        metric: id.to_owned(),
        version,
        accepted: current.earlier().map(|metric| metric.version).chain([current.version]).collect(),
    })
}

impl Metric {
    /// The definitions that this one took the place of, oldest first.
    pub fn earlier(&self) -> impl Iterator<Item = &'static Metric> {
        let (id, version) = (self.id, self.version);
        superseded().iter().filter(move |metric| metric.id == id && metric.version < version)
    }
}

#[cfg(test)]
mod tests;
