//! Variables and annotations that all dashboards have.

use inflow_config::Lang;
use serde_json::{Value, json};

use super::ask::Ask;
use super::render::{PLUGIN, datasource, target};
use super::words::{Words, words};

/// The last instant that the store tells of: what was heard last and, since advice stands on it, the last analysis.
const LATEST: &str = "greatest(ifNull((SELECT max(last_attempt_at) FROM inflow_state.connection_health), toDateTime64(0, 3, 'UTC')), \
     ifNull((SELECT max(made_as_of) FROM inflow.posting_times), toDateTime64(0, 3, 'UTC')))";

const ZONES: &str = "SELECT value, text FROM\n(\n    \
    SELECT 'channel' AS value, '$own' AS text, 0 AS place\n    \
    UNION ALL SELECT DISTINCT toString(timezone), toString(timezone), 1 FROM inflow.channels\n    \
    UNION ALL SELECT arrayJoin(['UTC', 'Asia/Shanghai', 'America/New_York']) AS zone, zone, 2\n)\n\
    ORDER BY place, value\nLIMIT 1 BY value";

const CHANNELS: &str = "SELECT channel AS value, $name AS text FROM inflow.channels ORDER BY position, channel";

const STORES: &str = "SELECT DISTINCT store AS value FROM\n(\n    \
    SELECT DISTINCT toString(store) AS store FROM inflow.application_stages\n    \
    UNION ALL SELECT DISTINCT toString(store) FROM inflow.posting_quarters\n    \
    UNION ALL SELECT DISTINCT toString(store) FROM inflow.spend_days\n)\n\
    WHERE store != ''\nORDER BY store\nLIMIT 1000";

/// Days are the company's where each channel has its own: one row of the store names no channel and has the company's zone.
const ZONE: &str = "SELECT if('${tz}' = 'channel', if(count() = 0, 'UTC', any(toString(timezone))), '${tz}') FROM inflow.channels WHERE channel = 'unallocated'";
const FROM_DAY: &str = "SELECT toString(toDate($__fromTime, '${zone}'))";
/// A range that ends at midnight ends with the day before.
const TO_DAY: &str = "SELECT toString(greatest(toDate($__fromTime, '${zone}'), toDate($__toTime - 1, '${zone}')))";
/// What is known by now, or what was by the end of the last day; of the current day, what was heard last.
const AS_OF: &str = "SELECT toString(if('${known}' = 'then', least(toDateTime64(toDateTime(toDate('${to_day}') + 1, '${zone}'), 3, 'UTC'), $latest), $latest))";

/// The variables in Grafana's order: the data source first, since the others are asked of it; hidden ones after those that they stand on.
pub(crate) fn variables(lang: Lang) -> Vec<Value> {
    let own = words("of each channel", "各渠道当地").in_lang(lang);
    vec![
        json!({
            "type": "datasource", "name": "datasource", "label": words("Data source", "数据源").in_lang(lang), "query": PLUGIN, "regex": "",
            "refresh": 1, "hide": 0, "multi": false, "includeAll": false, "options": [], "skipUrlSync": false,
            "current": {"selected": false, "text": "Inflow", "value": "inflow"},
        }),
        query("tz", words("Time zone", "时区"), &ZONES.replace("$own", own), lang, false),
        query("channel", words("Channel", "渠道"), &CHANNELS.replace("$name", &format!("name_{lang}")), lang, true),
        query("store", words("Store", "门店"), STORES, lang, true),
        custom(
            "grain",
            words("By", "粒度"),
            &[("day", words("day", "日")), ("week", words("week", "周")), ("month", words("month", "月"))],
            1,
            lang,
        ),
        custom(
            "known",
            words("As known", "截至"),
            &[("now", words("now", "现在")), ("then", words("at the end of the period", "期末当时"))],
            0,
            lang,
        ),
        hidden("zone", ZONE),
        hidden("from_day", FROM_DAY),
        hidden("to_day", TO_DAY),
        hidden("as_of", &AS_OF.replace("$latest", LATEST)),
    ]
}

fn query(name: &str, label: Words, sql: &str, lang: Lang, many: bool) -> Value {
    let mut variable = hidden(name, sql);
    let all = words("All", "全部").in_lang(lang);
    variable["label"] = json!(label.in_lang(lang));
    variable["hide"] = json!(0);
    if many {
        variable["multi"] = json!(true);
        variable["includeAll"] = json!(true);
        // As SQL: an empty word, which the statements take out, so that nothing is left to narrow by.
        variable["allValue"] = json!("''");
        variable["current"] = json!({"selected": true, "text": [all], "value": ["$__all"]});
    }
    variable
}

