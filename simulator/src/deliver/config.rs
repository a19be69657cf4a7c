//! `inflow.toml`, `channels.toml` and `connections/*.toml` of a world.

use std::fmt::Write;

use super::File;
use crate::boards::{Account, COMPANY, Kind, accounts, posting_channel};
use crate::server::Server;
use crate::world::{CHANNELS, PACKAGE, RATES, Route, World};

/// The identity key of the demo: its people are invented, and a fixed key makes two stores equal.
const IDENTITY_KEY: &str = "0de300000000000000000000000000000000000000000000000000000000c0de\n";
const ERASE_KEY: &str = "0e5a5e000000000000000000000000000000000000000000000000000000c0de\n";

/// What a manager of this company wants to be told.
const ALERTS: &str = r#"[[rule]]
id = "interviews_attended"
name = { en = "Few come to interviews", zh = "到面率过低" }
metric = "step_rate"
where = { from_stage = "invited", to_stage = "attended", basis = "days" }
by = ["store"]
below = "0.80"
clear = "0.85"

[[rule]]
id = "dear_resumes"
name = { en = "Cost per resume", zh = "简历成本过高" }
metric = "cost_per_resume"
by = ["channel"]
above = 60
"#;

/// What the company planned to spend in a month, by channel.
const BUDGETS: [(&str, u32); 6] =
    [("boss", 16_000), ("zhaopin", 14_000), ("job51", 4_500), ("douyin", 4_000), ("kuaishou", 1_850), ("liepin", 2_500)];

fn finance() -> String {
    let (contract, item, units, price) = PACKAGE;
    let mut text = format!(
        r#"# What the lines of the ledger do not say of themselves.

[vat]
deductible = ["special"]
payers = ["{}"]

# Lagou's package of resume downloads: what is left on its last day is lost.
[[package]]
document = "{contract}"
rule = "price"
[[package.item]]
name = "{item}"
units = "{units}"
price = "{}"
"#,
        COMPANY.trim(),
        units * price
    );
    for month in 5..=10 {
        for (channel, amount) in BUDGETS {
            push(&mut text, format_args!("\n[[budget]]\nmonth = \"2026-{month:02}\"\nchannel = \"{channel}\"\namount = \"{amount}\"\n"));
        }
    }
    text
}

pub(crate) fn files(world: &World, server: &Server) -> Vec<File> {
    let mut files = vec![
        File::new("inflow.toml", settings(world)),
        File::new("channels.toml", channels()),
        File::new("alerts.toml", ALERTS),
        File::new("finance.toml", finance()),
        File::secret("keys/identity.key", IDENTITY_KEY),
        File::secret("keys/erase.key", ERASE_KEY),
    ];
    for account in accounts(world) {
        files.push(File::new(format!("connections/{}.toml", account.name), board(&account, server)));
        if account.kind != Kind::Greenhouse {
            files.push(File::secret(format!("keys/{}.key", account.name), account.key()));
        }
    }
    files.extend(EXPORTS.iter().map(|export| File::new(format!("connections/{}.toml", export.name), sheet(export))));
    files
}

fn settings(world: &World) -> String {
    let mut text = format!(
        r#"# Inflow: the simulated company of scenario "{}", seed {}. Everything in it is invented.

[company]
name = "示例零售集团"
timezone = "Asia/Shanghai"
currency = "CNY"
country = "CN"

# The world stands still at this instant.
[clock]
fixed = "{}"

# Keys of this folder only: the people are invented, and the same keys make two stores comparable.
[identity]
key = "file:keys/identity.key"
erase_key = "file:keys/erase.key"
"#,
        world.scenario,
        world.seed,
        world.now.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
    );
    for rate in &RATES {
        push(&mut text, format_args!("\n[[rates]]\ncurrency = \"{}\"\nfrom = {}\nrate = \"{}\"\n", rate.0, rate.from(), rate.value()));
    }
    text
}

// Writing to a string cannot fail.
fn push(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    let written = text.write_fmt(arguments);
    debug_assert!(written.is_ok());
}

fn channels() -> String {
    let mut text = String::from("# The twelve channels, in the order of the reports.\n");
    for channel in &CHANNELS {
        push(
            &mut text,
            format_args!("\n[[channel]]\nid = \"{}\"\nname = {{ en = \"{}\", zh = \"{}\" }}\n", channel.id, channel.en, channel.zh),
        );
    }
    text
}

