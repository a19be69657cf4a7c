//! Rebuilds the marts and installs the metrics' views.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicBool, Ordering};

use inflow_config::{Config, SharedClock};
use inflow_store::{Reading, Store, quote_text, within_segments};

use serde_json::{Map, Value};

use crate::AnalyticsError;
use crate::catalogue::{Metric, catalogue};
use crate::closing::{self, closing_text};
use crate::hires;
use crate::job_families::{self, with_openings};
use crate::jobs::{Desk, JOBS, Stays};
use crate::ledger;
use crate::owed;
use crate::postings;
use crate::report::instant;
use crate::stages::{self, Made};
use crate::statement::booked_costs;
use crate::superseded::superseded;
use crate::zones::Zones;

/// The marts that SQL alone makes, in the order in which they are made.
const MARTS: [&str; 5] = ["application_stages", "posting_quarters", ledger::JOURNAL, "spend_days", "hires"];
/// The statement that compares channels with the ledger.
pub(crate) const SPEND_TIE: &str = include_str!("../sql/shared/spend_tie.sql");
/// Installing the views of the metrics.
const VIEWS: &str = "views";

/// The analyses that [`analyze`] can be asked for, in the order in which they run.
pub fn jobs() -> Vec<&'static str> {
    MARTS.into_iter().chain(JOBS.iter().map(|job| job.name)).chain([VIEWS]).collect()
}

/// Those of them whose result changes as time passes, though nothing new came.
pub fn jobs_of_the_clock() -> Vec<&'static str> {
    ["posting_quarters"].into_iter().chain(JOBS.iter().filter(|job| job.of_the_clock).map(|job| job.name)).collect()
}

/// The live derived database, which the SQL files name.
const LIVE: &str = "inflow";

/// Which cases `application_stages` is computed anew for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// All of them.
    All,
    /// Those of the table `changed_applications`. It holds each application whose own row, events, candidate link, case or posting changed
    /// since the last analysis, and with one member of a case, as it is or was, all members; `changed_postings` holds each posting whose own row,
    /// events or cluster did. These segments brought what is new since then;
    /// the configuration is what it was.
    Changed(Vec<Reading>),
}

/// Rebuilds the marts of the live database and installs the metrics; only the `wanted` of [`jobs`], all of them when none is named.
///
/// The tables `channels` and `fx_rates` are written from the configuration each time. The result depends on the
/// derived tables, the configuration and, for the exposure of postings that are still open, the clock; it does not depend on `scope`.
pub async fn analyze(store: &Store, config: &Config, clock: &SharedClock, wanted: &[String], scope: &Scope) -> Result<(), AnalyticsError> {
    let known = jobs();
    if let Some(name) = wanted.iter().find(|name| !known.contains(&name.as_str())) {
        return Err(AnalyticsError::UnknownJob { name: name.clone(), accepted: known.into_iter().map(str::to_owned).collect() });
    }
    let wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|one| one == name);
    let marts = Marts::new(store, LIVE, config);
    rebuild(&marts, config, clock, &wanted, scope).await?;
    if wanted(VIEWS) {
        install(store).await?;
    }
    Ok(())
}

/// Rebuilds all marts of another derived database, such as the shadow of a replay.
///
/// The metrics stay with the live database: their views name its tables, which a replay exchanges beneath them.
pub async fn analyze_into(store: &Store, db: &str, config: &Config, clock: &SharedClock) -> Result<(), AnalyticsError> {
    rebuild(&Marts::new(store, db, config), config, clock, &|_| true, &Scope::All).await
}

/// As [`analyze`] of everything, with so many applications in one statement at most: what very many of them are analysed by, for tests.
pub async fn analyze_in_parts(store: &Store, config: &Config, clock: &SharedClock, applications: u64) -> Result<(), AnalyticsError> {
    rebuild(&Marts { part: applications, ..Marts::new(store, LIVE, config) }, config, clock, &|_| true, &Scope::All).await
}

