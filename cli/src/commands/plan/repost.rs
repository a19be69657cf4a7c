//! `inflow plan repost`

use super::{carry_out, given_up, pick};
use crate::app::{App, Opened};
use crate::args::{PlanRepostArgs, RepostFormat};
use crate::failure::{Failure, exit};
use crate::table;
use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use inflow_actions::repost::carry::{is_automatic, is_imminent};
use inflow_actions::repost::link::Signer;
use inflow_actions::repost::{Situation, calendar_file, left_row, letter, plan, slot_row};
use inflow_actions::send::{Outbox, Outgoing};
use inflow_config::{Config, Lang, RepostMode, did_you_mean};
use inflow_store::{RepostLeftRow, RepostSlotRow, RepostState};
use serde::Serialize;
use std::sync::Arc;
use url::Url;

/// Days that are planned.
const DAYS: u64 = 7;
/// Who plans.
const ACTOR: &str = inflow_store::COMMAND_LINE;
/// Who plans on a schedule.
pub const SCHEDULE: &str = "schedule of reposts";
/// What begins within this of a scheduled pass is handed out by it.
const AHEAD: TimeDelta = TimeDelta::hours(24);

/// What is printed as JSON.
#[derive(Serialize)]
struct Document<'d> {
    from: NaiveDate,
    to: NaiveDate,
    /// Years whose public holidays are not known.
    unknown_years: Vec<i32>,
    slots: &'d [RepostSlotRow],
    left: &'d [RepostLeftRow],
    /// With `--apply`: slots of earlier plans that were due, and of which something became now.
    carried_out: &'d [RepostSlotRow],
}

/// Plans, keeps the plan, prints it, and hands out to-dos where that is asked for.
pub async fn repost(app: &App, args: &PlanRepostArgs) -> Result<u8, Failure> {
    let opened = if args.dry_run { app.attach().await? } else { app.open().await? };
    let planned = Box::pin(planned(app, &opened, args)).await;
    opened.close().await;
    planned
}

async fn planned(app: &App, opened: &Opened, args: &PlanRepostArgs) -> Result<u8, Failure> {
    let (config, store, now) = (&opened.config, &opened.store, opened.clock.now());
    let channels = channels(config, &args.channel)?;
    let (from, to) = period(args, now.with_timezone(&config.settings.company.timezone).date_naive())?;
    let people = |id: &String| config.reposts.of(id).is_some_and(|rules| rules.mode == RepostMode::Todo);
    if args.apply && channels.iter().any(people) {
        receivers_named(config)?;
    }
    // Before planning: the new plan takes the place of what nobody began.
    let carried_out = if args.apply { carry_out(app, opened, ACTOR).await? } else { Vec::new() };
    let Made { unknown, mut slots, left } = make(app, opened, (from, to), &channels, now).await?;
    if !args.dry_run {
        store.keep_repost_plan(ACTOR, &channels, &slots, &left, |slot| is_imminent(config, slot, now)).await?;
    }
    let mut code = 0;
    if args.apply {
        let mut asked = given_up(opened).await?;
        asked.extend(slots.iter().filter(|slot| !is_automatic(config, slot)).cloned());
        code = hand_out(app, opened, &asked).await?;
        if code == 0 {
            for slot in slots.iter_mut().filter(|slot| asked.iter().any(|one| one.slot == slot.slot)) {
                slot.state = RepostState::Told;
            }
        }
    }
    match args.format {
        RepostFormat::Text => app.printer.result(&told(app.printer.lang, config, &slots, &left)),
        RepostFormat::Json => {
            let document = Document { from, to, unknown_years: unknown, slots: &slots, left: &left, carried_out: &carried_out };
            app.printer.result(&serde_json::to_string_pretty(&document).map_err(Failure::ours)?);
        }
        RepostFormat::Csv => app.printer.raw(inflow_dashboards::repost_csv(&slots).map_err(Failure::ours)?.as_bytes()),
        RepostFormat::Ics => {
            let (signer, base) = (Signer::of(store)?, base(config)?);
            let links = (!args.dry_run).then_some((&signer, &base));
            app.printer.raw(calendar_file(&slots, config, app.printer.lang, links).as_bytes());
        }
    }
    Ok(code)
}

/// A plan that is not kept yet.
struct Made {
    unknown: Vec<i32>,
    slots: Vec<RepostSlotRow>,
    left: Vec<RepostLeftRow>,
}

