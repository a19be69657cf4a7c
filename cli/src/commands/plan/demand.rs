//! `inflow plan demand`: from a business series to hires, applications and budget.

mod weeks;

use super::{channel_name, pick, series};
use crate::app::App;
use crate::args::{PlanDemandArgs, PlanFormat};
use crate::failure::Failure;
use crate::table;
use inflow_analytics::{
    DemandPlan, DemandQuery, DemandSource as Source, DemandStep as Step, Grain, Occasion, OccasionKnown, PlannedOccasion, PlannedPeriod,
    demand_plan,
};
use inflow_config::{Config, DemandSettings, Lang};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// Prints what the business ahead takes.
pub async fn demand(app: &App, args: &PlanDemandArgs) -> Result<u8, Failure> {
    let config = app.config()?;
    let settings = &config.settings.demand;
    let file = args.file.clone().or_else(|| settings.file.as_ref().map(|file| config.dir.join(file)));
    let file = file
        .ok_or_else(|| Failure::user("no business series is named", "give --file orders.csv, or set file under [demand] in inflow.toml"))?;
    let series = series::read(&file, args.column.as_deref().or(settings.column.as_deref()), args.store.as_deref())?;
    let query = query(args, settings)?;
    let opened = app.attach().await?;
    let plan = demand_plan(&opened.store, &opened.config, opened.clock.now(), &series, &query).await;
    opened.close().await;
    match args.format {
        PlanFormat::Json => app.printer.result(&serde_json::to_string_pretty(&plan?).map_err(Failure::ours)?),
        PlanFormat::Table => app.printer.result(&told(app.printer.lang, &config, &plan?)),
    }
    Ok(0)
}

/// The command's options before the configuration.
fn query(args: &PlanDemandArgs, settings: &DemandSettings) -> Result<DemandQuery, Failure> {
    let units = args.units_per_head.or(settings.units_per_head).filter(|units| *units > Decimal::ZERO);
    let units = units.ok_or_else(|| {
        Failure::user(
            "it is not said how much a head does",
            "give --units-per-head 120 (a week, or a month of a monthly series), or set it under [demand] in inflow.toml",
        )
    })?;
    let part = |option: &str, given: Option<Decimal>, set: Option<Decimal>| match given.or(set) {
        Some(share) if share < Decimal::ZERO || share >= Decimal::ONE => {
            Err(Failure::user(format!("--{option} {share} is no share"), "it is from 0 to below 1, such as 0.15"))
        }
        share => Ok(share.and_then(|share| share.to_f64())),
    };
    Ok(DemandQuery {
        units_per_head: units.to_f64().unwrap_or_default(),
        shrinkage: part("shrinkage", args.shrinkage, settings.shrinkage)?.unwrap_or_default(),
        lead_days: args.lead_days.or(settings.lead_days),
        heads: args.heads.or(settings.heads),
        attrition: part("attrition", args.attrition, settings.attrition)?,
        ahead: args.ahead.or(settings.ahead),
        store: args.store.clone(),
    })
}

fn told(lang: Lang, config: &Config, plan: &DemandPlan) -> String {
    let period = match plan.grain {
        Grain::Week => ("week of", "周起始"),
        Grain::Month => ("month of", "月份"),
    };
    let header = [
        period,
        ("units", "业务量"),
        ("heads needed", "所需人数"),
        ("will have left", "届时离职"),
        ("short (−: to spare)", "缺口(− 为富余)"),
        ("of them for a while", "其中临时"),
        ("in time", "来得及"),
    ]
    .map(|(en, zh)| pick(lang, en, zh).to_owned());
    let rows: Vec<Vec<String>> = plan.periods.iter().map(|one| row(lang, one)).collect();
    let lines = [occasions(lang, plan), steps(lang, plan), weeks::told(lang, config, plan), assumptions(lang, config, plan)];
    table::draw(&header, &rows) + &lines.join("")
}

fn row(lang: Lang, one: &PlannedPeriod) -> Vec<String> {
    let need = &one.need;
    let in_time = if need.in_reach { pick(lang, "yes", "是") } else { pick(lang, "no", "否") };
    vec![
        one.start.to_string(),
        range(need.units, 0),
        range(need.heads, 1),
        range(need.leavers, 1),
        range(need.gap, 1),
        temporary(one),
        in_time.to_owned(),
    ]
}

