//! The tables that landing fills, column by column, as in the store's migrations (a test holds them together).

use crate::frame::{ColumnType, Table};
use ColumnType::{Count, Day, Decimal, Digests, Instant, Text, Texts, Unsigned};

/// Postings: one row an advertisement.
pub static POSTINGS: Table = Table::new(
    "postings",
    &[
        ("connection", Text),
        ("source_id", Text),
        ("channel", Text),
        ("requisition_source_id", Text),
        ("company", Text),
        ("company_normal", Text),
        ("title", Text),
        ("title_normal", Text),
        ("level", Text),
        ("place", Text),
        ("place_kind", Text),
        ("province", Text),
        ("city", Text),
        ("district", Text),
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
        ("reasons", Texts),
        ("posted_at", Instant),
        ("posted_precision", Text),
        ("posted_text", Text),
        ("updated_at", Instant),
        ("closed_at", Instant),
        ("closed_precision", Text),
        ("body", Text),
        ("content_hash", Unsigned),
        ("version", Unsigned),
        ("deleted", Unsigned),
        ("segment", Text),
        ("fetched_at", Instant),
    ],
    &["connection", "source_id"],
);

/// Applications: one row a candidate's case.
pub static APPLICATIONS: Table = Table::new(
    "applications",
    &[
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
    &["connection", "source_id"],
);

/// What happened to postings: put up, said anew, taken down.
pub static POSTING_EVENTS: Table = Table::new(
    "posting_events",
    &[
        ("connection", Text),
        ("posting_source_id", Text),
        ("source_id", Text),
        ("event", Text),
        ("occurred_at", Instant),
        ("precision", Text),
        ("version", Unsigned),
        ("deleted", Unsigned),
        ("segment", Text),
        ("fetched_at", Instant),
    ],
    &["connection", "posting_source_id", "source_id"],
);

/// Stage events: an application entered a stage.
pub static STAGE_EVENTS: Table = Table::new(
    "stage_events",
    &[
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
    &["connection", "application_source_id", "source_id"],
);

/// Candidates: digests of one person as one connection knows them.
pub static CANDIDATES: Table = Table::new(
    "candidates",
    &[
        ("connection", Text),
        ("source_id", Text),
        ("digest_kind", Texts),
        ("digest_normaliser", Texts),
        ("digest_value", Digests),
        ("key_id", Text),
        ("flags", Texts),
        ("version", Unsigned),
        ("deleted", Unsigned),
        ("segment", Text),
        ("fetched_at", Instant),
    ],
    &["connection", "source_id"],
);

/// Spend: ledger entries.
pub static SPEND: Table = Table::new(
    "spend",
    &[
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
    &["connection", "source_id"],
);

/// Requisitions: one row an opening inside the company.
pub static REQUISITIONS: Table = Table::new(
    "requisitions",
    &[
        ("connection", Text),
        ("source_id", Text),
        ("title", Text),
        ("title_normal", Text),
        ("department", Text),
        ("store", Text),
        ("city", Text),
        ("heads", Count),
        ("reason", Text),
        ("employment_type", Text),
        ("owner", Text),
        ("recruiter", Text),
        ("priority", Text),
        ("status", Text),
        ("opened_on", Day),
        ("due_on", Day),
        ("closed_on", Day),
        ("pay_text", Text),
        ("pay_min", Decimal),
        ("pay_max", Decimal),
        ("pay_period", Text),
        ("budget", Decimal),
        ("currency", Text),
        ("note", Text),
        ("version", Unsigned),
        ("deleted", Unsigned),
        ("segment", Text),
        ("fetched_at", Instant),
    ],
    &["connection", "source_id"],
);

/// Counts that a board publishes by day.
pub static CHANNEL_DAILY: Table = Table::new(
    "channel_daily",
    &[
        ("connection", Text),
        ("source_id", Text),
        ("channel", Text),
        ("account", Text),
        ("recruiter", Text),
        ("posting_source_id", Text),
        ("title", Text),
        ("store", Text),
        ("department", Text),
        ("day", Day),
        ("cut", Text),
        ("viewed_by_us", Count),
        ("contacted_by_us", Count),
        ("chats", Count),
        ("viewed_by_candidates", Count),
        ("contacted_by_candidates", Count),
        ("resumes", Count),
        ("contacts_exchanged", Count),
        ("interviews_accepted", Count),
        ("impressions", Count),
        ("version", Unsigned),
        ("deleted", Unsigned),
        ("segment", Text),
        ("fetched_at", Instant),
    ],
    &["connection", "source_id"],
);

/// Employment: who was agreed with, came, stayed and left.
pub static EMPLOYMENT: Table = Table::new(
    "employment",
    &[
        ("connection", Text),
        ("source_id", Text),
        ("application_source_id", Text),
        ("candidate_source_id", Text),
        ("employee", Text),
        ("channel", Text),
        ("source_word", Text),
        ("self_reported_source", Text),
        ("posting_source_id", Text),
        ("requisition_source_id", Text),
        ("title", Text),
        ("department", Text),
        ("store", Text),
        ("city", Text),
        ("recruiter", Text),
        ("agreed_on", Day),
        ("onboard_on", Day),
        ("probation_until", Day),
        ("passed_on", Day),
        ("left_on", Day),
        ("leave_type", Text),
        ("leave_reason", Text),
        ("status", Text),
        ("version", Unsigned),
        ("deleted", Unsigned),
        ("segment", Text),
        ("fetched_at", Instant),
    ],
    &["connection", "source_id"],
);

/// Assessments: tests, interviews with a machine, certificates.
pub static ASSESSMENTS: Table = Table::new(
    "assessments",
    &[
        ("connection", Text),
        ("source_id", Text),
        ("application_source_id", Text),
        ("candidate_source_id", Text),
        ("kind", Text),
        ("name", Text),
        ("assessor", Text),
        ("sent_at", Instant),
        ("sent_precision", Text),
        ("taken_at", Instant),
        ("taken_precision", Text),
        ("score", Decimal),
        ("max_score", Decimal),
        ("result", Text),
        ("status", Text),
        ("valid_until", Day),
        ("version", Unsigned),
        ("deleted", Unsigned),
        ("segment", Text),
        ("fetched_at", Instant),
    ],
    &["connection", "source_id"],
);

/// Invitations to interviews and what became of them.
pub static INVITATIONS: Table = Table::new(
    "invitations",
    &[
        ("connection", Text),
        ("source_id", Text),
        ("application_source_id", Text),
        ("candidate_source_id", Text),
        ("channel", Text),
        ("posting_source_id", Text),
        ("requisition_source_id", Text),
        ("department", Text),
        ("store", Text),
        ("kind", Text),
        ("round", Text),
        ("recruiter", Text),
        ("interviewer", Text),
        ("sent_at", Instant),
        ("sent_precision", Text),
        ("delivered_at", Instant),
        ("opened_at", Instant),
        ("replied_at", Instant),
        ("scheduled_at", Instant),
        ("scheduled_precision", Text),
        ("deadline_at", Instant),
        ("attended_at", Instant),
        ("attended_precision", Text),
        ("result", Text),
        ("reason", Text),
        ("version", Unsigned),
        ("deleted", Unsigned),
        ("segment", Text),
        ("fetched_at", Instant),
    ],
    &["connection", "source_id"],
);

/// Every table that landing fills, in the order in which blocks are stored.
pub static ALL: &[&Table] = &[
    &POSTINGS,
    &POSTING_EVENTS,
    &CANDIDATES,
    &APPLICATIONS,
    &STAGE_EVENTS,
    &SPEND,
    &REQUISITIONS,
    &CHANNEL_DAILY,
    &EMPLOYMENT,
    &ASSESSMENTS,
    &INVITATIONS,
];

#[cfg(test)]
mod tests {
    use super::ALL;
    use crate::frame::ColumnType;

    /// The statements of all migrations of derived tables.
    fn migrations() -> String {
        let folder = std::path::PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("../store/migrations/derived");
        std::fs::read_dir(folder).unwrap().map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap()).collect()
    }

    /// Name and type of each column of a table in the migrations.
    fn columns(migrations: &str, table: &str) -> Vec<(String, String)> {
        let (_, rest) = migrations.split_once(&format!("CREATE TABLE {table}\n(\n")).unwrap();
        let (body, _) = rest.split_once("\n)\nENGINE").unwrap();
        let cut = |line: &str| {
            let (name, kind) = line.trim().split_once(' ').unwrap();
            let kind = kind.split(" COMMENT").next().unwrap().split(" DEFAULT").next().unwrap().split(" CODEC").next().unwrap();
            (name.to_owned(), kind.trim_end_matches(',').to_owned())
        };
        let mut columns: Vec<_> = body.lines().map(cut).collect();
        for added in migrations.lines().filter_map(|line| line.strip_prefix(&format!("ALTER TABLE {table} ADD COLUMN IF NOT EXISTS "))) {
            let (column, after) = added.trim_end_matches(';').rsplit_once(" AFTER ").unwrap();
            let place = columns.iter().position(|(name, _)| name == after).unwrap();
            columns.insert(place + 1, cut(column));
        }
        for dropped in migrations.lines().filter_map(|line| line.strip_prefix(&format!("ALTER TABLE {table} DROP COLUMN IF EXISTS "))) {
            columns.retain(|(name, _)| name != dropped.trim_end_matches(';'));
        }
        columns
    }

    fn travels_as(kind: &str) -> ColumnType {
        let plain = kind.strip_prefix("Nullable(").and_then(|inner| inner.strip_suffix(')')).unwrap_or(kind);
        match plain {
            "UInt64" if kind != plain => ColumnType::Count,
            "UInt64" | "UInt8" => ColumnType::Unsigned,
            "Date" => ColumnType::Day,
            "String" | "LowCardinality(String)" => ColumnType::Text,
            _ if plain.starts_with("DateTime64") => ColumnType::Instant,
            _ if plain.starts_with("Decimal") => ColumnType::Decimal,
            "Array(FixedString(16))" => ColumnType::Digests,
            _ => ColumnType::Texts,
        }
    }

    #[test]
    fn tables_are_those_of_the_migrations() {
        let migrations = migrations();
        for table in ALL {
            let here: Vec<_> = table.columns.iter().map(|(name, kind)| ((*name).to_owned(), *kind)).collect();
            let there: Vec<_> = columns(&migrations, table.name).into_iter().map(|(name, kind)| (name, travels_as(&kind))).collect();
            assert_eq!(here, there, "{}", table.name);
        }
    }

    #[test]
    fn every_column_that_a_mapping_may_fill_is_in_the_table_of_its_kind() {
        for kind in inflow_connectors::spec::Kind::LANDED {
            let Some(table) = ALL.iter().find(|table| table.name == kind.as_str()) else {
                assert!(kind.columns().is_empty(), "{kind} has no table");
                continue;
            };
            for column in kind.columns() {
                assert!(table.position(column.name).is_some(), "{kind} has no column {}", column.name);
            }
        }
    }
}
