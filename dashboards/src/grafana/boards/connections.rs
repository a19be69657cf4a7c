//! 7 Connections: health and freshness.

use super::{Dashboard, Kind, Panel, Reads, lines, table, words};
use crate::grafana::panel::{ANY, BEHIND, COVERED};

const HEALTH: &str = "SELECT toString(h.connection) AS connection, toString(h.status) AS connection_status, \
    arrayStringConcat(arrayMap(id -> toString(id), h.channels), ', ') AS channels, toDateTime(h.last_success_at) AS last_success, \
    round(dateDiff('minute', h.last_success_at, toDateTime64('${as_of}', 3, 'UTC')) / 60, 1) AS hours_behind, \
    toDateTime(h.failing_since) AS failing_since, h.failures AS failures, toString(h.error_kind) AS error_kind, h.error AS error\n\
    FROM inflow_state.connection_health AS h FINAL\n\
    WHERE empty($channels) OR hasAny(arrayMap(id -> toString(id), h.channels), $channels)\n\
    ORDER BY h.status = 'ok', h.connection";
const FAILING: &str = "SELECT countIf(status = 'failing') AS failing, count() AS connections FROM inflow_state.connection_health FINAL";
const RUNS: &str = "SELECT toDateTime(r.started_at) AS started, toString(r.connection) AS connection, toString(r.status) AS run_status, \
    dateDiff('second', r.started_at, r.finished_at) AS seconds, r.requests AS requests, r.fetched AS fetched, r.landed AS landed, \
    r.quarantined AS quarantined, toString(r.error_kind) AS error_kind, r.error AS error\n\
    FROM inflow_state.runs AS r\n\
    WHERE r.started_at >= toDateTime('${from_day} 00:00:00', '${zone}') AND r.started_at < toDateTime(toDate('${to_day}') + 1, '${zone}')\n\
    ORDER BY r.started_at DESC, r.connection\nLIMIT 200";
const BY_DAY: &str = "SELECT toStartOfDay(toDateTime(r.started_at, '${zone}')) AS time, sum(r.fetched) AS fetched, sum(r.landed) AS landed, sum(r.quarantined) AS quarantined\n\
    FROM inflow_state.runs AS r\n\
    WHERE r.started_at >= toDateTime('${from_day} 00:00:00', '${zone}') AND r.started_at < toDateTime(toDate('${to_day}') + 1, '${zone}')\n\
    GROUP BY time\nORDER BY time";
const SET_ASIDE: &str = "SELECT toString(q.connection) AS connection, toString(q.stream) AS stream, q.field AS field, q.reason AS reason, count() AS records, \
    toDateTime(max(q.seen_at)) AS started\n\
    FROM inflow_state.quarantine AS q FINAL\nGROUP BY connection, stream, field, reason\nORDER BY records DESC, connection, field\nLIMIT 100";
const WORDS: &str = "SELECT toString(w.connection) AS connection, toString(w.stream) AS stream, w.word AS word, sum(w.records) AS records\n\
    FROM inflow_state.unknown_words AS w FINAL\nGROUP BY connection, stream, word\nORDER BY records DESC, connection, word\nLIMIT 100";

pub(super) fn board() -> Dashboard {
    Dashboard {
        name: "connections",
        reads: Reads::Store,
        title: words("Connections", "数据连接"),
        says: words("Whether the figures of the other dashboards can be trusted today.", "今天其他看板的数字是否可信。"),
        panels: vec![
            Panel::of_state(
                Kind::Stat,
                (12, 4),
                words("Connections that fail", "异常连接"),
                words(
                    "How many connections do not deliver, of how many. While one fails, its channels say partial or no data and raise no alert of their own.",
                    "未能送达的连接数与连接总数。异常期间其渠道显示部分覆盖或无数据,不另行告警。",
                ),
                FAILING,
                "failing connections",
            )
            .called("failing", words("failing", "异常"))
            .called("connections", words("connections", "连接"))
            .coloured("failing", ANY),
            Panel::of_state(
                Kind::Lines,
                (12, 8),
                words("Records by day", "每日记录"),
                words(
                    "What pulls brought on each day: delivered, new or changed, set aside. A quiet day of a sheet that nobody delivered looks as a quiet day of a board.",
                    "每日拉取带来的记录:送来、新增或变化、隔离。无人交付表格的一天看起来与平台清淡的一天相同。",
                ),
                BY_DAY,
                "time fetched landed quarantined",
            ),
            Panel::of_state(
                Kind::Table,
                (24, 10),
                words("Each connection", "各连接"),
                words(
                    "When each last delivered, counted up to the last instant that the store knows of, and what is wrong. A connection that never ran is not in the list: `inflow doctor` knows it.",
                    "各连接最近送达时间(计至库中所知的最后时刻)与异常原因。从未拉取者不在表内,见 inflow doctor。",
                ),
                HEALTH,
                "connection connection_status channels last_success hours_behind failing_since failures error_kind error",
            )
            .coloured("hours_behind", BEHIND)
            .coloured("failures", ANY),
            table(
                "volume",
                "channel",
                "applications status covered",
                words("How complete the period is", "期间是否完整"),
                words(
                    "The share of the period for which each channel's connections delivered. Under 100 % every figure of the channel is of the part that came.",
                    "各渠道连接在期间内的送达比例。低于 100% 时,该渠道的数字只代表已送达部分。",
                ),
            )
            .coloured("covered", COVERED),
            lines(
                "volume",
                "grain channel",
                "covered",
                words("Covered over time", "覆盖走势"),
                words(
                    "The same by day, week or month. It knows the last failure only: an earlier one that healed counts as covered, since what was missed came later.",
                    "按日、周或月的覆盖。只反映最近一次中断;已恢复者视为覆盖,因其数据已补齐。",
                ),
            ),
            Panel::of_state(
                Kind::Table,
                (12, 9),
                words("Words that nobody mapped", "未对应的词"),
                words(
                    "Stage words of sources that no map knows: their events wait. `inflow doctor` prints the line to add.",
                    "来源中尚未对应的环节词,其事件暂不计入。inflow doctor 会给出应添加的配置行。",
                ),
                WORDS,
                "connection stream word records",
            ),
            Panel::of_state(
                Kind::Table,
                (24, 9),
                words("Set aside", "隔离"),
                words(
                    "Records that could not be understood, by field and reason; they are in no figure. The records themselves stay in landing.",
                    "无法理解的记录(按字段与原因),未计入任何数字。原始记录保留在 landing。",
                ),
                SET_ASIDE,
                "connection stream field reason records started",
            )
            .called("started", words("Last seen", "最近")),
            Panel::of_state(
                Kind::Table,
                (24, 9),
                words("Pulls", "拉取记录"),
                words(
                    "The newest pulls of the period. Rows that were already there are delivered and not new.",
                    "期间最近的拉取。已有的记录算送来,不算新增。",
                ),
                RUNS,
                "started connection run_status seconds requests fetched landed quarantined error_kind error",
            ),
            table(
                "conflicts",
                "field case",
                "conflicts told taken reason applications",
                words("Where sources contradict each other", "来源冲突"),
                words(
                    "Cases that several connections tell differently, and what counts. Ids only; look them up in the system that gave them.",
                    "多个连接说法不一的申请及采用者。仅编号,请到相应系统中查看。",
                ),
            )
            .first(100, "m.field, m.case"),
        ],
    }
}
