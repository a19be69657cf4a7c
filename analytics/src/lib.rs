//! Metric definitions, the marts beneath them, and reports.
//!
//! One definition serves SQL, page, API and command line alike: `sql/<metric>.sql`, a SELECT with a header that says
//! what is counted. [`analyze`] rebuilds the marts (`sql/marts`) and installs each definition as the parameterised
//! view `metric_<id>_v<N>`, with `metric_<id>` naming the current version; [`report`] asks the statement that the view is made of.
//! What several definitions have in common is written into each (`src/statement.rs`, `sql/shared`).
//!
//! ```sql
//! SELECT channel, applications FROM metric_volume(
//!     from = '2026-10-01', to = '2026-10-31', -- whole local days, both included
//!     tz = '',                                -- each channel's own zone
//!     as_of = '2026-11-01 00:00:00',          -- UTC; later events are not looked at
//!     by = ['channel'], channel = [], store = [])
//! ```
//!
//! A new metric is one SQL file and one line in `catalogue.rs`; a changed one is a new version, and its earlier definition stays (`src/superseded.rs`). What SQL cannot say is computed by a job (`src/jobs`) that writes the mart
//! which the metric reads.

mod analyze;
mod budget;
mod catalogue;
mod closing;
mod demand;
mod error;
mod fairness;
mod hires;
mod job_families;
mod jobs;
mod ledger;
mod month_end;
mod owed;
mod part;
mod postings;
mod ranks;
mod recommendation;
mod report;
mod rows;
mod slices;
mod stages;
mod statement;
mod superseded;
mod suppress;
mod thresholds;
mod unmapped;
mod words;
mod written;
mod zones;

pub use analyze::{Scope, analyze, analyze_in_parts, analyze_into, jobs, jobs_of_the_clock};
pub use budget::{
    Advised, Against, Budget, BudgetChange, BudgetDiff, BudgetLimits, BudgetPlan, BudgetQuery, BudgetReason, BudgetTarget, BudgetVerdict,
    BudgetWhy, ChannelYield, DecisionState, KeptBudget, People, PlannedChannel, StandingDecision, TargetAnswer, budget_plan, decide_budget,
    kept_budgets, scenario,
};
pub use catalogue::{Metric, Superseded, catalogue, metric};
pub use closing::{Closed, ClosingCheck, Month, Off, Refusal, check_closings, close, closings, reopen};
pub use demand::{
    BusinessSeries, DemandPlan, DemandQuery, Grain, PlannedOccasion, PlannedPart, PlannedPeriod, PlannedWeek, Source as DemandSource,
    Step as DemandStep, demand_plan,
};
pub use error::AnalyticsError;
pub use inflow_statistics::demand::PeriodNeed;
pub use inflow_statistics::fairness::Impact;
pub use inflow_statistics::forecast::periods::{Known as OccasionKnown, PeriodMethod};
pub use jobs::calendar::Occasion;
pub use month_end::{AccountTurnover, Closing, MonthEnd, MonthEntry, month_closing, month_end, month_postings};
pub use part::Part;
pub use recommendation::{
    Audit, AuditedGroup, Basis, LEAST_OUTCOMES, ModelCard, RIPE_DAYS, Reason, RecommendQuery, Recommendation, Recommended, Resolution,
    SILENT_DAYS, STAY_DAYS, State, Tenth, Weight, recommendations,
};
pub use report::{Definition, NO_DIMENSION, Query, Report, report, report_part};
pub use superseded::superseded;
pub use thresholds::check_alerts;
pub use unmapped::{Meaning, Unmapped, unmapped_words};
pub use written::written_out;
