//! The applications that can link, out of the store.

use super::application::{Application, Begun, Evidence, Words};
use crate::PipelineError;
use crate::link::LINKING;
use crate::link::changed::REACHED;
use crate::link::read::case_hash;
use crate::normalise::title;
use crate::refill::for_each_row;
use crate::staging::Staging;
use chrono::{DateTime, NaiveDate};
use chrono_tz::Tz;
use inflow_config::{Config, Connection};
use inflow_store::Store;
use std::collections::HashMap;
use std::ops::Range;

/// The connector whose mails come from the boards themselves.
const MAILBOX: &str = "mailbox";

/// What linking works on.
pub struct Read {
    /// The applications.
    pub applications: Vec<Application>,
    /// Names of their connections, sorted.
    pub connections: Vec<String>,
    /// Their texts.
    pub words: Words,
}

/// A row of [`select`]: connection, id, person, linkable, names, channel, whether a source is named, requisition, job, store,
/// applied at and its precision, begun at, seen at, status. Instants are ms.
type Row = (String, Box<str>, u64, u8, Vec<u64>, String, u8, String, Job, String, Applied, Option<i64>, Option<i64>, String);
/// Title of the application, of its posting, id of its posting.
type Job = (String, String, String);
type Applied = (Option<i64>, String);

/// Which applications of persons and names that more than one connection knows are read.
pub enum Selection<'a> {
    /// All.
    Everything,
    /// Those whose hash is in this table, of persons alone.
    Cases(&'a str),
    /// A part.
    Part(&'a Parts<'a>, u64),
}

/// Reads applications that can link.
pub async fn read(store: &Store, config: &Config, database: &str, selection: &Selection<'_>) -> Result<Read, PipelineError> {
    let mut reader = Reader { config, places: HashMap::new(), words: Words::default(), titles: HashMap::new(), found: Vec::new() };
    let among = match selection {
        Selection::Everything => None,
        Selection::Cases(cases) => Some(Among::of_cases(store, database, cases).await?),
        Selection::Part(parts, part) => Some(parts.among(*part).await?),
    };
    for_each_row(store, &select(database, among.as_ref()), |row| reader.take(row)).await?;
    if let Some(among) = among {
        among.persons.drop().await?;
        if let Some(applications) = among.staged {
            applications.drop().await?;
        }
    }
    Ok(reader.finish())
}

fn select(database: &str, among: Option<&Among<'_>>) -> String {
    let of_these = "PREWHERE source_id IN (SELECT posting_source_id FROM able)";
    let [applications, links, postings] = match among {
        None => [format!("{database}.applications FINAL"), format!("{database}.candidate_links FINAL"), String::new()],
        Some(among) => [among.applications.clone(), among.persons.name(), of_these.to_owned()],
    };
    let names = if among.is_none_or(|among| among.named) {
        names(database)
    } else {
        "named AS (SELECT '' AS connection, '' AS source_id, CAST([], 'Array(UInt64)') AS names WHERE 0),\n\
         shared AS (SELECT '' AS connection, '' AS source_id WHERE 0),"
            .to_owned()
    };
    include_str!("applications.sql")
        .replace("$names", &names)
        .replace("$applications", &applications)
        .replace("$links", &links)
        .replace("$postings", &postings)
        .replace("$db", database)
}

fn names(database: &str) -> String {
    include_str!("names.sql").replace("$linking", &linking()).replace("$db", database)
}

/// Columns of `applications` that are read.
const COLUMNS: &str = "connection, source_id, candidate_source_id, channel, source_word, requisition_source_id, title, posting_source_id, \
                       store, applied_at, applied_precision, first_at, first_precision, status, deleted";
/// Columns of `candidate_links` that are read.
const PERSON_COLUMNS: &str = "connection, source_id, person_id, linkable, connections";

/// Some applications and their persons, put aside: the statement that reads applications looks at them from several sides.
struct Among<'s> {
    /// What applications are read from.
    applications: String,
    staged: Option<Staging<'s>>,
    persons: Staging<'s>,
    /// Whether names may join them.
    named: bool,
}

impl<'s> Among<'s> {
    /// The applications whose hash is in a table, and the persons of the candidates that were reached. Names join none of them, or all would be read.
    async fn of_cases(store: &'s Store, database: &'s str, cases: &str) -> Result<Self, PipelineError> {
        let case = case_hash("applications");
        // Columns of the sorting key may be asked before versions are told apart.
        let applications =
            format!("SELECT {COLUMNS} FROM {database}.applications FINAL PREWHERE {case} IN (SELECT case_hash FROM {cases})");
        let persons = format!(
            "SELECT {PERSON_COLUMNS} FROM {database}.candidate_links FINAL PREWHERE candidate IN (SELECT candidate FROM {database}.{REACHED})"
        );
        let applications = Staging::of(store, database, "link_applications", &applications).await?;
        let persons = Staging::of(store, database, "link_persons", &persons).await?;
        Ok(Self { applications: applications.name(), staged: Some(applications), persons, named: false })
    }
}

