//! 口径: what the sheets mean, where plans come from, and how to read what is not there.

use chrono::{DateTime, Utc};
use inflow_analytics::Report;
use inflow_config::Lang;

use super::Scene;
use crate::workbook::{Cell, Form, Sheet};

/// The sheet of definitions.
pub fn definitions(scene: &Scene<'_>, made: DateTime<Utc>) -> Sheet {
    let columns = vec![
        scene.column("What", "项目", Form::Text),
        scene.column("Version", "版本", Form::Text),
        scene.column("Meaning", "口径", Form::Prose(70)),
        scene.column("Clock", "时间口径", Form::Prose(40)),
        scene.column("Left out", "不计入", Form::Prose(50)),
    ];
    let now = &scene.facts.counts;
    let costs = [&now.per_resume, &now.per_attended, &now.per_onboarded].into_iter().flatten().map(|figures| &figures.whole);
    let reports = [&now.volume.whole, &now.activity.whole, &now.spend.whole, &now.steps.whole, &scene.facts.budgets];
    let mut rows: Vec<Vec<Cell>> = reports.into_iter().chain(costs).map(|report| of_metric(scene, report)).collect();
    let zone = scene.config.settings.company.timezone;
    let local = |at: DateTime<Utc>| at.with_timezone(&zone).format("%Y-%m-%d %H:%M %Z").to_string();
    let period = scene.facts.asked.period;
    let before = period.before();
    let note = |en: (&str, String), zh: (&str, String)| {
        let (name, text) = if scene.lang == Lang::Zh { zh } else { en };
        vec![Cell::text(name), Cell::Empty, Cell::text(text), Cell::Empty, Cell::Empty]
    };
    let only: Vec<String> = scene.facts.asked.channels.iter().map(|id| scene.channel(id)).collect();
    rows.push(note(
        (
            "Period",
            format!(
                "{} to {}, set against {} to {}; events up to {}",
                period.from,
                period.to,
                before.from,
                before.to,
                local(scene.facts.asked.now)
            ),
        ),
        (
            "期间",
            format!("{} 至 {};上月为 {} 至 {};事件截至 {}", period.from, period.to, before.from, before.to, local(scene.facts.asked.now)),
        ),
    ));
    if !only.is_empty() {
        rows.push(note(("Only", only.join(", ")), ("仅含渠道", only.join("、"))));
    }
    rows.push(note(
        ("Plan", "resumes, interviews and hires: [[plan]] of messages.toml; cost: budgets of finance.toml that name the channel alone. The company's plan need not be the sum of its channels'".to_owned()),
        ("计划", "简历、到面、入职取自 messages.toml 的 [[plan]];费用取自 finance.toml 中只指明渠道的预算。公司计划不一定等于各渠道之和".to_owned()),
    ));
    rows.push(note(
        ("People", "attended and onboarded are what events of the month tell; the unit costs divide by all who entered the stage in it, those that follow from a later stage and those that a connection's first pull found included, so their counts may be higher. What a first pull found is of unknown day, in no month's events, and said beside the channel; where a channel has nothing else, its cell is empty and does not mean zero".to_owned()),
        ("人数", "到面、入职为当月事件所记录;单位成本的分母为当月进入该环节的全部申请,含由后续环节推定的和首次拉取时已在该环节的,因此可能更大。首次拉取时已在该环节的日期不详,不计入任何一月,在渠道旁注明;渠道别无其他记录时单元格留空,不代表 0".to_owned()),
    ));
    rows.push(note(
        ("Data", "ok; few: fewer than 20 cases, chance alone may move it far; partial: a connection failed for part of the time, with the share that was delivered; no data: nothing was delivered, the cells are empty and do not mean zero".to_owned()),
        ("数据状态", "正常;样本少:不足 20 例,波动可能出于偶然;数据不全:部分时间连接中断,附已送达比例;无数据:没有收到数据,单元格留空,不代表 0".to_owned()),
    ));
    rows.push(note(
        ("Made", format!("inflow {}, {}", env!("CARGO_PKG_VERSION"), local(made))),
        ("生成", format!("inflow {},{}", env!("CARGO_PKG_VERSION"), local(made))),
    ));
    scene.sheet(scene.pick("Definitions", "口径"), columns, rows)
}

fn of_metric(scene: &Scene<'_>, report: &Report) -> Vec<Cell> {
    let definition = &report.definition;
    vec![
        Cell::text(definition.title.get(scene.lang)),
        Cell::text(format!("{} v{}", report.metric, report.version)),
        Cell::text(definition.meaning.get(scene.lang)),
        Cell::text(definition.clock),
        Cell::text(definition.exclusions),
    ]
}
