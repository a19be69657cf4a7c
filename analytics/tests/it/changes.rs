//! Marts by what changed are what they are when everything is made anew.

use std::collections::{BTreeMap, BTreeSet};

use inflow_analytics::analyze_into;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Map, Value, json};

use crate::world::{World, at, query};

const CONNECTIONS: [&str; 3] = ["boss", "zhaopin", "system"];
const STAGES: [&str; 12] = [
    "viewed",
    "contacted",
    "applied",
    "screened",
    "invited",
    "attended",
    "offered",
    "accepted",
    "onboarded",
    "passed_probation",
    "rejected",
    "withdrawn",
];

const CANDIDATES: usize = 400;
const POSTINGS: usize = 200;

type Key = (String, String);

/// What was said so far, and who is a case with whom.
struct Company {
    world: World,
    chance: StdRng,
    version: u64,
    /// Rows that are not inserted yet, by table.
    rows: BTreeMap<&'static str, Vec<Value>>,
    applications: Vec<Key>,
    cases: BTreeMap<Key, String>,
    changed: BTreeSet<Key>,
    changed_postings: BTreeSet<Key>,
    /// What is told now stands in.
    segment: String,
}

impl Company {
    async fn new(seed: u64) -> Self {
        let world = World::new().await;
        Self {
            world,
            chance: StdRng::seed_from_u64(seed),
            version: 1,
            rows: BTreeMap::new(),
            applications: Vec::new(),
            cases: BTreeMap::new(),
            changed: BTreeSet::new(),
            changed_postings: BTreeSet::new(),
            segment: "first".to_owned(),
        }
    }

    fn below(&mut self, n: usize) -> usize {
        self.chance.random_range(0..n)
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    async fn flush(&mut self) {
        for (table, mut rows) in std::mem::take(&mut self.rows) {
            for row in &mut rows {
                row["segment"] = json!(self.segment);
            }
            self.world.insert(table, rows).await;
        }
    }

    /// What a personnel list says of somebody: by the application that it names, or by the person.
    fn employment(&mut self) {
        self.version += 1;
        let (connection, application) = self.any();
        let named = self.one_in(2);
        let mut row = json!({
            "connection": connection, "source_id": format!("e{}", self.below(300)), "status": "employed",
            "application_source_id": if named { application } else { String::new() },
            "candidate_source_id": format!("p{}", self.below(CANDIDATES)), "requisition_source_id": (["", "r2", "r3"][self.below(3)]),
            "channel": (["", "zhaopin"][self.below(2)]), "store": (["", "east"][self.below(2)]),
            "version": self.version, "deleted": u8::from(self.one_in(8)),
        });
        let day = self.instant();
        row[["onboard_on", "agreed_on", "left_on"][self.below(3)]] = json!(day.split(' ').next());
        self.rows.entry("employment").or_default().push(row);
    }

    /// An opening that is there or is not.
    fn requisition(&mut self) {
        self.version += 1;
        let row = json!({
            "connection": CONNECTIONS[self.below(3)], "source_id": format!("r{}", self.below(4)), "version": self.version,
            "title_normal": (["店员", "厨师"][self.below(2)]), "deleted": u8::from(self.one_in(3)),
        });
        self.rows.entry("requisitions").or_default().push(row);
    }

    /// A line of the ledger for an opening that is there or is not.
    fn line(&mut self) {
        self.version += 1;
        let row = json!({
            "connection": "ledger", "source_id": format!("l{}", self.version), "channel": "boss", "kind": "cpc", "gross": "12.5", "net": "12.5", "currency": "CNY",
            "requisition_source_id": format!("r{}", self.below(4)), "booked_on": "2026-06-05", "service_from": "2026-06-05",
            "service_to": "2026-06-07", "version": self.version,
        });
        self.rows.entry("spend").or_default().push(row);
    }

    fn assessment(&mut self) {
        self.version += 1;
        let (connection, application) = self.any();
        let row = json!({
            "connection": connection, "source_id": format!("t{}", self.below(60)), "kind": "test", "name": "x", "status": "taken",
            "result": (["passed", "failed"][self.below(2)]), "application_source_id": application,
            "taken_at": self.instant(), "version": self.version, "deleted": u8::from(self.one_in(8)),
        });
        self.rows.entry("assessments").or_default().push(row);
    }

    fn instant(&mut self) -> String {
        let [month, day, hour, minute] = [12, 28, 24, 60].map(|n| self.below(n));
        format!("2026-{:02}-{:02} {hour:02}:{minute:02}:00", month + 1, day + 1)
    }

    fn precision(&mut self) -> &'static str {
        ["exact", "exact", "day", "observed"][self.below(4)]
    }

