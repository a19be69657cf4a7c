//! The `seed` scenario: the same each time, its stories told, its truth consistent.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use chrono::Days;
use inflow_config::Stage;
use inflow_simulator::{Period, Truth, World, scenario};
use rust_decimal::Decimal;

static WORLD: LazyLock<World> = LazyLock::new(|| scenario("seed", 1).unwrap());

fn share(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}

#[test]
fn the_same_seed_makes_the_same_world() {
    let again = scenario("seed", 1).unwrap();
    assert_eq!(again.applications, WORLD.applications);
    assert_eq!(again.postings, WORLD.postings);
    assert_eq!(again.ledger, WORLD.ledger);
    assert_eq!(again.truth(), WORLD.truth());
}

#[test]
fn another_seed_makes_another_world() {
    let other = scenario("seed", 2).unwrap();
    assert_ne!(other.applications, WORLD.applications);
    assert_ne!(other.truth().all().application_heat, WORLD.truth().all().application_heat);
}

#[test]
fn an_unknown_scenario_is_no_world() {
    assert!(scenario("weather", 1).is_none());
}

#[test]
fn the_sizes_are_those_of_a_middling_company() {
    let totals = &WORLD.truth().all().totals;
    println!("{totals:#?} rows {} people {}", WORLD.applications.len(), WORLD.people.len());
    assert!((10_000..20_000).contains(&WORLD.applications.len()));
    assert!((1_000..2_000).contains(&totals.postings));
    assert!(totals.candidates < totals.applications);
    assert_eq!(WORLD.truth().all().volume.iter().filter(|row| row.store.is_none() && row.applications > 0).count(), 12);
}

#[test]
fn nothing_happens_after_now_or_before_the_history() {
    let events = WORLD.applications.iter().flat_map(|case| case.events.iter().map(|event| event.at));
    assert!(events.max().unwrap() <= WORLD.now);
    assert!(WORLD.applications.iter().filter_map(|case| case.applied_at).max().unwrap() < WORLD.now);
    assert!(WORLD.applications.iter().all(|case| case.moved_at <= WORLD.now));
    let within = Truth::between(&WORLD, WORLD.from, WORLD.to).totals;
    let forever = Truth::between(&WORLD, "2020-01-01".parse().unwrap(), "2030-01-01".parse().unwrap()).totals;
    assert_eq!((within.applications, within.postings), (forever.applications, forever.postings));
}

#[test]
fn people_look_invented() {
    for person in &WORLD.people {
        assert!(person.name.starts_with("测试") || person.name.starts_with("Test Person"), "{}", person.name);
        assert!(person.phone.starts_with("1990") && person.phone.len() == 11);
        assert!(person.email.ends_with("@example.invalid"));
    }
    let phones: BTreeSet<_> = WORLD.people.iter().map(|person| &person.phone).collect();
    assert_eq!(phones.len(), WORLD.people.len());
}

fn of(period: &Period, store: &str, channel: &str) -> u64 {
    period.volume.iter().find(|row| row.store == Some(store) && row.channel == channel).unwrap().applications
}

fn attended(period: &Period, store: &str, channel: &str) -> f64 {
    let pair = |row: &&inflow_simulator::Conversion| {
        row.store == Some(store) && row.channel == channel && row.from_stage == Stage::Applied && row.to_stage == Stage::Attended
    };
    let row = period.conversion.iter().find(pair).unwrap();
    share(row.numerator, row.denominator)
}

