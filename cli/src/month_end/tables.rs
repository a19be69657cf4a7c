//! The sheets of amounts: by channel, by store, department and kind, and line by line.

use std::collections::{BTreeMap, BTreeSet};

use inflow_analytics::{MonthEnd, MonthEntry, Report};
use inflow_config::{Config, Lang};
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Map, Value};

use super::words;
use inflow_actions::workbook::{Cell, Column, Form, Sheet, place};

/// What every sheet needs to know.
pub struct Scene<'a> {
    pub config: &'a Config,
    pub lang: Lang,
    pub month: &'a MonthEnd,
    /// ISO 4217 code of the base currency.
    pub currency: String,
}

/// Where the columns of the summary are that other sheets ask for.
pub struct SummaryColumns {
    pub accrued: usize,
    pub cash: usize,
}

impl Scene<'_> {
    /// One of two sentences.
    pub fn pick<'t>(&self, en: &'t str, zh: &'t str) -> &'t str {
        words::pick(self.lang, en, zh)
    }

    pub fn column(&self, en: &str, zh: &str, form: Form) -> Column {
        Column { header: self.pick(en, zh).to_owned(), form }
    }

    pub fn channel(&self, id: &str) -> String {
        words::channel(self.config, self.lang, id)
    }

    /// A sheet whose title says month and currency.
    pub fn sheet(&self, name: &str, columns: Vec<Column>, rows: Vec<Vec<Cell>>) -> Sheet {
        let (month, currency) = (self.month.month, &self.currency);
        let title = match (columns.iter().any(|column| column.form == Form::Money), self.lang) {
            (true, Lang::En) => format!("{name}, {month}, money in {currency}"),
            (true, Lang::Zh) => format!("{name} · {month} · 金额单位 {currency}"),
            (false, Lang::En) => format!("{name}, {month}"),
            (false, Lang::Zh) => format!("{name} · {month}"),
        };
        Sheet { name: name.to_owned(), title, columns, rows, total: None }
    }

    /// Whether the costs of one divide what was paid, and not what accrued.
    pub fn pays_per_head(&self) -> bool {
        self.month.unit_costs.iter().flat_map(|report| &report.rows).any(|row| word(row, "basis") == "cash")
    }

    pub fn total_word(&self) -> &str {
        self.pick("Total", "合计")
    }
}

pub use inflow_actions::words::{value, word};

/// Channel by channel: accrued, cash, and what people cost.
pub fn summary(scene: &Scene<'_>) -> (Sheet, SummaryColumns) {
    let closed = scene.month.closing.is_some();
    let mut columns = vec![
        scene.column("Channel", "渠道", Form::Text),
        scene.column("Accrued cost", "权责费用", Form::Money),
        scene.column("Cash paid", "现金支出", Form::Money),
        scene.column("Share of cost", "费用占比", Form::Share),
        scene.column("Ledger lines", "台账行数", Form::Count),
        scene.column("Resumes", "简历数", Form::Count),
        scene.column("Cost per resume", "单份简历成本", Form::Money),
        scene.column("Attended", "到面人数", Form::Count),
        scene.column("Cost per attended", "单次到面成本", Form::Money),
        scene.column("Onboarded", "入职人数", Form::Count),
        scene.column("Cost per onboarded", "单人入职成本", Form::Money),
        scene.column("Data", "数据状态", Form::Text),
    ];
    if closed {
        // Last, so that every other column stays where it is.
        columns.push(scene.column("As closed", "关账数", Form::Money));
        columns.push(scene.column("Changed since", "关账后变动", Form::Money));
    }
    let at = SummaryColumns { accrued: 1, cash: 2 };
    let paid = |row: &Map<String, Value>| value(row, "paid");
    let mut cash: BTreeMap<&str, Decimal> =
        scene.month.cash.rows.iter().filter_map(|row| Some((word(row, "channel"), paid(row)?))).collect();
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for row in &scene.month.spend.rows {
        let channel = word(row, "channel");
        let mut cells = vec![
            Cell::text(scene.channel(channel)),
            Cell::number(value(row, "amount")),
            Cell::number(cash.remove(channel)),
            Cell::number(value(row, "share")),
            Cell::number(value(row, "entries")),
        ];
        for report in &scene.month.unit_costs {
            let of = report.rows.iter().find(|other| word(other, "channel") == channel);
            cells.push(Cell::number(of.and_then(|row| value(row, "denominator"))));
            cells.push(Cell::number(of.and_then(|row| value(row, "value"))));
        }
        cells.push(Cell::text(words::status(scene.lang, word(row, "status"))));
        if closed {
            let (now, then) = (value(row, "amount").unwrap_or_default(), value(row, "as_closed").unwrap_or_default());
            let formula = format!("{}-{}", place(rows.len(), at.accrued), place(rows.len(), cells.len()));
            cells.extend([Cell::Number(then), Cell::Formula(formula, now - then)]);
        }
        rows.push(cells);
    }
    // Money that moved where nothing was accrued, and no connection tells of the channel.
    for (channel, paid) in cash.into_iter().filter(|(_, paid)| !paid.is_zero()) {
        let mut cells = vec![Cell::Empty; columns.len()];
        (cells[0], cells[at.cash]) = (Cell::text(scene.channel(channel)), Cell::Number(paid));
        rows.push(cells);
    }
    let sheet = scene.sheet(scene.pick("Summary", "渠道汇总"), columns, rows);
    let summed: &[usize] = if closed { &[1, 2, 3, 4, 5, 7, 9, 12, 13] } else { &[1, 2, 3, 4, 5, 7, 9] };
    let mut sheet = sheet.summed(scene.total_word(), summed);
    // What the cost of one divides: cost, or with `cost.basis = "cash"` what was paid.
    let divided = if scene.pays_per_head() { at.cash } else { at.accrued };
    if let Some(mut total) = sheet.total.take() {
        for people in [5, 7, 9] {
            let (amount, count) = (total[divided].value(), total[people].value());
            let (amount_at, count_at) = (place(sheet.rows.len(), divided), place(sheet.rows.len(), people));
            let formula = format!("IF({count_at}=0,\"–\",ROUND({amount_at}/{count_at},2))");
            total[people + 1] = match amount.checked_div(count) {
                None => Cell::Words(formula, "–".to_owned()),
                Some(each) => Cell::Formula(formula, each.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)),
            };
        }
        sheet.total = Some(total);
    }
    (sheet, at)
}

