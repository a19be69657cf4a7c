//! `inflow doctor`

mod refreshes;

use crate::app::{App, Opened, shown};
use crate::failure::{Failure, exit};
use crate::jobs;
use chrono::{DateTime, Utc};
use inflow_actions::process::HORIZON;
use inflow_actions::send::Outbox;
use inflow_analytics::Unmapped;
use inflow_config::{Config, Lang};
use inflow_connectors::spec::WEBHOOK_CONNECTOR;
use inflow_store::{MessageState, StepKind, StepRow, StepState, Store};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Says what is missing, one line a thing; exit 1 when something is.
pub async fn run(app: &App) -> Result<u8, Failure> {
    let mut findings = Findings { app, missing: false };
    let config = match app.config() {
        Ok(config) => {
            findings.good("config", &shown(&app.config_file));
            Some(config)
        }
        Err(failure) => {
            for (message, hint) in &failure.messages {
                findings.bad("config", message, hint.as_deref());
            }
            None
        }
    };
    match inflow_store::engine::locate(config.as_ref().and_then(|c| c.settings.store.cache_dir.as_deref())) {
        Err(error) => findings.bad("engine", &error.to_string(), inflow_config::Explain::hint(&error).as_deref()),
        Ok(Some(path)) => findings.good("engine", &shown(&path)),
        Ok(None) if config.as_ref().is_some_and(|c| c.settings.store.url.is_some()) => {
            findings.good("engine", "not needed: store.url names a server");
        }
        Ok(None) => findings.bad(
            "engine",
            "the embedded engine is not on this machine yet",
            Some("`inflow engine install` fetches it once (178 MB)"),
        ),
    }
    disk(app, &mut findings);
    if let Some(config) = config {
        for problem in config.check_secrets() {
            findings.bad("secret", &problem.to_string(), None);
        }
        daemon(app, &config, &mut findings).await;
        store(app, &mut findings).await;
    }
    Ok(if findings.missing { exit::USER } else { 0 })
}

fn disk(app: &App, findings: &mut Findings<'_>) {
    let folder = app.data_dir();
    let existing =
        folder.ancestors().find(|p| p.exists() && !p.as_os_str().is_empty()).map_or_else(|| ".".into(), std::path::Path::to_owned);
    match rustix::fs::statvfs(&existing) {
        Ok(stat) => {
            let free = stat.f_bavail * stat.f_frsize / 1_000_000;
            let line = format!("{}: {free} MB free", shown(&folder));
            if free < 2_000 {
                findings.bad("disk", &line, Some("keep at least 2 GB free for landing and merges"));
            } else {
                findings.good("disk", &line);
            }
        }
        Err(error) => findings.bad("disk", &format!("{}: {error}", shown(&existing)), None),
    }
}

