//! 3 Spend and cost.

use super::{Dashboard, Panel, Reads, figure, half, lines, stacked, table, words};
use crate::grafana::panel::{ANY, PACE};

pub(super) fn board() -> Dashboard {
    let per = |metric: &str, title, head| {
        half(
            metric,
            "channel",
            "numerator denominator value low high pooled_value currency basis status",
            title,
            words(
                "External net cost over people of the same channel and period, with a 95 % interval. Few cases are no basis for moving money.",
                "同渠道、同期外部净成本 ÷ 人数,附 95% 区间。样本少时不宜据此调整投入。",
            ),
        )
        .called("numerator", words("Cost", "费用"))
        .called("denominator", head)
        .called("value", words("Each", "单个成本"))
    };
    Dashboard {
        name: "spend",
        reads: Reads::Store,
        title: words("Spend and cost", "花费与成本"),
        says: words("What was paid, what it cost, and whether the books tie.", "付了多少、耗用多少、账是否对得上。"),
        panels: vec![
            figure(
                "spend",
                "amount status",
                words("Cost", "费用"),
                words(
                    "Cost by day of service, channels and unallocated together. The last days lack lines that the boards have not billed yet.",
                    "按服务日计的费用,含未分摊。最近几天缺少平台尚未出账的部分。",
                ),
            ),
            figure(
                "cash",
                "paid status",
                words("Paid", "付款"),
                words(
                    "Money that left in the period, by booking day. A recharge is paid here and cost only when it is used.",
                    "期间付出的款项,按记账日。充值在此为付款,耗用时才是费用。",
                ),
            ),
            figure(
                "cost_per_resume",
                "value status",
                words("Cost per resume", "单份简历成本"),
                words(
                    "External net cost over resumes of the same period. Under 20 it says few cases.",
                    "同期外部净成本 ÷ 简历数,不足 20 份标为样本少。",
                ),
            ),
            figure(
                "cost_per_attended",
                "value status",
                words("Cost per interview", "单次到面成本"),
                words(
                    "External net cost over interviews attended in the period. Internal time is not in it.",
                    "同期外部净成本 ÷ 到面人次,不含内部人力。",
                ),
            ),
            stacked(
                "spend",
                "grain channel",
                "amount",
                words("Cost over time", "费用走势"),
                words(
                    "Cost by channel and day of service; subscriptions are spread over their days. The current period is not complete.",
                    "各渠道按服务日的费用,订阅按日分摊。当前期间尚不完整。",
                ),
            ),
            lines(
                "cost_per_attended",
                "grain channel",
                "value",
                words("Cost per interview over time", "单次到面成本走势"),
                words(
                    "Cost per interview attended by channel. Dots rest on under 20 interviews.",
                    "各渠道单次到面成本。圆点不足 20 次。",
                ),
            ),
            half(
                "spend",
                "channel",
                "amount as_closed share entries currency status",
                words("Cost by channel", "各渠道费用"),
                words(
                    "As now, and as closed: closed months keep what they had, later changes count in the month open then. Unallocated is shown, never spread.",
                    "现数与关账数:已关账月份保持不变,其后变动计入当时未关账的月份。未分摊单列,不摊入渠道。",
                ),
            ),
            half(
                "spend",
                "kind",
                "amount share entries currency status",
                words("Cost by kind", "按费用类型"),
                words(
                    "Clicks, days, subscriptions, refreshes, fees. An unknown word of a statement is set aside, not guessed: see connections.",
                    "点击、日结、订阅、刷新、服务费等。账单中的未知词被隔离而非猜测,见数据连接。",
                ),
            ),
            per("cost_per_contact", words("Cost per contact", "单次沟通成本"), words("Contacts", "沟通")),
            per("cost_per_resume", words("Cost per resume by channel", "各渠道单份简历成本"), words("Resumes", "简历")),
            per("cost_per_attended", words("Cost per interview by channel", "各渠道单次到面成本"), words("Attended", "到面")),
            per("cost_per_onboarded", words("Cost per hire by channel", "各渠道单个入职成本"), words("Started", "入职")),
            Panel::heading(words("Books", "账目")),
            table(
                "budget",
                "month",
                "budget_of budget actual pace committed expected expected_low expected_high state days_left currency status",
                words("Budget against actual", "预算执行"),
                words(
                    "A pace above 1 spends faster than the days of the month pass. The expectation takes the days to come as independent: a campaign is not in it.",
                    "进度高于 1 表示花得比时间过得快。月末预计假定各日相互独立,未考虑促销活动。",
                ),
            )
            .coloured("pace", PACE),
            table(
                "cash",
                "channel",
                "paid accrued wallets prepaid input_vat payable currency status",
                words("From payment to cost", "从付款到费用"),
                words(
                    "Paid = cost + into wallets + prepaid + input VAT - still owed, in every row to the cent. Lines without a rate are in neither side.",
                    "付款 = 费用 + 钱包增加 + 预付 + 进项税 − 应付,每行分文不差。缺汇率的行两边均未计入。",
                ),
            ),
            half(
                "ties",
                "",
                "tie amount against difference open ties currency",
                words("Ties", "勾稽"),
                words(
                    "Whether reports and ledger agree to the cent, over all channels and stores. Any difference means that no figure above may be booked.",
                    "报表与台账是否分文不差(全部渠道与门店)。如有差额,以上数字不可入账。",
                ),
            )
            .coloured("difference", ANY),
            half(
                "ledger_faults",
                "channel",
                "reason entry document day says expected",
                words("Ledger lines to look at", "待核台账行"),
                words(
                    "Lines that do not fit together, by reason. They are counted as they say; none is dropped.",
                    "前后不符的台账行及原因。均按其所述计入,不会剔除。",
                ),
            )
            .first(100, "m.channel, m.reason, m.entry"),
            table(
                "wallet",
                "channel account",
                "measure opening recharged granted used closing closing_value stated difference currency",
                words("Wallets", "平台钱包"),
                words(
                    "What each prepaid account held and used, in the board's units; what the board itself says stands beside it. A difference wants a call to the board.",
                    "各预付账户的期初、充值、消耗与期末(平台单位),旁列平台所述余额。有差额请与平台核对。",
                ),
            )
            .of_all_stores(),
            table(
                "closings",
                "",
                "closing closed_at closed_by as_closed as_now difference reopened_at reopened_by reopen_reason currency",
                words("Closed months", "关账记录"),
                words(
                    "What each closing froze and what it would be now; the difference counts in the month that was open when it came. Empty: no month of the period is closed.",
                    "每次关账冻结的金额与现数,差额计入其后未关账的月份。为空表示期间没有关账。",
                ),
            ),
        ],
    }
}
