use chrono_tz::{America::New_York, Asia::Shanghai, Australia::Lord_Howe, Europe::Berlin};
use inflow_config::{Holidays, Hours, RepostMode};
use proptest::prelude::*;
use std::time::Duration;

use super::*;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn channel(id: &str) -> RepostChannel {
    RepostChannel {
        id: id.to_owned(),
        enabled: None,
        mode: RepostMode::default(),
        per_day: 3,
        per_account: None,
        gap: Duration::from_mins(15),
        rest: Duration::from_hours(72),
        price: None,
        cost_per_day: None,
        cost_per_month: None,
        random_share: None,
        working_hours: None,
    }
}

fn posting(channel: &str, number: usize, last: &str) -> PostingState {
    PostingState {
        channel: channel.to_owned(),
        connection: channel.to_owned(),
        id: format!("P{number}"),
        title: "店员".to_owned(),
        cluster: String::new(),
        last: at(last),
        closes_at: None,
    }
}

fn state(id: &str, zone: Tz) -> ChannelState {
    ChannelState { id: id.to_owned(), zone, price: 0, prices: BTreeMap::new(), heat: Heat::default(), advice: None, pace: None }
}

/// One in each hour, ten from 18:00 to 21:00 on weekdays: the seeds' appliances shop.
fn evenings() -> Heat {
    let cell = |weekday, hour| {
        let rate = if weekday <= 5 && (18..21).contains(&hour) { 0.5 } else { 0.05 };
        ((weekday, hour), HeatCell { rate, low: rate * 0.8, high: rate * 1.2 })
    };
    Heat((1..=7).flat_map(|weekday| (0..24).map(move |hour| cell(weekday, hour))).collect())
}

fn situation<'c>(rules: &'c Reposts, country: &str, channels: Vec<ChannelState>, postings: Vec<PostingState>) -> Situation<'c> {
    Situation {
        now: at("2026-11-30T00:00:00Z"),
        from: day("2026-11-30"),
        to: day("2026-12-06"),
        seed: 7,
        rules,
        calendar: Calendar::new(rules, country),
        channels,
        postings,
        taken: Vec::new(),
        skipped: BTreeSet::new(),
    }
}

#[test]
fn posts_on_weekdays_at_six_where_evenings_are_the_peak() {
    let rules = Reposts { channel: vec![channel("boss")], ..Reposts::default() };
    let state = ChannelState { heat: evenings(), ..state("boss", Shanghai) };
    let postings = (0..5).map(|number| posting("boss", number, "2026-11-01T00:00:00Z")).collect();
    let plan = plan(&situation(&rules, "CN", vec![state], postings));
    let locals: Vec<String> = plan.slots.iter().map(|slot| slot.local.format("%a %H:%M").to_string()).collect();
    assert_eq!(locals[..4], ["Mon 18:00", "Mon 18:15", "Mon 18:30", "Tue 18:00"], "{locals:?}");
    assert!(plan.slots.iter().all(|slot| (18..20).contains(&slot.local.hour()) && slot.local.weekday().number_from_monday() <= 5));
    assert_eq!((plan.slots[0].why, plan.slots[1].why, plan.slots[0].rested), (Why::Peak, Why::BestLeft, 29));
    // Three hours at 0.5 over the mean of the open hours from 9 to 19: seven that reach into no hour of the evening, then 16, 17, 18 and 19 o'clock, which
    // reach into one, two, three and two of them.
    let usual = (7.0 * 0.15 + 0.6 + 1.05 + 1.5 + 1.05) / 11.0;
    let gain = plan.slots[0].gain.unwrap();
    assert!((gain.value - (1.5 - usual)).abs() < 1e-9, "{gain:?} {usual}");
    assert!(gain.low < gain.value && gain.value < gain.high);
}

