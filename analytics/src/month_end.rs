//! What finance takes away at a month's end: the figures of [`crate::report`] for one month, and the marts of the ledger beside them.
//!
//! Days are whole local days of each channel's zone, as in every report; of a month that is not over, what lies after today is not in it.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use inflow_config::Config;
use inflow_ledger::Account;
use inflow_ledger::voucher::{Facts, Posting, account_of};
use inflow_store::Store;
use rust_decimal::Decimal;
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::AnalyticsError;
use crate::closing::Month;
use crate::report::{Query, Report, instant, report};

/// A ledger line, or the part of it that a rule gave to one channel, store and department. Money is in the base currency where nothing else
/// is said.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct MonthEntry {
    /// The channel, or `unallocated`.
    pub channel: String,
    /// The store.
    pub store: String,
    /// The department.
    pub department: String,
    /// Kind of the line.
    pub kind: String,
    /// Its connection; `channels.toml` for a contract stated there.
    pub connection: String,
    /// Its id.
    pub source_id: String,
    /// Cost of the month's service days.
    pub accrued: Decimal,
    /// What left the bank in the month, less what came back.
    pub cash: Decimal,
    /// Account at the board.
    pub account: Option<String>,
    /// The document.
    pub document: String,
    /// Booking day.
    pub booked_on: Option<NaiveDate>,
    /// First service day.
    pub service_from: Option<NaiveDate>,
    /// Last service day.
    pub service_to: Option<NaiveDate>,
    /// Units of the line.
    pub units: Option<Decimal>,
    /// With tax, in the line's currency.
    pub gross: Option<Decimal>,
    /// Tax, in the line's currency.
    pub tax: Option<Decimal>,
    /// Without tax, in the line's currency.
    pub net: Option<Decimal>,
    /// The line's currency.
    pub currency: String,
    /// special, ordinary or none.
    pub invoice_type: String,
    /// Number of the invoice.
    pub invoice_number: String,
    /// Its day.
    pub invoice_date: Option<NaiveDate>,
    /// On whom it is.
    pub payer: String,
    /// The project.
    pub project: String,
}

/// An account of the journal in the month, in the base currency.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct AccountTurnover {
    /// bank, wallet, prepaid, `input_vat`, cost or payable.
    pub account: String,
    /// Debits less credits of all days before.
    pub opening: Decimal,
    /// Debits of the month.
    pub debit: Decimal,
    /// Credits of the month.
    pub credit: Decimal,
}

/// That the month is closed: its figures are kept as they were then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closing {
    /// When, as RFC 3339.
    pub closed_at: String,
    /// By whom.
    pub closed_by: String,
    /// Hash of what was frozen.
    pub hash: String,
}

/// All that the month's workbook shows.
#[derive(Debug, Clone)]
pub struct MonthEnd {
    /// The month.
    pub month: Month,
    /// Event time up to which the store was read.
    pub as_of: DateTime<Utc>,
    /// Metric `spend` by channel; its tie is the workbook's.
    pub spend: Report,
    /// The closing that holds, if the month is closed; `as_closed` of `spend` is of it.
    pub closing: Option<Closing>,
    /// `spend` by store and channel.
    pub by_store: Report,
    /// `spend` by department and channel.
    pub by_department: Report,
    /// `spend` by kind and channel.
    pub by_kind: Report,
    /// `cost_per_resume`, `cost_per_attended` and `cost_per_onboarded` by channel.
    pub unit_costs: [Report; 3],
    /// `cash` by channel: what was paid, and where it went.
    pub cash: Report,
    /// `wallet` by channel and account.
    pub wallets: Report,
    /// `packages` by channel.
    pub packages: Report,
    /// `ledger_faults` by channel.
    pub faults: Report,
    /// `ties`.
    pub ties: Report,
    /// Ledger lines.
    pub entries: Vec<MonthEntry>,
    /// Accounts of the journal.
    pub accounts: Vec<AccountTurnover>,
}

/// Last day of the month that is over in a channel's zone.
const SETTLED: &str = "
    (SELECT mapFromArrays(groupArray(toString(channel)), groupArray(toString(timezone))) FROM inflow.channels) AS zones,
    (channel) -> least({to:Date}, toDate(formatDateTime({as_of:DateTime64(3, 'UTC')}, '%F',
        if(zones[toString(channel)] != '', zones[toString(channel)], 'UTC')))) AS settled_to";

/// Reads a month as of an instant.
///
/// # Errors
/// When the metrics have not been installed ([`crate::analyze`]), or the store fails.
pub async fn month_end(store: &Store, config: &Config, month: Month, as_of: DateTime<Utc>) -> Result<MonthEnd, AnalyticsError> {
    let ask = async |metric: &str, by: &[&str]| report(store, config, &asked(metric, by, month, as_of)).await;
    Ok(MonthEnd {
        month,
        as_of,
        spend: ask("spend", &["channel"]).await?,
        closing: month_closing(store, config, month, as_of).await?,
        by_store: ask("spend", &["store", "channel"]).await?,
        by_department: ask("spend", &["department", "channel"]).await?,
        by_kind: ask("spend", &["kind", "channel"]).await?,
        unit_costs: [
            ask("cost_per_resume", &["channel"]).await?,
            ask("cost_per_attended", &["channel"]).await?,
            ask("cost_per_onboarded", &["channel"]).await?,
        ],
        cash: ask("cash", &["channel"]).await?,
        wallets: ask("wallet", &["channel", "account"]).await?,
        packages: ask("packages", &["channel"]).await?,
        faults: ask("ledger_faults", &["channel"]).await?,
        ties: ask("ties", &[]).await?,
        entries: rows(store, "spend", include_str!("../sql/month_end/entries.sql"), month, as_of).await?,
        accounts: rows(store, "journal", include_str!("../sql/month_end/accounts.sql"), month, as_of).await?,
    })
}