/// Whether a process holds the folder and stays, and what it will do next.
async fn daemon(app: &App, config: &Config, findings: &mut Findings<'_>) {
    let pick = |en: String, zh: String| app.printer.pick(&en, &zh).to_owned();
    let standing = match jobs::standing(&app.data_dir()).await {
        Ok(Some(standing)) => standing,
        Ok(None) => {
            let scheduled = config.connections.iter().filter(|c| c.enabled && c.schedule.is_some()).count();
            if scheduled > 0 {
                let line = pick(
                    format!("not running; {scheduled} schedules wait for `inflow run`"),
                    format!("未运行;{scheduled} 个计划等待 inflow run"),
                );
                findings.good("daemon", &line);
            }
            return;
        }
        Err(failure) => {
            for (message, hint) in &failure.messages {
                findings.bad("daemon", message, hint.as_deref());
            }
            return;
        }
    };
    let local = |at: DateTime<Utc>| at.with_timezone(&config.settings.company.timezone).format("%Y-%m-%d %H:%M:%S %Z").to_string();
    let (pid, since) = (standing.pid, local(standing.since));
    let line = if standing.schedules {
        pick(format!("running since {since} (process {pid})"), format!("自 {since} 起运行(进程 {pid})"))
    } else {
        pick(format!("serving since {since} (process {pid}), not pulling"), format!("自 {since} 起仅提供服务(进程 {pid}),不拉取"))
    };
    findings.good("daemon", &line);
    if !standing.jobs.is_empty() {
        findings.good(app.printer.pick("jobs", "任务"), &standing.jobs.join(", "));
    }
    for planned in &standing.connections {
        let mut parts = Vec::new();
        if let Some(since) = planned.pulling_since {
            parts.push(pick(format!("being pulled since {}", local(since)), format!("自 {} 起正在拉取", local(since))));
        }
        if let Some(next) = planned.next {
            parts.push(pick(format!("next pull {}", local(next)), format!("下次拉取 {}", local(next))));
        }
        if planned.watched {
            parts.push(pick("folder watched".to_owned(), "监视文件夹".to_owned()));
        }
        if planned.skipped > 0 {
            parts.push(pick(
                format!("{} due times skipped, pulls were still running", planned.skipped),
                format!("因拉取未结束跳过 {} 次计划", planned.skipped),
            ));
        }
        findings.good(&planned.name, &parts.join(", "));
    }
}

async fn store(app: &App, findings: &mut Findings<'_>) {
    let opened = match app.attach().await {
        Ok(opened) => opened,
        Err(failure) => {
            for (message, hint) in &failure.messages {
                findings.bad("store", message, hint.as_deref());
            }
            return;
        }
    };
    let now = opened.clock.now();
    findings.good(
        "clock",
        &format!(
            "{} UTC{}",
            now.format("%Y-%m-%d %H:%M:%S"),
            if opened.config.settings.clock.fixed.is_some() { " (fixed in the configuration)" } else { "" }
        ),
    );
    match opened.store.health().await {
        Ok(health) => {
            for connection in opened.config.connections.iter().filter(|c| c.enabled) {
                match health.iter().find(|h| h.connection == connection.name) {
                    None if connection.connector == WEBHOOK_CONNECTOR => {
                        let hint = format!(
                            "the sender posts to /hooks/{} on the page's address while `inflow run` or `serve` runs",
                            connection.name
                        );
                        findings.bad(&connection.name, "nothing received yet", Some(&hint));
                    }
                    None => findings.bad(&connection.name, "never pulled", Some("`inflow run --once` pulls it")),
                    Some(h) if h.status == "ok" => {
                        let what = if connection.connector == WEBHOOK_CONNECTOR { "received" } else { "pulled" };
                        findings.good(&connection.name, &format!("last {what} {} UTC", h.last_attempt_at.format("%Y-%m-%d %H:%M")));
                    }
                    Some(h) => findings.bad(&connection.name, &h.error, None),
                }
            }
        }
        Err(error) => findings.bad("store", &error.to_string(), None),
    }
    match inflow_analytics::unmapped_words(&opened.store, &opened.config).await {
        Ok(words) => words.iter().for_each(|(connection, words)| unmapped(connection, words, findings)),
        Err(error) => findings.bad("store", &error.to_string(), None),
    }
    conflicts(&opened.store, findings).await;
    unread(&opened.store, findings).await;
    closings(&opened.store, findings).await;
    messages(&opened, findings).await;
    alerts(&opened, findings).await;
    process(&opened, findings).await;
    refreshes::look(&opened, findings).await;
    opened.close().await;
}

/// Most words of one table that are shown; the rest is counted.
const MOST_WORDS: usize = 20;

