//! Dashboards as Grafana reads them: classic JSON, schema version 42.

use inflow_config::Lang;
use serde_json::{Map, Value, json};

use super::columns::{Unit, title, unit};
use super::panel::{Dashboard, Kind, Panel, Reads, Source, Steps};
use super::scrapes;
use super::variables::{annotations, variables};
use super::words::{GREY, Meaning, Words, meanings, words};

/// Grafana's data source plugin.
pub const PLUGIN: &str = "grafana-clickhouse-datasource";
/// The version of it that the targets are written for.
pub const PLUGIN_VERSION: &str = "4.20.0";
const SCHEMA_VERSION: u32 = 42;
/// Columns of Grafana's grid.
const GRID: u32 = 24;

/// What a set of dashboards is written for.
#[derive(Debug, Clone, Copy)]
pub struct Style<'a> {
    /// Language of words.
    pub lang: Lang,
    /// What stands before amounts, such as `¥`.
    pub currency: &'a str,
}

/// The uid of a dashboard in one language: fixed, so that links and bookmarks stay.
pub fn uid(name: &str, lang: Lang) -> String {
    format!("inflow-{name}-{lang}")
}

/// One dashboard in one language. `number` is its place, from 1.
pub fn dashboard(board: &Dashboard, number: usize, style: Style<'_>) -> Value {
    let lang = style.lang;
    let tag = format!("inflow-{lang}");
    // Figures are of days, and new with the next pull; how the program does is of minutes.
    let (from, refresh, annotations, variables) = match board.reads {
        Reads::Store => ("now-89d/d", "", annotations(lang), variables(lang)),
        Reads::Scrapes => ("now-24h", "1m", Vec::new(), scrapes::variables(lang)),
    };
    json!({
        "uid": uid(board.name, lang),
        "title": format!("{number} {}", board.title.in_lang(lang)),
        "description": board.says.in_lang(lang),
        "tags": ["inflow", tag],
        "schemaVersion": SCHEMA_VERSION,
        "version": 1,
        "editable": false,
        "graphTooltip": 1,
        "timezone": "browser",
        "weekStart": "monday",
        "refresh": refresh,
        "time": {"from": from, "to": "now"},
        "timepicker": {"refresh_intervals": ["1m", "5m", "15m", "1h"]},
        "fiscalYearStartMonth": 0,
        "liveNow": false,
        "preload": false,
        "links": [{
            "type": "dashboards", "title": "Inflow", "tags": [tag], "asDropdown": true, "icon": "external link", "includeVars": true,
            "keepTime": true, "targetBlank": false, "tooltip": "", "url": "",
        }],
        "annotations": {"list": annotations},
        "templating": {"list": variables},
        "panels": panels(&board.panels, style),
    })
}

/// The data source of every target: whichever the viewer chose.
pub(crate) fn datasource() -> Value {
    json!({"type": PLUGIN, "uid": "${datasource}"})
}

/// A statement as the plugin takes it. `series`: its rows become series by time; else they stay rows.
pub(crate) fn target(sql: &str, series: bool) -> Value {
    json!({
        "refId": "A", "datasource": datasource(), "editorType": "sql", "queryType": if series { "timeseries" } else { "table" },
        "format": u8::from(!series), "rawSql": sql, "pluginVersion": PLUGIN_VERSION,
    })
}

/// Places panels one beside the other, row by row.
fn panels(list: &[Panel], style: Style<'_>) -> Vec<Value> {
    let (mut x, mut y, mut tall) = (0, 0, 0);
    let mut out = Vec::new();
    for (panel, id) in list.iter().zip(1..) {
        if x + panel.width > GRID || panel.kind == Kind::Heading {
            (x, y, tall) = (0, y + tall, 0);
        }
        let place = json!({"x": x, "y": y, "w": panel.width, "h": panel.height});
        out.push(one(panel, id, &place, style));
        x += panel.width;
        tall = tall.max(panel.height);
    }
    out
}

