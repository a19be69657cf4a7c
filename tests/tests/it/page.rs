//! The built-in page in a real, headless Chromium: `tests/browser` walks over the page of the demo and of an empty company in both
//! languages, both themes, on a phone and on a wide screen, and tells what it saw. Here its findings must be none, and every figure that
//! stood on a page must be that of `inflow report`, to the last digit, and of the simulator's truth; some are followed into every other place
//! where they can be read.

use crate::grafana::everywhere::{Figure, OF_THE_DEMO, Places};
use crate::grafana::scrapes_are_written;
use crate::holder::Holder;
use calamine::{Reader, Xlsx, open_workbook};
use inflow_simulator::{Period, scenario};
use inflow_tests::Company;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const ANYWHERE: [(&str, &str); 2] = [("INFLOW__SERVE__PAGE", "127.0.0.1:0"), ("INFLOW__SERVE__CLICKHOUSE", "127.0.0.1:0")];

const FOLDERS: [&str; 4] = ["--config", "inflow-demo/config/inflow.toml", "--data-dir", "inflow-demo/data"];

/// The browser, under the name by which the distribution installed it.
fn chromium() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let named = ["chromium", "chromium-browser", "google-chrome"];
    let mut programs = named.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    programs.find(|program| program.is_file()).expect("Chromium; `cargo xtask test` installs it (on Debian the package chromium)")
}

/// A company with a channel and nothing that was ever delivered.
fn bare() -> Company {
    let company = Company::new();
    company.write(
        "inflow.toml",
        "[company]\nname = \"空白公司\"\n\n[identity]\nkey = \"file:keys/identity.key\"\nerase_key = \"file:keys/erase.key\"\n",
    );
    company.write("channels.toml", "[[channel]]\nid = \"boss\"\nname = { en = \"BOSS\", zh = \"BOSS直聘\" }\n");
    company.write("keys/identity.key", "11".repeat(32));
    company.write("keys/erase.key", "22".repeat(32));
    company
}

/// What the browser saw; its screenshots stay in `tmp/page` of the target folder.
fn seen(demo: &Holder<'_>, empty: &Holder<'_>, tokens: &Value) -> Value {
    let tmp = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let out = tmp.join("page");
    let _none_yet = std::fs::remove_dir_all(&out);
    std::fs::create_dir_all(&out).unwrap();
    // Asked at run time: clones that share a target folder share this binary too.
    let own = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    let modules = tmp.parent().unwrap().join("browser");
    assert!(
        modules.join("node_modules/playwright-core").is_dir(),
        "`cargo xtask test` installs what drives the browser: {}",
        modules.display()
    );
    let walked = Command::new("node")
        .arg(own.join("browser/page.mjs"))
        .env("INFLOW_PAGE", format!("http://{}", demo.page()))
        .env("INFLOW_EMPTY", format!("http://{}", empty.page()))
        .env("INFLOW_OUT", &out)
        .env("INFLOW_MODULES", modules)
        .env("INFLOW_TOKENS", tokens.to_string())
        .env("CHROMIUM", chromium())
        .output()
        .unwrap();
    assert!(walked.status.success(), "{}\n{}", String::from_utf8_lossy(&walked.stdout), String::from_utf8_lossy(&walked.stderr));
    serde_json::from_str(&std::fs::read_to_string(out.join("seen.json")).unwrap()).unwrap()
}

/// A report of the demo by the command line.
fn report(company: &Company, metric: &str, by: &str, span: (&str, &str), format: &str) -> String {
    let by = if by.is_empty() { "none" } else { by };
    let asked = ["report", metric, "--by", by, "--from", span.0, "--to", span.1, "--format", format];
    company.run(&[&asked[..], &FOLDERS[..]].concat()).ok().out
}

fn of<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_else(|| panic!("{key} in {value}"))
}

