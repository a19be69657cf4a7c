//! Several plans side by side: a column each.

use super::super::{channel_name, pick};
use super::Answer;
use super::told::{money, people, price, sure};
use crate::table;
use inflow_analytics::{Advised, BudgetPlan};
use inflow_config::{Config, Lang};

pub fn told(lang: Lang, config: &Config, answers: &[Answer]) -> String {
    let mut channels: Vec<&str> = Vec::new();
    for one in answers.iter().flat_map(|answer| &answer.plan.channels) {
        if !channels.contains(&one.channel.as_str()) {
            channels.push(&one.channel);
        }
    }
    let header: Vec<String> = [pick(lang, "scenario", "方案").to_owned(), pick(lang, "last 4 weeks", "近四周花费").to_owned()]
        .into_iter()
        .chain(answers.iter().map(|answer| answer.scenario.clone().unwrap_or_default()))
        .collect();
    let plans = || answers.iter().map(|answer| &answer.plan);
    let of =
        |plan: &BudgetPlan, channel: &str, figure: fn(&Advised) -> u64| plan.channels.iter().find(|one| one.channel == channel).map(figure);
    let mut rows: Vec<Vec<String>> = Vec::new();
    for channel in &channels {
        let now = plans().find_map(|plan| of(plan, channel, |one| one.spend));
        let each = plans().map(|plan| price(of(plan, channel, |one| one.advised)));
        rows.push([channel_name(lang, config, channel).to_owned(), price(now)].into_iter().chain(each).collect());
    }
    let now = plans().next().map(|plan| money(plan.channels.iter().map(|one| one.spend).sum())).unwrap_or_default();
    let mut line = |en: &str, zh: &str, now: String, figure: &dyn Fn(&BudgetPlan) -> String| {
        rows.push([pick(lang, en, zh).to_owned(), now].into_iter().chain(plans().map(figure)).collect());
    };
    line("together", "合计", now, &|plan| money(plan.cents()));
    line("weeks", "周数", "4".to_owned(), &|plan| plan.asked.weeks.to_string());
    line("people", "人群", String::new(), &|plan| people(lang, plan.people).to_owned());
    line("expected", "预期人数", String::new(), &|plan| format!("{:.1}", plan.after));
    line("counted (95 %)", "实际人数(95 %)", String::new(), &|plan| format!("{:.0} – {:.0}", plan.count_low, plan.count_high));
    line("cost each", "人均成本", String::new(), &|plan| price(plan.cost_each));
    line("gain over today's split", "较现有分配的增益", String::new(), &|plan| {
        format!("{:+.1} ({:+.1} – {:+.1})", plan.gain, plan.low, plan.high)
    });
    line("probability of gain", "增益概率", String::new(), &|plan| plan.probability.map_or_else(|| "–".to_owned(), sure));
    line("worst case (1 in 20)", "最坏情形(二十分之一)", String::new(), &|plan| format!("{:+.1}", plan.worst));
    if plans().any(|plan| plan.target.is_some()) {
        line("target", "目标", String::new(), &|plan| target(lang, plan));
    }
    if plans().any(|plan| plan.unplaced > 0) {
        line("unspent", "未分配", String::new(), &|plan| money(plan.unplaced));
    }
    table::draw(&header, &rows)
}

fn target(lang: Lang, plan: &BudgetPlan) -> String {
    let (Some(answer), Some(asked)) = (plan.target, plan.asked.target) else { return "–".to_owned() };
    let (people, found) = (asked.people, sure(answer.probability));
    match (answer.reached, lang) {
        (true, Lang::En) => format!("{people}: {found}"),
        (true, Lang::Zh) => format!("{people}:{found}"),
        (false, Lang::En) => format!("{people}: out of reach ({found})"),
        (false, Lang::Zh) => format!("{people}:无法达到({found})"),
    }
}
