//! Errors of requests (RFC 9457), and of serving at all.

use axum::Json;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use inflow_config::Explain;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::Words;

/// The page cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// The machine gives no randomness to sign sessions with.
    #[error("no key for sessions can be made: {0}")]
    Randomness(String),
    /// The listener broke.
    #[error("the page cannot be served: {0}")]
    Network(#[from] std::io::Error),
}

impl Explain for PageError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Randomness(_) => None,
            Self::Network(_) => Some("choose another address under [serve] page in inflow.toml".to_owned()),
        }
    }
}

/// A kind of problem, as its `type` names it.
struct Kind {
    code: &'static str,
    status: StatusCode,
    en: &'static str,
    zh: &'static str,
}

const fn kind(code: &'static str, status: StatusCode, en: &'static str, zh: &'static str) -> Kind {
    Kind { code, status, en, zh }
}

/// Where `type` points to; the code follows.
const TYPES: &str = "/api/v1/problems/";

/// The kinds, the first of a status being what a failure of that status is unless it says otherwise.
const KINDS: &[Kind] = &[
    kind(
        "bad-request",
        StatusCode::BAD_REQUEST,
        "A part of the request cannot be understood; `detail` names it.",
        "请求中有无法理解的部分,见 detail。",
    ),
    kind(
        "no-token",
        StatusCode::UNAUTHORIZED,
        "No token was given, or one that is unknown, revoked or expired.",
        "未提供令牌,或令牌不存在、已吊销或已过期。",
    ),
    kind(
        "foreign-request",
        StatusCode::FORBIDDEN,
        "The request names a host that is not served here, or comes from another site.",
        "请求的主机名不在此服务,或来自其他网站。",
    ),
    kind("beyond-role", StatusCode::FORBIDDEN, "The role of the token does not include this.", "令牌的角色不包含此项权限。"),
    kind(
        "not-narrowable",
        StatusCode::FORBIDDEN,
        "A recruiter's token reads its own requisitions alone, and this cannot be told apart by requisition.",
        "招聘专员的令牌只能读取其负责的需求,而此数据无法按需求区分。",
    ),
    kind("not-found", StatusCode::NOT_FOUND, "There is nothing at this address.", "此地址没有内容。"),
    kind(
        "method",
        StatusCode::METHOD_NOT_ALLOWED,
        "The address does not take this method; `Allow` lists those that it takes.",
        "此地址不接受该方法,可用方法见 Allow。",
    ),
    kind(
        "not-acceptable",
        StatusCode::NOT_ACCEPTABLE,
        "The answer cannot be written in any form that `Accept` lists.",
        "无法以 Accept 所列的任何格式返回。",
    ),
    kind("timeout", StatusCode::REQUEST_TIMEOUT, "The request came too slowly.", "请求到达过慢。"),
    kind(
        "not-analysed",
        StatusCode::CONFLICT,
        "Nothing was analysed yet; ask again after the first analysis.",
        "尚未进行分析,请在首次分析后再试。",
    ),
    kind("too-large", StatusCode::PAYLOAD_TOO_LARGE, "The body is larger than is taken.", "请求体过大。"),
    kind("media-type", StatusCode::UNSUPPORTED_MEDIA_TYPE, "The body is not of a type that is read here.", "不支持的请求体类型。"),
    kind(
        "unprocessable",
        StatusCode::UNPROCESSABLE_ENTITY,
        "The body can be read, and says something that cannot be done.",
        "请求体可读,但其内容无法执行。",
    ),
    // The one kind of these that the registry of RFC 9457 has a word for.
    kind(
        QUOTA,
        StatusCode::TOO_MANY_REQUESTS,
        "The token has sent as many requests as it may in a minute; `Retry-After` says when it may again.",
        "令牌已达每分钟请求上限,可重试时间见 Retry-After。",
    ),
    kind("server", StatusCode::INTERNAL_SERVER_ERROR, "Our fault; the log of the program says more.", "服务端错误,详见程序日志。"),
    kind("unavailable", StatusCode::SERVICE_UNAVAILABLE, "Not now; ask again.", "暂时不可用,请稍后再试。"),
];

