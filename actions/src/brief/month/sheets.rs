//! The sheets: a measure by channel with plan and change, the summary of all, the company as a whole, steps, ties.

use inflow_config::Lang;
use rust_decimal::Decimal;

use super::{Scene, budget, dated, known};
use crate::brief::facts::{Figure, Row, of_step};
use crate::words::{count, stage, word};
use crate::workbook::{Cell, Column, Form, Sheet, place};

/// Columns of a measure's sheet.
const PLAN: usize = 1;
pub const ACTUAL: usize = 2;
const GAP: usize = 3;
const REACHED: usize = 4;
const BEFORE: usize = 5;
const CHANGE: usize = 6;
const CHANGED_BY: usize = 7;

/// Cost that no channel can be named for; it has no people.
pub const NOBODY: &str = "unallocated";

/// Each step from the resume on.
const STEPS: [(&str, &str); 7] = [
    ("applied", "screened"),
    ("screened", "invited"),
    ("invited", "attended"),
    ("attended", "offered"),
    ("offered", "accepted"),
    ("accepted", "onboarded"),
    ("onboarded", "passed_probation"),
];

/// A figure that is planned and counted by channel.
pub struct Measure {
    /// Name of its sheet, in English and Chinese.
    pub name: (&'static str, &'static str),
    /// How its numbers are written.
    pub form: Form,
    /// The stage that it counts in a plan, or `budget`.
    pub plan: &'static str,
}

impl Measure {
    /// A row for each channel; `rows` gives that of this month and of the one before.
    pub fn sheet<'r>(&self, scene: &Scene<'_>, column: &str, rows: &dyn Fn(&str) -> [Option<&'r Row>; 2]) -> Sheet {
        let (en, zh) = self.name;
        let columns = measure_columns(scene, self.form, if self.plan == "budget" { ("Budget", "预算") } else { ("Plan", "计划") });
        let cells = scene.channels.iter().enumerate().map(|(line, id)| {
            let [now, before] = rows(id);
            let mut cells = vec![Cell::text(scene.channel(id))];
            // Resumes are counted by `volume`, which knows no other day.
            let stage = if self.plan == "applied" { "" } else { self.plan };
            let place = (column, *id, stage);
            cells.extend(compared(line, self.planned(scene, id), dated(scene.facts, now, place), dated(scene.facts, before, place)));
            let undated = scene.facts.undated(id, stage);
            cells.push(match scene.status(Figure::of(now, column)) {
                _ if now.is_none() && *id == NOBODY => Cell::Empty,
                Cell::Text(status) if !undated.is_zero() => Cell::text(match scene.lang {
                    Lang::En => format!("{status}; {} more of unknown day", count(undated)),
                    Lang::Zh => format!("{status};另有 {} 例日期不详", count(undated)),
                }),
                status => status,
            });
            cells
        });
        let cells: Vec<Vec<Cell>> = cells.collect();
        let all_planned = !cells.is_empty() && cells.iter().all(|row| row[PLAN] != Cell::Empty || row[ACTUAL] == Cell::Empty);
        let any_planned = cells.iter().any(|row| row[PLAN] != Cell::Empty);
        let sums: &[usize] = if any_planned { &[PLAN, ACTUAL, GAP, BEFORE, CHANGE] } else { &[ACTUAL, BEFORE, CHANGE] };
        let mut sheet = scene.sheet(scene.pick(en, zh), columns, cells).summed(scene.pick("Total", "合计"), sums);
        let line = sheet.rows.len();
        if let Some(total) = sheet.total.as_mut() {
            if all_planned && any_planned {
                total[REACHED] = divided(line, ACTUAL, PLAN, total[ACTUAL].value(), total[PLAN].value());
            }
            total[CHANGED_BY] = divided(line, CHANGE, BEFORE, total[CHANGE].value(), total[BEFORE].value());
        }
        sheet
    }

    fn planned(&self, scene: &Scene<'_>, channel: &str) -> Option<Decimal> {
        if self.plan == "budget" {
            return budget(scene.facts, channel);
        }
        let of = Some(channel).filter(|channel| !channel.is_empty());
        scene.config.messages.plan_of(of, scene.facts.asked.period.from)?.of(self.plan)
    }
}

fn measure_columns(scene: &Scene<'_>, form: Form, (plan_en, plan_zh): (&str, &str)) -> Vec<Column> {
    vec![
        scene.column("Channel", "渠道", Form::Text),
        scene.column(plan_en, plan_zh, form),
        scene.column("Actual", "实际", form),
        scene.column("Gap", "差距(实际-计划)", form),
        scene.column("Reached", "达成率", Form::Share),
        scene.column("Month before", "上月", form),
        scene.column("Change", "变化", form),
        scene.column("Change, share", "变化率", Form::Share),
        scene.column("Data", "数据状态", Form::Text),
    ]
}