#[test]
fn a_measured_hour_goes_before_the_peak_and_a_refuted_one_is_avoided() {
    let rules = Reposts { channel: vec![channel("boss")], ..Reposts::default() };
    let with = |value: f64| {
        let advice = Advice { hour: 11, lift: Estimate { value, low: value - 0.2, high: value + 0.2 } };
        let state = ChannelState { heat: evenings(), advice: Some(advice), ..state("boss", Shanghai) };
        plan(&situation(&rules, "CN", vec![state], vec![posting("boss", 1, "2026-11-01T00:00:00Z")])).slots.remove(0)
    };
    let measured = with(1.5);
    assert_eq!((measured.local.hour(), measured.why), (11, Why::Measured));
    let gain = measured.gain.unwrap();
    assert!((gain.low / gain.value - 0.6).abs() < 1e-9, "half more, 30 to 70 %: {gain:?}");
    assert_eq!(with(0.5).local.hour(), 18);
}

#[test]
fn says_why_a_posting_has_no_slot() {
    let rules = Reposts { channel: vec![RepostChannel { per_day: 1, ..channel("boss") }], ..Reposts::default() };
    let why = |change: &dyn Fn(&mut Situation<'_>)| {
        let mut situation = situation(&rules, "CN", vec![state("boss", Shanghai)], vec![posting("boss", 1, "2026-11-01T00:00:00Z")]);
        situation.to = situation.from;
        change(&mut situation);
        plan(&situation).left.first().map(|left| left.why)
    };
    let taken = |connection: &str| Taken {
        channel: "boss".to_owned(),
        connection: connection.to_owned(),
        posting: "other".to_owned(),
        cluster: String::new(),
        at: at("2026-11-30T02:00:00Z"),
        cost: 0,
    };
    assert_eq!(why(&|_| ()), None);
    assert_eq!(why(&|one| (one.from, one.to) = (day("2026-12-05"), day("2026-12-06"))), Some(WhyNot::NoOpenHour));
    assert_eq!(why(&|one| one.postings[0].last = at("2026-11-29T00:00:00Z")), Some(WhyNot::Rests));
    assert_eq!(why(&|one| one.postings[0].closes_at = Some(at("2026-12-01T00:00:00Z"))), Some(WhyNot::Ends));
    assert_eq!(why(&|one| one.skipped = BTreeSet::from([("boss".to_owned(), "P1".to_owned(), day("2026-11-30"))])), Some(WhyNot::Skipped));
    assert_eq!(why(&|one| one.taken = vec![taken("boss")]), Some(WhyNot::ChannelQuota));
    let pace = Pace { month: day("2026-11-01"), today: day("2026-11-30"), left: 99 };
    assert_eq!(why(&|one| (one.channels[0].price, one.channels[0].pace) = (100, Some(pace))), Some(WhyNot::Budget));
    assert_eq!(why(&|one| (one.channels[0].price, one.channels[0].pace) = (100, Some(Pace { left: 100, ..pace }))), None);
}

