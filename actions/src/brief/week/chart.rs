//! Charts as SVG: bars of days beside those of the week before, and rates with their intervals.

use std::collections::BTreeMap;
use std::fmt::Write;

use chrono::{Datelike, Days, NaiveDate};
use inflow_analytics::Report;
use inflow_config::Lang;
use rust_decimal::prelude::ToPrimitive;

use super::escape;
use crate::brief::facts::{Facts, Figure, Row, of_step};
use crate::words::{count, percent, pick, stage, value, weekday, word};

const WIDTH: f64 = 330.0;
const HEIGHT: f64 = 150.0;
const MARK: &str = "#1f5d8f";
const PALE: &str = "#b9c9d8";
const SOFT: &str = "#8894a0";
/// Steps from the resume on, which every board has; each with the next that it leads to.
const STEPS: [(&str, &str); 6] = [
    ("applied", "screened"),
    ("screened", "invited"),
    ("invited", "attended"),
    ("attended", "offered"),
    ("offered", "accepted"),
    ("accepted", "onboarded"),
];

/// Resumes of each day of the week, in front of those of the same weekday before.
pub fn days(report: &Report, facts: &Facts, lang: Lang) -> String {
    let rows: BTreeMap<NaiveDate, &Row> = report.rows.iter().filter_map(|row| Some((word(row, "day").parse().ok()?, row))).collect();
    let period = facts.asked.period;
    let today = facts.asked.now.with_timezone(&facts.zone).date_naive();
    let figure = |day: NaiveDate| Figure::of(rows.get(&day).copied(), "applications");
    let days: Vec<NaiveDate> = (0..7).filter_map(|at| period.from.checked_add_days(Days::new(at))).collect();
    let back = |day: NaiveDate| day.checked_sub_days(Days::new(7)).unwrap_or(day);
    let most =
        days.iter().flat_map(|day| [figure(*day), figure(back(*day))]).filter_map(|figure| figure.value?.to_f64()).fold(1.0, f64::max);
    let (base, top, room) = (HEIGHT - 28.0, 22.0, WIDTH / 7.0);
    let tall = |number: f64| (base - top) * number / most;
    let mut svg = open(pick(lang, "Resumes by day", "每日简历"));
    let _never = write!(
        svg,
        "<defs><pattern id=\"hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">\
         <rect width=\"6\" height=\"6\" fill=\"#f7f8f9\"/><rect width=\"3\" height=\"6\" fill=\"#dfe3e7\"/></pattern></defs>\
         <rect x=\"2\" y=\"2\" width=\"8\" height=\"8\" fill=\"{MARK}\"/><text x=\"13\" y=\"9.5\">{}</text>\
         <rect x=\"62\" y=\"2\" width=\"8\" height=\"8\" fill=\"{PALE}\"/><text x=\"73\" y=\"9.5\">{}</text>",
        pick(lang, "this week", "本周"),
        pick(lang, "the week before", "上一周")
    );
    for (at, day) in days.iter().enumerate() {
        let left = room * at as f64;
        let middle = left + room / 2.0;
        let bar = |svg: &mut String, x: f64, figure: Figure<'_>, colour: &str| match figure.value.and_then(|number| number.to_f64()) {
            Some(number) if figure.status != "no_data" => {
                let height = tall(number);
                // What is not all there has no lid.
                let style = if figure.status == "partial" {
                    format!("fill=\"{colour}\" fill-opacity=\"0.35\" stroke=\"{colour}\" stroke-dasharray=\"2 2\"")
                } else {
                    format!("fill=\"{colour}\"")
                };
                let _never = write!(svg, "<rect x=\"{x:.1}\" y=\"{:.1}\" width=\"13\" height=\"{height:.1}\" {style}/>", base - height);
                height
            }
            _ => {
                let _never = write!(svg, "<rect x=\"{x:.1}\" y=\"{top}\" width=\"13\" height=\"{:.1}\" fill=\"url(#hatch)\"/>", base - top);
                base - top
            }
        };
        bar(&mut svg, middle - 14.0, figure(back(*day)), PALE);
        if *day <= today {
            let now = figure(*day);
            let height = bar(&mut svg, middle + 1.0, now, MARK);
            let label = match now.value.filter(|_| now.status != "no_data") {
                Some(number) => count(number),
                None => pick(lang, "no data", "无数据").to_owned(),
            };
            let _never =
                write!(svg, "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{label}</text>", middle + 7.5, base - height - 3.0);
        }
        let _never = write!(
            svg,
            "<text x=\"{middle:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text><text class=\"soft\" x=\"{middle:.1}\" y=\"{:.1}\" \
             text-anchor=\"middle\">{}-{:02}</text>",
            base + 12.0,
            weekday(lang, *day),
            base + 23.0,
            day.month(),
            day.day()
        );
    }
    let _never = write!(svg, "<line x1=\"0\" y1=\"{base}\" x2=\"{WIDTH}\" y2=\"{base}\" stroke=\"{SOFT}\"/></svg>");
    svg
}

