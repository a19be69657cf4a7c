//! Openings out of the store, and their descriptions.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use inflow_config::{Config, Explain, Feed};
use inflow_pipeline::normalise::company;
use inflow_store::{Store, StoreError};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Map, Value};
use url::Url;

use super::{LeftOut, Opening, Openings, Pay, settings, text};

/// Bytes of a longer file of a description are not read.
const LONGEST: u64 = 256 << 10;

/// Why openings cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// The store does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The folder of descriptions cannot be read.
    #[error("the descriptions in {} cannot be read: {source}", path.display())]
    Descriptions {
        /// The folder, or a file of it.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl Explain for FeedError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Store(error) => error.hint(),
            Self::Descriptions { .. } => {
                Some("`descriptions` under [feed] in inflow.toml names a folder of .md and .txt files in UTF-8".to_owned())
            }
        }
    }

    fn exit_code(&self) -> u8 {
        match self {
            Self::Store(error) => error.exit_code(),
            Self::Descriptions { .. } => 1,
        }
    }
}

/// Postings that the public can see now.
const LIVE: &str = "
SELECT
    toString(p.connection) AS connection, p.source_id AS id, toString(p.channel) AS channel, p.requisition_source_id AS requisition, p.title AS title,
    toString(p.city) AS city, toString(p.province) AS region, toString(p.country) AS country, toString(p.department) AS department,
    toString(p.store) AS store, toString(p.employment_type) AS employment_type, p.pay_text AS pay_text, toString(p.pay_min) AS pay_min,
    toString(p.pay_max) AS pay_max, toString(p.pay_currency) AS pay_currency, toString(p.pay_period) AS pay_period, p.url AS url, p.body AS body, toString(p.company) AS company,
    if(isNull(coalesce(p.posted_at, s.opened_at)), NULL, toUnixTimestamp64Milli(assumeNotNull(coalesce(p.posted_at, s.opened_at)))) AS posted,
    if(isNull(p.closed_at), NULL, toUnixTimestamp64Milli(assumeNotNull(p.closed_at))) AS closes, c.cluster_id AS cluster
FROM (SELECT * FROM inflow.postings FINAL WHERE deleted = 0 AND status = 'open' AND (isNull(closed_at) OR closed_at > {now:DateTime64(3, 'UTC')})) AS p
LEFT JOIN (SELECT connection, source_id, toNullable(argMax(opened_at, span)) AS opened_at FROM inflow.posting_spans GROUP BY connection, source_id) AS s
    ON s.connection = p.connection AND s.source_id = p.source_id
LEFT JOIN inflow.posting_clusters AS c ON c.connection = p.connection AND c.source_id = p.source_id
ORDER BY posted DESC NULLS LAST, connection, id";

/// No column but these: what else a requisition says is internal.
const REQUISITIONS: &str =
    "SELECT toString(connection) AS connection, source_id AS id, toString(status) AS status, toString(department) AS department,
    toString(store) AS store FROM inflow.requisitions FINAL WHERE deleted = 0";

/// Which requisitions the postings of a job name, those that have ended too: of copies that name none it is known by these whose they are.
const NAMED: &str = "
SELECT DISTINCT c.cluster_id AS cluster, toString(p.connection) AS connection, p.requisition_source_id AS requisition
FROM (SELECT connection, source_id, requisition_source_id FROM inflow.postings FINAL WHERE deleted = 0 AND requisition_source_id != '') AS p
INNER JOIN inflow.posting_clusters AS c ON c.connection = p.connection AND c.source_id = p.source_id
WHERE c.cluster_id != ''";

const CHANGED: &str = "SELECT bitShiftRight(max(version), 20) AS changed FROM (SELECT max(version) AS version FROM inflow.postings
    UNION ALL SELECT max(version) FROM inflow.requisitions)";

#[derive(Debug, Deserialize)]
struct Posting {
    connection: String,
    id: String,
    channel: String,
    requisition: String,
    title: String,
    city: String,
    region: String,
    country: String,
    department: String,
    store: String,
    employment_type: String,
    pay_text: String,
    pay_min: Option<Decimal>,
    pay_max: Option<Decimal>,
    pay_currency: String,
    pay_period: String,
    url: String,
    body: String,
    company: String,
    posted: Option<i64>,
    closes: Option<i64>,
    cluster: String,
}

/// A requisition that a posting of a job names.
#[derive(Debug, Clone, Deserialize)]
struct Named {
    cluster: String,
    connection: String,
    requisition: String,
}

#[derive(Debug, Clone, Deserialize)]
struct Requisition {
    connection: String,
    id: String,
    status: String,
    department: String,
    store: String,
}