/// What was planned is open when its time has come, until something stands against it.
#[test]
fn limits_hold_at_the_moment_too() {
    let rules = Reposts {
        channel: vec![RepostChannel { per_day: 1, ..channel("boss") }],
        quiet_hours: vec!["12:00-13:30".parse().unwrap()],
        ..Reposts::default()
    };
    let against = |time: &str, change: &dyn Fn(&mut Situation<'_>)| {
        let mut situation = situation(&rules, "CN", vec![state("boss", Shanghai)], vec![posting("boss", 1, "2026-11-01T00:00:00Z")]);
        change(&mut situation);
        situation.stands_against("boss", "boss", "P1", at(time))
    };
    let ten = "2026-11-30T02:00:00Z";
    let taken = |at: DateTime<Utc>, cost| Taken {
        channel: "boss".to_owned(),
        connection: "boss".to_owned(),
        posting: "other".to_owned(),
        cluster: String::new(),
        at,
        cost,
    };
    assert_eq!(against(ten, &|_| ()), None);
    assert_eq!(against("2026-11-30T04:30:00Z", &|_| ()), Some(Against::ClosedHours), "12:30 is quiet");
    assert_eq!(against("2026-11-29T02:00:00Z", &|_| ()), Some(Against::ClosedHours), "a Sunday");
    assert_eq!(against(ten, &|one| one.postings.clear()), Some(Against::NotLive));
    assert_eq!(against(ten, &|one| one.channels.clear()), Some(Against::NotPlanned));
    assert_eq!(against(ten, &|one| one.taken = vec![taken(at(ten) - TimeDelta::hours(1), 0)]), Some(Against::Limit(WhyNot::ChannelQuota)));
    assert_eq!(against(ten, &|one| one.taken = vec![taken(at(ten) - TimeDelta::minutes(5), 0)]), Some(Against::Limit(WhyNot::TooNear)));
    assert_eq!(against(ten, &|one| one.postings[0].last = at(ten) - TimeDelta::days(1)), Some(Against::Limit(WhyNot::Rests)));
    // What was spent earlier today is not in the ledger yet.
    let pace = Pace { month: day("2026-11-01"), today: day("2026-11-30"), left: 199 };
    let two = RepostChannel { per_day: 2, ..channel("boss") };
    let rules = Reposts { channel: vec![two], ..Reposts::default() };
    let mut situation = situation(&rules, "CN", vec![state("boss", Shanghai)], vec![posting("boss", 1, "2026-11-01T00:00:00Z")]);
    (situation.channels[0].price, situation.channels[0].pace) = (100, Some(pace));
    assert_eq!(situation.stands_against("boss", "boss", "P1", at(ten)), None);
    situation.taken = vec![taken(at(ten) - TimeDelta::minutes(30), 100)];
    assert_eq!(situation.stands_against("boss", "boss", "P1", at(ten)), Some(Against::Limit(WhyNot::Budget)));
}

#[test]
fn a_budget_is_spent_by_the_calendar() {
    let pace = Pace { month: day("2026-11-01"), today: day("2026-11-21"), left: 1000 };
    assert_eq!(["2026-11-20", "2026-11-21", "2026-11-25", "2026-11-30"].map(|text| pace.until(day(text))), [0, 100, 500, 1000]);
}

/// The clocks of Berlin go back on 25 October 2026: 02:00 to 03:00 comes twice; they go forward on 29 March, where it never comes.
#[test]
fn hours_that_come_twice_or_never_are_what_they_are() {
    let hours = vec!["02:00-03:00".parse().unwrap()];
    let rules = Reposts {
        channel: vec![RepostChannel { per_day: 100, ..channel("indeed") }],
        working_hours: hours,
        working_days: vec![chrono::Weekday::Sun],
        holidays: Holidays::None,
        ..Reposts::default()
    };
    let count = |on: &str| {
        let postings = (0..20).map(|number| posting("indeed", number, "2026-01-01T00:00:00Z")).collect();
        let mut situation = situation(&rules, "DE", vec![state("indeed", Berlin)], postings);
        (situation.now, situation.from, situation.to) = (at("2026-02-01T00:00:00Z"), day(on), day(on));
        plan(&situation).slots.len()
    };
    assert_eq!([count("2026-10-25"), count("2026-03-29"), count("2026-10-18")], [8, 0, 4]);
}

fn hours() -> impl Strategy<Value = Hours> {
    (0_u16..92, 4_u16..48).prop_map(|(from, length)| Hours { from: from * 15, to: ((from + length) * 15).min(1440) })
}

fn quiet() -> impl Strategy<Value = Hours> {
    (0_u16..96, 1_u16..40).prop_map(|(from, length)| Hours { from: from * 15, to: (from + length) % 96 * 15 })
}

