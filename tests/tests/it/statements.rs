//! Statements of the ledger, of a bank and of invoices with mistakes: one sentence for each with row and column, nothing half imported, and everything once it is corrected.

use inflow_tests::Company;

const SETTINGS: &str = "[company]\nname = \"测试公司\"\n\n[identity]\nkey = \"file:keys/identity.key\"\nerase_key = \"file:keys/erase.key\"\n\n[clock]\nfixed = 2026-10-01T09:00:00+08:00\n";
const CHANNELS: &str = "[[channel]]\nid = \"boss\"\nname = { en = \"BOSS\", zh = \"BOSS直聘\" }\n";
const MAPPING: &str = r#"
kind = "spend"
[file]
skip_rows = ["合计*"]
[fields]
channel = { default = "boss" }
account = "账户"
booked_on = "时间"
gross = "金额"
balance = "余额"
[fields.kind]
path = "类型"
words = { "充值" = "recharge", "消费" = "consumption" }
"#;

/// A wallet's September with six mistakes.
const WRONG: &str = "账户,时间,类型,金额,余额\n\
    旗舰,2026-09-01 10:00:00,充值,\"¥1,000.00\",1000.00\n\
    旗舰,2026-09-02 10:00:00,代金券,200.00,800.00\n\
    旗舰,2026-09-03 10:00:00,消费,$300,500.00\n\
    旗舰,2026-09-04 10:00:00,消费,100.00,450.00\n\
    旗舰,2026-09-05 10:00:00,消费,600.00,-200.00\n\
    旗舰,2027-09-06 10:00:00,消费,五十,\n\
    合计,,,2250.00,\n";

const RIGHT: &str = "账户,时间,类型,金额,余额\n\
    旗舰,2026-09-01 10:00:00,充值,\"¥1,000.00\",1000.00\n\
    旗舰,2026-09-02 10:00:00,消费,200.00,800.00\n\
    旗舰,2026-09-03 10:00:00,消费,￥３００,500.00\n\
    旗舰,2026-09-04 10:00:00,消费,100.00 元,400.00\n\
    旗舰,2026-09-05 10:00:00,消费,300.00,100.00\n\
    旗舰,2026-09-06 10:00:00,消费,50,50.00\n\
    合计,,,1950.00,\n";

fn company() -> Company {
    let company = Company::new();
    company.write("inflow.toml", SETTINGS);
    company.write("channels.toml", CHANNELS);
    company.write("wallet.toml", MAPPING);
    company.write("connections/wallet.toml", "connector = \"file\"\nchannel = \"boss\"\nmapping = \"wallet.toml\"\n");
    company
}

const IMPORT: [&str; 5] = ["import", "spend", "9月.csv", "--connection", "wallet"];

#[test]
fn a_statement_is_taken_whole_or_not_at_all() {
    let company = company();
    company.write("9月.csv", WRONG);
    let answer = company.run(&IMPORT);
    assert_eq!(answer.code, 1, "{answer:?}");
    let file = "9月.csv";
    let expected = [
        format!("error: connection wallet: {file}: nothing of it was taken, 6 things are wrong in it:"),
        format!("  {file}: row 3, column 类型: the kind \"代金券\" is not known"),
        format!("  {file}: row 4, column 金额: \"$300\" is in USD, but no column names a currency, so that amounts are in CNY"),
        format!("  {file}: row 5, column 余额: the balance is 450, but 500 in row 4 less 100 makes 400"),
        format!("  {file}: row 6, column 余额: the balance -200 is below zero"),
        format!("  {file}: row 7, column 金额: \"五十\" is no number that can be read"),
        format!("  {file}: row 7, column 时间: 2027-09-06 lies in the future: today is 2026-10-01 in Asia/Shanghai"),
    ];
    for line in &expected {
        assert!(answer.err.contains(line), "{line}\n{}", answer.err);
    }
    assert!(answer.err.contains("hint: ") && answer.err.contains("nothing of the file was taken: correct it, then import it again"));
    assert!(!company.path().join("inflow-data/landing/wallet").exists(), "the good rows wait");

    // In Chinese, and with the total that could not be added up before.
    company.write("9月.csv", RIGHT.replace("1950.00", "2000.00"));
    let answer = company.run(&[&["--lang", "zh"], &IMPORT[..]].concat());
    assert_eq!(answer.code, 1, "{answer:?}");
    assert!(answer.err.contains("错误: 连接 wallet: 9月.csv: 第 8 行“金额”列:合计为 2000,而所含各行之和为 1950"), "{}", answer.err);
    assert!(answer.err.contains("该文件一行也未导入,改正后请重新导入"), "{}", answer.err);
    assert_eq!(company.query("SELECT (SELECT count() FROM inflow.spend), (SELECT count() FROM inflow_state.quarantine)"), "0\t0\n");

    company.write("9月.csv", RIGHT);
    company.run(&IMPORT).ok();
    company.run(&IMPORT).ok();
    assert_eq!(
        company.query("SELECT count(), toFloat64(sum(gross)), toFloat64(min(balance)) FROM inflow.spend FINAL"),
        "6\t1950\t50\n",
        "re-imported, it adds nothing"
    );
}