async fn rebuild(
    marts: &Marts<'_>,
    config: &Config,
    clock: &SharedClock,
    wanted: &impl Fn(&str) -> bool,
    scope: &Scope,
) -> Result<(), AnalyticsError> {
    let stages = async || if wanted("application_stages") { stages::rebuild(marts, config, scope).await } else { Ok(Made::Anew) };
    let channels = async || marts.rebuild_if_other("channels", &channels(config)).await.map(drop);
    // The last two stand on the others, and not on each other.
    let desk = Desk::new(marts, config, clock.now());
    let hires = async |scope: &Scope| if wanted("hires") { hires::rebuild(marts, config, scope).await } else { Ok(()) };
    if wanted("application_stages") {
        job_families::rebuild(marts, config, scope).await?;
    }
    let news = News::of(marts, scope).await?;
    let jobs = async |of_hires: bool| {
        for job in JOBS.iter().filter(|job| job.of_hires == of_hires && wanted(job.name)) {
            let stays = match job.stays {
                Stays::Never => false,
                Stays::Without(tables) => news.has_none_for(tables),
                Stays::WithoutUnless(tables, stale) => news.has_none_for(tables) && marts.number(stale(&desk).as_str()).await? == 0,
            };
            if stays {
                tracing::debug!(db = marts.db, job = job.name, "nothing new to it");
                continue;
            }
            (job.run)(&desk).await?;
            tracing::debug!(db = marts.db, job = job.name, "job done");
        }
        Ok(())
    };
    // Where cost depends on people, the ledger comes after them, and what stands on it after the ledger.
    let of_people = config.finance.asks_people();
    let ledger = async || if of_people { of_spend(marts, config, wanted, scope, &news).await } else { Ok(()) };
    match scope {
        // Each needs the memory for itself.
        Scope::All => {
            others(marts, config, clock, wanted, scope, &news).await?;
            stages().await?;
            channels().await?;
            hires(scope).await?;
            if of_people {
                ledger().await?;
                channels().await?;
            }
            jobs(false).await?;
        }
        Scope::Changed(_) => {
            let names = channel_names(marts).await?;
            if wanted("hires") {
                hires::begin(marts).await?;
            }
            let (made, ()) = tokio::try_join!(stages(), others(marts, config, clock, wanted, scope, &news))?;
            channels().await?;
            // What people call a channel may mean another one now.
            let by_change = made == Made::ByChange && names == channel_names(marts).await?;
            let hires = hires(if by_change { scope } else { &Scope::All });
            if of_people {
                hires.await?;
                ledger().await?;
                channels().await?;
                jobs(false).await?;
            } else {
                tokio::try_join!(hires, jobs(false))?;
            }
        }
    }
    jobs(true).await
}

/// The marts that SQL alone makes of single tables.
async fn others(
    marts: &Marts<'_>,
    config: &Config,
    clock: &SharedClock,
    wanted: &impl Fn(&str) -> bool,
    scope: &Scope,
    news: &News,
) -> Result<(), AnalyticsError> {
    marts.rebuild_if_other("delivered_kinds", include_str!("../sql/marts/delivered_kinds.sql")).await?;
    if *scope == Scope::All {
        marts.rebuild("fx_rates", &fx_rates(config), &[]).await?;
    }
    marts.rebuild_if_other("budgets", &budgets(config)).await?;
    marts.rebuild_if_other("cost_basis", &format!("SELECT {} AS basis", quote_text(config.finance.cost.basis.as_str()))).await?;
    if !config.finance.asks_people() {
        of_spend(marts, config, wanted, scope, news).await?;
    }
    if wanted("posting_quarters") {
        if news.postings {
            postings::rebuild(marts, scope).await?;
        }
        let as_of = [("as_of", instant(clock.now()))];
        marts.rebuild("posting_quarters", include_str!("../sql/marts/posting_quarters.sql"), &as_of).await?;
    }
    Ok(())
}

/// The ledger's marts and what every figure of cost reads, when a line is new or what its rules know of people is other than before.
async fn of_spend(
    marts: &Marts<'_>,
    config: &Config,
    wanted: &impl Fn(&str) -> bool,
    scope: &Scope,
    news: &News,
) -> Result<(), AnalyticsError> {
    if wanted(ledger::JOURNAL) && owed::rebuild(marts, config, scope).await? {
        news.people.store(true, Ordering::Relaxed);
    }
    // An invoice says more of a line's tax, a requisition of whom its cost is for.
    let new = news.people.load(Ordering::Relaxed) || news.of_any(&["spend", "invoices", "requisitions"]);
    if wanted(ledger::JOURNAL) && new {
        ledger::rebuild(marts, config).await?;
        marts.rebuild("journal_sums", include_str!("../sql/marts/journal_sums.sql"), &[]).await?;
    }
    if wanted("spend_days") && new {
        let base = quote_text(config.settings.company.currency.as_str());
        let sql = with_openings(include_str!("../sql/marts/spend_days.sql")).replace("$base", &base);
        marts.rebuild("spend_days", &sql, &[]).await?;
        marts.rebuild("cost_sums", include_str!("../sql/marts/cost_sums.sql"), &[]).await?;
        closing::rebuild_later(marts).await?;
    }
    Ok(())
}

