//! Moka: `GET /v1/jobs/{orgId}` and `GET /v1/data/movedApplications`, by the documented fields.

use axum::http::StatusCode;
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use inflow_config::Stage;
use serde_json::{Value, json};

use super::{Account, applications, body, email, phone, postings};
use crate::board::{BoardRequest, Reply, Respond};
use crate::world::{Application, Posting, World, local_day};

const MOST_JOBS: usize = 100;
const MOST_APPLICATIONS: usize = 20;

pub(crate) struct Moka {
    jobs_path: String,
    jobs: Vec<Value>,
    /// With the local day of the last move, by which `fromTime` chooses.
    applications: Vec<(NaiveDate, Value)>,
}

impl Moka {
    pub(crate) fn new(world: &World, account: &Account) -> Self {
        let mut moved: Vec<&Application> = applications(world, account).collect();
        moved.sort_by_key(|application| (application.moved_at, &application.id));
        Self {
            jobs_path: format!("/v1/jobs/{}", account.place),
            jobs: postings(world, account).enumerate().map(|(number, posting)| job(number, posting)).collect(),
            applications: moved.into_iter().map(|case| (local_day(case.moved_at), row(world, case))).collect(),
        }
    }

    fn jobs(&self, request: &BoardRequest) -> Reply {
        let limit = usize::try_from(request.number("limit").unwrap_or(30)).unwrap_or(1).clamp(1, MOST_JOBS);
        let offset = usize::try_from(request.number("offset").unwrap_or(0)).unwrap_or(0);
        let page: Vec<&Value> = self.jobs.iter().skip(offset).take(limit).collect();
        Reply::ok(json!({ "total": self.jobs.len(), "jobs": page }))
    }

    fn moved(&self, request: &BoardRequest) -> Reply {
        let Some(from) = request.param("fromTime").and_then(|text| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()) else {
            return Reply::error(StatusCode::BAD_REQUEST, "10001", "fromTime 格式错误，例如 2018-1-1");
        };
        let limit = usize::try_from(request.number("limit").unwrap_or(20)).unwrap_or(1).clamp(1, MOST_APPLICATIONS);
        let start = match request.param("next") {
            None | Some("") => 0,
            Some(token) => match token.strip_prefix("n").and_then(|digits| usize::from_str_radix(digits, 36).ok()) {
                Some(start) => start,
                None => return Reply::error(StatusCode::BAD_REQUEST, "10002", "next 参数错误"),
            },
        };
        let chosen: Vec<&Value> = self.applications.iter().filter(|(day, _)| *day >= from).map(|(_, row)| row).collect();
        let page: Vec<&&Value> = chosen.iter().skip(start).take(limit).collect();
        let mut answer = json!({ "code": 200, "msg": "success", "data": page });
        if start + limit < chosen.len() {
            answer["next"] = Value::from(format!("n{}", base36(start + limit)));
        }
        Reply::ok(answer)
    }
}

fn base36(mut number: usize) -> String {
    let mut digits = Vec::new();
    loop {
        digits.extend(char::from_digit((number % 36) as u32, 36));
        number /= 36;
        if number == 0 {
            return digits.into_iter().rev().collect();
        }
    }
}

impl Respond for Moka {
    fn respond(&self, request: &BoardRequest) -> Reply {
        match (request.method.as_str(), request.path.as_str()) {
            ("GET", path) if path == self.jobs_path => self.jobs(request),
            ("GET", "/v1/data/movedApplications") => self.moved(request),
            _ => Reply::not_found(),
        }
    }
}

fn stamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Thousands, as Moka writes pay: 4.5 for 4500.
fn thousands(yuan: u32) -> Value {
    if yuan.is_multiple_of(1000) { Value::from(yuan / 1000) } else { Value::from(f64::from(yuan) / 1000.0) }
}

fn job(number: usize, posting: &Posting) -> Value {
    json!({
        "id": posting.id.parse::<u64>().unwrap_or_default(),
        "title": posting.title,
        "status": if posting.closed_at.is_some() { "已关闭" } else { "招聘中" },
        "description": body(posting),
        "mjCode": format!("MJ{:06}", number + 1),
        "minSalary": thousands(posting.pay.0),
        "maxSalary": thousands(posting.pay.1),
        "minExperience": 0,
        "maxExperience": 3,
        "number": 1 + number % 5,
        "commitment": "全职",
        "education": "不限",
        "closedAt": posting.closed_at.map(stamp),
        "openedAt": stamp(posting.posted_at),
        "updatedAt": stamp(posting.closed_at.unwrap_or(posting.posted_at)),
        "prior": 0,
        "hireMode": 1,
        "finishedAt": null,
    })
}

/// The name of a stage and the number of its type, as the pipeline of the shop has them.
fn stage_name(stage: Stage) -> (&'static str, u32) {
    match stage {
        Stage::Viewed | Stage::Contacted => ("沟通中", 205),
        Stage::Applied => ("初筛", 100),
        Stage::Screened => ("用人部门筛选", 200),
        Stage::Invited => ("约面", 201),
        Stage::Attended => ("到面", 201),
        Stage::Offered => ("沟通offer", 101),
        Stage::Accepted => ("待入职", 102),
        Stage::Onboarded => ("已入职", 102),
        Stage::PassedProbation => ("转正", 205),
        Stage::Rejected => ("淘汰", 205),
        Stage::Withdrawn => ("候选人放弃", 205),
    }
}

fn row(world: &World, case: &Application) -> Value {
    let person = &world.people[case.person];
    let posting = world.postings.get(case.posting);
    let id: u64 = case.id.parse().unwrap_or_default();
    let stage = case.events.last().map_or(Stage::Applied, |event| event.stage);
    let (stage_name, stage_type) = stage_name(stage);
    json!({
        "candidateId": case.candidate_id.parse::<u64>().unwrap_or_default(),
        "applicationId": id,
        "name": person.name,
        "phone": phone(person, case.phone, id as usize),
        "email": email(person, case.email),
        "gender": null,
        "birthYear": person.birth_year,
        "birthDate": null,
        "hireMode": 1,
        "source": case.source_word,
        "sourceType": if case.searched { 1 } else { 2 },
        "stageName": stage_name,
        "stageType": stage_type,
        "location": posting.map(|posting| posting.city),
        "academicDegree": "不限",
        "appliedAt": case.applied_at.map(stamp),
        "jobId": posting.and_then(|posting| posting.id.parse::<u64>().ok()),
        "educationInfo": [],
        "experienceInfo": [],
    })
}
