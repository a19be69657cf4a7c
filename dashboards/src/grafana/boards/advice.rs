//! 8 Advice: budget, forecast, drop, posting time.

use super::{Ask, Dashboard, Kind, Panel, Reads, half, lines, table, words};
use crate::grafana::ask::Only;

const ATTENDED: Only = &[("people", &["attended"])];
const ONBOARDED: Only = &[("people", &["onboarded"])];
const APPLIED: Only = &[("stage", &["applied"])];

/// Slots from the first day of the period on: the plan lies ahead, where no period of a dashboard reaches.
const REPOSTS: &str = "SELECT r.local AS local, toString(r.channel) AS channels, r.title AS posting, toString(r.reason) AS slot_reason, r.gain AS gain, \
    r.gain_low AS gain_low, r.gain_high AS gain_high, toFloat64(r.cost) AS cost, toString(r.state) AS slot_state\n\
    FROM inflow_state.repost_plan AS r FINAL\n\
    WHERE r.state != 'withdrawn' AND r.at >= toDateTime('${from_day} 00:00:00', '${zone}') AND (empty($channels) OR has($channels, toString(r.channel)))\n\
    ORDER BY r.at, channels, posting\nLIMIT 200";

pub(super) fn board() -> Dashboard {
    let moves = |title, says, only| {
        table(
            "budget_advice",
            "channel",
            "spend advised least most next_cost_before next_cost_after gain probability basis reason status",
            title,
            says,
        )
        .only(only)
        .of_all_stores()
    };
    let plan = |title, only| {
        Panel::of(
            Kind::Stat,
            (12, 4),
            title,
            words(
                "What the whole plan gains in four weeks, with its 95 % interval, the worst case of twenty and the probability that it gains at all. It is advice: a person decides.",
                "整个方案四周内预期多来的人数、95% 区间、二十分之一的最坏情形与增益概率。仅为建议,由人决定。",
            ),
            Ask::new("budget_advice", "", "plan_gain plan_low plan_high plan_worst plan_probability status"),
        )
        .only(only)
        .of_all_stores()
    };
    Dashboard {
        name: "advice",
        reads: Reads::Store,
        title: words("Advice", "建议"),
        says: words("What to do next, with how sure it is.", "下一步做什么,以及有多大把握。"),
        panels: vec![
            plan(words("Gain of the plan: interviews", "方案增益:到面"), ATTENDED),
            plan(words("Gain of the plan: hires", "方案增益:入职"), ONBOARDED),
            moves(
                words("Budget for interviews", "预算建议(到面)"),
                words(
                    "Where four weeks' money brings most interviews; no channel moves by more than a quarter. A rule of thumb stands where spend never varied: try the move, then look again.",
                    "四周的钱投到哪里带来最多到面;每个渠道调整不超过四分之一。花费从未变化处为经验法则:先试,再看。",
                ),
                ATTENDED,
            ),
            moves(
                words("Budget for hires", "预算建议(入职)"),
                words(
                    "The same for hires. It stands on fewer people and is less sure; channels without data keep what they have.",
                    "同上,以入职为目标。所依人数更少,把握更小;无数据的渠道保持不变。",
                ),
                ONBOARDED,
            ),
            Panel::of(
                Kind::Bars,
                (12, 9),
                words("Resumes to expect, day by day", "每日简历预测"),
                words(
                    "The 28 days after the last whole day, beside the naive forecast of the same weekday. Of the chosen period where it reaches into them; a new campaign is not in it.",
                    "最近完整日之后 28 天的预测,旁列同一星期几的朴素预测;所选期间延伸到其中时仅取期间内各日。未考虑新的促销。",
                ),
                Ask::new("forecast", "day", "value naive low80 high80"),
            )
            .only(APPLIED)
            .of_all_stores()
            .called("value", words("forecast", "预测"))
            .called("low80", words("80 % from", "80% 下限"))
            .called("high80", words("80 % to", "80% 上限")),
            half(
                "forecast",
                "channel",
                "stage value naive low80 high80 low95 high95 method backtest_ratio made_on status",
                words("Next 28 days by channel", "未来 28 天"),
                words(
                    "People to expect with 80 and 95 % ranges. An error over naive near 1 says that last week's weekday is as good; few: under ten weeks of history.",
                    "预计人数及 80%、95% 区间。相对朴素误差接近 1 表示并不比上周同日更准;样本少表示历史不足十周。",
                ),
            )
            .of_all_stores()
            .called("value", words("Expected", "预计")),
            table(
                "channel_drop",
                "channel",
                "observed expected alarm alarm_days last_alarm since fall stores status",
                words("Sudden drops", "渠道骤降"),
                words(
                    "Resumes against what was to be expected; sure alarms are rarely false. A channel that its connection did not deliver raises none: look there first.",
                    "实收与预期对比;确定的警报很少误报。连接未送达的渠道不报警,请先看数据连接。",
                ),
            )
            .called("observed", words("Resumes", "实收"))
            .called("expected", words("Expected", "预期")),
            lines(
                "channel_drop",
                "day channel",
                "observed expected",
                words("Resumes against expectation", "实收与预期走势"),
                words(
                    "By channel and day; choose one channel to read it. Gaps are days that were not delivered.",
                    "按渠道与日。选择单个渠道更易读,缺口为未送达的日子。",
                ),
            )
            .called("observed", words("resumes", "实收"))
            .called("expected", words("expected", "预期")),
            half(
                "channel_drop",
                "channel store",
                "observed expected alarm last_alarm since fall status",
                words("Drops of single stores", "门店骤降"),
                words(
                    "Stores with an alarm on a channel. Small stores are not judged: they say few cases.",
                    "在某渠道上有警报的门店。小店不作判断,显示样本少。",
                ),
            )
            .only(&[("alarm", &["sure", "unsure"])])
            .called("observed", words("Resumes", "实收"))
            .called("expected", words("Expected", "预期")),
            table(
                "posting_time",
                "channel",
                "hour basis proof lift lift_low lift_high measured drawn peak_from peak_to peak_share status",
                words("At which hour to repost", "何时重发"),
                words(
                    "The suggested hour, and whether drawn reposts have proven it. Unproven is a hint, not a finding.",
                    "建议时点,以及随机重发是否已证实。未证实只是提示,并非结论。",
                ),
            )
            .of_all_stores(),
            Panel::of_state(
                Kind::Table,
                (24, 9),
                words("Which posting to refresh when", "职位刷新计划"),
                words(
                    "The slots that `inflow plan repost` keeps, by the clock of the channel's zone, and what became of them. Until drawn reposts have measured an hour, the gain stands on when people apply, which is a hint and not a finding.",
                    "inflow plan repost 保存的时段(渠道所在时区)及其结果。在随机重发测出时点之前,增益仅依据投递时间,只是提示,并非结论。",
                ),
                REPOSTS,
                "local channels posting slot_reason gain gain_low gain_high cost slot_state",
            ),
            table(
                "recommendation",
                "channel",
                "application score low high basis reasons status",
                words("Whom to look at first", "候选人推荐"),
                words(
                    "Open applications in the order in which to look at them; it never rejects. Switched off until an impact assessment is named; under 200 outcomes tag rules stand in.",
                    "未决申请的查看顺序,从不自动淘汰。登记影响评估前不启用;结果不足 200 例时以标签规则代替。",
                ),
            )
            .first(50, "m.score DESC, m.application"),
        ],
    }
}