/// Of what an analysis has something new.
struct News {
    /// Whether postings changed.
    postings: bool,
    /// Tables to which rows came, of those that are asked for; absent: all may have.
    brought: Option<BTreeSet<&'static str>>,
    /// Whether what the ledger's rules know of people is other than before: the journal was made anew for them.
    people: AtomicBool,
}

/// Tables that are asked whether rows came.
const BROUGHT: [&str; 4] = ["spend", "invoices", "requisitions", "bank_lines"];

impl News {
    async fn of(marts: &Marts<'_>, scope: &Scope) -> Result<Self, AnalyticsError> {
        let Scope::Changed(segments) = scope else { return Ok(Self { postings: true, brought: None, people: AtomicBool::new(false) }) };
        if segments.is_empty() {
            return Ok(Self { postings: false, brought: Some(BTreeSet::new()), people: AtomicBool::new(false) });
        }
        let brought = BROUGHT
            .map(|table| format!("(SELECT count() > 0 FROM inflow.{table} WHERE {}) AS {table}", within_segments("segment", segments)))
            .join(", ");
        let sql = format!("SELECT {brought}, (SELECT count() > 0 FROM inflow.changed_postings) AS postings SETTINGS final = 0");
        let rows = marts.store.rows(&marts.here(&sql), &[]).await.map_err(AnalyticsError::store("cannot read what is new"))?;
        let is = |column: &str| rows.first().and_then(|row| row.get(column)?.as_u64()) != Some(0);
        let brought = Some(BROUGHT.into_iter().filter(|table| is(table)).collect());
        Ok(Self { postings: is("postings"), brought, people: AtomicBool::new(false) })
    }

    /// Whether a job that reads these tables and the journal would say the same again.
    fn has_none_for(&self, tables: &[&str]) -> bool {
        !self.of_any(tables) && !self.people.load(Ordering::Relaxed)
    }

    /// Whether rows came to any of these tables.
    fn of_any(&self, tables: &[&str]) -> bool {
        self.brought.as_ref().is_none_or(|brought| tables.iter().any(|table| brought.contains(table)))
    }
}

/// Every channel and what people call it.
async fn channel_names(marts: &Marts<'_>) -> Result<Vec<Map<String, Value>>, AnalyticsError> {
    let sql = "SELECT channel, name_en, name_zh, position FROM inflow.channels ORDER BY channel";
    marts.store.rows(&marts.here(sql), &[]).await.map_err(AnalyticsError::store("cannot read the channels"))
}

/// The marts of one database.
pub(crate) struct Marts<'a> {
    pub(crate) store: &'a Store,
    pub(crate) db: &'a str,
    zones: Zones,
    /// Bytes that a join may hold before it spills to disk.
    budget: String,
    /// Applications whose cases one statement makes.
    pub(crate) part: u64,
}

/// Bytes of the engine's memory for each application of a statement that makes cases.
const BYTES_OF_APPLICATION: u64 = 2_560;

impl<'a> Marts<'a> {
    fn new(store: &'a Store, db: &'a str, config: &Config) -> Self {
        let memory = config.settings.store.max_memory;
        Self { store, db, zones: Zones::new(config), budget: (memory / 8).to_string(), part: memory / BYTES_OF_APPLICATION }
    }

    /// Those of the live database.
    pub(crate) fn live(store: &'a Store, config: &Config) -> Self {
        Self::new(store, LIVE, config)
    }
}

