//! What a plan says otherwise than one that was kept, and which plans were kept.

use super::super::{channel_name, pick};
use super::told::{change, money, price, reason};
use crate::table;
use inflow_analytics::{BudgetChange, BudgetDiff, BudgetPlan, BudgetWhy, KeptBudget};
use inflow_config::{Config, Lang};

pub fn told(lang: Lang, config: &Config, plan: &BudgetPlan, diff: &BudgetDiff) -> String {
    let KeptBudget { id, made_at, kept_by, scenario, weeks, definitions, .. } = &diff.against;
    let day = made_at.with_timezone(&config.settings.company.timezone).format("%Y-%m-%d");
    let days = diff.days;
    let header = [
        ("channel", "渠道"),
        ("was", "原计划"),
        ("now", "现计划"),
        ("change", "变化"),
        ("planned since", "其后应花费"),
        ("spent since", "其后实际花费"),
        ("why", "原因"),
    ]
    .map(|(en, zh)| pick(lang, en, zh).to_owned());
    let row = |one: &BudgetChange| {
        let why: Vec<String> = one.why.iter().map(|why| words(lang, why)).collect();
        let moved = one.was.zip(one.now).map_or_else(|| "–".to_owned(), |(was, now)| change(was, now));
        let name = channel_name(lang, config, &one.channel).to_owned();
        vec![name, price(one.was), price(one.now), moved, money(one.planned_since), money(one.spent_since), why.join(pick(lang, "; ", ";"))]
    };
    let rows: Vec<Vec<String>> = diff.channels.iter().map(row).collect();
    let scenario = if scenario.is_empty() { String::new() } else { format!(" ({scenario})") };
    let lead = match lang {
        Lang::En => format!("\nAgainst the plan{scenario} of {day}, kept by {kept_by} as {id}, {days} days of spend known since:\n"),
        Lang::Zh => format!("\n对比 {kept_by} 于 {day} 留存的计划{scenario}(编号 {id}),其后已知花费 {days} 天:\n"),
    };
    let mut notes = String::new();
    if *weeks != plan.asked.weeks {
        let now = plan.asked.weeks;
        let other = match lang {
            Lang::En => format!("It was for {weeks} weeks; its money is shown for {now}.\n"),
            Lang::Zh => format!("原计划为 {weeks} 周,此处换算为 {now} 周。\n"),
        };
        notes.push_str(&other);
    }
    let version = inflow_analytics::metric("budget_advice").map_or(0, |metric| metric.version);
    if definitions.get("budget_advice").and_then(serde_json::Value::as_u64).is_some_and(|then| then != u64::from(version)) {
        notes += pick(lang, "It was made by an earlier definition of the advice.\n", "原计划采用较早版本的口径。\n");
    }
    lead + &table::draw(&header, &rows) + &notes
}

fn words(lang: Lang, why: &BudgetWhy) -> String {
    let known = |cents: &Option<String>| cents.clone().unwrap_or_else(|| "–".to_owned());
    match (why, lang) {
        (BudgetWhy::Same, _) => pick(lang, "the same", "不变").to_owned(),
        (BudgetWhy::New, _) => pick(lang, "new channel", "新渠道").to_owned(),
        (BudgetWhy::Gone, _) => pick(lang, "nothing is known of it any more", "已无数据").to_owned(),
        (BudgetWhy::Rejected { by, reason }, Lang::En) => format!("{by} rejected its move: {reason}"),
        (BudgetWhy::Rejected { by, reason }, Lang::Zh) => format!("{by} 否决调整:{reason}"),
        (BudgetWhy::RejectionEnded, _) => pick(lang, "a rejection holds it no more", "否决已失效").to_owned(),
        (BudgetWhy::Bound { which }, _) => reason(lang, *which).to_owned(),
        (BudgetWhy::Question, _) => pick(lang, "something else was asked", "提问不同").to_owned(),
        (BudgetWhy::Spend { then, now }, Lang::En) => format!("it cost {then} in four weeks, {now} now"),
        (BudgetWhy::Spend { then, now }, Lang::Zh) => format!("四周花费由 {then} 变为 {now}"),
        (BudgetWhy::Cost { then, now }, Lang::En) => format!("its next person cost {}, {} now", known(then), known(now)),
        (BudgetWhy::Cost { then, now }, Lang::Zh) => format!("再多一人的成本由 {} 变为 {}", known(then), known(now)),
        (BudgetWhy::Others, _) => pick(lang, "what other channels cost has changed", "其他渠道成本变化").to_owned(),
    }
}

/// The plans that were kept.
pub fn list(lang: Lang, config: &Config, kept: &[KeptBudget]) -> String {
    if kept.is_empty() {
        return pick(
            lang,
            "no plan was kept yet: `inflow plan budget --keep NAME` keeps one\n",
            "尚无留存的计划:inflow plan budget --keep 姓名\n",
        )
        .to_owned();
    }
    let header = [
        ("id", "编号"),
        ("kept on", "留存日期"),
        ("by", "留存人"),
        ("scenario", "方案"),
        ("people", "人群"),
        ("weeks", "周数"),
        ("money", "金额"),
    ]
    .map(|(en, zh)| pick(lang, en, zh).to_owned());
    let row = |one: &KeptBudget| {
        let day = one.made_at.with_timezone(&config.settings.company.timezone).format("%Y-%m-%d").to_string();
        let cents = one.channels.values().map(|channel| channel.advised).sum();
        vec![one.id.clone(), day, one.kept_by.clone(), one.scenario.clone(), one.people.clone(), one.weeks.to_string(), money(cents)]
    };
    table::draw(&header, &kept.iter().map(row).collect::<Vec<_>>())
}
