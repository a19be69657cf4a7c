//! Lists that grow, a page at a time: runs, ids of applications, ledger lines, who did what.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use inflow_analytics::{Metric, Part as Slice, metric};
use inflow_store::{After, AuditRow, RunFilter, RunRow};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use crate::access::{Part, Principal};
use crate::body::Params;
use crate::failure::Failure;
use crate::paging::{Asked, Cursor, Page};
use crate::query::{self, Accepts};
use crate::router::Shared;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum RunStatus {
    /// All that it asked for came.
    Ok,
    /// It failed; `error` says why.
    Failed,
}

/// Parameters of the list of runs.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct RunParams {
    /// Only this connection
    connection: Option<String>,
    /// Only runs that ended so
    #[param(inline)]
    status: Option<RunStatus>,
    /// Rows of a page [default: 100]
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
    /// `next` of the page before
    cursor: Option<String>,
}

/// One pull of one connection.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Run {
    /// Its id.
    id: String,
    /// The connection.
    connection: String,
    /// When it began.
    started_at: DateTime<Utc>,
    /// When it ended.
    finished_at: DateTime<Utc>,
    /// `ok` or `failed`.
    status: String,
    /// Requests sent.
    requests: u64,
    /// Records that the board delivered.
    fetched: u64,
    /// Records new or changed.
    landed: u64,
    /// Rows stored.
    rows: u64,
    /// Records that could not be understood.
    quarantined: u64,
    /// Kind of failure, or empty.
    error_kind: String,
    /// Failure in a sentence, or empty.
    error: String,
}

impl From<RunRow> for Run {
    fn from(row: RunRow) -> Self {
        Self {
            id: row.run_id,
            connection: row.connection,
            started_at: row.started_at,
            finished_at: row.finished_at,
            status: row.status,
            requests: row.requests,
            fetched: row.fetched,
            landed: row.landed,
            rows: row.rows,
            quarantined: row.quarantined,
            error_kind: row.error_kind,
            error: row.error,
        }
    }
}

/// An instant and an id as the key of a cursor.
pub(super) fn key(at: DateTime<Utc>, id: &str) -> Vec<String> {
    vec![at.to_rfc3339_opts(SecondsFormat::Millis, true), id.to_owned()]
}

/// And back.
pub(super) fn after(cursor: Option<&Cursor>) -> Result<Option<After>, Failure> {
    let Some(cursor) = cursor else { return Ok(None) };
    let read = || match cursor.key.as_slice() {
        [at, id] => Some(After { at: at.parse().ok()?, id: id.clone() }),
        _ => None,
    };
    read().map(Some).ok_or_else(unreadable)
}

fn unreadable() -> Failure {
    Failure::bad_request("the cursor cannot be read").hint("take it from `next` of the page before, as it is")
}

/// What each pull brought, newest first
#[utoipa::path(get, path = "/api/v1/runs", tag = "lists", params(RunParams), responses((status = 200, body = Page<Run>)))]
pub(super) async fn runs(
    State(shared): State<Shared>,
    principal: Principal,
    uri: Uri,
    Params(params): Params<RunParams>,
) -> Result<(HeaderMap, Json<Page<Run>>), Failure> {
    principal.enter(Part::Runs)?;
    let asked = Asked::read("runs", &uri, params.limit, params.cursor.as_deref())?;
    let statuses = params.status.map(|status| if status == RunStatus::Ok { "ok" } else { "failed" }.to_owned());
    let filter = RunFilter { connections: params.connection.into_iter().collect(), statuses: statuses.into_iter().collect() };
    let found = shared.figures.runs(&filter, after(asked.after.as_ref())?.as_ref(), asked.limit + 1).await?;
    let found: Vec<Run> = found.into_iter().map(Run::from).collect();
    Ok(asked.page(found, shared.clock.now(), |run| key(run.started_at, &run.id)))
}

/// Parameters of a list with nothing to narrow it.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PageParams {
    /// Rows of a page [default: 100]
    #[param(minimum = 1, maximum = 1000)]
    pub(super) limit: Option<usize>,
    /// `next` of the page before
    pub(super) cursor: Option<String>,
}

