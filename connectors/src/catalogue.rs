//! `docs/connectors.md`: every connector with what it delivers and what it cannot, made from the specs.

use std::fmt::Write;

use inflow_config::Lang;

use crate::spec::{Auth, BudgetWindow, Kind, Paginate, Spec, Stream, WayIn, all};

/// Columns that say little about a connector: what it cannot give is told without them.
const MINOR: &[&str] = &["channel", "requisition_source_id", "store", "pay_months", "pay_currency", "pay_period", "country", "account"];

/// The catalogue of all built-in connectors in one language, as Markdown.
pub fn catalogue(lang: Lang) -> String {
    let zh = lang == Lang::Zh;
    let pick = |en: &'static str, zh_text: &'static str| if zh { zh_text } else { en };
    let specs: Vec<&Spec> = all().into_iter().filter(|spec| crate::spec::built_in(&spec.name).is_some()).collect();
    let mut text = String::new();
    let mut line = |words: &str| {
        text.push_str(words);
        text.push('\n');
    };
    line(pick("# Connectors", "# 连接器"));
    line("");
    line(pick(
        "Made from `connectors/specs/*.toml` by `cargo xtask gen`; do not edit. A connection is a file `connections/NAME.toml` with\n\
         `connector = \"..\"`, its `[params]` and `[secrets]`; `inflow connector test NAME` tries it with one small call. `connector = \"file\"` reads\n\
         any spreadsheet by a mapping of your own, `connector = \"webhook\"` takes signed calls. None of these boards documents an open way to refresh a\n\
         posting; a spec of your own may have one, `[actions.refresh]`: the words stand in connectors/README.md.",
        "由 `cargo xtask gen` 根据 `connectors/specs/*.toml` 生成,请勿手改。一个连接就是一个 `connections/名称.toml` 文件,写明 `connector = \"..\"`、\n\
         `[params]` 与 `[secrets]`;`inflow connector test 名称` 用一次小请求试通。`connector = \"file\"` 按自写映射读取任意表格,`connector = \"webhook\"`\n\
         接收带签名的推送。以下平台均无公开的刷新接口;自写规格可用 `[actions.refresh]` 说明刷新办法,用词见 connectors/README.md。",
    ));
    line("");
    line(pick("| connector | board | lawful way in | delivers |", "| 连接器 | 平台 | 合法途径 | 数据 |"));
    line("|---|---|---|---|");
    for spec in &specs {
        let mut kinds: Vec<&str> =
            spec.streams.iter().map(|stream| stream.kind).filter(|kind| *kind != Kind::Reference).map(|kind| kind_name(kind, zh)).collect();
        kinds.dedup();
        kinds.sort_unstable();
        kinds.dedup();
        line(&format!(
            "| [`{}`](#{}) | {} | {} | {} |",
            spec.name,
            spec.name,
            title(spec, zh),
            way_in(spec.way_in, zh),
            kinds.join(pick(", ", "、"))
        ));
    }
    for spec in &specs {
        line("");
        line(&board(spec, zh));
    }
    text
}

fn title(spec: &Spec, zh: bool) -> &str {
    if zh { &spec.title.zh } else { &spec.title.en }
}

fn way_in(way: WayIn, zh: bool) -> &'static str {
    let (en, cn) = match way {
        WayIn::OfficialApi => ("the official API, with the company's own credential", "官方 API(企业自己的凭证)"),
        WayIn::PublicFeed => ("a feed that is published for everyone", "面向公众发布的数据源"),
        WayIn::Export => ("files that the company exports", "企业自行导出的文件"),
        WayIn::OwnPages => ("the company's own pages, as robots.txt allows", "企业自己的网页(遵守 robots.txt)"),
        WayIn::OwnMailbox => ("the company's own mailbox", "企业自己的邮箱"),
        WayIn::Webhook => ("the system calls us, signed", "对方系统带签名推送"),
    };
    if zh { cn } else { en }
}

fn kind_name(kind: Kind, zh: bool) -> &'static str {
    if !zh {
        return kind.as_str();
    }
    match kind {
        Kind::Postings => "职位",
        Kind::Applications => "应聘",
        Kind::Events => "阶段记录",
        Kind::Spend => "费用",
        Kind::BankLines => "银行流水",
        Kind::Invoices => "发票",
        Kind::Requisitions => "招聘需求",
        Kind::ChannelDaily => "渠道每日数据",
        Kind::Employment => "入职与在职",
        Kind::Assessments => "测评与证件",
        Kind::Invitations => "面试邀约",
        Kind::Reference => "对照表",
    }
}

