//! One plan, for eyes.

use super::super::{channel_name, pick};
use crate::table;
use chrono::{DateTime, Utc};
use inflow_analytics::{Advised, BudgetPlan, BudgetReason, BudgetVerdict, DecisionState, People, StandingDecision, TargetAnswer};
use inflow_config::{Config, Lang};

pub fn told(lang: Lang, config: &Config, plan: &BudgetPlan) -> String {
    let Some(last_day) = plan.last_day else {
        return pick(lang, "nothing was spent or nobody applied yet: there is nothing to advise on\n", "尚无花费或申请,无法给出建议\n")
            .to_owned();
    };
    let weeks = plan.asked.weeks;
    let header = [
        ("channel".to_owned(), "渠道".to_owned()),
        ("last 4 weeks".to_owned(), "近四周花费".to_owned()),
        (format!("next {weeks} weeks"), format!("建议未来 {weeks} 周")),
        ("change".to_owned(), "变化".to_owned()),
        ("next person costs".to_owned(), "再多一人的成本".to_owned()),
        ("after the move".to_owned(), "调整后".to_owned()),
        ("sure".to_owned(), "把握".to_owned()),
        ("cost each, 90 days".to_owned(), "近90天单人成本".to_owned()),
        ("why".to_owned(), "原因".to_owned()),
    ]
    .map(|(en, zh)| if lang == Lang::Zh { zh } else { en });
    let rows: Vec<Vec<String>> = plan.channels.iter().map(|one| row(lang, config, plan, one)).collect();
    let decided = plan.channels.iter().filter_map(|one| Some((one, one.decision.as_ref()?)));
    let decided: String = decided.map(|(one, standing)| decision(lang, config, &one.channel, standing)).collect();
    table::draw(&header, &rows) + &summary(lang, plan, &last_day.to_string()) + &decided
}

pub fn money(cents: u64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

pub fn price(cents: Option<u64>) -> String {
    cents.map_or_else(|| "–".to_owned(), money)
}

/// A probability from draws: never nothing, never certainty.
pub fn sure(probability: f64) -> String {
    match 100.0 * probability {
        percent if percent > 99.0 => "> 99 %".to_owned(),
        percent if percent < 1.0 => "< 1 %".to_owned(),
        percent => format!("{percent:.0} %"),
    }
}

/// By how much a second amount differs from a first.
pub fn change(from: u64, to: u64) -> String {
    if from == 0 { "–".to_owned() } else { format!("{:+.1} %", 100.0 * (to as f64 / from as f64 - 1.0)) }
}

fn row(lang: Lang, config: &Config, plan: &BudgetPlan, one: &Advised) -> Vec<String> {
    let people = match plan.people {
        People::Attended => one.recent.attended,
        People::Onboarded => one.recent.onboarded,
    };
    let each = (people > 0).then(|| (one.recent.spend + people / 2) / people);
    vec![
        channel_name(lang, config, &one.channel).to_owned(),
        money(one.spend),
        money(one.advised),
        change(one.from, one.advised),
        price(one.next_cost_before),
        price(one.next_cost_after),
        one.probability.map_or_else(|| "–".to_owned(), sure),
        price(each),
        why(lang, one),
    ]
}

/// A reason in words.
pub fn reason(lang: Lang, of: BudgetReason) -> &'static str {
    match of {
        BudgetReason::CheaperHere => pick(lang, "the next person costs less here", "此处再多一人更便宜"),
        BudgetReason::DearerHere => pick(lang, "the next person costs less elsewhere", "别处再多一人更便宜"),
        BudgetReason::Even => pick(lang, "as good as elsewhere", "与别处相当"),
        BudgetReason::OnlyChannel => pick(lang, "no other channel to compare", "没有其他可比渠道"),
        BudgetReason::NoSpend => pick(lang, "no money spent here", "此渠道无花费"),
        BudgetReason::NoData => pick(lang, "its connection delivered nothing: kept", "连接无数据:维持不变"),
        BudgetReason::Held => pick(lang, "held, as asked", "按要求维持现状"),
        BudgetReason::Rejected => pick(lang, "a move was rejected: kept", "调整曾被否决:维持不变"),
        BudgetReason::Floor => pick(lang, "at its floor", "已到下限"),
        BudgetReason::Cap => pick(lang, "at its cap", "已到上限"),
        BudgetReason::ForTarget => pick(lang, "for the target", "为达目标"),
    }
}

