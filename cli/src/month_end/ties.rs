//! The sheets that say whether the others tie, and what they mean.

use chrono_tz::Tz;
use inflow_analytics::Report;
use inflow_config::Lang;
use rust_decimal::Decimal;
use serde_json::{Map, Value};

use super::tables::{Scene, value, word};
use super::words;
use inflow_actions::workbook::{Cell, Column, Form, Sheet, place};

/// Two amounts that must be equal.
pub struct Tie {
    /// What is compared.
    pub name: String,
    /// Where the first stands.
    pub left: Cell,
    /// Where the second stands.
    pub right: Cell,
    /// Ledger lines that are in neither.
    pub open: u64,
}

/// Each tie with its difference. `true`: all tie.
pub fn ties(scene: &Scene<'_>, ties: Vec<Tie>) -> (Sheet, bool) {
    let columns = vec![
        scene.column("What must be equal", "勾稽关系", Form::Prose(64)),
        scene.column("First", "左方", Form::Money),
        scene.column("Second", "右方", Form::Money),
        scene.column("Difference", "差额", Form::Money),
        scene.column("Lines left out", "未计入行数", Form::Count),
        scene.column("Ties", "是否一致", Form::Text),
    ];
    let (yes, no) = (scene.pick("yes", "一致"), scene.pick("NO", "不一致"));
    let mut all = true;
    let rows = ties
        .into_iter()
        .enumerate()
        .map(|(line, tie)| {
            let difference = tie.left.value() - tie.right.value();
            let holds = difference.is_zero() && tie.open == 0;
            all &= holds;
            let verdict = format!("IF(AND(ROUND({},2)=0,{}=0),\"{yes}\",\"{no}\")", place(line, 3), place(line, 4));
            vec![
                Cell::text(tie.name),
                tie.left,
                tie.right,
                Cell::Formula(format!("ROUND({}-{},2)", place(line, 1), place(line, 2)), difference),
                Cell::Number(Decimal::from(tie.open)),
                Cell::Words(verdict, if holds { yes } else { no }.to_owned()),
            ]
        })
        .collect();
    (scene.sheet(scene.pick("Ties", "勾稽"), columns, rows), all)
}

/// The ties that `inflow report ties` shows.
pub fn of_metric(scene: &Scene<'_>) -> Vec<Tie> {
    let tie = |row: &Map<String, Value>| Tie {
        name: words::tie(scene.lang, word(row, "tie")).to_owned(),
        left: Cell::number(value(row, "amount")),
        right: Cell::number(value(row, "against")),
        open: row.get("open").and_then(Value::as_u64).unwrap_or_default(),
    };
    scene.month.ties.rows.iter().map(tie).collect()
}

/// An amount of the tie that a report carries.
pub fn reconciled(report: &Report, name: &str) -> Cell {
    let text = report.reconciles.as_ref().and_then(|tie| tie.get(name)).and_then(Value::as_str);
    Cell::number(text.and_then(|text| text.parse::<Decimal>().ok()))
}

/// Ledger lines in currencies without a rate: they are in no sum.
pub fn unconverted(report: &Report) -> u64 {
    report.reconciles.as_ref().and_then(|tie| tie.get("unconverted")?.as_u64()).unwrap_or_default()
}

/// Trial balance of the journal. Its columns 2 and 3 are the turnover.
pub fn accounts(scene: &Scene<'_>) -> Sheet {
    let columns = vec![
        scene.column("Account", "科目", Form::Text),
        scene.column("Opening (debit less credit)", "期初余额(借-贷)", Form::Money),
        scene.column("Debit", "本月借方", Form::Money),
        scene.column("Credit", "本月贷方", Form::Money),
        scene.column("Closing (debit less credit)", "期末余额(借-贷)", Form::Money),
    ];
    let rows = scene.month.accounts.iter().enumerate().map(|(line, account)| {
        let closing = account.opening + account.debit - account.credit;
        vec![
            Cell::text(words::account(scene.lang, &account.account)),
            Cell::Number(account.opening),
            Cell::Number(account.debit),
            Cell::Number(account.credit),
            Cell::Formula(format!("{}+{}-{}", place(line, 1), place(line, 2), place(line, 3)), closing),
        ]
    });
    scene.sheet(scene.pick("Accounts", "科目发生额"), columns, rows.collect()).summed(scene.total_word(), &[1, 2, 3, 4])
}