fn board(spec: &Spec, zh: bool) -> String {
    let pick = |en: &'static str, cn: &'static str| if zh { cn } else { en };
    let mut text = format!("## {}\n\n{}: {}", spec.name, title(spec, zh), way_in(spec.way_in, zh));
    if !spec.docs.is_empty() {
        let links: Vec<String> = spec.docs.iter().map(|link| format!("<{link}>")).collect();
        let _ = write!(text, " ({})", links.join(", "));
    }
    text.push_str("\n\n");
    let mut item = |name: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(text, "- {name}: {value}");
        }
    };
    item(pick("sign-in", "登录方式"), auth(&spec.auth, zh));
    let needs: Vec<String> = [("params", &spec.params), ("secrets", &spec.secrets)]
        .into_iter()
        .flat_map(|(table, needs)| {
            needs.iter().map(move |(name, need)| {
                let must = match (need.required, &need.default) {
                    (true, None) => pick("required", "必填").to_owned(),
                    (_, Some(value)) => format!("{} `{value}`", pick("default", "默认")),
                    _ => pick("optional", "可选").to_owned(),
                };
                format!("`{table}.{name}` ({must}: {})", need.about)
            })
        })
        .collect();
    item(pick("set", "需设置"), &needs.join("; "));
    let limits: Vec<String> = spec.budget.iter().map(|window| limit(window, zh)).collect();
    item(pick("limits kept", "遵守限额"), &limits.join(pick(", ", "、")));
    if spec.actions.refresh.is_some() {
        item(
            pick("can be told", "可执行操作"),
            pick("refresh a posting (`mode = \"auto\"` in reposts.toml)", "刷新职位(reposts.toml 中 `mode = \"auto\"`)"),
        );
    }
    for stream in spec.streams.iter().filter(|stream| stream.kind != Kind::Reference) {
        text.push_str(&list(stream, zh));
    }
    text.truncate(text.trim_end().len());
    text
}

fn auth(auth: &Auth, zh: bool) -> &'static str {
    let (en, cn) = match auth {
        Auth::None => ("none", "无需"),
        Auth::Basic { .. } => ("HTTP Basic", "HTTP Basic"),
        Auth::Bearer { .. } => ("bearer token", "Bearer 令牌"),
        Auth::Header { .. } => ("key in a header", "请求头中的密钥"),
        Auth::Query { .. } => ("key in the address", "地址参数中的密钥"),
        Auth::Token { .. } => ("token fetched with id and secret", "用应用凭证换取的令牌"),
    };
    if zh { cn } else { en }
}

fn limit(window: &BudgetWindow, zh: bool) -> String {
    let seconds = window.per.as_secs();
    let (number, en, cn) = match seconds {
        s if s % 86_400 == 0 => (s / 86_400, "day", "天"),
        s if s % 3_600 == 0 => (s / 3_600, "hour", "小时"),
        s if s % 60 == 0 => (s / 60, "minute", "分钟"),
        s => (s, "second", "秒"),
    };
    match (zh, number) {
        (true, 1) => format!("每{cn} {} 次", window.requests),
        (true, n) => format!("每 {n} {cn} {} 次", window.requests),
        (false, 1) => format!("{} a {en}", window.requests),
        (false, n) => format!("{} in {n} {en}s", window.requests),
    }
}

fn list(stream: &Stream, zh: bool) -> String {
    let pick = |en: &'static str, cn: &'static str| if zh { cn } else { en };
    let mut notes = Vec::new();
    if let Some(request) = &stream.request {
        if request.cursor.is_some() {
            notes.push(pick("only what changed", "增量"));
        } else if stream.complete {
            notes.push(pick("complete each time, so closings are noticed", "每次完整,可发现下线"));
        }
        if !matches!(request.paginate, Paginate::None) {
            notes.push(pick("paged", "分页"));
        }
        if !request.detail.is_empty() {
            notes.push(pick("a second call for each new or changed one", "新增或变化的逐条补充请求"));
        }
    } else {
        notes.push(pick("from files", "来自文件"));
    }
    let columns = stream.kind.columns();
    let missing: Vec<&str> =
        columns.iter().map(|column| column.name).filter(|name| !stream.fields.contains_key(*name) && !MINOR.contains(name)).collect();
    let mut text = format!("- `{}` ({}): {}", stream.name, kind_name(stream.kind, zh), notes.join(pick(", ", "、")));
    if !stream.fields.is_empty() {
        let given: Vec<&str> = stream.fields.keys().map(String::as_str).collect();
        let _ = write!(text, "; {}: {}", pick("gives", "提供"), given.join(", "));
    }
    if !stream.events.is_empty() {
        text.push_str(pick("; stage events", ";阶段记录"));
    }
    if !stream.identity.is_empty() {
        text.push_str(pick("; people as keyed digests", ";人员仅以密钥摘要保存"));
    }
    if !missing.is_empty() && !columns.is_empty() {
        let _ = write!(text, "; {}: {}", pick("cannot give", "无法提供"), missing.join(", "));
    }
    text.push('\n');
    text
}
