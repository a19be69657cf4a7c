//! Closed months stay closed: what was frozen, what comes later, and who can tell when somebody changed it.

use std::collections::BTreeMap;

use inflow_analytics::{AnalyticsError, Closed, Scope, analyze, analyze_into, check_closings, close, closings, reopen};
use inflow_config::{Explain, Lang};
use serde_json::{Value, json};

use crate::world::{World, application, at, find, query};

mod people;
mod walk;

struct Books {
    world: World,
    version: u64,
}

impl Books {
    async fn new() -> Self {
        let books = Self { world: World::new().await, version: 0 };
        books.world.analyze().await;
        books
    }

    /// A ledger line, or another version of it.
    async fn line(&mut self, id: &str, channel: &str, net: &str, from: &str, to: &str) {
        let row = self.version_of(id, channel, net, from, to, false);
        self.world.insert("spend", vec![row]).await;
    }

    /// The line is gone.
    async fn vanish(&mut self, id: &str, channel: &str, net: &str, day: &str) {
        let row = self.version_of(id, channel, net, day, day, true);
        self.world.insert("spend", vec![row]).await;
    }

    fn version_of(&mut self, id: &str, channel: &str, net: &str, from: &str, to: &str, deleted: bool) -> Value {
        self.version += 1;
        let kind = if net.starts_with('-') { "refund" } else { "subscription" };
        json!({"connection": "ledger", "source_id": id, "channel": channel, "kind": kind, "gross": net, "net": net, "currency": "CNY",
            "document": format!("doc {id}"), "booked_on": from, "service_from": from, "service_to": to,
            "version": self.version, "deleted": u8::from(deleted)})
    }

    /// The costs alone, as after an import.
    async fn analyze(&self) {
        let World { store, config, clock, .. } = &self.world;
        analyze(store, config, clock, &["journal".to_owned(), "spend_days".to_owned()], &Scope::All).await.unwrap();
    }

    async fn close(&self, month: &str, despite: Option<&str>) -> Result<Closed, AnalyticsError> {
        let World { store, config, clock, .. } = &self.world;
        close(store, config, clock, month.parse().unwrap(), "Lin Example", despite).await
    }

    async fn reopen(&self, month: &str) {
        let World { store, config, clock, .. } = &self.world;
        reopen(store, config, clock, month.parse().unwrap(), "Mo Example", "an invoice was missing").await.unwrap();
    }

    /// Month to amount as now and as closed.
    async fn months(&self) -> BTreeMap<String, (String, String)> {
        let report = self.ask("spend", &["month"], "2026-08-01", "2026-12-31").await;
        report
            .into_iter()
            .map(|row| {
                let text = |name: &str| row[name].as_str().unwrap().to_owned();
                (text("month"), (text("amount"), text("as_closed")))
            })
            .collect()
    }

    async fn ask(&self, metric: &str, by: &[&str], from: &str, to: &str) -> Vec<serde_json::Map<String, Value>> {
        let mut asked = query(metric, by, from, to);
        asked.as_of = at("2028-01-01T00:00:00Z");
        self.world.ask(&asked).await.rows
    }
}

fn of<'a>(months: &'a BTreeMap<String, (String, String)>, month: &str) -> (&'a str, &'a str) {
    let (now, closed) = &months[month];
    (now, closed)
}

