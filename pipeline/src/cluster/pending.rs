//! Postings whose forms are not taken yet: forms, candidates and pairs of a batch of them.

use super::candidates::{Banded, Index};
use super::compare::{compare, letters, may_be_same};
use super::form::{Facts, Form, KERNEL_VERSION, Places, Posting};
use crate::PipelineError;
use crate::changes::Scope;
use crate::refill::for_each_row;
use crate::staging::Staging;
use inflow_store::{RowBinary, Store};
use rayon::prelude::*;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Postings of a batch: of as many are forms held, and at most as many bodies.
const BATCH: usize = 100_000;

/// Forms whose texts are held to compare them: some five kilobytes each.
const TEXTS: usize = 12_000;

/// What a form is made of, less the body, as a column of the engine: equal as long as the form is.
fn content(alias: &str) -> String {
    format!(
        "sipHash64({KERNEL_VERSION}, {alias}.content_hash, {alias}.title, {alias}.company, {alias}.place, toString({alias}.city), toString({alias}.country), toString({alias}.store), \
         ifNull(toString({alias}.pay_min), ''), ifNull(toString({alias}.pay_max), ''), toString({alias}.pay_currency), toString({alias}.pay_period))"
    )
}

/// Columns that a [`Posting`] is read from; see [`PostingRow`].
pub(super) const POSTING: &str = "toString(p.connection), p.source_id, p.title, p.company, (p.place, toString(p.city), toString(p.country)), toString(p.store), \
     toFloat64(p.pay_min), toFloat64(p.pay_max), concat(toString(p.pay_currency), ' ', toString(p.pay_period)), p.body";

/// A row of [`POSTING`].
pub(super) type PostingRow = (String, String, String, String, (String, String, String), String, Option<f64>, Option<f64>, String, String);

/// A posting from its row, with its connection and id.
pub(super) fn posting(row: PostingRow) -> (String, String, Posting) {
    let (connection, source_id, title, company, (place, city, country), store, pay_min, pay_max, pay_unit, body) = row;
    let key = format!("{connection}/{source_id}");
    (connection, source_id, Posting { key, title, company, place, city, country, store, pay_min, pay_max, pay_unit, body })
}

/// A form without its text.
#[derive(Debug, Clone)]
struct Described {
    facts: Facts,
    told: bool,
    banded: Banded,
}

/// Takes the forms of one batch of postings and finds their pairs. Whether more may be left.
pub(super) async fn take_batch(store: &Store, database: &str, scope: &Scope) -> Result<bool, PipelineError> {
    let batch = Staging::create(store, database, "posting_forms_batch", "posting_forms").await?;
    let Taken { forms, rows, postings } = read_forms(store, database, scope).await?;
    batch.insert(&["connection", "source_id", "content", "form"], rows).await?;
    if forms.is_empty() {
        batch.drop().await?;
        return Ok(false);
    }
    let pairs = pairs(store, database, &forms).await?;
    insert_bands(store, database, &forms).await?;
    drop(forms);
    judge(store, database, &batch, pairs).await?;
    // Only now are the postings no longer pending: a batch cut off before is taken again.
    batch.pour_into("posting_forms").await?;
    batch.drop().await?;
    Ok(postings >= BATCH)
}

/// Postings whose forms are taken at one time, by all cores.
const TOGETHER: usize = 1_024;

/// Forms by their ids, and whose they are.
#[derive(Default)]
struct Taken {
    forms: BTreeMap<u64, Described>,
    rows: RowBinary,
    postings: usize,
}

impl Taken {
    fn take(&mut self, postings: Vec<(u64, PostingRow)>) {
        let described = |(content, row): (u64, PostingRow)| {
            let (connection, source_id, posting) = posting(row);
            let form = Form::of(&posting);
            let (id, told, banded) = (form.id, form.is_told(), Banded::of(&form));
            (connection, source_id, content, id, Described { told, banded, facts: form.facts })
        };
        self.postings += postings.len();
        let found: Vec<_> = postings.into_par_iter().map(described).collect();
        for (connection, source_id, content, id, form) in found {
            self.rows.text(&connection).text(&source_id).u64(content).u64(id);
            self.forms.entry(id).or_insert(form);
        }
    }
}

