//! 日报: a day as plain text, short enough for a phone; of a week and a month what stands beside their page or workbook.

use inflow_config::{BriefKind, Config, Lang};
use rust_decimal::Decimal;

use super::alerts;
use super::facts::{Facts, Figure, Figures, Row, appointments, channels, of_channel, of_stage, whole};
use crate::words::{change, channel, count, money, percent, pick, stage, status, value, weekday, word};

/// Lines of channels, and of alerts, before the rest is only counted.
const MOST_CHANNELS: usize = 12;
const MOST_ALERTS: usize = 5;
/// Channels that a sentence names.
const MOST_NAMED: usize = 5;
/// Fewer than this are compared by their number alone.
pub const FEWEST: Decimal = Decimal::from_parts(20, 0, 0, false, 0);

/// The text, without a line break at its end.
pub fn text(facts: &Facts, config: &Config, lang: Lang) -> String {
    let mut lines = vec![head(facts, config, lang), up_to(facts, config, lang, true), String::new()];
    lines.extend(volume(facts, config, lang));
    lines.push(interviews(facts, lang));
    lines.extend(no_shows(facts, lang));
    lines.push(entered(facts, lang));
    lines.extend(undated(facts, config, lang));
    lines.push(spend(facts, config, lang));
    lines.extend(unit_costs(facts, config, lang));
    let part = |title: &str, lines: Vec<String>, most: usize| listed(title, lines, most, lang);
    lines.extend(part(pick(lang, "Plan of the month", "月度计划"), plans(facts, config, lang), MOST_CHANNELS));
    lines.extend(part(pick(lang, "Budget of the month", "当月预算"), alerts::budgets(facts, config, lang), MOST_ALERTS));
    lines.extend(part(pick(lang, "Broken", "异常"), alerts::broken(facts, config, lang), usize::MAX));
    lines.extend(part(pick(lang, "Alerts", "告警"), alerts::alerts(facts, config, lang), MOST_ALERTS));
    lines.join("\n")
}

/// `【招聘日报】10月31日 周六 · 示例零售集团`.
pub fn head(facts: &Facts, config: &Config, lang: Lang) -> String {
    let period = facts.asked.period;
    let company = &config.settings.company.name;
    let company = if company.is_empty() { String::new() } else { format!(" · {company}") };
    match lang {
        Lang::En => format!("{}: {}{company}", period.name(lang), period.title(lang)),
        Lang::Zh => format!("【{}】{}{company}", period.name(lang), period.title(lang)),
    }
}

/// Until when events are in it, and with what it is compared: that stands in brackets in a text, and in columns of a page.
pub fn up_to(facts: &Facts, config: &Config, lang: Lang, brackets: bool) -> String {
    let zone = config.settings.company.timezone;
    let local = facts.asked.now.with_timezone(&zone);
    let period = facts.asked.period;
    let before = period.before();
    let whole = local.date_naive() > period.to;
    let at = if whole { String::new() } else { local.format("%m-%d %H:%M").to_string() };
    let only = match facts.asked.channels.as_slice() {
        [] => String::new(),
        only => {
            let names: Vec<String> = only.iter().map(|id| channel(config, lang, id)).collect();
            format!("{}{}", pick(lang, "; only ", ";仅 "), names.join(pick(lang, ", ", "、")))
        }
    };
    let against = match (period.kind, lang) {
        (BriefKind::Day, Lang::En) => format!("{} before", weekday(lang, before.from)),
        (BriefKind::Day, Lang::Zh) => format!("上{}", weekday(lang, before.from)),
        (BriefKind::Week, _) => pick(lang, "the week before", "上一周").to_owned(),
        (BriefKind::Month, _) => before.title(lang),
    };
    let against = match (brackets, lang) {
        (true, Lang::En) => format!("in brackets {against}"),
        (true, Lang::Zh) => format!("括号内为{against}"),
        (false, Lang::En) => format!("against {against}"),
        (false, Lang::Zh) => format!("对比{against}"),
    };
    match (lang, whole) {
        (Lang::En, true) => format!("Whole {}; {against}{only}", period.kind.as_str()),
        (Lang::Zh, true) => {
            let name = match period.kind {
                BriefKind::Day => "日",
                BriefKind::Week => "周",
                BriefKind::Month => "月",
            };
            format!("全{name};{against}{only}")
        }
        (Lang::En, false) => format!("As of {at}; {against}, up to the same time{only}"),
        (Lang::Zh, false) => format!("截至 {at};{against}同一时刻{only}"),
    }
}

