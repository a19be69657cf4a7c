//! The tables that landing fills, column by column, as in the store's migrations (a test holds them together).

use crate::frame::{ColumnType, Table};
use ColumnType::{Count, Day, Decimal, Digests, Instant, Numbers, Text, Unsigned, Word, Words};

/// Postings: one row an advertisement.
pub static POSTINGS: Table = Table::new(
    "postings",
    &[
        ("connection", Word),
        ("source_id", Text),
        ("channel", Word),
        ("requisition_source_id", Text),
        ("company", Text),
        ("company_normal", Text),
        ("title", Text),
        ("title_normal", Text),
        ("level", Word),
        ("place", Text),
        ("place_kind", Word),
        ("province", Word),
        ("city", Word),
        ("district", Word),
        ("country", Word),
        ("store", Word),
        ("department", Word),
        ("employment_type", Word),
        ("recruiter", Word),
        ("url", Text),
        ("status", Word),
        ("pay_text", Text),
        ("pay_min", Decimal),
        ("pay_max", Decimal),
        ("pay_currency", Word),
        ("pay_period", Word),
        ("pay_months", Decimal),
        ("reasons", Words),
        ("posted_at", Instant),
        ("posted_precision", Word),
        ("posted_text", Text),
        ("updated_at", Instant),
        ("closed_at", Instant),
        ("closed_precision", Word),
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
        ("connection", Word),
        ("source_id", Text),
        ("channel", Word),
        ("source_word", Text),
        ("source_type", Word),
        ("candidate_source_id", Text),
        ("posting_source_id", Text),
        ("requisition_source_id", Text),
        ("title", Text),
        ("store", Word),
        ("department", Word),
        ("city", Word),
        ("recruiter", Word),
        ("first_at", Instant),
        ("first_precision", Word),
        ("applied_at", Instant),
        ("applied_precision", Word),
        ("status", Word),
        ("outcome_reason", Text),
        ("education", Word),
        ("experience_years", Decimal),
        ("expected_pay_text", Text),
        ("expected_pay_min", Decimal),
        ("expected_pay_max", Decimal),
        ("expected_pay_currency", Word),
        ("expected_pay_period", Word),
        ("night_shift", Word),
        ("tags", Words),
        ("reasons", Words),
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
        ("connection", Word),
        ("posting_source_id", Text),
        ("source_id", Text),
        ("event", Word),
        ("occurred_at", Instant),
        ("precision", Word),
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
        ("connection", Word),
        ("application_source_id", Text),
        ("source_id", Text),
        ("stage", Word),
        ("stage_word", Text),
        ("occurred_at", Instant),
        ("precision", Word),
        ("retracts", Unsigned),
        ("embedded", Unsigned),
        ("reason", Text),
        ("recruiter", Word),
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
        ("connection", Word),
        ("source_id", Text),
        ("digest_kind", Words),
        ("digest_normaliser", Numbers),
        ("digest_value", Digests),
        ("key_id", Word),
        ("flags", Words),
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
        ("connection", Word),
        ("source_id", Text),
        ("channel", Word),
        ("account", Text),
        ("document", Text),
        ("booked_on", Day),
        ("service_from", Day),
        ("service_to", Day),
        ("kind", Word),
        ("units", Decimal),
        ("gross", Decimal),
        ("tax_rate", Decimal),
        ("tax", Decimal),
        ("net", Decimal),
        ("currency", Word),
        ("invoice_type", Word),
        ("invoice_number", Text),
        ("invoice_date", Day),
        ("payer", Text),
        ("requisition_source_id", Text),
        ("store", Word),
        ("department", Word),
        ("supersedes", Text),
        ("note", Text),
        ("bonus_units", Decimal),
        ("package", Text),
        ("item", Word),
        ("balance", Decimal),
        ("project", Word),
        ("version", Unsigned),
        ("deleted", Unsigned),
        ("segment", Text),
        ("fetched_at", Instant),
    ],
    &["connection", "source_id"],
);

/// Bank lines: movements of the company's accounts.
pub static BANK_LINES: Table = Table::new(
    "bank_lines",
    &[
        ("connection", Word),
        ("source_id", Text),
        ("account", Word),
        ("booked_on", Day),
        ("amount", Decimal),
        ("debit", Decimal),
        ("credit", Decimal),
        ("direction", Word),
        ("currency", Word),
        ("counterparty", Text),
        ("channel", Word),
        ("document", Text),
        ("serial", Text),
        ("note", Text),
        ("balance", Decimal),
        ("version", Unsigned),
        ("deleted", Unsigned),
        ("segment", Text),
        ("fetched_at", Instant),
    ],
    &["connection", "source_id"],
);

