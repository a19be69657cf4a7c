//! 周报: one page of A4 that needs nothing else: styles and charts stand in it, nothing is fetched, nothing runs.

mod chart;
mod table;

use inflow_analytics::Report;
use inflow_config::{Config, Lang};
use rust_decimal::Decimal;

use super::alerts;
use super::facts::{Counts, Facts, Figure, Figures, Row, of_stage, whole};
use super::text;
use crate::words::{change, count, money, pick, value};

const STYLE: &str = include_str!("week.css");
/// Lines of alerts that have room.
const MOST_ALERTS: usize = 8;

/// The page.
pub fn page(facts: &Facts, config: &Config, lang: Lang) -> String {
    let period = facts.asked.period;
    let company = escape(&config.settings.company.name);
    let title = format!("{} {}", period.name(lang), period.title(lang));
    let mut body = format!(
        "<header><h1>{}</h1><p class=\"who\">{company}</p><p class=\"when\"><b>{}</b><br>{}</p></header>\n",
        period.name(lang),
        escape(&period.title(lang)),
        escape(&text::up_to(facts, config, lang, false))
    );
    body.push_str(&tiles(facts, config, lang));
    body.push_str("<div class=\"pair\">\n");
    if let Some(days) = &facts.days {
        body.push_str(&figure(pick(lang, "Resumes by day", "每日简历"), &chart::days(days, facts, lang)));
    }
    body.push_str(&figure(
        pick(lang, "Steps that fell due, share taken in time, with 95 % interval", "到期环节按期通过率(线段为 95% 区间)"),
        &chart::steps(&facts.counts.steps.whole, lang),
    ));
    body.push_str("</div>\n");
    body.push_str(&table::channels(facts, config, lang));
    body.push_str(&notes(facts, config, lang));
    body.push_str(&footer(facts, config, lang));
    format!(
        "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n\
         <body>\n<main>\n{body}</main>\n</body>\n</html>\n",
        if lang == Lang::Zh { "zh-CN" } else { "en" },
        escape(&title)
    )
}

fn figure(title: &str, svg: &str) -> String {
    format!("<figure><figcaption>{}</figcaption>{svg}</figure>\n", escape(title))
}

/// The six figures that a meeting begins with.
fn tiles(facts: &Facts, config: &Config, lang: Lang) -> String {
    let currency = facts.currency(config);
    let (now, before) = (&facts.counts, &facts.before);
    let in_money = |amount: Decimal| money(amount, currency);
    let volume = |counts: &Counts| whole(&counts.volume.whole).cloned();
    let stage = |counts: &Counts, stage: &str| of_stage(&counts.activity.whole, "", stage).cloned();
    let spent = |counts: &Counts| whole(&counts.spend.whole).cloned();
    let cost = |figures: &Option<Figures>| figures.as_ref().and_then(|figures| whole(&figures.whole)).cloned();
    let tile = |name: &str, now: Option<Row>, before: Option<Row>, column: &str, shown: &dyn Fn(Decimal) -> String, interval: bool| {
        let interval = now
            .as_ref()
            .filter(|_| interval)
            .and_then(|row| Some(format!("{} – {}", shown(value(row, "low")?), shown(value(row, "high")?))));
        one_tile(name, Figure::of(now.as_ref(), column), Figure::of(before.as_ref(), column), shown, interval.as_deref(), lang)
    };
    let all = [
        tile(pick(lang, "Resumes", "简历"), volume(now), volume(before), "applications", &count, false),
        tile(pick(lang, "Attended", "到面"), stage(now, "attended"), stage(before, "attended"), "events", &count, false),
        tile(pick(lang, "Onboarded", "入职"), stage(now, "onboarded"), stage(before, "onboarded"), "events", &count, false),
        tile(pick(lang, "Spend", "花费"), spent(now), spent(before), "amount", &in_money, false),
        tile(pick(lang, "Cost per resume", "单份简历成本"), cost(&now.per_resume), cost(&before.per_resume), "value", &in_money, true),
        tile(pick(lang, "Cost per hire", "单人入职成本"), cost(&now.per_onboarded), cost(&before.per_onboarded), "value", &in_money, true),
    ];
    format!("<section class=\"tiles\">\n{}</section>\n", all.concat())
}

fn one_tile(
    name: &str,
    now: Figure<'_>,
    before: Figure<'_>,
    shown: &dyn Fn(Decimal) -> String,
    interval: Option<&str>,
    lang: Lang,
) -> String {
    let big = match now.value.filter(|_| now.status != "no_data") {
        Some(number) => {
            let number = shown(number);
            // Millions still fit.
            let class = if number.chars().count() > 10 { "big long" } else { "big" };
            format!("<span class=\"{class}\">{}</span>", escape(&number))
        }
        None if now.status == "no_data" => format!("<span class=\"big nd\">{}</span>", pick(lang, "no data", "无数据")),
        None => "<span class=\"big none\">–</span>".to_owned(),
    };
    let old = match (now.value, before.value.filter(|_| before.status != "no_data")) {
        (Some(number), Some(old)) => {
            let by = (now.is_whole() && before.is_whole()).then(|| change(number, old)).flatten();
            let by = by.map(|by| format!(" <b>{}</b>", escape(&by))).unwrap_or_default();
            format!("{} {}{by}", pick(lang, "before", "上周"), escape(&shown(old)))
        }
        (_, Some(old)) => format!("{} {}", pick(lang, "before", "上周"), escape(&shown(old))),
        (_, None) => format!("{} {}", pick(lang, "before", "上周"), pick(lang, "no data", "无数据")),
    };
    let interval = interval.map(|interval| format!("<span class=\"ci\">95% {}</span>", escape(interval))).unwrap_or_default();
    format!(
        "<div class=\"tile\"><span class=\"name\">{name}{}</span>{big}{interval}<span class=\"old\">{old}</span></div>\n",
        badge(now, lang)
    )
}