fn asked(metric: &str, by: &[&str], month: Month, as_of: DateTime<Utc>) -> Query {
    Query {
        metric: metric.to_owned(),
        version: None,
        by: by.iter().map(|name| (*name).to_owned()).collect(),
        from: month.first(),
        to: month.last(),
        tz: None,
        as_of,
        filters: BTreeMap::new(),
    }
}

/// The closing of a month that holds, if it is closed.
///
/// # Errors
/// When the metrics have not been installed, or the store fails.
pub async fn month_closing(store: &Store, config: &Config, month: Month, as_of: DateTime<Utc>) -> Result<Option<Closing>, AnalyticsError> {
    Ok(in_force(&report(store, config, &asked("closings", &["month"], month, as_of)).await?, month))
}

/// The newest closing of the month itself, unless it was reopened.
fn in_force(closings: &Report, month: Month) -> Option<Closing> {
    let text = |row: &Map<String, Value>, column: &str| row.get(column).and_then(Value::as_str).unwrap_or_default().to_owned();
    let number = |row: &Map<String, Value>| {
        text(row, "closing").split_once('/').and_then(|(of, number)| (of == month.to_string()).then(|| number.parse::<u32>().ok()))
    };
    let newest = closings.rows.iter().filter_map(|row| Some((number(row)??, row))).max_by_key(|(number, _)| *number);
    newest.filter(|(_, row)| text(row, "reopened_at").is_empty()).map(|(_, row)| Closing {
        closed_at: text(row, "closed_at"),
        closed_by: text(row, "closed_by"),
        hash: text(row, "hash"),
    })
}

/// The journal of a month, in the order of its days.
///
/// # Errors
/// When the store fails.
pub async fn month_postings(store: &Store, month: Month, as_of: DateTime<Utc>) -> Result<Vec<Posting>, AnalyticsError> {
    #[derive(Deserialize)]
    struct Row {
        day: i32,
        #[serde(deserialize_with = "account")]
        debit: Account,
        #[serde(deserialize_with = "account")]
        credit: Account,
        cents: i64,
        kind: String,
        channel: String,
        store: String,
        department: String,
        project: String,
        connection: String,
        source_id: String,
        document: String,
        invoice: String,
    }
    let found: Vec<Row> = rows(store, "journal", include_str!("../sql/month_end/postings.sql"), month, as_of).await?;
    let posting = |row: Row| {
        let Row { day, debit, credit, cents, kind, channel, store, department, project, connection, source_id, document, invoice } = row;
        Posting {
            day,
            debit,
            credit,
            cents,
            facts: Facts { kind, channel, store, department, project, document, invoice },
            connection,
            source_id,
        }
    };
    Ok(found.into_iter().map(posting).collect())
}

fn account<'de, D: Deserializer<'de>>(word: D) -> Result<Account, D::Error> {
    let word = String::deserialize(word)?;
    account_of(&word).ok_or_else(|| D::Error::custom(format!("`{word}` is no account of the journal")))
}

async fn rows<T: DeserializeOwned>(
    store: &Store,
    table: &str,
    sql: &str,
    month: Month,
    as_of: DateTime<Utc>,
) -> Result<Vec<T>, AnalyticsError> {
    let parameters = [("from", month.first().to_string()), ("to", month.last().to_string()), ("as_of", instant(as_of))];
    let found = store.rows(&format!("WITH {SETTLED}\n{sql}"), &parameters).await;
    found
        .map_err(AnalyticsError::store(format!("cannot read {table} of {month}")))?
        .into_iter()
        .map(|row| serde_json::from_value(Value::Object(row)).map_err(|error| AnalyticsError::row(table, error)))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Month, in_force};
    use crate::Report;

    fn closings(rows: &[Value]) -> Report {
        let spend = crate::metric("spend").unwrap();
        Report {
            metric: "closings".to_owned(),
            version: 1,
            definition: crate::Definition {
                title: spend.title.clone(),
                meaning: spend.meaning.clone(),
                numerator: "",
                denominator: "",
                clock: "",
                exclusions: "",
                superseded: None,
            },
            from: "2026-10-01".parse().unwrap(),
            to: "2026-10-31".parse().unwrap(),
            tz: "UTC".to_owned(),
            as_of: "2026-11-10T00:00:00Z".parse().unwrap(),
            rows: rows.iter().map(|row| row.as_object().unwrap().clone()).collect(),
            reconciles: None,
            columns: Vec::new(),
            shares: Vec::new(),
        }
    }

    #[test]
    fn the_closing_that_holds_is_the_newest_unless_it_was_reopened() {
        let row = |closing: &str, by: &str, reopened: &str| json!({"closing": closing, "closed_by": by, "closed_at": "2026-11-02T00:00:00Z", "hash": "ab", "reopened_at": reopened});
        let october = "2026-10".parse::<Month>().unwrap();
        let by = |rows: &[Value]| in_force(&closings(rows), october).map(|closing| closing.closed_by);
        let first = row("2026-10/1", "Controller A", "2026-11-03T00:00:00Z");
        assert_eq!(by(&[first.clone(), row("2026-10/2", "Controller B", "")]).as_deref(), Some("Controller B"));
        assert_eq!(by(&[row("2026-10/10", "Controller C", ""), row("2026-10/9", "Controller D", "")]).as_deref(), Some("Controller C"));
        assert_eq!((by(&[first]), by(&[row("2026-09/1", "Controller A", "")]), by(&[])), (None, None, None));
    }
}
