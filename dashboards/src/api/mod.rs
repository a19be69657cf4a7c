//! The JSON API. Routes and what is told of them in OpenAPI are one thing: a handler cannot be mounted without its description
//! ([`routes`]).

mod advice;
mod alerts;
mod connections;
mod decisions;
mod lists;
mod openapi;
mod report;
mod reposts;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use chrono::{DateTime, NaiveDate, Utc};
use inflow_analytics::{Metric, catalogue};
use inflow_config::Name;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::{Part, Principal};
use crate::failure::{__path_problem, __path_problems, Failure, problem, problems};
use crate::figures::Reach;
use crate::router::Shared;

pub use openapi::openapi;

/// Every route under `/api/v1`, with its description.
pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::with_openapi(openapi::about())
        .routes(routes!(metrics))
        .routes(routes!(report::report))
        .routes(routes!(channels))
        .routes(routes!(connections::connections))
        .routes(routes!(overview))
        .routes(routes!(stamp))
        .routes(routes!(lists::runs))
        .routes(routes!(lists::applications))
        .routes(routes!(lists::entries))
        .routes(routes!(alerts::alerts))
        .routes(routes!(advice::advice))
        .routes(routes!(reposts::repost_plan))
        .routes(routes!(decisions::list, decisions::decide))
        .routes(routes!(lists::audit))
        .routes(routes!(me))
        .routes(routes!(problems))
        .routes(routes!(problem))
        .routes(routes!(openapi::document))
}

/// A text in both languages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Words {
    /// In English.
    pub(crate) en: String,
    /// In Chinese.
    pub(crate) zh: String,
}

impl From<&Name> for Words {
    fn from(name: &Name) -> Self {
        Self { en: name.en.clone(), zh: name.zh.clone() }
    }
}

/// An earlier definition of a metric, which can still be asked for.
#[derive(Debug, Serialize, ToSchema)]
struct Earlier {
    /// Its version.
    version: u32,
    /// Until when it held, and what the next one says differently.
    #[schema(value_type = Option<SupersededText>)]
    superseded: Option<inflow_analytics::Superseded>,
}

/// How a definition came to be an earlier one.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the shape of what analytics writes")]
struct SupersededText {
    /// The day on which the next version took its place.
    until: NaiveDate,
    /// What the next version says differently.
    changed: Words,
}

/// A metric: what it counts, and how it can be asked for.
#[derive(Debug, Serialize, ToSchema)]
struct MetricEntry {
    /// Name, as in `/api/v1/report/{metric}`.
    #[schema(example = "volume")]
    id: &'static str,
    /// Version of the current definition.
    version: u32,
    /// Short name.
    title: Words,
    /// One sentence (口径).
    meaning: Words,
    /// What is counted.
    numerator: &'static str,
    /// What it is divided by.
    denominator: &'static str,
    /// Which instant decides the day and hour.
    clock: &'static str,
    /// What is left out.
    exclusions: &'static str,
    /// What a report can be grouped by; day, week and month one at a time.
    dimensions: Vec<&'static str>,
    /// Grouping of a report that does not say.
    default_by: Vec<&'static str>,
    /// What a report can be narrowed by.
    filters: Vec<&'static str>,
    /// Columns that tell the rows of one group apart.
    keys: Vec<&'static str>,
    /// The other columns, in order.
    columns: Vec<&'static str>,
    /// Those of them that are money: decimal strings, `currency` beside them.
    money: Vec<&'static str>,
    /// Earlier definitions.
    earlier: Vec<Earlier>,
}

impl From<&Metric> for MetricEntry {
    fn from(metric: &Metric) -> Self {
        Self {
            id: metric.id,
            version: metric.version,
            title: (&metric.title).into(),
            meaning: (&metric.meaning).into(),
            numerator: metric.numerator,
            denominator: metric.denominator,
            clock: metric.clock,
            exclusions: metric.exclusions,
            dimensions: metric.dimensions.clone(),
            default_by: metric.default_by.clone(),
            filters: metric.filters(),
            keys: metric.keys.clone(),
            columns: metric.columns.clone(),
            money: metric.money.clone(),
            earlier: metric.earlier().map(|earlier| Earlier { version: earlier.version, superseded: earlier.superseded.clone() }).collect(),
        }
    }
}

