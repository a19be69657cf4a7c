use inflow_config::{AlertMode, AlertRule, Alerts, Config};
use rust_decimal::Decimal;

use super::slices::{Added, look_back};
use super::*;

const FIRST: &str = "2026-10-01";

fn rule(above: &str, mode: AlertMode) -> AlertRule {
    AlertRule {
        id: "no_show".to_owned(),
        name: inflow_config::Name { en: "No-shows".to_owned(), zh: "爽约".to_owned() },
        metric: "no_show".to_owned(),
        column: None,
        by: None,
        only: BTreeMap::new(),
        channel: Vec::new(),
        store: Vec::new(),
        days: Some(1),
        period: None,
        above: Some(above.parse().unwrap()),
        below: None,
        clear: None,
        mode,
        fewest: None,
        to: None,
        escalate_after: None,
        escalate_to: None,
    }
}

fn config(rules: Vec<AlertRule>) -> Config {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("inflow.toml"), "").unwrap();
    let mut config = Config::load(&folder.path().join("inflow.toml"), &Vec::new).unwrap();
    config.alerts = Alerts { rule: rules, ..Alerts::default() };
    config
}

fn day(number: u64) -> NaiveDate {
    FIRST.parse::<NaiveDate>().unwrap() + Days::new(number)
}

/// A channel whose days have these events of a hundred cases; none: not delivered.
fn slice(channel: &str, events: &[Option<u64>]) -> Slice {
    let point = |(number, events): (usize, &Option<u64>)| Point {
        since: day(number as u64),
        day: day(number as u64),
        figure: events.map(|events| Figure::Rate { events, cases: 100 }),
        covered: if events.is_some() { 1.0 } else { 0.0 },
    };
    Slice { of: vec![("channel", channel.to_owned())], points: events.iter().enumerate().map(point).collect() }
}

#[test]
fn an_alert_holds_between_its_levels_and_over_what_is_unknown() {
    let config = config(vec![rule("0.10", AlertMode::Literal)]);
    let watches = watches(&config).unwrap();
    let days = [Some(9), Some(10), Some(9), None, None, Some(8), Some(7), Some(9), None, Some(9)];
    let rows = replay(&watches[0], &[slice("boss", &days)], "share");
    let states: Vec<(&str, &str)> = rows.iter().map(|row| (row.state, row.change)).collect();
    let expected = [
        ("clear", ""),
        ("raised", "raised"),
        ("raised", ""),
        ("unknown", ""),
        ("unknown", ""),
        ("raised", ""),
        ("clear", "cleared"),
        ("clear", ""),
        ("unknown", ""),
        ("clear", ""),
    ];
    assert_eq!(states, expected);
    let since: Vec<Option<NaiveDate>> = rows.iter().map(|row| row.raised_on).collect();
    assert_eq!(since[1..7], [Some(day(1)); 6]);
    assert_eq!((since[0], since[7], since[8]), (None, None, None));
    assert_eq!((rows[3].status, rows[3].value, rows[3].certainty), ("no_data", None, ""));
    assert_eq!((rows[1].certainty, rows[2].certainty), ("unsure", ""));
}

#[test]
fn in_interval_mode_one_of_many_slices_must_be_a_discovery() {
    let config = config(vec![rule("0.08", AlertMode::Interval)]);
    let watches = watches(&config).unwrap();
    // Alone, 14 of 100 is beyond (its interval begins at 8.5 %); among twenty that are not, it may be chance; 25 of 100 is not.
    let alone = replay(&watches[0], &[slice("c0", &[Some(14)])], "share");
    assert_eq!((alone[0].state, alone[0].certainty), ("raised", "sure"));
    let mut many = vec![slice("c0", &[Some(14)]), slice("c1", &[Some(25)])];
    many.extend((2..20).map(|number| slice(&format!("c{number}"), &[Some(7)])));
    let rows = replay(&watches[0], &many, "share");
    assert_eq!((rows[0].state, rows[0].certainty, rows[1].state), ("clear", "sure", "raised"));
    assert!(rows[0].q_value.unwrap() > 0.025 && rows[0].p_value.unwrap() < 0.025);
    // A slice that is unknown is no test and does not count.
    let mut fewer = vec![slice("c0", &[Some(14)])];
    fewer.extend((1..20).map(|number| slice(&format!("c{number}"), &[None])));
    assert_eq!(replay(&watches[0], &fewer, "share")[0].state, "raised");
}

#[test]
fn the_days_before_a_day_are_added_up_and_one_that_is_missing_makes_it_unknown() {
    let added: BTreeMap<NaiveDate, Added> =
        (0..5).map(|number| (day(number), Added { amount: Decimal::from(number), cases: 10 * number })).collect();
    let covered = |one: NaiveDate| if one == day(3) { 0.25 } else { 1.0 };
    let points = look_back(Kind::Rate, &added, covered, 2, day(1), day(5));
    let figures: Vec<Option<Figure>> = points.iter().map(|point| point.figure).collect();
    let rate = |events, cases| Some(Figure::Rate { events, cases });
    assert_eq!(figures, [rate(1, 10), rate(3, 30), None, None, rate(4, 40)]);
    assert_eq!((points[0].since, points[0].day, points[2].covered), (day(0), day(1), 0.625));
    let cost = look_back(Kind::Cost, &added, |_| 1.0, 3, day(4), day(4));
    assert_eq!(cost[0].figure, Some(Figure::Cost { amount: 9.0, people: 90 }));
}