#[tokio::test]
async fn what_comes_after_a_closing_counts_in_the_open_month_with_a_link() {
    let mut books = Books::new().await;
    books.line("a", "boss", "310", "2026-10-01", "2026-10-31").await;
    books.line("b", "zhaopin", "61", "2026-10-01", "2026-11-30").await;
    books.line("c", "boss", "40", "2026-09-10", "2026-09-10").await;
    books.line("gone", "boss", "5", "2026-10-09", "2026-10-09").await;
    books.analyze().await;
    let row = books.close("2026-10", None).await.unwrap().row;
    assert_eq!((row.total.as_str(), row.carried.as_str(), row.lines), ("386.00", "0.00", 31 + 31 + 1 + 1));
    assert_eq!(of(&books.months().await, "2026-10"), ("346.00", "346.00"));

    // A refund after closing, a line corrected, one that moves to another channel, one that vanishes, and one of the month before.
    books.line("refund", "boss", "-31", "2026-10-20", "2026-10-20").await;
    books.line("a", "zhaopin", "310", "2026-10-01", "2026-10-31").await;
    books.vanish("gone", "boss", "5", "2026-10-09").await;
    books.line("late", "boss", "2.50", "2026-08-31", "2026-08-31").await;
    books.line("nov", "boss", "100", "2026-11-05", "2026-11-05").await;
    books.analyze().await;
    let months = books.months().await;
    assert_eq!(of(&months, "2026-08"), ("2.50", "0.00"));
    assert_eq!(of(&months, "2026-09"), ("40.00", "40.00"));
    assert_eq!(of(&months, "2026-10"), ("310.00", "346.00"));
    assert_eq!(of(&months, "2026-11"), ("130.00", "96.50"));

    // By channel the move shows in the open month, and the closed month is as it was.
    let report = books.ask("spend", &["month", "channel"], "2026-10-01", "2026-11-30").await;
    let closed = |month: &str, channel: &str| {
        let row = report.iter().find(|row| row["month"] == month && row["channel"] == channel).unwrap();
        row["as_closed"].as_str().unwrap().to_owned()
    };
    assert_eq!((closed("2026-10", "boss"), closed("2026-10", "zhaopin")), ("315.00".to_owned(), "31.00".to_owned()));
    assert_eq!((closed("2026-11", "boss"), closed("2026-11", "zhaopin")), ("-243.50".to_owned(), "340.00".to_owned()));
    // A period that is no month: closed days as frozen, later changes on the first day of the open month.
    let first = books.ask("spend", &["none"], "2026-10-21", "2026-11-01").await;
    assert_eq!((first[0]["amount"].as_str(), first[0]["as_closed"].as_str()), (Some("122.00"), Some("88.50")));

    let later = books.ask("spend_later", &[], "2026-08-01", "2026-10-31").await;
    let mut lines: Vec<String> = later
        .iter()
        .map(|row| ["month", "posted_in", "line", "channel", "amount", "document"].map(|name| row[name].as_str().unwrap()).join(" "))
        .collect();
    lines.sort();
    assert_eq!(
        lines,
        [
            "2026-08 2026-11 ledger/late boss 2.50 doc late",
            "2026-10 2026-11 ledger/a boss -310.00 doc a",
            "2026-10 2026-11 ledger/a zhaopin 310.00 doc a",
            "2026-10 2026-11 ledger/gone boss -5.00 ",
            "2026-10 2026-11 ledger/refund boss -31.00 doc refund",
        ]
    );

    // The next closing takes them in, and then they are no change any more.
    let row = books.close("2026-11", None).await.unwrap().row;
    assert_eq!((row.total.as_str(), row.carried.as_str()), ("96.50", "-33.50"));
    books.line("refund", "boss", "-30", "2026-10-20", "2026-10-20").await;
    books.analyze().await;
    let months = books.months().await;
    assert_eq!((of(&months, "2026-10"), of(&months, "2026-11")), (("311.00", "346.00"), ("130.00", "96.50")));
    assert_eq!(of(&months, "2026-12"), ("0.00", "1.00"));
    let listed = books.ask("closings", &["month"], "2026-08-01", "2026-12-31").await;
    let row = |month: &str| {
        let row = listed.iter().find(|row| row["month"] == month).unwrap();
        ["closing", "as_closed", "carried", "as_now", "difference"].map(|name| row[name].as_str().unwrap()).join(" ")
            + &format!(" {}", row["later_lines"])
    };
    assert_eq!(row("2026-08"), "2026-10/1 0.00 0.00 2.50 2.50 1");
    assert_eq!(row("2026-09"), "2026-10/1 40.00 0.00 40.00 0.00 0");
    assert_eq!(row("2026-10"), "2026-10/1 346.00 0.00 311.00 -35.00 3");
    assert_eq!(row("2026-11"), "2026-11/1 96.50 -33.50 130.00 0.00 0");
}

