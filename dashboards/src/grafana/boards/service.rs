//! 9 Service: how the program does, as Prometheus scraped it. Every name that stands here is one of `/metrics` (`measures/`).

use super::{Dashboard, Kind, Panel, Reads, words};
use crate::grafana::panel::{ANY, Series, Steps};
use crate::grafana::words::{GREEN, Meaning, ORANGE, RED, Words};

/// Seconds since a connection delivered.
const AGE: Steps = &[(None, GREEN), (Some(86_400.0), ORANGE), (Some(259_200.0), RED)];
const HOLDS: Steps = &[(None, RED), (Some(1.0), GREEN)];
const ANSWERS: &[Meaning] = &[("1", words("answers", "正常"), GREEN), ("0", words("does not answer", "无应答"), RED)];
const DELIVERS: &[Meaning] = &[("1", words("delivers", "正常"), GREEN), ("0", words("failing", "异常"), RED)];
const TIES: &[Meaning] = &[("1", words("ties", "一致"), GREEN), ("0", words("differs", "不一致"), RED)];
const OPEN: &[Meaning] = &[("0", words("pulls", "正常拉取"), GREEN), ("1", words("waits", "暂停拉取"), ORANGE)];

const BY_CONNECTION: Words = words("{{connection}}", "{{connection}}");

fn stat(width: u32, title: Words, says: Words, series: &[Series]) -> Panel {
    Panel::of_scrapes(Kind::Stat, (width, 4), title, says, series)
}

fn lines(title: Words, says: Words, series: &[Series]) -> Panel {
    Panel::of_scrapes(Kind::Lines, (12, 8), title, says, series)
}

pub(super) fn board() -> Dashboard {
    let mut panels = at_a_glance();
    panels.extend(deliveries());
    panels.extend(store());
    panels.extend(process());
    Dashboard {
        name: "service",
        reads: Reads::Scrapes,
        title: words("Service", "运行状况"),
        says: words(
            "How the program, its store and its connections do, for who runs it. Read from Prometheus, not from the store.",
            "程序、存储与数据连接的运行状况,供运维查看。数据来自 Prometheus,不来自存储。",
        ),
        panels,
    }
}

fn at_a_glance() -> Vec<Panel> {
    vec![
        stat(
            6,
            words("Store", "存储"),
            words(
                "Whether the store answered the last scrape. A dash: nothing was scraped for five minutes, so nothing below is of now.",
                "最近一次抓取时存储是否应答。显示横线表示五分钟内没有抓到任何数据,以下各项均非当前状态。",
            ),
            &[Series::new("min(inflow_store_up{job=\"$job\"})", words("store", "存储"), "none").coloured(HOLDS).meaning(ANSWERS)],
        ),
        stat(
            6,
            words("Connections that fail", "异常连接"),
            words(
                "How many connections failed at their last attempt, of how many that were ever tried. While one fails, its channels say partial or no data.",
                "最近一次尝试失败的连接数,以及曾尝试过的连接总数。异常期间其渠道显示部分覆盖或无数据。",
            ),
            &[
                Series::new("sum(1 - inflow_connection_up{job=\"$job\"})", words("failing", "异常"), "none").coloured(ANY),
                Series::new("count(inflow_connection_up{job=\"$job\"})", words("connections", "连接"), "none"),
            ],
        ),
        stat(
            6,
            words("Alerts", "告警"),
            words(
                "Slices of rules of alerts.toml that are raised, and those of which too little is known to say. What they are about is on dashboard 6.",
                "alerts.toml 各规则中正在告警的项数,以及数据不足、无法判断的项数。具体内容见看板 6。",
            ),
            &[
                Series::new("sum(inflow_alerts{job=\"$job\",state=\"raised\"})", words("raised", "告警"), "none").coloured(ANY),
                Series::new("sum(inflow_alerts{job=\"$job\",state=\"unknown\"})", words("unknown", "未知"), "none"),
            ],
        ),
        stat(
            6,
            words("Books", "账目"),
            words(
                "Whether every way to an amount agrees to the cent in the month so far, and ledger lines that are in neither. Dashboard 3 says which.",
                "本月至今各项勾稽是否分毫不差,以及两边都未计入的台账行数。明细见看板 3。",
            ),
            &[
                Series::new("min(inflow_ledger_tie{job=\"$job\"})", words("ledger", "台账"), "none").coloured(HOLDS).meaning(TIES),
                Series::new("sum(inflow_ledger_open_lines{job=\"$job\"})", words("open lines", "未结行"), "none").coloured(ANY),
            ],
        ),
    ]
}