fn temporary(one: &PlannedPeriod) -> String {
    if one.need.temporary.high > 0.05 { range(one.need.temporary, 1) } else { "–".to_owned() }
}

fn occasion(lang: Lang, of: Occasion) -> &'static str {
    match of {
        Occasion::MidYear => pick(lang, "the mid-year festival (618)", "618 年中大促"),
        Occasion::DoubleEleven => pick(lang, "Double 11", "双十一"),
        Occasion::LunarNewYear => pick(lang, "Lunar New Year", "春节"),
    }
}

/// What promotions and holidays do in the periods planned, or that the series does not know it.
fn occasions(lang: Lang, plan: &DemandPlan) -> String {
    let line = |one: &PlannedOccasion| {
        let (name, seen, factor) = (occasion(lang, one.occasion), one.seen, one.factor);
        let periods: Vec<String> = one.periods.iter().map(ToString::to_string).collect();
        let periods = periods.join(pick(lang, ", ", "、"));
        match (one.known, lang) {
            (OccasionKnown::Known, Lang::En) => {
                format!("{name} ({periods}): up to {factor:.2} times an ordinary period, as seen {seen} times.\n")
            }
            (OccasionKnown::Known, Lang::Zh) => format!("{name}({periods}):最高为平常期的 {factor:.2} 倍,依据历史 {seen} 次。\n"),
            (OccasionKnown::Once, Lang::En) => {
                format!("{name} ({periods}): up to {factor:.2} times an ordinary period. It was seen once only: take it with care.\n")
            }
            (OccasionKnown::Once, Lang::Zh) => format!("{name}({periods}):最高为平常期的 {factor:.2} 倍。历史仅见一次,请谨慎采用。\n"),
            (OccasionKnown::NoEffect, Lang::En) => {
                format!("{name} ({periods}): seen {seen} times, and it does nothing to this business that stands out.\n")
            }
            (OccasionKnown::NoEffect, Lang::Zh) => format!("{name}({periods}):历史 {seen} 次,对本业务无明显影响。\n"),
            (OccasionKnown::Unknown, Lang::En) => format!(
                "{name} ({periods}): the series does not reach back to one, so that these periods are planned as ordinary ones. Add older rows, or plan for it yourself.\n"
            ),
            (OccasionKnown::Unknown, Lang::Zh) => {
                format!("{name}({periods}):序列未包含以往的{name},这些期按平常期计划。请补充更早的数据,或自行加计。\n")
            }
        }
    };
    plan.occasions.iter().map(line).collect()
}

fn range(step: Step, digits: usize) -> String {
    let number = |value: f64| {
        let text = format!("{value:.digits$}");
        // Nothing has no sign.
        if text.trim_start_matches('-').chars().all(|c| c == '0' || c == '.') { text.trim_start_matches('-').to_owned() } else { text }
    };
    format!("{} ({} – {})", number(step.value), number(step.low), number(step.high))
}

fn percent(step: Step) -> String {
    format!("{:.1} % ({:.1} – {:.1})", 100.0 * step.value, 100.0 * step.low, 100.0 * step.high)
}

fn money(step: Step) -> String {
    let amount = |cents: f64| format!("{:.0}", cents / 100.0);
    format!("{} ({} – {})", amount(step.value), amount(step.low), amount(step.high))
}

fn steps(lang: Lang, plan: &DemandPlan) -> String {
    let Some(hardest) = plan.hardest else {
        let lead = plan.lead_days;
        return match lang {
            Lang::En => format!("Who is asked for today starts in {lead} days, after the last period: plan further ahead (--ahead).\n"),
            Lang::Zh => format!("今日起招需 {lead} 天到岗,晚于最后一期:请加长计划期(--ahead)。\n"),
        };
    };
    let hires = range(plan.hires, 1);
    let first = match lang {
        Lang::En => format!("To hire for the period of {hardest}, the hardest in reach: {hires} people (median, 95 %).\n"),
        Lang::Zh => format!("为缺口最大且来得及的一期({hardest})需招:{hires} 人(中位数,95 % 区间)。\n"),
    };
    let (Some(conversion), Some(applications), Some(cents)) = (plan.conversion, plan.applications, plan.cents) else {
        let none = pick(
            lang,
            "Applications and budget: unknown, no channel has applications old enough to say who was onboarded.\n",
            "所需投递与预算:未知,尚无足够早的投递可知入职率。\n",
        );
        return first + none;
    };
    let (conversion, applications, cents, currency) = (percent(conversion), range(applications, 0), money(cents), &plan.currency);
    let rest = match lang {
        Lang::En => format!(
            "Applications that takes, at {conversion} of them onboarded: {applications}.\nBudget, at what an application costs now: {cents} {currency}.\n"
        ),
        Lang::Zh => format!("所需投递(入职占投递 {conversion}):{applications} 份。\n所需预算(按当前单份成本):{cents} {currency}。\n"),
    };
    first + &rest
}