/// Reads a batch of pending postings: each form once, and whose it is.
async fn read_forms(store: &Store, database: &str, scope: &Scope) -> Result<Taken, PipelineError> {
    let news = |brought| {
        format!("PREWHERE (q.connection, q.source_id) IN (SELECT connection, source_id FROM {database}.postings WHERE {brought})")
    };
    let news = scope.brought("segment").map(news).unwrap_or_default();
    // The bodies of a batch are read, and of no more: the keys are found in narrow columns first.
    let keys = format!(
        "SELECT p.connection, p.source_id FROM \
         (SELECT q.connection AS connection, q.source_id AS source_id, {content} AS content FROM {database}.postings AS q FINAL {news} WHERE q.deleted = 0) AS p \
         LEFT ANTI JOIN (SELECT connection, source_id, content FROM {database}.posting_forms FINAL) AS f \
         ON p.connection = f.connection AND p.source_id = f.source_id AND p.content = f.content LIMIT {BATCH}",
        content = content("q")
    );
    let sql = format!(
        "SELECT {content}, ({POSTING}) FROM {database}.postings AS p FINAL PREWHERE (p.connection, p.source_id) IN ({keys}) WHERE p.deleted = 0",
        content = content("p")
    );
    let mut taken = Taken::default();
    let mut waiting: Vec<(u64, PostingRow)> = Vec::with_capacity(TOGETHER);
    for_each_row(store, &sql, |row: (u64, PostingRow)| {
        waiting.push(row);
        if waiting.len() == TOGETHER {
            taken.take(std::mem::take(&mut waiting));
        }
    })
    .await?;
    taken.take(waiting);
    Ok(taken)
}

async fn insert_bands(store: &Store, database: &str, forms: &BTreeMap<u64, Described>) -> Result<(), PipelineError> {
    let mut rows = RowBinary::default();
    for (id, Described { facts, told, banded }) in forms {
        rows.u64(*id).text(&facts.title).text(&facts.level).text(&facts.company).texts(&facts.cities).text(&facts.country);
        rows.text(&facts.store);
        rows.nullable(facts.pay.0).nullable(facts.pay.1).text(&facts.pay_unit).u8(u8::from(*told));
        rows.u64(banded.places.title_company).u64(banded.places.title_city).u64(banded.places.company_city).array(&banded.bands);
    }
    store.insert(database, "posting_bands", &[], "RowBinary", rows.finish(), "").await?;
    Ok(())
}

/// Pairs of new forms, and of new with stored ones, that are worth comparing; the smaller first.
async fn pairs(store: &Store, database: &str, new: &BTreeMap<u64, Described>) -> Result<Vec<(u64, u64)>, PipelineError> {
    let told: Vec<&Described> = new.values().filter(|form| form.told).collect();
    let banded: Vec<Banded> = told.iter().map(|form| form.banded.clone()).collect();
    // Beside the tasks that wait for the store.
    let (index, among) = tokio::task::block_in_place(|| {
        let index = Index::of(&banded);
        let among = index.pairs(|a, b| may_be_same(&told[a].facts, &told[b].facts));
        (index, among)
    });
    let mut pairs: Vec<(u64, u64)> = among.into_iter().map(|(a, b)| (banded[a as usize].form, banded[b as usize].form)).collect();
    let find = |stored: Vec<Described>| -> Vec<(u64, u64)> {
        let meeting = |stored: Described| {
            let met = index.meeting(&stored.banded).into_iter().map(|at| told[at as usize]);
            let found = met.filter(|one| may_be_same(&one.facts, &stored.facts));
            found.map(|one| (one.banded.form, stored.banded.form)).collect::<Vec<_>>()
        };
        tokio::task::block_in_place(|| stored.into_par_iter().flat_map_iter(meeting).collect())
    };
    let mut waiting: Vec<Described> = Vec::with_capacity(TOGETHER);
    each_stored_form(store, database, new, |stored| {
        waiting.push(stored);
        if waiting.len() == TOGETHER {
            pairs.extend(find(std::mem::take(&mut waiting)));
        }
    })
    .await?;
    pairs.extend(find(waiting));
    for (a, b) in &mut pairs {
        (*a, *b) = ((*a).min(*b), (*a).max(*b));
    }
    // A form that was put in twice is read twice.
    pairs.sort_unstable();
    pairs.dedup();
    Ok(pairs)
}