fn deliveries() -> Vec<Panel> {
    let table = [
        Series::new("max by (connection) (inflow_connection_up{job=\"$job\"})", words("State", "状态"), "none").meaning(DELIVERS),
        Series::new(
            "time() - max by (connection) (inflow_connection_last_success_timestamp_seconds{job=\"$job\"})",
            words("Since it delivered", "距上次送达"),
            "s",
        )
        .coloured(AGE),
        Series::new("max by (connection) (inflow_connection_failures{job=\"$job\"})", words("Failures in a row", "连续失败"), "none")
            .coloured(ANY),
        Series::new("max by (connection) (inflow_connection_breaker_open{job=\"$job\"})", words("Schedule", "定时拉取"), "none")
            .meaning(OPEN),
        Series::new(
            "sum by (connection) (increase(inflow_connection_records_fetched_total{job=\"$job\"}[$__range]))",
            words("Records delivered", "送来记录"),
            "none",
        ),
        Series::new(
            "sum by (connection) (increase(inflow_connection_records_landed_total{job=\"$job\"}[$__range]))",
            words("New or changed", "新增或变化"),
            "none",
        ),
        Series::new("max by (connection) (inflow_quarantined_records{job=\"$job\"})", words("Set aside", "隔离"), "none").coloured(ANY),
    ];
    vec![
        Panel::heading(words("Connections", "数据连接")),
        Panel::of_scrapes(
            Kind::Table,
            (24, 9),
            words("Each connection", "各连接"),
            words(
                "How each connection stands now, and what it brought in the range of time. Counts over a range are estimates between two scrapes and need not be whole.",
                "各连接的当前状态,以及所选时间内带来的记录。时间段内的数量由抓取点推算,不一定为整数。",
            ),
            &table,
        )
        .called("connection", words("Connection", "连接")),
        lines(
            words("Since each connection delivered", "距各连接上次送达"),
            words(
                "Rises while nothing comes and falls back when something does. A sheet that is imported by hand rises until somebody imports it.",
                "无数据送达时上升,送达后回落。手工导入的表格会一直上升,直到有人导入。",
            ),
            &[Series::new(
                "time() - max by (connection) (inflow_connection_last_success_timestamp_seconds{job=\"$job\"})",
                BY_CONNECTION,
                "s",
            )],
        ),
        lines(
            words("Pulls that failed, by hour", "每小时失败的拉取"),
            words(
                "Pulls and imports of the hour before each point that ended in an error. One that is tried again and goes well counts here all the same.",
                "每个时点之前一小时内以错误结束的拉取与导入。重试后成功的也计入此处。",
            ),
            &[Series::new(
                "sum by (connection) (increase(inflow_connection_runs_total{job=\"$job\",status=\"failed\"}[1h]))",
                BY_CONNECTION,
                "short",
            )],
        ),
        lines(
            words("Requests, by hour", "每小时请求数"),
            words(
                "Requests sent to each board in the hour before each point: what its limits are about. The budget of a connection stands in its configuration.",
                "每个时点之前一小时内发往各平台的请求数,即其限额所指。连接的请求预算写在配置中。",
            ),
            &[Series::new("sum by (connection) (increase(inflow_connection_requests_total{job=\"$job\"}[1h]))", BY_CONNECTION, "short")],
        ),
        lines(
            words("Records set aside", "隔离的记录"),
            words(
                "Records that could not be understood and wait; they are in no figure. Dashboard 7 says by which field and why.",
                "无法理解、等待处理的记录,未计入任何数字。字段与原因见看板 7。",
            ),
            &[Series::new("max by (connection) (inflow_quarantined_records{job=\"$job\"})", BY_CONNECTION, "short")],
        ),
    ]
}