/// `65(72,-9.7%)`, `无数据`, `3(4)数据不全,覆盖 60.0%`.
pub fn figure(now: Figure<'_>, before: Figure<'_>, lang: Lang, shown: impl Fn(Decimal) -> String) -> String {
    let Some(number) = now.value.filter(|_| now.status != "no_data") else { return status(lang, "no_data").to_owned() };
    let mut text = shown(number);
    let [open, close] = [pick(lang, " (", "("), pick(lang, ")", ")")];
    match before.value.filter(|_| before.status != "no_data") {
        None => {
            let none = status(lang, "no_data");
            text.extend([open, none, close]);
        }
        Some(old) => {
            let both = now.is_whole() && before.is_whole() && number.max(old) >= FEWEST && old > Decimal::ZERO;
            let by = if both { change(number, old).map(|by| format!("{}{by}", pick(lang, ", ", ","))) } else { None };
            text.extend([open, &shown(old), &by.unwrap_or_default(), close]);
        }
    }
    if now.status == "partial" {
        text.push_str(&partial(now, lang));
    }
    text
}

fn partial(figure: Figure<'_>, lang: Lang) -> String {
    let covered = figure.covered.map_or_else(|| "–".to_owned(), percent);
    match lang {
        Lang::En => format!(" – partial, {covered} covered"),
        Lang::Zh => format!(" 数据不全,覆盖 {covered}"),
    }
}

/// Resumes, in total and by channel, channels with most first.
pub fn volume(facts: &Facts, config: &Config, lang: Lang) -> Vec<String> {
    let [now, before] = [&facts.counts.volume, &facts.before.volume];
    let column = "applications";
    let total = figure(Figure::of(whole(&now.whole), column), Figure::of(whole(&before.whole), column), lang, count);
    let mut lines = vec![format!("{} {total}", pick(lang, "Resumes", "简历"))];
    let mut each: Vec<(&str, Figure<'_>, Figure<'_>)> = channels(&[&now.channels, &before.channels])
        .into_iter()
        .map(|id| (id, Figure::of(of_channel(&now.channels, id), column), Figure::of(of_channel(&before.channels, id), column)))
        .collect();
    each.sort_by_key(|(_, figure, _)| std::cmp::Reverse(figure.value));
    let is_nothing = |figure: &Figure<'_>| figure.status == "ok" && figure.value == Some(Decimal::ZERO);
    let (quiet, told): (Vec<_>, Vec<_>) = each.into_iter().partition(|(_, now, before)| is_nothing(now) && is_nothing(before));
    // What is not delivered is never among the rest.
    let (shown, rest) = told.split_at(told.len().min(MOST_CHANNELS));
    let unsure = rest.iter().filter(|(_, now, _)| now.status != "ok");
    for (id, now, before) in shown.iter().chain(unsure) {
        lines.push(format!("  {} {}", channel(config, lang, id), figure(*now, *before, lang, count)));
    }
    let others: Vec<Decimal> = rest.iter().filter(|(_, now, _)| now.status == "ok").filter_map(|(_, now, _)| now.value).collect();
    if !others.is_empty() {
        let (many, sum) = (others.len(), count(others.iter().sum()));
        lines.push(match lang {
            Lang::En => format!("  {many} more {sum}"),
            Lang::Zh => format!("  其余 {many} 个渠道 {sum}"),
        });
    }
    if !quiet.is_empty() {
        let many = quiet.len();
        lines.push(match lang {
            Lang::En => format!("  {many} more: 0, and 0 before"),
            Lang::Zh => format!("  另有 {many} 个渠道两期均为 0"),
        });
    }
    lines
}

/// Interviews that were due and attended, by their appointments; attended alone where no appointment is known.
pub fn interviews(facts: &Facts, lang: Lang) -> String {
    let stage = |counts: &'_ super::facts::Counts| of_stage(&counts.activity.whole, "", "attended").cloned();
    let (now, before) = (stage(&facts.counts), stage(&facts.before));
    let attended = figure(Figure::of(now.as_ref(), "events"), Figure::of(before.as_ref(), "events"), lang, count);
    let Some(row) = appointments(&facts.counts.steps.whole) else {
        return match lang {
            Lang::En => format!("Interviews attended {attended}; due: no source tells appointments"),
            Lang::Zh => format!("到面 {attended};应到:来源未提供约定时间"),
        };
    };
    let old = appointments(&facts.before.steps.whole);
    // Few make a rate unsure, and no count.
    let counted = |row, column: &str| match Figure::of(row, column) {
        few @ Figure { status: "few", .. } => Figure { status: "ok", ..few },
        other => other,
    };
    let of = |column: &str| figure(counted(Some(row), column), counted(old, column), lang, count);
    let rate = rate(row, lang);
    match lang {
        Lang::En => format!("Interviews due {}, attended {}, rate {rate}", of("denominator"), of("numerator")),
        Lang::Zh => format!("面试应到 {},到面 {},到面率 {rate}", of("denominator"), of("numerator")),
    }
}

