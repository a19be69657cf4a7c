//! `inflow plan`

mod demand;
mod groups;
mod recommend;
mod repost;
mod series;

pub use demand::demand;
pub use recommend::recommend;
pub use repost::{last as last_repost_plan, pass as repost_pass, repost};

use crate::app::App;
use crate::args::{PlanBudgetArgs, PlanBy, PlanFormat};
use crate::failure::Failure;
use crate::table;
use inflow_analytics::{Advised, BudgetPlan, BudgetQuery, BudgetReason, People, budget_plan};
use inflow_config::{Config, Lang};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// Prints where the money of the next four weeks should go.
pub async fn budget(app: &App, args: &PlanBudgetArgs) -> Result<u8, Failure> {
    let people = match args.by {
        PlanBy::Attended => People::Attended,
        PlanBy::Hires => People::Onboarded,
    };
    let total = args.total.map(cents).transpose()?;
    let query = BudgetQuery { total, max_move: f64::from(args.max_move) / 100.0, ..BudgetQuery::new(people) };
    let opened = app.attach().await?;
    let plan = budget_plan(&opened.store, &opened.config, opened.clock.now(), &query).await;
    match args.format {
        PlanFormat::Json => app.printer.result(&serde_json::to_string_pretty(&plan?).map_err(Failure::ours)?),
        PlanFormat::Table => app.printer.result(&told(app.printer.lang, &opened.config, &plan?)),
    }
    opened.close().await;
    Ok(0)
}

fn cents(amount: Decimal) -> Result<u64, Failure> {
    let cents = amount * Decimal::ONE_HUNDRED;
    let whole = cents.is_integer().then(|| cents.to_u64()).flatten();
    whole.ok_or_else(|| {
        Failure::user(format!("--total {amount} is no amount of money"), "give a number of at most two decimals, such as 30000 or 29999.50")
    })
}

fn pick<'t>(lang: Lang, en: &'t str, zh: &'t str) -> &'t str {
    if lang == Lang::Zh { zh } else { en }
}

fn told(lang: Lang, config: &Config, plan: &BudgetPlan) -> String {
    let Some(last_day) = plan.last_day else {
        return pick(lang, "nothing was spent or nobody applied yet: there is nothing to advise on", "尚无花费或申请,无法给出建议")
            .to_owned();
    };
    let header = [
        ("channel", "渠道"),
        ("last 4 weeks", "近四周花费"),
        ("next 4 weeks", "建议未来四周"),
        ("change", "变化"),
        ("next person costs", "再多一人的成本"),
        ("after the move", "调整后"),
        ("sure", "把握"),
        ("cost each, 90 days", "近90天单人成本"),
        ("why", "原因"),
    ]
    .map(|(en, zh)| pick(lang, en, zh).to_owned());
    let rows: Vec<Vec<String>> = plan.channels.iter().map(|one| row(lang, config, plan, one)).collect();
    table::draw(&header, &rows) + &summary(lang, plan, &last_day.to_string())
}

fn money(cents: u64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// A probability from draws: never nothing, never certainty.
fn sure(probability: f64) -> String {
    match 100.0 * probability {
        percent if percent > 99.0 => "> 99 %".to_owned(),
        percent if percent < 1.0 => "< 1 %".to_owned(),
        percent => format!("{percent:.0} %"),
    }
}

fn row(lang: Lang, config: &Config, plan: &BudgetPlan, one: &Advised) -> Vec<String> {
    let name = config.channel(&one.channel).map_or(one.channel.as_str(), |channel| pick(lang, &channel.name.en, &channel.name.zh));
    let price = |cents: Option<u64>| cents.map_or_else(|| "–".to_owned(), money);
    let change = if one.from == 0 { "–".to_owned() } else { format!("{:+.1} %", 100.0 * (one.advised as f64 / one.from as f64 - 1.0)) };
    let people = match plan.people {
        People::Attended => one.recent.attended,
        People::Onboarded => one.recent.onboarded,
    };
    let each = (people > 0).then(|| (one.recent.spend + people / 2) / people);
    vec![
        name.to_owned(),
        money(one.spend),
        money(one.advised),
        change,
        price(one.next_cost_before),
        price(one.next_cost_after),
        one.probability.map_or_else(|| "–".to_owned(), sure),
        price(each),
        why(lang, one),
    ]
}

fn why(lang: Lang, one: &Advised) -> String {
    let reason = match one.reason {
        BudgetReason::CheaperHere => pick(lang, "the next person costs less here", "此处再多一人更便宜"),
        BudgetReason::DearerHere => pick(lang, "the next person costs less elsewhere", "别处再多一人更便宜"),
        BudgetReason::Even => pick(lang, "as good as elsewhere", "与别处相当"),
        BudgetReason::OnlyChannel => pick(lang, "no other channel to compare", "没有其他可比渠道"),
        BudgetReason::NoSpend => pick(lang, "no money spent here", "此渠道无花费"),
        BudgetReason::NoData => pick(lang, "its connection delivered nothing: kept", "连接无数据:维持不变"),
    };
    let moves = !matches!(one.reason, BudgetReason::NoSpend | BudgetReason::NoData);
    let basis = match (moves, one.rule_of_thumb()) {
        (true, Some("few_weeks")) => pick(lang, " (rule of thumb: few weeks)", "(经验法则:周数少)"),
        (true, Some("few_people")) => pick(lang, " (rule of thumb: few people)", "(经验法则:人数少)"),
        (true, Some(_)) => pick(lang, " (rule of thumb: spend never varied)", "(经验法则:花费未曾变化)"),
        _ => "",
    };
    format!("{reason}{basis}")
}

fn summary(lang: Lang, plan: &BudgetPlan, last_day: &str) -> String {
    let sum = |of: fn(&Advised) -> u64| money(plan.channels.iter().map(of).sum());
    let (spend, advised, currency) = (sum(|one| one.spend), sum(|one| one.advised), &plan.currency);
    let of = match plan.people {
        People::Attended => pick(lang, "interviews attended", "到面人数"),
        People::Onboarded => pick(lang, "people onboarded", "入职人数"),
    };
    let Some(probability) = plan.probability else {
        return match lang {
            Lang::En => format!("Four weeks to {last_day}: {spend} {currency}. Nothing to move.\n"),
            Lang::Zh => format!("截至 {last_day} 的四周:{spend} {currency}。无可调整。\n"),
        };
    };
    let (expected, gain, low, high, worst) = (plan.expected, plan.gain, plan.low, plan.high, plan.worst);
    let sure = sure(probability);
    match lang {
        Lang::En => format!(
            "Four weeks to {last_day}: {spend} {currency}; the next four: {advised} {currency}.\n\
             Expected {of}: {expected:.1} as money is spent now, {gain:+.1} with the moves (95 %: {low:+.1} to {high:+.1}).\n\
             Probability that the moves gain: {sure}. Worst case (1 in 20): {worst:+.1}.\n"
        ),
        Lang::Zh => format!(
            "截至 {last_day} 的四周:{spend} {currency};未来四周:{advised} {currency}。\n\
             预期{of}:维持现状 {expected:.1},调整后 {gain:+.1}(95 %:{low:+.1} 至 {high:+.1})。\n\
             调整有增益的概率:{sure}。最坏情形(二十分之一):{worst:+.1}。\n"
        ),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn draws_make_nothing_certain() {
        assert_eq!([1.0, 0.991, 0.99, 0.5, 0.01, 0.0].map(super::sure), ["> 99 %", "> 99 %", "99 %", "50 %", "1 %", "< 1 %"]);
    }
}