/// Who did what.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AuditLine {
    /// Which line.
    id: String,
    /// When.
    at: DateTime<Utc>,
    /// Who: a person, a token's name, or `command line`; empty in lines from before this was kept.
    actor: String,
    /// What, such as `erase`, `close`, `decide`, `sign in`, `token add`, `token revoke`.
    action: String,
    /// On what, as a JSON object or a sentence.
    detail: String,
}

impl From<AuditRow> for AuditLine {
    fn from(row: AuditRow) -> Self {
        Self { id: row.id, at: row.at, actor: row.actor, action: row.action, detail: row.detail }
    }
}

/// Who did what, newest first
#[utoipa::path(get, path = "/api/v1/audit", tag = "lists", params(PageParams), responses((status = 200, body = Page<AuditLine>)))]
pub(super) async fn audit(
    State(shared): State<Shared>,
    principal: Principal,
    uri: Uri,
    Params(params): Params<PageParams>,
) -> Result<(HeaderMap, Json<Page<AuditLine>>), Failure> {
    principal.enter(Part::Audit)?;
    let asked = Asked::read("audit", &uri, params.limit, params.cursor.as_deref())?;
    let found = shared.figures.audited(after(asked.after.as_ref())?.as_ref(), asked.limit + 1).await?;
    let found: Vec<AuditLine> = found.into_iter().map(AuditLine::from).collect();
    Ok(asked.page(found, shared.clock.now(), |line| key(line.at, &line.id)))
}

/// Parameters of the lists behind figures. Filters may be given several times.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "read by `query`, which knows what each metric takes")]
pub(super) struct BehindParams {
    /// First local day [default: 29 days before the last]
    from: Option<NaiveDate>,
    /// Last local day, included [default: today]
    to: Option<NaiveDate>,
    /// IANA zone that days are cut in [default: each channel's own]
    tz: Option<String>,
    /// Only what had happened by then [default: now; the first page's on all pages]
    as_of: Option<DateTime<Utc>>,
    /// Only these channels
    channel: Option<Vec<String>>,
    /// Only these stores
    store: Option<Vec<String>>,
    /// Only these departments
    department: Option<Vec<String>>,
    /// Rows of a page [default: 100]
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
    /// `next` of the page before
    cursor: Option<String>,
}

/// What cases can be narrowed by beside that.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "read by `query`, which knows what each metric takes")]
pub(super) struct CaseParams {
    /// Only who entered this stage
    #[param(example = "applied")]
    stage: Option<String>,
    /// Only these cities
    city: Option<Vec<String>>,
    /// Only these recruiters
    recruiter: Option<Vec<String>>,
    /// Only these job families
    job_family: Option<Vec<String>>,
    /// Only these requisitions
    requisition: Option<Vec<String>>,
    /// Only these posting clusters
    posting_cluster: Option<Vec<String>>,
}

/// An application that entered a stage.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ApplicationStage {
    /// Connection and id of the application that stands for the case, never a name: look it up in the system that gave it.
    #[schema(example = "greenhouse-acme/1207")]
    application: String,
    /// The stage.
    #[schema(example = "applied")]
    stage: String,
    /// Its channel.
    channel: String,
    /// When it entered.
    entered_at: String,
    /// How well that is known: `exact`, `day`, `observed` or `implied`.
    precision: String,
    /// `ok`, or `partial` where the connection did not deliver all days.
    status: String,
    /// Share of the days that it delivered.
    covered: Option<f64>,
}

/// A line of the ledger that is cost of the period.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LedgerLine {
    /// Its connection and id.
    entry: String,
    /// The channel that it is cost of, or `unallocated`.
    channel: String,
    /// What it is for.
    kind: String,
    /// Its paper.
    document: Option<String>,
    /// Day on which it was booked.
    booked_on: Option<String>,
    /// First day that it is for.
    service_from: Option<String>,
    /// Last day that it is for.
    service_to: Option<String>,
    /// What of it is cost of the period, in the base currency.
    #[schema(example = "1280.50")]
    amount: Option<String>,
    /// The base currency.
    currency: Option<String>,
    /// `ok`, or why not.
    status: String,
}