/// Accrued cost by one dimension and channel, sums on both edges. The last column is the total.
pub fn matrix(scene: &Scene<'_>, name: &str, header: Column, report: &Report, dimension: &str) -> Sheet {
    let mut amounts: BTreeMap<&str, BTreeMap<&str, Decimal>> = BTreeMap::new();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    // Rows come in the order of channels.toml.
    let mut channels: Vec<&str> = Vec::new();
    for channel in scene.month.spend.rows.iter().chain(&report.rows).map(|row| word(row, "channel")) {
        let spent = report.rows.iter().any(|row| word(row, "channel") == channel && value(row, "amount").is_some_and(|sum| !sum.is_zero()));
        if spent && seen.insert(channel) {
            channels.push(channel);
        }
    }
    for row in &report.rows {
        if let Some(amount) = value(row, "amount").filter(|amount| !amount.is_zero()) {
            *amounts.entry(word(row, dimension)).or_default().entry(word(row, "channel")).or_default() += amount;
        }
    }
    let mut groups: Vec<(&str, BTreeMap<&str, Decimal>)> = amounts.into_iter().collect();
    // The dearest first; what names nothing last.
    groups.sort_by_key(|(group, of)| (group.is_empty(), std::cmp::Reverse(of.values().sum::<Decimal>()), (*group).to_owned()));
    let rows: Vec<Vec<Cell>> = groups
        .iter()
        .enumerate()
        .map(|(line, (group, of))| {
            let shown = match dimension {
                _ if group.is_empty() => scene.pick("(not named)", "(未指明)"),
                "kind" => words::kind(scene.lang, group),
                _ => group,
            };
            let amounts = channels.iter().map(|channel| Cell::number(of.get(channel).copied()));
            let sum = Cell::Formula(format!("SUM({}:{})", place(line, 1), place(line, channels.len())), of.values().sum());
            [Cell::text(shown)].into_iter().chain(amounts).chain([sum]).collect()
        })
        .collect();
    let mut columns = vec![header];
    columns.extend(channels.iter().map(|channel| Column { header: scene.channel(channel), form: Form::Money }));
    columns.push(scene.column("Total", "合计", Form::Money));
    let summed: Vec<usize> = (1..columns.len()).collect();
    scene.sheet(name, columns, rows).summed(scene.total_word(), &summed)
}

/// Column of the accrued part among the entries; the cash part is the next.
pub const ENTRY_ACCRUED: usize = 7;