prop_compose! {
    fn any_channel(id: &'static str)(
        per_day in 1_u32..6, per_account in proptest::option::of(1_u32..3), gap in 1_u64..200, rest in 1_u64..120,
        per_day_cost in proptest::option::of(0_i64..2000), per_month in proptest::option::of(0_i64..6000),
        share in proptest::option::of(0_i64..=10), hours in proptest::option::of(proptest::collection::vec(hours(), 1..3)),
    ) -> RepostChannel {
        RepostChannel {
            per_day, per_account, gap: Duration::from_mins(gap), rest: Duration::from_hours(rest),
            cost_per_day: per_day_cost.map(|cents| Decimal::new(cents, 2)), cost_per_month: per_month.map(|cents| Decimal::new(cents, 2)),
            random_share: share.map(|tenths| Decimal::new(tenths, 1)), working_hours: hours, ..channel(id)
        }
    }
}

prop_compose! {
    fn any_rules()(
        days in proptest::sample::subsequence(vec![chrono::Weekday::Mon, chrono::Weekday::Wed, chrono::Weekday::Sat, chrono::Weekday::Sun], 1..=4),
        working in proptest::collection::vec(hours(), 1..3), quiet in proptest::collection::vec(quiet(), 0..3),
        off in proptest::collection::vec(0_u64..20, 0..3), on in proptest::collection::vec(0_u64..20, 0..3), china in any::<bool>(),
        between in 1_u64..600, boss in any_channel("boss"), indeed in any_channel("indeed"),
    ) -> Reposts {
        let nth = |days: Vec<u64>| days.into_iter().map(|after| day("2026-09-18") + Days::new(after)).collect();
        Reposts {
            working_days: days, working_hours: working, quiet_hours: quiet, days_off: nth(off), workdays: nth(on),
            holidays: if china { Holidays::China } else { Holidays::None },
            between_same_job: Duration::from_mins(between), channel: vec![boss, indeed], ..Reposts::default()
        }
    }
}

/// What is no part of the rules: zones, prices, heat, postings, what was done.
#[derive(Debug, Clone)]
struct Rest {
    zones: [usize; 2],
    prices: [u64; 2],
    pace: Option<u64>,
    heat: Vec<f64>,
    advised: Option<u8>,
    postings: Vec<(bool, u8, u8, i64, Option<i64>)>,
    taken: Vec<(bool, u8, i64)>,
    start: (i64, u64),
    seed: u64,
}

prop_compose! {
    fn any_rest()(
        zones in proptest::array::uniform2(0_usize..4), prices in proptest::array::uniform2(0_u64..700), pace in proptest::option::of(0_u64..6000),
        heat in proptest::collection::vec(0.0_f64..1.0, 168), advised in proptest::option::of(0_u8..24),
        postings in proptest::collection::vec((any::<bool>(), 0_u8..2, 0_u8..4, 0_i64..400, proptest::option::of(0_i64..300)), 0..12),
        taken in proptest::collection::vec((any::<bool>(), 0_u8..12, -100_i64..200), 0..5), start in (0_i64..480, 0_u64..8), seed in any::<u64>(),
    ) -> Rest {
        Rest { zones, prices, pace, heat, advised, postings, taken, start, seed }
    }
}

const CHANNELS: [&str; 2] = ["boss", "indeed"];