#[tokio::test]
async fn a_reopened_month_is_as_now_and_its_history_stays() {
    let mut books = Books::new().await;
    books.line("a", "boss", "100", "2026-10-05", "2026-10-05").await;
    books.world.insert("applications", vec![application("1", "boss", "2026-10-05 10:00:00")]).await;
    books.world.analyze().await;
    let first = books.close("2026-10", None).await.unwrap().row;
    books.line("a", "boss", "90", "2026-10-05", "2026-10-05").await;
    books.analyze().await;
    books.reopen("2026-10").await;
    assert_eq!(of(&books.months().await, "2026-10"), ("90.00", "90.00"));
    let second = books.close("2026-10", None).await.unwrap().row;
    assert_eq!((second.number, second.sequence, second.previous.as_str()), (2, 2, first.hash.as_str()));
    let history = closings(&books.world.store).await.unwrap();
    assert_eq!(history.len(), 2);
    assert_eq!(
        (history[0].total.as_str(), history[0].reopened_by.as_str(), history[0].reopen_reason.as_str()),
        ("100.00", "Mo Example", "an invoice was missing")
    );
    assert_eq!(history[1], second);
    let listed = books.ask("closings", &["none"], "2026-10-01", "2026-10-31").await;
    let shown: Vec<_> = listed
        .iter()
        .map(|row| (row["closing"].as_str().unwrap(), row["as_closed"].as_str().unwrap(), row["difference"].as_str()))
        .collect();
    assert_eq!(shown, [("2026-10/1", "100.00", None), ("2026-10/2", "90.00", Some("0.00"))]);
    // What was reported at each closing is kept.
    let figures = books
        .world
        .rows(
            "SELECT number, JSONExtractString(row, 'value') AS value, version FROM inflow_state.closed_figures \
             WHERE metric = 'cost_per_resume' AND by = 'channel' AND JSONExtractString(row, 'channel') = 'boss' ORDER BY number",
        )
        .await;
    let kept: Vec<_> = figures.iter().map(|row| (row["number"].as_u64().unwrap(), row["value"].as_str().unwrap())).collect();
    assert_eq!(kept, [(1, "100.00"), (2, "90.00")]);
    let audit =
        books.world.rows("SELECT toString(action) AS action FROM inflow_state.audit WHERE action IN ('close', 'reopen') ORDER BY at").await;
    assert_eq!(audit.len(), 3);
}

#[tokio::test]
async fn the_hash_is_that_of_the_lines_and_tells_whatever_is_changed() {
    let mut books = Books::new().await;
    // What would break a line of text is in it.
    books.line("a\tb\nc", "boss", "87.9", "2026-09-05", "2026-09-05").await;
    books.line("d", "boss", "1", "2026-10-05", "2026-10-05").await;
    books.analyze().await;
    let september = books.close("2026-09", None).await.unwrap().row;
    let october = books.close("2026-10", None).await.unwrap().row;
    // As an auditor does it: the lines sorted by their bytes, each with a line feed.
    let text = books
        .world
        .store
        .bytes("SELECT line FROM inflow.closing_text WHERE month = '2026-09-01' AND number = 1", &[], "TSVRaw")
        .await
        .unwrap();
    let text = String::from_utf8(text.to_vec()).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    assert!(lines[0].starts_with("closing\t2026-09\t1\t1\t1970-01-01\t2026-09-30\t"), "{}", lines[0]);
    assert_eq!(lines[1], "cost\t2026-09-05\t2026-09\tboss\t\t\t\t\t\tsubscription\tledger\ta\\tb\\nc\t87.90\tCNY");
    let whole: String = lines.iter().flat_map(|line| [line, "\n"]).collect();
    assert_eq!(blake3::hash(whole.as_bytes()).to_hex().to_string(), september.hash);
    assert_ne!(september.hash, october.hash);

    let store = &books.world.store;
    let state = async || -> Vec<bool> { check_closings(store).await.unwrap().iter().map(inflow_analytics::ClosingCheck::holds).collect() };
    assert_eq!(state().await, [true, true]);
    let now = ["mutations_sync"].map(|name| (name, "2"));
    let change = async |sql: &str| store.execute(sql, &[], &now).await.unwrap();
    change("ALTER TABLE inflow_state.closed_costs UPDATE amount = 2 WHERE source_id = 'd'").await;
    assert_eq!(state().await, [true, false]);
    change("ALTER TABLE inflow_state.closed_costs UPDATE amount = 1 WHERE source_id = 'd'").await;
    change("ALTER TABLE inflow_state.closed_figures UPDATE version = version + 1 WHERE month = '2026-09-01'").await;
    assert_eq!(state().await, [false, true]);
    change("ALTER TABLE inflow_state.closed_figures UPDATE version = version - 1 WHERE month = '2026-09-01'").await;
    change("ALTER TABLE inflow_state.closings UPDATE closed_by = 'Somebody Else' WHERE month = '2026-10-01'").await;
    assert_eq!(state().await, [true, false]);
    change("ALTER TABLE inflow_state.closings UPDATE closed_by = 'Lin Example' WHERE month = '2026-10-01'").await;
    assert_eq!(state().await, [true, true]);
    // A closing that is taken out is missed by the next.
    change("ALTER TABLE inflow_state.closings DELETE WHERE month = '2026-09-01'").await;
    assert_eq!(state().await, [false]);
}