/// A rate with its interval, or that it rests on few.
fn rate(row: &Row, lang: Lang) -> String {
    let figure = Figure::of(Some(row), "value");
    let Some(share) = figure.value else { return "–".to_owned() };
    let [open, close] = [pick(lang, " (", "("), pick(lang, ")", ")")];
    match figure.status {
        "few" => format!("{}{open}{}{close}", percent(share), status(lang, "few")),
        "partial" => format!("{}{}", percent(share), partial(figure, lang)),
        "no_data" => status(lang, "no_data").to_owned(),
        _ => match (value(row, "low"), value(row, "high")) {
            (Some(low), Some(high)) => format!("{}{open}{}–{}{close}", percent(share), percent(low), percent(high)),
            _ => percent(share),
        },
    }
}

/// Who did not come, when anybody was due.
pub fn no_shows(facts: &Facts, lang: Lang) -> Option<String> {
    let row = whole(&facts.counts.no_show)?;
    let figure = Figure::of(Some(row), "value");
    if figure.status == "no_data" {
        return Some(format!("{} {}", pick(lang, "No-shows", "爽约"), status(lang, "no_data")));
    }
    let (missed, due) = (value(row, "numerator")?, value(row, "denominator")?);
    if due.is_zero() {
        return None;
    }
    let share = rate(row, lang);
    Some(match lang {
        Lang::En => format!("No-shows {} of {}, {share}", count(missed), count(due)),
        Lang::Zh => format!("爽约 {}/{},{share}", count(missed), count(due)),
    })
}

/// Who was invited, got an offer and started.
pub fn entered(facts: &Facts, lang: Lang) -> String {
    let of = |stage: &str| {
        figure(
            Figure::of(of_stage(&facts.counts.activity.whole, "", stage), "events"),
            Figure::of(of_stage(&facts.before.activity.whole, "", stage), "events"),
            lang,
            count,
        )
    };
    match lang {
        Lang::En => format!("Invited {}, accepted {}, onboarded {}", of("invited"), of("accepted"), of("onboarded")),
        Lang::Zh => format!("约面 {},录用 {},入职 {}", of("invited"), of("accepted"), of("onboarded")),
    }
}

/// Cases of which nobody told the day: a connection's first pull found them as they were. They are in no period's counts, and said beside them.
pub fn undated(facts: &Facts, config: &Config, lang: Lang) -> Option<String> {
    const STAGES: [&str; 4] = ["invited", "attended", "accepted", "onboarded"];
    let found: Vec<&str> =
        channels(&[&facts.found]).into_iter().filter(|id| STAGES.iter().any(|stage| !facts.undated(id, stage).is_zero())).collect();
    let counts: Vec<String> = STAGES
        .into_iter()
        .map(|name| (name, found.iter().map(|id| facts.undated(id, name)).sum::<Decimal>()))
        .filter(|(_, many)| !many.is_zero())
        .map(|(name, many)| format!("{} {}", stage(lang, name), count(many)))
        .collect();
    if counts.is_empty() {
        return None;
    }
    let names: Vec<String> = found.iter().take(MOST_NAMED).map(|id| channel(config, lang, id)).collect();
    let rest = found.len().saturating_sub(MOST_NAMED);
    Some(match lang {
        Lang::En => {
            let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
            format!("Of unknown day, in neither count: {}; the first pull of {}{more} found them so", counts.join(", "), names.join(", "))
        }
        Lang::Zh => {
            let more = if rest > 0 { format!("等 {} 个渠道", found.len()) } else { String::new() };
            format!("日期不详、未计入以上两期:{};{}{more}首次拉取时已是如此", counts.join(","), names.join("、"))
        }
    })
}

