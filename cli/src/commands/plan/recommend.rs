//! `inflow plan recommend`: which open applications to look at first, why, and what that advice is worth.

use super::{groups, pick};
use crate::app::App;
use crate::args::{PlanFormat, PlanRecommendArgs};
use crate::failure::Failure;
use crate::table;
use inflow_analytics::{
    Audit, LEAST_OUTCOMES, ModelCard, RIPE_DAYS, Reason, RecommendQuery, Recommendation, Recommended, SILENT_DAYS, STAY_DAYS, State,
    recommendations,
};
use inflow_config::{Config, Lang};

/// Prints whom to look at first.
pub async fn recommend(app: &App, args: &PlanRecommendArgs) -> Result<u8, Failure> {
    let groups = args.audit.as_deref().map(groups::read).transpose()?;
    let query = RecommendQuery { channels: args.channel.clone(), stores: args.store.clone(), top: args.top, groups };
    let opened = app.attach().await?;
    let found = recommendations(&opened.store, &opened.config, &query).await;
    let text = found.map_err(Failure::from).and_then(|found| match (&found.model, args.format) {
        (None, _) => Err(off(&opened.config)),
        (Some(_), PlanFormat::Json) => serde_json::to_string_pretty(&found).map_err(Failure::ours),
        (Some(model), PlanFormat::Table) => Ok(told(app.printer.lang, &opened.config, &found, model)),
    });
    opened.close().await;
    app.printer.result(&text?);
    Ok(0)
}

/// Why there is nothing to say.
fn off(config: &Config) -> Failure {
    if config.settings.recommendation.impact_assessment.is_some() {
        return Failure::user("recommendations have not been made in this store", "run `inflow analyze` first");
    }
    Failure::user(
        "recommendations are off: scoring applicants needs an impact assessment first (PIPL art. 24 and 55)",
        "when it is done, name it: impact_assessment = \"REFERENCE\" under [recommendation] in inflow.toml, then `inflow analyze`",
    )
}

fn told(lang: Lang, config: &Config, found: &Recommendation, model: &ModelCard) -> String {
    let scored = model.state == State::Fitted;
    let measure = if scored { ("chance", "概率") } else { ("tags", "标签") };
    let header = [("application", "申请"), ("channel", "渠道"), ("applied", "投递日"), measure, ("why", "理由")];
    let header: Vec<String> = header.iter().map(|(en, zh)| pick(lang, en, zh).to_owned()).collect();
    let rows: Vec<Vec<String>> = found.applications.iter().map(|one| row(lang, config, one)).collect();
    let mut text = if rows.is_empty() { String::new() } else { table::draw(&header, &rows) };
    let lines = [
        listed(lang, found),
        basis(lang, model),
        if scored { worth(lang, model) } else { String::new() },
        fairness(lang, found.audit.as_ref()),
        pick(
            lang,
            "A score says whom to look at first. It rejects nobody, and nobody may be rejected because of it: a person decides.",
            "得分只说明先看谁:不淘汰任何人,也不得据此淘汰,由人决定。",
        )
        .to_owned(),
    ];
    for line in lines.iter().filter(|line| !line.is_empty()) {
        text.push_str(line);
        text.push('\n');
    }
    text
}

fn row(lang: Lang, config: &Config, one: &Recommended) -> Vec<String> {
    let channel = config.channel(&one.channel).map_or(one.channel.as_str(), |channel| pick(lang, &channel.name.en, &channel.name.zh));
    let chance = match (one.score, one.low, one.high) {
        (Some(score), Some(low), Some(high)) => format!("{:.0} % ({:.0}–{:.0})", 100.0 * score, 100.0 * low, 100.0 * high),
        _ => format!("{}/{}", one.carried, one.wanted),
    };
    let reasons: Vec<String> = one.reasons.iter().map(|reason| said(lang, config, reason)).collect();
    let separator = pick(lang, "; ", ";");
    vec![format!("{}/{}", one.connection, one.source_id), channel.to_owned(), one.local_day.clone(), chance, reasons.join(separator)]
}