/// Plan, actual, gap, reached, before, change and by which share, as formulas wherever two of them are known.
fn compared(line: usize, plan: Option<Decimal>, actual: Option<Decimal>, before: Option<Decimal>) -> [Cell; 7] {
    let minus = |other: usize, number: Option<Decimal>| match (actual, number) {
        (Some(actual), Some(number)) => Cell::Formula(format!("{}-{}", place(line, ACTUAL), place(line, other)), actual - number),
        _ => Cell::Empty,
    };
    let reached = match (actual, plan) {
        (Some(actual), Some(plan)) => divided(line, ACTUAL, PLAN, actual, plan),
        _ => Cell::Empty,
    };
    let changed_by = match (actual, before) {
        (Some(actual), Some(before)) => divided(line, CHANGE, BEFORE, actual - before, before),
        _ => Cell::Empty,
    };
    [Cell::number(plan), Cell::number(actual), minus(PLAN, plan), reached, Cell::number(before), minus(BEFORE, before), changed_by]
}

/// One cell of a line over another; nothing where that is nothing.
pub fn divided(line: usize, of: usize, by: usize, numerator: Decimal, denominator: Decimal) -> Cell {
    numerator.checked_div(denominator).map_or(Cell::Empty, |share| Cell::Formula(format!("{}/{}", place(line, of), place(line, by)), share))
}

/// A cell of another sheet.
fn from(sheet: &Sheet, line: usize, column: usize) -> Cell {
    match sheet.rows.get(line).map(|row| &row[column]) {
        Some(cell @ (Cell::Number(_) | Cell::Formula(..))) => {
            Cell::Formula(format!("'{}'!{}", sheet.name, place(line, column)), cell.value())
        }
        _ => Cell::Empty,
    }
}

/// All measures side by side, drawn from their sheets.
pub fn summary(scene: &Scene<'_>, measures: &[Sheet; 4], costs: &Sheet) -> Sheet {
    let [applied, came, started, cost] = measures;
    let mut columns = vec![scene.column("Channel", "渠道", Form::Text)];
    let mut sources: Vec<(&Sheet, usize)> = Vec::new();
    for (sheet, form) in [(applied, Form::Count), (came, Form::Count), (started, Form::Count), (cost, Form::Money)] {
        columns.push(Column { header: sheet.name.clone(), form });
        columns.push(scene.column("change", "较上月", Form::Share));
        sources.extend([(sheet, ACTUAL), (sheet, CHANGED_BY)]);
    }
    columns.push(scene.column("Budget", "预算", Form::Money));
    columns.push(scene.column("Left", "预算差距", Form::Money));
    sources.extend([(cost, PLAN), (cost, GAP)]);
    for (en, zh, value, changed) in [
        ("Cost per resume", "单份简历成本", super::unit_costs::PER_RESUME, super::unit_costs::PER_RESUME_CHANGED),
        ("Cost per hire", "单人入职成本", super::unit_costs::PER_HIRE, super::unit_costs::PER_HIRE_CHANGED),
    ] {
        columns.push(scene.column(en, zh, Form::Money));
        columns.push(scene.column("change", "较上月", Form::Share));
        sources.extend([(costs, value), (costs, changed)]);
    }
    columns.push(scene.column("Data", "数据状态", Form::Text));
    let rows = scene.channels.iter().enumerate().map(|(line, id)| {
        let mut row = vec![Cell::text(scene.channel(id))];
        row.extend(sources.iter().map(|(sheet, column)| from(sheet, line, *column)));
        // What people did says more of a channel's data than what it cost.
        let [people, money] = [applied, cost].map(|sheet| sheet.rows.get(line).and_then(|row| row.last()).cloned().unwrap_or(Cell::Empty));
        row.push(if *id == NOBODY { money } else { people });
        row
    });
    let rows = rows.collect();
    let mut sheet = scene.sheet(scene.pick("By channel", "渠道汇总"), columns, rows);
    let mut total = vec![Cell::text(scene.pick("Total", "合计"))];
    total.extend(sources.iter().map(|(sheet, column)| match sheet.total.as_ref().map(|total| &total[*column]) {
        Some(Cell::Number(_) | Cell::Formula(..)) => sheet.total_of(*column),
        _ => Cell::Empty,
    }));
    total.push(Cell::Empty);
    sheet.total = Some(total);
    sheet
}