/// An account's October with five mistakes.
const WRONG_BANK: &str = "账号,交易日期,借贷标志,交易金额,余额,对方户名,摘要\n\
    6222,2026-09-01,,,5000.00,,期初余额\n\
    6222,2026-09-02,贷,1000.00,6000.00,测试控股有限公司,拨款\n\
    6222,2026-09-03,转,200.00,5800.00,测试直聘科技有限公司,招聘充值 R-1\n\
    6222,2026-09-04,借,300.00,5400.00,测试直聘科技有限公司,招聘充值 R-2\n\
    6222,2026-09-05,借,$50,5350.00,测试丙,报销\n\
    6222,2027-09-06,借,五十,5300.00,测试丙,报销\n\
    合计,,,1550.00,,,\n";
const RIGHT_BANK: &str = "账号,交易日期,借贷标志,交易金额,余额,对方户名,摘要\n\
    6222,2026-09-01,,,5000.00,,期初余额\n\
    6222,2026-09-02,贷,1000.00,6000.00,测试控股有限公司,拨款\n\
    6222,2026-09-03,借,200.00,5800.00,测试直聘科技有限公司,招聘充值 R-1\n\
    6222,2026-09-04,借,300.00,5500.00,测试直聘科技有限公司,招聘充值 R-2\n\
    合计,,,1500.00,,,\n";
/// Invoices with four mistakes.
const WRONG_INVOICES: &str = "发票号码,开票日期,销方名称,金额,税额,价税合计,发票状态\n\
    2601,2026-09-01,测试直聘科技有限公司,1000.00,60.00,1060.00,正常\n\
    2602,2026-09-02,测试直聘科技有限公司,1000.00,60.00,1600.00,正常\n\
    2601,2026-09-03,测试直聘科技有限公司,1000.00,60.00,1060.00,正常\n\
    2603,2026-09-04,测试直聘科技有限公司,免费,,,冻结\n\
    合计,,,2000.00,120.00,2120.00,\n";
const RIGHT_INVOICES: &str = "发票号码,开票日期,销方名称,金额,税额,价税合计,发票状态\n\
    2601,2026-09-01,测试直聘科技有限公司,1000.00,60.00,1060.00,正常\n\
    2602,2026-09-02,测试直聘科技有限公司,1000.00,60.00,1060.00,作废\n\
    合计,,,1000.00,60.00,1060.00,\n";

#[test]
fn bank_lines_and_invoices_are_taken_whole_or_not_at_all() {
    let company = company();
    company.write("connections/bank.toml", "connector = \"bank_lines\"\n[source_map]\n\"测试直聘科技有限公司\" = \"boss\"\n");
    company.write("connections/tax.toml", "connector = \"invoices\"\n[source_map]\n\"测试直聘科技有限公司\" = \"boss\"\n");
    let import = |kind: &str, file: &str, connection: &str, lang: &str| {
        company.run(&["--lang", lang, "import", kind, file, "--connection", connection])
    };
    company.write("流水.csv", WRONG_BANK);
    let answer = import("bank-lines", "流水.csv", "bank", "en");
    assert_eq!(answer.code, 1, "{answer:?}");
    for line in [
        "error: connection bank: 流水.csv: nothing of it was taken, 5 things are wrong in it:",
        "  流水.csv: row 4, column 借贷标志: the direction \"转\" is not known",
        "  流水.csv: row 5, column 余额: the balance is 5400, but 5800 in row 4 less 300 makes 5500",
        "  流水.csv: row 6, column 交易金额: \"$50\" is in USD, but no column names a currency, so that amounts are in CNY",
        "  流水.csv: row 7, column 交易金额: \"五十\" is no number that can be read",
        "  流水.csv: row 7, column 交易日期: 2027-09-06 lies in the future: today is 2026-10-01 in Asia/Shanghai",
    ] {
        assert!(answer.err.contains(line), "{line}\n{}", answer.err);
    }
    company.write("流水.csv", RIGHT_BANK.replace("1500.00", "1501.00"));
    let answer = import("bank-lines", "流水.csv", "bank", "zh");
    assert!(answer.err.contains("错误: 连接 bank: 流水.csv: 第 6 行“交易金额”列:合计为 1501,而所含各行之和为 1500"), "{}", answer.err);

    company.write("发票.csv", WRONG_INVOICES);
    let answer = import("invoices", "发票.csv", "tax", "zh");
    assert_eq!(answer.code, 1, "{answer:?}");
    for line in [
        "发票.csv: 第 3 行“价税合计”列:价税合计为 1600,而不含税金额 1000 加税额 60 应为 1060",
        "发票.csv: 第 4 行“发票号码”列:发票 2601 已在第 2 行出现,其开票日期那里为 \"2026-09-01\",这里为 \"2026-09-03\"",
        "发票.csv: 第 5 行“金额”列:\"免费\" 不是可识别的数字",
        "发票.csv: 第 5 行“发票状态”列:发票状态 \"冻结\" 未知",
    ] {
        assert!(answer.err.contains(line), "{line}\n{}", answer.err);
    }
    assert!(answer.err.contains("该文件一行也未导入,改正后请重新导入"), "{}", answer.err);
    let counts = "SELECT (SELECT count() FROM inflow.bank_lines), (SELECT count() FROM inflow.invoices), (SELECT count() FROM inflow_state.quarantine)";
    assert_eq!(company.query(counts), "0\t0\t0\n", "the good rows wait");

    company.write("流水.csv", RIGHT_BANK);
    company.write("发票.csv", RIGHT_INVOICES);
    for _ in 0..2 {
        import("bank-lines", "流水.csv", "bank", "en").ok();
        import("invoices", "发票.csv", "tax", "en").ok();
    }
    assert_eq!(company.query(counts), "3\t2\t0\n", "imported again, it adds nothing");
}
