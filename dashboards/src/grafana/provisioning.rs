//! What Grafana reads when it starts: data source, folders, rules.

use std::fmt::Write;
use std::path::PathBuf;

use inflow_config::Lang;

use super::alerting::rules;
use super::render::{PLUGIN, PLUGIN_VERSION, uid};

/// The data source's uid, which the rules name.
const SOURCE: &str = "inflow";

const DATASOURCES: &str =
    "# Inflow's ClickHouse endpoint, or the ClickHouse server of [store] url. Grafana fills in what begins with $ from its environment.
apiVersion: 1
datasources:
  - name: Inflow
    uid: inflow
    type: grafana-clickhouse-datasource
    access: proxy
    isDefault: true
    editable: false
    jsonData:
      host: $INFLOW_CLICKHOUSE_HOST
      port: $INFLOW_CLICKHOUSE_PORT
      protocol: http
      secure: false
      path: \"\"
      username: reader
      defaultDatabase: inflow
      dialTimeout: \"10\"
      queryTimeout: \"60\"
    secureJsonData:
      password: $INFLOW_READER_PASSWORD
  # The Prometheus that scrapes /metrics; only the dashboard of the service reads it.
  - name: Inflow Prometheus
    uid: inflow-prometheus
    type: prometheus
    access: proxy
    editable: false
    url: $INFLOW_PROMETHEUS_URL
    jsonData:
      httpMethod: POST
      timeInterval: 30s
";

/// Paths are those of `docker-compose.yml`; elsewhere, write where the folders `en` and `zh` are.
const DASHBOARDS: &str = "apiVersion: 1
providers:
  - name: inflow-en
    orgId: 1
    folder: Inflow
    folderUid: inflow-en
    type: file
    disableDeletion: true
    allowUiUpdates: false
    options:
      path: /etc/grafana/inflow/en
  - name: inflow-zh
    orgId: 1
    folder: Inflow 中文
    folderUid: inflow-zh
    type: file
    disableDeletion: true
    allowUiUpdates: false
    options:
      path: /etc/grafana/inflow/zh
";

/// The files beneath `provisioning`.
pub(crate) fn files() -> Vec<(PathBuf, String)> {
    let place = |folder: &str| PathBuf::from("provisioning").join(folder).join("inflow.yaml");
    vec![(place("datasources"), DATASOURCES.to_owned()), (place("dashboards"), DASHBOARDS.to_owned()), (place("alerting"), alerting())]
}

fn alerting() -> String {
    let mut out = "# Written by `cargo xtask gen` from dashboards/src/grafana/alerting.rs. To whom an alert goes is Grafana's own business.
apiVersion: 1
groups:
  - orgId: 1
    name: inflow
    folder: Inflow
    interval: 5m
    rules:
"
    .to_owned();
    for rule in rules() {
        let sql: String = rule.sql.lines().flat_map(|line| ["                ", line, "\n"]).collect();
        let written = write!(
            out,
            "      - uid: {uid}
        title: {title}
        condition: B
        data:
          - refId: A
            relativeTimeRange: {{from: 600, to: 0}}
            datasourceUid: {SOURCE}
            model:
              refId: A
              datasource: {{type: {PLUGIN}, uid: {SOURCE}}}
              editorType: sql
              queryType: table
              format: 1
              pluginVersion: {PLUGIN_VERSION}
              rawSql: |-
{sql}          - refId: B
            relativeTimeRange: {{from: 600, to: 0}}
            datasourceUid: __expr__
            model:
              refId: B
              datasource: {{type: __expr__, uid: __expr__}}
              type: threshold
              expression: A
              conditions:
                - evaluator: {{type: gt, params: [{above}]}}
        noDataState: OK
        execErrState: Error
        for: {holds}
        isPaused: false
        labels: {{source: inflow, severity: {severity}}}
        annotations:
          summary: \"{title_en} · {title_zh}\"
          description: \"{says_en} {says_zh}\"
          __dashboardUid__: {board}
",
            uid = rule.uid,
            title = rule.title.en,
            above = rule.above,
            holds = rule.holds,
            severity = rule.severity,
            title_en = rule.title.en,
            title_zh = rule.title.zh,
            says_en = rule.says.en,
            says_zh = rule.says.zh,
            board = uid(rule.board, Lang::En),
        );
        debug_assert!(written.is_ok(), "a string takes all that is written");
    }
    out
}
