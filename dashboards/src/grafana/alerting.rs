//! Rules by which Grafana alerts.
//!
//! Each asks for all that could be alarming and says how much it is, so that Grafana sees an alert end as it saw it begin. What is not known
//! has no row: a channel whose connection fails raises no alert about its people, the connection raises one about itself. The
//! statements hold no instant and no `$`: they stand on the last analysis, and provisioning files would take a `$` for a variable of the environment.

use inflow_analytics::catalogue;

use super::ask::quoted;
use super::words::{Words, words};

/// A rule.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Fixed uid.
    pub uid: &'static str,
    /// Its name.
    pub title: Words,
    /// What to do.
    pub says: Words,
    /// Words that tell the rows apart, and one figure.
    pub sql: String,
    /// An alert is on above this.
    pub above: f64,
    /// How long it must hold.
    pub holds: &'static str,
    /// `critical` or `warning`.
    pub severity: &'static str,
    /// The dashboard that shows more.
    pub board: &'static str,
}

/// All of them.
pub fn rules() -> Vec<Rule> {
    vec![
        Rule {
            uid: "inflow-connection-failing",
            title: words("A connection fails", "数据连接异常"),
            says: words(
                "Its channels are partial or without data until it delivers again. `inflow doctor` says what is missing.",
                "恢复之前其渠道数据不完整。请运行 inflow doctor 查看原因。",
            ),
            sql: "SELECT toString(connection) AS connection, if(status = 'failing', 1, 0) AS failing\nFROM inflow_state.connection_health FINAL\nORDER BY connection"
                .to_owned(),
            above: 0.0,
            holds: "15m",
            severity: "critical",
            board: "connections",
        },
        Rule {
            uid: "inflow-channel-drop",
            title: words("A channel dropped suddenly", "渠道骤降"),
            says: words(
                "Far fewer resumes than were to be expected in the last three days, surely. Look at the channel's ranking and postings.",
                "最近三天的简历明显少于预期(确定)。请检查该渠道的排名与职位。",
            ),
            sql: format!(
                "SELECT m.channel AS channel, if(m.alarm = 'sure', 1, 0) AS alarm\nFROM {} AS m\nWHERE m.status != 'no_data'\nORDER BY channel",
                view("channel_drop", &["channel"], 2)
            ),
            above: 0.0,
            holds: "0s",
            severity: "critical",
            board: "advice",
        },
        Rule {
            uid: "inflow-threshold",
            title: words("A rule of alerts.toml is raised", "alerts.toml 规则告警"),
            says: words(
                "The figure that the rule watches is beyond its level; it ends beyond another one on the quiet side. The dashboard says how sure it is.",
                "规则监测的数字越过告警线,回到解除线以内才结束。把握大小见看板。",
            ),
            sql: format!(
                "SELECT m.rule AS rule, m.slice AS slice, if(m.state = 'raised', 1, 0) AS raised\nFROM {} AS m\nWHERE m.state != 'unknown'\nORDER BY rule, slice",
                view("threshold", &[], 6)
            ),
            above: 0.0,
            holds: "0s",
            severity: "warning",
            board: "interviews",
        },
        Rule {
            uid: "inflow-no-show",
            title: words("Many do not come to interviews", "爽约率过高"),
            says: words(
                "More than 8 % of the invitations of the last four weeks were not taken, of twenty at least. Look for dead links and wrong numbers first.",
                "近四周到期邀约的爽约率超过 8%(至少二十例)。请先排查失效链接与错误号码。",
            ),
            sql: format!(
                "SELECT m.channel AS channel, m.value AS no_show\nFROM {} AS m\nWHERE m.status = 'ok' AND isNotNull(m.value)\nORDER BY channel",
                view("no_show", &["channel"], 27)
            ),
            above: 0.08,
            holds: "0s",
            severity: "warning",
            board: "interviews",
        },
        Rule {
            uid: "inflow-budget",
            title: words("A budget will be exceeded", "预算将超出"),
            says: words(
                "The month is over its budget, or its whole expected range is.",
                "本月已超出预算,或预计区间整体超出。",
            ),
            sql: format!(
                "SELECT m.budget_of AS budget_of, if(m.state IN ('will_exceed', 'exceeded'), 1, 0) AS exceeds\nFROM {} AS m\nORDER BY budget_of",
                view("budget", &[], 0)
            ),
            above: 0.0,
            holds: "0s",
            severity: "warning",
            board: "spend",
        },
    ]
}

/// A metric over the last days up to the last analysis. Which day that is is said in UTC, since a rule has no zone of its own.
fn view(metric: &str, by: &[&str], days: u32) -> String {
    let name = catalogue().iter().find(|known| known.id == metric).map_or_else(String::new, inflow_analytics::Metric::view);
    let by: Vec<String> = by.iter().map(|word| quoted(word)).collect();
    let latest = "max(made_as_of)";
    format!(
        "inflow.{name}(from = (SELECT toDate({latest}) - {days} FROM inflow.posting_times), to = (SELECT toDate({latest}) FROM inflow.posting_times), \
         tz = '', as_of = (SELECT {latest} FROM inflow.posting_times), by = [{}], channel = [], store = [])",
        by.join(", ")
    )
}
