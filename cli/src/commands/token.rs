//! `inflow token`: who may read page and API.

use crate::app::{App, Opened};
use crate::args::{TokenAddArgs, TokenCommand, TokenFormat, TokenListArgs};
use crate::failure::Failure;
use crate::table;
use chrono::{DateTime, NaiveDate, SubsecRound, Utc};
use inflow_connectors::spec::local_instant;
use inflow_dashboards::{NewToken, Role};
use inflow_store::{COMMAND_LINE, TokenRow, TokenUse};
use serde_json::{Value, json};

/// Makes or revokes a token.
pub async fn write(app: &App, command: &TokenCommand) -> Result<u8, Failure> {
    let opened = app.open().await?;
    let done = match command {
        TokenCommand::Add(args) => add(app, &opened, args).await,
        TokenCommand::Revoke { token } => revoke(app, &opened, token).await,
        TokenCommand::List(_) => Err(Failure::ours("a list is no job")),
    };
    opened.close().await;
    done.map(|()| 0)
}

async fn add(app: &App, opened: &Opened, args: &TokenAddArgs) -> Result<(), Failure> {
    let now = opened.clock.now();
    let name = args.name.trim();
    if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
        return Err(Failure::user(
            format!("{:?} is no name for a token", args.name),
            "name a person or a program, in at most 100 characters",
        ));
    }
    match (args.role, args.requisitions.is_empty()) {
        (Role::Recruiter, true) => {
            return Err(Failure::user(
                "a recruiter's token reads its own requisitions, and none is named",
                "name them with --requisition ID",
            ));
        }
        (Role::Recruiter, false) | (_, true) => {}
        (role, false) => {
            return Err(Failure::user(
                format!("the role {role} is not narrowed to requisitions"),
                "leave --requisition away, or give --role recruiter",
            ));
        }
    }
    let tokens = opened.store.tokens().await?;
    if let Some(there) = tokens.iter().find(|token| token.name == name && token.holds(now)) {
        return Err(Failure::user(
            format!("{name:?} has a token already ({})", there.prefix),
            format!("give another name, or take it away first: inflow token revoke {}", there.prefix),
        ));
    }
    let expires_at = args.expires.map(|day| end_of(opened, day, now)).transpose()?;
    let mut made = NewToken::make().map_err(Failure::ours)?;
    // Eight digits may meet by chance.
    while tokens.iter().any(|token| token.prefix == made.prefix) {
        made = NewToken::make().map_err(Failure::ours)?;
    }
    let row = TokenRow {
        prefix: made.prefix,
        name: name.to_owned(),
        hash: made.hash,
        role: args.role.as_str().to_owned(),
        requisitions: args.requisitions.clone(),
        per_minute: args.limit,
        created_at: now.trunc_subsecs(3),
        expires_at,
        revoked_at: None,
    };
    opened.store.record_token(&row).await?;
    let detail = json!({
        "token": row.prefix, "name": row.name, "role": row.role, "requisitions": row.requisitions, "per_minute": row.per_minute,
        "expires_at": row.expires_at,
    });
    opened.store.audit(COMMAND_LINE, "token add", &detail.to_string()).await?;
    app.printer.note(
        &format!("token of {name} ({}), shown this once; keep it as a password:", row.role),
        &format!("{name} 的令牌({}),仅显示这一次,请像密码一样保管:", row.role),
    );
    app.printer.result(&made.secret);
    Ok(())
}

/// The end of a local day of the company.
fn end_of(opened: &Opened, day: NaiveDate, now: DateTime<Utc>) -> Result<DateTime<Utc>, Failure> {
    let zone = opened.config.settings.company.timezone;
    let next = day.succ_opt().and_then(|next| next.and_hms_opt(0, 0, 0));
    let end = next.and_then(|next| local_instant(next, zone));
    match end {
        Some(end) if end > now && end.timestamp() < 10_000_000_000 => Ok(end),
        _ => {
            Err(Failure::user(format!("--expires {day} is not a day to come"), "name the last day on which the token is to open anything"))
        }
    }
}