    fn any(&mut self) -> Key {
        let at = self.below(self.applications.len());
        self.applications[at].clone()
    }

    /// A new application, or what a known one says now.
    fn application(&mut self, key: &Key, deleted: bool) {
        self.version += 1;
        let (applied, first) = (self.instant(), self.instant());
        let mut row = json!({
            "connection": key.0, "source_id": key.1, "channel": (["boss", "zhaopin", "indeed"][self.below(3)]),
            "candidate_source_id": if self.one_in(5) { String::new() } else { format!("p{}", self.below(CANDIDATES)) },
            "posting_source_id": format!("j{}", self.below(POSTINGS)), "requisition_source_id": (["", "r1"][self.below(2)]),
            "store": (["", "", "north"][self.below(3)]), "department": (["", "sales"][self.below(2)]), "city": "",
            "recruiter": (["", "r-1", "r-2"][self.below(3)]), "version": self.version, "deleted": u8::from(deleted),
        });
        let (applied_is, first_is) = (!self.one_in(6), self.one_in(3));
        row["applied_at"] = if applied_is { json!(applied) } else { Value::Null };
        row["first_at"] = if first_is { json!(first) } else { Value::Null };
        (row["applied_precision"], row["first_precision"]) = (json!(self.precision()), json!("exact"));
        self.rows.entry("applications").or_default().push(row);
        if !self.applications.contains(key) {
            self.applications.push(key.clone());
        }
        self.changed.insert(key.clone());
    }

    fn event(&mut self, key: &Key) {
        self.version += 1;
        let (at, precision) = (self.instant(), self.precision());
        // Few ids, so that events are told anew and taken away too.
        let row = json!({
            "connection": key.0, "application_source_id": key.1, "source_id": format!("e{}", self.below(6)),
            "stage": STAGES[self.below(STAGES.len())], "occurred_at": at, "precision": precision,
            "retracts": u8::from(self.one_in(8)), "embedded": u8::from(self.one_in(10)),
            "version": self.version, "deleted": u8::from(self.one_in(10)),
        });
        self.rows.entry("stage_events").or_default().push(row);
        self.changed.insert(key.clone());
    }

    /// What linking tells of candidates is written anew with each step.
    async fn links(&mut self) {
        let before = self.candidates().await;
        self.world.store.execute("TRUNCATE TABLE inflow.candidate_links", &[], &[]).await.unwrap();
        let mut rows = Vec::new();
        for candidate in 0..CANDIDATES {
            for connection in CONNECTIONS {
                if candidate % 7 != 0 {
                    let moved = self.one_in(150);
                    let person = if moved { "boss/p1".to_owned() } else { format!("{connection}/p{candidate}") };
                    rows.push(json!({"connection": connection, "source_id": format!("p{candidate}"), "person_id": person, "members": 1, "linkable": candidate % 2}));
                }
            }
        }
        self.world.insert("candidate_links", rows).await;
        let after = self.candidates().await;
        let moved = before.iter().filter(|(candidate, person)| after.get(*candidate) != Some(person));
        let moved: BTreeSet<&Key> =
            moved.chain(after.iter().filter(|(candidate, _)| !before.contains_key(*candidate))).map(|(key, _)| key).collect();
        let told =
            self.world.rows("SELECT toString(connection) AS connection, source_id, candidate_source_id FROM inflow.applications").await;
        for row in told {
            if moved.contains(&(text(&row, "connection"), text(&row, "candidate_source_id"))) {
                self.changed.insert((text(&row, "connection"), text(&row, "source_id")));
            }
        }
    }

    async fn candidates(&self) -> BTreeMap<Key, String> {
        let rows = self.world.rows("SELECT toString(connection) AS connection, source_id, person_id FROM inflow.candidate_links").await;
        rows.iter().map(|row| ((text(row, "connection"), text(row, "source_id")), text(row, "person_id"))).collect()
    }