fn one(panel: &Panel, id: u32, place: &Value, style: Style<'_>) -> Value {
    let lang = style.lang;
    if panel.kind == Kind::Heading {
        return json!({"id": id, "type": "row", "title": panel.title.in_lang(lang), "collapsed": false, "gridPos": place, "panels": []});
    }
    if let Source::Scrapes(series) = &panel.source {
        return scrapes::panel(panel, series, id, place, lang);
    }
    let sql = panel.statement(lang).unwrap_or_default();
    let series = matches!(panel.kind, Kind::Lines | Kind::Stacked);
    json!({
        "id": id,
        "type": kind_name(panel.kind),
        "title": panel.title.in_lang(lang),
        "description": panel.says.in_lang(lang),
        "datasource": datasource(),
        "gridPos": place,
        "targets": [target(&sql, series)],
        "fieldConfig": {"defaults": defaults(panel, style), "overrides": overrides(panel, style)},
        "options": options(panel),
    })
}

/// Grafana's name of how a panel is drawn.
pub(super) fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Stat => "stat",
        Kind::Lines | Kind::Stacked => "timeseries",
        Kind::Bars => "barchart",
        _ => "table",
    }
}

/// What is not known is a dash, never a zero.
pub(super) fn nothing() -> Value {
    json!({"type": "special", "options": {"match": "null+nan", "result": {"text": "–", "color": GREY, "index": 0}}})
}

/// What holds for all columns.
fn defaults(panel: &Panel, style: Style<'_>) -> Value {
    let first = main_column(panel);
    let steps = panel.steps.iter().find(|(column, _)| Some(*column) == first).map_or(&[(None, "blue")][..], |(_, steps)| *steps);
    let mut defaults = json!({
        "unit": unit_name(first.map_or(Unit::Count, |column| unit_of(panel, column)), style.currency),
        "noValue": "–",
        "mappings": [nothing()],
        "thresholds": thresholds(steps),
        "color": {"mode": if matches!(panel.kind, Kind::Lines | Kind::Stacked | Kind::Bars) { "palette-classic" } else { "thresholds" }},
        "custom": custom(panel),
    });
    match (panel.kind, unit_of(panel, first.unwrap_or_default())) {
        (Kind::Week, _) => {
            defaults["color"] = json!({"mode": "continuous-BlYlRd"});
            defaults["min"] = json!(0);
        }
        (Kind::Lines, Unit::Share) => {
            // From nothing on, so that a small change does not look like a great one.
            defaults["min"] = json!(0);
        }
        _ => {}
    }
    defaults
}

pub(super) fn custom(panel: &Panel) -> Value {
    match panel.kind {
        // A gap stays a gap.
        Kind::Lines => json!({
            "drawStyle": "line", "lineWidth": 2, "fillOpacity": 0, "showPoints": "auto", "pointSize": 5, "spanNulls": false, "insertNulls": false,
            "stacking": {"mode": "none", "group": "A"}, "axisSoftMin": 0,
        }),
        Kind::Stacked => json!({
            "drawStyle": "bars", "lineWidth": 1, "fillOpacity": 80, "showPoints": "never", "spanNulls": false, "insertNulls": false,
            "stacking": {"mode": "normal", "group": "A"}, "axisSoftMin": 0,
        }),
        Kind::Bars => json!({"lineWidth": 1, "fillOpacity": 80, "axisSoftMin": 0}),
        Kind::Week => {
            json!({"align": "center", "cellOptions": {"type": "color-background", "mode": "basic"}, "filterable": false, "minWidth": 36})
        }
        Kind::Table => json!({"align": "auto", "cellOptions": {"type": "auto"}, "filterable": true}),
        Kind::Stat | Kind::Heading => json!({}),
    }
}