/// All applications of persons that several connections know, in parts of which each is linked alone: a person is in one part, and all whom names
/// may join are in the first.
pub struct Parts<'s> {
    store: &'s Store,
    database: &'s str,
    applications: Staging<'s>,
    /// The candidates that names may join, and all of their persons.
    named: Option<Staging<'s>>,
    /// Parts of the others.
    many: u64,
}

impl<'s> Parts<'s> {
    /// Parts of about so many candidates; none when all are no more.
    pub async fn of(store: &'s Store, database: &'s str, candidates: u64) -> Result<Option<Self>, PipelineError> {
        let links = format!("{database}.candidate_links");
        let counted = store.rows(&format!("SELECT count() AS known FROM {links} WHERE connections > 1"), &[]).await?;
        let known = counted.first().and_then(|row| row.get("known")?.as_u64()).unwrap_or_default();
        if known <= candidates {
            return Ok(None);
        }
        let named = if names_may_join(store, database).await? {
            let shared =
                format!("SELECT person_id FROM {links} FINAL WHERE candidate IN (SELECT cityHash64(connection, source_id) FROM shared)");
            let names = names(database);
            let sql = format!(
                "WITH {} SELECT candidate FROM {links} FINAL WHERE person_id IN ({shared})",
                names.trim_end().trim_end_matches(',')
            );
            Some(Staging::of(store, database, "link_named", &sql).await?)
        } else {
            None
        };
        let many = known.div_ceil(candidates.max(1));
        let (part, taken) = part_of(named.as_ref(), many);
        let of_persons = format!("SELECT candidate, {part} AS part FROM {links} FINAL WHERE {taken}");
        // By hash: texts of a million candidates would take their time.
        let sql = format!(
            "SELECT persons.part AS part, {COLUMNS} FROM {database}.applications FINAL \
             INNER JOIN ({of_persons}) AS persons ON persons.candidate = cityHash64(connection, candidate_source_id) WHERE deleted = 0"
        );
        let applications = Staging::sorted(store, database, "link_applications", "part, connection, source_id", &sql).await?;
        Ok(Some(Self { store, database, applications, named, many }))
    }

    /// Numbers of the parts.
    pub fn numbers(&self) -> Range<u64> {
        u64::from(self.named.is_none())..self.many + 1
    }

    async fn among(&self, part: u64) -> Result<Among<'s>, PipelineError> {
        let (number, taken) = part_of(self.named.as_ref(), self.many);
        let sql = format!("SELECT {PERSON_COLUMNS} FROM {}.candidate_links FINAL WHERE ({taken}) AND {number} = {part}", self.database);
        Ok(Among {
            applications: format!("(SELECT {COLUMNS} FROM {} WHERE part = {part})", self.applications.name()),
            staged: None,
            persons: Staging::of(self.store, self.database, "link_persons", &sql).await?,
            named: part == 0,
        })
    }

    /// Ends them.
    pub async fn drop(self) -> Result<(), PipelineError> {
        if let Some(named) = self.named {
            named.drop().await?;
        }
        self.applications.drop().await
    }
}

/// The part of a row of `candidate_links`, and whether it is in any, in SQL.
fn part_of(named: Option<&Staging<'_>>, many: u64) -> (String, String) {
    let other = format!("1 + cityHash64(person_id) % {many}");
    match named {
        None => (other, "connections > 1".to_owned()),
        Some(named) => {
            let by_name = format!("candidate IN (SELECT candidate FROM {})", named.name());
            (format!("if({by_name}, 0, {other})"), format!("connections > 1 OR {by_name}"))
        }
    }
}

/// The digest kinds that link, as SQL.
fn linking() -> String {
    LINKING.iter().map(|kind| format!("'{kind}'")).collect::<Vec<_>>().join(", ")
}

/// Whether any candidate tells a name and neither phone nor mail: such a name may lead to whomever.
pub async fn names_may_join(store: &Store, database: &str) -> Result<bool, PipelineError> {
    let sql = format!(
        "SELECT 1 FROM {database}.candidates WHERE deleted = 0 AND has(digest_kind, 'name_exact') AND NOT hasAny(digest_kind, [{}]) LIMIT 1 SETTINGS final = 0",
        linking()
    );
    Ok(!store.rows(&sql, &[]).await?.is_empty())
}

/// What the configuration says of a connection.
struct Place {
    number: u16,
    zone: Tz,
    /// Its one channel, if it has no words for others.
    own: Option<String>,
    mailbox: bool,
}

struct Reader<'a> {
    config: &'a Config,
    places: HashMap<String, Place>,
    words: Words,
    /// Normal forms of titles already seen.
    titles: HashMap<String, String>,
    found: Vec<Application>,
}