#[test]
fn the_cosmetics_shop_lives_on_boss() {
    let all = WORLD.truth().all();
    let shop = "美妆店";
    let total: u64 = all.volume.iter().filter(|row| row.store == Some(shop)).map(|row| row.applications).sum();
    assert_eq!(of(all, shop, "boss") * 100, total * 60);
    assert_eq!(of(all, shop, "zhaopin") * 100, total * 25);
    assert_eq!(of(all, shop, "douyin") * 100, total * 15);
    assert!((attended(all, shop, "boss") - 0.40).abs() < 1e-9, "{}", attended(all, shop, "boss"));
    assert!((attended(all, shop, "zhaopin") - 0.25).abs() < 1e-9);
    let age = |channel: &str| {
        let born = WORLD.applications.iter().filter(|case| case.store == shop && case.channel == channel);
        let born: Vec<i32> = born.map(|case| WORLD.people[case.person].birth_year).collect();
        born.iter().sum::<i32>() / born.len() as i32
    };
    assert!(age("douyin") > age("boss") && age("douyin") > age("zhaopin"));
}

#[test]
fn the_appliance_shop_hears_from_people_on_weekday_evenings() {
    let mut days: BTreeMap<bool, u64> = BTreeMap::new();
    let mut hours = [0_u64; 24];
    let drop = "2026-09-28".parse().unwrap();
    let mut weeks = (0_u64, 0_u64);
    for case in WORLD.applications.iter().filter(|case| case.store == "家电店") {
        let Some(at) = case.applied_at else { continue };
        let local = at.with_timezone(&chrono_tz::Asia::Shanghai);
        let weekend = chrono::Datelike::weekday(&local).number_from_monday() >= 6;
        *days.entry(weekend).or_default() += 1;
        if case.channel != "wuba58" {
            hours[chrono::Timelike::hour(&local) as usize] += 1;
        }
        if case.channel == "job51" {
            let count = if local.date_naive() < drop { &mut weeks.0 } else { &mut weeks.1 };
            *count += 1;
        }
    }
    let (weekday, weekend) = (share(days[&false], 5), share(days[&true], 2));
    assert!((1.8..2.3).contains(&(weekday / weekend)), "{weekday} {weekend}");
    let mut busiest: Vec<usize> = (0..24).collect();
    busiest.sort_by_key(|hour| std::cmp::Reverse(hours[*hour]));
    assert_eq!(busiest[..3].iter().copied().collect::<BTreeSet<_>>(), BTreeSet::from([18, 19, 20]));
    // 148 days before, 34 after.
    let (before, after) = (share(weeks.0, 148), share(weeks.1, 34));
    assert!(after < before * 0.3, "{before} a day, then {after}");
}

#[test]
fn the_heat_has_one_peak() {
    for period in &WORLD.truth().periods {
        for heats in [&period.application_heat, &period.posting_heat] {
            let all = heats.iter().find(|heat| heat.channel.is_none()).unwrap();
            let peak = all.peak.unwrap();
            assert_eq!(peak.ties, 1, "{} {peak:?}", period.name);
            let channels = heats.iter().filter(|heat| heat.channel.is_some()).flat_map(|heat| &heat.cells);
            assert_eq!(all.cells.iter().sum::<u64>(), channels.sum::<u64>());
        }
        let all = period.application_heat.iter().find(|heat| heat.channel.is_none()).unwrap();
        assert_eq!(all.cells.iter().sum::<u64>() + all.left_out, period.totals.applications);
        assert!(all.left_out > 0);
    }
}

#[test]
fn stores_add_up_to_their_channel() {
    for period in &WORLD.truth().periods {
        for channel in period.volume.iter().filter(|row| row.store.is_none()) {
            let stores: Vec<_> = period.volume.iter().filter(|row| row.store.is_some() && row.channel == channel.channel).collect();
            assert_eq!(stores.iter().map(|row| row.applications).sum::<u64>(), channel.applications);
            assert_eq!(stores.iter().map(|row| row.postings).sum::<u64>(), channel.postings);
            assert!(stores.iter().map(|row| row.candidates).sum::<u64>() >= channel.candidates);
            assert!(channel.candidates <= channel.applications);
        }
        for channel in period.cost.iter().filter(|row| row.store.is_none()) {
            let stores = period.cost.iter().filter(|row| row.store.is_some() && row.channel == channel.channel);
            assert_eq!(stores.map(|row| row.amount).sum::<Decimal>(), channel.amount, "{}", channel.channel);
        }
    }
}

