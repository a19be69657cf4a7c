//! Budget advice on hand-made weeks: what moves, what stays, what is said of it.

use std::collections::BTreeMap;
use std::time::Instant;

use inflow_analytics::{
    Advised, Against, Budget, BudgetLimits, BudgetPlan, BudgetQuery, BudgetReason, BudgetTarget, BudgetVerdict, BudgetWhy, DecisionState,
    KeptBudget, People, Scope, analyze, budget_plan, decide_budget,
};
use inflow_config::MoneyOrShare;
use serde_json::{Value, json};

use crate::world::{World, application, event, find};

/// A daily line of the ledger.
fn line(channel: &str, day: chrono::NaiveDate, net: &str) -> Value {
    let day = day.to_string();
    json!({"connection": "ledger", "source_id": format!("{channel} {day}"), "channel": channel, "kind": "daily", "gross": net, "net": net, "currency": "CNY",
           "booked_on": day, "service_from": day, "service_to": day, "version": 1})
}

/// 26 weeks to 2026-11-30, every day the same: what a channel costs, who applies, and how many of them come to an interview.
async fn days(world: &World, channel: &str, net: Option<&str>, applied: usize, attended: usize) {
    let last: chrono::NaiveDate = "2026-11-30".parse().unwrap();
    let (mut lines, mut applications, mut events) = (Vec::new(), Vec::new(), Vec::new());
    for day in last.iter_days().rev().take(26 * 7) {
        lines.extend(net.map(|net| line(channel, day, net)));
        for i in 0..applied {
            let id = format!("{day} {i}");
            applications.push(application(&id, channel, &format!("{day} 04:00:00")));
            if i < attended {
                events.push(event(channel, &id, "attended", &format!("{day} 08:00:00")));
            }
        }
    }
    for (table, rows) in [("spend", lines), ("applications", applications), ("stage_events", events)] {
        if !rows.is_empty() {
            world.insert(table, rows).await;
        }
    }
}

async fn advice(world: &World, query: &BudgetQuery) -> BudgetPlan {
    budget_plan(&world.store, &world.config, world.clock.now(), query).await.unwrap()
}

#[tokio::test]
async fn money_moves_towards_the_better_channel_by_a_quarter_at_most() {
    let world = World::new().await;
    days(&world, "boss", Some("300"), 6, 3).await;
    days(&world, "zhaopin", Some("200"), 4, 1).await;
    world.analyze().await;
    let started = Instant::now();
    let plan = advice(&world, &BudgetQuery::new(People::Attended)).await;
    assert!(started.elapsed().as_secs() < 20, "an answer while one waits, also without optimisation");
    let [boss, zhaopin] = plan.channels.as_slice() else { panic!("{plan:#?}") };
    // 28 days of 300 and 200; the second gives a quarter of its own.
    assert_eq!((boss.spend, boss.advised, zhaopin.spend, zhaopin.advised), (840_000, 980_000, 560_000, 420_000));
    assert_eq!((boss.reason, zhaopin.reason), (BudgetReason::CheaperHere, BudgetReason::DearerHere));
    assert_eq!((boss.rule_of_thumb(), boss.status, boss.recent.attended), (Some("same_spend"), "ok", 13 * 7 * 3));
    let probability = plan.probability.unwrap();
    assert!(probability > 0.7 && probability < 1.0, "how people grow with spend is assumed, so it is not certain: {probability}");
    assert!(plan.gain > 0.0 && plan.low < plan.gain && plan.gain < plan.high && plan.worst < plan.gain);
    assert!((plan.expected - 4.0 * 7.0 * 4.0).abs() < 6.0, "{}", plan.expected);
    assert_eq!(plan, advice(&world, &BudgetQuery::new(People::Attended)).await, "asked again it is the same");

    let bounded = advice(&world, &BudgetQuery { total: Some(1_500_001), max_move: 0.1, ..BudgetQuery::new(People::Attended) }).await;
    assert_eq!(bounded.channels.iter().map(|one| one.advised).sum::<u64>(), 1_500_001, "to the cent");
    assert!(bounded.channels.iter().all(|one| one.least <= one.advised && one.advised <= one.most));

    // The metric says what the plan says.
    let report = world.report("budget_advice", &[], "2026-11-01", "2026-11-30").await;
    let row = find(&report, &[("channel", "boss"), ("people", "attended")]);
    assert_eq!(
        (row["spend"].as_str(), row["advised"].as_str(), row["cost_per_attended"].as_str()),
        (Some("8400.00"), Some("9800.00"), Some("100.00"))
    );
    assert_eq!(
        (row["basis"].as_str(), row["reason"].as_str(), row["status"].as_str()),
        (Some("rule_of_thumb"), Some("cheaper_here"), Some("ok"))
    );
    let hires = find(&report, &[("channel", "boss"), ("people", "onboarded")]);
    assert_eq!((hires["cost_per_onboarded"].as_str(), hires["status"].as_str()), (None, Some("few")));
    let all = world.report("budget_advice", &["none"], "2026-11-01", "2026-11-30").await;
    assert_eq!(find(&all, &[("people", "attended")])["advised"], "14000.00");
}