/// Words of a connection that nobody mapped, and the lines to paste.
fn unmapped(connection: &str, words: &[Unmapped], findings: &mut Findings<'_>) {
    for section in [None, Some("source_map"), Some("stages")] {
        let of_section: Vec<&Unmapped> = words.iter().filter(|word| word.section == section).collect();
        let Some(last) = of_section.len().min(MOST_WORDS).checked_sub(1) else { continue };
        let replay = format!("`inflow replay --connection {connection}`");
        // A word that several tables say takes one line.
        let mut lines: Vec<&str> = Vec::new();
        for line in of_section.iter().take(MOST_WORDS).filter_map(|word| word.line.as_deref()) {
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
        let place = section.map_or("at the top".to_owned(), |table| format!("under [{table}]"));
        let mut hint = match lines.len() {
            0 => format!("it is mapped by now; run {replay}"),
            _ => format!("add {place} of connections/{connection}.toml, then run {replay}:"),
        };
        for line in lines {
            hint.push_str("\n           ");
            hint.push_str(line);
        }
        for (at, word) in of_section.iter().take(MOST_WORDS).enumerate() {
            findings.bad(connection, &word.message, (at == last).then_some(hint.as_str()));
        }
        if let Some(more) = of_section.len().checked_sub(MOST_WORDS).filter(|more| *more > 0) {
            findings.bad(connection, &format!("{more} more words"), Some("they are shown once these are mapped"));
        }
    }
}

/// Cases that connections tell differently are no fault of the installation, but somebody should look.
async fn conflicts(store: &Store, findings: &mut Findings<'_>) {
    let sql = "SELECT toString(field) AS field, count() AS n FROM inflow.application_conflicts GROUP BY field ORDER BY field";
    let rows = match store.rows(sql, &[]).await {
        Ok(rows) => rows,
        Err(error) => return findings.bad("conflicts", &error.to_string(), None),
    };
    let counts: Vec<(&str, u64)> = rows.iter().filter_map(|row| Some((row.get("field")?.as_str()?, row.get("n")?.as_u64()?))).collect();
    if counts.is_empty() {
        return;
    }
    let all: u64 = counts.iter().map(|(_, n)| n).sum();
    let each = counts.iter().map(|(field, n)| format!("{field} {n}")).collect::<Vec<_>>().join(", ");
    findings.note("conflicts", &format!("{all} ({each})"), "`inflow report conflicts` lists who says what, and what counts");
}

/// Places and pay of postings that were not read, by reason. What a board does not state is no reason.
async fn unread(store: &Store, findings: &mut Findings<'_>) {
    let sql = "SELECT toString(reason) AS reason, count() AS n FROM inflow.postings FINAL ARRAY JOIN reasons AS reason \
               WHERE NOT endsWith(reason, ': not stated') GROUP BY reason ORDER BY n DESC, reason";
    let rows = match store.rows(sql, &[]).await {
        Ok(rows) => rows,
        Err(error) => return findings.bad("postings", &error.to_string(), None),
    };
    let counts: Vec<(&str, u64)> = rows.iter().filter_map(|row| Some((row.get("reason")?.as_str()?, row.get("n")?.as_u64()?))).collect();
    if counts.is_empty() {
        return;
    }
    let each = counts.iter().map(|(reason, n)| format!("{reason} {n}")).collect::<Vec<_>>().join(", ");
    let line = findings.app.printer.pick(&format!("not read: {each}"), &format!("未能识别:{each}")).to_owned();
    findings.note("postings", &line, "inflow query \"SELECT connection, place, pay_text, reasons FROM postings WHERE notEmpty(reasons)\"");
}

/// Letters of alerts that have not arrived.
async fn alerts(opened: &Opened, findings: &mut Findings<'_>) {
    let rows = match opened.store.messages().await {
        Ok(rows) => rows,
        Err(error) => return findings.bad("alerts", &error.to_string(), None),
    };
    for row in rows.iter().filter(|row| row.kind == "alert" && row.state != MessageState::Sent) {
        let (tries, day, error) = (row.attempts, row.period, &row.error);
        let english = format!("told on {day} has not arrived after {tries} attempts: {error}");
        let line = findings.app.printer.pick(&english, &format!("{day} 的告警尝试 {tries} 次未送达:{error}")).to_owned();
        let hint = format!("`inflow message test {}` tries it; `inflow alerts list` shows what stands", row.receiver);
        findings.bad(&format!("alert to {}", row.receiver), &line, Some(&hint));
    }
}

/// What is sent to people: when next, what came last, and who cannot be reached.
async fn messages(opened: &Opened, findings: &mut Findings<'_>) {
    let config = &opened.config;
    if config.messages.message.is_empty() {
        return;
    }
    let rows = match opened.store.messages().await {
        Ok(rows) => rows,
        Err(error) => return findings.bad("messages", &error.to_string(), None),
    };
    let outbox = match Outbox::new(config, Arc::clone(&opened.clock)) {
        Ok(outbox) => outbox,
        Err(error) => return findings.bad("messages", &error.to_string(), error.hint.as_deref()),
    };
    let zone = config.settings.company.timezone;
    let local = |at: DateTime<Utc>| at.with_timezone(&zone).format("%Y-%m-%d %H:%M %Z").to_string();
    let pick = |en: String, zh: String| if findings.app.printer.lang == Lang::Zh { zh } else { en };
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for rule in config.messages.message.iter().filter(|rule| rule.is_enabled()) {
        let next = rule.cron().ok().and_then(|cron| cron.next_after(opened.clock.now(), zone)).map_or_else(|| "–".to_owned(), local);
        let newest =
            |receiver: &str| rows.iter().filter(|row| row.message == rule.id && row.receiver == receiver).max_by_key(|row| row.period);
        let last = rule.to.iter().filter_map(|to| newest(to)).filter(|row| row.state == MessageState::Sent).map(|row| row.period).max();
        let last = last.map_or_else(|| "–".to_owned(), |day| day.to_string());
        good.push((
            format!("message {}", rule.id),
            pick(format!("next {next}, last sent: period from {last}"), format!("下次 {next},最近已发:{last} 起的一期")),
        ));
        for to in &rule.to {
            let what = format!("message {} to {to}", rule.id);
            if let Some(error) = config.messages.receiver(to).and_then(|receiver| outbox.check(receiver).err()) {
                bad.push((what.clone(), error.message, error.hint));
            }
            let Some(row) = newest(to).filter(|row| row.state != MessageState::Sent) else { continue };
            let (tries, period, error) = (row.attempts, row.period, &row.error);
            let again = match row.next_at.filter(|_| row.state != MessageState::GivenUp) {
                Some(at) => pick(format!("tried again {}", local(at)), format!("{} 重试", local(at))),
                None => pick("not tried again by itself".to_owned(), "不再自动重试".to_owned()),
            };
            let line = pick(
                format!("period from {period} has not arrived after {tries} attempts, {again}: {error}"),
                format!("{period} 起的一期尝试 {tries} 次未送达,{again}:{error}"),
            );
            let hint = format!("`inflow message test {to}` tries it; `inflow message send {}` sends what is missing", rule.kind.as_str());
            bad.push((what, line, Some(hint)));
        }
    }
    for (what, line) in good {
        findings.good(&what, &line);
    }
    for (what, line, hint) in bad {
        findings.bad(&what, &line, hint.as_deref());
    }
}

/// What waits to be sent to candidates, what failed, and which gateways do.
async fn process(opened: &Opened, findings: &mut Findings<'_>) {
    let config = &opened.config;
    if !config.processes.is_any() {
        return;
    }
    let now = opened.clock.now();
    let rows = match opened.store.steps(now - HORIZON).await {
        Ok(rows) => rows,
        Err(error) => return findings.bad("process", &error.to_string(), None),
    };
    let leaves = |row: &&StepRow| matches!(row.kind, StepKind::Message | StepKind::Notice);
    let waiting = rows.iter().filter(leaves).filter(|row| row.state.is_pending()).count();
    let open = rows.iter().filter(|row| row.state == StepState::Open).count();
    let (en, zh) =
        (format!("{waiting} messages wait, {open} tasks and proposals are open"), format!("{waiting} 条消息待发,{open} 项待人处理"));
    findings.good("process", findings.app.printer.pick(&en, &zh));
    if let Some(vault) = inflow_actions::process::vault_within(config, &opened.data_dir) {
        findings.bad(
            "process",
            &format!("the vault {} lies in the data folder", shown(&vault)),
            Some("move it elsewhere: it would be copied with the data"),
        );
    }
    // By what they go: a gateway, or a receiver.
    let way = |row: &StepRow| match row.kind {
        StepKind::Notice => format!("receiver {}", row.receiver),
        _ => {
            config.processes.template(&row.what).map_or_else(|| format!("template {}", row.what), |own| format!("gateway {}", own.gateway))
        }
    };
    let mut failing: BTreeMap<(String, String), (usize, usize)> = BTreeMap::new();
    for row in rows.iter().filter(leaves) {
        match row.state {
            StepState::Failed => failing.entry((way(row), row.error.clone())).or_default().0 += 1,
            StepState::GivenUp => failing.entry((way(row), row.error.clone())).or_default().1 += 1,
            _ => {}
        }
    }
    for ((way, error), (again, given_up)) in failing {
        let line = format!("{again} steps fail and are tried again, {given_up} were given up: {error}");
        findings.bad(&way, &line, Some("`inflow process show` lists them"));
    }
    let today = now.with_timezone(&config.settings.company.timezone).date_naive();
    for processor in &config.processes.processor {
        let what = format!("processor {}", processor.id);
        if !processor.holds(today) {
            findings.bad(
                &what,
                "its contract does not hold today: nothing is sent through it",
                Some("contract_from and contract_until in process.toml"),
            );
        } else if let Some(until) = processor.contract_until.filter(|until| !processor.own && (*until - today).num_days() <= CONTRACT_ENDS)
        {
            findings.note(&what, &format!("its contract ends on {until}"), "renew it, and its dates in process.toml");
        }
    }
}

/// Days before the end of a contract from which on it is told.
const CONTRACT_ENDS: i64 = 30;

/// Closed months, by their hashes.
async fn closings(store: &Store, findings: &mut Findings<'_>) {
    let checks = match inflow_analytics::check_closings(store).await {
        Ok(checks) => checks,
        Err(error) => return findings.bad("closings", &error.to_string(), None),
    };
    let wrong: Vec<_> = checks.iter().filter(|check| !check.holds()).collect();
    for check in &wrong {
        let line = super::close::sentence(findings.app, check);
        findings.bad("closings", &line, Some("restore `inflow_state` from a backup, or reopen and close the month again"));
    }
    if let (Some(last), true) = (checks.last(), wrong.is_empty()) {
        let (number, month) = (checks.len(), last.month);
        let line = findings
            .app
            .printer
            .pick(
                &format!("{number} on record, the last of {month}; their hashes hold"),
                &format!("共 {number} 次,最近一次为 {month};哈希均一致"),
            )
            .to_owned();
        findings.good("closings", &line);
    }
}

struct Findings<'a> {
    app: &'a App,
    missing: bool,
}

impl Findings<'_> {
    fn good(&self, what: &str, line: &str) {
        let word = if self.app.printer.lang == Lang::Zh { "正常" } else { "ok" };
        self.app.printer.result(&format!("{word:<8} {what}: {line}"));
    }

    fn note(&self, what: &str, line: &str, hint: &str) {
        let word = if self.app.printer.lang == Lang::Zh { "注意" } else { "note" };
        self.app.printer.result(&format!("{word:<8} {what}: {line}"));
        self.app.printer.result(&format!("         hint: {hint}"));
    }

    fn bad(&mut self, what: &str, line: &str, hint: Option<&str>) {
        self.missing = true;
        let word = if self.app.printer.lang == Lang::Zh { "缺少" } else { "missing" };
        self.app.printer.result(&format!("{word:<8} {what}: {line}"));
        if let Some(hint) = hint {
            self.app.printer.result(&format!("         hint: {hint}"));
        }
    }
}
