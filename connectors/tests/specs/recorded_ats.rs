//! The specs of applicant tracking systems against recorded answers of real accounts: how many records they hold, nothing
//! unreadable, and exactly what the recordings do not hold.

use std::collections::BTreeSet;
use std::path::Path;

use inflow_connectors::examine::{Entries, entries_of, examine, records_of};
use inflow_connectors::spec::{Spec, Stream, spec};
use serde_json::Value;

use super::fetched;
use super::recorded::payloads;

/// Where answers stand in a recording.
#[derive(Clone, Copy)]
enum At {
    /// Those of the calls to this address, in the order recorded.
    Call(&'static str),
    /// One answer, at this JSON pointer.
    Answer(&'static str),
    /// One record, at this JSON pointer of the answers to an address: as a list of one.
    Single(&'static str, &'static str),
}

/// A recording read as a list of a spec.
struct Case {
    board: &'static str,
    stream: &'static str,
    recording: (&'static str, At),
    /// Recorded second calls: their key, put into every record.
    details: &'static [(&'static str, &'static str, At)],
    /// Recorded reference lists.
    references: &'static [(&'static str, &'static str, At)],
    records: usize,
    /// Fields, events and paths that the recording does not hold.
    nothing: &'static [&'static str],
    /// Values that were damaged when the recording was made safe to keep.
    damaged: &'static [&'static str],
}

const PLAIN: Case =
    Case { board: "", stream: "", recording: ("", At::Answer("")), details: &[], references: &[], records: 0, nothing: &[], damaged: &[] };

fn answers(folder: &Path, file: &str, at: At) -> Vec<Value> {
    let document: Value = serde_json::from_slice(&std::fs::read(folder.join(file)).unwrap()).unwrap();
    let calls = |address: &str| -> Vec<Value> {
        let methods = document.as_object().unwrap().values();
        let found: Vec<Value> = methods
            .filter_map(|calls| calls.get(address))
            .flat_map(|calls| calls.as_array().cloned().unwrap_or_else(|| vec![calls.clone()]))
            .map(|call| call.get("response").cloned().unwrap())
            .collect();
        assert!(!found.is_empty(), "{file} holds no call to {address}");
        found
    };
    match at {
        At::Call(address) => calls(address),
        At::Answer(pointer) => vec![document.pointer(pointer).unwrap_or_else(|| panic!("{file} has no {pointer}")).clone()],
        At::Single(address, pointer) => calls(address).iter().map(|answer| answer.pointer(pointer).unwrap().clone()).collect(),
    }
}

fn records(spec: &Spec, stream: &Stream, folder: &Path, (file, at): (&str, At)) -> Vec<Value> {
    let answers = answers(folder, file, at);
    if let At::Single(..) = at {
        return answers;
    }
    answers.iter().flat_map(|answer| records_of(spec, stream, answer.to_string().as_bytes(), None).unwrap()).collect()
}

impl Case {
    fn check(&self, folder: &Path) -> Vec<String> {
        let spec = spec(self.board).unwrap();
        let stream = spec.stream(self.stream).unwrap();
        let mut all = records(spec, stream, folder, self.recording);
        for (key, file, at) in self.details {
            let detail = stream.request.as_ref().unwrap().detail.iter().find(|detail| detail.key == *key).unwrap();
            let value = answers(folder, file, *at).first().and_then(|answer| detail.record.first(answer)).unwrap().clone();
            for record in &mut all {
                record.as_object_mut().unwrap().insert((*key).to_owned(), value.clone());
            }
        }
        let references: Entries = self
            .references
            .iter()
            .map(|(name, file, at)| {
                let list = spec.stream(name).unwrap();
                ((*name).to_owned(), entries_of(list, &records(spec, list, folder, (file, *at))))
            })
            .collect();
        let found = examine(spec, stream, &all, &references, fetched());
        let set = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<BTreeSet<String>>();
        let place = format!("{} {} of {}", self.board, self.stream, self.recording.0);
        let mut wrong = Vec::new();
        if found.records != self.records {
            wrong.push(format!("{place}: {} records", found.records));
        }
        if found.nothing != set(self.nothing) {
            wrong.push(format!("{place}: finds nothing for {:?}", found.nothing));
        }
        if found.unreadable != set(self.damaged) {
            wrong.push(format!("{place}: cannot read {:?}", found.unreadable));
        }
        wrong
    }
}

#[test]
fn recordings_of_applicant_tracking_systems_read_without_a_doubt() {
    let Some(folder) = payloads() else {
        eprintln!("no recorded payloads at hand: set INFLOW_PAYLOADS to check the specs against them");
        return;
    };
    let wrong: Vec<String> = CASES.iter().flat_map(|case| case.check(&folder)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const CASES: &[Case] = &[
    Case {
        board: "lever",
        stream: "requisitions",
        recording: ("lever/nango_requisitions.json", At::Call("/v1/requisitions")),
        records: 24,
        ..PLAIN
    },
    Case {
        board: "lever",
        stream: "hired_reasons",
        recording: ("lever/nango_archive-reasons.json", At::Call("/v1/archive_reasons")),
        records: 1,
        ..PLAIN
    },
    Case {
        board: "greenhouse_harvest",
        stream: "candidates",
        recording: ("greenhouse/airbyte_harvest_cassettes.json", At::Answer("/test_candidates_list")),
        records: 2,
        nothing: &["event ended", "event hired", "outcome_reason", "posting_source_id", "status", "tags"],
        ..PLAIN
    },
    Case {
        board: "greenhouse_harvest",
        stream: "applications",
        recording: ("greenhouse/airbyte_harvest_cassettes.json", At::Answer("/test_applications_list")),
        records: 2,
        nothing: &["event ended", "event hired", "outcome_reason", "posting_source_id", "status"],
        ..PLAIN
    },
    Case {
        board: "greenhouse_harvest",
        stream: "applications",
        recording: ("greenhouse/vcr_client_applications.json", At::Answer("/0/body")),
        records: 2,
        nothing: &[
            "city",
            "department",
            "event ended",
            "event hired",
            "event prospect",
            "outcome_reason",
            "path candidate_id",
            "posting_source_id",
            "recruiter",
            "status",
        ],
        ..PLAIN
    },
    Case {
        board: "greenhouse_harvest",
        stream: "jobs",
        recording: ("greenhouse/airbyte_harvest_cassettes.json", At::Answer("/test_jobs_list")),
        records: 2,
        nothing: &["closed_on", "currency", "owner", "path closed_at", "pay_max", "pay_min", "recruiter"],
        ..PLAIN
    },
    Case {
        board: "greenhouse_harvest",
        stream: "offers",
        recording: ("greenhouse/vcr_client_offers.json", At::Answer("/0/body")),
        records: 4,
        nothing: &["path updated_at"],
        ..PLAIN
    },
    Case {
        board: "greenhouse_harvest",
        stream: "hires",
        recording: ("greenhouse/vcr_client_offers.json", At::Answer("/0/body")),
        records: 4,
        nothing: &["path updated_at", "requisition_source_id"],
        ..PLAIN
    },
    Case {
        board: "greenhouse_harvest",
        stream: "source_costs",
        recording: ("greenhouse/vcr_client_offers.json", At::Answer("/0/body")),
        records: 1,
        nothing: &["currency", "path updated_at", "requisition_source_id"],
        ..PLAIN
    },
    Case {
        board: "ashby_api",
        stream: "applications",
        recording: ("ashby/nango_applications.json", At::Call("/application.list")),
        details: &[("info", "ashby/nango_get-application.json", At::Call("/application.info"))],
        references: &[("departments", "ashby/nango_list-departments.json", At::Call("/department.list"))],
        records: 20,
        nothing: &["recruiter", "status"],
        ..PLAIN
    },
    Case {
        board: "ashby_api",
        stream: "applications",
        recording: ("ashby/nango_list-applications.json", At::Call("/application.list")),
        records: 20,
        nothing: &["event moved", "recruiter", "status"],
        ..PLAIN
    },
    Case {
        board: "ashby_api",
        stream: "applications",
        recording: ("ashby/nango_change-application-stage.json", At::Single("/application.changeStage", "/results")),
        records: 1,
        nothing: &["event archived", "event moved", "outcome_reason", "path archivedAt", "recruiter", "status"],
        ..PLAIN
    },
    Case {
        board: "ashby_api",
        stream: "jobs",
        recording: ("ashby/nango_list-jobs.json", At::Call("/job.list")),
        records: 20,
        nothing: &["due_on", "heads", "recruiter"],
        ..PLAIN
    },
    Case {
        board: "ashby_api",
        stream: "job_postings",
        recording: ("ashby/nango_list-job-postings.json", At::Call("/jobPosting.list")),
        details: &[("info", "ashby/nango_get-job-posting.json", At::Call("/jobPosting.info"))],
        records: 1,
        damaged: &["posted_at: \"+10000000001\" is not a time (iso_local)"],
        nothing: &["posted_at"],
        ..PLAIN
    },
    Case {
        board: "ashby_api",
        stream: "interviews",
        recording: ("ashby/nango_list-interviews.json", At::Call("/interview.list")),
        records: 3,
        ..PLAIN
    },
    Case {
        board: "ashby_api",
        stream: "departments",
        recording: ("ashby/nango_list-departments.json", At::Call("/department.list")),
        records: 1,
        ..PLAIN
    },
    Case {
        board: "workable_spi",
        stream: "candidates",
        recording: ("workable/nango_list-candidates.json", At::Call("/spi/v3/candidates")),
        details: &[("info", "workable/nango_get-candidate.json", At::Call("/spi/v3/candidates/27273038"))],
        records: 50,
        nothing: &["event accepted", "event offer", "event offered"],
        ..PLAIN
    },
    Case {
        board: "workable_spi",
        stream: "candidates",
        recording: ("workable/nango_jobs-candidates.json", At::Call("/spi/v3/candidates")),
        records: 125,
        nothing: &["event accepted", "event offer", "event offered"],
        ..PLAIN
    },
    Case {
        board: "workable_spi",
        stream: "jobs",
        recording: ("workable/nango_jobs.json", At::Call("/spi/v3/jobs")),
        records: 2,
        nothing: &["body", "department", "employment_type"],
        ..PLAIN
    },
    Case {
        board: "workable_spi",
        stream: "jobs",
        recording: ("workable/nango_get-job.json", At::Single("/spi/v3/jobs/9CD658E13E", "")),
        records: 1,
        nothing: &["department"],
        ..PLAIN
    },
    Case {
        board: "workable_spi",
        stream: "activities",
        recording: ("workable/nango_list-job-activities.json", At::Call("/spi/v3/jobs/9CD658E13E/activities")),
        records: 49,
        ..PLAIN
    },
    Case {
        board: "bamboohr_ats",
        stream: "applications",
        recording: ("bamboohr/nango_list-applicants.json", At::Call("/v1/applicant_tracking/applications")),
        details: &[("info", "bamboohr/nango_get-applicant.json", At::Call("/v1/applicant_tracking/applications/61"))],
        records: 18,
        nothing: &["outcome_reason", "identity phone", "source_type", "status"],
        ..PLAIN
    },
    Case {
        board: "bamboohr_ats",
        stream: "applications",
        recording: ("bamboohr/nango_applicants.json", At::Call("/v1/applicant_tracking/applications")),
        records: 18,
        nothing: &["outcome_reason", "identity phone", "recruiter", "source_type", "status"],
        ..PLAIN
    },
    Case {
        board: "bamboohr_ats",
        stream: "openings",
        recording: ("bamboohr/nango_job-openings.json", At::Call("/v1/applicant_tracking/jobs")),
        records: 8,
        ..PLAIN
    },
    Case {
        board: "bamboohr_ats",
        stream: "postings",
        recording: ("bamboohr/nango_list-job-openings.json", At::Call("/v1/applicant_tracking/jobs")),
        records: 8,
        ..PLAIN
    },
];