impl Openings {
    /// What can be published now.
    ///
    /// # Errors
    /// When the store does not answer, or the descriptions cannot be read.
    pub async fn read(store: &Store, config: &Config, now: DateTime<Utc>) -> Result<Self, FeedError> {
        let now = now.format("%Y-%m-%d %H:%M:%S%.3f").to_string();
        let postings: Vec<Posting> = typed(store.rows(LIVE, &[("now", now)]).await?)?;
        let requisitions: Vec<Requisition> = typed(store.rows(REQUISITIONS, &[]).await?)?;
        let named: Vec<Named> = typed(store.rows(NAMED, &[]).await?)?;
        let changed = store.rows(CHANGED, &[]).await?;
        let changed = changed.first().and_then(|row| row.get("changed")?.as_i64()).and_then(DateTime::from_timestamp_millis);
        let descriptions = settings(config).descriptions.as_ref().map(|folder| descriptions(&config.resolve(folder))).transpose()?;
        Ok(made(config, postings, (&requisitions, &named), &descriptions.unwrap_or_default(), changed.unwrap_or_default()))
    }
}

fn typed<T: serde::de::DeserializeOwned>(rows: Vec<Map<String, Value>>) -> Result<Vec<T>, StoreError> {
    let unreadable = |error: serde_json::Error| StoreError::Answer { what: "openings".to_owned(), message: error.to_string() };
    rows.into_iter().map(|row| serde_json::from_value(Value::Object(row))).collect::<Result<_, _>>().map_err(unreadable)
}

/// Texts by the names of their files.
fn descriptions(folder: &Path) -> Result<BTreeMap<String, String>, FeedError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| FeedError::Descriptions { path, source }
    };
    let mut all = BTreeMap::new();
    for entry in std::fs::read_dir(folder).map_err(failed(folder))? {
        let path = entry.map_err(failed(folder))?.path();
        let is_text = path.extension().and_then(|one| one.to_str()).is_some_and(|one| matches!(one, "md" | "txt"));
        let (Some(stem), true) = (path.file_stem().and_then(|stem| stem.to_str()), is_text) else { continue };
        if path.metadata().map_err(failed(&path))?.len() <= LONGEST {
            all.insert(stem.to_owned(), std::fs::read_to_string(&path).map_err(failed(&path))?);
        }
    }
    Ok(all)
}

fn made(
    config: &Config,
    postings: Vec<Posting>,
    (requisitions, named): (&[Requisition], &[Named]),
    descriptions: &BTreeMap<String, String>,
    changed_at: DateTime<Utc>,
) -> Openings {
    let feed = settings(config);
    let known = Known::of(requisitions, named, &postings);
    let employer = Employer::of(config);
    let mut strangers: BTreeMap<String, (usize, BTreeSet<String>)> = BTreeMap::new();
    let rank = |posting: &Posting| feed.channels.iter().position(|channel| *channel == posting.channel);
    let mut jobs: BTreeMap<String, (Option<&Requisition>, Vec<Posting>)> = BTreeMap::new();
    for posting in postings {
        if !feed.channels.is_empty() && rank(&posting).is_none() {
            continue;
        }
        if !employer.is(&posting.company) {
            let (count, names) = strangers.entry(posting.connection).or_default();
            *count += 1;
            names.insert(posting.company);
            continue;
        }
        let candidates = known.candidates(&posting);
        let requisition = if let [one] = candidates.as_slice() { Some(*one) } else { None };
        let of = |own: fn(&Requisition) -> &String, posted: &String| {
            requisition.map(own).filter(|one| !one.is_empty()).unwrap_or(posted).clone()
        };
        let (department, store) = (of(|one| &one.department, &posting.department), of(|one| &one.store, &posting.store));
        let wanted = |list: &[String], word: &String| list.is_empty() || list.contains(word);
        // Where it is not known which of several it is, one of them must be open.
        let is_open = candidates.is_empty() || candidates.iter().any(|one| one.is_open());
        if !is_open || !wanted(&feed.departments, &department) || !wanted(&feed.stores, &store) {
            continue;
        }
        let own = format!("{}/{}", posting.connection, posting.id);
        let job = if posting.cluster.is_empty() { &own } else { &posting.cluster };
        let id = requisition.map_or_else(|| key(&["job", job]), |one| key(&["requisition", &one.connection, &one.id]));
        jobs.entry(id).or_insert((requisition, Vec::new())).1.push(Posting { department, ..posting });
    }
    let all = jobs.into_iter().map(|(id, (requisition, mut postings))| {
        // The newest first, as they were read.
        postings.sort_by_key(rank);
        opening(config, id, requisition, &postings, descriptions)
    });
    Openings {
        company: feed.company.clone().unwrap_or_else(|| config.settings.company.name.clone()),
        site: feed.site.clone().or_else(|| feed.base_url.clone()),
        changed_at,
        all: all.collect(),
        strangers: strangers.into_iter().map(|(connection, (count, names))| stranger(connection, count, &names)).collect(),
    }
}