fn board(account: &Account, server: &Server) -> String {
    let (connector, params, extra) = match account.kind {
        Kind::Greenhouse => ("greenhouse", format!("board_token = \"{}\"", account.place), String::new()),
        Kind::Lever => ("lever", String::new(), "\n[stages]\n\"Trial day\" = \"attended\"\n".to_owned()),
        // Above the spec's own budget: the simulated Moka allows sixty a second.
        Kind::Moka => (
            "moka",
            format!("org_id = \"{}\"", account.place),
            "\n[stages]\n\"沟通中\" = \"contacted\"\n\n[[budget]]\nrequests = 50\nper = \"1s\"\n".to_owned(),
        ),
    };
    let mut text = format!(
        "# {} of {}, simulated on loopback.\nconnector = \"{connector}\"\nchannel = \"{}\"\nbase_url = \"{}\"\nstore = \"{}\"\n",
        connector,
        account.store,
        posting_channel(account.kind),
        server.url(&account.name),
        account.store
    );
    if !params.is_empty() {
        push(&mut text, format_args!("\n[params]\n{params}\n"));
    }
    if account.kind != Kind::Greenhouse {
        push(&mut text, format_args!("\n[secrets]\napi_key = \"file:keys/{}.key\"\n", account.name));
        text.push_str(&source_map(account.kind));
    }
    text + &extra
}

/// Every spelling of the sources that the system delivers.
fn source_map(kind: Kind) -> String {
    let route = if kind == Kind::Lever { Route::Lever } else { Route::Moka };
    let mut text = String::from("\n[source_map]\n");
    for channel in CHANNELS.iter().filter(|channel| channel.route == route) {
        for word in channel.words {
            push(&mut text, format_args!("\"{word}\" = \"{}\"\n", channel.id));
        }
    }
    text
}

/// A connection that reads export files.
struct Export {
    name: &'static str,
    about: &'static str,
    kind: &'static str,
    path: &'static str,
    mapping: &'static str,
    /// Its one channel; empty: the rows name it.
    channel: &'static str,
}

const fn export(
    name: &'static str,
    about: &'static str,
    kind: &'static str,
    (path, mapping): (&'static str, &'static str),
    channel: &'static str,
) -> Export {
    Export { name, about, kind, path, mapping, channel }
}

const EXPORTS: [Export; 11] = [
    export("douyin", "抖音投递记录", "applications", ("exports/douyin/投递*.csv", "wide_applications.toml"), "douyin"),
    export("douyin_postings", "抖音职位", "postings", ("exports/douyin/职位.csv", "postings.toml"), "douyin"),
    export("douyin_statement", "抖音结算单", "spend", ("exports/douyin/结算单.csv", "douyin_statement.toml"), "douyin"),
    export("kuaishou", "快手投递记录", "applications", ("exports/kuaishou/cases-*.ndjson", "kuaishou_applications.toml"), "kuaishou"),
    export("kuaishou_postings", "快手职位", "postings", ("exports/kuaishou/jobs.ndjson", "kuaishou_postings.toml"), "kuaishou"),
    export("wuba58", "58同城投递记录，只有日期，GBK", "applications", ("exports/wuba58/投递*.csv", "wide_applications.toml"), "wuba58"),
    export("wuba58_postings", "58同城职位，只有日期，GBK", "postings", ("exports/wuba58/职位.csv", "postings.toml"), "wuba58"),
    export("ads", "其他渠道的职位发布记录", "postings", ("exports/ads/*.csv", "postings.toml"), ""),
    export("ledger", "渠道费用台账", "spend", ("exports/ledger/*.csv", "ledger.toml"), ""),
    export("bank", "银行流水", "bank_lines", ("exports/bank/流水.csv", "bank.toml"), ""),
    export("invoices", "收到的发票", "invoices", ("exports/invoices/发票.csv", "invoices.toml"), ""),
];

fn sheet(export: &Export) -> String {
    let mut text = format!(
        "# {}\nconnector = \"file\"\nkind = \"{}\"\npath = \"{}\"\nmapping = \"mappings/{}\"\n",
        export.about, export.kind, export.path, export.mapping
    );
    if export.channel.is_empty() {
        text.push_str("\n[source_map]\n");
        for channel in &CHANNELS {
            push(&mut text, format_args!("\"{}\" = \"{}\"\n", channel.zh, channel.id));
        }
    } else {
        push(&mut text, format_args!("channel = \"{}\"\n", export.channel));
    }
    text
}