fn store() -> Vec<Panel> {
    vec![
        Panel::heading(words("Store", "存储")),
        lines(
            words("How long statements take", "语句耗时"),
            words(
                "Time under which 95 % of statements on the embedded engine stayed, estimated from the buckets of a histogram. A gap: none ran.",
                "内嵌引擎上 95% 的语句不超过的耗时,由直方图区间估算。空缺表示没有语句运行。",
            ),
            &[Series::new(
                "histogram_quantile(0.95, sum by (le, role) (rate(inflow_statement_duration_seconds_bucket{job=\"$job\"}[$__rate_interval])))",
                words("{{role}}", "{{role}}"),
                "s",
            )],
        ),
        lines(
            words("Statements per second", "每秒语句数"),
            words(
                "Statements on the embedded engine by who asked and how they ended. Answers out of the cache are none: they run nothing.",
                "内嵌引擎上的语句,按来源与结果分。命中缓存的应答不运行语句,不计入。",
            ),
            &[Series::new(
                "sum by (role, outcome) (rate(inflow_statement_duration_seconds_count{job=\"$job\"}[$__rate_interval]))",
                words("{{role}} {{outcome}}", "{{role}} {{outcome}}"),
                "ops",
            )],
        ),
        lines(
            words("Answered without the engine", "缓存应答比例"),
            words(
                "Share of answers to readers that were kept or waited for the same statement of another. After each pull it falls, since the figures are new.",
                "对读者的应答中取自缓存或等待同一语句的比例。每次拉取后会下降,因为数字已更新。",
            ),
            &[Series::new(
                "sum(rate(inflow_result_cache_answers_total{job=\"$job\",result=~\"hit|collapsed\"}[$__rate_interval])) / sum(rate(inflow_result_cache_answers_total{job=\"$job\"}[$__rate_interval]))",
                words("kept", "缓存"),
                "percentunit",
            )],
        ),
        lines(
            words("How long an analysis takes", "分析耗时"),
            words(
                "Mean time of the analyses of the hour before each point. A gap: there was none, as in a process that only serves.",
                "每个时点之前一小时内分析任务的平均耗时。空缺表示没有分析,例如只提供查询的进程。",
            ),
            &[Series::new(
                "sum by (outcome) (increase(inflow_analysis_duration_seconds_sum{job=\"$job\"}[1h])) / sum by (outcome) (increase(inflow_analysis_duration_seconds_count{job=\"$job\"}[1h]))",
                words("{{outcome}}", "{{outcome}}"),
                "s",
            )],
        ),
        lines(
            words("On disk", "磁盘占用"),
            words(
                "Bytes of the tables in use and of what was landed. Rows that a newer version replaced count until they are merged away.",
                "在用数据表与 landing 的字节数。已被新版本取代的行在合并之前仍计入。",
            ),
            &[
                Series::new("max by (database) (inflow_store_bytes{job=\"$job\"})", words("{{database}}", "{{database}}"), "bytes"),
                Series::new("max(inflow_landing_bytes{job=\"$job\"})", words("landing", "landing"), "bytes"),
            ],
        ),
    ]
}

fn process() -> Vec<Panel> {
    vec![
        Panel::heading(words("Process", "进程")),
        lines(
            words("Memory", "内存"),
            words(
                "Resident memory of the process, the embedded engine included. Linux only; elsewhere nothing is drawn.",
                "进程的常驻内存,含内嵌引擎。仅限 Linux,其他系统无数据。",
            ),
            &[Series::new("process_resident_memory_bytes{job=\"$job\"}", words("{{instance}}", "{{instance}}"), "bytes")],
        ),
        lines(
            words("Processors", "处理器"),
            words(
                "Processors that the process kept busy, 1 being one of them all the time. Linux only; elsewhere nothing is drawn.",
                "进程占用的处理器个数,1 表示始终占满一个。仅限 Linux,其他系统无数据。",
            ),
            &[Series::new(
                "rate(process_cpu_seconds_total{job=\"$job\"}[$__rate_interval])",
                words("{{instance}}", "{{instance}}"),
                "short",
            )],
        ),
        lines(
            words("File descriptors", "文件描述符"),
            words(
                "Open files and connections as a share of what the process may open. Near 100 % nobody else gets in.",
                "已打开的文件与连接占上限的比例。接近 100% 时新的连接会被拒绝。",
            ),
            &[Series::new(
                "process_open_fds{job=\"$job\"} / process_max_fds{job=\"$job\"}",
                words("{{instance}}", "{{instance}}"),
                "percentunit",
            )],
        ),
        lines(
            words("Since it started", "运行时长"),
            words(
                "How long the process runs. Where it falls to nothing it was started anew, and counts of statements begin at 0.",
                "进程已运行的时间。回落到零处即重新启动,语句计数也从 0 开始。",
            ),
            &[Series::new("time() - process_start_time_seconds{job=\"$job\"}", words("{{instance}}", "{{instance}}"), "s")],
        ),
    ]
}