/// Postings of a connection that name other employers.
fn stranger(connection: String, count: usize, names: &BTreeSet<String>) -> LeftOut {
    let first: Vec<&str> = names.iter().take(3).map(String::as_str).collect();
    let (more_en, more_zh) = match names.len() - first.len() {
        0 => (String::new(), String::new()),
        more => (format!(" and {more} more"), format!(" 等 {} 家", names.len())),
    };
    LeftOut {
        en: format!(
            "postings that name another employer: {count} ({}{more_en}); `companies` under [feed] in inflow.toml lists the company's own other names",
            first.join(", ")
        ),
        zh: format!("{count} 个职位属于其他公司({}{more_zh});本公司的其他名称请写入 inflow.toml 中 [feed] 的 companies", first.join("、")),
        title: connection.clone(),
        id: connection,
    }
}

/// The names that the company goes by, as far as they can be compared: job boards of applicant systems write `acme-kites` for Acme Kites Ltd.
struct Employer(BTreeSet<String>);

impl Employer {
    fn of(config: &Config) -> Self {
        let feed = settings(config);
        let names = std::iter::once(&config.settings.company.name).chain(&feed.company).chain(&feed.companies);
        Self(names.map(|name| Self::comparable(name)).filter(|name| !name.is_empty()).collect())
    }

    fn comparable(name: &str) -> String {
        company::normalise(name).chars().filter(|c| c.is_alphanumeric()).collect()
    }

    /// Whether a posting that says so is the company's: boards on which many companies post name each. One that names none is.
    fn is(&self, name: &str) -> bool {
        let name = Self::comparable(name);
        name.is_empty() || self.0.contains(&name)
    }
}

impl Requisition {
    fn is_open(&self) -> bool {
        self.status.is_empty() || self.status == "open"
    }
}

/// What is known of whose requisition a posting is.
struct Known<'r> {
    by_id: HashMap<&'r str, Vec<&'r Requisition>>,
    /// Those of a job, by what its live postings name.
    live: HashMap<String, Vec<&'r Requisition>>,
    /// By what all its postings name.
    ever: HashMap<String, Vec<&'r Requisition>>,
}

impl<'r> Known<'r> {
    fn of(requisitions: &'r [Requisition], named: &[Named], live: &[Posting]) -> Self {
        let mut by_id: HashMap<&str, Vec<&Requisition>> = HashMap::new();
        for one in requisitions {
            by_id.entry(one.id.as_str()).or_default().push(one);
        }
        let mut known = Self { by_id, live: HashMap::new(), ever: HashMap::new() };
        let live = live.iter().map(|one| (&one.cluster, &one.connection, &one.requisition));
        known.live = known.of_jobs(live);
        known.ever = known.of_jobs(named.iter().map(|one| (&one.cluster, &one.connection, &one.requisition)));
        known
    }

    fn of_jobs<'n>(&self, named: impl Iterator<Item = (&'n String, &'n String, &'n String)>) -> HashMap<String, Vec<&'r Requisition>> {
        let mut jobs: HashMap<String, Vec<&Requisition>> = HashMap::new();
        for (cluster, connection, requisition) in named.filter(|(cluster, ..)| !cluster.is_empty()) {
            for one in self.of_id(connection, requisition) {
                let of_job = jobs.entry(cluster.clone()).or_default();
                if !of_job.iter().any(|other| (&other.connection, &other.id) == (&one.connection, &one.id)) {
                    of_job.push(one);
                }
            }
        }
        jobs
    }

    /// Of the system that names it, else of all that have the id.
    fn of_id(&self, connection: &str, id: &str) -> Vec<&'r Requisition> {
        let all = self.by_id.get(id).filter(|_| !id.is_empty()).map_or(&[][..], Vec::as_slice);
        all.iter().find(|one| one.connection == connection).map_or_else(|| all.to_vec(), |own| vec![*own])
    }

    /// Those of which a posting is one; none where nothing says so. A copy that names none is of the requisition that the other postings of its job
    /// name, the live ones before those that have ended.
    fn candidates(&self, posting: &Posting) -> Vec<&'r Requisition> {
        if !posting.requisition.is_empty() {
            return self.of_id(&posting.connection, &posting.requisition);
        }
        self.live.get(&posting.cluster).or_else(|| self.ever.get(&posting.cluster)).cloned().unwrap_or_default()
    }
}