async fn revoke(app: &App, opened: &Opened, asked: &str) -> Result<(), Failure> {
    let now = opened.clock.now();
    let tokens = opened.store.tokens().await?;
    let mut found = tokens.iter().filter(|token| token.revoked_at.is_none() && (token.name == asked || token.prefix == asked));
    // Of one name, the one that holds; an expired one by its prefix.
    let Some(token) = found.clone().find(|token| token.holds(now)).or_else(|| found.next()) else {
        return Err(Failure::user(format!("nobody has a token {asked:?}"), "`inflow token list` shows the tokens there are"));
    };
    opened.store.record_token(&TokenRow { revoked_at: Some(now.trunc_subsecs(3)), ..token.clone() }).await?;
    opened.store.audit(COMMAND_LINE, "token revoke", &json!({"token": token.prefix, "name": token.name}).to_string()).await?;
    let (en, zh) =
        (format!("token {} of {} is revoked", token.prefix, token.name), format!("{} 的令牌 {} 已吊销", token.name, token.prefix));
    app.printer.result(app.printer.pick(&en, &zh));
    Ok(())
}

/// Lists the tokens.
pub async fn list(app: &App, args: &TokenListArgs) -> Result<u8, Failure> {
    let opened = app.attach().await?;
    let (tokens, uses, now) = (opened.store.tokens().await, opened.store.token_uses().await, opened.clock.now());
    let zone = opened.config.settings.company.timezone;
    opened.close().await;
    let (tokens, uses) = (tokens?, uses?);
    let used = |token: &TokenRow| uses.iter().find(|one| one.prefix == token.prefix);
    if args.format == TokenFormat::Json {
        let all: Vec<Value> = tokens.iter().map(|token| document(token, used(token), now)).collect();
        app.printer.result(&serde_json::to_string_pretty(&all).map_err(Failure::ours)?);
        return Ok(0);
    }
    if tokens.is_empty() {
        app.printer
            .note("nobody has a token; `inflow token add NAME --role R` makes one", "尚无令牌;用 inflow token add 名称 --role 角色 生成");
        return Ok(0);
    }
    let header = [
        ("name", "名称"),
        ("role", "角色"),
        ("token", "令牌"),
        ("state", "状态"),
        ("expires", "到期"),
        ("per minute", "每分钟"),
        ("requests", "请求数"),
        ("refused", "被拒"),
        ("last used", "最近使用"),
        ("requisitions", "需求"),
    ]
    .map(|(en, zh)| app.printer.pick(en, zh).to_owned());
    let local = |at: DateTime<Utc>| at.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string();
    let dash = || "–".to_owned();
    let rows = tokens.iter().map(|token| {
        let used = used(token);
        let (state, state_zh) = state(token, now);
        vec![
            token.name.clone(),
            token.role.clone(),
            format!("inflow_{}_…", token.prefix),
            app.printer.pick(state, state_zh).to_owned(),
            token.expires_at.map_or_else(dash, local),
            token.per_minute.to_string(),
            used.map_or_else(|| "0".to_owned(), |one| one.requests.to_string()),
            used.map_or_else(|| "0".to_owned(), |one| one.refused.to_string()),
            used.map_or_else(dash, |one| local(one.last_used_at)),
            if token.requisitions.is_empty() { dash() } else { token.requisitions.join(", ") },
        ]
    });
    app.printer.result(&table::draw(&header, &rows.collect::<Vec<_>>()));
    Ok(0)
}

fn state(token: &TokenRow, now: DateTime<Utc>) -> (&'static str, &'static str) {
    if token.revoked_at.is_some() {
        ("revoked", "已吊销")
    } else if token.holds(now) {
        ("ok", "有效")
    } else {
        ("expired", "已过期")
    }
}

/// A token without its hash.
fn document(token: &TokenRow, used: Option<&TokenUse>, now: DateTime<Utc>) -> Value {
    json!({
        "name": token.name, "role": token.role, "prefix": token.prefix, "state": state(token, now).0, "requisitions": token.requisitions,
        "per_minute": token.per_minute, "created_at": token.created_at, "expires_at": token.expires_at, "revoked_at": token.revoked_at,
        "requests": used.map_or(0, |one| one.requests), "refused": used.map_or(0, |one| one.refused),
        "last_used_at": used.map(|one| one.last_used_at),
    })
}
