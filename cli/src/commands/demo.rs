//! `inflow demo`: a simulated company on loopback, pulled for real.

use super::run::{pull, summary};
use crate::app::{App, Opened, shown};
use crate::args::DemoArgs;
use crate::failure::Failure;
use crate::table::{draw, percent};
use chrono::NaiveDate;
use inflow_analytics::{NO_DIMENSION, Query, Report};
use inflow_config::Lang;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Folder of the demo unless --data-dir names one.
const DEMO_DIR: &str = "inflow-demo";

/// The simulated company is the same every time.
const SEED: u64 = 1;

/// Pulls, prints the channel report, serves.
pub async fn run(app: &App, args: &DemoArgs) -> Result<u8, Failure> {
    let folder = app.data_dir.clone().unwrap_or_else(|| PathBuf::from(DEMO_DIR));
    let Some(world) = inflow_simulator::scenario(&args.scenario, SEED) else {
        return Err(Failure::user(
            format!("there is no scenario {:?}", args.scenario),
            format!("the scenarios are {}", inflow_simulator::scenarios().join(", ")),
        ));
    };
    let server = inflow_simulator::Server::start(world.boards()).await.map_err(Failure::ours)?;
    let config_dir = folder.join("config");
    world.write_config(&config_dir, &server).map_err(|error| {
        Failure::user(
            format!("the demo's configuration cannot be written to {}: {error}", shown(&config_dir)),
            "give --data-dir a folder that you may write to",
        )
    })?;
    let app = App { config_file: config_dir.join("inflow.toml"), data_dir: Some(folder.join("data")), ..app.clone() };
    app.printer.note(
        &format!("demo company in {}: pulling its connections from job boards on loopback", shown(&folder)),
        &format!("演示公司位于 {}:正从本机模拟的招聘网站拉取数据", shown(&folder)),
    );
    let opened = if args.once { app.open().await? } else { app.open_serving(Some(app.config()?.settings.serve.clickhouse)).await? };
    let outcomes = pull(&app, &opened, &[]).await?;
    opened.analyse(&[]).await?;
    let code = summary(&app.printer, &outcomes);
    app.printer.result(&channel_report(&opened, app.printer.lang, world.from, world.to).await?);
    if args.once {
        opened.close().await;
    } else {
        crate::daemon::hold(&app, opened, None).await?;
    }
    drop(server);
    Ok(code)
}

/// Volume, conversion, cost and heat by channel over all that the store holds, in one table.
async fn channel_report(opened: &Opened, lang: Lang, from: NaiveDate, to: NaiveDate) -> Result<String, Failure> {
    let channel: &[&str] = &["channel"];
    let volume = report(opened, "volume", channel, from, to).await?;
    let conversion = report(opened, "conversion", channel, from, to).await?;
    let resume = report(opened, "cost_per_resume", channel, from, to).await?;
    let hire = report(opened, "cost_per_onboarded", channel, from, to).await?;
    let spend = report(opened, "spend", &[NO_DIMENSION], from, to).await?;
    let heat = report(opened, "application_heat", &[NO_DIMENSION], from, to).await?;
    let zh = lang == Lang::Zh;
    let header: Vec<String> = if zh {
        ["渠道", "职位", "简历", "人数", "占比", "到面率", "入职率", "净成本", "每简历", "每入职", "状态"]
    } else {
        ["channel", "postings", "resumes", "people", "share", "attended", "onboarded", "net cost", "per resume", "per hire", "status"]
    }
    .map(str::to_owned)
    .to_vec();
    let rows: Vec<Vec<String>> = volume
        .rows
        .iter()
        .map(|row| {
            let channel = text(row, "channel");
            let name = opened.config.channel(&channel).map_or(channel.clone(), |c| if zh { c.name.zh.clone() } else { c.name.en.clone() });
            let pair = |to: &str| {
                conversion
                    .rows
                    .iter()
                    .find(|r| text(r, "channel") == channel && text(r, "from_stage") == "applied" && text(r, "to_stage") == to)
            };
            let rate = |to: &str| pair(to).and_then(|r| r.get("value")).and_then(Value::as_f64).map_or("–".to_owned(), percent);
            let money = |report: &Report, column: &str| find(report, &channel).map_or("–".to_owned(), |r| blank(text(r, column)));
            vec![
                name,
                text(row, "postings"),
                text(row, "applications"),
                text(row, "candidates"),
                row.get("share").and_then(Value::as_f64).map_or("–".to_owned(), percent),
                rate("attended"),
                rate("onboarded"),
                money(&resume, "numerator"),
                money(&resume, "value"),
                money(&hire, "value"),
                text(row, "status"),
            ]
        })
        .collect();
    let mut out = if zh { format!("渠道报告 {from} 至 {to}\n") } else { format!("Channels, {from} to {to}\n") };
    out.push_str(&draw(&header, &rows));
    if let Some(line) = peak_line(lang, &heat) {
        out.push_str(&line);
        out.push('\n');
    }
    if let Some(line) = spend.reconciles.as_ref().and_then(|tie| tie_line(lang, tie)) {
        out.push_str(&line);
        out.push('\n');
    }
    Ok(out)
}