/// The company's own plan, which need not be the sum of its channels'.
pub fn company(scene: &Scene<'_>, measures: &[Sheet; 4]) -> Sheet {
    let columns = vec![
        scene.column("Figure", "指标", Form::Text),
        scene.column("Plan of the company", "公司计划", Form::Amount),
        scene.column("Actual", "实际", Form::Amount),
        scene.column("Gap", "差距(实际-计划)", Form::Amount),
        scene.column("Reached", "达成率", Form::Share),
        scene.column("Month before", "上月", Form::Amount),
        scene.column("Change", "变化", Form::Amount),
        scene.column("Change, share", "变化率", Form::Share),
    ];
    let rows = measures.iter().zip(["applied", "attended", "onboarded", "budget"]).enumerate().map(|(line, (sheet, plan))| {
        let plan = if plan == "budget" {
            budget(scene.facts, "")
        } else {
            scene.config.messages.plan_of(None, scene.facts.asked.period.from).and_then(|of| of.of(plan))
        };
        let total = |column: usize| sheet.total.as_ref().map(|total| total[column].value()).unwrap_or_default();
        let mut cells = vec![Cell::text(sheet.name.clone())];
        cells.extend(compared(line, plan, Some(total(ACTUAL)), Some(total(BEFORE))));
        cells[ACTUAL] = sheet.total_of(ACTUAL);
        cells[BEFORE] = sheet.total_of(BEFORE);
        cells
    });
    let rows = rows.collect();
    scene.sheet(scene.pick("Company", "公司合计"), columns, rows)
}

/// Steps that fell due, for all and for each channel, with intervals.
pub fn steps(scene: &Scene<'_>) -> Sheet {
    let columns = vec![
        scene.column("Channel", "渠道", Form::Text),
        scene.column("From", "环节", Form::Text),
        scene.column("To", "下一环节", Form::Text),
        scene.column("Judged by", "到期口径", Form::Text),
        scene.column("Fell due", "到期", Form::Count),
        scene.column("In time", "按期通过", Form::Count),
        scene.column("Share", "通过率", Form::Share),
        scene.column("95 % from", "95% 下限", Form::Share),
        scene.column("95 % to", "95% 上限", Form::Share),
        scene.column("Month before", "上月通过率", Form::Share),
        scene.column("Change, points", "变化(百分点)", Form::Share),
        scene.column("Data", "数据状态", Form::Text),
    ];
    let (now, before) = (&scene.facts.counts.steps, &scene.facts.before.steps);
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    let all = [("", &now.whole, &before.whole)].into_iter();
    for (id, report, earlier) in all.chain(scene.channels.iter().map(|id| (*id, &now.channels, &before.channels))) {
        for (from, to) in STEPS {
            let Some(row) = of_step(report, id, from, to) else { continue };
            let (due, taken) = (known(Some(row), "denominator"), known(Some(row), "numerator"));
            let figure = Figure::of(Some(row), "value");
            // Of what never fell due there is nothing to say; of what was not delivered there is.
            if due.is_none_or(|due| due.is_zero()) && figure.status != "no_data" && figure.status != "partial" {
                continue;
            }
            let line = rows.len();
            let old = of_step(earlier, id, from, to)
                .filter(|old| word(old, "basis") == word(row, "basis"))
                .and_then(|old| known(Some(old), "value"));
            let share = match (taken, due) {
                (Some(taken), Some(due)) => divided(line, 5, 4, taken, due),
                _ => Cell::Empty,
            };
            let change = match (&share, old) {
                (Cell::Formula(_, share), Some(old)) => Cell::Formula(format!("{}-{}", place(line, 6), place(line, 9)), *share - old),
                _ => Cell::Empty,
            };
            rows.push(vec![
                Cell::text(if id.is_empty() { scene.pick("All", "合计").to_owned() } else { scene.channel(id) }),
                Cell::text(stage(scene.lang, from)),
                Cell::text(stage(scene.lang, to)),
                Cell::text(if word(row, "basis") == "scheduled" {
                    scene.pick("appointment", "约定时间")
                } else {
                    scene.pick("days", "期限天数")
                }),
                Cell::number(due),
                Cell::number(taken),
                share,
                Cell::number(known(Some(row), "low")),
                Cell::number(known(Some(row), "high")),
                Cell::number(old),
                change,
                scene.status(figure),
            ]);
        }
    }
    scene.sheet(scene.pick("Steps", "转化环节"), columns, rows)
}

/// What must be equal, and whether it is.
pub fn ties(scene: &Scene<'_>, tied: Vec<(String, Cell, Decimal)>) -> (Sheet, bool) {
    let columns = vec![
        scene.column("Tie", "勾稽", Form::Prose(46)),
        scene.column("Here", "本表", Form::Amount),
        scene.column("Against", "对照", Form::Amount),
        scene.column("Difference", "差额", Form::Amount),
        scene.column("Ties", "一致", Form::Text),
    ];
    let [yes, no] = [scene.pick("yes", "是"), scene.pick("no", "否")];
    let mut all = true;
    let rows = tied.into_iter().enumerate().map(|(line, (name, here, against))| {
        let difference = here.value() - against;
        all &= difference.is_zero();
        let word = if difference.is_zero() { yes } else { no };
        vec![
            Cell::Text(name),
            here,
            Cell::Number(against),
            Cell::Formula(format!("ROUND({}-{},2)", place(line, 1), place(line, 2)), difference),
            Cell::Words(format!("IF({}=0,\"{yes}\",\"{no}\")", place(line, 3)), word.to_owned()),
        ]
    });
    let rows = rows.collect();
    (scene.sheet(scene.pick("Ties", "勾稽"), columns, rows), all)
}
