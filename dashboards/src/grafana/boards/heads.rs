//! 5 Head-count and quality of hire.

use super::{Dashboard, Reads, figure, half, table, words};
use crate::grafana::panel::ANY;

pub(super) fn board() -> Dashboard {
    Dashboard {
        name: "heads",
        reads: Reads::Store,
        title: words("Head-count and quality", "编制与录用质量"),
        says: words("Who is still missing, who stays, and who does well.", "还缺谁、谁留下、谁做得好。"),
        panels: vec![
            figure(
                "fill_rate",
                "value status",
                words("Filled", "到岗率"),
                words(
                    "Of the heads planned in requisitions of the period, the share that has started. Empty: no requisition states its heads.",
                    "期间有效需求的计划人数中已到岗的比例。为空表示没有写明人数的需求。",
                ),
            ),
            figure(
                "fill_rate",
                "gap status",
                words("Still missing", "尚缺人数"),
                words(
                    "Heads not yet filled. Requisitions on hold, cancelled or without stated heads are not in it.",
                    "尚未填补的人数,不含暂停与取消的需求;未写明人数的需求不在其中。",
                ),
            )
            .coloured("gap", ANY),
            figure(
                "fill_rate",
                "overdue overdue_days",
                words("Past the due date", "已逾期"),
                words(
                    "Missing heads whose due date is past, and the days of the oldest. Requisitions without a due date are never overdue.",
                    "到岗期限已过仍缺的人数及最长逾期天数。未写期限者不计逾期。",
                ),
            )
            .coloured("overdue", ANY),
            figure(
                "onboard_rate",
                "value status",
                words("Came on the agreed day", "入职率(录用起)"),
                words(
                    "Of those whose agreed first day is past, the share that came. Where no day was agreed, 30 days are assumed.",
                    "约定入职日已过者中实际入职的比例。无约定日者按 30 天推定。",
                ),
            ),
            table(
                "fill_rate",
                "store department",
                "requisitions numerator denominator value gap vacancy_rate overdue overdue_days on_hold status",
                words("Heads by store and department", "各门店、部门编制"),
                words(
                    "Planned, started and missing heads. Hires that name no requisition fill none: they are missing here although they work.",
                    "计划、已到岗与尚缺人数。未写明需求的入职不计入填补。",
                ),
            )
            .called("numerator", words("Started", "到岗"))
            .called("denominator", words("Planned", "计划"))
            .called("value", words("Filled", "到岗率"))
            .coloured("overdue", ANY),
            half(
                "time_to_fill",
                "department",
                "filled_by heads filled open p25 median p75 status",
                words("Days to fill", "填补周期"),
                words(
                    "From opening to the first day (or acceptance), by head; open ones count as not yet. Empty: fewer than half are filled.",
                    "从需求开放到到岗(或接受录用)的天数,按人头计,未填补者按未完成计。为空表示不足半数填补。",
                ),
            ),
            half(
                "source_of_hire",
                "channel",
                "official official_share first_touch last_touch recorded self_reported value status",
                words("Where hires come from", "录用来源"),
                words(
                    "Official source beside first touch, last touch, HR's record and own word. A high share of disagreement means that the rule decides more than the facts.",
                    "官方来源与首次触达、末次触达、人事登记、本人自述并列。矛盾比例高时,结果更多取决于规则。",
                ),
            )
            .called("value", words("Disagree", "矛盾")),
            half(
                "onboard_rate",
                "channel",
                "numerator denominator value low high assumed pending status",
                words("Who came on the agreed day", "各渠道入职率"),
                words(
                    "Of those who accepted and whose day is past. Pending ones are not in it.",
                    "约定入职日已过的录用者,待定者不计。",
                ),
            )
            .called("numerator", words("Came", "入职"))
            .called("denominator", words("Accepted", "录用")),
            half(
                "offer_acceptance",
                "channel",
                "numerator denominator value low high pending status",
                words("Offers accepted", "录用接受率"),
                words(
                    "Of offers with an answer. Many pending: the answer is not yet the last one.",
                    "已有结果的录用通知中被接受的比例。待定者多时结论尚早。",
                ),
            )
            .called("numerator", words("Accepted", "接受"))
            .called("denominator", words("Answered", "有结果")),
            half(
                "retention_90",
                "channel",
                "after_days numerator denominator value low high estimate pending status",
                words("Who stays", "留存率"),
                words(
                    "Of hires whose days are over, who is still there; the estimate also uses those who are not yet so long there. Pending: too early to say.",
                    "已满期入职者中仍在职的比例,估计值亦使用未满期者。pending 为尚未满期。",
                ),
            )
            .called("numerator", words("Stayed", "在职"))
            .called("denominator", words("Due", "满期")),
            half(
                "quality_of_hire",
                "channel",
                "component numerator denominator value low high status",
                words("How hires do", "录用质量"),
                words(
                    "Component by component, never one hidden index. Reviews differ between stores: compare channels within a store.",
                    "逐项列出,不合成单一指数。各门店评价尺度不同,宜在同一门店内比较渠道。",
                ),
            )
            .called("numerator", words("Sum", "合计")),
            half(
                "attrition",
                "channel leave_type reason",
                "leavers share median_days status",
                words("Why people left", "离职原因"),
                words(
                    "Leavers of the period by reason. Reasons are what was written down; an empty one was not told.",
                    "期间离职者及原因。原因以登记为准,空白表示未登记。",
                ),
            ),
            half(
                "assessment_pass",
                "channel",
                "kind assessments pending missed numerator denominator value mean_score status",
                words("Assessments passed", "测评通过率"),
                words(
                    "By kind of assessment; a valid health certificate counts as passed. Tests of different kinds are not comparable.",
                    "按测评类型;健康证有效视为通过。不同类型的测评不可互相比较。",
                ),
            )
            .called("numerator", words("Passed", "通过"))
            .called("denominator", words("With result", "有结果")),
            half(
                "persona_match",
                "channel",
                "persona numerator denominator value untold status",
                words("Who fits a persona", "画像匹配"),
                words(
                    "Share of a channel's resumes that carry all tags of a persona. Sources that tell nothing of the person count as not matching.",
                    "各渠道简历中带齐画像标签的比例。来源未提供人才信息者视为不匹配。",
                ),
            )
            .called("numerator", words("Match", "匹配"))
            .called("denominator", words("Resumes", "简历")),
        ],
    }
}
