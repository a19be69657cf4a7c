//! The text that a closing's hash is of, and whether what is stored still has it (`sql/shared/closing_text.sql`).

use futures::{StreamExt, pin_mut};
use inflow_store::{ClosingRow, Store, User, quote_text};

use super::Month;
use super::books::Books;
use crate::AnalyticsError;

/// How a closing stands beside its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosingCheck {
    /// The month.
    pub month: Month,
    /// How often it had been closed.
    pub number: u32,
    /// The hash that was printed when it was closed.
    pub stored: String,
    /// The hash of what is stored now.
    pub found: String,
    /// Whether it names the hash of the closing before it, and none before it is missing.
    pub follows: bool,
}

impl ClosingCheck {
    /// Whether nothing of it was changed.
    pub fn holds(&self) -> bool {
        self.follows && self.stored == self.found
    }
}

/// All closings, reopened ones too, with the hash of what is stored of them now.
///
/// # Errors
/// When the store does.
pub async fn check_closings(store: &Store) -> Result<Vec<ClosingCheck>, AnalyticsError> {
    let closings = Books::read(store).await?.0;
    let mut checks = Vec::with_capacity(closings.len());
    let mut before: Option<&ClosingRow> = None;
    for row in &closings {
        let follows = match before {
            None => row.sequence == 1 && row.previous.is_empty(),
            Some(before) => row.sequence == before.sequence + 1 && row.previous == before.hash,
        };
        let found = hash(store, row, "(SELECT * FROM inflow_state.closings FINAL)").await?;
        checks.push(ClosingCheck { month: Month::of(row.month), number: row.number, stored: row.hash.clone(), found, follows });
        before = Some(row);
    }
    Ok(checks)
}

/// The definition of the view `closing_text`: the lines of all closings.
pub(crate) fn closing_text() -> String {
    lines("(SELECT * FROM inflow_state.closings FINAL)")
}

/// The hash of a closing that is about to be noted.
pub(super) async fn hash_of_new(store: &Store, row: &ClosingRow) -> Result<String, AnalyticsError> {
    let [month, from_day, to_day] = [row.month, row.from_day, row.to_day].map(|day| format!("toDate('{day}')"));
    let at = row.closed_at.format("%Y-%m-%d %H:%M:%S%.3f");
    let [by, despite, base, total, carried, versions, program, previous] =
        [&row.closed_by, &row.despite, &row.base, &row.total, &row.carried, &row.versions, &row.program, &row.previous]
            .map(|text| quote_text(text));
    let head = format!(
        "(SELECT {month} AS month, toUInt32({}) AS number, toUInt32({}) AS sequence, {from_day} AS from_day, {to_day} AS to_day, \
         toDateTime64('{at}', 3, 'UTC') AS closed_at, {by} AS closed_by, {despite} AS despite, {base} AS base, toDecimal64({total}, 2) AS total, \
         toDecimal64({carried}, 2) AS carried, toUInt64({}) AS lines, {versions} AS versions, {program} AS program, {previous} AS previous)",
        row.number, row.sequence, row.lines
    );
    hash(store, row, &head).await
}

fn lines(closings: &str) -> String {
    let sql = include_str!("../../sql/shared/closing_text.sql");
    let sql: String = sql.lines().filter(|line| !line.starts_with("--")).flat_map(|line| [line, "\n"]).collect();
    sql.replace("$closings", closings)
}

/// BLAKE3 of the lines in the order of their bytes, each with a line feed, in hexadecimal.
async fn hash(store: &Store, row: &ClosingRow, closings: &str) -> Result<String, AnalyticsError> {
    let failed = || AnalyticsError::store(format!("cannot read what the closing of {} froze", Month::of(row.month)));
    let sql =
        format!("SELECT line FROM (\n{}) WHERE month = toDate('{}') AND number = {} ORDER BY line", lines(closings), row.month, row.number);
    let pieces = store.stream(&sql, &[], "TSVRaw", User::Reader).await.map_err(failed())?;
    pin_mut!(pieces);
    let mut hasher = blake3::Hasher::new();
    while let Some(piece) = pieces.next().await {
        hasher.update(&piece.map_err(failed())?);
    }
    Ok(hasher.finalize().to_hex().to_string())
}