fn why(lang: Lang, one: &Advised) -> String {
    let is_kept = matches!(one.reason, BudgetReason::NoSpend | BudgetReason::NoData | BudgetReason::Held | BudgetReason::Rejected);
    let basis = match (!is_kept, one.rule_of_thumb()) {
        (true, Some("few_weeks")) => pick(lang, " (rule of thumb: few weeks)", "(经验法则:周数少)"),
        (true, Some("few_people")) => pick(lang, " (rule of thumb: few people)", "(经验法则:人数少)"),
        (true, Some(_)) => pick(lang, " (rule of thumb: spend never varied)", "(经验法则:花费未曾变化)"),
        _ => "",
    };
    format!("{}{basis}", reason(lang, one.reason))
}

/// Whom the money is to bring, as a plural.
pub fn people(lang: Lang, of: People) -> &'static str {
    match of {
        People::Attended => pick(lang, "interviews attended", "到面人数"),
        People::Onboarded => pick(lang, "people onboarded", "入职人数"),
    }
}

fn summary(lang: Lang, plan: &BudgetPlan, last_day: &str) -> String {
    let (spend, advised, currency) = (money(plan.channels.iter().map(|one| one.spend).sum()), money(plan.cents()), &plan.currency);
    let (of, weeks) = (people(lang, plan.people), plan.asked.weeks);
    let mut text = match lang {
        Lang::En => format!("Four weeks to {last_day}: {spend} {currency}; the next {weeks} weeks: {advised} {currency}.\n"),
        Lang::Zh => format!("截至 {last_day} 的四周:{spend} {currency};未来 {weeks} 周:{advised} {currency}。\n"),
    };
    if let (Some(answer), Some(target)) = (&plan.target, plan.asked.target) {
        text += &targeted(lang, plan, answer, target.people, target.probability);
    }
    if plan.unplaced > 0 {
        let left = money(plan.unplaced);
        let unspent = match lang {
            Lang::En => format!("{left} {currency} of the total stay unspent: caps and the greatest move let them go nowhere.\n"),
            Lang::Zh => format!("总额中 {left} {currency} 未分配:受上限与最大调整幅度所限。\n"),
        };
        text.push_str(&unspent);
    }
    let Some(probability) = plan.probability else {
        return text + pick(lang, "Nothing to move.\n", "无可调整。\n");
    };
    let BudgetPlan { expected, after, gain, low, high, worst, count_low, count_high, .. } = plan;
    let (sure, each) = (sure(probability), price(plan.cost_each));
    let figures = match lang {
        Lang::En => format!(
            "Expected {of}: {expected:.1} as money is spent now, {gain:+.1} with the moves (95 %: {low:+.1} to {high:+.1}).\n\
             With the moves {after:.1} are expected at {each} {currency} each; {count_low:.0} to {count_high:.0} will be counted (95 %).\n\
             Probability that the moves gain: {sure}. Worst case (1 in 20): {worst:+.1}.\n"
        ),
        Lang::Zh => format!(
            "预期{of}:维持现状 {expected:.1},调整后 {gain:+.1}(95 %:{low:+.1} 至 {high:+.1})。\n\
             调整后预期 {after:.1},人均 {each} {currency};实际人数(95 %)为 {count_low:.0} 至 {count_high:.0}。\n\
             调整有增益的概率:{sure}。最坏情形(二十分之一):{worst:+.1}。\n"
        ),
    };
    text + &figures
}

fn targeted(lang: Lang, plan: &BudgetPlan, answer: &TargetAnswer, target: u64, asked: f64) -> String {
    let (of, cents, currency, weeks) = (people(lang, plan.people), money(plan.cents()), &plan.currency, plan.asked.weeks);
    let (found, asked, surely) = (sure(answer.probability), sure(asked), answer.surely);
    let is_least = answer.reached && plan.channels.iter().all(|one| one.advised == one.least);
    match (answer.reached, lang) {
        (true, Lang::En) if is_least => format!(
            "{target} {of} in {weeks} weeks: the least that the bounds allow, {cents} {currency}, brings them with a probability of {found} ({asked} was asked).\n"
        ),
        (true, Lang::Zh) if is_least => {
            format!("{weeks} 周内{of}达到 {target}:限定范围内的最低金额 {cents} {currency} 即有 {found} 的概率(要求 {asked})。\n")
        }
        (true, Lang::En) => {
            format!("{target} {of} in {weeks} weeks take {cents} {currency} at least to be {asked} probable (with it: {found}).\n")
        }
        (true, Lang::Zh) => format!("{weeks} 周内{of}达到 {target} 的概率为 {asked},至少需要 {cents} {currency}(此时概率 {found})。\n"),
        (false, Lang::En) => format!(
            "{target} {of} in {weeks} weeks cannot be made {asked} probable within the bounds. The most that they allow is {cents} {currency}: \
             {surely} are then {asked} probable, and {target} {found}. A greater move (--max-move) or higher caps allow more.\n"
        ),
        (false, Lang::Zh) => format!(
            "在限定范围内,{weeks} 周{of}达到 {target} 的概率无法达到 {asked}。最多可用 {cents} {currency}:此时有 {asked} 的把握达到 {surely},\
             达到 {target} 的概率为 {found}。放宽最大调整幅度(--max-move)或上限可更多。\n"
        ),
    }
}