/// Hands over the forms of earlier batches that are at a place of a new one.
async fn each_stored_form(
    store: &Store,
    database: &str,
    new: &BTreeMap<u64, Described>,
    mut take: impl FnMut(Described),
) -> Result<(), PipelineError> {
    let places =
        |pick: fn(&Places) -> u64| -> HashSet<u64> { new.values().map(|form| pick(&form.banded.places)).filter(|key| *key != 0).collect() };
    let (by_company, by_city, by_both) = (places(|p| p.title_company), places(|p| p.title_city), places(|p| p.company_city));
    let keys = Staging::create_as(store, database, "posting_places_batch", "key UInt64").await?;
    let mut rows = RowBinary::default();
    for key in by_company.iter().chain(&by_city).chain(&by_both) {
        rows.u64(*key);
    }
    keys.insert(&["key"], rows).await?;
    let wanted = format!("(SELECT key FROM {})", keys.name());
    let sql = format!(
        "SELECT form, title_company, title_city, company_city, bands, \
         title, toString(level), company, cities, toString(country), toString(store), pay_min, pay_max, toString(pay_unit) \
         FROM {database}.posting_bands WHERE told = 1 AND (title_company IN {wanted} OR title_city IN {wanted} OR company_city IN {wanted}) \
         SETTINGS final = 0"
    );
    store
        .for_each_row(&sql, &[], |fields| {
            let form = fields.u64()?;
            let places = Places { title_company: fields.u64()?, title_city: fields.u64()?, company_city: fields.u64()? };
            let bands = fields.u32s()?;
            let [title, level, company] = [fields.text()?, fields.text()?, fields.text()?].map(str::to_owned);
            let banded = Banded { form, places, bands, company: letters(&company) };
            let (cities, country, shop) = (fields.texts()?, fields.text()?.to_owned(), fields.text()?.to_owned());
            let (pay, pay_unit) = ((fields.nullable_f64()?, fields.nullable_f64()?), fields.text()?.to_owned());
            if !new.contains_key(&form) {
                let facts = Facts { title, level, company, cities, country, store: shop, pay, pay_unit };
                take(Described { facts, told: true, banded });
            }
            Some(Ok::<_, PipelineError>(()))
        })
        .await?;
    keys.drop().await
}

/// Compares the candidates with their texts and writes down the pairs that are of one job.
async fn judge(store: &Store, database: &str, batch: &Staging<'_>, mut pairs: Vec<(u64, u64)>) -> Result<(), PipelineError> {
    while !pairs.is_empty() {
        let mut forms: HashSet<u64> = HashSet::new();
        let mut fits = |(a, b): &(u64, u64)| {
            forms.extend([*a, *b]);
            forms.len() <= TEXTS
        };
        let rest = pairs.split_off(pairs.iter().take_while(|pair| fits(pair)).count().max(1));
        let part = std::mem::replace(&mut pairs, rest);
        judge_part(store, database, batch, part).await?;
    }
    Ok(())
}

async fn judge_part(store: &Store, database: &str, batch: &Staging<'_>, pairs: Vec<(u64, u64)>) -> Result<(), PipelineError> {
    let wanted = Staging::create_as(store, database, "posting_forms_wanted", "form UInt64").await?;
    let mut rows = RowBinary::default();
    for form in pairs.iter().flat_map(|(a, b)| [*a, *b]).collect::<HashSet<u64>>() {
        rows.u64(form);
    }
    wanted.insert(&["form"], rows).await?;
    let forms = forms_of(store, database, &[batch.name(), format!("{database}.posting_forms")], &wanted.name()).await?;
    wanted.drop().await?;
    let verdicts = blocking(move || verdicts(&forms, &pairs)).await?;
    let mut rows = RowBinary::default();
    for (a, b, score) in verdicts {
        rows.u64(a).u64(b).f64(score);
    }
    store.insert(database, "posting_pairs", &["a", "b", "score"], "RowBinary", rows.finish(), "").await?;
    Ok(())
}

/// Forms with their texts, read anew. A posting that changed since has another form by now and stands for none that is wanted.
async fn forms_of(store: &Store, database: &str, tables: &[String], wanted: &str) -> Result<HashMap<u64, Form>, PipelineError> {
    let keys = |table: &String| format!("SELECT connection, source_id FROM {table} WHERE form IN (SELECT form FROM {wanted})");
    let keys = tables.iter().map(keys).collect::<Vec<_>>().join(" UNION ALL ");
    let sql = format!(
        "SELECT {POSTING} FROM {database}.postings AS p FINAL PREWHERE (p.connection, p.source_id) IN ({keys}) WHERE p.deleted = 0"
    );
    let mut forms = HashMap::new();
    for_each_row(store, &sql, |row: PostingRow| {
        let form = Form::of(&posting(row).2);
        forms.insert(form.id, form);
    })
    .await?;
    Ok(forms)
}

/// The pairs of one job with their scores, found by all cores.
fn verdicts(forms: &HashMap<u64, Form>, pairs: &[(u64, u64)]) -> Vec<(u64, u64, f64)> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let part = pairs.len().div_ceil(threads).max(1);
    let judge = |pairs: &[(u64, u64)]| -> Vec<(u64, u64, f64)> {
        let both = |(a, b): &(u64, u64)| Some((*a, *b, compare(forms.get(a)?, forms.get(b)?)));
        pairs.iter().filter_map(both).filter(|(_, _, found)| found.same).map(|(a, b, found)| (a, b, found.score)).collect()
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = pairs.chunks(part).map(|pairs| scope.spawn(move || judge(pairs))).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap_or_default()).collect()
    })
}

pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, PipelineError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| PipelineError::Stopped(error.to_string()))
}
