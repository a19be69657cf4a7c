//! The rows of the truth, as they are serialised.

use chrono::{DateTime, NaiveDate, Utc};
use inflow_config::Stage;
use rust_decimal::Decimal;
use serde::Serialize;

/// The truth of a world. Serialises to the JSON of `truth.json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Truth {
    /// Name of the scenario.
    pub scenario: &'static str,
    /// Its seed.
    pub seed: u64,
    /// The instant at which the world stands still.
    pub now: DateTime<Utc>,
    /// Zone of all days, weekdays and hours.
    pub timezone: &'static str,
    /// Currency of all amounts.
    pub currency: &'static str,
    /// The whole history (`all`) and its last thirty days (`last_30`).
    pub periods: Vec<Period>,
}

/// The truth of one period.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Period {
    /// `all` or `last_30`.
    pub name: &'static str,
    /// First local day.
    pub from: NaiveDate,
    /// Last local day, included.
    pub to: NaiveDate,
    /// Over all channels.
    pub totals: Totals,
    /// By channel (`store` absent), then by store and channel.
    pub volume: Vec<Volume>,
    /// Entries into stages on days of the period, by channel, then by store and channel.
    pub stages: Vec<StageCount>,
    /// Every pair of ladder stages, by channel, then by store and channel.
    pub conversion: Vec<Conversion>,
    /// By channel, then by store and channel.
    pub cost: Vec<Cost>,
    /// 168 cells by channel, then over all channels (`channel` absent).
    pub application_heat: Vec<Heat>,
    /// 168 cells by channel, then over all channels (`channel` absent).
    pub posting_heat: Vec<Heat>,
}

/// Sums over all channels; candidates are unique over all of them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Totals {
    /// Postings published.
    pub postings: u64,
    /// Resumes received.
    pub applications: u64,
    /// Persons behind them.
    pub candidates: u64,
    /// Accrued cost of all channels.
    pub channel_cost: Decimal,
    /// Accrued cost that belongs to no channel.
    pub unallocated_cost: Decimal,
    /// All accrued cost: the sum of the two.
    pub ledger_cost: Decimal,
}

/// Volume of a channel, or of a store's share of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Volume {
    /// Channel id.
    pub channel: &'static str,
    /// Shop; absent: all shops.
    pub store: Option<&'static str>,
    /// Postings published.
    pub postings: u64,
    /// Resumes received.
    pub applications: u64,
    /// Persons behind them.
    pub candidates: u64,
    /// Applications whose candidate shows a whole phone or mail.
    pub linkable: u64,
}

/// Entries into a stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StageCount {
    /// Channel id.
    pub channel: &'static str,
    /// Shop; absent: all shops.
    pub store: Option<&'static str>,
    /// Stage entered.
    pub stage: Stage,
    /// Applications that entered it on a day of the period.
    pub entered: u64,
    /// Those of them whose entry is implied by a later stage.
    pub implied: u64,
}

/// Cohort conversion between two stages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Conversion {
    /// Channel id.
    pub channel: &'static str,
    /// Shop; absent: all shops.
    pub store: Option<&'static str>,
    /// First stage.
    pub from_stage: Stage,
    /// Later stage.
    pub to_stage: Stage,
    /// Of the denominator, those who ever reached `to_stage`.
    pub numerator: u64,
    /// Applications that entered `from_stage` on a day of the period.
    pub denominator: u64,
}

/// Accrued cost of a channel, or of a store's share of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cost {
    /// Channel id, `unallocated` for cost that belongs to none.
    pub channel: &'static str,
    /// Shop; absent: all shops; empty: cost of the whole company.
    pub store: Option<&'static str>,
    /// Net accrued cost in the base currency.
    pub amount: Decimal,
    /// Resumes received.
    pub resumes: u64,
    /// `amount / resumes`, half up to the cent; absent without resumes.
    pub cost_per_resume: Option<Decimal>,
}

/// Counts by weekday and hour.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Heat {
    /// Channel id; absent: all channels.
    pub channel: Option<&'static str>,
    /// 168 counts, Monday 00:00 first: `(weekday - 1) * 24 + hour`.
    pub cells: Vec<u64>,
    /// Counted in the volume, but without a known hour.
    pub left_out: u64,
    /// The fullest cell; absent when all are empty.
    pub peak: Option<Peak>,
}

/// The fullest cell of a heat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Peak {
    /// 1 is Monday.
    pub weekday: u32,
    /// 0 to 23.
    pub hour: u32,
    /// Its count.
    pub count: u64,
    /// Cells that have this count; the peak is the first of them.
    pub ties: u64,
}

impl Period {
    /// Volume of a channel over all shops.
    pub fn volume_of(&self, channel: &str) -> Option<&Volume> {
        self.volume.iter().find(|row| row.channel == channel && row.store.is_none())
    }

    /// Cost of a channel over all shops.
    pub fn cost_of(&self, channel: &str) -> Option<&Cost> {
        self.cost.iter().find(|row| row.channel == channel && row.store.is_none())
    }

    /// A conversion of a channel over all shops.
    pub fn conversion_of(&self, channel: &str, from: Stage, to: Stage) -> Option<&Conversion> {
        let pair = |row: &&Conversion| row.from_stage == from && row.to_stage == to;
        self.conversion.iter().filter(pair).find(|row| row.channel == channel && row.store.is_none())
    }
}