impl Marts<'_> {
    /// Runs a statement on this database.
    pub(crate) async fn execute(&self, sql: &str) -> Result<(), AnalyticsError> {
        let done = self.store.execute(&self.here(sql), &[], &self.settings()).await;
        done.map_err(AnalyticsError::store("cannot compute marts"))
    }

    pub(crate) async fn rebuild(&self, table: &str, sql: &str, params: &[(&str, String)]) -> Result<(), AnalyticsError> {
        self.rebuild_in_parts(table, &[sql.to_owned()], params).await
    }

    /// From statements that run one after the other.
    pub(crate) async fn rebuild_in_parts(&self, table: &str, sql: &[String], params: &[(&str, String)]) -> Result<(), AnalyticsError> {
        let sql: Vec<String> = sql.iter().map(|sql| self.here(sql)).collect();
        self.store
            .rebuild_table(self.db, table, &sql, params, &self.settings())
            .await
            .map_err(AnalyticsError::store(format!("cannot rebuild {table}")))?;
        tracing::debug!(db = self.db, table, "mart rebuilt");
        Ok(())
    }

    /// What a SELECT of one number says.
    pub(crate) async fn number(&self, sql: &str) -> Result<u64, AnalyticsError> {
        let rows = self.store.rows(&self.here(&format!("SELECT toUInt64(({sql})) AS number SETTINGS final = 0")), &[]).await;
        let rows = rows.map_err(AnalyticsError::store("cannot read what changed"))?;
        Ok(rows.first().and_then(|row| row.get("number")?.as_u64()).unwrap_or_default())
    }

    /// Makes sure that a table has no rows.
    pub(crate) async fn empty(&self, table: &str) -> Result<(), AnalyticsError> {
        self.execute(&format!("TRUNCATE TABLE inflow.{table}")).await
    }

    /// The same as [`rebuild`](Self::rebuild) for a small table that seldom changes: the rows are compared first, which costs less than to exchange tables.
    /// Gives whether they were other ones.
    pub(crate) async fn rebuild_if_other(&self, table: &str, sql: &str) -> Result<bool, AnalyticsError> {
        // The sum of the hashes of rows is that of the rows in whatever order.
        let print = |from: &str| format!("(SELECT (count(), sum(sipHash64(toString(tuple(*))))) FROM {from})");
        let same = format!("SELECT {} = {} AS same SETTINGS final = 0", print(&format!("({sql})")), print(&format!("inflow.{table}")));
        let rows = self.store.rows(&self.here(&same), &[]).await;
        let rows = rows.map_err(AnalyticsError::store(format!("cannot compare {table}")))?;
        if rows.first().and_then(|row| row.get("same")?.as_u64()) == Some(1) {
            return Ok(false);
        }
        self.rebuild(table, sql, &[]).await?;
        Ok(true)
    }

    /// One partition of a table, from statements that run one after the other.
    pub(crate) async fn rebuild_partition(
        &self,
        table: &str,
        partition: &str,
        sql: &[String],
        params: &[(&str, String)],
    ) -> Result<(), AnalyticsError> {
        let sql: Vec<String> = sql.iter().map(|sql| self.here(sql)).collect();
        self.store
            .rebuild_partition(self.db, table, partition, &sql, params, &self.settings())
            .await
            .map_err(AnalyticsError::store(format!("cannot rebuild {table}")))?;
        tracing::debug!(db = self.db, table, partition, "mart rebuilt");
        Ok(())
    }

    fn settings(&self) -> Vec<(&str, &str)> {
        vec![
            ("optimize_aggregation_in_order", "1"),
            // Spills to disk; ASOF joins, which it cannot do, are hashed.
            ("join_algorithm", "grace_hash,hash"),
            ("max_bytes_in_join", &self.budget),
            ("max_bytes_before_external_group_by", &self.budget),
            ("max_bytes_before_external_sort", &self.budget),
            // A case has five stages, so rows get more on the way; they are sorted in blocks before they are written.
            ("max_block_size", "16384"),
            ("min_insert_block_size_rows", "262144"),
            ("min_insert_block_size_bytes", "67108864"),
            // Where the newest version is meant the SQL says so.
            ("final", "0"),
        ]
    }

    /// The SQL for this database and its zones. `inflow_state.` has no dot after `inflow`, so it stays.
    pub(crate) fn here(&self, sql: &str) -> String {
        self.zones.written_into(&sql.replace("inflow.", &format!("{}.", self.db)))
    }
}

fn channels(config: &Config) -> String {
    let company = config.settings.company.timezone;
    let rows: Vec<String> = config
        .channels
        .iter()
        .zip(0_u32..)
        .map(|(channel, position)| {
            let [id, en, zh] = [&channel.id, &channel.name.en, &channel.name.zh].map(|value| quote_text(value));
            let zone = quote_text(channel.timezone.unwrap_or(company).name());
            format!("({id}, {en}, {zh}, {zone}, {position})")
        })
        .collect();
    let configured = format!("CAST([{}], 'Array(Tuple(String, String, String, String, UInt32))')", rows.join(", "));
    include_str!("../sql/marts/channels.sql").replace("$configured", &configured).replace("$company_zone", &quote_text(company.name()))
}

