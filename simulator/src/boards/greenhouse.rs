//! The Greenhouse job board API: `GET /v1/boards/{token}/jobs`.

use chrono::{DateTime, FixedOffset, Utc};
use serde_json::{Value, json};

use super::{Account, COMPANY, body, postings};
use crate::board::{BoardRequest, Reply, Respond};
use crate::world::{Posting, World};

pub(crate) struct JobBoard {
    path: String,
    jobs: Vec<Value>,
}

impl JobBoard {
    pub(crate) fn new(world: &World, account: &Account) -> Self {
        let jobs = postings(world, account).enumerate().map(|(number, posting)| job(number as u64, posting)).collect();
        Self { path: format!("/v1/boards/{}/jobs", account.place), jobs }
    }
}

impl Respond for JobBoard {
    fn respond(&self, request: &BoardRequest) -> Reply {
        if request.method != "GET" || request.path != self.path {
            return Reply::not_found();
        }
        let mut jobs = self.jobs.clone();
        for (parameter, field) in [("content", "content"), ("pay_transparency", "pay_input_ranges")] {
            if request.param(parameter) != Some("true") {
                jobs.iter_mut().filter_map(Value::as_object_mut).for_each(|job| {
                    job.remove(field);
                });
            }
        }
        Reply::ok(json!({ "meta": { "total": jobs.len() }, "jobs": jobs }))
    }
}

/// Greenhouse writes the clock of New York, summer or not.
fn stamp(at: DateTime<Utc>) -> String {
    match FixedOffset::west_opt(4 * 3600) {
        Some(offset) => at.with_timezone(&offset).to_rfc3339(),
        None => at.to_rfc3339(),
    }
}

fn job(number: u64, posting: &Posting) -> Value {
    let id: u64 = posting.id.parse().unwrap_or_default();
    json!({
        "absolute_url": format!("https://careers.example.invalid/jobs/{id}"),
        "data_compliance": [{ "type": "gdpr", "requires_consent": false, "retention_period": null }],
        "internal_job_id": id / 2 + 1_000_000,
        "location": { "name": posting.city },
        "metadata": [{ "id": 4_095_122, "name": "Employment Type", "value": "Regular", "value_type": "single_select" }],
        "id": id,
        "updated_at": stamp(posting.posted_at + chrono::TimeDelta::minutes(7)),
        "requisition_id": format!("R-{}", 12_000 + number),
        "title": posting.title,
        "company_name": COMPANY,
        "first_published": stamp(posting.posted_at),
        "language": "zh",
        "application_deadline": null,
        // The board escapes the markup once more than HTML needs.
        "content": body(posting).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;"),
        "departments": [{ "id": 4_038_000 + number, "name": posting.department, "child_ids": [], "parent_id": null }],
        "offices": [{ "id": 4_009_816, "name": posting.city, "location": format!("{}, 中国", posting.city), "child_ids": [], "parent_id": null }],
        "pay_input_ranges": [{
            "min_cents": u64::from(posting.pay.0) * 100,
            "max_cents": u64::from(posting.pay.1) * 100,
            "currency_type": "CNY",
            "title": "月薪",
            "blurb": "",
        }],
    })
}