fn opening(
    config: &Config,
    id: String,
    requisition: Option<&Requisition>,
    postings: &[Posting],
    descriptions: &BTreeMap<String, String>,
) -> Opening {
    // A job is made of one posting at least.
    let chosen = &postings[0];
    let at = |millis: Option<i64>| millis.and_then(DateTime::from_timestamp_millis);
    let reference = requisition.map_or_else(|| chosen.id.clone(), |one| one.id.clone());
    let own = descriptions.get(&reference).or_else(|| descriptions.get(&chosen.title));
    let posted = || postings.iter().map(|one| &one.body).find(|body| !body.trim().is_empty());
    let description = own.or_else(posted).map(|text| text::without_contacts(text)).unwrap_or_default();
    let pay = (chosen.pay_min.is_some() || chosen.pay_max.is_some()).then(|| Pay {
        min: chosen.pay_min,
        max: chosen.pay_max,
        currency: chosen.pay_currency.clone(),
        period: chosen.pay_period.clone(),
    });
    let country = if chosen.country.is_empty() { &config.settings.company.country } else { &chosen.country };
    Opening {
        url: address(settings(config), &id, &reference, chosen),
        title: chosen.title.trim().to_owned(),
        city: chosen.city.clone(),
        region: chosen.region.clone(),
        country: country.clone(),
        department: chosen.department.clone(),
        employment_type: chosen.employment_type.clone(),
        pay_text: text::without_contacts(&chosen.pay_text),
        pay: pay.filter(|pay| !pay.currency.is_empty() && !pay.period.is_empty()),
        description,
        // Published since the first of its postings that is still there.
        posted_at: postings.iter().filter_map(|one| at(one.posted)).min(),
        valid_through: at(chosen.closes),
        reference,
        id,
    }
}

/// Where to apply: as the company says, else where the posting stands, else this program's page.
fn address(feed: &Feed, id: &str, reference: &str, posting: &Posting) -> Option<Url> {
    let encoded = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20");
    if let Some(template) = &feed.apply_url {
        let filled = [("{requisition}", reference), ("{posting}", &posting.id), ("{id}", id)];
        let filled = filled.iter().fold(template.clone(), |text, (field, value)| text.replace(field, &encoded(value)));
        return Url::parse(&filled).ok();
    }
    let posted = Url::parse(&posting.url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    posted.or_else(|| {
        let mut own = feed.base_url.clone()?;
        // A join would take the last part of the base for a file and lose it.
        own.set_path(&format!("{}/feed/jobs/{id}", own.path().trim_end_matches('/')));
        own.set_query(None);
        own.set_fragment(None);
        Some(own)
    })
}

/// The same for the same parts, and no other.
fn key(parts: &[&str]) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
    }
    hasher.finalize().to_hex().chars().take(16).collect()
}

#[cfg(test)]
pub(super) mod made_up {
    use serde_json::json;

    use super::*;

    /// Openings of rows as the store gives them: postings are columns over those of a whole one. With `live` false one has ended.
    pub fn openings(config: &Config, postings: &[Value], requisitions: &[Value], descriptions: &[(&str, &str)]) -> Openings {
        let whole = json!({
            "connection": "site", "id": "P1", "channel": "site", "requisition": "", "title": "Shop assistant", "city": "Weifang", "region": "Shandong",
            "country": "CN", "department": "Sales", "store": "", "employment_type": "", "pay_text": "", "pay_min": null, "pay_max": null,
            "pay_currency": "", "pay_period": "", "url": "https://jobs.example/1", "body": "Sell kites.", "posted": 1_795_000_000_000_i64,
            "closes": null, "cluster": "", "company": "", "live": true,
        });
        let over = |row: &Value| {
            let mut one = whole.clone();
            one.as_object_mut().unwrap().extend(row.as_object().unwrap().clone());
            one
        };
        let (live, ended): (Vec<Value>, Vec<Value>) = postings.iter().map(over).partition(|one| one["live"] == true);
        let named = live.iter().chain(&ended).filter(|one| one["requisition"] != "" && one["cluster"] != "");
        let named: Vec<Named> = named.map(|one| serde_json::from_value(one.clone()).unwrap()).collect();
        let live = live.into_iter().map(|one| serde_json::from_value(one).unwrap()).collect();
        let requisitions: Vec<Requisition> = requisitions.iter().map(|row| serde_json::from_value(row.clone()).unwrap()).collect();
        let descriptions = descriptions.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        made(config, live, (&requisitions, &named), &descriptions, DateTime::from_timestamp(1_795_766_400, 0).unwrap())
    }
}