fn fx_rates(config: &Config) -> String {
    let base = config.settings.company.currency.as_str();
    let row = |currency: &str, from: &str, rate: &str| {
        let [currency, base, from, rate] = [currency, base, from, rate].map(quote_text);
        format!("({currency}, {base}, {from}, {rate})")
    };
    let mut rows = vec![row(base, "1970-01-01", "1")];
    for rate in &config.settings.rates {
        if rate.currency.as_str() != base {
            rows.push(row(rate.currency.as_str(), &rate.from.to_string(), &rate.rate.to_string()));
        }
    }
    include_str!("../sql/marts/fx_rates.sql").replace("$rates", &format!("[{}]", rows.join(", ")))
}

fn budgets(config: &Config) -> String {
    let row = |budget: &inflow_config::Budget| {
        let words = [&budget.channel, &budget.store, &budget.department].map(|word| quote_text(word.as_deref().unwrap_or_default()));
        format!("({}, {}, {})", quote_text(&budget.month.to_string()), words.join(", "), quote_text(&budget.amount.to_string()))
    };
    let rows: Vec<String> = config.finance.budget.iter().map(row).collect();
    let rows = format!("CAST([{}], 'Array(Tuple(String, String, String, String, String))')", rows.join(", "));
    include_str!("../sql/marts/budgets.sql").replace("$budgets", &rows)
}

/// Creates the views of the live database anew, unless all of them are there as they would be made.
async fn install(store: &Store) -> Result<(), AnalyticsError> {
    let mut views = vec![
        ("spend_tie_v1".to_owned(), SPEND_TIE.to_owned()),
        ("booked_costs".to_owned(), booked_costs()),
        ("closing_text".to_owned(), closing_text()),
    ];
    for metric in catalogue() {
        views.push((metric.view(), metric.statement()));
        views.push((format!("metric_{}", metric.id), current(metric)));
    }
    views.extend(superseded().iter().map(|metric| (metric.view(), metric.statement())));
    let mut hasher = DefaultHasher::new();
    views.hash(&mut hasher);
    let made = format!("{:016x}", hasher.finish());
    let installed = installed(store, &made).await?;
    if views.iter().all(|(name, _)| installed.contains(name)) {
        return Ok(());
    }
    let old: Vec<String> = made_before(store).await?.into_iter().filter(|old| views.iter().all(|(name, _)| name != old)).collect();
    for name in old {
        let sql = format!("DROP VIEW IF EXISTS {LIVE}.`{name}`");
        store.execute(&sql, &[], &[]).await.map_err(AnalyticsError::store(format!("cannot remove the view {name}")))?;
    }
    for (name, sql) in views {
        let sql = format!("CREATE OR REPLACE VIEW {LIVE}.{name} AS\n{sql}\nCOMMENT {}", quote_text(&made));
        store.execute(&sql, &[], &[]).await.map_err(AnalyticsError::store(format!("cannot install the view {name}")))?;
    }
    Ok(())
}

/// The views of the live database that were made of this.
async fn installed(store: &Store, made: &str) -> Result<BTreeSet<String>, AnalyticsError> {
    let sql = "SELECT name FROM system.tables WHERE database = {database:String} AND engine = 'View' AND comment = {made:String}";
    let rows = store.rows(sql, &[("database", LIVE.to_owned()), ("made", made.to_owned())]).await;
    let rows = rows.map_err(AnalyticsError::store("cannot read which views are installed"))?;
    Ok(rows.iter().filter_map(|row| row.get("name")?.as_str().map(str::to_owned)).collect())
}

/// All views of the live database that some program's analysis made: their comments are hashes.
async fn made_before(store: &Store) -> Result<BTreeSet<String>, AnalyticsError> {
    let sql = "SELECT name FROM system.tables WHERE database = {database:String} AND engine = 'View' AND match(comment, '^[0-9a-f]{16}$')";
    let rows = store.rows(sql, &[("database", LIVE.to_owned())]).await;
    let rows = rows.map_err(AnalyticsError::store("cannot read which views are installed"))?;
    Ok(rows.iter().filter_map(|row| row.get("name")?.as_str().map(str::to_owned)).collect())
}

/// `metric_<id>` is the current version under a name that stays. Through it a statement is analysed twice; to make it with the whole text would take
/// every new store as long again as all versions do (some 2 s).
fn current(metric: &Metric) -> String {
    format!(
        "SELECT * FROM {LIVE}.{}(from = {{from:Date}}, to = {{to:Date}}, tz = {{tz:String}}, as_of = {{as_of:DateTime64(3, 'UTC')}}, \
         by = {{by:Array(String)}}, channel = {{channel:Array(String)}}, store = {{store:Array(String)}})",
        metric.view()
    )
}