    /// Joins two cases, or takes one apart; writes the table anew.
    async fn regroup(&mut self) {
        let (a, b) = (self.any(), self.any());
        let before = self.cases.clone();
        if self.one_in(3) {
            let case = self.cases.get(&a).cloned();
            self.cases.retain(|_, other| Some(&*other) != case.as_ref());
        } else if a.0 != b.0 && !self.cases.contains_key(&b) {
            let case = self.cases.get(&a).cloned().unwrap_or_else(|| format!("{}/{}", a.0, a.1));
            self.cases.insert(a, case.clone());
            self.cases.insert(b, case);
        }
        let moved = before.iter().filter(|(key, case)| self.cases.get(*key) != Some(case));
        let moved = moved.chain(self.cases.iter().filter(|(key, _)| !before.contains_key(*key))).map(|(key, _)| key.clone());
        self.changed.extend(moved.collect::<Vec<_>>());
        self.close(&before);
        self.world.store.execute("TRUNCATE TABLE inflow.application_links", &[], &[]).await.unwrap();
        let mut places: BTreeMap<&String, u16> = BTreeMap::new();
        let mut rows = Vec::new();
        for (key, case) in &self.cases {
            let place = places.entry(case).or_default();
            *place += 1;
            rows.push(json!({"connection": key.0, "source_id": key.1, "case_id": case, "place": *place, "members": 2, "basis": ["person"], "channel": "boss"}));
        }
        if !rows.is_empty() {
            self.world.insert("application_links", rows).await;
        }
    }

    /// With one member of a case, as it was or is, all of them.
    fn close(&mut self, before: &BTreeMap<Key, String>) {
        loop {
            let known = self.changed.len();
            for cases in [before, &self.cases] {
                let touched: BTreeSet<&String> = self.changed.iter().filter_map(|key| cases.get(key)).collect();
                let members: Vec<Key> = cases.iter().filter(|(_, case)| touched.contains(case)).map(|(key, _)| key.clone()).collect();
                self.changed.extend(members);
            }
            if self.changed.len() == known {
                return;
            }
        }
    }

    /// Postings' stores stand in for what an application does not say.
    async fn posting(&mut self, id: usize) {
        self.version += 1;
        let store = ["", "south", "west"][self.below(3)];
        let (requisition, posted_at) = (["", "r1", "r3"][self.below(3)], self.instant());
        for connection in CONNECTIONS {
            let row = json!({
                "connection": connection, "source_id": format!("j{id}"), "channel": "boss", "store": store, "city": "上海", "status": "open",
                "title_normal": (["店员", "店长"][id % 2]),
                "requisition_source_id": requisition, "posted_at": posted_at, "posted_precision": "exact", "version": self.version,
            });
            self.changed_postings.insert((connection.to_owned(), format!("j{id}")));
            self.rows.entry("postings").or_default().push(row);
        }
        self.flush().await;
        let told =
            self.world.rows("SELECT toString(connection) AS connection, source_id, posting_source_id FROM inflow.applications").await;
        let posting = format!("j{id}");
        self.changed.extend(
            told.iter()
                .filter(|row| text(row, "posting_source_id") == posting)
                .map(|row| (text(row, "connection"), text(row, "source_id"))),
        );
    }

    /// Postings join a cluster, or leave theirs, without a word of their own.
    async fn cluster(&mut self) {
        let cluster = ["boss/j1", "boss/j2", ""][self.below(3)];
        let mut rows = Vec::new();
        for _ in 0..3 {
            let posting = (CONNECTIONS[self.below(3)].to_owned(), format!("j{}", self.below(POSTINGS)));
            let id = if cluster.is_empty() { format!("{}/{}", posting.0, posting.1) } else { cluster.to_owned() };
            rows.push(json!({"connection": posting.0, "source_id": posting.1, "cluster_id": id}));
            self.changed_postings.insert(posting);
        }
        self.world.insert("posting_clusters", rows).await;
    }

