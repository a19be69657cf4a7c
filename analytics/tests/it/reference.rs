//! `docs/metrics.md` says of every metric what its definition says.

use std::fmt::Write;
use std::path::PathBuf;

use inflow_analytics::{Metric, catalogue};

fn section(out: &mut String, metric: &Metric) {
    let list = |names: &[&str]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let or_none = |text: String| if text.is_empty() { "none · 无".to_owned() } else { text };
    writeln!(out, "\n## {}\n\n**{} · {}**\n", metric.id, metric.title.en, metric.title.zh).unwrap();
    writeln!(out, "{}\n\n口径:{}\n", metric.meaning.en, metric.meaning.zh).unwrap();
    let rows = [
        ("version · 版本", metric.version.to_string()),
        ("numerator · 分子", metric.numerator.to_owned()),
        ("denominator · 分母", metric.denominator.to_owned()),
        ("clock · 时间口径", metric.clock.to_owned()),
        ("exclusions · 不计入", metric.exclusions.to_owned()),
        ("dimensions · 维度", or_none(list(&metric.dimensions))),
        ("by default · 默认分组", or_none(list(&metric.default_by))),
        ("keys · 行键", or_none(list(&metric.keys))),
        ("columns · 列", list(&metric.columns)),
    ];
    writeln!(out, "| | |\n|---|---|").unwrap();
    for (name, text) in rows {
        writeln!(out, "| {name} | {} |", text.replace('|', "\\|")).unwrap();
    }
    for earlier in metric.earlier() {
        let Some(superseded) = &earlier.superseded else { continue };
        let text = format!("until · 有效至 {}; then · 此后: {} · {}", superseded.until, superseded.changed.en, superseded.changed.zh);
        writeln!(out, "| version {} · 旧版 | {} |", earlier.version, text.replace('|', "\\|")).unwrap();
    }
}

fn reference() -> String {
    let mut out = "# Metrics · 指标\n\n\
        Every figure of report, page and API is one of these views: `metric_<id>_v<N>(from, to, tz, as_of, by, channel, store)`, with `metric_<id>` for the\n\
        current version (a dashboard that names the version gets its answer sooner). The definitions are the headers of `analytics/sql/<id>.sql`; this file is written from them by `cargo xtask gen`.\n\n\
        报表、页面与接口中的每个数字都来自下列视图之一;定义写在 `analytics/sql/<id>.sql` 的文件头,本文件由 `cargo xtask gen` 生成。\n\n\
        ## Dimensions and filters · 维度与筛选\n\n\
        | dimension · 维度 | what it is · 含义 |\n|---|---|\n\
        | `job_family` | of the posting, else of the requisition, else of the title that the application names: the family of `[job_families]` in `inflow.toml` whose longest word stands in the title, else the title itself without level, place and benefits · 岗位族:依次取职位、用人需求、申请所写的职位名称;名称含 `[job_families]` 中的词(最长者为准)即归该族,否则名称(去掉级别、地点、福利)自成一族 |\n\
        | `requisition` | `connection/id` of the application's, else of its posting's; an id that its own connection does not deliver means the only one of that id. Empty when none is known · 用人需求:申请所写,否则其职位所写;未知为空 |\n\
        | `posting_cluster` | the smallest `connection/id` of all postings of one job; empty when no posting is known · 职位簇:同一岗位的全部职位中最小的编号;未知为空 |\n\n\
        Cost and spend know a requisition, and through it the job family, where the ledger line names one; all else stands under an empty name, so that the rows add up. A conversion by day, store or\n\
        channel reads sums; by these it reads the cases.\n\n\
        A report is filtered by the shared dimensions among its own (channel and store always): `inflow report volume --filter job_family=销售 --filter city=上海,苏州`, in the API\n\
        `/api/v1/report/volume?job_family=销售&city=上海&city=苏州`; `stage_entries` under the same filters is the list behind it, ids only. In SQL, group by the dimension and restrict the rows:\n\
        `SELECT .. FROM metric_volume(.., by = ['channel', 'city'], channel = [], store = []) WHERE city = '上海'`.\n\n\
        报表可按其自身的上述维度筛选(渠道与门店总是可以);同样条件的 `stage_entries` 即其明细(仅编号)。费用行写明用人需求者才能归入需求与岗位族,其余列在空名下,各行之和不变。\n\n\
        | id | | 口径 |\n|---|---|---|\n"
        .to_owned();
    for metric in catalogue() {
        writeln!(
            out,
            "| [`{0}`](#{0}) | {1} · {2} | {3} |",
            metric.id,
            metric.title.en,
            metric.title.zh,
            metric.meaning.zh.replace('|', "\\|")
        )
        .unwrap();
    }
    for metric in catalogue() {
        section(&mut out, metric);
    }
    out
}

/// `INFLOW_UPDATE=1` (cargo xtask gen) writes the document anew.
#[test]
fn the_reference_of_metrics_is_fresh() {
    let path = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("../docs/metrics.md");
    if std::env::var_os("INFLOW_UPDATE").is_some() {
        std::fs::write(&path, reference()).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == reference(), "docs/metrics.md is stale: run cargo xtask gen");
}
