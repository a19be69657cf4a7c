//! Lever's Data API: `/v1/postings`, `/v1/opportunities`, `/v1/stages`, `/v1/archive_reasons`.

use axum::http::StatusCode;
use inflow_config::Stage;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::{Account, applications, body, email, phone, postings};
use crate::board::{BoardRequest, Reply, Respond};
use crate::world::{Application, Posting, World};

const MOST: usize = 100;
const OWNER: &str = "00000000-0000-4000-8000-0000000000aa";

/// Stages of the account; the ids of an account's own stages are UUIDs. "Trial day" is this
/// company's own word, which the connection maps.
const STAGES: [(&str, &str, Option<Stage>); 9] = [
    ("lead-new", "New lead", Some(Stage::Viewed)),
    ("lead-reached-out", "Reached out", Some(Stage::Contacted)),
    ("lead-responded", "Responded", None),
    ("applicant-new", "New applicant", Some(Stage::Applied)),
    ("5a000000-0000-4000-8000-000000000004", "Recruiter screen", Some(Stage::Screened)),
    ("5a000000-0000-4000-8000-000000000005", "On-site interview", Some(Stage::Invited)),
    ("5a000000-0000-4000-8000-000000000006", "Trial day", Some(Stage::Attended)),
    ("offer", "Offer", Some(Stage::Offered)),
    ("5a000000-0000-4000-8000-000000000008", "Offer accepted", Some(Stage::Accepted)),
];

const HIRED: &str = "5e000000-0000-4000-8000-000000000001";
const UNDERQUALIFIED: &str = "5e000000-0000-4000-8000-000000000002";
const PAY: &str = "5e000000-0000-4000-8000-000000000003";
const WITHDREW: &str = "5e000000-0000-4000-8000-000000000004";
const REASONS: [(&str, &str, &str); 4] = [
    (HIRED, "Hired", "hired"),
    (UNDERQUALIFIED, "Underqualified", "non-hired"),
    (PAY, "Comp", "non-hired"),
    (WITHDREW, "Withdrew", "non-hired"),
];

pub(crate) struct Lever {
    postings: Vec<Value>,
    /// With the last change in milliseconds, by which `updated_at_start` chooses.
    opportunities: Vec<(i64, Value)>,
}

impl Lever {
    pub(crate) fn new(world: &World, account: &Account) -> Self {
        let mut cases: Vec<&Application> = applications(world, account).collect();
        // Newest first, as the board lists them.
        cases.sort_by_key(|case| (std::cmp::Reverse(case.moved_at), &case.id));
        let opportunities = cases.into_iter().enumerate();
        Self {
            postings: postings(world, account).map(posting).collect(),
            opportunities: opportunities
                .map(|(number, case)| (case.moved_at.timestamp_millis(), opportunity(world, number, case)))
                .collect(),
        }
    }

    fn opportunities(&self, request: &BoardRequest) -> Reply {
        let since = request.number("updated_at_start").unwrap_or(i64::MIN);
        let mut rows: Vec<Value> = self.opportunities.iter().filter(|(at, _)| *at >= since).map(|(_, row)| row.clone()).collect();
        let expanded = request.query.iter().any(|(key, value)| key == "expand" && value == "applications");
        if !expanded {
            rows.iter_mut().for_each(collapse);
        }
        page(request, &rows)
    }
}

impl Respond for Lever {
    fn respond(&self, request: &BoardRequest) -> Reply {
        match (request.method.as_str(), request.path.as_str()) {
            ("GET", "/v1/postings") => {
                let state = request.param("state");
                let wanted = |posting: &&Value| state.is_none_or(|state| posting["state"] == state);
                page(request, &self.postings.iter().filter(wanted).cloned().collect::<Vec<_>>())
            }
            ("GET", "/v1/opportunities") => self.opportunities(request),
            ("GET", "/v1/stages") => {
                page(request, &STAGES.iter().map(|(id, text, _)| json!({ "id": id, "text": text })).collect::<Vec<_>>())
            }
            ("GET", "/v1/archive_reasons") => page(
                request,
                &REASONS
                    .iter()
                    .map(|(id, text, kind)| json!({ "id": id, "text": text, "status": "active", "type": kind }))
                    .collect::<Vec<_>>(),
            ),
            _ => Reply::not_found(),
        }
    }
}

/// A page of up to 100 rows and the token of the next one. As at the real board, the token in the
/// answer is percent-encoded already: sent as it is it decodes to a list, encoded again it does not.
fn page(request: &BoardRequest, rows: &[Value]) -> Reply {
    let limit = usize::try_from(request.number("limit").unwrap_or(100)).unwrap_or(1).clamp(1, MOST);
    let start = match request.param("offset") {
        None => 0,
        Some(token) => match serde_json::from_str::<(usize, String)>(token) {
            Ok((start, _)) => start,
            Err(_) => return Reply::error(StatusCode::BAD_REQUEST, "BadRequestError", "Invalid offset token"),
        },
    };
    let data: Vec<&Value> = rows.iter().skip(start).take(limit).collect();
    let end = start + data.len();
    let mut answer = json!({ "data": data, "hasNext": end < rows.len() });
    if end < rows.len() {
        let token = json!([end, rows[end - 1]["id"]]).to_string();
        answer["next"] = form_urlencoded::byte_serialize(token.as_bytes()).collect::<String>().into();
    }
    Reply::ok(answer)
}