/// A reason in words; the sign says which way it speaks, without one it is a rule's.
fn said(lang: Lang, config: &Config, reason: &Reason) -> String {
    let sign = if reason.log_odds > 0.0 {
        "+ "
    } else if reason.log_odds < 0.0 {
        "− "
    } else {
        ""
    };
    let untold = reason.value == "untold";
    let value = reason.value.as_str();
    let words = match reason.of.as_str() {
        "education" if untold => pick(lang, "education not told", "学历未说明").to_owned(),
        "education" => format!("{}{}", pick(lang, "education: ", "学历:"), education(lang, value)),
        "experience" if untold => pick(lang, "experience not told", "经验未说明").to_owned(),
        "experience" => format!("{}{value}{}", pick(lang, "experience: ", "经验:"), pick(lang, " years", " 年")),
        "expected_pay" if untold => pick(lang, "expected pay not comparable", "期望薪资无从比较").to_owned(),
        "expected_pay" => pay(lang, value),
        "night_shift" if untold => pick(lang, "night shifts not told", "夜班意愿未说明").to_owned(),
        "night_shift" if value == "yes" => pick(lang, "works night shifts", "可上夜班").to_owned(),
        "night_shift" => pick(lang, "no night shifts", "不上夜班").to_owned(),
        "job_family" if untold => pick(lang, "job not told", "岗位未说明").to_owned(),
        "job_family" => format!("{}{value}", pick(lang, "job: ", "岗位:")),
        tag => {
            let id = tag.trim_start_matches("tag:");
            let name = config.personas.tag.iter().find(|tag| tag.id == id).map(|tag| pick(lang, &tag.name.en, &tag.name.zh));
            let name = name.filter(|name| !name.is_empty()).unwrap_or(id);
            if value == "has" { name.to_owned() } else { format!("{}{name}", pick(lang, "not: ", "无:")) }
        }
    };
    format!("{sign}{words}")
}

fn education(lang: Lang, level: &str) -> &str {
    let (en, zh) = match level {
        "junior_middle" => ("junior middle school or below", "初中及以下"),
        "high_school" => ("high school", "高中"),
        "vocational" => ("vocational school", "中专/职高"),
        "college" => ("college", "大专"),
        "bachelor" => ("bachelor", "本科"),
        "master" => ("master", "硕士"),
        "doctor" => ("doctor", "博士"),
        other => (other, other),
    };
    pick(lang, en, zh)
}

/// Beside the most that the posting offers.
fn pay(lang: Lang, ratio: &str) -> String {
    let percent = ratio.parse::<f64>().map_or(0.0, |ratio| 100.0 * (ratio - 1.0)).round();
    match (lang, percent) {
        (Lang::En, p) if p > 0.0 => format!("expects {p:.0} % more than offered"),
        (Lang::En, p) if p < 0.0 => format!("expects {:.0} % less than offered", -p),
        (Lang::En, _) => "expects what is offered".to_owned(),
        (Lang::Zh, p) if p > 0.0 => format!("期望薪资高于上限 {p:.0} %"),
        (Lang::Zh, p) if p < 0.0 => format!("期望薪资低于上限 {:.0} %", -p),
        (Lang::Zh, _) => "期望薪资等于上限".to_owned(),
    }
}

fn listed(lang: Lang, found: &Recommendation) -> String {
    let (shown, open) = (found.applications.len(), found.open);
    match lang {
        Lang::En => format!("{shown} of {open} open applications."),
        Lang::Zh => format!("未决申请 {open} 份,列出 {shown} 份。"),
    }
}

fn basis(lang: Lang, model: &ModelCard) -> String {
    let of = |fate: &str| model.resolutions.iter().find(|one| one.resolution == fate).map_or(0, |one| one.applications);
    let (outcomes, stayed, young, pending, untold) = (model.outcomes, model.stayed, of("young"), of("pending"), of("untold"));
    let learnt = match lang {
        Lang::En => format!(
            "Learnt from {outcomes} past applications, of which {stayed} were taken on and stayed {STAY_DAYS} days (the others: left earlier, never started, \
             rejected, withdrawn, silent for {SILENT_DAYS} days). Left out as unresolved: {young} under {RIPE_DAYS} days old, {pending} pending, {untold} whose source \
             tells of no hires."
        ),
        Lang::Zh => format!(
            "依据:过往申请 {outcomes} 份,其中入职且满 {STAY_DAYS} 天者 {stayed} 份(其余为提前离职、未报到、淘汰、退出或 {SILENT_DAYS} 天无动静)。\
             未决不计:不足 {RIPE_DAYS} 天 {young} 份,待定 {pending} 份,来源不报入职 {untold} 份。"
        ),
    };
    let reference = &model.impact_assessment;
    let rules = match model.state {
        State::Fitted => String::new(),
        State::TooFew => match lang {
            Lang::En => format!("Too few for scores ({LEAST_OUTCOMES} outcomes, 20 of either kind): tag rules (personas.toml) instead.\n"),
            Lang::Zh => format!("样本不足(需 {LEAST_OUTCOMES} 个结果,且两类各 20 个),不给得分,改用标签规则(personas.toml)。\n"),
        },
        State::NoTraits => pick(
            lang,
            "The sources tell nothing that a score may stand on: tag rules (personas.toml) instead.\n",
            "来源未提供可用于评分的信息,改用标签规则(personas.toml)。\n",
        )
        .to_owned(),
        State::CannotTell => pick(
            lang,
            "Fitted to older outcomes, the scores did not tell the newer ones apart: withheld, tag rules (personas.toml) instead.\n",
            "以较早结果拟合后无法区分较新的结果,得分不予显示,改用标签规则(personas.toml)。\n",
        )
        .to_owned(),
    };
    let assessed = match lang {
        Lang::En => format!("Impact assessment: {reference}. Version {}.", model.model_version),
        Lang::Zh => format!("影响评估编号:{reference}。版本 {}。", model.model_version),
    };
    format!("{rules}{learnt}\n{assessed}")
}

