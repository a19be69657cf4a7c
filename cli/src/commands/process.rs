//! `inflow process`

use crate::app::{App, Opened};
use crate::args::{DecisionArgs, ListFormat, OptOutArgs, ProcessCommand, ProcessRunArgs, ProcessShowArgs};
use crate::failure::{Failure, exit};
use crate::output::Printer;
use crate::table;
use chrono::{DateTime, Utc};
use inflow_actions::process::words::{state_words, step_words};
use inflow_actions::process::{
    Case, Contacts, Gateways, HORIZON, Look, Pass, Round, Runner, gate, opt_out_digests, read_cases, vault_within,
};
use inflow_config::{Config, Lang};
use inflow_connectors::identity::IdentityKeys;
use inflow_store::{COMMAND_LINE, StepKind, StepRow, StepState, StoreError};
use serde_json::json;

/// A command that writes.
pub async fn write(app: &App, command: &ProcessCommand) -> Result<u8, Failure> {
    let opened = app.open().await?;
    let done = match command {
        ProcessCommand::Run(_) => run(app, &opened).await,
        ProcessCommand::Done(args) => decide(app, &opened, args, StepKind::Task, StepState::Done).await,
        ProcessCommand::Confirm(args) => decide(app, &opened, args, StepKind::Proposal, StepState::Confirmed).await,
        ProcessCommand::Dismiss(args) => decide(app, &opened, args, StepKind::Known, StepState::Dismissed).await,
        ProcessCommand::OptOut(args) => opt_out(app, &opened, args).await,
        ProcessCommand::Show(_) => Err(Failure::ours("a list is no job")),
    };
    opened.close().await;
    done
}

/// A command that reads.
pub async fn look(app: &App, command: &ProcessCommand) -> Result<u8, Failure> {
    let opened = app.attach().await?;
    let done = match command {
        ProcessCommand::Run(ProcessRunArgs { .. }) => dry_run(app, &opened).await,
        ProcessCommand::Show(args) => show(app, &opened, args).await,
        _ => Err(Failure::ours("a decision is a job")),
    };
    opened.close().await;
    done
}

/// What a pass of the daemon or of the command line works with.
pub struct Leading<'o> {
    opened: &'o Opened,
    outbox: inflow_actions::send::Outbox<'o>,
    keys: IdentityKeys,
}

impl<'o> Leading<'o> {
    /// Refuses a vault that would be copied with the data.
    pub fn new(opened: &'o Opened) -> Result<Self, Failure> {
        if let Some(vault) = vault_within(&opened.config, &opened.data_dir) {
            return Err(Failure::user(
                format!("the vault {} lies in the data folder, with which it would be copied", vault.display()),
                "move it elsewhere, and name it under [contacts] in process.toml",
            ));
        }
        let outbox = super::message::outbox(opened)?;
        Ok(Self { opened, outbox, keys: opened.keys()? })
    }

    /// Looks at every case, and does what is due.
    pub async fn pass(&self) -> Result<Pass, StoreError> {
        let opened = self.opened;
        // One at a time, as with messages: who is sending is waited for.
        let _turn = opened.host.sending.lock().await;
        let now = opened.clock.now();
        let facts = {
            let _nothing_exchanged = opened.host.gate.read().await;
            read_cases(&opened.store, &opened.config, now).await?
        };
        let (contacts, ways) = (Contacts::new(&self.outbox), Gateways::new(&self.outbox));
        let runner = Runner { memory: &opened.store, contacts: &contacts, ways: &ways, config: &opened.config, keys: &self.keys };
        runner.pass(&facts.cases, now).await
    }
}

/// Refuses to lead without rules.
fn has_any(config: &Config) -> Result<(), Failure> {
    if config.processes.is_any() {
        return Ok(());
    }
    Err(Failure::user(
        "there is no [[process]] in process.toml",
        "docs/process.md begins with one; `inflow init` writes a commented example",
    ))
}

async fn run(app: &App, opened: &Opened) -> Result<u8, Failure> {
    has_any(&opened.config)?;
    let pass = Leading::new(opened)?.pass().await?;
    let failed = say(&app.printer, "", &pass);
    Ok(if failed { exit::PARTLY } else { 0 })
}

/// What a pass did, in lines; whether something did not arrive. `time` stands before each line.
pub fn say(printer: &Printer, time: &str, pass: &Pass) -> bool {
    for (state, count) in &pass.planned {
        printer.note(&format!("{time}process: {count} new, {state}"), &format!("{time}流程:新增 {count} 项({state})"));
    }
    if pass.obsolete > 0 {
        let count = pass.obsolete;
        printer.note(&format!("{time}process: {count} no longer due"), &format!("{time}流程:{count} 项不再需要"));
    }
    let mut failed = false;
    for Round { row, hint } in &pass.rounds {
        let what = step_words(row, printer.lang);
        let line = format!("{time}{}:{} {what}: {}", row.connection, row.application, state_words(row.state, printer.lang));
        if row.error.is_empty() {
            printer.note(&line, &line);
        } else {
            failed = true;
            printer.error(&format!("{line}, {}", row.error), hint.as_deref());
        }
    }
    failed
}