#[tokio::test]
async fn one_channel_alone_keeps_its_money() {
    let world = World::new().await;
    assert!(advice_of_nothing(&world).await);
    days(&world, "boss", Some("300"), 3, 1).await;
    // People and no spend: nothing to move, and no cost to compare.
    days(&world, "zhaopin", None, 2, 1).await;
    world.analyze().await;
    let plan = advice(&world, &BudgetQuery::new(People::Attended)).await;
    let [boss, zhaopin] = plan.channels.as_slice() else { panic!("{plan:#?}") };
    assert_eq!((boss.advised, boss.reason, boss.probability), (boss.spend, BudgetReason::OnlyChannel, None));
    assert_eq!((zhaopin.spend, zhaopin.advised, zhaopin.reason, zhaopin.status), (0, 0, BudgetReason::NoSpend, "no_spend"));
    assert_eq!((plan.probability, plan.gain), (None, 0.0));
}

/// An empty store has no plan, and no row.
async fn advice_of_nothing(world: &World) -> bool {
    world.analyze().await;
    let plan = advice(world, &BudgetQuery::new(People::Onboarded)).await;
    let rows = world.report("budget_advice", &[], "2026-11-01", "2026-11-30").await.rows;
    plan.channels.is_empty() && plan.last_day.is_none() && plan.probability.is_none() && rows.is_empty()
}

#[tokio::test]
async fn spend_without_people_is_trimmed_and_a_broken_channel_is_not() {
    let world = World::new().await;
    days(&world, "boss", Some("300"), 4, 2).await;
    days(&world, "zhaopin", Some("100"), 0, 0).await;
    days(&world, "indeed", Some("50"), 0, 0).await;
    world.failing("indeed", &["indeed"], None).await;
    world.analyze().await;
    let plan = advice(&world, &BudgetQuery::new(People::Attended)).await;
    let of = |channel: &str| plan.channels.iter().find(|one| one.channel == channel).unwrap();
    let (boss, zhaopin, indeed) = (of("boss"), of("zhaopin"), of("indeed"));
    assert_eq!((zhaopin.advised, zhaopin.reason, zhaopin.status), (zhaopin.spend * 3 / 4, BudgetReason::DearerHere, "few"));
    assert!(zhaopin.probability.unwrap() > 0.9);
    assert_eq!((indeed.advised, indeed.reason, indeed.status), (indeed.spend, BudgetReason::NoData, "no_data"));
    assert_eq!(boss.advised, boss.spend + zhaopin.spend / 4);
}

/// The cosmetics shop: BOSS brings 60 % of the resumes, of which 40 % come to an interview; Zhilian 25 % and 25 %; Douyin 15 %, of whom few.
async fn cosmetics(world: &World) {
    days(world, "boss", Some("300"), 12, 5).await;
    days(world, "zhaopin", Some("300"), 5, 1).await;
    days(world, "douyin", Some("100"), 3, 1).await;
}