/// A variable that is asked anew whenever the range of time changes.
fn hidden(name: &str, sql: &str) -> Value {
    json!({
        "type": "query", "name": name, "label": name, "hide": 2, "datasource": datasource(), "refresh": 2, "regex": "", "sort": 0,
        "query": {"refId": "variable", "queryType": "sql", "editorType": "sql", "rawSql": sql}, "definition": sql,
        "multi": false, "includeAll": false, "allowCustomValue": false, "options": [], "current": {}, "skipUrlSync": false,
    })
}

fn custom(name: &str, label: Words, values: &[(&str, Words)], chosen: usize, lang: Lang) -> Value {
    let written: Vec<String> = values.iter().map(|(value, text)| format!("{} : {value}", text.in_lang(lang))).collect();
    let options: Vec<Value> = values
        .iter()
        .zip(0..)
        .map(|((value, text), place)| json!({"selected": place == chosen, "text": text.in_lang(lang), "value": value}))
        .collect();
    json!({
        "type": "custom", "name": name, "label": label.in_lang(lang), "hide": 0, "query": written.join(", "), "multi": false, "includeAll": false,
        "current": options.get(chosen), "options": options, "skipUrlSync": false,
    })
}

/// What happened beside the figures. Grafana's own annotations stay, so that people can add theirs: campaigns are in no store.
pub(crate) fn annotations(lang: Lang) -> Vec<Value> {
    let rules = Ask::new("threshold", "day", "rule slice change");
    let rules = format!(
        "SELECT toDateTime(m.period, '${{zone}}') AS time, concat(m.rule, if(m.slice = '', '', ' '), m.slice, ': ', m.change) AS text, m.change AS tags\n\
         FROM {} AS m\nWHERE m.change != ''\nORDER BY time",
        rules.view()
    );
    let drops = Ask::new("channel_drop", "day channel", "alarm observed expected");
    let drops = format!(
        "SELECT toDateTime(m.period, '${{zone}}') AS time, \
         concat(if(c.name_{lang} = '', m.channel, c.name_{lang}), ': ', toString(ifNull(m.observed, 0)), ' / ', toString(ifNull(m.expected, 0))) AS text, m.alarm AS tags\n\
         FROM {} AS m\nLEFT JOIN inflow.channels AS c ON c.channel = m.channel\nWHERE m.alarm = 'sure'\nORDER BY time",
        drops.view()
    );
    vec![
        json!({
            "builtIn": 1, "type": "dashboard", "name": words("Notes and alerts of Grafana", "Grafana 批注与告警").in_lang(lang), "enable": true, "hide": true,
            "iconColor": "rgba(0, 211, 255, 1)", "datasource": {"type": "grafana", "uid": "-- Grafana --"},
        }),
        annotation(words("Alerts by threshold", "阈值告警"), &rules, true, "orange", lang),
        annotation(words("Sudden drops", "渠道骤降"), &drops, true, "red", lang),
        annotation(words("Pulls that failed", "拉取失败"), FAILED_PULLS, true, "purple", lang),
        annotation(words("Reposts by plan", "按计划重发"), REPOSTS, false, "blue", lang),
        annotation(words("Closings, reopenings, erasures", "关账、重开、删除"), AUDIT, false, "green", lang),
    ]
}

const FAILED_PULLS: &str = "SELECT toDateTime(started_at) AS time, toDateTime(max(finished_at)) AS timeEnd, concat(connection, ': ', any(error_kind)) AS text, 'failed' AS tags\n\
    FROM inflow_state.runs\n\
    WHERE status != 'ok' AND started_at >= toDateTime('${from_day} 00:00:00', '${zone}') AND started_at < toDateTime(toDate('${to_day}') + 1, '${zone}')\n\
    GROUP BY connection, started_at\nORDER BY time\nLIMIT 200";
const REPOSTS: &str = "SELECT toStartOfHour(toDateTime(reposted_at)) AS time, concat(channel, ': ', toString(count())) AS text, 'repost' AS tags\n\
    FROM inflow_state.reposts\n\
    WHERE reposted_at >= toDateTime('${from_day} 00:00:00', '${zone}') AND reposted_at < toDateTime(toDate('${to_day}') + 1, '${zone}')\n\
    GROUP BY channel, time\nORDER BY time\nLIMIT 500";
const AUDIT: &str = "SELECT toDateTime(at) AS time, action AS text, 'audit' AS tags\n\
    FROM inflow_state.audit\n\
    WHERE at >= toDateTime('${from_day} 00:00:00', '${zone}') AND at < toDateTime(toDate('${to_day}') + 1, '${zone}')\n\
    ORDER BY time\nLIMIT 200";

fn annotation(name: Words, sql: &str, enable: bool, colour: &str, lang: Lang) -> Value {
    json!({
        "name": name.in_lang(lang), "enable": enable, "hide": false, "iconColor": colour, "datasource": datasource(),
        "target": target(sql, false),
    })
}