/// Each step as a dot with its interval on a scale from 0 to 100 %.
pub fn steps(report: &Report, lang: Lang) -> String {
    let (left, right) = (92.0, 222.0);
    let room = (HEIGHT - 20.0) / STEPS.len() as f64;
    let x = |share: f64| left + (right - left) * share.clamp(0.0, 1.0);
    let mut svg = open(pick(lang, "Steps with intervals", "环节通过率与区间"));
    for (share, label) in [(0.0, "0"), (0.5, "50%"), (1.0, "100%")] {
        let _never = write!(
            svg,
            "<line x1=\"{0:.1}\" y1=\"0\" x2=\"{0:.1}\" y2=\"{1:.1}\" stroke=\"#d5dde5\"/><text class=\"soft\" x=\"{0:.1}\" y=\"{2:.1}\" \
             text-anchor=\"middle\">{label}</text>",
            x(share),
            HEIGHT - 16.0,
            HEIGHT - 5.0
        );
    }
    for (at, (from, to)) in STEPS.iter().enumerate() {
        let y = room * (at as f64 + 0.5);
        let row = of_step(report, "", from, to);
        let figure = Figure::of(row, "value");
        let name = format!("{} → {}", stage(lang, from), stage(lang, to));
        let _never = write!(svg, "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>", left - 6.0, y + 3.0, escape(&name));
        let number = |column: &str| row.and_then(|row| value(row, column));
        let said = match figure.value.and_then(|share| Some((share, share.to_f64()?))).filter(|_| figure.status != "no_data") {
            Some((share, at)) => {
                if let (Some(low), Some(high)) = (number("low").and_then(|n| n.to_f64()), number("high").and_then(|n| n.to_f64())) {
                    let _never = write!(
                        svg,
                        "<line x1=\"{:.1}\" y1=\"{y:.1}\" x2=\"{:.1}\" y2=\"{y:.1}\" stroke=\"{PALE}\" stroke-width=\"5\"/>",
                        x(low),
                        x(high)
                    );
                }
                let fill = if figure.status == "few" { "#fff" } else { MARK };
                let _never = write!(svg, "<circle cx=\"{:.1}\" cy=\"{y:.1}\" r=\"3.5\" fill=\"{fill}\" stroke=\"{MARK}\"/>", x(at));
                let cases = number("numerator").zip(number("denominator")).map(|(k, n)| format!(" {}/{}", count(k), count(n)));
                let unsure = if matches!(figure.status, "few" | "partial") {
                    format!(" {}", crate::words::status(lang, figure.status))
                } else {
                    String::new()
                };
                format!("{}{}{unsure}", percent(share), cases.unwrap_or_default())
            }
            None if figure.status == "no_data" => {
                let _never = write!(
                    svg,
                    "<rect x=\"{left}\" y=\"{:.1}\" width=\"{:.1}\" height=\"8\" fill=\"url(#hatch)\"/>",
                    y - 4.0,
                    right - left
                );
                pick(lang, "no data", "无数据").to_owned()
            }
            None => pick(lang, "none was due", "无到期").to_owned(),
        };
        let _never = write!(svg, "<text x=\"{:.1}\" y=\"{:.1}\">{}</text>", right + 8.0, y + 3.0, escape(&said));
    }
    svg.push_str("</svg>");
    svg
}

fn open(label: &str) -> String {
    format!("<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\" xmlns=\"http://www.w3.org/2000/svg\">", escape(label))
}