const THREE: &str = r#"
[[channel]]
id = "boss"
name = { en = "BOSS", zh = "BOSS直聘" }
[[channel]]
id = "zhaopin"
name = { en = "Zhaopin", zh = "智联招聘" }
[[channel]]
id = "douyin"
name = { en = "Douyin", zh = "抖音" }
"#;

async fn cosmetics_world() -> World {
    let world = World::with_channels(THREE).await;
    for channel in ["boss", "zhaopin", "douyin"] {
        world.healthy(channel, &[channel]).await;
    }
    cosmetics(&world).await;
    world.analyze().await;
    world
}

fn limits(channel: &str, limits: BudgetLimits) -> BTreeMap<String, BudgetLimits> {
    BTreeMap::from([(channel.to_owned(), limits)])
}

fn amount(text: &str) -> MoneyOrShare {
    text.parse().unwrap()
}

fn of<'a>(plan: &'a BudgetPlan, channel: &str) -> &'a Advised {
    plan.channels.iter().find(|one| one.channel == channel).unwrap()
}

#[tokio::test]
async fn the_cosmetics_shop_moves_to_boss_keeps_douyin_and_trims_zhilian() {
    let world = cosmetics_world().await;
    // Months in which each plan is followed: the bounded moves add up to the story's 70 / 20 / 10.
    let keep = BudgetLimits { floor: Some(amount("20%")), ..BudgetLimits::default() };
    let query = BudgetQuery { limits: limits("douyin", keep), max_move: 0.75, ..BudgetQuery::new(People::Attended) };
    let plan = advice(&world, &query).await;
    let (boss, zhaopin, douyin) = (of(&plan, "boss"), of(&plan, "zhaopin"), of(&plan, "douyin"));
    let total = plan.cents();
    assert_eq!(total, 28 * 70_000, "to the cent");
    assert_eq!((boss.reason, zhaopin.reason, douyin.reason), (BudgetReason::CheaperHere, BudgetReason::DearerHere, BudgetReason::Floor));
    assert_eq!(douyin.advised, total / 5, "kept at its floor");
    let shares = [boss, zhaopin].map(|one| one.advised as f64 / total as f64);
    assert!(shares[0] > 0.65 && shares[1] < 0.15, "{shares:?}");
    assert!(plan.gain > 0.0 && plan.probability.unwrap() > 0.8);

    // As a bounded move of an ordinary month: the same directions.
    let month = advice(&world, &BudgetQuery::new(People::Attended)).await;
    let moved = |channel: &str| of(&month, channel).advised as i64 - of(&month, channel).from as i64;
    assert!(moved("boss") > 0 && moved("zhaopin") < 0 && of(&month, "douyin").advised >= of(&month, "douyin").least);
    assert_eq!(of(&month, "zhaopin").advised, of(&month, "zhaopin").from * 3 / 4);
}

