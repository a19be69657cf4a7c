//! Who is one person: somebody with very many rows, a phone that many use, and a case that is taken back.

use inflow_tests::Company;
use std::fmt::Write;

const SETTINGS: &str = "[company]\nname = \"测试公司\"\n\n[identity]\nkey = \"file:keys/identity.key\"\nerase_key = \"file:keys/erase.key\"\n\n[clock]\nfixed = 2026-06-01T09:00:00+08:00\n";
const CHANNELS: &str = "[[channel]]\nid = \"boss\"\nname = { en = \"BOSS\", zh = \"BOSS直聘\" }\n";

/// A sheet that names no candidates, and is the whole list.
const SHEET: &str = "kind = \"applications\"\ncomplete = true\n[fields]\ntitle = \"职位\"\napplied_at = { path = \"投递日期\", format = \"%Y-%m-%d\" }\n[identity]\nname = \"姓名\"\nphone = \"手机\"\n";
/// A system that does.
const SYSTEM: &str = "kind = \"applications\"\nid = \"编号\"\ncandidate = \"候选人\"\ncomplete = true\n[fields]\ntitle = \"职位\"\napplied_at = { path = \"投递日期\", format = \"%Y-%m-%d\" }\n[identity]\nname = \"姓名\"\nphone = \"手机\"\n";

const MANY: &str = "19900000001";
const DESK: &str = "19900000002";
const SMALL_DESK: &str = "19900000003";
const TWICE: &str = "19900000004";

/// One of a hundred names that sound different.
fn name(number: usize) -> String {
    let syllables: Vec<char> = "甲乙丙丁戊庚辛壬癸寅".chars().collect();
    format!("测试{}{}", syllables[number / 10 % 10], syllables[number % 10])
}

/// Sixty applications of one person, sixty names under one phone, twelve names with five applications each under another, and
/// `of_two` of the two applications of somebody else.
fn sheet(of_two: usize) -> String {
    let mut sheet = "姓名,手机,职位,投递日期\n".to_owned();
    for number in 0..60 {
        writeln!(sheet, "测试大,{MANY},职位{number},2026-03-{:02}", number % 28 + 1).unwrap();
        writeln!(sheet, "{},{DESK},店员,2026-03-01", name(number)).unwrap();
        writeln!(sheet, "{},{SMALL_DESK},职位{number},2026-04-01", name(number % 12 + 60)).unwrap();
    }
    for title in ["厨师", "店长"].iter().take(of_two) {
        writeln!(sheet, "测试小,{TWICE},{title},2026-03-02").unwrap();
    }
    sheet
}

fn system(of_two: usize) -> String {
    let mut sheet = format!(
        "编号,候选人,姓名,手机,职位,投递日期\n1,c1,测试大,{MANY},职位7,2026-03-08\n2,c2,{},{DESK},店员,2026-03-01\n3,c3,{},{SMALL_DESK},收银员,2026-01-01\n",
        name(5),
        name(62)
    );
    for (id, title) in [(4, "厨师"), (5, "店长")].iter().take(of_two) {
        writeln!(sheet, "{id},c4,测试小,{TWICE},{title},2026-03-02").unwrap();
    }
    sheet
}

fn company() -> Company {
    let company = Company::new();
    company.write("inflow.toml", SETTINGS);
    company.write("channels.toml", CHANNELS);
    company.write("connections/sheet.toml", "connector = \"file\"\nchannel = \"boss\"\n");
    company.write("connections/system.toml", "connector = \"file\"\nchannel = \"boss\"\n");
    company.write("sheet.toml", SHEET);
    company.write("system.toml", SYSTEM);
    company
}

/// Imports both lists on a day of June.
fn import(company: &Company, day: u32, sheet: &str, system: &str) {
    company.write("inflow.toml", SETTINGS.replace("2026-06-01", &format!("2026-06-{day:02}")));
    for (connection, list) in [("sheet", sheet), ("system", system)] {
        let (file, mapping) = (format!("{connection}.csv"), format!("{connection}.toml"));
        company.write(&file, list);
        company.run(&["import", "applications", &file, "--connection", connection, "--mapping", &mapping]).ok();
    }
}

/// The applications of whom a candidate of the system is, by connection; and of how many candidates.
fn applications_of(company: &Company, candidate: &str) -> String {
    company.query(&format!(
        "SELECT a.connection, count(), uniqExact(a.candidate_source_id) FROM inflow.applications AS a \
         JOIN inflow.candidate_links AS l ON l.connection = a.connection AND l.source_id = a.candidate_source_id \
         WHERE l.person_id IN (SELECT person_id FROM inflow.candidate_links WHERE connection = 'system' AND source_id = '{candidate}') \
         GROUP BY 1 ORDER BY 1"
    ))
}

/// The canonical export, less what is foreseen as of a day: imports of these tests are a day apart.
fn export(company: &Company) -> String {
    let export = company.canonical_export_of("inflow.toml", "inflow-data");
    let of_the_day = ["forecasts", "channel_drops", "budget_moves", "posting_times"].map(|table| format!("{table}\n"));
    let kept = export.split("== ").filter(|table| !of_the_day.iter().any(|name| table.starts_with(name)));
    kept.collect::<Vec<_>>().join("== ")
}

#[test]
fn many_rows_of_one_person_link_and_a_phone_of_many_names_does_not() {
    let company = company();
    import(&company, 1, &sheet(2), &system(2));
    assert_eq!(company.query("SELECT connection, count() FROM inflow.applications GROUP BY 1 ORDER BY 1"), "sheet\t182\nsystem\t5\n");
    assert_eq!(applications_of(&company, "c1"), "sheet\t60\t1\nsystem\t1\t1\n");
    assert_eq!(applications_of(&company, "c2"), "system\t1\t1\n");
    assert_eq!(applications_of(&company, "c3"), "system\t1\t1\n");
    assert_eq!(applications_of(&company, "c4"), "sheet\t2\t1\nsystem\t2\t1\n");
    // Two people, sixty and twelve under the two desks' phones, and the desks' two in the system.
    assert_eq!(company.query("SELECT uniqExact(person_id), count() FROM inflow.candidate_links"), "76\t78\n");
    assert_eq!(
        company.query("SELECT count(), uniqExact(case_id) FROM inflow.application_links WHERE has(basis, 'person_title')"),
        "6\t3\n"
    );
    let before = export(&company);
    import(&company, 2, &sheet(2), &system(2));
    assert_eq!(export(&company), before, "the same lists again");
    company.run(&["replay"]).ok();
    assert_eq!(export(&company), before, "replayed");
}

#[test]
fn a_case_taken_back_takes_its_person_along_only_as_the_last_one() {
    let company = company();
    import(&company, 1, &sheet(2), &system(2));
    import(&company, 2, &sheet(1), &system(1));
    assert_eq!(applications_of(&company, "c4"), "sheet\t1\t1\nsystem\t1\t1\n");
    import(&company, 3, &sheet(0), &system(1));
    assert_eq!(applications_of(&company, "c4"), "system\t1\t1\n");
    assert_eq!(company.query("SELECT members FROM inflow.candidate_links WHERE source_id = 'c4'"), "1\n");
    let before = export(&company);
    company.run(&["replay"]).ok();
    assert_eq!(export(&company), before);
    import(&company, 4, &sheet(0), &system(0));
    assert_eq!(company.query("SELECT count() FROM inflow.candidate_links WHERE source_id = 'c4'"), "0\n");
    // And back again.
    import(&company, 5, &sheet(2), &system(2));
    assert_eq!(applications_of(&company, "c4"), "sheet\t2\t1\nsystem\t2\t1\n");
}
