//! What is to be done by week.

use super::super::{channel_name, pick};
use super::{money, range};
use crate::table;
use inflow_analytics::{DemandPlan, PlannedPart, PlannedWeek};
use inflow_config::{Config, Lang};

/// Openings, applications, postings and money by week; nothing where nobody is asked for.
pub fn told(lang: Lang, config: &Config, plan: &DemandPlan) -> String {
    let asks = |week: &&PlannedWeek| week.openings.value >= 0.05;
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
        ("budget", "预算"),
    ]
    .map(|(en, zh)| pick(lang, en, zh).to_owned());
    let known = |text: Option<String>| text.unwrap_or_else(|| "–".to_owned());
    let row = |week: &&PlannedWeek| {
        vec![
            week.week.to_string(),
            week.open.to_string(),
            range(week.openings, 1),
            if week.temporary.high > 0.05 { range(week.temporary, 1) } else { "–".to_owned() },
            week.starts.to_string(),
            known(week.applications.map(|one| range(one, 0))),
            known(week.cents.map(money)),
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
    before + &table::draw(&header, &rows) + &by_channel(lang, config, &weeks)
}

/// Money and live postings by channel, a column a week; nothing where no channel is known.
fn by_channel(lang: Lang, config: &Config, weeks: &[&PlannedWeek]) -> String {
    let channels: Vec<&str> = weeks.first().map_or_else(Vec::new, |week| week.channels.iter().map(|one| one.channel.as_str()).collect());
    if channels.is_empty() {
        return String::new();
    }
    let header: Vec<String> =
        std::iter::once(pick(lang, "channel", "渠道").to_owned()).chain(weeks.iter().map(|week| week.week.to_string())).collect();
    let cell = |one: &PlannedPart| {
        let postings = one.postings.map_or_else(|| "–".to_owned(), |postings| format!("{:.1}", postings.value));
        format!("{:.0} / {postings}", one.cents.value / 100.0)
    };
    let row = |channel: &&str| {
        let of = |week: &&PlannedWeek| week.channels.iter().find(|one| one.channel == *channel).map_or_else(String::new, cell);
        std::iter::once(channel_name(lang, config, channel).to_owned()).chain(weeks.iter().map(of)).collect()
    };
    let rows: Vec<Vec<String>> = channels.iter().map(row).collect();
    pick(lang, "Money of the week / postings that have to be live in it:\n", "当周预算 / 需在线的职位数:\n").to_owned()
        + &table::draw(&header, &rows)
}