fn assumptions(lang: Lang, config: &Config, plan: &DemandPlan) -> String {
    let source = |of: Source| match of {
        Source::Given => pick(lang, "given", "给定"),
        Source::Measured => pick(lang, "measured", "实测"),
        Source::Assumed => pick(lang, "assumed: too few hires to measure", "假定:入职太少无法实测"),
    };
    let method = serde_json::to_value(plan.method).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default();
    let ratio = plan.backtest_ratio.map_or_else(|| "–".to_owned(), |ratio| format!("{ratio:.2}"));
    let (known, until, shrinkage) = (plan.known, plan.known_until, 100.0 * plan.shrinkage);
    let (heads, coming, lead, each) = (plan.heads, plan.coming, plan.lead_days, plan.units_per_head);
    let [new, settled] = plan.attrition.map(percent);
    let of = [plan.heads_source, plan.attrition_source, plan.lead_source].map(source);
    let channels: Vec<String> = plan
        .channels
        .iter()
        .map(|one| {
            let name = channel_name(lang, config, &one.channel);
            let (spend, moved) = (one.spend as f64 / 100.0, 100.0 * (one.weight - 1.0));
            let moved = if moved.abs() < 0.05 { String::new() } else { format!(" ({moved:+.0} %)") };
            match lang {
                Lang::En => format!("{name} {} applied, {} onboarded, cost {spend:.2}{moved}", one.applied, one.onboarded),
                Lang::Zh => format!("{name} 投递 {}、入职 {}、花费 {spend:.2}{moved}", one.applied, one.onboarded),
            }
        })
        .collect();
    let period = match plan.grain {
        Grain::Week => pick(lang, "week", "周"),
        Grain::Month => pick(lang, "month", "月"),
    };
    match lang {
        Lang::En => format!(
            "Stands on:\n\
             - the series: {known} known {period}s, the last of {until}; forecast by {method}, error {ratio} of the naive one's in the backtest\n\
             - a head at work does {each} units a {period} (given), {shrinkage:.0} % of paid time nobody works (given)\n\
             - heads now: {heads}, of whom {coming} are about to start ({})\n\
             - leaving in a month: {new} in the first 90 days, {settled} later ({})\n\
             - days from asking to the first day: {lead} ({})\n\
             - channels in the 13 weeks old enough to know, cost as it was, mix as the advice on money for hires moves it: {}\n\
             More of the same channel tends to cost more than its average: see `inflow plan budget`.\n",
            of[0],
            of[1],
            of[2],
            if channels.is_empty() { "none".to_owned() } else { channels.join("; ") }
        ),
        Lang::Zh => format!(
            "依据:\n\
             - 业务序列:已知 {known} {period},最后一期 {until};预测方法 {method},回测误差为朴素预测的 {ratio}\n\
             - 在岗一人每{period}完成 {each}(给定),带薪不在岗占 {shrinkage:.0} %(给定)\n\
             - 现有人数:{heads},其中待入职 {coming}({})\n\
             - 月离职率:入职 90 天内 {new},之后 {settled}({})\n\
             - 从起招到入职:{lead} 天({})\n\
             - 渠道(近 13 个结果已明的周,成本照旧,构成按以入职为目标的预算建议调整):{}\n\
             同一渠道加量,单价往往高于平均:参见 `inflow plan budget`。\n",
            of[0],
            of[1],
            of[2],
            if channels.is_empty() { "无".to_owned() } else { channels.join(";") }
        ),
    }
}

#[cfg(test)]
mod tests;