#[test]
fn the_page_shows_the_truth_to_everybody_who_looks() {
    let (company, nobody) = (Company::new(), bare());
    let demo = Holder::start_with(&company, &["demo"], &ANYWHERE, Duration::from_mins(5));
    let empty = Holder::start_with(&nobody, &["serve"], &ANYWHERE, Duration::from_mins(2));
    let seen = seen(&demo, &empty, &tokens(&company));
    let findings: Vec<&str> = seen["findings"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(findings.is_empty(), "{}", findings.join("\n"));
    let figures = seen["figures"].as_array().unwrap();
    equal_the_command_line(&company, figures);
    are_written_as_they_are(figures);
    equal_the_truth(figures);
    for file in seen["csv"].as_array().unwrap() {
        let told = report(&company, of(file, "metric"), of(file, "by"), (of(file, "from"), of(file, "to")), "csv");
        assert_eq!(cells(of(file, "text")), cells(&told), "the csv file of {}", of(file, "metric"));
    }
    assert_eq!(seen["xlsx"].as_array().unwrap().len(), 3);
    for file in seen["xlsx"].as_array().unwrap() {
        let told = report(&company, of(file, "metric"), of(file, "by"), (of(file, "from"), of(file, "to")), "csv");
        assert_eq!(numbers(sheet(of(file, "file"))), numbers(cells(&told)), "the workbook of {}", of(file, "metric"));
    }
    // Every place to read a figure says the same, the page in the browser included.
    let (places, month) = (Places::of(&company, &FOLDERS, &demo), seen["month"].as_array().unwrap());
    for figure in &OF_THE_DEMO {
        places.agree(figure, &stood(month, figure));
    }
    each_role_is_offered_what_it_may_see(&seen["roles"]);
    scrapes_are_written(&demo);
}

/// What stood on the page of a figure of October; it stood there once at least.
fn stood<'v>(month: &'v [Value], figure: &Figure<'_>) -> Vec<(&'static str, &'v str)> {
    let name = format!("{}/{}", figure.metric, figure.column);
    let is_it = |shown: &&Value| {
        of(shown, "figure") == name
            && of(shown, "by") == "channel"
            && of(shown, "span") == "2026-10-01/2026-10-31"
            && figure.row.iter().all(|(key, value)| shown["row"][*key] == *value)
    };
    let shown: Vec<(&str, &str)> = month.iter().filter(is_it).map(|shown| ("the page", of(shown, "value"))).collect();
    assert!(!shown.is_empty(), "{figure:?} is not on the page");
    shown
}

/// A token of each role that the browser looks at the page with.
fn tokens(company: &Company) -> Value {
    let sql = "SELECT requisition FROM inflow.application_stages WHERE requisition != '' GROUP BY requisition ORDER BY count() DESC, requisition LIMIT 1";
    let busiest = company.run(&[&["query", sql, "--format", "TSV"], &FOLDERS[..]].concat()).ok().out;
    let own = ["--requisition", busiest.trim()];
    let roles: [(&str, &[&str]); 3] = [("recruiter", &own), ("finance", &[]), ("auditor", &[])];
    let made = roles.map(|(role, more)| {
        let token = company.run(&[&["token", "add", role, "--role", role], more, &FOLDERS[..]].concat()).ok().out;
        (role.to_owned(), Value::from(token.trim()))
    });
    Value::Object(made.into_iter().collect())
}

/// A recruiter reads what can be told apart by requisition, and heat and advice cannot; the others read something of everything.
fn each_role_is_offered_what_it_may_see(roles: &Value) {
    let all = ["channels", "funnel", "spend", "heat", "hires", "interviews", "connections", "advice"];
    let own: Vec<&str> = all.into_iter().filter(|subject| !["heat", "advice"].contains(subject)).collect();
    for (role, offered, sent) in [("recruiter", &own[..], "channels"), ("finance", &all, "advice"), ("auditor", &all, "advice")] {
        assert_eq!(roles[role], serde_json::json!({"subjects": offered, "advice": sent}), "{role}");
    }
}

/// Cells of the first sheet of a workbook.
fn sheet(file: &str) -> Vec<Vec<String>> {
    let mut book: Xlsx<_> = open_workbook(file).unwrap();
    let first = book.sheet_names().remove(0);
    book.worksheet_range(&first).unwrap().rows().map(|row| row.iter().map(ToString::to_string).collect()).collect()
}

/// Cells with numbers as what they are: a workbook has no 2000.00, which is how it shows 2000.
fn numbers(cells: Vec<Vec<String>>) -> Vec<Vec<String>> {
    let number = |cell: String| cell.parse::<f64>().map_or(cell, |number| number.to_string());
    cells.into_iter().map(|line| line.into_iter().map(number).collect()).collect()
}

/// Lines and cells of a file without quotes, numbers as one writes them: a browser says 0.000012 and 1 where the command line says 1.2e-5 and 1.0.
/// Money has two decimals on both sides.
fn cells(csv: &str) -> Vec<Vec<String>> {
    let number =
        |cell: &str| cell.parse::<f64>().ok().filter(|_| cell.contains('e') || cell.ends_with(".0")).map(|number| number.to_string());
    csv.lines().map(|line| line.split(',').map(|cell| number(cell).unwrap_or_else(|| cell.to_owned())).collect()).collect()
}