/// What does not fit together.
pub fn faults(scene: &Scene<'_>) -> Sheet {
    let columns = vec![
        scene.column("What", "问题", Form::Text),
        scene.column("Channel", "渠道", Form::Text),
        scene.column("Account", "平台账号", Form::Text),
        scene.column("Day", "日期", Form::Day),
        scene.column("Document", "单据号", Form::Text),
        scene.column("Found", "实际", Form::Units),
        scene.column("Expected", "应为", Form::Units),
        scene.column("Connection", "连接", Form::Text),
        scene.column("Line", "行标识", Form::Text),
    ];
    let fault = |row: &Map<String, Value>| {
        let (connection, line) = word(row, "entry").split_once(':').unwrap_or_default();
        vec![
            Cell::text(words::reason(scene.lang, word(row, "reason"))),
            Cell::text(scene.channel(word(row, "channel"))),
            Cell::text(word(row, "account")),
            Cell::day(word(row, "day").parse().ok()),
            Cell::text(word(row, "document")),
            Cell::number(value(row, "says")),
            Cell::number(value(row, "expected")),
            Cell::text(connection),
            Cell::text(line),
        ]
    };
    let mut rows: Vec<Vec<Cell>> = scene.month.faults.rows.iter().map(fault).collect();
    if rows.is_empty() {
        let mut none = vec![Cell::Empty; columns.len()];
        none[0] = Cell::text(scene.pick("none", "无"));
        rows.push(none);
    }
    scene.sheet(scene.pick("Faults", "待处理问题"), columns, rows)
}

/// What the columns mean, which definitions they follow, and when and how the workbook was made.
pub fn definitions(scene: &Scene<'_>, sheets: &[Sheet], made: &str) -> Sheet {
    let zone: Tz = scene.config.settings.company.timezone;
    let spend = &scene.month.spend;
    let basis = "Net of VAT where the line has a deductible invoice on the company, else gross (finance.toml [vat]).";
    let basis_zh = "有公司抬头可抵扣发票的行按不含税净额计,其余按含税金额计(finance.toml 的 [vat])。";
    let per_head = if scene.pays_per_head() {
        scene.pick("costs of one divide what was paid", "单位成本按现金支出计")
    } else {
        scene.pick("costs of one divide what accrued", "单位成本按权责费用计")
    };
    let from_to = format!("{} – {}", scene.month.month.first(), scene.month.month.last());
    let tz = if spend.tz == "channel" { scene.pick("each channel's own", "各渠道所在时区").to_owned() } else { spend.tz.clone() };
    let about = scene.pick("Workbook", "工作簿");
    let mut rows: Vec<[String; 4]> = [
        (scene.pick("Period", "期间"), from_to, ""),
        (scene.pick("Zone of days", "日期时区"), tz, ""),
        (
            scene.pick("Base currency", "本位币"),
            scene.currency.clone(),
            scene.pick("rates of inflow.toml, on the booking day", "按入账日汇率折算(inflow.toml)"),
        ),
        (scene.pick("Cost basis", "计价口径"), scene.pick(basis, basis_zh).to_owned(), per_head),
        (scene.pick("Read as of", "数据截至"), scene.month.as_of.with_timezone(&zone).format("%Y-%m-%d %H:%M %Z").to_string(), ""),
        (scene.pick("Made by", "生成程序"), made.to_owned(), ""),
    ]
    .map(|(name, text, source)| [about.to_owned(), name.to_owned(), text, source.to_owned()])
    .into();
    if let Some(closing) = &scene.month.closing {
        let said = match scene.lang {
            Lang::En => {
                format!("closed by {} at {}; later changes count in the month that was open then", closing.closed_by, closing.closed_at)
            }
            Lang::Zh => format!("{} 于 {} 关账;其后的变动计入当时未关账的月份", closing.closed_by, closing.closed_at),
        };
        rows.push([about.to_owned(), scene.pick("Closing", "关账").to_owned(), said, closing.hash.clone()]);
    }
    let said = |report: &Report| {
        let meaning = report.definition.meaning.get(scene.lang).to_owned();
        (meaning, format!("{} v{}", report.metric, report.version))
    };
    let summary = sheets.first();
    let mut of_summary = |column: usize, text: String, source: String| {
        if let Some(sheet) = summary {
            rows.push([sheet.name.clone(), sheet.columns[column].header.clone(), text, source]);
        }
    };
    let (meaning, source) = said(spend);
    of_summary(1, meaning, source);
    let (meaning, source) = said(&scene.month.cash);
    of_summary(2, meaning, source);
    let share = scene.pick("Accrued cost over the accrued cost of all rows.", "该行权责费用 ÷ 全部行权责费用。");
    of_summary(3, share.to_owned(), format!("{} v{}", spend.metric, spend.version));
    for (at, report) in scene.month.unit_costs.iter().enumerate() {
        let (meaning, source) = said(report);
        let (count, cost) = (5 + 2 * at, 6 + 2 * at);
        let counted = scene.pick("Denominator of the next column.", "右侧单位成本的分母。");
        of_summary(count, counted.to_owned(), source.clone());
        of_summary(cost, meaning, source);
    }
    let month = scene.month;
    let of_metric = [
        ("Cash", &month.cash),
        ("Wallets", &month.wallets),
        ("Packages", &month.packages),
        ("Ties", &month.ties),
        ("Faults", &month.faults),
    ];
    for sheet in sheets.iter().skip(1) {
        if let Some((id, en, zh)) = about_sheet(scene, &sheet.name) {
            let source = of_metric.iter().find(|(sheet, _)| *sheet == id).map(|(_, report)| said(report).1).unwrap_or_default();
            rows.push([sheet.name.clone(), scene.pick("(all)", "(全部)").to_owned(), scene.pick(en, zh).to_owned(), source]);
        }
    }
    let columns = vec![
        scene.column("Sheet", "工作表", Form::Text),
        scene.column("Column", "列", Form::Text),
        scene.column("Meaning", "口径", Form::Prose(84)),
        scene.column("Definition", "定义版本", Form::Prose(34)),
    ];
    let rows = rows.into_iter().map(|cells| cells.map(Cell::text).into()).collect();
    scene.sheet(scene.pick("Definitions", "口径说明"), columns, rows)
}

