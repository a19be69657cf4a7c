//! One metric, as JSON, csv or a workbook.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::header::{ACCEPT, ACCEPT_LANGUAGE, CONTENT_DISPOSITION, CONTENT_TYPE, ETAG};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, NaiveDate, Utc};
use inflow_analytics::{Report, metric};
use inflow_config::Lang;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::{SupersededText, Words};
use crate::access::Principal;
use crate::assets;
use crate::failure::Failure;
use crate::query::{self, Accepts};
use crate::router::Shared;
use crate::{csv, sheet, tag};

/// A value in a row: a count or share, a word, a truth, or nothing where nothing is known.
#[derive(ToSchema)]
#[schema(value_type = Option<Value>)]
#[expect(dead_code, reason = "the shape of a cell")]
struct Cell(Value);

/// What a metric means, beside its numbers.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the shape of what analytics writes")]
struct DefinitionText {
    /// Short name.
    title: Words,
    /// One sentence (口径).
    meaning: Words,
    /// What is counted.
    numerator: String,
    /// What it is divided by.
    denominator: String,
    /// Which instant decides the day and hour.
    clock: String,
    /// What is left out.
    exclusions: String,
    /// Of an earlier version: until when it held.
    superseded: Option<SupersededText>,
}

/// A report: the document of `inflow report METRIC --format json`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the shape of what analytics writes")]
struct ReportDocument {
    /// Name of the metric.
    metric: String,
    /// Version of its definition.
    version: u32,
    /// The definition in words.
    definition: DefinitionText,
    /// First local day.
    from: NaiveDate,
    /// Last local day, included.
    to: NaiveDate,
    /// IANA zone of days and hours; `channel` when each channel's own is used and they differ.
    tz: String,
    /// Event time up to which the store was read.
    as_of: DateTime<Utc>,
    /// One row a group: its dimensions, keys and columns by name. Money is a decimal string.
    rows: Vec<BTreeMap<String, Option<Value>>>,
    /// How the money ties to the ledger over all channels, whatever the filters; null when no money is shown, and to a recruiter.
    reconciles: Option<BTreeMap<String, Option<Value>>>,
}

/// Parameters of a report. Filters may be given several times.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "read by `query`, which knows what each metric takes")]
pub(super) struct ReportParams {
    /// Dimensions, parted by commas; `none` for one row over everything [default: the metric's own]
    #[param(example = "channel,month")]
    by: Option<String>,
    /// First local day [default: 29 days before the last]
    from: Option<NaiveDate>,
    /// Last local day, included [default: today]
    to: Option<NaiveDate>,
    /// IANA zone that days and hours are cut in [default: each channel's own]
    #[param(example = "Asia/Shanghai")]
    tz: Option<String>,
    /// Only what had happened by then [default: now]. With it, `If-None-Match` costs nothing where nothing was stored since.
    as_of: Option<DateTime<Utc>>,
    /// An earlier definition [default: the current one]
    #[param(minimum = 1)]
    version: Option<u32>,
    /// Only these channels
    channel: Option<Vec<String>>,
    /// Only these stores
    store: Option<Vec<String>>,
    /// Only these departments, where the metric has them (`filters` of the catalogue)
    department: Option<Vec<String>>,
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

const CSV: &str = "text/csv";
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// What a report is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Json,
    Csv,
    Xlsx,
}

const FORMS: [(Form, &str); 3] = [(Form::Json, "application/json"), (Form::Csv, CSV), (Form::Xlsx, XLSX)];

/// The form that weighs most; JSON among equals, and where nothing is said.
fn form(headers: &HeaderMap) -> Result<Form, Failure> {
    negotiated(headers, &FORMS)
}

/// The one of some forms that weighs most in `Accept`; the first among equals, and where nothing is said.
pub(super) fn negotiated<F: Copy>(headers: &HeaderMap, forms: &[(F, &str)]) -> Result<F, Failure> {
    let names = || forms.iter().map(|(_, name)| *name).collect::<Vec<_>>().join(", ");
    let none = || {
        Failure::new(StatusCode::NOT_ACCEPTABLE, "the answer is written in none of the forms that Accept lists")
            .hint(format!("accepted: {}", names()))
    };
    let said: Vec<&str> = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
    if said.is_empty() {
        return forms.first().map(|(form, _)| *form).ok_or_else(none);
    }
    let accepted: Vec<(&str, f32)> = said.iter().flat_map(|line| line.split(',')).map(range).collect();
    // The most specific range that fits a type says what it weighs (RFC 9110, 12.5.1).
    let weight = |name: &str| {
        let kind = name.split('/').next().unwrap_or_default();
        let of = |range: &str| accepted.iter().find(|(asked, _)| asked.eq_ignore_ascii_case(range)).map(|(_, weight)| *weight);
        of(name).or_else(|| of(&format!("{kind}/*"))).or_else(|| of("*/*")).unwrap_or(0.0)
    };
    let mut best: Option<(F, f32)> = None;
    for (form, name) in forms {
        let weight = weight(name);
        if weight > best.map_or(0.0, |(_, most)| most) {
            best = Some((*form, weight));
        }
    }
    best.map(|(form, _)| form).ok_or_else(none)
}

