//! 1 Channels at a glance.

use super::{Dashboard, Reads, figure, half, lines, stacked, table, words};
use crate::grafana::ask::Only;
use crate::grafana::panel::COVERED;

const ATTENDED: Only = &[("from_stage", &["applied"]), ("to_stage", &["attended"])];
const ONBOARDED: Only = &[("from_stage", &["applied"]), ("to_stage", &["onboarded"])];
const HIRES: Only = &[("stage", &["onboarded"])];

pub(super) fn board() -> Dashboard {
    Dashboard {
        name: "channels",
        reads: Reads::Store,
        title: words("Channels", "渠道概览"),
        says: words("Which channel brings people, at what price.", "哪个渠道带来人、花多少钱。"),
        panels: vec![
            figure(
                "volume",
                "applications status",
                words("Resumes", "收获简历"),
                words(
                    "Resumes received in the period, each case once whoever delivers it. Too low while a channel says partial or no data.",
                    "期间收到的简历,同一申请无论由谁送达只计一次。有渠道显示部分覆盖或无数据时偏低。",
                ),
            ),
            figure(
                "volume",
                "candidates status",
                words("People", "人数"),
                words(
                    "Different people behind the resumes. Those without a whole phone or mail cannot be told apart and may count twice.",
                    "简历背后不同的人。没有完整手机号或邮箱者无法识别,可能重复计数。",
                ),
            ),
            figure(
                "spend",
                "amount status",
                words("Cost", "费用"),
                words(
                    "Cost by day of service, recharges left out. Days whose ledger lines have not come yet are missing: the last days are too low.",
                    "按服务日计的费用,充值不计。台账未到的日子缺少费用,最近几天偏低。",
                ),
            ),
            figure(
                "cost_per_resume",
                "value status",
                words("Cost per resume", "单份简历成本"),
                words(
                    "External net cost over resumes of the same period. Under 20 resumes it says few cases: do not compare it.",
                    "同期外部净成本 ÷ 简历数。不足 20 份时标为样本少,不宜比较。",
                ),
            ),
            figure(
                "conversion",
                "value maturity status",
                words("Came to an interview", "到面率(投递起)"),
                words(
                    "Of the resumes of the period, the share that has come to an interview so far. Young cases are still under way: look at how much is decided.",
                    "期间简历中至今已到面的比例。较新的申请仍在流程中,请看已定比例。",
                ),
            )
            .only(ATTENDED),
            figure(
                "conversion",
                "value maturity status",
                words("Started work", "入职率(投递起)"),
                words(
                    "Of the resumes of the period, the share that has started work so far. It rises for weeks after the period ends.",
                    "期间简历中至今已入职的比例。期末后数周内仍会上升。",
                ),
            )
            .only(ONBOARDED),
            figure(
                "activity",
                "events status",
                words("Started in the period", "期间入职"),
                words(
                    "How many started work in the period, whenever they applied. Never divide it by the resumes of the same period.",
                    "期间入职人次,不论何时投递。不可除以同期简历数。",
                ),
            )
            .only(HIRES),
            figure(
                "cost_per_onboarded",
                "value status",
                words("Cost per hire", "单个入职成本"),
                words(
                    "External net cost over those who started in the same period. People who cost now start later: over short periods it misleads.",
                    "同期外部净成本 ÷ 入职人数。花费在先、入职在后,期间太短时会误导。",
                ),
            ),
            table(
                "volume",
                "channel",
                "applications candidates share key_share postings posting_clusters status covered",
                words("Channels", "各渠道"),
                words(
                    "What each channel brought. People are unique within the row and do not add up; no data is not a zero. A channel leads to its funnel.",
                    "各渠道带来的简历、人数与职位。人数在行内去重,不可相加;无数据不等于零。点击渠道查看其漏斗。",
                ),
            )
            .coloured("covered", COVERED),
            stacked(
                "volume",
                "grain channel",
                "applications",
                words("Resumes over time", "简历走势"),
                words(
                    "Resumes by channel. A gap means that the connection delivered nothing, not that nobody applied; the last bar is of a period that is not over.",
                    "各渠道简历。缺口表示连接没有送达,而非无人投递;最后一柱所在期间尚未结束。",
                ),
            ),
            lines(
                "cost_per_resume",
                "grain channel",
                "value",
                words("Cost per resume over time", "单份简历成本走势"),
                words(
                    "Cost per resume by channel. Single dots rest on under 20 resumes and jump about by chance alone.",
                    "各渠道单份简历成本。单独的圆点不足 20 份简历,其起伏多属偶然。",
                ),
            ),
            half(
                "conversion",
                "channel",
                "numerator denominator value low high pooled_value maturity status",
                words("From resume to interview", "投递→到面"),
                words(
                    "Of the resumes of the period, who came to an interview, with a 95 % interval. Where intervals overlap, channels cannot be told apart.",
                    "期间简历中到面的比例及 95% 区间。区间重叠时不能断定孰优孰劣。",
                ),
            )
            .only(ATTENDED)
            .called("numerator", words("Attended", "到面"))
            .called("denominator", words("Resumes", "简历")),
            half(
                "cost_per_onboarded",
                "channel",
                "numerator denominator value low high pooled_value currency status",
                words("Cost per hire by channel", "各渠道单个入职成本"),
                words(
                    "External net cost over those who started. Few cases: look at the last 90 days beside it.",
                    "外部净成本 ÷ 入职人数。样本少时请看旁边的近 90 天合并值。",
                ),
            )
            .called("numerator", words("Cost", "费用"))
            .called("denominator", words("Started", "入职"))
            .called("value", words("Per hire", "每人成本")),
        ],
    }
}