async fn make(
    app: &App,
    opened: &Opened,
    (from, to): (NaiveDate, NaiveDate),
    channels: &[String],
    now: DateTime<Utc>,
) -> Result<Made, Failure> {
    let config = &opened.config;
    // Reads while nobody exchanges tables.
    let situation = {
        let _nothing_exchanged = opened.host.gate.read().await;
        Situation::read(&opened.store, config, now, (from, to), channels).await.map_err(|error| Failure::explain(&error))?
    };
    let unknown: Vec<i32> = situation.calendar.unknown(from, to).into_iter().map(|year| year.0).collect();
    for year in &unknown {
        app.printer.warn(
            &format!("the public holidays of {year} are not known: give them as days_off and workdays in reposts.toml"),
            &format!("{year} 年的放假安排未知:请在 reposts.toml 中以 days_off 与 workdays 写明"),
        );
    }
    let made = plan(&situation);
    let left = made.left.iter().map(|one| left_row(one, now)).collect();
    let slots = made.slots.iter().map(|one| slot_row(one, config, now)).collect();
    Ok(Made { unknown, slots, left })
}

/// What `inflow run` does on the schedule of reposts.toml: plans the days to come, and hands out the slots of the next 24 hours where receivers are
/// named. The others may still be moved by the next pass.
pub async fn pass(app: &App, opened: &Opened) -> Result<(), Failure> {
    let (config, now) = (&opened.config, opened.clock.now());
    let channels = channels(config, &[])?;
    let today = now.with_timezone(&config.settings.company.timezone).date_naive();
    let to = today.checked_add_days(Days::new(DAYS - 1)).unwrap_or(today);
    carry_out(app, opened, SCHEDULE).await?;
    let made = make(app, opened, (today, to), &channels, now).await?;
    opened.store.keep_repost_plan(SCHEDULE, &channels, &made.slots, &made.left, |slot| is_imminent(config, slot, now)).await?;
    let (slots, left) = (made.slots.len(), made.left.len());
    app.printer
        .note(&format!("reposts: {slots} planned, {left} postings without"), &format!("职位刷新:已计划 {slots} 次,{left} 个职位未排入"));
    let asked = |slot: &RepostSlotRow| slot.at < now + AHEAD && !is_automatic(config, slot);
    let soon: Vec<RepostSlotRow> = made.slots.into_iter().filter(asked).collect();
    if !config.reposts.to.is_empty() && !soon.is_empty() {
        hand_out(app, opened, &soon).await?;
    }
    Ok(())
}

/// When a plan was last made, and how many of its slots wait and were handed out.
pub async fn last(opened: &Opened) -> Result<Option<(DateTime<Utc>, usize, usize)>, Failure> {
    let now = opened.clock.now();
    let far = TimeDelta::days(62);
    let slots = opened.store.repost_slots(None, now - far, now + far).await?;
    let left = opened.store.repost_left(None).await?;
    let made = slots.iter().map(|slot| slot.made_at).chain(left.iter().map(|one| one.made_at)).max();
    let count = |state| slots.iter().filter(|slot| slot.state == state && slot.at >= now).count();
    Ok(made.map(|at| (at, count(RepostState::Planned), count(RepostState::Told))))
}

/// The channels that are planned: those asked for, or all of reposts.toml.
fn channels(config: &Config, asked: &[String]) -> Result<Vec<String>, Failure> {
    let known: Vec<&str> = config.reposts.channel.iter().filter(|one| one.enabled.unwrap_or(true)).map(|one| one.id.as_str()).collect();
    if known.is_empty() {
        let hint = "reposts.toml beside inflow.toml: [[channel]] with id and per_day; docs/repost.md explains the rest";
        return Err(Failure::user("no channel has rules for reposts", hint));
    }
    if let Some(strange) = asked.iter().find(|one| !known.contains(&one.as_str())) {
        let hint = did_you_mean(strange, known.iter().copied()).unwrap_or_else(|| format!("it has {}", known.join(", ")));
        return Err(Failure::user(format!("reposts.toml has no channel {strange:?} that is enabled"), hint));
    }
    if asked.is_empty() { Ok(known.into_iter().map(str::to_owned).collect()) } else { Ok(asked.to_vec()) }
}

fn period(args: &PlanRepostArgs, today: NaiveDate) -> Result<(NaiveDate, NaiveDate), Failure> {
    let from = args.from.unwrap_or(today);
    let days = args.days.unwrap_or(DAYS) - 1;
    let to = args.to.or_else(|| from.checked_add_days(Days::new(days))).unwrap_or(from);
    if to < from {
        return Err(Failure::user(format!("the period begins on {from}, after its end on {to}"), "both days are inclusive"));
    }
    if to < today {
        return Err(Failure::user(format!("the period ended on {to}, before today"), "a plan is of days to come"));
    }
    if (to - from).num_days() > 61 {
        return Err(Failure::user("a plan is of 62 days at most", "give a nearer --to, or --days"));
    }
    Ok((from, to))
}