/// The catalogue.
#[derive(Debug, Serialize, ToSchema)]
struct Metrics {
    /// Every metric that the asker may read.
    metrics: Vec<MetricEntry>,
}

/// The catalogue of metrics that can be read
#[utoipa::path(get, path = "/api/v1/metrics", tag = "figures", responses((status = 200, body = Metrics)))]
async fn metrics(principal: Principal) -> Json<Metrics> {
    Json(Metrics { metrics: catalogue().iter().filter(|metric| principal.may_read(metric)).map(MetricEntry::from).collect() })
}

/// A channel.
#[derive(Debug, Serialize, ToSchema)]
struct Channel {
    /// Its id, as figures name it.
    #[schema(example = "boss")]
    id: String,
    /// Its name.
    name: Words,
    /// IANA zone in which its days and hours are cut.
    #[schema(example = "Asia/Shanghai")]
    timezone: &'static str,
    /// Connections that are configured to feed it.
    connections: Vec<String>,
}

/// The channels.
#[derive(Debug, Serialize, ToSchema)]
struct Channels {
    /// As they stand in `channels.toml`.
    channels: Vec<Channel>,
}

/// Every channel that is configured
#[utoipa::path(get, path = "/api/v1/channels", tag = "figures", responses((status = 200, body = Channels)))]
async fn channels(State(shared): State<Shared>) -> Json<Channels> {
    let config = &shared.config;
    let feeding = |id: &String| {
        let feeds =
            config.connections.iter().filter(|one| one.enabled && one.channel.iter().chain(one.source_map.values()).any(|fed| fed == id));
        feeds.map(|one| one.name.clone()).collect()
    };
    let channels = config.channels.iter().map(|channel| Channel {
        id: channel.id.clone(),
        name: (&channel.name).into(),
        timezone: channel.timezone.unwrap_or(config.settings.company.timezone).name(),
        connections: feeding(&channel.id),
    });
    Json(Channels { channels: channels.collect() })
}

/// The company.
#[derive(Debug, Serialize, ToSchema)]
struct Company {
    /// Its name.
    name: String,
    /// IANA zone of its days.
    timezone: &'static str,
    /// Base currency of money.
    #[schema(example = "CNY")]
    currency: String,
}

/// Id and name of a channel, or of a rule of alerts.toml.
#[derive(Debug, Serialize, ToSchema)]
struct Named {
    /// Its id.
    id: String,
    /// Its name.
    name: Words,
}

/// How far the data reaches.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the shape of `Reach`")]
struct DataReach {
    /// First day with anything, in the company's zone; null in an empty store.
    first: Option<NaiveDate>,
    /// Last day with anything.
    last: Option<NaiveDate>,
}

/// What the page starts from.
#[derive(Debug, Serialize, ToSchema)]
struct Overview {
    /// The company.
    company: Company,
    /// Version of the program.
    version: &'static str,
    /// Now, as the program's clock has it.
    now: DateTime<Utc>,
    /// Today in the company's zone.
    today: NaiveDate,
    /// The channels.
    channels: Vec<Named>,
    /// The rules of alerts.toml.
    rules: Vec<Named>,
    /// Stores that rows name.
    stores: Vec<String>,
    /// How far the data reaches.
    #[schema(value_type = DataReach)]
    data: Reach,
}

/// Company, channels, stores and the reach of the data
#[utoipa::path(get, path = "/api/v1/overview", tag = "figures", responses((status = 200, body = Overview)))]
async fn overview(State(shared): State<Shared>) -> Result<Json<Overview>, Failure> {
    let reach = shared.figures.reach().await?;
    let company = &shared.config.settings.company;
    let now = shared.clock.now();
    let named = |id: &str, name: &inflow_config::Name| Named { id: id.to_owned(), name: name.into() };
    Ok(Json(Overview {
        company: Company { name: company.name.clone(), timezone: company.timezone.name(), currency: company.currency.as_str().to_owned() },
        version: env!("CARGO_PKG_VERSION"),
        now,
        today: now.with_timezone(&company.timezone).date_naive(),
        channels: shared.config.channels.iter().map(|channel| named(&channel.id, &channel.name)).collect(),
        rules: shared.config.alerts.rule.iter().map(|rule| named(&rule.id, &rule.name)).collect(),
        stores: reach.stores.clone(),
        data: reach,
    }))
}