    async fn note_changed(&mut self) {
        let cases = self.cases.clone();
        self.close(&cases);
        self.world.store.execute("TRUNCATE TABLE inflow.changed_applications", &[], &[]).await.unwrap();
        self.world.store.execute("TRUNCATE TABLE inflow.changed_postings", &[], &[]).await.unwrap();
        for (table, keys) in [("changed_applications", &mut self.changed), ("changed_postings", &mut self.changed_postings)] {
            let rows: Vec<Value> =
                std::mem::take(keys).into_iter().map(|(connection, id)| json!({"connection": connection, "source_id": id})).collect();
            if !rows.is_empty() {
                self.world.insert(table, rows).await;
            }
        }
    }

    /// The marts, a line a row.
    async fn marts(&self, database: &str) -> Vec<String> {
        let line = |table: &str| format!("SELECT concat('{table} ', toString(tuple(*))) AS line FROM {database}.{table}");
        let sql = [
            "application_stages",
            "posting_jobs",
            "requisition_jobs",
            "case_rows",
            "assessed",
            "hires",
            "published_postings",
            "posting_spans",
            "spend_days",
            "cost_sums",
            "journal_sums",
        ]
        .map(line)
        .join(" UNION ALL ");
        self.world.rows(&format!("SELECT line FROM ({sql}) ORDER BY line")).await.iter().map(|row| text(row, "line")).collect()
    }

    /// The sums by day are those of the rows, and conversion says the same from either.
    async fn sums_are_of_the_rows(&self) {
        let days = "SELECT toString(channel) AS channel, toString(store) AS store, toString(local_day) AS day, stage_rank, reached, \
                    toUInt64(sum(applications)) AS cases FROM inflow.stage_days GROUP BY ALL HAVING cases != 0 ORDER BY ALL";
        let rows = "SELECT toString(channel) AS channel, toString(store) AS store, \
                    toString(if(channel = 'indeed', toDate(entered_at, 'America/New_York'), toDate(entered_at, 'Asia/Shanghai'))) AS day, stage_rank, \
                    bitOr(toUInt16(bitShiftLeft(toUInt16(2), furthest) - 2), decided) AS reached, count() AS cases \
                    FROM inflow.application_stages GROUP BY ALL ORDER BY ALL";
        assert_eq!(self.world.rows(days).await, self.world.rows(rows).await);
        for by in [vec!["channel"], vec!["store", "week"], vec!["none"]] {
            let mut asked = query("conversion", &by, "2026-05-20", "2026-09-10");
            asked.as_of = at("2027-01-01T00:00:00Z");
            asked.filters.insert("channel".to_owned(), vec!["boss".to_owned(), "zhaopin".to_owned()]);
            let from_sums = self.world.ask(&asked).await.rows;
            // A zone that is not that of all channels asks for the rows.
            asked.tz = Some(chrono_tz::Asia::Shanghai);
            let from_rows = self.world.ask(&asked).await.rows;
            let differs = from_sums.iter().zip(&from_rows).find(|(a, b)| a != b);
            assert!(from_sums == from_rows, "by {by:?}, {} rows and {}: {differs:?}", from_sums.len(), from_rows.len());
            assert!(from_sums.iter().any(|row| row["numerator"].as_u64() > Some(10)), "by {by:?}");
        }
    }

    /// What a rebuild of everything says, beside the live tables.
    async fn anew(&self) -> Vec<String> {
        let World { store, config, clock, .. } = &self.world;
        let shadow = store.create_shadow().await.unwrap();
        let told = ["applications", "stage_events", "postings", "requisitions", "employment", "assessments"];
        for table in told.into_iter().chain(["candidate_links", "application_links", "posting_clusters", "spend"]) {
            store.execute(&format!("INSERT INTO {shadow}.{table} SELECT * FROM inflow.{table}"), &[], &[("final", "0")]).await.unwrap();
        }
        analyze_into(store, &shadow, config, clock).await.unwrap();
        let marts = self.marts(&shadow).await;
        store.drop_shadow().await.unwrap();
        marts
    }

    /// Tells one state of the view from another.
    async fn print(&self) -> String {
        let sql = "SELECT concat(toString(count()), ' ', toString(sum(cityHash64(connection, source_id, person_id, store, stage, entered_at)))) AS print \
                   FROM inflow.application_stages";
        text(&self.world.rows(sql).await[0], "print")
    }