impl Reader<'_> {
    fn take(&mut self, row: Row) {
        let (connection, source_id, person, linkable, names, channel, named, requisition, job, store, applied, begun, seen, status) = row;
        let (config, next) = (self.config, self.places.len());
        let place = self.places.entry(connection).or_insert_with_key(|name| {
            let connection = config.connection(name);
            Place::of(connection, connection.map_or(config.settings.company.timezone, |c| config.connection_timezone(c)), next)
        });
        let day = |ms: i64| local_day(ms, place.zone);
        let begun = match (begun, seen) {
            (Some(ms), _) => Begun::On { ms, day: day(ms) },
            (None, Some(ms)) => Begun::By { ms, day: day(ms) },
            (None, None) => Begun::Untold,
        };
        let applied_day = applied.0.filter(|_| applied.1 != "observed").map(day);
        let evidence = place.evidence(&channel, named == 1);
        let number = place.number;
        let title = self.title(&job);
        let mut word = |text: &str| self.words.word(text);
        self.found.push(Application {
            connection: number,
            source_id,
            person,
            linkable: linkable == 1,
            names,
            channel: word(&channel),
            evidence,
            requisition: word(&requisition),
            title: word(&title),
            store: word(&store),
            applied_day,
            begun,
            outcome: word(if status == "open" { "" } else { &status }),
        });
    }

    fn title(&mut self, (own, of_posting, posting): &Job) -> String {
        let raw = [own, of_posting].into_iter().find(|title| !title.is_empty());
        // A sheet without ids has the title where the id would stand.
        let Some(raw) = raw.or_else(|| Some(posting).filter(|text| reads_like_a_title(text))) else { return String::new() };
        if let Some(known) = self.titles.get(raw) {
            return known.clone();
        }
        let normal = title::normalise(raw);
        self.titles.insert(raw.clone(), normal.clone());
        normal
    }

    /// Numbers the connections by name: they came in the order of the store.
    fn finish(self) -> Read {
        let mut names: Vec<(String, u16)> = self.places.into_iter().map(|(name, place)| (name, place.number)).collect();
        names.sort();
        let order: HashMap<u16, u16> = names.iter().map(|(_, number)| *number).zip(0..).collect();
        let mut applications = self.found;
        for application in &mut applications {
            application.connection = order.get(&application.connection).copied().unwrap_or_default();
        }
        Read { applications, connections: names.into_iter().map(|(name, _)| name).collect(), words: self.words }
    }
}

impl Place {
    fn of(connection: Option<&Connection>, zone: Tz, number: usize) -> Self {
        let alone = |connection: &Connection| connection.channel.clone().filter(|_| connection.source_map.is_empty());
        Self {
            number: u16::try_from(number).unwrap_or(u16::MAX),
            zone,
            own: connection.and_then(alone),
            mailbox: connection.is_some_and(|connection| connection.connector == MAILBOX),
        }
    }

    fn evidence(&self, channel: &str, named: bool) -> Evidence {
        if channel.starts_with("unknown:") {
            Evidence::Unknown
        } else if self.own.as_deref() == Some(channel) || (self.mailbox && named) {
            Evidence::OwnChannel
        } else if named {
            Evidence::Named
        } else {
            Evidence::Fallback
        }
    }
}

/// A posting's id that no posting has: words, and not a code.
fn reads_like_a_title(text: &str) -> bool {
    text.chars().any(|c| c.is_alphabetic() && !c.is_ascii()) || (text.contains(' ') && text.chars().any(char::is_alphabetic))
}

fn local_day(ms: i64, zone: Tz) -> i32 {
    let day = DateTime::from_timestamp_millis(ms).unwrap_or_default().with_timezone(&zone).date_naive();
    i32::try_from(day.signed_duration_since(NaiveDate::default()).num_days()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_no_title() {
        assert!(["电商客服", "Store manager", "C++ 工程师"].iter().all(|title| reads_like_a_title(title)));
        assert!(["1024", "90bb80d6-1b2c", "JOB-7", "2026 10 01", ""].iter().all(|code| !reads_like_a_title(code)));
    }

    #[test]
    fn days_are_local_days_since_1970() {
        let ms = |text: &str| text.parse::<DateTime<chrono::Utc>>().unwrap().timestamp_millis();
        assert_eq!(local_day(ms("1970-01-01T00:00:00Z"), Tz::UTC), 0);
        assert_eq!(local_day(ms("1970-01-01T16:00:00Z"), Tz::Asia__Shanghai), 1);
        assert_eq!(local_day(ms("1970-01-01T04:59:59Z"), Tz::America__New_York), -1);
    }

    #[test]
    fn a_connection_of_one_channel_knows_best_and_a_fallback_knows_little() {
        let place = |channel: Option<&str>, map: &[&str], connector: &str| {
            let mut connection = Connection::new("c", connector);
            connection.channel = channel.map(str::to_owned);
            connection.source_map = map.iter().map(|word| ((*word).to_owned(), "boss".to_owned())).collect();
            Place::of(Some(&connection), Tz::UTC, 0)
        };
        let export = place(Some("boss"), &[], "file");
        assert_eq!(export.evidence("boss", false), Evidence::OwnChannel);
        assert_eq!(export.evidence("zhaopin", true), Evidence::Named);
        let system = place(Some("career_site"), &["BOSS直聘"], "moka");
        assert_eq!(system.evidence("boss", true), Evidence::Named);
        assert_eq!(system.evidence("career_site", false), Evidence::Fallback);
        assert_eq!(system.evidence("unknown:猎头", true), Evidence::Unknown);
        assert_eq!(place(None, &[], MAILBOX).evidence("boss", true), Evidence::OwnChannel);
    }
}
