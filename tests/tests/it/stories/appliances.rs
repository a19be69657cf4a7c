//! A home-appliance shop: weekdays bring twice a weekend day, 18:00 to 21:00 is the peak, and one channel falls suddenly after its board changed its
//! ranking. The fall is told and the other channels are not blamed; the advice is to post from Monday to Friday at 18:00, and to give the money of the
//! channel that fell to others, one of them so far used by another shop alone.

use super::sheets::{Dice, Person, Sheets, company, day, set_clock};
use super::{close, find, number, report};
use chrono::{Datelike, Days, NaiveDate, TimeDelta};
use inflow_tests::Company;
use serde_json::Value;

const FALL: &str = "2026-09-07";
const CHANNELS: [(&str, &str, &str); 3] = [("zhaopin", "家电店", "Z"), ("job51", "家电店", "J"), ("kuaishou", "美妆店", "K")];

/// Spend goes up and down by the week, and what it brings with it.
fn people(sheets: &mut Sheets, dice: &mut Dice, first: &str, until: &str) {
    let mut much = [1.0; 3];
    for day in day(first).iter_days().take_while(|now| *now < day(until)) {
        let monday = day.weekday().number_from_monday() == 1;
        for (at, (channel, store, posting)) in CHANNELS.into_iter().enumerate() {
            if monday {
                much[at] = dice.between(0.6, 1.4);
                sheets.spend(channel, day, day + Days::new(6), (130_000.0 * much[at]) as u64);
            }
            let brings = 1.3 * much[at] / (1.0 + 0.3 * much[at]);
            let weekend = day.weekday().number_from_monday() > 5;
            let left = if channel == "job51" && day >= FALL.parse::<NaiveDate>().unwrap() { 0.12 } else { 1.0 };
            for at in 0..dice.count(left * brings * if weekend { 7.0 } else { 14.0 }) {
                let applied = if dice.chance(0.5) { dice.time(day, 1, 18, 21) } else { dice.time(day, 1, 8, 23) };
                let attended = dice.chance(0.3).then(|| applied + TimeDelta::days(3));
                let posting = format!("{posting}{}", at % 6);
                sheets.person(&Person { channel, store, title: "客服", posting, applied, attended, ..Person::default() });
            }
        }
    }
}

fn heat(company: &Company) {
    let rows = report(company, "application_heat", "channel", "2026-05-04", "2026-08-30");
    let mut hours = [0.0; 24];
    let (mut workdays, mut weekends) = (0.0, 0.0);
    for row in &rows {
        let (weekday, count) = (number(row, "weekday"), number(row, "count"));
        hours[number(row, "hour") as usize] += count;
        *if weekday > 5.0 { &mut weekends } else { &mut workdays } += count;
    }
    close((workdays / 5.0) / (weekends / 2.0), 2.0, 0.2);
    let mut order: Vec<usize> = (0..24).collect();
    order.sort_by(|a, b| hours[*b].total_cmp(&hours[*a]));
    order.truncate(3);
    order.sort_unstable();
    assert_eq!(order, [18, 19, 20], "the peak");
}

#[test]
fn a_fall_is_told_and_posting_moves_to_the_evening() {
    let company = company(&["zhaopin", "job51", "kuaishou"], "2026-09-21T09:00:00+08:00");
    let (mut sheets, mut dice) = (Sheets::default(), Dice::new(42));
    for (channel, letter) in [("zhaopin", "Z"), ("job51", "J")] {
        for number in 0..6 {
            sheets.posting(&format!("{letter}{number}"), channel, "客服", "家电店", day("2026-05-01") + Days::new(number), 7_000);
        }
    }
    people(&mut sheets, &mut dice, "2026-05-04", "2026-09-21");
    company.write("reposts.toml", "holidays = \"china\"\n[[channel]]\nid = \"zhaopin\"\nper_day = 1\n");
    sheets.import(&company);
    heat(&company);

    let drops = report(&company, "channel_drop", "channel,day", "2026-08-24", "2026-09-20");
    let alarmed = |channel: &str| drops.iter().filter(|row| row["channel"] == channel && row["alarm"] != "").collect::<Vec<_>>();
    for steady in ["zhaopin", "kuaishou"] {
        assert!(alarmed(steady).is_empty(), "{:?}", alarmed(steady));
    }
    let told: Vec<&str> = alarmed("job51").iter().map(|row| row["day"].as_str().unwrap()).collect();
    assert!(told.first().is_some_and(|first| ("2026-09-07".."2026-09-10").contains(first)), "told within three days: {told:?}");

    let plan: Value = serde_json::from_str(&company.run(&["plan", "repost", "--days", "11", "--format", "json"]).ok().out).unwrap();
    let slots = plan["slots"].as_array().unwrap();
    assert!(slots.len() >= 6, "{plan:#}");
    for slot in slots {
        let local: chrono::NaiveDateTime =
            chrono::NaiveDateTime::parse_from_str(slot["local"].as_str().unwrap(), "%Y-%m-%d %H:%M").unwrap();
        // Sunday 20 September 2026 is worked in the place of a day of National Day; 25 to 27 are Mid-Autumn.
        assert!(local.weekday().number_from_monday() <= 5, "Monday to Friday: {slot}");
        assert!(("17:30".."18:45").contains(&&*local.format("%H:%M").to_string()), "at 18:00: {slot}");
    }

    // Six weeks later it is known who came of whom applied since.
    set_clock(&company, "2026-11-02T09:00:00+08:00");
    people(&mut sheets, &mut dice, "2026-09-21", "2026-11-02");
    sheets.import(&company);
    let mut plan: Value = serde_json::from_str(&company.run(&["plan", "budget", "--format", "json"]).ok().out).unwrap();
    let advised: Vec<Value> = serde_json::from_value(plan["channels"].take()).unwrap();
    let moved = |channel: &str| {
        number(find(&advised, &[("channel", channel)]), "advised") / number(find(&advised, &[("channel", channel)]), "spend")
    };
    assert!(moved("job51") < 0.8 && moved("zhaopin") + moved("kuaishou") > 2.1, "money leaves what fell: {advised:#?}");
}