#[tokio::test]
async fn bounds_targets_and_weeks_are_answered_or_refused() {
    let world = cosmetics_world().await;
    let plain = || BudgetQuery::new(People::Attended);
    let month = advice(&world, &plain()).await;
    let fortnight = advice(&world, &BudgetQuery { weeks: 2, ..plain() }).await;
    assert_eq!((fortnight.cents() * 2, of(&fortnight, "boss").advised * 2), (month.cents(), of(&month, "boss").advised));
    assert!((fortnight.after * 2.0 - month.after).abs() < 1e-6 && month.count_low < month.after && month.after < month.count_high);
    assert_eq!(month.cost_each, Some((month.cents() as f64 / month.after).round() as u64));

    let held =
        advice(&world, &BudgetQuery { limits: limits("boss", BudgetLimits { hold: true, ..BudgetLimits::default() }), ..plain() }).await;
    assert_eq!((of(&held, "boss").advised, of(&held, "boss").reason), (of(&held, "boss").spend, BudgetReason::Held));
    let capped = BudgetLimits { cap: Some(amount("9000")), ..BudgetLimits::default() };
    let capped = advice(&world, &BudgetQuery { limits: limits("boss", capped), ..plain() }).await;
    assert_eq!((of(&capped, "boss").advised, of(&capped, "boss").reason), (900_000, BudgetReason::Cap));
    assert_eq!(capped.cents(), month.cents());

    // The least money for a target, and a cent less is not enough.
    let target = |people| Some(BudgetTarget { people, probability: 0.8 });
    let asked = BudgetQuery { target: target(170), ..plain() };
    let plan = advice(&world, &asked).await;
    let answer = plan.target.unwrap();
    assert!(answer.reached && answer.probability >= 0.8 && answer.surely >= 170 && plan.cents() < month.cents(), "{plan:#?}");
    let less = advice(&world, &BudgetQuery { total: Some(plan.cents() - 1), ..asked.clone() }).await;
    assert!(!less.target.unwrap().reached && less.cents() == plan.cents() - 1);
    let far = advice(&world, &BudgetQuery { target: target(2000), ..plain() }).await;
    let answer = far.target.unwrap();
    assert!(!answer.reached && answer.probability < 0.01 && answer.surely > 150, "{answer:?}");
    assert!(far.channels.iter().all(|one| one.advised == one.most), "as far as the bounds go");

    let refused =
        async |query: BudgetQuery| budget_plan(&world.store, &world.config, world.clock.now(), &query).await.unwrap_err().to_string();
    let floor = |text: &str| BudgetLimits { floor: Some(amount(text)), ..BudgetLimits::default() };
    assert_eq!(
        refused(BudgetQuery { limits: limits("bos", floor("1")), ..plain() }).await,
        "there is no channel `bos`, accepted: boss, zhaopin, douyin"
    );
    assert_eq!(
        refused(BudgetQuery { limits: limits("douyin", floor("90%")), ..plain() }).await,
        "floors, channels that keep their money and the greatest move take 30240.00 CNY in 4 weeks, and there are 19600.00"
    );
    let crossed = BudgetLimits { floor: Some(amount("50%")), cap: Some(amount("1000")), hold: false };
    assert_eq!(
        refused(BudgetQuery { limits: limits("douyin", crossed), ..plain() }).await,
        "the floor of douyin (50%, which is 9800.00) is above its cap (1000, which is 1000.00)"
    );
}

