//! A ledger statement with mistakes: one sentence for each with row and column, nothing half imported, and everything once it is corrected.

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