/// Ledger line by ledger line.
pub fn entries(scene: &Scene<'_>) -> Sheet {
    let columns = vec![
        scene.column("Channel", "渠道", Form::Text),
        scene.column("Kind", "类型", Form::Text),
        scene.column("Document", "单据号", Form::Text),
        scene.column("Account", "平台账号", Form::Text),
        scene.column("Booked on", "入账日", Form::Day),
        scene.column("Service from", "服务起", Form::Day),
        scene.column("Service to", "服务止", Form::Day),
        scene.column("Accrued in month", "本月权责费用", Form::Money),
        scene.column("Cash in month", "本月现金支出", Form::Money),
        scene.column("Currency", "原币", Form::Text),
        scene.column("Gross", "含税金额", Form::Amount),
        scene.column("Tax", "税额", Form::Amount),
        scene.column("Net", "不含税金额", Form::Amount),
        scene.column("Invoice", "发票类型", Form::Text),
        scene.column("Invoice number", "发票号", Form::Text),
        scene.column("Invoice date", "开票日", Form::Day),
        scene.column("Payer", "付款主体", Form::Text),
        scene.column("Store", "门店", Form::Text),
        scene.column("Department", "部门", Form::Text),
        scene.column("Project", "项目", Form::Text),
        scene.column("Connection", "连接", Form::Text),
        scene.column("Line", "行标识", Form::Text),
    ];
    let row = |entry: &MonthEntry| {
        vec![
            Cell::text(scene.channel(&entry.channel)),
            Cell::text(words::kind(scene.lang, &entry.kind)),
            Cell::text(&entry.document),
            Cell::text(entry.account.clone().unwrap_or_default()),
            Cell::day(entry.booked_on),
            Cell::day(entry.service_from),
            Cell::day(entry.service_to),
            Cell::Number(entry.accrued),
            Cell::Number(entry.cash),
            Cell::text(&entry.currency),
            Cell::number(entry.gross),
            Cell::number(entry.tax),
            Cell::number(entry.net),
            Cell::text(words::invoice_type(scene.lang, &entry.invoice_type)),
            Cell::text(&entry.invoice_number),
            Cell::day(entry.invoice_date),
            Cell::text(&entry.payer),
            Cell::text(&entry.store),
            Cell::text(&entry.department),
            Cell::text(&entry.project),
            Cell::text(&entry.connection),
            Cell::text(&entry.source_id),
        ]
    };
    let rows = scene.month.entries.iter().map(row).collect();
    scene.sheet(scene.pick("Entries", "费用明细"), columns, rows).summed(scene.total_word(), &[ENTRY_ACCRUED, ENTRY_ACCRUED + 1])
}

/// What was paid, and where it went.
pub fn cash(scene: &Scene<'_>) -> Sheet {
    let columns = vec![
        scene.column("Channel", "渠道", Form::Text),
        scene.column("Accrued cost", "权责费用", Form::Money),
        scene.column("Into wallets", "账户余额增减", Form::Money),
        scene.column("Into prepaid", "预付增减", Form::Money),
        scene.column("Input VAT", "进项税额", Form::Money),
        scene.column("Less: payable", "减:应付增减", Form::Money),
        scene.column("Cash paid", "现金支出", Form::Money),
    ];
    let told = scene.month.cash.rows.iter().filter(|row| value(row, "paid").is_some());
    let rows = told.enumerate().map(|(line, row)| {
        let of = |column: &str| value(row, column).unwrap_or_default();
        let [accrued, wallets, prepaid, input_vat, payable] = ["accrued", "wallets", "prepaid", "input_vat", "payable"].map(of);
        let parts = [accrued, wallets, prepaid, input_vat, Decimal::ZERO - payable];
        let sum = Cell::Formula(format!("SUM({}:{})", place(line, 1), place(line, 5)), parts.iter().sum());
        [Cell::text(scene.channel(word(row, "channel")))].into_iter().chain(parts.map(Cell::Number)).chain([sum]).collect()
    });
    scene.sheet(scene.pick("Cash", "现金与权责"), columns, rows.collect()).summed(scene.total_word(), &[1, 2, 3, 4, 5, 6])
}

/// Column of what wallets cost at the end, on their first sheet.
pub const WALLET_CLOSING: usize = 9;