async fn dry_run(app: &App, opened: &Opened) -> Result<u8, Failure> {
    has_any(&opened.config)?;
    let now = opened.clock.now();
    let facts = read_cases(&opened.store, &opened.config, now).await?;
    let known = opened.store.steps(now - HORIZON).await?;
    let mut rows = Vec::new();
    for case in &facts.cases {
        let Some(look) = looking(&opened.config, case, now) else { continue };
        for due in look.standing(case).into_iter().filter(|due| known.iter().all(|row| row.key != due.key)) {
            rows.push(vec![
                named(case),
                look.process.id.clone(),
                format!("{}/{}", due.rule, due.step),
                local(&opened.config, due.due_at),
                due.subject,
            ]);
        }
    }
    let header =
        heads(&app.printer, &[("application", "申请"), ("process", "流程"), ("step", "步骤"), ("due since", "应于"), ("about", "对象")]);
    app.printer.raw(table::draw(&header, &rows).as_bytes());
    let (cases, count) = (facts.cases.len(), rows.len());
    app.printer.note(
        &format!("{cases} cases looked at, {count} steps stand and are not remembered; those due before a process was known are not done"),
        &format!("检查 {cases} 个申请,{count} 个步骤尚未登记;流程启用前到期的不会执行"),
    );
    Ok(0)
}

fn looking<'c>(config: &'c Config, case: &Case, now: DateTime<Utc>) -> Option<Look<'c>> {
    let process = config.processes.of_family(&case.job_family)?;
    Some(Look { process, quiet: config.processes.quiet, zone: config.settings.company.timezone, now })
}

async fn show(app: &App, opened: &Opened, args: &ProcessShowArgs) -> Result<u8, Failure> {
    has_any(&opened.config)?;
    let (printer, config, now) = (&app.printer, &opened.config, opened.clock.now());
    let facts = read_cases(&opened.store, config, now).await?;
    let wanted =
        |connection: &str, application: &str| args.application.as_ref().is_none_or(|asked| *asked == format!("{connection}:{application}"));
    let all = opened.store.steps(now - HORIZON).await?;
    let listed = |row: &&StepRow| {
        let waits = row.state.is_pending() || row.state == StepState::GivenUp;
        row.kind != StepKind::Known && wanted(&row.connection, &row.application) && (waits || args.application.is_some())
    };
    let steps: Vec<&StepRow> = all.iter().filter(listed).collect();
    let mut blocked = Vec::new();
    for case in facts.cases.iter().filter(|case| wanted(&case.connection, &case.application)) {
        let Some(look) = looking(config, case, now) else { continue };
        blocked.extend(look.blocked(case).into_iter().map(|gate| (case, look.process, gate)));
    }
    if args.format == ListFormat::Json {
        let blocked: Vec<_> = blocked
            .iter()
            .map(|(case, process, blocked)| {
                json!({
                    "application": named(case), "process": process.id, "gate": blocked.gate, "before": blocked.before,
                    "why": blocked.standing.said(Lang::En), "store": case.store, "recruiter": case.recruiter,
                })
            })
            .collect();
        printer.result(&serde_json::to_string_pretty(&json!({"steps": steps, "blocked": blocked})).map_err(Failure::ours)?);
        return Ok(0);
    }
    let rows: Vec<Vec<String>> = steps
        .iter()
        .map(|row| {
            let state = state_words(row.state, printer.lang);
            let why = [row.error.as_str(), row.reason.as_str()].into_iter().find(|text| !text.is_empty()).unwrap_or_default();
            let state = if why.is_empty() { state.to_owned() } else { format!("{state}: {why}") };
            vec![
                short(row),
                format!("{}:{}", row.connection, row.application),
                step_words(row, printer.lang),
                local(config, row.due_at),
                state,
            ]
        })
        .collect();
    let header = heads(printer, &[("key", "编号"), ("application", "申请"), ("what", "事项"), ("due since", "应于"), ("state", "状态")]);
    printer.raw(table::draw(&header, &rows).as_bytes());
    if !blocked.is_empty() {
        let rows: Vec<Vec<String>> = blocked
            .iter()
            .map(|(case, process, blocked)| {
                let gate = process.gate.iter().find(|gate| gate.id == blocked.gate);
                let what = gate.map_or(blocked.gate.as_str(), |gate| gate::name(gate.assessment, printer.lang));
                vec![
                    named(case),
                    blocked.before.clone(),
                    what.to_owned(),
                    blocked.standing.said(printer.lang),
                    case.store.clone(),
                    case.recruiter.clone(),
                ]
            })
            .collect();
        let heads_of = [
            ("application", "申请"),
            ("blocked before", "卡在"),
            ("lacks", "缺少"),
            ("why", "原因"),
            ("store", "门店"),
            ("recruiter", "招聘"),
        ];
        printer.raw(table::draw(&heads(printer, &heads_of), &rows).as_bytes());
    }
    let open = steps.iter().filter(|row| row.state == StepState::Open).count();
    printer.note(
        &format!("{open} open for people, {} blocked; `inflow process done|confirm|dismiss KEY --reason ..`", blocked.len()),
        &format!("待人处理 {open} 项,卡住 {} 人;用 inflow process done|confirm|dismiss 编号 --reason .. 处理", blocked.len()),
    );
    Ok(0)
}