/// Every figure on every subject is the one in that row and column of `inflow report`.
fn equal_the_command_line(company: &Company, figures: &[Value]) {
    let mut asked: BTreeMap<(&str, &str, &str), Value> = BTreeMap::new();
    let mut compared = BTreeSet::new();
    for figure in figures {
        let (metric, column) = of(figure, "figure").split_once('/').unwrap();
        let (by, span) = (of(figure, "by"), of(figure, "span"));
        let report = asked.entry((metric, by, span)).or_insert_with(|| {
            let days = span.split_once('/').unwrap();
            serde_json::from_str(&report(company, metric, by, days, "json")).unwrap()
        });
        let keys = figure["row"].as_object().unwrap();
        let rows: Vec<&Value> =
            report["rows"].as_array().unwrap().iter().filter(|row| keys.iter().all(|(key, value)| row[key] == *value)).collect();
        let [row] = rows[..] else { panic!("{} rows for {figure}", rows.len()) };
        let shown = of(figure, "value");
        let same = match &row[column] {
            Value::String(text) => text == shown,
            Value::Number(number) => shown.parse::<f64>().ok() == number.as_f64(),
            _ => false,
        };
        assert!(same, "{figure} against {row}");
        compared.insert((of(figure, "subject"), metric));
    }
    assert!(figures.len() > 2000, "only {} figures", figures.len());
    // What each subject is about has been compared, and not only its neighbours.
    for pair in [
        ("channels", "volume"),
        ("channels", "conversion"),
        ("channels", "cost_per_resume"),
        ("funnel", "conversion"),
        ("funnel", "step_rate"),
        ("funnel", "drop_out"),
        ("funnel", "time_in_stage"),
        ("spend", "spend"),
        ("spend", "cost_per_onboarded"),
        ("heat", "application_heat"),
        ("heat", "posting_time"),
        ("hires", "fill_rate"),
        ("hires", "onboard_rate"),
        ("hires", "source_of_hire"),
        ("interviews", "step_rate"),
        ("interviews", "offer_acceptance"),
        ("interviews", "threshold"),
        ("advice", "forecast"),
    ] {
        assert!(compared.contains(&pair), "no figure of {pair:?}");
    }
    assert!(compared.iter().any(|(subject, metric)| *subject == "advice" && metric.starts_with("budget")), "no budget advice");
}

/// What people read is what the figure is, rounded to the digits that are shown.
fn are_written_as_they_are(figures: &[Value]) {
    let mut read = 0;
    for figure in figures {
        let (text, Ok(value)) = (of(figure, "text"), of(figure, "value").parse::<f64>()) else { continue };
        let digits: String = text.replace('\u{2212}', "-").chars().filter(|c| c.is_ascii_digit() || matches!(c, '.' | '-')).collect();
        // Hours and days of the week are read as words.
        let (Ok(shown), false) = (digits.parse::<f64>(), text.contains(':')) else { continue };
        let scale = if text.contains('%') { 100.0 } else { 1.0 };
        let places = digits.split_once('.').map_or(0, |(_, places)| places.len());
        let half = 0.5 / 10_f64.powi(i32::try_from(places).unwrap());
        assert!((shown - value * scale).abs() <= half + 1e-9, "{figure} is read as {shown}");
        read += 1;
    }
    assert!(read > 2000, "only {read} figures could be read");
}

/// The figures of the last thirty days that the simulated world knows of itself.
fn equal_the_truth(figures: &[Value]) {
    let world = scenario("seed", 1).unwrap();
    let truth = world.truth();
    let period: &Period = truth.last_30();
    let span = format!("{}/{}", period.from, period.to);
    let mut compared = BTreeMap::new();
    for figure in figures.iter().filter(|figure| of(figure, "span") == span && of(figure, "by") == "channel") {
        let (row, shown) = (&figure["row"], of(figure, "value"));
        let channel = of(row, "channel");
        let volume = || period.volume.iter().find(|v| v.store.is_none() && v.channel == channel).unwrap();
        let pair = || period.conversion_of(channel, of(row, "from_stage").parse().unwrap(), of(row, "to_stage").parse().unwrap()).unwrap();
        let cost = || period.cost.iter().find(|c| c.store.is_none() && c.channel == channel).unwrap();
        let name = of(figure, "figure");
        let expected = match name {
            "volume/applications" => volume().applications.to_string(),
            "volume/candidates" => volume().candidates.to_string(),
            "conversion/numerator" => pair().numerator.to_string(),
            "conversion/denominator" => pair().denominator.to_string(),
            "spend/amount" => format!("{:.2}", cost().amount),
            "cost_per_resume/value" => cost().cost_per_resume.map(|c| format!("{c:.2}")).unwrap(),
            _ => continue,
        };
        assert_eq!(shown, expected, "{figure}");
        *compared.entry(name).or_insert(0) += 1;
    }
    for (name, least) in [("volume/applications", 12), ("conversion/numerator", 60), ("spend/amount", 12), ("cost_per_resume/value", 11)] {
        assert!(compared.get(name).copied().unwrap_or(0) >= least, "{name} in {compared:?}");
    }
}