fn receivers_named(config: &Config) -> Result<(), Failure> {
    if config.reposts.to.is_empty() {
        let hint = "to = [\"hr_group\"] at the top of reposts.toml names a [[receiver]] of messages.toml";
        return Err(Failure::user("--apply hands out to-dos, and reposts.toml names no receiver", hint));
    }
    Ok(())
}

/// Where people reach page and API.
fn base(config: &Config) -> Result<Url, Failure> {
    match &config.reposts.link_base {
        Some(base) => Ok(base.clone()),
        None => Url::parse(&format!("http://{}/", config.settings.serve.page)).map_err(Failure::ours),
    }
}

/// Sends the to-dos; with nobody to send them to, nothing is. A slot is told when one receiver has it at least; who has none is said.
pub async fn hand_out(app: &App, opened: &Opened, slots: &[RepostSlotRow]) -> Result<u8, Failure> {
    let (config, store) = (&opened.config, &opened.store);
    let _turn = opened.host.sending.lock().await;
    // Somebody else may have told of them, or answered, since they were read.
    let slots = &store.untold_reposts(slots).await?;
    if slots.is_empty() {
        app.printer.note("nothing to hand out", "没有需要下发的待办");
        return Ok(0);
    }
    if config.reposts.to.is_empty() {
        let count = slots.len();
        app.printer.warn(
            &format!("{count} slots wait for a person, and reposts.toml names no receiver in `to`"),
            &format!("{count} 个时段需要人处理,而 reposts.toml 的 to 没有接收人"),
        );
        return Ok(0);
    }
    let lang = if config.settings.company.country == "CN" { Lang::Zh } else { Lang::En };
    let letter = letter(slots, config, lang, &Signer::of(store)?, &base(config)?);
    let outbox = Outbox::new(config, Arc::clone(&opened.clock)).map_err(|error| Failure::explain(&error))?;
    let (mut reached, mut code) = (false, 0);
    for receiver in config.reposts.to.iter().filter_map(|id| config.messages.receiver(id)) {
        match outbox.send(receiver, &letter).await {
            Ok(()) => {
                reached = true;
                let (id, count) = (&receiver.id, slots.len());
                app.printer.note(&format!("{id}: {count} to-dos sent"), &format!("{id}:已发送 {count} 项待办"));
            }
            Err(error) => {
                code = exit::USER;
                app.printer.error(&format!("{}: {error}", receiver.id), error.hint.as_deref());
            }
        }
    }
    if reached {
        store.tell_reposts(ACTOR, slots).await?;
    }
    Ok(code)
}

fn gain(slot: &RepostSlotRow) -> String {
    match (slot.gain, slot.gain_low, slot.gain_high) {
        (Some(value), Some(low), Some(high)) => format!("{value:+.2} ({low:+.2}..{high:+.2})"),
        _ => "–".to_owned(),
    }
}

fn told(lang: Lang, config: &Config, slots: &[RepostSlotRow], left: &[RepostLeftRow]) -> String {
    let name = |id: &str| config.channel(id).map_or(id, |channel| channel.name.get(lang)).to_owned();
    let header = |words: &[(&str, &str)]| words.iter().map(|(en, zh)| pick(lang, en, zh).to_owned()).collect::<Vec<_>>();
    let columns =
        [("when", "时间"), ("channel", "渠道"), ("posting", "职位"), ("gain, people", "预期增益(人)"), ("cost", "费用"), ("why", "原因")];
    let rows: Vec<Vec<String>> = slots
        .iter()
        .map(|slot| {
            let posting = format!("{} {}", slot.posting_source_id, slot.title);
            let reason = pick(lang, &slot.reason_en, &slot.reason_zh).to_owned();
            vec![slot.local.clone(), name(&slot.channel), posting, gain(slot), slot.cost.to_string(), reason]
        })
        .collect();
    let mut text = match lang {
        Lang::En => format!("{} refreshes planned, {} postings without\n", slots.len(), left.len()),
        Lang::Zh => format!("计划刷新 {} 次,{} 个职位未排入\n", slots.len(), left.len()),
    };
    if !rows.is_empty() {
        text.push_str(&table::draw(&header(&columns), &rows));
    }
    if !left.is_empty() {
        let rows: Vec<Vec<String>> = left
            .iter()
            .map(|one| {
                vec![
                    name(&one.channel),
                    format!("{} {}", one.posting_source_id, one.title),
                    pick(lang, &one.reason_en, &one.reason_zh).to_owned(),
                ]
            })
            .collect();
        text.push_str(&table::draw(&header(&[("channel", "渠道"), ("posting without", "未排入的职位"), ("why", "原因")]), &rows));
    }
    text.push_str(pick(
        lang,
        "A gain is people more than at a working hour at random, with its 95 % interval; it is proven only where the reason says measured.\n",
        "增益为相对随机工作时段多带来的人数及 95 % 区间;仅当原因注明“实测”时才算证实。\n",
    ));
    text
}
