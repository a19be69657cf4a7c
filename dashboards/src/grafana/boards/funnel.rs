//! 2 Funnel and cohorts.

use super::{Ask, Dashboard, Kind, Panel, Reads, half, lines, stacked, table, words};
use crate::grafana::ask::Only;

const OF_RESUMES: Only = &[("from_stage", &["applied"])];
const ATTENDED: Only = &[("from_stage", &["applied"]), ("to_stage", &["attended"])];
const PAIRS: Only = &[("from_stage", &["applied"]), ("to_stage", &["invited", "attended", "onboarded"])];
const ESTIMATED: Only = &[("from_stage", &["applied"]), ("to_stage", &["attended", "onboarded"])];
const STAGES: Only = &[("stage", &["applied", "invited", "attended", "offered", "accepted", "onboarded"])];

pub(super) fn board() -> Dashboard {
    Dashboard {
        name: "funnel",
        reads: Reads::Store,
        title: words("Funnel and cohorts", "漏斗与同期群"),
        says: words("How far those who applied have come.", "投递者走到了哪一步。"),
        panels: vec![
            Panel::of(
                Kind::Bars,
                (12, 9),
                words("How far the resumes of the period have come", "期间简历走到哪一步"),
                words(
                    "Of the resumes of the period, the share that ever reached each stage; skipped stages count as passed. Later stages of young cases will still rise.",
                    "期间简历中曾到达各环节的比例,跳过的环节视为通过。较新的申请后面的环节还会上升。",
                ),
                Ask::new("conversion", "", "to_stage value"),
            )
            .only(OF_RESUMES),
            lines(
                "conversion",
                "grain",
                "value low high",
                words("From resume to interview, by when they applied", "投递→到面(按投递时间)"),
                words(
                    "Each point is a cohort: those who applied then, with its 95 % interval. The last points are young and will rise; dots rest on few cases.",
                    "每点为一个同期群(当时投递者)及其 95% 区间。最后几点尚早,仍会上升;圆点表示样本少。",
                ),
            )
            .only(ATTENDED)
            .called("value", words("share", "比例"))
            .called("low", words("95 % from", "95% 下限"))
            .called("high", words("95 % to", "95% 上限")),
            table(
                "conversion",
                "channel",
                "to_stage numerator denominator value low high pooled_value open maturity status",
                words("Conversion by channel", "各渠道转化"),
                words(
                    "Cohort view: of those who applied in the period. Where little is decided, wait; few cases are not ranked, the last 90 days stand beside them.",
                    "同期群口径:期间投递者。已定比例低时请等待;样本少者不排名,旁列近 90 天合并值。",
                ),
            )
            .only(PAIRS)
            .called("numerator", words("Reached", "到达"))
            .called("denominator", words("Resumes", "简历")),
            half(
                "conversion",
                "month",
                "to_stage numerator denominator value low high open maturity status",
                words("Cohorts by month", "按月同期群"),
                words(
                    "Months of application side by side. Compare a month only where as much of it is decided as of the others.",
                    "按投递月份比较。仅当已定比例相近时才可相互比较。",
                ),
            )
            .only(ESTIMATED)
            .called("numerator", words("Reached", "到达"))
            .called("denominator", words("Resumes", "简历")),
            half(
                "conversion_estimate",
                "",
                "to_stage days entries value low high observed maturity status",
                words("What young cohorts will come to", "较新同期群的估计"),
                words(
                    "Estimated share that gets there within so many days, rejections and withdrawals competing (Aalen-Johansen). Beyond the days observed it says nothing.",
                    "在若干天内到达的估计比例(Aalen-Johansen,淘汰与退出为竞争事件)。超出已观察天数则无从估计。",
                ),
            )
            .only(ESTIMATED)
            .called("entries", words("Resumes", "简历")),
            table(
                "step_rate",
                "channel",
                "from_stage to_stage basis numerator denominator value low high pooled_value status",
                words("Steps that were due", "到期应完成的环节"),
                words(
                    "Period view: of what was due in the period, the share done by its due time. Not a part of the cohorts above, and not to be multiplied along.",
                    "期间口径:期间到期者中按期完成的比例。与上面的同期群口径不同,不可连乘。",
                ),
            )
            .called("numerator", words("Done", "完成"))
            .called("denominator", words("Due", "到期")),
            half(
                "time_in_stage",
                "",
                "stage entries open p25 median p75 low high status",
                words("Days in each stage", "各环节停留天数"),
                words(
                    "Half have left the stage within so many days; those still in it count as not yet. Empty: too few have left to say.",
                    "半数在若干天内离开该环节,仍在其中者按未完成计。为空表示离开者太少,无法判断。",
                ),
            )
            .called("entries", words("Entered", "进入")),
            half(
                "time_to_hire",
                "channel",
                "cases accepted open p25 median p75 status",
                words("Days from first touch to acceptance", "首次接触到录用天数"),
                words(
                    "Of those who accepted, how long it took. While many cases are open, the slow ones are not in it yet and it looks too fast.",
                    "最终接受录用者所用天数。未决者多时,较慢的尚未计入,看起来偏快。",
                ),
            ),
            half(
                "drop_out",
                "channel",
                "stage numerator denominator value withdrawn silent rejected young status",
                words("Who dropped out", "流失"),
                words(
                    "Of those who entered a stage, who withdrew or went silent for 14 days; rejected ones are another matter. Sources that tell no events look silent.",
                    "进入某环节者中主动退出或 14 天无动静者;被拒另计。来源不提供事件时也会显得无动静。",
                ),
            )
            .only(&[("stage", &["applied", "invited", "attended", "offered"])])
            .called("numerator", words("Dropped out", "流失"))
            .called("denominator", words("Entered", "进入")),
            stacked(
                "activity",
                "grain",
                "stage events",
                words("What happened when", "各环节发生量"),
                words(
                    "Events of the period, whenever the people had applied. Bars are of different people and are never divided by each other.",
                    "期间发生的事件,不论何时投递。各柱不是同一批人,不可相除。",
                ),
            )
            .only(STAGES),
        ],
    }
}
