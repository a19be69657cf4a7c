//! Openings, daily counts and what became of people: from a sheet to rows, through replay and erasure.

use inflow_tests::{Company, landing_text};

const SETTINGS: &str = "[company]\nname = \"测试公司\"\n\n[identity]\nkey = \"file:keys/identity.key\"\nerase_key = \"file:keys/erase.key\"\n\n[clock]\nfixed = 2026-06-01T09:00:00+08:00\n";
const CHANNELS: &str = "[[channel]]\nid = \"boss\"\nname = { en = \"BOSS\", zh = \"BOSS直聘\" }\n\n[[channel]]\nid = \"douyin\"\nname = { en = \"Douyin\", zh = \"抖音\" }\n";

const APPLICATIONS: &str = "kind = \"applications\"\nid = \"编号\"\n[fields]\nsource_word = \"渠道\"\napplied_at = { path = \"投递日期\", format = \"%Y-%m-%d\" }\n[identity]\nname = \"姓名\"\nphone = \"手机\"\n";
const PEOPLE: &str = "编号,姓名,手机,渠道,投递日期\nA1,测试甲,19900000001,BOSS直聘,2026-03-01\nA2,测试乙,19900000002,抖音,2026-03-02\n";

const REQUISITIONS: &str = r#"
kind = "requisitions"
complete = true
[fields]
title = "岗位"
store = "门店"
heads = "人数"
reason = { path = "原因", words = { "新增" = "new", "替补" = "replacement" } }
owner = "提出人"
opened_on = { path = "提出日期", format = "%Y-%m-%d" }
due_on = { path = "到岗日期", format = "%Y-%m-%d" }
budget = "预算"
"#;
const OPENINGS: &str = "岗位,门店,人数,原因,提出人,提出日期,到岗日期,预算\n店员,徐汇,3,新增,测试丙,2026-03-01,2026-04-01,\"3,000\"\n厨师,静安,1,替补,测试丙,2026-03-05,,\n店长,静安,-1,替补,测试丙,2026-03-05,,\n";

const DAILY: &str = r#"
kind = "channel_daily"
[fields]
channel = { default = "boss" }
recruiter = "招聘者"
title = "职位"
day = { path = "日期", format = "%Y-%m-%d" }
viewed_by_us = "BOSS查看牛人"
resumes = "收获简历"
interviews_accepted = "接受面试"
"#;
const COUNTS: &str = "日期,招聘者,职位,BOSS查看牛人,收获简历,接受面试\n2026-03-01,测试丙,店员,40,3,\n2026-03-01,测试丁,店员,25,0,1\n2026-03-02,测试丙,店员,,,\n";

const EMPLOYMENT: &str = r#"
kind = "employment"
id = "工号"
[fields]
employee = "工号"
source_word = "来源"
onboard_on = { path = "入职", format = "%Y-%m-%d" }
left_on = { path = "离职", format = "%Y-%m-%d" }
leave_reason = "离职原因"
[identity]
name = "姓名"
phone = "手机"
"#;
const HIRES: &str = "工号,姓名,手机,来源,入职,离职,离职原因\nE1007,测试甲,19900000001,抖音,2026-03-10,2026-05-20,夜班，联系 19900000001\nE1008,测试乙,19900000002,,2026-03-12,,\n";

const ASSESSMENTS: &str = r#"
kind = "assessments"
[fields]
kind = { default = "health_certificate" }
status = { path = "健康证", words = { "有" = "valid", "无" = "missing" } }
valid_until = { path = "有效期", format = "%Y-%m-%d" }
[identity]
phone = "手机"
"#;
const CERTIFICATES: &str = "手机,健康证,有效期,检查结果\n19900000001,有,2027-01-31,结果不得保存\n19900000002,无,,\n";

const INVITATIONS: &str = r#"
kind = "invitations"
timezone = "Asia/Shanghai"
application = "编号"
[fields]
kind = { path = "方式", words = { "到店" = "onsite", "AI面试" = "ai" } }
round = "轮次"
interviewer = "面试官"
sent_at = { path = "邀约时间", format = "%Y-%m-%d %H:%M" }
scheduled_at = { path = "面试时间", format = "%Y-%m-%d %H:%M" }
result = { path = "结果", words = { "到面" = "attended", "爽约" = "no_show" } }
"#;
const INTERVIEWS: &str = "编号,方式,轮次,面试官,邀约时间,面试时间,结果\nA1,到店,初试,测试丙,2026-03-02 10:00,2026-03-03 14:00,到面\nA2,AI面试,初试,,2026-03-02 11:00,,\n";