#[tokio::test]
async fn what_may_not_be_closed_is_refused_in_either_language() {
    let mut books = Books::new().await;
    books.line("a", "boss", "1", "2026-10-05", "2026-10-05").await;
    let mut foreign = json!({"connection": "ledger", "source_id": "eur", "channel": "boss", "kind": "daily", "gross": "7", "net": "7", "currency": "EUR",
        "booked_on": "2026-10-05", "service_from": "2026-10-05", "service_to": "2026-10-05", "version": 1});
    books.world.insert("spend", vec![foreign.clone()]).await;
    books.analyze().await;
    let error = books.close("2026-12", None).await.unwrap_err();
    assert_eq!(error.to_string(), "2026-12 is not over yet: it is 2026-12-01 in the company's zone");
    let error = books.close("2026-10", None).await.unwrap_err();
    assert_eq!(error.to_string(), "spend up to 2026-10 does not tie to the ledger: difference 0.00 CNY, 1 lines without a rate");
    assert!(error.hint().unwrap().contains("--despite") && error.exit_code() == 1);
    let AnalyticsError::Refused(refusal) = error else { panic!("{error}") };
    assert_eq!(refusal.sentence(Lang::Zh), "2026-10 与台账不符:差额 0.00 CNY,无汇率的台账行 1 条");
    let error = books.close("2026-10", Some(" ")).await.unwrap_err();
    assert_eq!(error.to_string(), "--despite is empty");
    assert!(closings(&books.world.store).await.unwrap().is_empty());
    assert_eq!(books.close("2026-10", Some("the rate comes on Monday")).await.unwrap().row.despite, "the rate comes on Monday");
    // The line is converted later: that is a later change like any other.
    foreign["currency"] = json!("USD");
    foreign["version"] = json!(2);
    books.world.insert("spend", vec![foreign]).await;
    books.analyze().await;
    let months = books.months().await;
    assert_eq!((of(&months, "2026-10"), of(&months, "2026-11")), (("50.86", "1.00"), ("0.00", "49.86")));
    // A reason that is not needed is not kept.
    assert_eq!(books.close("2026-11", Some("to be sure")).await.unwrap().row.despite, "");
}

#[tokio::test]
async fn a_replay_and_a_closing_that_was_cut_off_change_nothing() {
    let mut books = Books::new().await;
    books.line("a", "boss", "100", "2026-10-05", "2026-10-05").await;
    books.analyze().await;
    // It had frozen something of an earlier state, and died before it was noted.
    let stray = json!({"month": "2026-10-01", "number": 1, "posted_on": "2026-10-05", "from_month": "2026-10-01", "channel": "boss",
        "connection": "ledger", "source_id": "a", "amount": "77", "currency": "CNY"});
    books.world.insert_into("inflow_state", "closed_costs", vec![stray]).await;
    assert_eq!(of(&books.months().await, "2026-10"), ("100.00", "100.00"));
    assert_eq!(books.close("2026-10", None).await.unwrap().row.total, "100.00");
    let checked = check_closings(&books.world.store).await.unwrap();
    assert!(checked[0].holds());

    let World { store, config, clock, .. } = &books.world;
    let shadow = store.create_shadow().await.unwrap();
    let row = json!({"connection": "ledger", "source_id": "a", "channel": "boss", "kind": "subscription", "gross": "80", "net": "80", "currency": "CNY",
        "booked_on": "2026-10-05", "service_from": "2026-10-05", "service_to": "2026-10-05", "version": 1});
    books.world.insert_into(&shadow, "spend", vec![row]).await;
    analyze_into(store, &shadow, config, clock).await.unwrap();
    store.exchange_shadow().await.unwrap();
    let months = books.months().await;
    assert_eq!((of(&months, "2026-10"), of(&months, "2026-11")), (("80.00", "100.00"), ("0.00", "-20.00")));
    assert_eq!(check_closings(&books.world.store).await.unwrap(), checked);
    // The view says the same as the metric.
    let rows = books.world.rows("SELECT toString(month) AS month, toString(from_month) AS of, toString(amount) AS amount FROM inflow.booked_costs ORDER BY month").await;
    let rows: Vec<_> =
        rows.iter().map(|row| (row["month"].as_str().unwrap(), row["of"].as_str().unwrap(), row["amount"].as_str().unwrap())).collect();
    assert_eq!(rows, [("2026-10-01", "2026-10-01", "100"), ("2026-11-01", "2026-10-01", "-20")]);
    // The earlier definition is as it was: it knows of no closing.
    let mut asked = query("spend", &["none"], "2026-10-01", "2026-10-31");
    asked.version = Some(1);
    let report = books.world.ask(&asked).await;
    assert_eq!(report.rows[0]["amount"], "80.00");
    assert!(!report.columns.contains(&"as_closed".to_owned()));
    let row = find(&books.world.report("spend", &[], "2026-10-01", "2026-10-31").await, &[("channel", "boss")]).clone();
    assert_eq!((row["amount"].as_str(), row["as_closed"].as_str(), row["entries"].as_u64()), (Some("80.00"), Some("100.00"), Some(1)));
}