    /// Generation, rows of the base, rows that replace some of it.
    async fn tiers(&self) -> [u64; 3] {
        let sql = "SELECT max(generation) AS generation, countIf(tier = 0) AS base, countIf(tier = 1) AS replacing FROM inflow.application_stage_tiers";
        let row = self.world.rows(sql).await.remove(0);
        ["generation", "base", "replacing"].map(|column| row[column].as_u64().unwrap())
    }

    /// A day: a few of everything.
    async fn day(&mut self, day: usize) {
        self.segment = format!("day {day}");
        for n in 0..3 {
            let key = (CONNECTIONS[self.below(3)].to_owned(), format!("d{day}-{n}"));
            self.application(&key, false);
        }
        for _ in 0..3 {
            let key = self.any();
            let deleted = self.one_in(3);
            self.application(&key, deleted);
        }
        for _ in 0..6 {
            let key = self.any();
            self.event(&key);
        }
        for _ in 0..5 {
            self.employment();
        }
        self.assessment();
        if day == 3 {
            self.requisition();
        }
        self.flush().await;
        self.regroup().await;
        if day.is_multiple_of(2) {
            self.links().await;
        } else {
            let id = self.below(POSTINGS);
            self.posting(id).await;
        }
        self.cluster().await;
        self.note_changed().await;
    }
}

fn text(row: &Map<String, Value>, column: &str) -> String {
    row[column].as_str().unwrap_or_default().to_owned()
}

/// Days of random changes on 1500 applications: by changes, and then everything anew, which must say the same.
#[tokio::test]
async fn what_changed_alone_gives_what_everything_anew_gives() {
    let seed = std::env::var("INFLOW_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_261_126);
    let mut company = Company::new(seed).await;
    for n in 0..1500 {
        let key = (CONNECTIONS[n % 3].to_owned(), format!("a{n}"));
        company.application(&key, false);
    }
    for _ in 0..1500 {
        let key = company.any();
        company.event(&key);
    }
    for _ in 0..100 {
        company.employment();
        company.assessment();
    }
    for _ in 0..8 {
        company.requisition();
        company.line();
    }
    company.flush().await;
    company.links().await;
    for _ in 0..20 {
        company.regroup().await;
    }
    company.note_changed().await;
    company.world.analyze().await;
    assert_eq!(company.tiers().await[2], 0);
    let (mut by_change, mut anew) = (0, 0);
    for day in 0..5 {
        let [generation, ..] = company.tiers().await;
        company.day(day).await;
        let before = company.print().await;
        let mut seen = BTreeSet::new();
        let reading = async {
            loop {
                seen.insert(company.print().await);
            }
        };
        tokio::select! {
            () = company.world.analyze_changes(&company.segment) => {}
            () = reading => {}
        }
        // Whoever read meanwhile saw what was before or what is now.
        seen.remove(&before);
        seen.remove(&company.print().await);
        assert!(seen.is_empty(), "seed {seed}, day {day}: {seen:?}");
        let [now, _, replacing] = company.tiers().await;
        if now == generation {
            assert!(replacing > 0);
            by_change += 1;
        } else {
            anew += 1;
        }
        let (changes, tiers) = (company.marts("inflow").await, company.tiers().await);
        let everything = company.anew().await;
        let differs = changes.iter().zip(&everything).find(|(a, b)| a != b);
        assert!(changes == everything, "seed {seed}, day {day}, {} rows against {}: {differs:?}", changes.len(), everything.len());
        assert_eq!(company.tiers().await, tiers);
        company.sums_are_of_the_rows().await;
    }
    assert!(by_change > 1 && anew > 0, "{by_change} days by changes, {anew} anew");
    // Of each connection three parts, and one of the cases that several tell of.
    let whole = company.marts("inflow").await;
    company.world.analyze_in_parts(200).await;
    let in_parts = company.marts("inflow").await;
    let differs = whole.iter().zip(&in_parts).find(|(a, b)| a != b);
    assert!(whole == in_parts, "seed {seed}, in parts, {} rows against {}: {differs:?}", whole.len(), in_parts.len());
    company.sums_are_of_the_rows().await;
}