fn company() -> Company {
    let company = Company::new();
    company.write("inflow.toml", SETTINGS);
    company.write("channels.toml", CHANNELS);
    company.write("connections/ats.toml", "connector = \"file\"\n");
    company.write("connections/hr.toml", "connector = \"file\"\n");
    for (name, mapping, sheet) in [
        ("applications", APPLICATIONS, PEOPLE),
        ("requisitions", REQUISITIONS, OPENINGS),
        ("channel-daily", DAILY, COUNTS),
        ("employment", EMPLOYMENT, HIRES),
        ("assessments", ASSESSMENTS, CERTIFICATES),
        ("invitations", INVITATIONS, INTERVIEWS),
    ] {
        company.write(&format!("{name}.toml"), mapping);
        company.write(&format!("{name}.csv"), sheet);
    }
    company
}

fn import(company: &Company, kind: &str, connection: &str) -> String {
    let (sheet, mapping) = (format!("{kind}.csv"), format!("{kind}.toml"));
    company.run(&["import", kind, &sheet, "--connection", connection, "--mapping", &mapping]).ok().err
}

fn import_all(company: &Company) {
    for (kind, connection) in [
        ("applications", "ats"),
        ("invitations", "ats"),
        ("requisitions", "hr"),
        ("channel-daily", "hr"),
        ("employment", "hr"),
        ("assessments", "hr"),
    ] {
        import(company, kind, connection);
    }
}

fn export(company: &Company) -> String {
    company.canonical_export_of("inflow.toml", "inflow-data")
}

#[test]
fn each_kind_becomes_rows_that_find_their_person_and_faults_are_set_aside() {
    let company = company();
    import_all(&company);
    assert_eq!(
        company.query(
            "SELECT title, store, heads, reason, opened_on, due_on, budget, currency, status FROM inflow.requisitions ORDER BY title"
        ),
        "厨师\t静安\t1\treplacement\t2026-03-05\t\\N\t\\N\tCNY\topen\n店员\t徐汇\t3\tnew\t2026-03-01\t2026-04-01\t3000\tCNY\topen\n"
    );
    // What the board does not count is null, and 0 is 0.
    assert_eq!(
        company.query("SELECT channel, day, cut, viewed_by_us, resumes, interviews_accepted, chats FROM inflow.channel_daily ORDER BY viewed_by_us DESC"),
        "boss\t2026-03-01\trecruiter_posting\t40\t3\t\\N\t\\N\nboss\t2026-03-01\trecruiter_posting\t25\t0\t1\t\\N\n"
    );
    assert_eq!(
        company.query("SELECT source_id, channel, onboard_on, left_on, leave_reason, status FROM inflow.employment ORDER BY source_id"),
        "E1007\tdouyin\t2026-03-10\t2026-05-20\t夜班，联系 [phone]\tleft\nE1008\t\t2026-03-12\t\\N\t\temployed\n"
    );
    assert_eq!(
        company.query("SELECT kind, status, valid_until, result FROM inflow.assessments ORDER BY status"),
        "health_certificate\tmissing\t\\N\t\nhealth_certificate\tvalid\t2027-01-31\t\n"
    );
    assert_eq!(
        company.query(
            "SELECT application_source_id, kind, round, sent_at, scheduled_at, result, interviewer != '' FROM inflow.invitations ORDER BY 1"
        ),
        "A1\tonsite\t初试\t2026-03-02 02:00:00.000\t2026-03-03 06:00:00.000\tattended\t1\nA2\tai\t初试\t2026-03-02 03:00:00.000\t\\N\tinvited\t0\n"
    );
    assert_eq!(
        company.query("SELECT stream, line, field, reason FROM inflow_state.quarantine ORDER BY stream, line"),
        "channel_daily\t3\tday\ta day without a single count\nrequisitions\t3\theads\t-1 is less than nothing\n"
    );
    let landing = landing_text(&company.path().join("inflow-data"));
    for clear in ["测试甲", "测试丙", "1990000000", "结果不得保存"] {
        assert!(!landing.contains(clear), "{clear} was landed");
    }

    // The sheet of employees names nobody's application: the phone links them.
    let sql = "SELECT a.source_id, a.channel, e.channel, e.onboard_on FROM inflow.employment AS e \
        JOIN inflow.candidate_links AS l ON l.connection = e.connection AND l.source_id = e.candidate_source_id \
        JOIN inflow.candidate_links AS m ON m.person_id = l.person_id \
        JOIN inflow.applications AS a ON a.connection = m.connection AND a.candidate_source_id = m.source_id ORDER BY 1";
    assert_eq!(company.query(sql), "A1\tboss\tdouyin\t2026-03-10\nA2\tdouyin\t\t2026-03-12\n");
    // Nobody is counted more often for it.
    assert_eq!(company.query("SELECT uniqExact(person_id), count() FROM inflow.candidate_links"), "2\t6\n");
}