fn arranged<'c>(rules: &'c Reposts, rest: &Rest) -> Situation<'c> {
    // Three weeks in which Lord Howe, Berlin or China's calendar do something; New York in the second half.
    let now = at("2026-09-18T00:00:00Z") + TimeDelta::hours(rest.start.0);
    let zones = [Shanghai, Berlin, New_York, Lord_Howe];
    let heat = |factor: f64| {
        let cell = |(place, rate): (usize, &f64)| {
            let rate = rate * factor;
            (((place / 24 + 1) as u8, (place % 24) as u8), HeatCell { rate, low: rate / 2.0, high: rate * 2.0 })
        };
        Heat(rest.heat.iter().enumerate().map(cell).collect())
    };
    let channels = (0..2)
        .map(|number| ChannelState {
            price: rest.prices[number],
            heat: if number == 0 { heat(1.0) } else { Heat::default() },
            advice: rest.advised.map(|hour| Advice { hour, lift: Estimate { value: 1.4, low: 1.1, high: 1.8 } }),
            pace: rest.pace.map(|left| Pace { month: now.date_naive().with_day(1).unwrap(), today: now.date_naive(), left }),
            ..state(CHANNELS[number], zones[rest.zones[number]])
        })
        .collect();
    let postings: Vec<PostingState> = rest
        .postings
        .iter()
        .enumerate()
        .map(|(number, (second, account, job, last, ends))| PostingState {
            connection: format!("{}{account}", CHANNELS[usize::from(*second)]),
            cluster: if *job == 0 { String::new() } else { format!("job{job}") },
            last: now - TimeDelta::hours(*last),
            closes_at: ends.map(|hours| now + TimeDelta::hours(hours)),
            ..posting(CHANNELS[usize::from(*second)], number, "2026-01-01T00:00:00Z")
        })
        .collect();
    let taken = rest.taken.iter().map(|(second, number, hours)| {
        let own = postings.get(usize::from(*number)).filter(|one| one.channel == CHANNELS[usize::from(*second)]);
        Taken {
            channel: CHANNELS[usize::from(*second)].to_owned(),
            connection: own.map_or_else(|| format!("{}0", CHANNELS[usize::from(*second)]), |one| one.connection.clone()),
            posting: own.map_or_else(|| format!("gone{number}"), |one| one.id.clone()),
            cluster: own.map_or_else(String::new, |one| one.cluster.clone()),
            at: now + TimeDelta::hours(*hours),
            cost: rest.prices[usize::from(*second)],
        }
    });
    let taken = taken.collect();
    let skipped = postings.iter().take(1).map(|one| (one.connection.clone(), one.id.clone(), now.date_naive())).collect();
    let from = now.date_naive();
    Situation {
        now,
        from,
        to: from + Days::new(rest.start.1),
        seed: rest.seed,
        rules,
        calendar: Calendar::new(rules, "CN"),
        channels,
        postings,
        taken,
        skipped,
    }
}

/// Everything that was done, promised or planned, and which of it was planned.
fn all(situation: &Situation<'_>, slots: &[Slot]) -> Vec<(Taken, bool)> {
    let planned = slots.iter().map(|slot| {
        let posting = situation.postings.iter().find(|one| one.connection == slot.connection && one.id == slot.posting).unwrap();
        let Slot { channel, connection, posting: id, at, cost, .. } = slot.clone();
        (Taken { channel, connection, posting: id, cluster: posting.cluster.clone(), at, cost }, true)
    });
    situation.taken.iter().cloned().map(|one| (one, false)).chain(planned).collect()
}