/// English name, and the meaning in both languages.
fn about_sheet(scene: &Scene<'_>, name: &str) -> Option<(&'static str, &'static str, &'static str)> {
    let cut = (
        "Accrued cost of the summary, cut once more; sums of both edges are formulas.",
        "渠道汇总的权责费用再按此维度拆分,行列合计均为公式。",
    );
    let known = [
        ("By store", "按门店", cut.0, cut.1),
        ("By department", "按部门", cut.0, cut.1),
        ("By kind", "按类型", cut.0, cut.1),
        (
            "Cash",
            "现金与权责",
            "Paid = accrued + change of wallets + change of prepaid + input VAT - change of payable.",
            "现金支出 = 权责费用 + 账户余额增减 + 预付增减 + 进项税额 - 应付增减。",
        ),
        (
            "Entries",
            "费用明细",
            "Ledger lines accrued, paid or booked in the month. Accrued and cash are in the base currency, gross, tax and net in the line's own.",
            "本月计提、付款或入账的台账行。本月权责费用与现金支出为本位币,含税、税额、不含税为原币。",
        ),
        (
            "Wallets",
            "账户余额",
            "Prepaid accounts at boards, in money: what the units cost. Opening and signed moves add up to closing.",
            "平台预付账户(金额):点数的取得成本。期初加各项变动(带正负号)等于期末。",
        ),
        (
            "Wallet units",
            "账户点数",
            "The same in units. Difference: the balance that the board stated last, less what the wallet held after that day.",
            "平台预付账户(点数)。差异 = 平台最近所示余额 - 当日账面余额。",
        ),
        (
            "Packages",
            "套餐",
            "Packages valid in the month, as used up to its end; left = entitled less used less expired.",
            "本月有效的套餐,用量截至月末;剩余 = 总量 - 已用 - 已过期。",
        ),
        (
            "Ties",
            "勾稽",
            "Amounts of different origin that must be equal to the cent; lines left out are in neither.",
            "来源不同、必须分文不差的金额;未计入的行两边都没有。",
        ),
        ("Accounts", "科目发生额", "Trial balance of the journal; debits equal credits.", "分录的科目汇总,借方合计等于贷方合计。"),
        (
            "Faults",
            "待处理问题",
            "What of the ledger does not fit together in the month, line by line.",
            "本月台账中对不上的地方,逐行列出。",
        ),
    ];
    known.into_iter().find(|(en, zh, ..)| words::pick(scene.lang, en, zh) == name).map(|(id, _, en, zh)| (id, en, zh))
}

/// A column for the first dimension of a matrix.
pub fn dimension(scene: &Scene<'_>, en: &str, zh: &str) -> Column {
    scene.column(en, zh, Form::Text)
}