/// A media range and its weight.
fn range(item: &str) -> (&str, f32) {
    let mut parts = item.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default();
    let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q="))).and_then(|text| text.parse().ok());
    (name, weight.unwrap_or(1.0))
}

/// One metric
///
/// As JSON, csv (`Accept: text/csv`) or a workbook
/// (`Accept: application/vnd.openxmlformats-officedocument.spreadsheetml.sheet`). In csv and workbook, rows of fewer than
/// five people by a sensitive dimension are withheld.
#[utoipa::path(
    get, path = "/api/v1/report/{metric}", tag = "figures",
    params(("metric" = String, Path, description = "Its id in the catalogue", example = "volume"), ReportParams),
    responses((status = 200, description = "The report", content(
        (ReportDocument = "application/json"), (String = "text/csv"),
        (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
    )))
)]
pub(super) async fn report(
    State(shared): State<Shared>,
    principal: Principal,
    Path(id): Path<String>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Failure> {
    let metric = metric(&id).map_err(|error| Failure::explained(&error).status(StatusCode::NOT_FOUND))?;
    let asked = query::parse(metric, &uri, shared.clock.now(), shared.config.settings.company.timezone, &Accepts::REPORT)?;
    let mut query = asked.query;
    principal.narrow(metric, &mut query)?;
    let form = form(&headers)?;
    let lang = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).map_or(Lang::En, assets::language);
    let whole = principal.reads_the_whole();
    // With an instant of its own, a report is the same as long as nothing was stored; else it may change with time alone.
    let stored = shared.figures.generation().filter(|_| asked.as_of_was_said);
    let stands = stored.map(|stored| tag::tag(format!("{stored} {form:?} {lang:?} {whole} {query:?}")));
    if let Some(tag) = stands.as_ref().filter(|tag| tag::seen(&headers, tag)) {
        return Ok(tag::unchanged(tag));
    }
    let mut report = {
        // A page asks for a dozen reports at once; the engine's memory is for a few at a time.
        let _turn = shared.turns.acquire().await.map_err(|_| Failure::new(StatusCode::SERVICE_UNAVAILABLE, "the server is stopping"))?;
        shared.figures.report(&query).await?
    };
    if !whole {
        report.reconciles = None;
    }
    let tag = stands.unwrap_or_else(|| tag::tag(format!("{form:?} {lang:?} {}", timeless(&report))));
    let mut response = written(&report, form, lang)?;
    response.headers_mut().insert(ETAG, tag);
    Ok(response)
}

/// The report without the instant that it was read at.
fn timeless(report: &Report) -> String {
    let mut document = serde_json::to_value(report).unwrap_or_default();
    if let Some(fields) = document.as_object_mut() {
        fields.remove("as_of");
    }
    document.to_string()
}

fn written(report: &Report, form: Form, lang: Lang) -> Result<Response, Failure> {
    let ours = |error: String| {
        tracing::error!(%error, "a report cannot be written");
        Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "the report cannot be written")
    };
    let (kind, ending, bytes) = match form {
        Form::Json => return Ok(Json(report).into_response()),
        Form::Csv => {
            ("text/csv; charset=utf-8; header=present", "csv", csv::csv(report).map_err(|error| ours(error.to_string()))?.into_bytes())
        }
        Form::Xlsx => (XLSX, "xlsx", sheet::workbook(std::slice::from_ref(report), lang).map_err(|error| ours(error.to_string()))?),
    };
    let name = format!("attachment; filename=\"{}-{}-{}.{ending}\"", report.metric, report.from, report.to);
    let mut response = bytes.into_response();
    let head = response.headers_mut();
    head.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Ok(name) = HeaderValue::from_str(&name) {
        head.insert(CONTENT_DISPOSITION, name);
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_that_weighs_most_is_written() {
        let accept = |value: &str| form(&HeaderMap::from_iter([(ACCEPT, value.parse().unwrap())])).ok();
        assert_eq!(form(&HeaderMap::new()).ok(), Some(Form::Json));
        assert_eq!(accept("*/*"), Some(Form::Json));
        assert_eq!(accept("text/csv"), Some(Form::Csv));
        assert_eq!(accept("text/*;q=0.9, application/json;q=0.5"), Some(Form::Csv));
        assert_eq!(accept("text/csv;q=0, */*;q=0.1"), Some(Form::Json));
        assert_eq!(accept(&format!("{XLSX}, application/json;q=0.2")), Some(Form::Xlsx));
        assert_eq!(accept("text/html"), None);
        assert_eq!(accept("text/html, */*;q=0.8"), Some(Form::Json));
    }
}
