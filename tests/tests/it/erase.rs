//! Forgetting a person leaves counts as they were and brings nothing back.

use crate::world::{Staged, line};
use inflow_tests::landing_text;

fn counts(staged: &Staged) -> String {
    // One row: the parts of a union come in no order of their own.
    let sql = "SELECT (SELECT count() FROM inflow.applications), (SELECT count() FROM inflow.candidates), \
               (SELECT count() FROM inflow.stage_events), (SELECT count() FROM inflow.application_stages)";
    staged.company.run(&line(&["query", sql, "--format", "TSV"])).ok().out
}

#[test]
fn an_erased_person_is_gone_and_stays_gone() {
    let staged = Staged::new(3, 900);
    staged.company.run(&line(&["run", "--once"])).ok();
    let before = counts(&staged);
    // Somebody whom a board delivers with a whole phone number.
    let sql = "SELECT connection, source_id, hex(digest_value[1]) FROM inflow.candidates WHERE has(digest_kind, 'phone_e164') ORDER BY cityHash64(connection, source_id) LIMIT 1";
    let row = staged.company.run(&line(&["query", sql, "--format", "TSV"])).ok().out;
    let [connection, id, _] = row.trim().split('\t').collect::<Vec<_>>()[..] else { panic!("{row}") };
    // Digests that are this person's alone: a surname or a birth year is shared by many.
    let known = format!(
        "SELECT d FROM (SELECT lower(hex(arrayJoin(digest_value))) AS d, connection, source_id FROM inflow.candidates) AS c \
         JOIN inflow.candidate_links AS l ON l.connection = c.connection AND l.source_id = c.source_id GROUP BY d \
         HAVING uniqExact(l.person_id) = 1 AND has(groupArray((c.connection, c.source_id)), ('{connection}', '{id}'))"
    );
    let digests: Vec<String> =
        staged.company.run(&line(&["query", &known, "--format", "TSV"])).ok().out.lines().map(str::to_owned).collect();
    let cases = format!("SELECT source_id FROM inflow.applications WHERE connection = '{connection}' AND candidate_source_id = '{id}'");
    let mut ids: Vec<String> =
        staged.company.run(&line(&["query", &cases, "--format", "TSV"])).ok().out.lines().map(str::to_owned).collect();
    ids.push(id.to_owned());

    let receipt = staged.company.run(&line(&["erase", "--candidate", &format!("{connection}:{id}")])).ok().out;
    assert!(!receipt.contains(id), "the receipt names nobody: {receipt}");
    gone(&staged, &digests, &ids);
    assert_eq!(counts(&staged), before, "counts changed");

    // The board still delivers the person.
    staged.company.run(&line(&["run", "--once"])).ok();
    gone(&staged, &digests, &ids);
    assert_eq!(counts(&staged), before, "the next pull changed counts");
}

fn gone(staged: &Staged, digests: &[String], ids: &[String]) {
    let mut text = landing_text(&staged.company.path().join("data"));
    for (table, _) in inflow_tests::DERIVED {
        text.push_str(&staged.company.run(&line(&["query", &format!("SELECT * FROM inflow.{table}"), "--format", "TSV"])).ok().out);
    }
    // Digests are bytes there.
    text.push_str(
        &staged
            .company
            .run(&line(&["query", "SELECT lower(hex(arrayJoin(digest_value))) FROM inflow.candidates", "--format", "TSV"]))
            .ok()
            .out,
    );
    for table in ["cursors", "landed", "segments", "runs", "connection_health", "quarantine", "unknown_words", "tombstones", "audit"] {
        text.push_str(&staged.company.run(&line(&["query", &format!("SELECT * FROM inflow_state.{table}"), "--format", "TSV"])).ok().out);
    }
    assert!(!digests.is_empty() && ids.len() > 1);
    for needle in digests.iter().chain(ids) {
        let whole = text.split(|c: char| !(c.is_alphanumeric() || c == '-' || c == '_')).any(|word| word == needle);
        assert!(!whole, "{needle} is still there");
    }
}