/// What to think of a figure, if not simply to believe it.
fn badge(figure: Figure<'_>, lang: Lang) -> String {
    match figure.status {
        "few" => format!(" <i class=\"few\">{}</i>", pick(lang, "few", "样本少")),
        "partial" => {
            let covered = figure.covered.map(crate::words::percent).unwrap_or_default();
            format!(" <i class=\"part\">{} {covered}</i>", pick(lang, "partial", "数据不全"))
        }
        _ => String::new(),
    }
}

/// What is broken, alerts, no-shows and budgets.
fn notes(facts: &Facts, config: &Config, lang: Lang) -> String {
    let list = |title: &str, class: &str, lines: Vec<String>, none: &str| {
        let rest = lines.len().saturating_sub(MOST_ALERTS);
        let mut items: Vec<String> = lines.iter().take(MOST_ALERTS).map(|line| escape(line)).collect();
        if rest > 0 {
            items.push(match lang {
                Lang::En => format!("and {rest} more"),
                Lang::Zh => format!("另有 {rest} 项"),
            });
        }
        let items = if items.is_empty() { format!("<p>{none}</p>") } else { format!("<ul><li>{}</li></ul>", items.join("</li><li>")) };
        format!("<section class=\"{class}\"><h2>{title}</h2>{items}</section>")
    };
    let mut interviews = vec![text::interviews(facts, lang)];
    interviews.extend(text::no_shows(facts, lang));
    let broken = alerts::broken(facts, config, lang);
    let broken_class = if broken.is_empty() { "" } else { "bad" };
    let left = format!(
        "{}{}",
        list(
            pick(lang, "Broken connections", "异常连接"),
            broken_class,
            broken,
            pick(lang, "None: every connection delivers.", "无,各连接均正常。")
        ),
        list(pick(lang, "Alerts", "告警"), "", alerts::alerts(facts, config, lang), pick(lang, "None stands.", "无。")),
    );
    let right = format!(
        "{}{}",
        list(pick(lang, "Interviews", "面试"), "", interviews, ""),
        list(
            pick(lang, "Budget of the month", "当月预算"),
            "",
            alerts::budgets(facts, config, lang),
            pick(lang, "finance.toml has no budget for this month.", "finance.toml 中没有本月预算。"),
        ),
    );
    format!("<div class=\"pair notes\"><div>{left}</div><div>{right}</div></div>\n")
}

/// How to read it, and what the figures are.
fn footer(facts: &Facts, config: &Config, lang: Lang) -> String {
    let legend = match lang {
        Lang::En => {
            "<span class=\"nd\">no data</span> nothing was delivered: not zero. <i class=\"part\">partial</i> a connection failed for part of \
             the time. <i class=\"few\">few</i> fewer than 20 cases: by chance alone it may be quite another. Ranges are 95 % intervals."
        }
        Lang::Zh => {
            "<span class=\"nd\">无数据</span> 没有收到数据,不等于 0。<i class=\"part\">数据不全</i> 部分时间连接中断。\
             <i class=\"few\">样本少</i> 不足 20 例,波动可能出于偶然。区间均为 95%。"
        }
    };
    let reports: [&Report; 4] =
        [&facts.counts.volume.whole, &facts.counts.activity.whole, &facts.counts.spend.whole, &facts.counts.steps.whole];
    let costs = [&facts.counts.per_resume, &facts.counts.per_onboarded].into_iter().flatten().map(|figures| &figures.whole);
    let defined: Vec<String> = reports
        .into_iter()
        .chain(costs)
        .map(|report| format!("{} v{}", escape(report.definition.title.get(lang)), report.version))
        .collect();
    let found = text::undated(facts, config, lang).map(|said| format!(" {said}{}", pick(lang, ".", "。"))).unwrap_or_default();
    let [definitions, colon] = [pick(lang, "Definitions", "口径"), pick(lang, ": ", ":")];
    format!("<footer><p>{legend}{}</p><p>{definitions}{colon}{} · docs/metrics.md</p></footer>\n", escape(&found), defined.join(" · "))
}

/// Text between tags, and in quoted attributes.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn a_name_is_no_markup() {
        assert_eq!(escape("<b a=\"1\">&amp;"), "&lt;b a=&quot;1&quot;&gt;&amp;amp;");
    }
}
