//! What the engine and its endpoint count, for Prometheus.
//!
//! `prometheus-client` is the Prometheus project's own library for Rust: labels are types, so no name of a person can come to be one, and a
//! registry is a value and not the process's, so that each scrape makes its own of what is counted here and what is read at that moment.

use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::embedded::Role;

/// Upper bounds of the time of a statement, in seconds.
const STATEMENT_SECONDS: [f64; 13] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0];
/// Upper bounds of the time of an analysis, in seconds.
const ANALYSIS_SECONDS: [f64; 10] = [0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 180.0, 600.0, 1800.0];

/// For whom a statement ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelValue)]
enum RoleLabel {
    #[expect(non_camel_case_types, reason = "labels are written as the variant is")]
    reader,
    #[expect(non_camel_case_types, reason = "labels are written as the variant is")]
    writer,
}

/// How a statement ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelValue)]
#[expect(non_camel_case_types, reason = "labels are written as the variant is")]
pub enum Outcome {
    /// It gave its result.
    ok,
    /// It failed.
    error,
    /// Its client left.
    cancelled,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StatementLabels {
    role: RoleLabel,
    outcome: Outcome,
}

/// Where an answer came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelValue)]
#[expect(non_camel_case_types, reason = "labels are written as the variant is")]
pub enum Kept {
    /// It was there.
    hit,
    /// It was made, and is kept.
    miss,
    /// Somebody else's, asked for at the same time.
    collapsed,
    /// It cannot be kept: it may change by itself, or is too large.
    bypass,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CacheLabels {
    result: Kept,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AnalysisLabels {
    outcome: Outcome,
}

/// Counts since the process began. Clones count together.
#[derive(Debug, Clone)]
pub struct Measures {
    statements: Family<StatementLabels, Histogram, fn() -> Histogram>,
    answers: Family<CacheLabels, Counter>,
    kept: Gauge,
    kept_bytes: Gauge,
    analyses: Family<AnalysisLabels, Histogram, fn() -> Histogram>,
}

impl Default for Measures {
    fn default() -> Measures {
        Measures {
            statements: Family::new_with_constructor(|| Histogram::new(STATEMENT_SECONDS)),
            answers: Family::default(),
            kept: Gauge::default(),
            kept_bytes: Gauge::default(),
            analyses: Family::new_with_constructor(|| Histogram::new(ANALYSIS_SECONDS)),
        }
    }
}

impl Measures {
    /// A statement came to its end.
    pub fn statement(&self, role: Role, outcome: Outcome, took: Duration) {
        let role = match role {
            Role::Reader => RoleLabel::reader,
            Role::Writer => RoleLabel::writer,
        };
        self.statements.get_or_create(&StatementLabels { role, outcome }).observe(took.as_secs_f64());
    }

    /// A reader was answered.
    pub fn answered(&self, result: Kept) {
        self.answers.get_or_create(&CacheLabels { result }).inc();
    }

    /// So much is kept now.
    pub fn kept(&self, answers: u64, bytes: u64) {
        self.kept.set(answers.cast_signed());
        self.kept_bytes.set(bytes.cast_signed());
    }

    /// An analysis came to its end.
    pub fn analysis(&self, outcome: Outcome, took: Duration) {
        self.analyses.get_or_create(&AnalysisLabels { outcome }).observe(took.as_secs_f64());
    }

    /// Puts all of them into a registry.
    pub fn register(&self, registry: &mut Registry) {
        registry.register("inflow_statement_duration_seconds", "Time of statements on the embedded engine", self.statements.clone());
        registry.register("inflow_result_cache_answers", "Answers to readers by where they came from", self.answers.clone());
        registry.register("inflow_result_cache_entries", "Answers that are kept", self.kept.clone());
        registry.register("inflow_result_cache_bytes", "Bytes of the answers that are kept", self.kept_bytes.clone());
        registry.register("inflow_analysis_duration_seconds", "Time of analyses", self.analyses.clone());
    }
}