/// How the scores did on newer outcomes.
fn worth(lang: Lang, model: &ModelCard) -> String {
    let plus = |value: Option<f64>, error: Option<f64>| match (value, error) {
        (Some(value), Some(error)) => format!("{value:.2} ± {:.2}", 1.96 * error),
        _ => "–".to_owned(),
    };
    let percent = |share: Option<f64>| share.map_or_else(|| "–".to_owned(), |share| format!("{:.1} %", 100.0 * share));
    let (area, slope) = (plus(model.area_under_curve, model.area_error), plus(model.slope, model.slope_error));
    let (predicted, observed) = (percent(model.predicted), percent(model.observed));
    let (trained, judged) = (model.trained, model.judged);
    let summary = match lang {
        Lang::En => format!(
            "Judged in time, fitted to the older {trained} and tried on the newer {judged}: area under the curve {area} (0.5: chance), calibration slope {slope} \
             (1: right), stated {predicted} on average, came true {observed}."
        ),
        Lang::Zh => format!(
            "按时间检验:以较早 {trained} 份拟合,在较新 {judged} 份上检验。AUC {area}(0.5 为随机),校准斜率 {slope}(1 为准确),平均预测 {predicted},实际 {observed}。"
        ),
    };
    let header = [("stated", "预测"), ("came true", "实际"), ("95 %", "95 %"), ("applications", "申请数")]
        .map(|(en, zh)| pick(lang, en, zh).to_owned());
    let rows: Vec<Vec<String>> = model
        .reliability
        .iter()
        .map(|part| {
            let range = format!("{:.1}–{:.1} %", 100.0 * part.low, 100.0 * part.high);
            vec![table::percent(part.predicted), table::percent(part.observed), range, part.applications.to_string()]
        })
        .collect();
    format!("{summary}\n{}", table::draw(&header, &rows).trim_end())
}

fn fairness(lang: Lang, audit: Option<&Audit>) -> String {
    let Some(audit) = audit else {
        return pick(
            lang,
            "Four-fifths rule: cannot be judged, no groups were delivered (--audit FILE with the columns application and group; protected attributes are \
             never stored).",
            "五分之四规则:未提供分组,无法判断(--audit FILE,列为 application 与 group;受保护属性从不入库)。",
        )
        .to_owned();
    };
    let first = format!("{:.0} %", 100.0 * audit.first);
    let title = match lang {
        Lang::En => {
            format!("Four-fifths rule on the first {first} ({} applications of known group, {} of unknown):", audit.told, audit.untold)
        }
        Lang::Zh => format!("五分之四规则,取前 {first}(已知分组 {} 份,未知 {} 份):", audit.told, audit.untold),
    };
    let header = [
        ("group", "组别"),
        ("first", "入选"),
        ("of", "人数"),
        ("ratio", "与最高组之比"),
        ("under 0.8", "低于 0.8"),
        ("Fisher p (Holm)", "Fisher p(Holm)"),
    ]
    .map(|(en, zh)| pick(lang, en, zh).to_owned());
    let number = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{value:.3}"));
    let rows: Vec<Vec<String>> = audit
        .groups
        .iter()
        .map(|one| {
            let under = if one.impact.under_four_fifths { pick(lang, "yes", "是") } else { pick(lang, "no", "否") };
            vec![
                one.group.clone(),
                one.selected.to_string(),
                one.considered.to_string(),
                number(one.impact.ratio),
                under.to_owned(),
                number(one.impact.p_holm),
            ]
        })
        .collect();
    format!("{title}\n{}", table::draw(&header, &rows).trim_end())
}

#[cfg(test)]
mod tests;