#[test]
fn a_sheet_imported_again_makes_versions_and_withdrawals_and_replays_the_same() {
    let company = company();
    import_all(&company);
    company.write("inflow.toml", SETTINGS.replace("2026-06-01", "2026-06-02"));
    company.write("requisitions.csv", OPENINGS.replace("店员,徐汇,3", "店员,徐汇,5").replace("厨师,静安,1,替补,测试丙,2026-03-05,,\n", ""));
    company.write("channel-daily.csv", COUNTS.replace("店员,40,3,", "店员,41,4,"));
    import(&company, "requisitions", "hr");
    import(&company, "channel-daily", "hr");
    assert_eq!(company.query("SELECT title, heads FROM inflow.requisitions"), "店员\t5\n");
    assert_eq!(company.query("SELECT count(), sum(viewed_by_us), sum(resumes) FROM inflow.channel_daily"), "2\t66\t4\n");
    let before = export(&company);
    company.run(&["replay"]).ok();
    assert_eq!(export(&company), before);
    company.run(&["replay", "--connection", "hr"]).ok();
    assert_eq!(export(&company), before);
    // Where nothing is new, nothing is linked anew; a person's word is new.
    let stages = |company: &Company| {
        let line =
            ["import", "requisitions", "requisitions.csv", "--connection", "hr", "--mapping", "requisitions.toml", "--timings", "t.json"];
        company.run(&line).ok();
        std::fs::read_to_string(company.path().join("t.json")).unwrap()
    };
    // The replay read all anew: an analysis of its own.
    assert!(stages(&company).contains("\"link\""));
    assert!(!stages(&company).contains("\"link\""));
    assert_eq!(export(&company), before);
    company.write("decisions.toml", "[[postings]]\nsame = [\"hr/1\", \"hr/2\"]\n");
    assert!(stages(&company).contains("\"link\""));
    // Landing that is lost does not empty the store without a word.
    std::fs::remove_dir_all(company.path().join("inflow-data/landing/hr/requisitions")).unwrap();
    let refused = company.run(&["replay"]);
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("the replay would lose rows, so nothing was changed (hr requisitions: 1 -> 0)"), "{}", refused.err);
    assert_eq!(export(&company), before);
    company.run(&["replay", "--force"]).ok();
    assert_eq!(company.query("SELECT count() FROM inflow.requisitions"), "0\n");
}

#[test]
fn erasing_a_person_leaves_a_count_in_every_kind() {
    let company = company();
    import_all(&company);
    let counts = "SELECT (SELECT count() FROM inflow.employment), (SELECT count() FROM inflow.assessments), (SELECT count() FROM inflow.invitations), \
        (SELECT count() FROM inflow.applications), (SELECT count() FROM inflow.candidates)";
    let before = company.query(counts);
    assert_eq!(before, "2\t2\t2\t2\t6\n");
    // A surname is shared, a phone is not.
    let digests = company.query(
        "WITH (SELECT groupUniqArray(candidate_source_id) FROM inflow.applications WHERE source_id = 'A1') AS one, \
        (SELECT groupUniqArray(candidate_source_id) FROM inflow.applications WHERE source_id = 'A2') AS other \
        SELECT d FROM (SELECT lower(hex(arrayJoin(digest_value))) AS d, source_id FROM inflow.candidates) GROUP BY d \
        HAVING hasAny(groupArray(source_id), one) AND NOT hasAny(groupArray(source_id), other)",
    );
    let code = company.query("SELECT employee FROM inflow.employment WHERE source_id = 'E1007'");
    company.run(&["erase", "--phone", "19900000001"]).ok();
    assert_eq!(company.query(counts), before, "counts changed");
    let mut text = landing_text(&company.path().join("inflow-data"));
    text.push_str(&export(&company));
    // Digests are bytes there.
    text.push_str(&company.query("SELECT lower(hex(arrayJoin(digest_value))) FROM inflow.candidates"));
    assert!(digests.lines().count() > 1, "{digests}");
    for needle in digests.lines().chain(code.lines()).chain(["E1007", "\"A1\"", "\tA1\t"]) {
        assert!(!text.contains(needle), "{needle} is still there");
    }
    // The sheets come again.
    import_all(&company);
    assert_eq!(company.query(counts), before, "the sheets brought somebody back");
    assert!(!landing_text(&company.path().join("inflow-data")).contains("E1007"));
}