/// Each limit, reckoned anew and otherwise than the planner does: the first that is broken by something planned.
fn broken(situation: &Situation<'_>, slots: &[Slot]) -> Option<String> {
    let all = all(situation, slots);
    for (number, (one, planned)) in all.iter().enumerate() {
        if !planned {
            continue;
        }
        let rules = situation.rules.channel.iter().find(|rules| rules.id == one.channel)?;
        let state = situation.channels.iter().find(|state| state.id == one.channel)?;
        let posting = situation.postings.iter().find(|posting| posting.connection == one.connection && posting.id == one.posting)?;
        let local = one.at.with_timezone(&state.zone).naive_local();
        let minute = (local.hour() * 60 + local.minute()) as u16;
        let inside = |hours: &Hours| {
            let length = (hours.to + 1440 - hours.from) % 1440;
            (minute + 1440 - hours.from) % 1440 < if length == 0 { 1440 } else { length }
        };
        let others = || all.iter().enumerate().filter(move |(other, _)| *other != number).map(|(_, (other, _))| other);
        let same_day: Vec<&Taken> = all
            .iter()
            .map(|(other, _)| other)
            .filter(|other| other.channel == one.channel && other.at.with_timezone(&state.zone).date_naive() == local.date())
            .collect();
        let same_month = || {
            let month = |at: DateTime<Utc>| at.with_timezone(&state.zone).format("%Y-%m").to_string();
            all.iter().map(|(other, _)| other).filter(move |other| other.channel == one.channel && month(other.at) == month(one.at))
        };
        let minutes = |other: DateTime<Utc>| (one.at - other).num_minutes().unsigned_abs();
        let least = |limit: Duration| limit.as_secs() / 60;
        let costs = |list: &[&Taken]| list.iter().map(|one| one.cost as i64).sum::<i64>();
        let cents = |limit: Decimal| (limit * Decimal::ONE_HUNDRED).to_i64().unwrap();
        let own = |other: &Taken| other.connection == one.connection && other.posting == one.posting;
        let job = !one.cluster.is_empty();
        let checks: [(&str, &dyn Fn() -> bool); 15] = [
            ("past", &|| one.at < situation.now + NOTICE),
            ("period", &|| !(situation.from..=situation.to).contains(&local.date())),
            ("holiday", &|| !situation.calendar.is_worked(local.date())),
            ("working hours", &|| !rules.working_hours.as_ref().unwrap_or(&situation.rules.working_hours).iter().any(inside)),
            ("quiet hours", &|| situation.rules.quiet_hours.iter().any(inside)),
            ("quota", &|| same_day.len() > rules.per_day as usize),
            ("account", &|| {
                same_day.iter().filter(|other| other.connection == one.connection).count()
                    > rules.per_account.unwrap_or(rules.per_day) as usize
            }),
            ("cost of a day", &|| one.cost > 0 && rules.cost_per_day.is_some_and(|limit| costs(&same_day) > cents(limit))),
            ("cost of a month", &|| {
                one.cost > 0 && rules.cost_per_month.is_some_and(|limit| costs(&same_month().collect::<Vec<_>>()) > cents(limit))
            }),
            ("gap", &|| others().any(|other| other.channel == one.channel && minutes(other.at) < least(rules.gap))),
            ("rest", &|| {
                minutes(posting.last) < least(rules.rest) || others().any(|other| own(other) && minutes(other.at) < least(rules.rest))
            }),
            ("own competition", &|| {
                job && others().any(|other| other.cluster == one.cluster && minutes(other.at) < least(situation.rules.between_same_job))
            }),
            ("end", &|| posting.closes_at.is_some_and(|end| end - one.at < TimeDelta::hours(24))),
            ("skipped", &|| situation.skipped.contains(&(one.connection.clone(), one.posting.clone(), local.date()))),
            ("budget", &|| {
                one.cost > 0
                    && state.pace.is_some_and(|pace| {
                        let in_month = local.date().format("%Y-%m").to_string() == pace.month.format("%Y-%m").to_string();
                        let planned: u64 =
                            same_month().filter(|other| other.at >= situation.now && other.at <= one.at).map(|other| other.cost).sum();
                        in_month && planned > pace.until(local.date())
                    })
            }),
        ];
        if let Some((name, _)) = checks.iter().find(|(_, broken)| broken()) {
            return Some(format!("{name}: {one:?}"));
        }
    }
    None
}

