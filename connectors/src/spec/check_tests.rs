use rstest::rstest;

use super::*;

const POSTINGS: &str = "kind = \"postings\"\nid = \"id\"\nfields.title = \"title\"\n";

#[rstest]
#[case("colour = 1", "m.toml: line 4: unknown field `colour`")]
#[case("fields.tittle = \"x\"", "m.toml: postings.fields.tittle: postings has no column tittle; ")]
#[case("fields.city = \"a..b\"", "m.toml: line 4: \"a..b\" is not a path: a key is empty")]
#[case("fields.city = { pth = \"a\" }", "m.toml: line 4: unknown field `pth`")]
#[case("fields.city = { words = { a = \"b\" } }", "m.toml: line 4: a field needs `path`")]
#[case("fields.status = { path = \"s\", default = \"opn\" }", "m.toml: postings.fields.status: \"opn\" is not one of open, closed")]
#[case("fields.pay_min = { path = \"s\", type = \"time\" }", "the column holds decimal and cannot be read as time")]
#[case("fields.city = { path = \"c\", lookup = { stream = \"cities\", value = \"name\" } }", "looks up cities, which is not a stream")]
#[case("identity.phone = \"phone\"", "m.toml: postings: postings are not about one person and have no `identity`")]
#[case("candidate = \"c\"", "`candidate` belongs to applications, employment, assessments and invitations, not to postings")]
#[case("application = \"a\"", "`application` belongs to events, employment, assessments and invitations, not to postings")]
#[case("entry_key = \"no\"", "`entry_key` belongs to spend")]
#[case("file.unchecked = \"totals\"", "`unchecked` belongs to spend, bank_lines and invoices")]
#[case("time_format = \"unix\"", "\"unix\" is not a time format: one of epoch_ms")]
#[case("request = { path = \"/x\" }", "a mapping reads files and has no `request`")]
fn mapping_errors_say_where_and_what(#[case] extra: &str, #[case] expected: &str) {
    let error = parse_mapping(&format!("{POSTINGS}{extra}\n"), "m.toml").unwrap_err().to_string();
    assert!(error.contains(expected), "{error}\nshould contain: {expected}");
}

#[test]
fn a_mapping_needs_what_its_table_needs() {
    let error = parse_mapping("kind = \"spend\"\n", "m.toml").unwrap_err();
    assert_eq!(error.problems.len(), 4, "{error}");
    let error = parse_mapping("kind = \"events\"\n", "m.toml").unwrap_err().to_string();
    assert!(error.contains("events need `application`"), "{error}");
}

#[rstest]
#[case("kind = \"employment\"\nfields.onboard_on = \"d\"", "employment: employment need `application`, `candidate` or `identity`")]
#[case("kind = \"employment\"\napplication = \"a\"", "employment needs one of `onboard_on`, `agreed_on`, `left_on`, `status`")]
#[case(
    "kind = \"invitations\"\ncandidate = \"c\"\nidentity.phone = \"p\"\nfields.sent_at = \"s\"",
    "`candidate` says already who it is: leave out `identity`"
)]
#[case("kind = \"channel_daily\"\nfields.day = \"d\"", "channel_daily needs at least one of viewed_by_us, contacted_by_us, chats")]
#[case("kind = \"requisitions\"\nfields.heads = \"n\"", "requisitions need the field `title`")]
#[case(
    "kind = \"assessments\"\napplication = \"a\"\nkeep = [\"x\"]\nfields = { kind = { default = \"health_certificate\" }, status = \"s\", score = \"n\" }",
    "of a health certificate only status and valid_until are kept, not score, keep"
)]
#[case(
    "kind = \"assessments\"\napplication = \"a\"\nfields = { kind = { path = \"k\", words = { \"健康证\" = \"health_certificate\" } }, result = \"r\" }",
    "of a health certificate only status and valid_until are kept, not result"
)]
fn each_kind_has_what_it_needs_and_no_more(#[case] text: &str, #[case] expected: &str) {
    let error = parse_mapping(text, "m.toml").unwrap_err().to_string();
    assert!(error.contains(expected), "{error}\nshould contain: {expected}");
}

#[test]
fn a_health_certificate_is_its_status_and_validity() {
    let text = "kind = \"assessments\"\nidentity.phone = \"手机\"\n[fields]\nkind = { default = \"health_certificate\" }\n\
        status = { path = \"健康证\", words = { \"有\" = \"valid\", \"无\" = \"missing\" } }\nvalid_until = \"有效期\"\n";
    let stream = parse_mapping(text, "m.toml").unwrap();
    assert_eq!(stream.landed_paths().len(), 2);
}

#[test]
fn identity_that_would_be_landed_is_refused() {
    let text = "kind = \"applications\"\nid = \"id\"\nkeep = [\"person\"]\nidentity.phone = \"person.phone\"\n";
    let error = parse_mapping(text, "m.toml").unwrap_err().to_string();
    assert!(error.contains("person.phone identifies a person but person would be landed"), "{error}");
}

#[rstest]
#[case("applications", "fields.outcome_reason = \"婚姻状况\"", "婚姻状况 tells of marriage, which is never kept")]
#[case("applications", "keep = [\"candidate.photo_url\"]", "candidate.photo_url tells of a photo, which is never kept")]
#[case("applications", "fields.outcome_reason = \"健康证状态\"", "健康证状态 tells of health, which is never kept")]
fn what_is_never_kept_cannot_be_mapped(#[case] kind: &str, #[case] line: &str, #[case] expected: &str) {
    let error = parse_mapping(&format!("kind = \"{kind}\"\nid = \"id\"\n{line}\n"), "m.toml").unwrap_err().to_string();
    assert!(error.contains(expected), "{error}");
}

#[test]
fn the_state_of_a_health_certificate_is_mapped_where_certificates_are_read() {
    let text = "kind = \"assessments\"\nidentity.name = \"姓名\"\n[fields]\nkind = { default = \"health_certificate\" }\nstatus = \"健康证状态\"\nvalid_until = \"健康证有效期\"\n";
    parse_mapping(text, "m.toml").unwrap_or_else(|error| panic!("{error}"));
    assert!(parse_mapping(&text.replace("健康证状态", "健康状况"), "m.toml").is_err());
}

#[test]
fn a_mapping_survives_the_segment_header() {
    let text = "kind = \"spend\"\nentry_key = [\"单号\", \"行\"]\ntimezone = \"Asia/Shanghai\"\n\
        [fields]\nchannel = \"渠道\"\nbooked_on = { path = \"日期\", format = \"%Y/%m/%d\" }\n\
        kind = { path = \"类型\", words = { \"日结\" = \"daily\" } }\nnet = { path = \"金额\", scale = \"0.01\" }\n\
        currency = { default = \"CNY\" }\n";
    let stream = parse_mapping(text, "m.toml").unwrap();
    let json = serde_json::to_string(&stream).unwrap();
    assert_eq!(serde_json::from_str::<Stream>(&json).unwrap(), stream);
}