pub(super) fn options(panel: &Panel) -> Value {
    let legend = json!({"showLegend": true, "displayMode": "list", "placement": "bottom", "calcs": []});
    match panel.kind {
        Kind::Stat => json!({
            "reduceOptions": {"calcs": ["lastNotNull"], "fields": "/.*/", "values": false}, "orientation": "horizontal", "textMode": "value_and_name",
            "colorMode": "value", "graphMode": "none", "justifyMode": "auto", "wideLayout": true,
        }),
        Kind::Lines | Kind::Stacked => json!({"legend": legend, "tooltip": {"mode": "multi", "sort": "desc"}}),
        Kind::Bars => json!({
            "xField": panel.columns().first(), "orientation": "auto", "showValue": "auto", "stacking": "none", "groupWidth": 0.7, "barWidth": 0.9,
            "legend": legend, "tooltip": {"mode": "multi", "sort": "none"}, "xTickLabelRotation": 0,
        }),
        _ => json!({"showHeader": true, "cellHeight": "sm", "sortBy": [], "footer": {"show": false, "reducer": ["sum"], "fields": ""}}),
    }
}

/// The column that a panel is about: its first figure.
fn main_column(panel: &Panel) -> Option<&'static str> {
    match &panel.source {
        Source::Metric(ask) if panel.kind == Kind::Week => ask.columns.first().copied(),
        _ => panel.columns().into_iter().find(|column| !matches!(unit_of(panel, column), Unit::Text | Unit::Instant)),
    }
}

fn unit_of(panel: &Panel, column: &str) -> Unit {
    let metric = if let Source::Metric(ask) = &panel.source { Some(ask.metric) } else { None };
    match column {
        "channel_name" | "stage_name" | "move_reason" => Unit::Text,
        _ => unit(metric, column),
    }
}

fn unit_name(unit: Unit, currency: &str) -> String {
    match unit {
        Unit::Count => "none".to_owned(),
        Unit::Number => "short".to_owned(),
        Unit::Share => "percentunit".to_owned(),
        Unit::Money => format!("currency:financial:{currency}"),
        Unit::Days => "d".to_owned(),
        Unit::Instant => "dateTimeAsIso".to_owned(),
        Unit::Text => "string".to_owned(),
    }
}

pub(super) fn thresholds(steps: Steps) -> Value {
    let steps: Vec<Value> = steps.iter().map(|(from, colour)| json!({"value": from, "color": colour})).collect();
    json!({"mode": "absolute", "steps": steps})
}

fn overrides(panel: &Panel, style: Style<'_>) -> Vec<Value> {
    let lang = style.lang;
    if panel.kind == Kind::Week {
        return week_overrides(lang);
    }
    let several = panel.columns().iter().filter(|column| unit_of(panel, column) != Unit::Text && **column != "time").count() > 1;
    let mut out = Vec::new();
    for column in panel.columns() {
        let properties = properties(panel, column, several, style);
        if !properties.is_empty() {
            out.push(json!({"matcher": {"id": "byName", "options": column}, "properties": properties}));
        }
    }
    out
}