#[tokio::test]
async fn a_rejected_move_is_not_advised_again_until_its_time_or_its_figures_are_over() {
    let world = cosmetics_world().await;
    let plain = BudgetQuery::new(People::Attended);
    let before = advice(&world, &plain).await;
    let budget = Budget::read(&world.store, &world.config, world.clock.now()).await.unwrap();
    let kept = budget.keep(&world.store, &before, "", "Lin Example").await.unwrap();
    let decide = async |channel: &str, verdict, reason: &str| {
        decide_budget(&world.store, &world.config, world.clock.now(), (People::Attended, channel), verdict, ("Lin Example", reason))
            .await
            .unwrap()
    };
    decide("zhaopin", BudgetVerdict::Rejected, "the contract ends in December").await;
    decide("boss", BudgetVerdict::Accepted, "as advised").await;
    world.analyze().await;

    let audit = world.rows("SELECT action, count() AS lines FROM inflow_state.audit GROUP BY action ORDER BY action").await;
    let audit: Vec<(&str, u64)> = audit.iter().map(|row| (row["action"].as_str().unwrap(), row["lines"].as_u64().unwrap())).collect();
    assert_eq!(audit, [("decide", 2), ("keep plan", 1)]);

    let plan = advice(&world, &plain).await;
    let zhaopin = of(&plan, "zhaopin");
    assert_eq!(
        (zhaopin.advised, zhaopin.reason, zhaopin.least, zhaopin.most),
        (zhaopin.spend, BudgetReason::Rejected, zhaopin.spend, zhaopin.spend)
    );
    let standing = zhaopin.decision.as_ref().unwrap();
    assert_eq!(
        (standing.by.as_str(), standing.reason.as_str(), standing.state),
        ("Lin Example", "the contract ends in December", DecisionState::Holds)
    );
    assert_eq!(standing.until.unwrap().to_string(), "2026-12-29 00:00:00 UTC");
    assert_eq!(of(&plan, "boss").decision.as_ref().unwrap().state, DecisionState::TooEarly);
    assert_eq!(plan.cents(), before.cents());
    // The table of the analysis is the same computation.
    let report = world.report("budget_advice", &[], "2026-11-01", "2026-11-30").await;
    let row = find(&report, &[("channel", "zhaopin"), ("people", "attended")]);
    assert_eq!((row["advised"].as_str(), row["reason"].as_str()), (Some("8400.00"), Some("rejected")));
    // The other advice, for hires, was not decided on.
    assert!(advice(&world, &BudgetQuery::new(People::Onboarded)).await.channels.iter().all(|one| one.decision.is_none()));

    // A question that says itself what the channel may get goes before.
    let cap = BudgetLimits { cap: Some(amount("7000")), ..BudgetLimits::default() };
    let asked = advice(&world, &BudgetQuery { limits: limits("zhaopin", cap), ..plain.clone() }).await;
    assert!(
        of(&asked, "zhaopin").advised <= 700_000 && of(&asked, "zhaopin").decision.as_ref().unwrap().state == DecisionState::AskedOtherwise
    );

    // Against the plan that was kept: the rejection is why.
    let budget = Budget::read(&world.store, &world.config, world.clock.now()).await.unwrap();
    assert_eq!(budget.kept(&world.store, People::Attended, &Against::LastMonth).await.unwrap(), None, "it is of this month");
    let against = budget.kept(&world.store, People::Attended, &Against::Id(kept.id.chars().take(6).collect())).await.unwrap().unwrap();
    assert_eq!(against, kept);
    let diff = budget.diff(&plan, against);
    let change = |channel: &str| diff.channels.iter().find(|one| one.channel == channel).unwrap();
    assert_eq!((change("zhaopin").was, change("zhaopin").now), (Some(630_000), Some(840_000)));
    assert_eq!(
        change("zhaopin").why,
        [BudgetWhy::Rejected { by: "Lin Example".to_owned(), reason: "the contract ends in December".to_owned() }]
    );
    assert_eq!(change("boss").why, [BudgetWhy::Others]);
    let missing = budget.kept(&world.store, People::Attended, &Against::Day("2026-11-30".parse().unwrap())).await.unwrap_err().to_string();
    assert_eq!(missing, "no plan for attended was kept by 2026-11-30");

    // Two weeks later, when people of BOSS cost no more and those of Zhilian's next month nothing else: it still holds.
    let at = |day: &str| format!("{day}T00:00:00Z").parse().unwrap();
    let later = async |day: &str| budget_plan(&world.store, &world.config, at(day), &plain).await.unwrap();
    assert_eq!(of(&later("2026-12-15").await, "zhaopin").reason, BudgetReason::Rejected);
    let over = later("2026-12-30").await;
    assert_eq!(
        (of(&over, "zhaopin").decision.as_ref().unwrap().state, of(&over, "zhaopin").reason),
        (DecisionState::TimeOver, BudgetReason::DearerHere)
    );
    let january = Budget::read(&world.store, &world.config, at("2027-01-02")).await.unwrap();
    let none = january.kept(&world.store, People::Attended, &Against::LastMonth).await.unwrap().unwrap();
    assert_eq!(none.id, kept.id, "it was kept in the month before");
}