/// The applications behind a figure, as ids
///
/// One row for each stage that an application entered in the period: as many of a stage as `volume` and `conversion` count with the same filters.
#[utoipa::path(get, path = "/api/v1/applications", tag = "lists", params(BehindParams, CaseParams), responses((status = 200, body = Page<ApplicationStage>)))]
pub(super) async fn applications(
    State(shared): State<Shared>,
    principal: Principal,
    uri: Uri,
) -> Result<(HeaderMap, Json<Page<ApplicationStage>>), Failure> {
    principal.enter(Part::Applications)?;
    let metric = metric("stage_entries").map_err(|error| Failure::explained(&error))?;
    let (asked, as_of, rows) = behind(&shared, &principal, &uri, metric, &["channel"], &Accepts::CASES).await?;
    let found = rows.iter().map(|row| ApplicationStage {
        application: text(row, "application"),
        stage: text(row, "stage"),
        channel: text(row, "channel"),
        entered_at: text(row, "entered_at"),
        precision: text(row, "precision"),
        status: text(row, "status"),
        covered: row.get("covered").and_then(Value::as_f64),
    });
    Ok(asked.page(found.collect(), as_of, |row| vec![row.channel.clone(), row.stage.clone(), row.application.clone()]))
}

/// The ledger lines behind a cost
#[utoipa::path(get, path = "/api/v1/entries", tag = "lists", params(BehindParams), responses((status = 200, body = Page<LedgerLine>)))]
pub(super) async fn entries(
    State(shared): State<Shared>,
    principal: Principal,
    uri: Uri,
) -> Result<(HeaderMap, Json<Page<LedgerLine>>), Failure> {
    principal.enter(Part::Entries)?;
    let metric = metric("spend_entries").map_err(|error| Failure::explained(&error))?;
    let (asked, as_of, rows) = behind(&shared, &principal, &uri, metric, &["channel", "kind"], &Accepts::LINES).await?;
    let maybe = |row: &Map<String, Value>, column: &str| Some(text(row, column)).filter(|text| !text.is_empty());
    let found = rows.iter().map(|row| LedgerLine {
        entry: text(row, "entry"),
        channel: text(row, "channel"),
        kind: text(row, "kind"),
        document: maybe(row, "document"),
        booked_on: maybe(row, "booked_on"),
        service_from: maybe(row, "service_from"),
        service_to: maybe(row, "service_to"),
        amount: maybe(row, "amount"),
        currency: maybe(row, "currency"),
        status: text(row, "status"),
    });
    Ok(asked.page(found.collect(), as_of, |row| vec![row.channel.clone(), row.kind.clone(), row.entry.clone()]))
}

/// A page of a metric whose rows are a list. The order is that of `by` and the metric's keys, which tell its rows apart and do not
/// change with what comes later.
async fn behind(
    shared: &Shared,
    principal: &Principal,
    uri: &Uri,
    metric: &'static Metric,
    by: &[&str],
    accepts: &Accepts,
) -> Result<(Asked, DateTime<Utc>, Vec<Map<String, Value>>), Failure> {
    let company = shared.config.settings.company.timezone;
    let mut parsed = query::parse(metric, uri, shared.clock.now(), company, accepts)?;
    let limit = parsed.more.get("limit").map(|text| {
        text.parse::<usize>()
            .map_err(|_| Failure::bad_request(format!("the parameter \"limit\" is no number: {text:?}")).hint("from 1 to 1000"))
    });
    let asked = Asked::read(metric.id, uri, limit.transpose()?, parsed.more.get("cursor").map(String::as_str))?;
    let after = asked.after.as_ref().map(|cursor| cursor.key.clone()).unwrap_or_default();
    if let Some(cursor) = &asked.after {
        if after.len() != by.len() + metric.keys.len() {
            return Err(unreadable());
        }
        // A list that names neither days nor an instant is of those that its first page had.
        parsed = query::parse(metric, uri, cursor.as_of, company, accepts)?;
    }
    let mut query = parsed.query;
    query.by = by.iter().map(|name| (*name).to_owned()).collect();
    principal.narrow(metric, &mut query)?;
    let keep = parsed.more.get("stage").map(|stage| ("stage", stage.clone())).into_iter().collect();
    let part = Slice { keep, after, limit: asked.limit + 1 };
    let _turn =
        shared.turns.acquire().await.map_err(|_| Failure::new(axum::http::StatusCode::SERVICE_UNAVAILABLE, "the server is stopping"))?;
    let as_of = query.as_of;
    let report = shared.figures.part(&query, &part).await?;
    Ok((asked, as_of, report.rows))
}

fn text(row: &Map<String, Value>, column: &str) -> String {
    crate::csv::plain(row.get(column))
}
