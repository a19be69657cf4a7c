//! What a resume, an interview and a hire cost, by channel, with intervals.

use rust_decimal::{Decimal, RoundingStrategy};

use super::sheets::NOBODY;
use super::{Scene, known};
use crate::brief::facts::{Figure, Figures, of_channel};
use crate::workbook::{Cell, Column, Form, Sheet, place};

const COST: usize = 1;
/// Columns of each of the three: people, cost of one, its interval, the month before, the change.
const EACH: usize = 6;
const FIRST: usize = 2;

/// Where the cost of a resume stands.
pub const PER_RESUME: usize = FIRST + 1;
/// By which share it changed.
pub const PER_RESUME_CHANGED: usize = FIRST + 5;
/// Where the cost of a hire stands.
pub const PER_HIRE: usize = FIRST + 2 * EACH + 1;
/// By which share it changed.
pub const PER_HIRE_CHANGED: usize = FIRST + 2 * EACH + 5;

/// The sheet.
pub fn sheet(scene: &Scene<'_>) -> Sheet {
    let mut columns = vec![scene.column("Channel", "渠道", Form::Text), scene.column("Cost", "费用", Form::Money)];
    for (people, each) in [
        (("Resumes", "简历"), ("Cost per resume", "单份简历成本")),
        (("Attended", "到面"), ("Cost per attended", "单次到面成本")),
        (("Onboarded", "入职"), ("Cost per hire", "单人入职成本")),
    ] {
        columns.extend([
            scene.column(people.0, people.1, Form::Count),
            scene.column(each.0, each.1, Form::Money),
            scene.column("95 % from", "95% 下限", Form::Money),
            scene.column("95 % to", "95% 上限", Form::Money),
            scene.column("month before", "上月", Form::Money),
            Column { header: scene.pick("change", "较上月").to_owned(), form: Form::Share },
        ]);
    }
    columns.push(scene.column("Data", "数据状态", Form::Text));
    let (now, before) = (&scene.facts.counts, &scene.facts.before);
    let reports: [(&Option<Figures>, &Option<Figures>); 3] =
        [(&now.per_resume, &before.per_resume), (&now.per_attended, &before.per_attended), (&now.per_onboarded, &before.per_onboarded)];
    let rows = scene.channels.iter().enumerate().map(|(line, id)| {
        let row_of = |figures: &'_ Option<Figures>| figures.as_ref().and_then(|figures| of_channel(&figures.channels, id)).cloned();
        let first = row_of(reports[0].0);
        let mut cells = vec![Cell::text(scene.channel(id)), Cell::number(known(first.as_ref(), "numerator"))];
        for (at, (figures, earlier)) in reports.iter().enumerate() {
            let (row, old) = (row_of(figures), row_of(earlier));
            let (row, old) = (row.as_ref(), old.as_ref());
            let people = known(row, "denominator");
            let old = known(old, "value");
            cells.push(Cell::number(people));
            cells.push(each(line, at, cells[COST].value(), people.unwrap_or_default()));
            cells.extend([Cell::number(known(row, "low")), Cell::number(known(row, "high")), Cell::number(old)]);
            cells.push(changed(line, at, cells[FIRST + at * EACH + 1].value(), old));
        }
        // Few hires are the first to make a cost unsure.
        let last = row_of(reports[2].0);
        cells.push(if *id == NOBODY { Cell::Empty } else { scene.status(Figure::of(last.as_ref(), "value")) });
        cells
    });
    let rows: Vec<Vec<Cell>> = rows.collect();
    let people: Vec<usize> = (0..reports.len()).map(|at| FIRST + at * EACH).collect();
    let sums: Vec<usize> = [COST].into_iter().chain(people).collect();
    let mut sheet = scene.sheet(scene.pick("Unit costs", "单位成本"), columns, rows).summed(scene.pick("Total", "合计"), &sums);
    let line = sheet.rows.len();
    if let Some(total) = sheet.total.as_mut() {
        for (at, (figures, earlier)) in reports.iter().enumerate() {
            let column = FIRST + at * EACH;
            let whole = |figures: &'_ Option<Figures>| figures.as_ref().and_then(|figures| figures.whole.rows.first()).cloned();
            let (row, old) = (whole(figures), whole(earlier));
            let old = known(old.as_ref(), "value");
            total[column + 1] = each(line, at, total[COST].value(), total[column].value());
            total[column + 2] = Cell::number(known(row.as_ref(), "low"));
            total[column + 3] = Cell::number(known(row.as_ref(), "high"));
            total[column + 4] = Cell::number(old);
            total[column + 5] = changed(line, at, total[column + 1].value(), old);
        }
    }
    sheet
}

/// Cost over people, to the cent and half away from zero, as the metric says it and ROUND reckons it.
fn each(line: usize, at: usize, cost: Decimal, people: Decimal) -> Cell {
    let column = FIRST + at * EACH;
    cost.checked_div(people).map_or(Cell::Empty, |each| {
        let formula = format!("ROUND({}/{},2)", place(line, COST), place(line, column));
        Cell::Formula(formula, each.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero))
    })
}

fn changed(line: usize, at: usize, each: Decimal, old: Option<Decimal>) -> Cell {
    let column = FIRST + at * EACH;
    let [now, before] = [place(line, column + 1), place(line, column + 4)];
    match old.and_then(|old| (each - old).checked_div(old)) {
        Some(share) if !each.is_zero() => Cell::Formula(format!("({now}-{before})/{before}"), share),
        _ => Cell::Empty,
    }
}