const QUOTA: &str = "quota-exceeded";
const REGISTERED: &str = "https://iana.org/assignments/http-problem-types#";

/// What went wrong (RFC 9457), with what to do about it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "type": "/api/v1/problems/bad-request", "title": "Bad Request", "status": 400,
    "detail": "the parameter \"from\" is not a day: \"yesterday\"", "hint": "write it as 2026-11-30"
}))]
pub(crate) struct Problem {
    /// The kind of problem; an address under `/api/v1/problems/` explains it.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// The status in words.
    pub(crate) title: String,
    /// The HTTP status.
    pub(crate) status: u16,
    /// One sentence about this very request.
    pub(crate) detail: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hint: Option<String>,
}

/// The answer to a request that cannot be fulfilled.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    status: StatusCode,
    code: Option<&'static str>,
    error: String,
    hint: Option<String>,
}

impl Failure {
    pub(crate) fn new(status: StatusCode, error: impl Into<String>) -> Self {
        Self { status, code: None, error: error.into(), hint: None }
    }

    /// A request that asks for something that is not there to ask for.
    pub(crate) fn bad_request(error: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error)
    }

    /// Of a kind that shares its status with another.
    pub(crate) fn kind(mut self, code: &'static str) -> Self {
        self.code = Some(code);
        self
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(crate) fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// An error of a library: 400 when the asker can mend it, else 500 and a line in the log.
    pub(crate) fn explained(error: &impl Explain) -> Self {
        let status = if error.exit_code() == 1 { StatusCode::BAD_REQUEST } else { StatusCode::INTERNAL_SERVER_ERROR };
        if status.is_server_error() {
            tracing::error!(%error, "a request failed");
        }
        Self { status, code: None, error: error.to_string(), hint: error.hint() }
    }

    fn problem(self) -> Problem {
        let of_status = || KINDS.iter().find(|kind| kind.status == self.status).map(|kind| kind.code);
        let kind = match self.code.or_else(of_status) {
            Some(QUOTA) => format!("{REGISTERED}{QUOTA}"),
            Some(code) => format!("{TYPES}{code}"),
            None => "about:blank".to_owned(),
        };
        let title = self.status.canonical_reason().unwrap_or_default().to_owned();
        Problem { kind, title, status: self.status.as_u16(), detail: self.error, hint: self.hint }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = self.status;
        let mut response = (status, Json(self.problem())).into_response();
        response.headers_mut().insert(CONTENT_TYPE, axum::http::HeaderValue::from_static("application/problem+json"));
        response
    }
}

/// A kind of problem.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct ProblemKind {
    /// Its code, the last part of `type`.
    code: &'static str,
    /// The HTTP status that comes with it.
    status: u16,
    /// What it means.
    meaning: Words,
}

/// The kinds of problems.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct ProblemKinds {
    /// One entry a kind.
    problems: Vec<ProblemKind>,
}

fn told(kind: &Kind) -> ProblemKind {
    ProblemKind { code: kind.code, status: kind.status.as_u16(), meaning: Words { en: kind.en.to_owned(), zh: kind.zh.to_owned() } }
}

/// The kinds of problems that `type` names
#[utoipa::path(get, path = "/api/v1/problems", tag = "about", responses((status = 200, body = ProblemKinds)))]
pub(crate) async fn problems() -> Json<ProblemKinds> {
    Json(ProblemKinds { problems: KINDS.iter().map(told).collect() })
}

/// One kind of problem
#[utoipa::path(
    get, path = "/api/v1/problems/{code}", tag = "about",
    params(("code" = String, Path, description = "The last part of `type`", example = "bad-request")),
    responses((status = 200, body = ProblemKind))
)]
pub(crate) async fn problem(Path(code): Path<String>) -> Result<Json<ProblemKind>, Failure> {
    let kind = KINDS.iter().find(|kind| kind.code == code);
    kind.map(|kind| Json(told(kind))).ok_or_else(|| {
        Failure::new(StatusCode::NOT_FOUND, format!("there is no kind of problem {code:?}")).hint("/api/v1/problems lists them")
    })
}