fn at(config: &Config, instant: DateTime<Utc>) -> String {
    instant.with_timezone(&config.settings.company.timezone).format("%Y-%m-%d").to_string()
}

/// What somebody said to the advice on a channel, and what became of that; a line.
pub fn decision(lang: Lang, config: &Config, channel: &str, of: &StandingDecision) -> String {
    let (name, day, by, reason) = (channel_name(lang, config, channel), at(config, of.at), &of.by, &of.reason);
    let until = of.until.map(|until| at(config, until)).unwrap_or_default();
    let (then, now) = (price(of.next_cost_then), price(of.next_cost_now));
    let (planned, spent, days) = (price(of.planned), money(of.spent), of.days);
    let percent = config.plans.reconsider;
    let head = match (of.verdict, lang) {
        (BudgetVerdict::Rejected, Lang::En) => format!("{name}: rejected on {day} by {by}: {reason}."),
        (BudgetVerdict::Rejected, Lang::Zh) => format!("{name}:{by} 于 {day} 否决:{reason}。"),
        (BudgetVerdict::Accepted, Lang::En) => format!("{name}: accepted on {day} by {by}: {reason}."),
        (BudgetVerdict::Accepted, Lang::Zh) => format!("{name}:{by} 于 {day} 采纳:{reason}。"),
    };
    let rest = match (of.state, lang) {
        (DecisionState::Holds, Lang::En) => {
            format!(
                "It keeps what it costs now until {until}, or until its next person costs {percent} % more or less than the {then} of then."
            )
        }
        (DecisionState::Holds, Lang::Zh) => format!("在 {until} 之前维持现有花费,除非再多一人的成本比当时的 {then} 变化超过 {percent} %。"),
        (DecisionState::TimeOver, Lang::En) => format!("That held until {until}; the channel moves again."),
        (DecisionState::TimeOver, Lang::Zh) => format!("效力至 {until},现重新参与调整。"),
        (DecisionState::FiguresMoved, Lang::En) => {
            format!("Its next person cost {then} then and costs {now} now: the channel moves again.")
        }
        (DecisionState::FiguresMoved, Lang::Zh) => format!("再多一人的成本当时 {then}、现为 {now}:重新参与调整。"),
        (DecisionState::AskedOtherwise, Lang::En) => "This question says itself what the channel may get.".to_owned(),
        (DecisionState::AskedOtherwise, Lang::Zh) => "本次提问已另行限定该渠道。".to_owned(),
        (DecisionState::TooEarly, Lang::En) => format!("{days} days of spend are known since: too few to say whether it was carried out."),
        (DecisionState::TooEarly, Lang::Zh) => format!("其后仅有 {days} 天花费,尚不能判断是否执行。"),
        (DecisionState::CarriedOut, Lang::En) => {
            format!("Carried out: {spent} were spent in the {days} days since, {planned} were planned.")
        }
        (DecisionState::CarriedOut, Lang::Zh) => format!("已执行:其后 {days} 天实际花费 {spent},计划 {planned}。"),
        (DecisionState::NotCarriedOut, Lang::En) => {
            format!("Not carried out: {spent} were spent in the {days} days since, {planned} were planned.")
        }
        (DecisionState::NotCarriedOut, Lang::Zh) => format!("未执行:其后 {days} 天实际花费 {spent},计划 {planned}。"),
    };
    match lang {
        Lang::En => format!("{head} {rest}\n"),
        Lang::Zh => format!("{head}{rest}\n"),
    }
}