async fn report(opened: &Opened, metric: &str, by: &[&str], from: NaiveDate, to: NaiveDate) -> Result<Report, Failure> {
    let query = Query {
        metric: metric.to_owned(),
        version: None,
        by: by.iter().map(|d| (*d).to_owned()).collect(),
        from,
        to,
        tz: Some(opened.config.settings.company.timezone),
        as_of: opened.clock.now(),
        filters: BTreeMap::new(),
    };
    Ok(inflow_analytics::report(&opened.store, &opened.config, &query).await?)
}

fn find<'r>(report: &'r Report, channel: &str) -> Option<&'r Map<String, Value>> {
    report.rows.iter().find(|row| text(row, "channel") == channel)
}

fn text(row: &Map<String, Value>, column: &str) -> String {
    match row.get(column) {
        Some(Value::String(text)) => text.clone(),
        None | Some(Value::Null) => String::new(),
        Some(other) => other.to_string(),
    }
}

fn blank(text: String) -> String {
    if text.is_empty() { "–".to_owned() } else { text }
}

fn peak_line(lang: Lang, heat: &Report) -> Option<String> {
    let peak = heat.rows.iter().max_by_key(|row| row.get("count").and_then(Value::as_u64).unwrap_or(0))?;
    let (weekday, hour) = (peak.get("weekday")?.as_u64()? as usize, peak.get("hour")?.as_u64()?);
    let count = text(peak, "count");
    let en = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"].get(weekday.checked_sub(1)?)?;
    let zh = ["周一", "周二", "周三", "周四", "周五", "周六", "周日"].get(weekday - 1)?;
    let next = (hour + 1) % 24;
    Some(match lang {
        Lang::En => format!("Most people apply on {en} between {hour:02}:00 and {next:02}:00 ({count} resumes)."),
        Lang::Zh => format!("投递最多的时段:{zh} {hour:02}:00–{next:02}:00({count} 份简历)。"),
    })
}

/// The tie of spend to the ledger, as one sentence.
pub fn tie_line(lang: Lang, tie: &Map<String, Value>) -> Option<String> {
    let part = |name: &str| Some(text(tie, name)).filter(|t| !t.is_empty());
    let (channels, unallocated, ledger, difference, currency) =
        (part("channels")?, part("unallocated")?, part("ledger")?, part("difference")?, part("currency")?);
    Some(match lang {
        Lang::En => {
            format!("Spend: channels {channels} + unallocated {unallocated} = ledger {ledger} {currency} (difference {difference}).")
        }
        Lang::Zh => format!("费用:渠道 {channels} + 未分摊 {unallocated} = 台账 {ledger} {currency}(差额 {difference})。"),
    })
}