async fn decide(app: &App, opened: &Opened, args: &DecisionArgs, kind: StepKind, state: StepState) -> Result<u8, Failure> {
    let reason = args.reason.trim();
    if reason.is_empty() || reason.chars().count() > 500 || reason.chars().any(char::is_control) {
        return Err(Failure::user("a decision needs a reason in at most 500 characters", "--reason \"does not answer, called twice\""));
    }
    if args.key.len() < 6 || !args.key.chars().all(|c| c.is_ascii_hexdigit()) {
        return Err(Failure::user(
            format!("{:?} is no key of a step", args.key),
            "`inflow process show` lists them; six digits are enough",
        ));
    }
    // A pass under way has the step in hand as it was, and may find it no longer due: what a person decides is noted after it.
    let _turn = app.unless_stopped(opened.host.sending.lock()).await?;
    let found = opened.store.steps_of_key(&args.key.to_lowercase()).await?;
    let row = match found.as_slice() {
        [row] => row,
        [] => return Err(Failure::user(format!("there is no step {}", args.key), "`inflow process show` lists what is open")),
        _ => return Err(Failure::user(format!("{} steps begin with {}", found.len(), args.key), "give more digits of the key")),
    };
    let fits = row.kind == kind || (state == StepState::Dismissed && matches!(row.kind, StepKind::Task | StepKind::Proposal));
    if !fits {
        let hint = match row.kind {
            StepKind::Task => "a task is `done`",
            StepKind::Proposal => "a proposal is confirmed: `inflow process confirm`",
            _ => "only tasks and proposals wait for somebody",
        };
        return Err(Failure::user(format!("{} is a {}", short(row), kind_word(row.kind)), hint));
    }
    if row.state != StepState::Open {
        let message = format!("{} is not open any more: {}", short(row), state_words(row.state, Lang::En));
        return Err(Failure::user(message, "`inflow process show` lists what is open"));
    }
    let by = args.by.as_deref().map_or(COMMAND_LINE, str::trim).to_owned();
    let decided = StepRow { state, decided_by: by.clone(), reason: reason.to_owned(), last_at: opened.clock.now(), ..row.clone() };
    let detail = json!({
        "step": row.key, "kind": kind_word(row.kind), "what": row.what, "process": row.process, "rule": row.rule,
        "decision": state.as_str(), "reason": reason,
    });
    // The decision first: without a line of the audit it would not have been made.
    opened.store.audit(&by, "process decision", &detail.to_string()).await?;
    opened.store.note_steps(std::slice::from_ref(&decided)).await?;
    let line = format!("{} {}: {}", short(&decided), step_words(&decided, app.printer.lang), state_words(state, app.printer.lang));
    app.printer.result(&line);
    if state == StepState::Confirmed {
        app.printer.note("carry it out in the ATS: inflow changes no case there", "请在招聘系统中执行:inflow 不会改动其中的申请");
    }
    Ok(0)
}

async fn opt_out(app: &App, opened: &Opened, args: &OptOutArgs) -> Result<u8, Failure> {
    let (phone, email) = (args.phone.as_deref().unwrap_or_default().trim(), args.email.as_deref().unwrap_or_default().trim());
    let digests = opt_out_digests(&opened.keys()?, &opened.config, phone, email);
    let readable = phone.chars().filter(char::is_ascii_digit).count() >= 5 || email.contains('@');
    if digests.is_empty() || !readable {
        // What was typed is not repeated: it is somebody's number.
        return Err(Failure::user("that is no phone number or mail address", "--phone 13900001234, or --email a@b.example"));
    }
    opened.store.note_opt_outs(&digests, args.withdraw).await?;
    let action = if args.withdraw { "opt-out withdrawn" } else { "opt-out" };
    opened.store.audit(COMMAND_LINE, action, "{}").await?;
    app.printer.result(if args.withdraw {
        app.printer.pick("messages may be sent there again", "可再次向其发送消息")
    } else {
        app.printer.pick("no more messages go there", "不再向其发送消息")
    });
    Ok(0)
}

fn kind_word(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Known => "process",
        StepKind::Message => "message",
        StepKind::Task => "task",
        StepKind::Proposal => "proposal",
        StepKind::Notice => "notice",
    }
}

fn short(row: &StepRow) -> String {
    row.key.chars().take(8).collect()
}

fn named(case: &Case) -> String {
    format!("{}:{}", case.connection, case.application)
}

fn local(config: &Config, at: DateTime<Utc>) -> String {
    at.with_timezone(&config.settings.company.timezone).format("%Y-%m-%d %H:%M").to_string()
}

fn heads(printer: &Printer, heads: &[(&str, &str)]) -> Vec<String> {
    heads.iter().map(|(en, zh)| printer.pick(en, zh).to_owned()).collect()
}
