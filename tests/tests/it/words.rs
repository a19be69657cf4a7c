//! Words that nobody mapped: kept, counted, shown with the line that maps them, and gone once it is there.

use inflow_tests::Company;

const SETTINGS: &str = "[company]\nname = \"测试公司\"\n\n[identity]\nkey = \"file:keys/identity.key\"\nerase_key = \"file:keys/erase.key\"\n\n[clock]\nfixed = 2026-06-01T09:00:00+08:00\n";
const CHANNELS: &str = "[[channel]]\nid = \"boss\"\nname = { en = \"BOSS\", zh = \"BOSS直聘\" }\n\n[[channel]]\nid = \"douyin\"\nname = { en = \"Douyin\", zh = \"抖音\" }\n";
const MAPPING: &str = r#"
kind = "applications"
id = "编号"
[fields]
source_word = "渠道"
applied_at = { path = "投递日期", format = "%Y-%m-%d" }
[identity]
phone = "手机"
[[events]]
name = "status"
stage = "状态"
at = { path = "状态日期", format = "%Y-%m-%d" }
"#;
const SHEET: &str = "编号,手机,渠道,投递日期,状态,状态日期\n\
    A1,19900000001,某某网,2026-03-01,已到面,2026-03-05\n\
    A2,19900000002,某某网,2026-03-01,笔试,2026-03-04\n\
    A3,19900000003,抖音招聘,2026-03-02,笔试,2026-03-04\n\
    A4,19900000004,,2026-03-02,offered,2026-03-04\n\
    A5,19900000005,BOSS直聘,2026-03-02,attended,2026-03-04\n";

#[test]
fn unknown_words_are_shown_with_the_line_to_paste_and_a_replay_resolves_them() {
    let company = Company::new();
    company.write("inflow.toml", SETTINGS);
    company.write("channels.toml", CHANNELS);
    company.write("connections/ats.toml", "connector = \"file\"\n");
    company.write("people.toml", MAPPING);
    company.write("people.csv", SHEET);
    company.run(&["import", "applications", "people.csv", "--connection", "ats", "--mapping", "people.toml"]).ok();

    // Nobody is lost: all are counted, the unknown ones apart, and the events wait.
    assert_eq!(
        company.query("SELECT channel, count() FROM inflow.applications GROUP BY channel ORDER BY channel"),
        "boss\t1\nunknown:\t1\nunknown:抖音招聘\t1\nunknown:某某网\t2\n"
    );
    assert_eq!(company.query("SELECT count() FROM inflow_state.quarantine"), "3\n");
    let told = company.run(&["doctor"]);
    assert_eq!(told.code, 1, "{}", told.out);
    let shown: Vec<&str> = told.out.lines().skip_while(|line| !line.contains("ats: 1 application")).collect();
    assert_eq!(
        shown.join("\n"),
        "missing  ats: 1 application says no source, and the connection has no channel of its own\n\
         \u{20}        hint: add at the top of connections/ats.toml, then run `inflow replay --connection ats`:\n\
         \u{20}          channel = \"CHANNEL\"  # one of boss, douyin\n\
         missing  ats: 2 applications came from \"某某网\", which is no channel yet\n\
         missing  ats: 1 application came from \"抖音招聘\", which is no channel yet\n\
         \u{20}        hint: add under [source_map] of connections/ats.toml, then run `inflow replay --connection ats`:\n\
         \u{20}          \"某某网\" = \"CHANNEL\"  # one of boss, douyin\n\
         \u{20}          \"抖音招聘\" = \"douyin\"\n\
         missing  ats: 2 records say \"笔试\", which is no stage yet: their events are set aside\n\
         missing  ats: 1 record says \"已到面\", which is no stage yet: their events are set aside\n\
         \u{20}        hint: add under [stages] of connections/ats.toml, then run `inflow replay --connection ats`:\n\
         \u{20}          \"笔试\" = \"STAGE\"  # one of viewed, contacted, applied, screened, invited, attended, offered, accepted, onboarded, passed_probation, rejected, withdrawn\n\
         \u{20}          \"已到面\" = \"attended\""
    );

    // The lines are pasted; where there was no guess, the person says what it is.
    company.write(
        "connections/ats.toml",
        "connector = \"file\"\nchannel = \"boss\"\n[source_map]\n\"某某网\" = \"boss\"\n\"抖音招聘\" = \"douyin\"\n[stages]\n\"笔试\" = \"screened\"\n\"已到面\" = \"attended\"\n",
    );
    let told = company.run(&["doctor"]).out;
    assert_eq!(told.matches("it is mapped by now; run `inflow replay --connection ats`").count(), 3, "{told}");
    company.run(&["replay", "--connection", "ats"]).ok();
    assert_eq!(company.query("SELECT channel, count() FROM inflow.applications GROUP BY channel ORDER BY channel"), "boss\t4\ndouyin\t1\n");
    assert_eq!(
        company.query("SELECT stage, count() FROM inflow.stage_events GROUP BY stage ORDER BY stage"),
        "attended\t2\noffered\t1\nscreened\t2\n"
    );
    assert_eq!(
        company.query("SELECT (SELECT count() FROM inflow_state.quarantine), (SELECT count() FROM inflow_state.unknown_words)"),
        "0\t0\n"
    );
    let told = company.run(&["doctor"]);
    assert!(!told.out.contains(" yet"), "{}", told.out);
}
