//! A chain of fifty restaurants: of the AI interviews 18 % are not taken. A threshold of 5 % is alarmed, and the alert names what was wrong: a link that is
//! dead, numbers that no receipt ever came from. Mended, and with a ladder of reminders, under 5 % are left and hiring is a fifth quicker.
//!
//! What the ladder itself does is in `process.rs` and, over ninety days, in `actions/tests/it/killed.rs`; so is the gate of the health certificate.

use super::sheets::{Dice, Person, Sheets, company, day, set_clock};
use super::{close, find, number, report};
use chrono::{NaiveDate, TimeDelta};

const STORES: [&str; 5] = ["徐汇店", "静安店", "黄浦店", "长宁店", "普陀店"];
const ALERTS: &str = "[[rule]]\nid = \"no_show\"\nname = { en = \"No-shows\", zh = \"爽约率过高\" }\nmetric = \"no_show\"\nby = []\ndays = 14\nabove = \"0.05\"\nclear = \"0.048\"\n";
const DEAD: &str = "https://old.interview.example/t/8f3a";
const GOOD: &str = "https://ai.interview.example/t/27bc";

/// What goes wrong: shares of the links that are dead and of the numbers that are wrong, and who does not come in any case; and the days until a hire.
struct Ways {
    dead: f64,
    wrong: f64,
    others: f64,
    days_to_hire: i64,
}

fn weeks(sheets: &mut Sheets, dice: &mut Dice, ways: &Ways, first: NaiveDate, days: u64) {
    for number in 0..days as usize * 45 {
        let applied = dice.time(first, days, 9, 18);
        let (dead, wrong) = (dice.chance(ways.dead), dice.chance(ways.wrong));
        let comes = !dice.chance(if dead || wrong { 0.95 } else { ways.others });
        let sent = applied + TimeDelta::hours(2);
        let taken = comes.then(|| sent + TimeDelta::minutes(dice.between(60.0, 3_000.0) as i64));
        let hired = comes && dice.chance(0.2);
        let jitter = TimeDelta::hours(dice.between(-40.0, 40.0) as i64);
        let person = Person {
            channel: "boss",
            store: STORES[number % STORES.len()],
            title: "服务员",
            applied,
            attended: taken,
            accepted: hired.then(|| applied + TimeDelta::days(ways.days_to_hire) + jitter),
            ..Person::default()
        };
        let id = sheets.person(&person);
        let delivered = (!wrong).then(|| sent + TimeDelta::minutes(1));
        let opened = taken
            .map(|taken| taken - TimeDelta::minutes(20))
            .or_else(|| (!dead && !wrong && dice.chance(0.6)).then(|| sent + TimeDelta::hours(5)));
        let (template, link) = if dead { ("ai_old", DEAD) } else { ("ai", GOOD) };
        let times = [Some(sent), delivered, opened, taken];
        sheets.invitation(&id, person.store, template, link, times, if comes { "attended" } else { "no_show" });
    }
}

#[test]
fn no_shows_are_alarmed_with_their_causes_and_end() {
    let company = company(&["boss"], "2026-09-14T09:00:00+08:00");
    company.write("alerts.toml", ALERTS);
    let (mut sheets, mut dice) = (Sheets::default(), Dice::new(45));
    weeks(&mut sheets, &mut dice, &Ways { dead: 0.075, wrong: 0.075, others: 0.04, days_to_hire: 15 }, day("2026-07-13"), 63);
    sheets.import(&company);

    let no_show = |from: &str, to: &str| number(&report(&company, "no_show", "none", from, to)[0], "value");
    close(no_show("2026-08-01", "2026-09-13"), 0.18, 0.02);
    let standing =
        || report(&company, "threshold", "none", "2026-09-13", "2026-11-15").into_iter().rfind(|row| row["rule"] == "no_show").unwrap();
    assert_eq!((&standing()["state"], &standing()["certainty"]), (&"raised".into(), &"sure".into()), "{}", standing());

    let causes = report(&company, "alert_cause", "none", "2026-09-13", "2026-09-13");
    let link = find(&causes, &[("factor", "link")]);
    assert_eq!(link["factor_value"], "old.interview.example", "the host, and not the secret that follows it");
    let receipt = find(&causes, &[("factor", "receipt")]);
    for cause in [link, receipt] {
        assert!(number(cause, "q_value") < 0.001 && number(cause, "explains") > 0.3, "{cause}");
    }
    assert!(causes.iter().all(|row| ["link", "receipt"].contains(&row["factor"].as_str().unwrap())), "nothing else is blamed: {causes:#?}");
    let listed = company.run(&["alerts", "list", "--lang", "zh", "--format", "json"]).ok().out;
    assert!(listed.contains("链接 old.interview.example") && listed.contains("号码可能有误") && !listed.contains("8f3a"), "{listed}");

    // The link is mended, numbers are asked for again, a ladder reminds.
    set_clock(&company, "2026-11-16T09:00:00+08:00");
    weeks(&mut sheets, &mut dice, &Ways { dead: 0.0, wrong: 0.005, others: 0.03, days_to_hire: 12 }, day("2026-09-14"), 62);
    sheets.import(&company);
    close(no_show("2026-09-20", "2026-11-15"), 0.035, 0.012);
    assert_eq!(standing()["state"], "clear", "{}", standing());
    let hire = |from: &str, to: &str| number(&report(&company, "time_to_hire", "none", from, to)[0], "median");
    close(hire("2026-09-14", "2026-10-20") / hire("2026-07-13", "2026-08-20"), 0.8, 0.05);
}
