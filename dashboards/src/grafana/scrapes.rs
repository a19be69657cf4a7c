//! Panels over Prometheus, as Grafana reads them. They look as the others do; their targets are PromQL, and their variables the data source
//! and the scrape job.

use inflow_config::Lang;
use serde_json::{Value, json};

use super::panel::{Kind, Panel, Series};
use super::render::{custom, kind_name, mapping, nothing, options, thresholds};
use super::words::words;

/// Grafana's own plugin.
pub(crate) const PROMETHEUS: &str = "prometheus";

/// The variables of a dashboard over Prometheus. The data source has a name of its own, so that links to the other dashboards keep theirs.
pub(super) fn variables(lang: Lang) -> Vec<Value> {
    let jobs = "label_values(inflow_build_info, job)";
    vec![
        json!({
            "type": "datasource", "name": "prometheus", "label": words("Data source", "数据源").in_lang(lang), "query": PROMETHEUS, "regex": "",
            "refresh": 1, "hide": 0, "multi": false, "includeAll": false, "options": [], "skipUrlSync": false,
            "current": {"selected": false, "text": "Inflow Prometheus", "value": "inflow-prometheus"},
        }),
        json!({
            "type": "query", "name": "job", "label": words("Scrape job", "抓取任务").in_lang(lang), "hide": 0, "datasource": datasource(),
            "refresh": 2, "regex": "", "sort": 1, "query": {"refId": "variable", "qryType": 1, "query": jobs}, "definition": jobs,
            "multi": false, "includeAll": false, "allowCustomValue": false, "options": [], "skipUrlSync": false,
            "current": {"selected": false, "text": "inflow", "value": "inflow"},
        }),
    ]
}

fn datasource() -> Value {
    json!({"type": PROMETHEUS, "uid": "${prometheus}"})
}

/// A panel of these questions: `A`, `B` and so on.
pub(super) fn panel(panel: &Panel, series: &[Series], id: u32, place: &Value, lang: Lang) -> Value {
    let over_time = matches!(panel.kind, Kind::Lines | Kind::Stacked);
    let asked: Vec<(String, &Series)> = ('A'..='Z').map(String::from).zip(series).collect();
    let targets: Vec<Value> = asked.iter().map(|(letter, one)| target(letter, one, panel.kind, lang)).collect();
    let mut overrides: Vec<Value> = Vec::new();
    if panel.kind == Kind::Table {
        for (label, title) in &panel.titles {
            let named = json!({"id": "displayName", "value": title.in_lang(lang)});
            overrides
                .push(json!({"matcher": {"id": "byName", "options": label}, "properties": [named, {"id": "unit", "value": "string"}]}));
        }
    }
    if !over_time {
        overrides.extend(asked.iter().map(|(letter, one)| shown(letter, one, panel.kind, lang)));
    }
    let first = series.first();
    let mut options = options(panel);
    if panel.kind == Kind::Stat {
        // Of a series over time the figures alone, not their instants.
        options["reduceOptions"]["fields"] = json!("");
    }
    json!({
        "id": id,
        "type": kind_name(panel.kind),
        "title": panel.title.in_lang(lang),
        "description": panel.says.in_lang(lang),
        "datasource": datasource(),
        "gridPos": place,
        "targets": targets,
        "transformations": if panel.kind == Kind::Table { one_row_each() } else { json!([]) },
        "fieldConfig": {
            "defaults": {
                "unit": first.map_or("none", |one| one.unit),
                "noValue": "–",
                "mappings": [nothing()],
                "thresholds": thresholds(first.and_then(|one| one.steps).unwrap_or(&[(None, "blue")])),
                "color": {"mode": if over_time { "palette-classic" } else { "thresholds" }},
                "custom": custom(panel),
            },
            "overrides": overrides,
        },
        "options": options,
    })
}

fn target(letter: &str, series: &Series, kind: Kind, lang: Lang) -> Value {
    let over_time = matches!(kind, Kind::Lines | Kind::Stacked);
    json!({
        "refId": letter, "datasource": datasource(), "editorMode": "code", "expr": series.expr,
        "legendFormat": if kind == Kind::Table { "" } else { series.name.in_lang(lang) },
        "range": over_time, "instant": !over_time, "format": if kind == Kind::Table { "table" } else { "time_series" },
    })
}

/// How the answer to one question is called and coloured.
fn shown(letter: &str, series: &Series, kind: Kind, lang: Lang) -> Value {
    let is_table = kind == Kind::Table;
    let mut properties =
        vec![json!({"id": "displayName", "value": series.name.in_lang(lang)}), json!({"id": "unit", "value": series.unit})];
    if let Some(steps) = series.steps {
        properties.push(json!({"id": "thresholds", "value": thresholds(steps)}));
    }
    if !series.meanings.is_empty() {
        properties.push(json!({"id": "mappings", "value": [nothing(), mapping(series.meanings, lang)]}));
    }
    if is_table && (series.steps.is_some() || !series.meanings.is_empty()) {
        properties.push(json!({"id": "custom.cellOptions", "value": {"type": "color-text"}}));
    }
    let matcher = if is_table {
        // What the answers of several questions are called once they are one table.
        json!({"id": "byName", "options": format!("Value #{letter}")})
    } else {
        json!({"id": "byFrameRefID", "options": letter})
    };
    json!({"matcher": matcher, "properties": properties})
}

/// The answers of all questions side by side, a row for each set of labels.
fn one_row_each() -> Value {
    json!([
        {"id": "merge", "options": {}},
        {"id": "organize", "options": {"excludeByName": {"Time": true}, "indexByName": {}, "renameByName": {}}},
    ])
}
