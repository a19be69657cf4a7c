//! 6 Interviews and closed loop.

use super::{Dashboard, Reads, figure, half, lines, table, words};
use crate::grafana::ask::Only;
use crate::grafana::panel::{NO_REPLY, NO_SHOW};

const TO_INTERVIEW: Only = &[("from_stage", &["invited"]), ("to_stage", &["attended"])];

pub(super) fn board() -> Dashboard {
    Dashboard {
        name: "interviews",
        reads: Reads::Store,
        title: words("Interviews and closed loop", "面试与闭环"),
        says: words("Who was invited, who answered, who came, and what to do about it.", "邀约、回复、到面,以及需要跟进之处。"),
        panels: vec![
            figure(
                "no_show",
                "value status",
                words("No-shows", "爽约率"),
                words(
                    "Of invitations delivered whose time is past, the share not taken. Undelivered and declined ones are another matter; outcomes that nobody wrote down look like no-shows.",
                    "已送达且到期的邀约中未到的比例。未送达与谢绝另计;未填结果者会显得像爽约。",
                ),
            )
            .coloured("value", NO_SHOW),
            figure(
                "no_reply",
                "value status",
                words("No reply within 24 hours", "24 小时未回复"),
                words(
                    "Of invitations sent and delivered, the share without an answer in 24 hours. Sources that tell no answers look silent.",
                    "已送达邀约中 24 小时未获回复的比例。来源不提供回复时会显得无回复。",
                ),
            )
            .coloured("value", NO_REPLY),
            figure(
                "no_show",
                "undelivered untold",
                words("Not delivered, outcome untold", "未送达与未填结果"),
                words(
                    "Invitations that never arrived (wrong number, dead link), and outcomes that nobody wrote down. Both want a person, not a reminder.",
                    "未送达的邀约(号码错误、链接失效)与未填写结果者。两者都需人工处理,而非提醒。",
                ),
            ),
            figure(
                "step_rate",
                "value status",
                words("Came to the interview", "到面率"),
                words(
                    "Interviews due in the period that took place; a moved one counts on its new date. Without appointments it goes by 14 days after the invitation.",
                    "期间到期面试中到面的比例,改期者计入新日期。无预约时间时按邀约后 14 天。",
                ),
            )
            .only(TO_INTERVIEW)
            .counted(),
            lines(
                "no_show",
                "grain",
                "value low high",
                words("No-shows over time", "爽约率走势"),
                words(
                    "By the day on which the interview was due, with a 95 % interval. Dots rest on under 20 invitations.",
                    "按面试到期日,附 95% 区间。圆点不足 20 次邀约。",
                ),
            )
            .called("value", words("no-shows", "爽约率"))
            .called("low", words("95 % from", "95% 下限"))
            .called("high", words("95 % to", "95% 上限")),
            lines(
                "step_rate",
                "grain channel",
                "value",
                words("Came to the interview, by channel", "各渠道到面率走势"),
                words(
                    "Interviews due that took place. Dots rest on few; a channel without a line had none due.",
                    "到期面试中到面的比例。圆点表示样本少,无线者没有到期面试。",
                ),
            )
            .only(TO_INTERVIEW)
            .counted(),
            half(
                "no_show",
                "channel",
                "numerator denominator value low high late declined undelivered untold status",
                words("No-shows by channel", "各渠道爽约"),
                words(
                    "With a 95 % interval. Look at untold and undelivered before blaming a channel.",
                    "附 95% 区间。归咎渠道之前,先看未填结果与未送达。",
                ),
            )
            .called("numerator", words("No-shows", "爽约"))
            .called("denominator", words("Due", "到期"))
            .coloured("value", NO_SHOW),
            half(
                "no_show",
                "store",
                "numerator denominator value low high late declined undelivered untold status",
                words("No-shows by store", "各门店爽约"),
                words(
                    "The same by store. Small stores move by chance: few cases raise no alert.",
                    "按门店。小店起伏多属偶然,样本少不告警。",
                ),
            )
            .called("numerator", words("No-shows", "爽约"))
            .called("denominator", words("Due", "到期"))
            .coloured("value", NO_SHOW),
            half(
                "no_reply",
                "channel",
                "numerator denominator value low high late undelivered status",
                words("No reply by channel", "各渠道未回复"),
                words(
                    "Invitations without an answer within 24 hours; late ones answered afterwards.",
                    "24 小时内未回复的邀约;late 为其后才回复者。",
                ),
            )
            .called("numerator", words("No reply", "未回复"))
            .called("denominator", words("Delivered", "已送达"))
            .coloured("value", NO_REPLY),
            half(
                "step_rate",
                "store",
                "basis numerator denominator value low high no_show declined untold status",
                words("Came to the interview, by store", "各门店到面率"),
                words(
                    "Interviews due that took place, by store. By days, where no appointment is known.",
                    "各门店到期面试的到面率。无预约时间时按天数计。",
                ),
            )
            .only(TO_INTERVIEW)
            .counted()
            .called("numerator", words("Came", "到面"))
            .called("denominator", words("Due", "到期")),
            table(
                "threshold",
                "",
                "rule slice watched value low high unit cases raise clear state certainty raised_on days_raised judged_to status",
                words("Alerts by threshold", "阈值告警"),
                words(
                    "How each rule of alerts.toml stands on the last day judged. While a connection fails it is unknown: nothing begins or ends.",
                    "alerts.toml 各规则在最近判定日的状态。连接中断期间为未知,不告警也不解除。",
                ),
            )
            .first(200, "indexOf(['raised', 'unknown', 'clear'], m.state), m.rule, m.slice"),
            half(
                "assessment_pass",
                "",
                "kind assessments pending missed numerator denominator value status",
                words("Gates before the interview", "面试前的关卡"),
                words(
                    "AI interviews, tests and certificates: who passed, who missed them, who is pending. Pending ones hold the next step up.",
                    "AI 面试、测试与证件:通过、缺席与待定。待定者会拖住下一步。",
                ),
            )
            .called("numerator", words("Passed", "通过"))
            .called("denominator", words("With result", "有结果")),
            half(
                "recruiter",
                "recruiter",
                "contacted resumes invited attended onboarded first_reply waiting status",
                words("Recruiters' work", "招聘人员工作量"),
                words(
                    "What went through whose hands, by code; not ranked, since stores and jobs differ. The first reply is known only where the system tells it.",
                    "各人经手数量(代码),因门店与岗位不同而不排名。首次处理时间仅在系统提供时可知。",
                ),
            ),
        ],
    }
}