/// Opening and moves as the metric names them; what leaves is below zero here.
type Moves<'a> = &'a [(&'a str, &'a str, &'a str, bool)];

/// Wallets in money, and the same in the units that the boards count.
pub fn wallets(scene: &Scene<'_>) -> [Sheet; 2] {
    let of = |form: Form, moves: Moves<'_>| {
        let mut columns = vec![
            scene.column("Channel", "渠道", Form::Text),
            scene.column("Account", "平台账号", Form::Text),
            scene.column("Counted in", "计量", Form::Text),
        ];
        columns.extend(moves.iter().map(|(en, zh, ..)| scene.column(en, zh, form)));
        columns.push(scene.column("Closing", "期末", form));
        let row = |(line, row): (usize, &Map<String, Value>)| {
            let measure = word(row, "measure");
            let measure = if measure == "units" { scene.pick("units", "点数") } else { measure };
            let mut cells = vec![Cell::text(scene.channel(word(row, "channel"))), Cell::text(word(row, "account")), Cell::text(measure)];
            let moved: Vec<Decimal> = moves
                .iter()
                .map(|(.., column, leaves)| {
                    value(row, column).unwrap_or_default() * if *leaves { Decimal::NEGATIVE_ONE } else { Decimal::ONE }
                })
                .collect();
            let sum = format!("SUM({}:{})", place(line, 3), place(line, 2 + moves.len()));
            cells.extend(moved.iter().map(|moved| Cell::Number(*moved)));
            cells.push(Cell::Formula(sum, moved.iter().sum()));
            cells
        };
        (columns, scene.month.wallets.rows.iter().enumerate().map(row).collect::<Vec<_>>())
    };
    let (columns, rows) = of(
        Form::Money,
        &[
            ("Opening", "期初", "opening_value", false),
            ("Paid in", "充值", "paid_in", false),
            ("Used", "消耗", "cost", true),
            ("Refunded", "退款", "refund_value", true),
            ("Expired", "过期", "expired_value", true),
            ("Other", "其他", "other_value", false),
        ],
    );
    let money = scene.sheet(scene.pick("Wallets", "账户余额"), columns, rows);
    let (mut columns, mut rows) = of(
        Form::Units,
        &[
            ("Opening", "期初", "opening", false),
            ("Recharged", "充值", "recharged", false),
            ("Granted", "赠送", "granted", false),
            ("Credited", "返还", "credited", false),
            ("Used", "消耗", "used", true),
            ("Refunded", "退款", "refunded", true),
            ("Expired", "过期", "expired", true),
        ],
    );
    columns.push(scene.column("Stated by board", "平台余额", Form::Units));
    columns.push(scene.column("Stated on", "平台余额日", Form::Day));
    columns.push(scene.column("Difference", "差异", Form::Units));
    for (wallet, row) in scene.month.wallets.rows.iter().zip(&mut rows) {
        row.push(Cell::number(value(wallet, "stated")));
        row.push(Cell::day(word(wallet, "stated_on").parse().ok()));
        row.push(Cell::number(value(wallet, "difference")));
    }
    let units = scene.sheet(scene.pick("Wallet units", "账户点数"), columns, rows);
    [money.summed(scene.total_word(), &[3, 4, 5, 6, 7, 8, WALLET_CLOSING]), units]
}

/// Packages and what became of their entitlements.
pub fn packages(scene: &Scene<'_>) -> Sheet {
    let columns = vec![
        scene.column("Channel", "渠道", Form::Text),
        scene.column("Document", "单据号", Form::Text),
        scene.column("Entitlement", "权益", Form::Text),
        scene.column("Rule", "摊销方式", Form::Text),
        scene.column("Valid from", "有效期起", Form::Day),
        scene.column("Valid to", "有效期止", Form::Day),
        scene.column("Entitled", "总量", Form::Units),
        scene.column("Used", "已用", Form::Units),
        scene.column("Expired", "已过期", Form::Units),
        scene.column("Left", "剩余", Form::Units),
        scene.column("Cost", "总金额", Form::Money),
        scene.column("Cost used", "已用金额", Form::Money),
        scene.column("Cost expired", "过期金额", Form::Money),
        scene.column("Cost left", "剩余金额", Form::Money),
    ];
    let row = |(line, row): (usize, &Map<String, Value>)| {
        let of = |column: &str| value(row, column).unwrap_or_default();
        let day = |column: &str| Cell::day(word(row, column).parse().ok());
        let item = word(row, "item");
        let mut cells = vec![
            Cell::text(scene.channel(word(row, "channel"))),
            Cell::text(word(row, "document")),
            Cell::text(if item.is_empty() { scene.pick("(whole package, days)", "(整包,天)") } else { item }),
            Cell::text(words::rule(scene.lang, word(row, "rule"))),
            day("valid_from"),
            day("valid_to"),
        ];
        for all in [["entitled", "used", "expired"], ["cost", "cost_used", "cost_expired"]] {
            let first = cells.len();
            let [whole, used, expired] = all.map(of);
            let left = format!("{}-{}-{}", place(line, first), place(line, first + 1), place(line, first + 2));
            cells.extend([whole, used, expired].map(Cell::Number));
            cells.push(Cell::Formula(left, whole - used - expired));
        }
        cells
    };
    let rows = scene.month.packages.rows.iter().enumerate().map(row).collect();
    scene.sheet(scene.pick("Packages", "套餐"), columns, rows).summed(scene.total_word(), &[10, 11, 12, 13])
}
