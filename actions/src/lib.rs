//! What is done with the figures: reports for people ([`brief`]), sending them ([`send`]), telling people of alerts
//! as they begin and end ([`alert`]), when to refresh which posting ([`repost`]),
//! leading cases from stage to stage ([`process`]), and the company's own openings for job search sites ([`feed`]).
//!
//! ```text
//! metric reports ─► facts ─┬─► day    text                     ┐
//!  (inflow-analytics)      ├─► week   a page, html or pdf      ├─► message ─► mail, WeCom, DingTalk, Feishu, Slack
//!                          └─► month  a workbook               ┘      └─ remembered in the store: sent once
//! ```
//!
//! Figures are rows of [`inflow_analytics::report`] and nothing else, so a message, the page and the command line say the same. Only
//! aggregates are read: no report that lists people, and no slice by a recruiter is named.

pub mod alert;
pub mod brief;
pub mod feed;
pub mod pdf;
pub mod process;
pub mod repost;
pub mod send;
mod signed;
pub mod words;
pub mod workbook;
