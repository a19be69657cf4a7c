//! 月度渠道分析表: plan, actual, gap and change to the month before, by channel, as a workbook whose sums are formulas.

mod sheets;
mod unit_costs;
mod words;

use chrono::{DateTime, Utc};
use inflow_analytics::Report;
use inflow_config::{Config, Lang};
use rust_decimal::Decimal;

use super::facts::{Facts, Figure, Row, channels, of_channel, of_stage, whole};
use crate::words::{pick, value, word};
use crate::workbook::{Book, Cell, Column, Form, Sheet};
use sheets::Measure;

/// The workbook, and whether it can be trusted.
pub struct Made {
    /// The workbook.
    pub book: Book,
    /// Whether every sum ties to the report over everything.
    pub ties: bool,
}

/// What every sheet needs to know.
struct Scene<'a> {
    facts: &'a Facts,
    config: &'a Config,
    lang: Lang,
    /// In the order of rows; every sheet by channel has them all, so that a row is the same channel everywhere.
    channels: Vec<&'a str>,
}

impl Scene<'_> {
    fn pick<'t>(&self, en: &'t str, zh: &'t str) -> &'t str {
        pick(self.lang, en, zh)
    }

    fn column(&self, en: &str, zh: &str, form: Form) -> Column {
        Column { header: self.pick(en, zh).to_owned(), form }
    }

    fn sheet(&self, name: &str, columns: Vec<Column>, rows: Vec<Vec<Cell>>) -> Sheet {
        let period = self.facts.asked.period.title(self.lang);
        let title = match (columns.iter().any(|column| column.form == Form::Money), self.lang) {
            (true, Lang::En) => format!("{name}, {period}, money in {}", self.facts.currency(self.config)),
            (true, Lang::Zh) => format!("{name} · {period} · 金额单位 {}", self.facts.currency(self.config)),
            (false, Lang::En) => format!("{name}, {period}"),
            (false, Lang::Zh) => format!("{name} · {period}"),
        };
        Sheet { name: name.to_owned(), title, columns, rows, total: None }
    }

    fn channel(&self, id: &str) -> String {
        crate::words::channel(self.config, self.lang, id)
    }

    fn status(&self, figure: Figure<'_>) -> Cell {
        let word = crate::words::status(self.lang, figure.status);
        Cell::text(match figure.covered.filter(|_| figure.status == "partial") {
            Some(covered) => format!("{word} {}", crate::words::percent(covered)),
            None => word.to_owned(),
        })
    }
}

