//! `inflow explain posting ID`

use crate::app::App;
use crate::args::{ExplainFormat, ExplainPostingArgs};
use crate::failure::Failure;
use crate::table;
use inflow_config::Lang;
use inflow_pipeline::cluster::compare::{Comparison, Relation};
use inflow_pipeline::cluster::explain::{Explanation, Pair, compare_two, explain};
use serde::Serialize;

/// Prints the cluster of a posting and the pairs that hold it together; with another posting, how the two compare.
pub async fn run(app: &App, args: &ExplainPostingArgs) -> Result<u8, Failure> {
    let opened = app.attach().await?;
    let lang = app.printer.lang;
    if let Some(other) = &args.other {
        let pair = compare_two(&opened.store, &opened.config, &args.id, other).await?;
        print(app, args.format, &pair, || told(lang, &pair));
    } else {
        let explanation = explain(&opened.store, &opened.config, &args.id).await?;
        print(app, args.format, &explanation, || cluster(lang, &explanation));
    }
    opened.close().await;
    Ok(0)
}

fn print(app: &App, format: ExplainFormat, value: &impl Serialize, text: impl FnOnce() -> String) {
    match format {
        ExplainFormat::Json => app.printer.result(&serde_json::to_string_pretty(value).unwrap_or_default()),
        ExplainFormat::Text => app.printer.result(&text()),
    }
}

fn pick<'t>(lang: Lang, en: &'t str, zh: &'t str) -> &'t str {
    if lang == Lang::Zh { zh } else { en }
}

fn cluster(lang: Lang, explanation: &Explanation) -> String {
    let Explanation { posting, cluster_id, members, pairs } = explanation;
    let first = if cluster_id.is_empty() {
        match lang {
            Lang::En => format!("{posting} is in no cluster yet: `inflow analyze` makes them."),
            Lang::Zh => format!("{posting} 尚未归入职位簇:请先运行 `inflow analyze`。"),
        }
    } else {
        match lang {
            Lang::En => format!("{posting} is one of {} posting(s) of the job {cluster_id}.", members.len()),
            Lang::Zh => format!("{posting} 属于职位 {cluster_id},该职位共有 {} 条发布。", members.len()),
        }
    };
    let header = [
        ("posting", "职位"),
        ("channel", "渠道"),
        ("title", "标题"),
        ("company", "公司"),
        ("city", "城市"),
        ("status", "状态"),
        ("posted", "发布时间"),
    ]
    .map(|(en, zh)| pick(lang, en, zh).to_owned());
    let rows: Vec<Vec<String>> = members
        .iter()
        .map(|m| [&m.key, &m.channel, &m.title, &m.company, &m.city, &m.status, &m.posted_at].map(Clone::clone).to_vec())
        .collect();
    let mut lines = vec![first, table::draw(&header, &rows)];
    lines.extend(pairs.iter().map(|pair| told(lang, pair)));
    lines.join("\n")
}

/// A pair and its reasons on two lines.
fn told(lang: Lang, pair: &Pair) -> String {
    let verdict = match (pair.decided, pair.comparison.same) {
        (Some("same"), _) => pick(lang, "one job, as decided", "同一职位(人工判定)"),
        (Some(_), _) => pick(lang, "different jobs, as decided", "不同职位(人工判定)"),
        (None, true) => pick(lang, "one job", "同一职位"),
        (None, false) => pick(lang, "different jobs", "不同职位"),
    };
    format!(
        "{} ~ {}: {verdict}, {} {:.2}\n    {}",
        pair.a,
        pair.b,
        pick(lang, "score", "得分"),
        pair.comparison.score,
        reasons(lang, &pair.comparison)
    )
}

fn reasons(lang: Lang, found: &Comparison) -> String {
    let per_cent = |share: f64| format!("{:.0}%", share * 100.0);
    let text = match lang {
        Lang::En => format!(
            "text {} equal, {} of the shorter one, sentences of their own {}",
            per_cent(found.text),
            per_cent(found.contained),
            per_cent(found.own)
        ),
        Lang::Zh => {
            format!("文本相同 {},占较短者 {},各自独有的句子 {}", per_cent(found.text), per_cent(found.contained), per_cent(found.own))
        }
    };
    let fields = [
        ("title", "标题", found.title),
        ("level", "级别", found.level),
        ("company", "公司", found.company),
        ("city", "城市", found.city),
        ("store", "门店", found.store),
        ("pay", "薪资", found.pay),
    ];
    let fields = fields.map(|(en, zh, relation)| format!("{} {}", pick(lang, en, zh), relation_text(lang, relation)));
    [text, fields.join(pick(lang, ", ", ","))].join(pick(lang, "; ", ";"))
}

fn relation_text(lang: Lang, relation: Relation) -> &'static str {
    let (en, zh) = match relation {
        Relation::Equal => ("equal", "相同"),
        Relation::Contained => ("overlapping", "包含或重叠"),
        Relation::OneEdit => ("one letter apart", "仅差一字"),
        Relation::Unknown => ("not said", "未注明"),
        Relation::Different => ("different", "不同"),
    };
    pick(lang, en, zh)
}