#[test]
fn cost_ties_to_the_ledger_and_to_its_days() {
    for period in &WORLD.truth().periods {
        let totals = &period.totals;
        assert_eq!(totals.channel_cost + totals.unallocated_cost, totals.ledger_cost);
        assert!(totals.unallocated_cost > Decimal::ZERO);
    }
    // 182 days in six stretches, none of which begins or ends with a period of service.
    let parts = WORLD.from.iter_days().step_by(31).take_while(|day| *day <= WORLD.to);
    let by_part = parts.map(|day| Truth::between(&WORLD, day, WORLD.to.min(day + Days::new(30))).totals.ledger_cost);
    assert_eq!(by_part.sum::<Decimal>(), WORLD.truth().all().totals.ledger_cost);
}

#[test]
fn a_cost_per_resume_is_amount_by_resumes() {
    for row in &WORLD.truth().all().cost {
        match row.cost_per_resume {
            Some(each) => {
                assert!((each * Decimal::from(row.resumes) - row.amount).abs() <= Decimal::from(row.resumes) / Decimal::from(200));
            }
            None => assert_eq!(row.resumes, 0),
        }
    }
    let boss = WORLD.truth().all().cost_of("boss").unwrap();
    println!("{boss:?}");
    assert_eq!(boss.resumes, WORLD.truth().all().volume_of("boss").unwrap().applications);
    assert!(boss.cost_per_resume.is_some());
}

#[test]
fn funnels_only_narrow() {
    let all = WORLD.truth().all();
    for channel in all.volume.iter().filter(|row| row.store.is_none()) {
        let reached = |to| all.conversion_of(channel.channel, Stage::Viewed, to).unwrap().numerator;
        let ladder: Vec<u64> = Stage::ALL[1..10].iter().map(|stage| reached(*stage)).collect();
        assert!(ladder.is_sorted_by(|a, b| a >= b), "{} {ladder:?}", channel.channel);
        assert_eq!(reached(Stage::Applied), channel.applications, "{}", channel.channel);
    }
    // Every canonical stage is entered somewhere, and every way of knowing it occurs.
    for stage in Stage::ALL {
        assert!(all.stages.iter().any(|row| row.stage == stage && row.entered > 0), "{stage}");
    }
    assert!(all.stages.iter().any(|row| row.stage == Stage::Screened && row.implied > 0 && row.implied < row.entered));
}

#[test]
fn the_traps_are_there() {
    let retracted = WORLD.applications.iter().filter(|case| case.events.iter().any(|event| event.retracts)).count();
    assert!(retracted > 5, "{retracted}");
    let mut channels: BTreeMap<usize, BTreeSet<&str>> = BTreeMap::new();
    for case in &WORLD.applications {
        channels.entry(case.person).or_default().insert(case.channel);
    }
    assert!(channels.values().filter(|channels| channels.len() > 1).count() > 300);
    assert!(WORLD.ledger.iter().any(|entry| entry.corrected_from.is_some()));
    assert!(WORLD.ledger.iter().any(|entry| entry.kind == "recharge"));
    assert!(WORLD.ledger.iter().any(|entry| entry.currency == "USD"));
    // Two equal lines of one day in the statement.
    let statement: Vec<_> = WORLD.ledger.iter().filter(|entry| entry.id.is_empty()).collect();
    assert!(statement.windows(2).any(|pair| pair[0].net == pair[1].net && pair[0].booked_on == pair[1].booked_on));
}

#[test]
fn the_truth_is_json() {
    let json = WORLD.truth().to_json();
    assert_eq!(json["periods"][1]["from"], "2026-10-02");
    assert_eq!(json["periods"][1]["to"], "2026-10-31");
    assert!(json["periods"][0]["totals"]["ledger_cost"].as_str().unwrap().contains('.'));
    assert_eq!(json["periods"][0]["application_heat"][0]["cells"].as_array().unwrap().len(), 168);
}