/// The workbook of a month.
pub fn month(facts: &Facts, config: &Config, lang: Lang, made: DateTime<Utc>) -> Made {
    let mut ids = channels(&[
        &facts.counts.volume.channels,
        &facts.counts.spend.channels,
        &facts.before.volume.channels,
        &facts.before.spend.channels,
    ]);
    // What was planned and brought nothing at all is the largest gap there is.
    let only = &facts.asked.channels;
    let planned = |id: &&str| config.messages.plan_of(Some(id), facts.asked.period.from).is_some() || budget(facts, id).is_some();
    let of_config = config.channels.iter().map(|channel| channel.id.as_str()).filter(planned);
    let missing: Vec<&str> = of_config.filter(|id| !ids.contains(id) && (only.is_empty() || only.iter().any(|one| one == id))).collect();
    let end = ids.iter().position(|id| *id == sheets::NOBODY).unwrap_or(ids.len());
    ids.splice(end..end, missing);
    let scene = Scene { facts, config, lang, channels: ids };
    let (now, before) = (&facts.counts, &facts.before);
    let stage =
        |id: &str, stage: &'static str| [of_stage(&now.activity.channels, id, stage), of_stage(&before.activity.channels, id, stage)];
    let counted = |name: (&'static str, &'static str), key: &'static str| Measure { name, form: Form::Count, plan: key };
    let applied = counted(("Resumes", "简历"), "applied");
    let came = counted(("Attended", "到面"), "attended");
    let started = counted(("Onboarded", "入职"), "onboarded");
    let cost = Measure { name: ("Spend and budget", "费用与预算"), form: Form::Money, plan: "budget" };
    let volume = |id: &str| [of_channel(&now.volume.channels, id), of_channel(&before.volume.channels, id)];
    let spent = |id: &str| [of_channel(&now.spend.channels, id), of_channel(&before.spend.channels, id)];
    let measures = [
        applied.sheet(&scene, "applications", &volume),
        came.sheet(&scene, "events", &|id| stage(id, "attended")),
        started.sheet(&scene, "events", &|id| stage(id, "onboarded")),
        cost.sheet(&scene, "amount", &spent),
    ];
    let costs = unit_costs::sheet(&scene);
    let summary = sheets::summary(&scene, &measures, &costs);
    let company = sheets::company(&scene, &measures);
    let steps = sheets::steps(&scene);
    let whole_of = |report: &Report, column: &str| whole(report).and_then(|row| value(row, column)).unwrap_or_default();
    let whole_stage = |stage: &str| of_stage(&now.activity.whole, "", stage).and_then(|row| value(row, "events")).unwrap_or_default();
    let tie = |en: &str, zh: &str, sheet: &Sheet, column: usize, against: Decimal| {
        (scene.pick(en, zh).to_owned(), sheet.total_of(column), against)
    };
    let mut tied = vec![
        tie(
            "Resumes = volume over everything",
            "简历合计 = 不分渠道的简历数",
            &measures[0],
            sheets::ACTUAL,
            whole_of(&now.volume.whole, "applications"),
        ),
        tie("Attended = activity over everything", "到面合计 = 不分渠道的到面数", &measures[1], sheets::ACTUAL, whole_stage("attended")),
        tie("Onboarded = activity over everything", "入职合计 = 不分渠道的入职数", &measures[2], sheets::ACTUAL, whole_stage("onboarded")),
        tie(
            "Spend = spend over everything",
            "费用合计 = 不分渠道的费用",
            &measures[3],
            sheets::ACTUAL,
            whole_of(&now.spend.whole, "amount"),
        ),
    ];
    // The ledger knows of no filter.
    if facts.asked.channels.is_empty()
        && let Some(ledger) = now.spend.channels.reconciles.as_ref().and_then(|tie| value(tie, "ledger"))
    {
        tied.push(tie("Spend = ledger", "费用合计 = 台账", &measures[3], sheets::ACTUAL, ledger));
    }
    for (report, column, en, zh) in [
        (&now.per_resume, unit_costs::PER_RESUME, "Cost per resume of all = report", "单份简历成本(合计)= 指标"),
        (&now.per_onboarded, unit_costs::PER_HIRE, "Cost per hire of all = report", "单人入职成本(合计)= 指标"),
    ] {
        if let Some(figures) = report {
            tied.push(tie(en, zh, &costs, column, whole_of(&figures.whole, "value")));
        }
    }
    let (ties_sheet, ties) = sheets::ties(&scene, tied);
    let mut all = vec![summary, company];
    all.extend(measures);
    all.extend([costs, steps, ties_sheet, words::definitions(&scene, made)]);
    let period = facts.asked.period;
    let book = Book {
        title: format!("{} {}", period.name(lang), period.title(lang)),
        subject: scene.pick("Recruiting channels", "招聘渠道").to_owned(),
        company: config.settings.company.name.clone(),
        lang,
        currency: facts.currency(config).to_owned(),
        made,
        sheets: all,
    };
    Made { book, ties }
}

/// The budget of a channel, or with an empty word of everything, as `budget` tells it.
fn budget(facts: &Facts, channel: &str) -> Option<Decimal> {
    let of = if channel.is_empty() { "all" } else { channel };
    let row = facts.budgets.rows.iter().find(|row| word(row, "budget_of") == of)?;
    value(row, "budget")
}

/// A number of a row that is there and delivered, and not none for want of a day.
fn dated(facts: &Facts, row: Option<&Row>, (column, channel, stage): (&str, &str, &str)) -> Option<Decimal> {
    facts.dated(Figure::of(row, column), channel, stage).value.filter(|_| known(row, column).is_some())
}

/// A number of a row that is there and delivered.
fn known(row: Option<&Row>, column: &str) -> Option<Decimal> {
    let figure = Figure::of(row, column);
    figure.value.filter(|_| figure.status != "no_data")
}
