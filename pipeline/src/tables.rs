//! The tables that landing fills, column by column, as in the store's migrations (a test holds them together).

use crate::frame::{ColumnType, Table};
use ColumnType::{Day, Decimal, Instant, Text, Texts, Unsigned};

/// Postings: one row an advertisement.
pub static POSTINGS: Table = Table {
    name: "postings",
    columns: &[
        ("connection", Text),
        ("source_id", Text),
        ("channel", Text),
        ("requisition_source_id", Text),
        ("company", Text),
        ("title", Text),
        ("title_normal", Text),
        ("place", Text),
        ("city", Text),
        ("country", Text),
        ("store", Text),
        ("department", Text),
        ("employment_type", Text),
        ("recruiter", Text),
        ("url", Text),
        ("status", Text),
        ("pay_text", Text),
        ("pay_min", Decimal),
        ("pay_max", Decimal),
        ("pay_currency", Text),
        ("pay_period", Text),
        ("pay_months", Decimal),
        ("posted_at", Instant),
        ("posted_precision", Text),
        ("updated_at", Instant),
        ("closed_at", Instant),
        ("closed_precision", Text),
        ("body", Text),
        ("content_hash", Unsigned),
        ("cluster_id", Text),
        ("version", Unsigned),
        ("deleted", Unsigned),
        ("segment", Text),
        ("fetched_at", Instant),
    ],
    key: &["connection", "source_id"],
};

/// Applications: one row a candidate's case.
pub static APPLICATIONS: Table = Table {
    name: "applications",
    columns: &[
        ("connection", Text),
        ("source_id", Text),
        ("channel", Text),
        ("source_word", Text),
        ("source_type", Text),
        ("candidate_source_id", Text),
        ("posting_source_id", Text),
        ("requisition_source_id", Text),
        ("title", Text),
        ("store", Text),
        ("department", Text),
        ("city", Text),
        ("recruiter", Text),
        ("first_at", Instant),
        ("first_precision", Text),
        ("applied_at", Instant),
        ("applied_precision", Text),
        ("status", Text),
        ("outcome_reason", Text),
        ("version", Unsigned),
        ("deleted", Unsigned),
        ("segment", Text),
        ("fetched_at", Instant),
    ],
    key: &["connection", "source_id"],
};

/// Stage events: an application entered a stage.
pub static STAGE_EVENTS: Table = Table {
    name: "stage_events",
    columns: &[
        ("connection", Text),
        ("application_source_id", Text),
        ("source_id", Text),
        ("stage", Text),
        ("stage_word", Text),
        ("occurred_at", Instant),
        ("precision", Text),
        ("retracts", Unsigned),
        ("embedded", Unsigned),
        ("reason", Text),
        ("recruiter", Text),
        ("version", Unsigned),
        ("deleted", Unsigned),
        ("segment", Text),
        ("fetched_at", Instant),
    ],
    key: &["connection", "application_source_id", "source_id"],
};

/// Candidates: digests of one person as one connection knows them.
pub static CANDIDATES: Table = Table {
    name: "candidates",
    columns: &[
        ("connection", Text),
        ("source_id", Text),
        ("digest_kind", Texts),
        ("digest_normaliser", Texts),
        ("digest_key", Texts),
        ("digest", Texts),
        ("flags", Texts),
        ("version", Unsigned),
        ("deleted", Unsigned),
        ("segment", Text),
        ("fetched_at", Instant),
    ],
    key: &["connection", "source_id"],
};

/// Spend: ledger entries.
pub static SPEND: Table = Table {
    name: "spend",
    columns: &[
        ("connection", Text),
        ("source_id", Text),
        ("channel", Text),
        ("account", Text),
        ("document", Text),
        ("booked_on", Day),
        ("service_from", Day),
        ("service_to", Day),
        ("kind", Text),
        ("units", Decimal),
        ("gross", Decimal),
        ("tax_rate", Decimal),
        ("tax", Decimal),
        ("net", Decimal),
        ("currency", Text),
        ("invoice_type", Text),
        ("invoice_number", Text),
        ("invoice_date", Day),
        ("payer", Text),
        ("requisition_source_id", Text),
        ("store", Text),
        ("department", Text),
        ("supersedes", Text),
        ("note", Text),
        ("version", Unsigned),
        ("deleted", Unsigned),
        ("segment", Text),
        ("fetched_at", Instant),
    ],
    key: &["connection", "source_id"],
};

/// Every table that landing fills, in the order in which blocks are stored.
pub static ALL: &[&Table] = &[&POSTINGS, &CANDIDATES, &APPLICATIONS, &STAGE_EVENTS, &SPEND];