/// Whether anything could be planned: every quarter-hour of the period for every posting, by the limits as they are reckoned anew.
fn could_be(situation: &Situation<'_>) -> Option<Slot> {
    let hours = (situation.to - situation.from).num_hours() + 60;
    let midnight = situation.from.and_time(NaiveTime::MIN).and_utc() - TimeDelta::hours(24);
    for posting in &situation.postings {
        let state = situation.channels.iter().find(|state| state.id == posting.channel)?;
        for at in (0..hours * 4).map(|quarter| midnight + QUARTER * quarter as i32) {
            let slot = Slot {
                channel: posting.channel.clone(),
                connection: posting.connection.clone(),
                posting: posting.id.clone(),
                title: String::new(),
                cluster: posting.cluster.clone(),
                at,
                local: at.with_timezone(&state.zone).naive_local(),
                drawn_from: None,
                why: Why::NoFigures,
                gain: None,
                rested: 0,
                cost: state.price,
            };
            let paced = state.price == 0
                || state.pace.is_none_or(|pace| {
                    let local = slot.local.date();
                    (local.year(), local.month()) != (pace.month.year(), pace.month.month()) || {
                        let coming = situation.taken.iter().filter(|one| one.channel == state.id && one.at >= situation.now);
                        let spent: u64 =
                            coming.filter(|one| one.at.with_timezone(&state.zone).month() == local.month()).map(|one| one.cost).sum();
                        spent + state.price <= pace.until(local)
                    }
                });
            if paced && broken(situation, std::slice::from_ref(&slot)).is_none() {
                return Some(slot);
            }
        }
    }
    None
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_limit_is_ever_broken(rules in any_rules(), rest in any_rest()) {
        let situation = arranged(&rules, &rest);
        let found = plan(&situation);
        prop_assert_eq!(broken(&situation, &found.slots), None);
        // The order in which postings are told makes no difference, and the same situation gives the same plan.
        let mut turned = situation.clone();
        turned.postings.reverse();
        prop_assert_eq!(&plan(&turned), &found);
        let keys: BTreeSet<_> = found.slots.iter().map(|slot| (&slot.connection, &slot.posting, slot.at)).collect();
        prop_assert_eq!(keys.len(), found.slots.len(), "no posting twice in a slot");
        // Each posting is planned or told why not, and only one of both.
        let planned: BTreeSet<_> = found.slots.iter().map(|slot| (&slot.connection, &slot.posting)).collect();
        let left: BTreeSet<_> = found.left.iter().map(|left| (&left.connection, &left.posting)).collect();
        prop_assert!(planned.is_disjoint(&left) && planned.len() + left.len() == situation.postings.len());
        if found.slots.is_empty() {
            prop_assert_eq!(could_be(&situation), None, "something could have been planned");
        }
        // What was drawn was drawn from open hours, its own among them.
        for slot in &found.slots {
            if let Some(hours) = &slot.drawn_from {
                prop_assert!(slot.why == Why::Drawn && hours.contains(&(slot.local.hour() as u8)), "{slot:?}");
            }
        }
    }
}

/// A share of 30 % over thirty days, and every open hour of the day alike.
#[test]
fn drawn_hours_are_a_share_and_even() {
    let share = RepostChannel {
        per_day: 1000,
        gap: Duration::from_mins(1),
        rest: Duration::from_hours(1),
        random_share: Some(Decimal::new(3, 1)),
        ..channel("boss")
    };
    let rules = Reposts { channel: vec![share], ..Reposts::default() };
    let postings = (0..40).map(|number| posting("boss", number, "2026-01-01T00:00:00Z")).collect();
    let mut situation = situation(&rules, "US", vec![ChannelState { heat: evenings(), ..state("boss", Shanghai) }], postings);
    situation.to = day("2027-01-08");
    let slots = plan(&situation).slots;
    let drawn: Vec<&Slot> = slots.iter().filter(|slot| slot.drawn_from.is_some()).collect();
    let rate = drawn.len() as f64 / (40.0 * 30.0);
    assert!((rate - 0.3).abs() < 4.0 * (0.3 * 0.7 / 1200.0_f64).sqrt(), "{rate}");
    let of = |hour: u32| drawn.iter().filter(|slot| slot.local.hour() == hour).count() as f64;
    let mean = drawn.len() as f64 / 11.0;
    let chi_square: f64 = (9..20).map(|hour| (of(hour) - mean).powi(2) / mean).sum();
    // The 99.9 % quantile of chi-square with 10 degrees of freedom.
    assert!(chi_square < 29.6, "{chi_square}");
}
