//! Applications, what became of them, and what their sources told of the person.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::AnalyticsError;
use crate::jobs::Desk;
use crate::report::instant;

/// Days after a resume came before its outcome counts, taken on or not: hires take longer than refusals.
pub const RIPE_DAYS: u32 = 90;
/// Days that somebody must have stayed to count as a hire that went well.
pub const STAY_DAYS: u32 = 30;
/// Days without news after which nothing will come of an application.
pub const SILENT_DAYS: u32 = 60;
/// Outcomes that are learnt from at most, and open applications that are scored at most: the newest ones.
const MOST: u32 = 10_000;

/// An application.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Case {
    pub(super) connection: String,
    pub(super) source_id: String,
    pub(super) channel: String,
    pub(super) store: String,
    pub(super) department: String,
    /// As the engine writes it.
    pub(super) applied_at: String,
    pub(super) local_day: String,
    /// See `sql/jobs/recommendation_cases.sql`.
    pub(super) resolution: String,
    pub(super) open: bool,
    pub(super) education: Option<String>,
    /// Years.
    pub(super) experience: Option<f64>,
    /// A month's.
    pub(super) expected_pay: Option<f64>,
    pub(super) offered_pay: Option<f64>,
    pub(super) night_shift: Option<String>,
    pub(super) job_family: Option<String>,
    pub(super) tags: BTreeSet<String>,
    /// Personas of its job.
    pub(super) personas: Vec<String>,
}

impl Case {
    /// Whether it went well; none while that is not known, and where it never will be.
    pub(super) fn outcome(&self) -> Option<bool> {
        match self.resolution.as_str() {
            "stayed" => Some(true),
            "left_early" | "never_started" | "rejected" | "withdrawn" | "silent" => Some(false),
            _ => None,
        }
    }

    fn read(row: &Map<String, Value>) -> Self {
        let text = |column: &str| row.get(column).and_then(Value::as_str).unwrap_or_default().to_owned();
        let told = |column: &str| Some(text(column)).filter(|text| !text.is_empty());
        let number = |column: &str| row.get(column).and_then(Value::as_f64);
        let list = |column: &str| {
            let items = row.get(column).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            items.iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>()
        };
        Self {
            connection: text("connection"),
            source_id: text("source_id"),
            channel: text("channel"),
            store: text("store"),
            department: text("department"),
            applied_at: text("applied_at"),
            local_day: text("local_day"),
            resolution: text("resolution"),
            open: row.get("open").and_then(Value::as_u64) == Some(1),
            education: told("education"),
            experience: number("experience"),
            expected_pay: number("expected_pay").filter(|pay| *pay > 0.0),
            offered_pay: number("offered_pay").filter(|pay| *pay > 0.0),
            night_shift: told("night_shift"),
            job_family: told("job_family"),
            tags: list("tags").into_iter().collect(),
            personas: list("personas"),
        }
    }
}

/// All that is known.
pub(super) struct Known {
    /// In order of time.
    pub(super) cases: Vec<Case>,
    /// Applications by what became of them.
    pub(super) resolutions: BTreeMap<String, u64>,
}

/// Reads applications of the last two years.
pub(super) async fn read(desk: &Desk<'_>) -> Result<Known, AnalyticsError> {
    let profiles = include_str!("../../sql/jobs/application_profiles.sql");
    let sql = include_str!("../../sql/jobs/recommendation_cases.sql").replace("$profiles,\n", &format!("{},\n", profiles.trim_end()));
    let params = [
        ("as_of", instant(desk.now)),
        ("ripe_days", RIPE_DAYS.to_string()),
        ("stay_days", STAY_DAYS.to_string()),
        ("silent_days", SILENT_DAYS.to_string()),
        ("most", MOST.to_string()),
    ];
    let rows = desk.marts.store.rows(&desk.marts.here(&sql), &params).await;
    let rows = rows.map_err(AnalyticsError::store("cannot read what became of applications"))?;
    let count = |row: &Map<String, Value>| {
        row.get("of_resolution").and_then(|n| n.as_u64().or_else(|| n.as_str()?.parse().ok())).unwrap_or_default()
    };
    let cases: Vec<Case> = rows.iter().map(Case::read).collect();
    let resolutions = cases.iter().zip(&rows).map(|(case, row)| (case.resolution.clone(), count(row))).collect();
    Ok(Known { cases, resolutions })
}