#[tokio::test]
async fn spend_since_says_whether_a_move_was_carried_out_and_new_figures_end_a_rejection() {
    let world = cosmetics_world().await;
    let plain = BudgetQuery::new(People::Attended);
    let budget = Budget::read(&world.store, &world.config, world.clock.now()).await.unwrap();
    let before = budget.plan(&plain).unwrap();
    let kept = budget.keep(&world.store, &before, "", "Lin Example").await.unwrap();
    for (channel, verdict) in [("boss", BudgetVerdict::Accepted), ("douyin", BudgetVerdict::Accepted), ("zhaopin", BudgetVerdict::Rejected)]
    {
        let of = (People::Attended, channel);
        decide_budget(&world.store, &world.config, world.clock.now(), of, verdict, ("Lin Example", "as we said")).await.unwrap();
    }
    // Twenty days: BOSS gets what was advised and Douyin nothing of the kind. A late bill makes Zhilian's people of autumn twice as dear.
    let first: chrono::NaiveDate = "2026-12-01".parse().unwrap();
    let per_day = format!("{:.2}", of(&before, "boss").advised as f64 / 2800.0);
    let mut lines = Vec::new();
    for day in first.iter_days().take(20) {
        lines.extend([line("boss", day, &per_day), line("zhaopin", day, "300"), line("douyin", day, "10")]);
    }
    for day in first.iter_days().rev().skip(1).take(120) {
        let mut late = line("zhaopin", day, "300");
        late["source_id"] = json!(format!("late {day}"));
        lines.push(late);
    }
    world.insert("spend", lines).await;
    let now: chrono::DateTime<chrono::Utc> = "2026-12-21T00:00:00Z".parse().unwrap();
    let clock: inflow_config::SharedClock = std::sync::Arc::new(inflow_config::FixedClock(now));
    analyze(&world.store, &world.config, &clock, &[], &Scope::All).await.unwrap();
    let budget = Budget::read(&world.store, &world.config, now).await.unwrap();
    let plan = budget.plan(&plain).unwrap();
    let state = |channel: &str| of(&plan, channel).decision.as_ref().unwrap();
    assert_eq!((state("boss").state, state("douyin").state), (DecisionState::CarriedOut, DecisionState::NotCarriedOut));
    // The day of the decision itself is not counted.
    assert_eq!((state("douyin").days, state("douyin").spent), (19, 19_000));
    assert_eq!(state("zhaopin").state, DecisionState::FiguresMoved, "{:?}", state("zhaopin"));
    assert_ne!(of(&plan, "zhaopin").reason, BudgetReason::Rejected);
    // Of a plan of two weeks both sides are of these.
    let short = budget.diff(&plan, KeptBudget { weeks: 2, ..kept.clone() });
    let zhaopin = short.channels.iter().find(|one| one.channel == "zhaopin").unwrap();
    assert_eq!((short.days, zhaopin.spent_since, zhaopin.planned_since), (14, 14 * 30_000, 630_000));
    let diff = budget.diff(&plan, kept);
    let zhaopin = diff.channels.iter().find(|one| one.channel == "zhaopin").unwrap();
    assert_eq!((diff.days, zhaopin.spent_since, zhaopin.planned_since), (19, 19 * 30_000, 630_000 * 19 / 28));
    assert!(zhaopin.why.iter().any(|why| matches!(why, BudgetWhy::Cost { then: Some(_), now: Some(_) })), "{:?}", zhaopin.why);
    assert!(zhaopin.why.iter().any(|why| matches!(why, BudgetWhy::Spend { .. })));
    // The advice was for four weeks: what is spent after them says nothing of it.
    let lines = "2026-12-21".parse::<chrono::NaiveDate>().unwrap().iter_days().take(30).map(|day| line("douyin", day, "1000"));
    world.insert("spend", lines.collect()).await;
    let now: chrono::DateTime<chrono::Utc> = "2027-01-20T00:00:00Z".parse().unwrap();
    let clock: inflow_config::SharedClock = std::sync::Arc::new(inflow_config::FixedClock(now));
    analyze(&world.store, &world.config, &clock, &[], &Scope::All).await.unwrap();
    let plan = Budget::read(&world.store, &world.config, now).await.unwrap().plan(&plain).unwrap();
    let douyin = of(&plan, "douyin").decision.as_ref().unwrap();
    // Nineteen days at 10, and nine more at 1,000.
    assert_eq!((douyin.days, douyin.spent, douyin.planned), (28, 919_000, Some(of(&before, "douyin").advised)));
}
