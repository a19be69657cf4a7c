//! What is to be done by week.

use super::super::{channel_name, pick};
use super::{money, range};
use crate::table;
use inflow_analytics::{DemandPlan, PlannedPart, PlannedWeek};
use inflow_config::{Config, Lang};

/// Openings, applications, postings and money by week; nothing where nobody is asked for.
pub fn told(lang: Lang, config: &Config, plan: &DemandPlan) -> String {
    let asks = |week: &&PlannedWeek| week.openings.high > 0.05;
    let weeks: Vec<&PlannedWeek> = plan.weeks.iter().filter(asks).collect();
    if weeks.is_empty() {
        return String::new();
    }
    let header = [
        ("week of", "周起始"),
        ("open", "开放需求"),
        ("expected", "预期人数"),
        ("of them for a while", "其中临时"),
        ("people start", "到岗"),
        ("applications", "投递"),
        ("postings", "在线职位"),
        ("budget", "预算"),
        ("by channel", "分渠道"),
    ]
    .map(|(en, zh)| pick(lang, en, zh).to_owned());
    let known = |text: Option<String>| text.unwrap_or_else(|| "–".to_owned());
    let row = |week: &&PlannedWeek| {
        let part = |one: &PlannedPart| format!("{} {:.0}", channel_name(lang, config, &one.channel), one.cents.value / 100.0);
        let paid: Vec<String> = week.channels.iter().filter(|one| one.cents.value >= 50.0).map(part).collect();
        let postings = |one: &PlannedPart| Some(format!("{} {:.1}", channel_name(lang, config, &one.channel), one.postings?.value));
        let postings: Vec<String> = week.channels.iter().filter_map(postings).collect();
        vec![
            week.week.to_string(),
            week.open.to_string(),
            range(week.openings, 1),
            if week.temporary.high > 0.05 { range(week.temporary, 1) } else { "–".to_owned() },
            week.starts.to_string(),
            known(week.applications.map(|one| range(one, 0))),
            known((!postings.is_empty()).then(|| postings.join(", "))),
            known(week.cents.map(money)),
            known((!paid.is_empty()).then(|| paid.join(", "))),
        ]
    };
    let rows: Vec<Vec<String>> = weeks.iter().map(row).collect();
    let lead = plan.lead_days;
    let before = match lang {
        Lang::En => format!(
            "By week, {lead} days before people are to start. Figures are means, so that weeks add up (95 % in brackets); who leaves is replaced, so that they are more than the hardest period asks for:\n"
        ),
        Lang::Zh => format!("按周安排,提前 {lead} 天起招。数字为均值,各周可相加(括号内为 95 % 区间);含离职补充,故多于缺口最大一期所需:\n"),
    };
    before + &table::draw(&header, &rows)
}