fn properties(panel: &Panel, column: &'static str, several: bool, style: Style<'_>) -> Vec<Value> {
    let lang = style.lang;
    let mut out = Vec::new();
    let mut say = |id: &str, value: Value| out.push(json!({"id": id, "value": value}));
    let is_series = matches!(panel.kind, Kind::Lines | Kind::Stacked);
    if panel.kind == Kind::Table && panel.hidden.contains(&column) && column == "channel" {
        say("custom.hidden", json!(true));
        return out;
    }
    let unit = unit_of(panel, column);
    if is_series && (column == "time" || unit == Unit::Text) {
        // Labels tell the series apart and are no columns.
        return out;
    }
    say("displayName", json!(heading(panel, column, is_series, several, lang)));
    say("unit", json!(unit_name(unit, style.currency)));
    match unit {
        Unit::Share => say("decimals", json!(1)),
        Unit::Money | Unit::Number => say("decimals", json!(2)),
        Unit::Count | Unit::Days => say("decimals", json!(0)),
        Unit::Text | Unit::Instant => {}
    }
    let meanings = meanings(column);
    if !meanings.is_empty() {
        let coloured = meanings.iter().any(|(_, _, colour)| *colour != GREY);
        say("mappings", json!([mapping(&meanings, lang)]));
        if coloured && panel.kind == Kind::Table {
            say("custom.cellOptions", json!({"type": "color-text"}));
        }
    }
    if let Some((_, steps)) = panel.steps.iter().find(|(name, _)| *name == column) {
        say("thresholds", thresholds(steps));
        if panel.kind == Kind::Table {
            say("custom.cellOptions", json!({"type": "color-text"}));
        }
    }
    if is_series && column == "few" {
        say("custom.drawStyle", json!("points"));
        say("custom.pointSize", json!(8));
    }
    if column == "channel_name" && panel.kind == Kind::Table {
        say("links", json!([link(lang)]));
    }
    out
}

/// What a column or a series is called.
fn heading(panel: &Panel, column: &'static str, is_series: bool, several: bool, lang: Lang) -> String {
    let named = panel.titles.iter().find(|(name, _)| *name == column).map(|(_, title)| *title);
    let name = match column {
        "channel_name" => title("channel"),
        "stage_name" => title("stage"),
        "few" => Some(named.unwrap_or(words("few cases", "样本少"))),
        _ => named.or_else(|| title(column)),
    };
    let name = name.map_or(column, |name: Words| name.in_lang(lang));
    let label = panel.columns().into_iter().find(|label| *label != "time" && unit_of(panel, label) == Unit::Text);
    match label {
        Some(label) if is_series => {
            let label = format!("${{__field.labels.{label}}}");
            if several && column != "value" { format!("{label} · {name}") } else { label }
        }
        _ => name.to_owned(),
    }
}

pub(super) fn mapping(meanings: &[Meaning], lang: Lang) -> Value {
    let mut options = Map::new();
    for ((word, shown, colour), index) in meanings.iter().zip(0_u32..) {
        options.insert((*word).to_owned(), json!({"text": shown.in_lang(lang), "color": colour, "index": index}));
    }
    json!({"type": "value", "options": options})
}

/// From a channel to its funnel, with the time and all that was chosen.
fn link(lang: Lang) -> Value {
    let title = words("Funnel of this channel", "该渠道的漏斗").in_lang(lang);
    let kept = "${__url_time_range}&${tz:queryparam}&${store:queryparam}&${grain:queryparam}&${known:queryparam}&${datasource:queryparam}";
    json!({"title": title, "targetBlank": false, "url": format!("/d/{}?{kept}&var-channel=${{__data.fields.channel}}", uid("funnel", lang))})
}

fn week_overrides(lang: Lang) -> Vec<Value> {
    let plain = json!({"id": "custom.cellOptions", "value": {"type": "auto"}});
    let named = |en, zh| json!({"id": "displayName", "value": words(en, zh).in_lang(lang)});
    let mut out = vec![
        json!({"matcher": {"id": "byName", "options": "weekday"}, "properties": [named("Weekday", "星期"), plain.clone(), {"id": "unit", "value": "string"}]}),
        json!({"matcher": {"id": "byName", "options": "status"}, "properties": [
            named("Data", "数据"), {"id": "custom.cellOptions", "value": {"type": "color-text"}}, {"id": "unit", "value": "string"},
            {"id": "mappings", "value": [mapping(&meanings("status"), lang)]},
        ]}),
    ];
    out.extend((0..24).map(|hour| {
        let properties = json!([{"id": "displayName", "value": format!("{hour:02}")}]);
        json!({"matcher": {"id": "byName", "options": format!("h{hour:02}")}, "properties": properties})
    }));
    out
}