/// Plan, actual and gap of a month: of the company, then of each channel that has a plan. Cost has budgets of its own.
fn plans(facts: &Facts, config: &Config, lang: Lang) -> Vec<String> {
    let period = facts.asked.period;
    if period.kind != BriefKind::Month {
        return Vec::new();
    }
    let counts = &facts.counts;
    let only = &facts.asked.channels;
    let of_all = if only.is_empty() { Some(None) } else { None };
    let of_each =
        config.channels.iter().map(|channel| channel.id.as_str()).filter(|id| only.is_empty() || only.iter().any(|one| one == id));
    let mut lines = Vec::new();
    for of in of_all.into_iter().chain(of_each.map(Some)) {
        let Some(plan) = config.messages.plan_of(of, period.from) else { continue };
        let name = of.map_or_else(|| pick(lang, "Company", "公司").to_owned(), |id| channel(config, lang, id));
        for (key, title) in [
            ("applied", pick(lang, "resumes", "简历")),
            ("attended", pick(lang, "attended", "到面")),
            ("onboarded", pick(lang, "onboarded", "入职")),
        ] {
            let Some(planned) = plan.of(key) else { continue };
            let actual = match (key, of) {
                ("applied", None) => Figure::of(whole(&counts.volume.whole), "applications"),
                ("applied", Some(id)) => Figure::of(of_channel(&counts.volume.channels, id), "applications"),
                (stage, None) => Figure::of(of_stage(&counts.activity.whole, "", stage), "events"),
                (stage, Some(id)) => facts.dated(Figure::of(of_stage(&counts.activity.channels, id, stage), "events"), id, stage),
            };
            lines.push(against_plan(&format!("{name} {title}"), planned, actual, lang));
        }
    }
    lines
}

/// `BOSS直聘 简历 110,计划 100,差距 +10,达成 110.0%`.
fn against_plan(name: &str, planned: Decimal, actual: Figure<'_>, lang: Lang) -> String {
    let plan = count(planned);
    let Some(number) = actual.value.filter(|_| actual.status != "no_data") else {
        let unknown = if actual.status == "no_data" { status(lang, "no_data") } else { pick(lang, "of unknown day", "日期不详") };
        return match lang {
            Lang::En => format!("{name} {unknown}, plan {plan}"),
            Lang::Zh => format!("{name} {unknown},计划 {plan}"),
        };
    };
    let gap = number - planned;
    let sign = if gap > Decimal::ZERO { "+" } else { "" };
    let (number, gap) = (count(number), count(gap));
    let reached = actual.value.and_then(|number| number.checked_div(planned)).map(percent);
    let reached = reached.map(|share| format!("{}{share}", pick(lang, ", reached ", ",达成 "))).unwrap_or_default();
    let unsure = if actual.status == "partial" { partial(actual, lang) } else { String::new() };
    match lang {
        Lang::En => format!("{name} {number}, plan {plan}, gap {sign}{gap}{reached}{unsure}"),
        Lang::Zh => format!("{name} {number},计划 {plan},差距 {sign}{gap}{reached}{unsure}"),
    }
}

/// What it cost, accrued.
pub fn spend(facts: &Facts, config: &Config, lang: Lang) -> String {
    let currency = facts.currency(config);
    let of = figure(
        Figure::of(whole(&facts.counts.spend.whole), "amount"),
        Figure::of(whole(&facts.before.spend.whole), "amount"),
        lang,
        |amount| money(amount, currency),
    );
    format!("{} {of}", pick(lang, "Spend", "花费"))
}

/// What a resume and a hire cost; of a day nothing is said, since cost and people of one day have little to do with each other.
fn unit_costs(facts: &Facts, config: &Config, lang: Lang) -> Vec<String> {
    let currency = facts.currency(config);
    let line = |title: &str, now: &Option<Figures>, before: &Option<Figures>| {
        let (now, before) = (now.as_ref()?, before.as_ref()?);
        let row = whole(&now.whole)?;
        let mut text =
            figure(Figure::of(Some(row), "value"), Figure::of(whole(&before.whole), "value"), lang, |amount| money(amount, currency));
        if word(row, "status") == "few" {
            text.extend([pick(lang, ", ", ","), status(lang, "few")]);
        }
        Some(format!("{title} {text}"))
    };
    let (now, before) = (&facts.counts, &facts.before);
    [
        line(pick(lang, "Cost per resume", "单份简历成本"), &now.per_resume, &before.per_resume),
        line(pick(lang, "Cost per hire", "单人入职成本"), &now.per_onboarded, &before.per_onboarded),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A title and its lines, so many of them; nothing when there are none.
pub fn listed(title: &str, lines: Vec<String>, most: usize, lang: Lang) -> Vec<String> {
    if lines.is_empty() {
        return Vec::new();
    }
    let rest = lines.len().saturating_sub(most);
    let mut all = vec![title.to_owned()];
    all.extend(lines.into_iter().take(most).map(|line| format!("  {line}")));
    if rest > 0 {
        all.push(match lang {
            Lang::En => format!("  and {rest} more"),
            Lang::Zh => format!("  另有 {rest} 项"),
        });
    }
    all
}