/// Without `expand=applications` an opportunity names the ids of its applications only.
fn collapse(row: &mut Value) {
    if let Some(applications) = row["applications"].as_array_mut() {
        for application in applications {
            *application = application["id"].take();
        }
    }
}

fn posting(posting: &Posting) -> Value {
    let changed = posting.closed_at.unwrap_or(posting.posted_at).timestamp_millis();
    let id = &posting.id;
    json!({
        "id": id,
        "text": posting.title,
        "state": if posting.closed_at.is_some() { "closed" } else { "published" },
        "distributionChannels": ["public"],
        "user": OWNER,
        "owner": OWNER,
        "hiringManager": null,
        "categories": {
            "commitment": "Full-time",
            "department": posting.department,
            "level": null,
            "location": posting.city,
            "team": posting.department,
            "allLocations": [posting.city],
        },
        "tags": [],
        "content": { "description": "", "descriptionHtml": body(posting), "lists": [], "closing": "", "closingHtml": "" },
        "country": "CN",
        "reqCode": null,
        "requisitionCodes": [],
        "urls": {
            "list": "https://jobs.example.invalid/demo",
            "show": format!("https://jobs.example.invalid/demo/{id}"),
            "apply": format!("https://jobs.example.invalid/demo/{id}/apply"),
        },
        "confidentiality": "non-confidential",
        "createdAt": posting.posted_at.timestamp_millis(),
        "updatedAt": changed,
        "workplaceType": "onsite",
        "salaryRange": { "min": posting.pay.0, "max": posting.pay.1, "currency": "CNY", "interval": "per-month-salary" },
    })
}

fn opportunity(world: &World, number: usize, case: &Application) -> Value {
    let person = &world.people[case.person];
    let posting = world.postings.get(case.posting);
    let changes = case.events.iter().filter_map(|event| {
        let index = STAGES.iter().position(|(_, _, stage)| *stage == Some(event.stage))?;
        Some(json!({ "toStageId": STAGES[index].0, "toStageIndex": index, "updatedAt": event.at.timestamp_millis(), "userId": OWNER }))
    });
    let changes: Vec<Value> = changes.collect();
    let advanced = changes.last().map_or(Value::Null, |change| change["updatedAt"].clone());
    let stage = changes.last().map_or(Value::Null, |change| change["toStageId"].clone());
    let origin = match (case.channel, case.searched) {
        (_, true) => "sourced",
        ("referral", _) => "referred",
        _ => "applied",
    };
    // Older cases were seen without a time of change.
    let updated = (number % 40 != 39).then_some(case.moved_at.timestamp_millis());
    let created = case.first_at.timestamp_millis();
    json!({
        "id": case.id,
        "name": person.name,
        "contact": case.candidate_id,
        "headline": "",
        "stage": stage,
        "confidentiality": "non-confidential",
        "location": "",
        "phones": phone(person, case.phone, number).map(|value| json!({ "type": "mobile", "value": value })).into_iter().collect::<Vec<_>>(),
        "emails": email(person, case.email).into_iter().collect::<Vec<_>>(),
        "links": [],
        "archived": archived(case),
        "tags": posting.map(|posting| posting.title).into_iter().collect::<Vec<_>>(),
        "sources": [case.source_word],
        "stageChanges": changes,
        "origin": origin,
        "sourcedBy": case.searched.then_some(OWNER),
        "owner": OWNER,
        "followers": [OWNER],
        "applications": [{
            "id": format!("b{}", case.id.get(1..).unwrap_or_default()),
            "type": if case.searched { "user" } else { "posting" },
            "opportunityId": case.id,
            "posting": posting.map(|posting| posting.id.as_str()),
            "createdAt": created,
        }],
        "createdAt": created,
        "updatedAt": updated,
        "lastInteractionAt": case.moved_at.timestamp_millis(),
        "lastAdvancedAt": advanced,
        "snoozedUntil": null,
        "urls": { "list": "https://hire.example.invalid/candidates", "show": format!("https://hire.example.invalid/candidates/{}", case.id) },
        "isAnonymized": false,
        "dataProtection": null,
        "opportunityLocation": posting.map(|posting| posting.city),
    })
}

/// Who started work is archived as hired, who did not with the reason.
fn archived(case: &Application) -> Value {
    let end = case.events.iter().rfind(|event| event.stage == Stage::Onboarded || event.stage.terminal());
    let Some(end) = end else { return Value::Null };
    let reason = match (end.stage, end.reason) {
        (Stage::Onboarded, _) => HIRED,
        (Stage::Withdrawn, _) => WITHDREW,
        (_, Some("薪资期望过高")) => PAY,
        _ => UNDERQUALIFIED,
    };
    json!({ "reason": reason, "archivedAt": end.at.timestamp_millis() })
}