/// Invoices of suppliers; one of several items may be several rows.
pub static INVOICES: Table = Table::new(
    "invoices",
    &[
        ("connection", Word),
        ("source_id", Text),
        ("number", Text),
        ("issued_on", Day),
        ("invoice_type", Word),
        ("seller", Text),
        ("channel", Word),
        ("gross", Decimal),
        ("tax_rate", Decimal),
        ("tax", Decimal),
        ("net", Decimal),
        ("currency", Word),
        ("payer", Text),
        ("documents", Words),
        ("service_from", Day),
        ("service_to", Day),
        ("status", Word),
        ("original", Text),
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
        ("connection", Word),
        ("source_id", Text),
        ("title", Text),
        ("title_normal", Text),
        ("department", Word),
        ("store", Word),
        ("city", Word),
        ("heads", Count),
        ("reason", Word),
        ("employment_type", Word),
        ("owner", Word),
        ("recruiter", Word),
        ("priority", Word),
        ("status", Word),
        ("opened_on", Day),
        ("due_on", Day),
        ("closed_on", Day),
        ("pay_text", Text),
        ("pay_min", Decimal),
        ("pay_max", Decimal),
        ("pay_period", Word),
        ("budget", Decimal),
        ("currency", Word),
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
        ("connection", Word),
        ("source_id", Text),
        ("channel", Word),
        ("account", Word),
        ("recruiter", Word),
        ("posting_source_id", Text),
        ("title", Text),
        ("store", Word),
        ("department", Word),
        ("day", Day),
        ("cut", Word),
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
        ("connection", Word),
        ("source_id", Text),
        ("application_source_id", Text),
        ("candidate_source_id", Text),
        ("employee", Text),
        ("channel", Word),
        ("source_word", Text),
        ("self_reported_source", Text),
        ("posting_source_id", Text),
        ("requisition_source_id", Text),
        ("title", Text),
        ("department", Word),
        ("store", Word),
        ("city", Word),
        ("recruiter", Word),
        ("agreed_on", Day),
        ("onboard_on", Day),
        ("probation_until", Day),
        ("passed_on", Day),
        ("left_on", Day),
        ("leave_type", Word),
        ("leave_reason", Text),
        ("status", Word),
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
        ("connection", Word),
        ("source_id", Text),
        ("application_source_id", Text),
        ("candidate_source_id", Text),
        ("kind", Word),
        ("name", Text),
        ("assessor", Word),
        ("sent_at", Instant),
        ("sent_precision", Word),
        ("taken_at", Instant),
        ("taken_precision", Word),
        ("score", Decimal),
        ("max_score", Decimal),
        ("result", Word),
        ("status", Word),
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
        ("connection", Word),
        ("source_id", Text),
        ("application_source_id", Text),
        ("candidate_source_id", Text),
        ("channel", Word),
        ("posting_source_id", Text),
        ("requisition_source_id", Text),
        ("department", Word),
        ("store", Word),
        ("kind", Word),
        ("round", Text),
        ("recruiter", Word),
        ("interviewer", Word),
        ("template", Word),
        ("link", Word),
        ("sent_at", Instant),
        ("sent_precision", Word),
        ("delivered_at", Instant),
        ("opened_at", Instant),
        ("replied_at", Instant),
        ("scheduled_at", Instant),
        ("scheduled_precision", Word),
        ("deadline_at", Instant),
        ("attended_at", Instant),
        ("attended_precision", Word),
        ("result", Word),
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
    &BANK_LINES,
    &INVOICES,
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
        let created = |clause: &str| migrations.split_once(&format!("CREATE TABLE {clause}{table}\n(\n"));
        let (_, rest) = created("").or_else(|| created("IF NOT EXISTS ")).unwrap();
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
            "String" => ColumnType::Text,
            "LowCardinality(String)" => ColumnType::Word,
            _ if plain.starts_with("DateTime64") => ColumnType::Instant,
            _ if plain.starts_with("Decimal") => ColumnType::Decimal,
            "Array(FixedString(16))" => ColumnType::Digests,
            "Array(UInt16)" => ColumnType::Numbers,
            _ => ColumnType::Words,
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