/// What changes when figures may have changed.
#[derive(Debug, Serialize, ToSchema)]
struct Now {
    /// A word to compare with the last one, not to read.
    #[schema(example = "41-3-1290")]
    stamp: String,
    /// An analysis is under way: some figures are new already, others not yet.
    analysing: bool,
    /// Today in the company's zone.
    today: NaiveDate,
}

/// Whether figures may have changed: cheap to ask for now and then
#[utoipa::path(get, path = "/api/v1/stamp", tag = "figures", responses((status = 200, body = Now)))]
async fn stamp(State(shared): State<Shared>) -> Result<Json<Now>, Failure> {
    let stamp = shared.figures.stamp().await?;
    let today = shared.clock.now().with_timezone(&shared.config.settings.company.timezone).date_naive();
    Ok(Json(Now { stamp: stamp.stamp, analysing: stamp.analysing, today }))
}

/// Who asks, and what that may see.
#[derive(Debug, Serialize, ToSchema)]
struct Me {
    /// Name of the token; null on loopback without one.
    name: Option<String>,
    /// `admin`, `manager`, `recruiter`, `finance` or `auditor`; null on loopback without a token, which reads everything and decides nothing.
    #[schema(example = "manager")]
    role: Option<&'static str>,
    /// Requisitions that everything is narrowed to; of a recruiter alone.
    requisitions: Vec<String>,
    /// Whether this is a session of the page, which can be signed out.
    signed_in: bool,
    /// Parts that are open, beside reports.
    #[schema(example = json!(["applications", "entries", "connections", "runs", "alerts", "advice", "decisions", "decide"]))]
    parts: Vec<&'static str>,
    /// Metrics that can be read.
    #[schema(example = json!(["volume", "conversion"]))]
    metrics: Vec<&'static str>,
}

/// Who asks, and what may be seen
#[utoipa::path(get, path = "/api/v1/me", tag = "about", responses((status = 200, body = Me)))]
async fn me(principal: Principal) -> Json<Me> {
    let token = principal.token();
    Json(Me {
        name: token.map(|token| token.name.clone()),
        role: principal.role().map(crate::access::Role::as_str),
        requisitions: token.map(|token| token.requisitions.clone()).unwrap_or_default(),
        signed_in: principal.session().is_some(),
        parts: Part::ALL.into_iter().filter(|part| principal.may(*part)).map(Part::as_str).collect(),
        metrics: catalogue().iter().filter(|metric| principal.may_read(metric)).map(|metric| metric.id).collect(),
    })
}

/// `/healthz`: the process answers.
pub(crate) async fn alive() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

/// `/readyz`: the store answers too.
pub(crate) async fn ready(State(shared): State<Shared>) -> Result<Json<Value>, Failure> {
    match shared.figures.ready().await {
        Ok(()) => Ok(Json(json!({ "status": "ok" }))),
        Err(_) => {
            Err(Failure::new(StatusCode::SERVICE_UNAVAILABLE, "the store does not answer").hint("`inflow doctor` says what is missing"))
        }
    }
}

/// Every other address.
pub(crate) async fn nowhere(uri: Uri) -> Failure {
    Failure::new(StatusCode::NOT_FOUND, format!("there is nothing at {:?}", uri.path()))
        .hint("the page is at /, what the API has stands in /api/v1/openapi.json")
}

/// Every other method.
pub(crate) async fn other_method() -> Failure {
    Failure::new(StatusCode::METHOD_NOT_ALLOWED, "this address does not take that method").hint("`Allow` lists those that it takes")
}
