//! The nine dashboards, each in its own file, in the order in which they are numbered.

mod advice;
mod connections;
mod funnel;
mod heads;
mod heat;
mod interviews;
mod overview;
mod service;
mod spend;

use super::ask::Ask;
use super::panel::{Dashboard, Kind, Panel, Reads};
use super::words::{Words, words};

/// All of them.
pub(crate) fn all() -> Vec<Dashboard> {
    vec![
        overview::board(),
        funnel::board(),
        spend::board(),
        heat::board(),
        heads::board(),
        interviews::board(),
        connections::board(),
        advice::board(),
        service::board(),
    ]
}

/// One figure of a metric over everything that was chosen, and how complete it is.
fn figure(metric: &str, columns: &'static str, title: Words, says: Words) -> Panel {
    let panel = Panel::of(Kind::Stat, (6, 4), title, says, Ask::new(metric, "", columns));
    match columns.split_once(' ') {
        Some((first, "status")) => panel.called(first, title),
        _ => panel,
    }
}

/// A table over the whole width.
fn table(metric: &str, by: &'static str, columns: &'static str, title: Words, says: Words) -> Panel {
    Panel::of(Kind::Table, (24, 9), title, says, Ask::new(metric, by, columns))
}

/// A table over half of the width.
fn half(metric: &str, by: &'static str, columns: &'static str, title: Words, says: Words) -> Panel {
    Panel::of(Kind::Table, (12, 9), title, says, Ask::new(metric, by, columns))
}

/// Lines over time, over half of the width.
fn lines(metric: &str, by: &'static str, columns: &'static str, title: Words, says: Words) -> Panel {
    Panel::of(Kind::Lines, (12, 9), title, says, Ask::new(metric, by, columns))
}

/// Bars over time, one on the other, over half of the width.
fn stacked(metric: &str, by: &'static str, columns: &'static str, title: Words, says: Words) -> Panel {
    Panel::of(Kind::Stacked, (12, 9), title, says, Ask::new(metric, by, columns))
}
