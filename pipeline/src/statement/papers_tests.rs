//! Bank statements and lists of invoices of invented companies, and what is said of each mistake.

use super::tests::said;
use rstest::rstest;

const BANK: &str = "kind = \"bank_lines\"\ntimezone = \"Asia/Shanghai\"\n[fields]\naccount = \"账号\"\nbooked_on = \"日期\"\n\
    debit = \"支出\"\ncredit = \"收入\"\nbalance = \"余额\"\ncounterparty = \"对方\"\n";
const SIDED: &str = "kind = \"bank_lines\"\ntimezone = \"Asia/Shanghai\"\n[fields]\nbooked_on = \"日期\"\namount = \"金额\"\n\
    balance = \"余额\"\ndirection = { path = \"收支\", words = { \"支\" = \"out\", \"收\" = \"in\" } }\n";
const INVOICES: &str = "kind = \"invoices\"\ntimezone = \"Asia/Shanghai\"\n[fields]\nnumber = \"号码\"\nissued_on = \"日期\"\nseller = \"销方\"\n\
    net = \"金额\"\ntax = \"税额\"\ngross = \"价税合计\"\nstatus = { path = \"状态\", words = { \"正常\" = \"normal\", \"作废\" = \"voided\" } }\n";

const BANK_COLUMNS: &str = "日期|支出|收入|余额|对方";
const SIDED_COLUMNS: &str = "日期|收支|金额|余额";
const INVOICE_COLUMNS: &str = "号码|日期|销方|金额|税额|价税合计|状态";

#[rstest]
#[case("2026-09-01|五元|||", "2 debit: \"五元\" is no number that can be read")]
#[case("2026-09-01|||9|", "2 amount: a bank line without an amount: neither amount nor debit nor credit")]
#[case("2026-13-01|5|||", "2 booked_on: \"2026-13-01\" is no date that can be read")]
#[case("|5|||", "2 booked_on: a bank line without a day")]
#[case("2026-10-02|5|||", "2 booked_on: 2026-10-02 lies in the future: today is 2026-10-01 in Asia/Shanghai")]
#[case("2026-09-01|$300|||", "2 debit: \"$300\" is in USD, but no column names a currency, so that amounts are in CNY")]
#[case("2026-09-01|5||USD 8|", "2 balance: \"USD 8\" is in USD, but no column names a currency, so that amounts are in CNY")]
fn a_line_that_is_no_movement(#[case] row: &str, #[case] expected: &str) {
    assert_eq!(said(BANK, &[BANK_COLUMNS, row]), [expected]);
}

#[test]
fn a_word_of_direction_that_is_not_known() {
    assert_eq!(said(SIDED, &[SIDED_COLUMNS, "2026-09-01|转|5|"]), ["2 direction: the direction \"转\" is not known"]);
    assert_eq!(said(SIDED, &[SIDED_COLUMNS, "2026-09-01|支|5|", "2026-09-01|收|5|"]), [""; 0]);
}

const ACCOUNT: [&str; 4] =
    ["2026-09-01||1000|1000|测试公司", "2026-09-02|200||800|测试直聘", "2026-09-03|30||770|测试招聘", "2026-09-03||5.5|775.50|利息"];

#[rstest]
#[case::oldest_first(&[0, 1, 2, 3])]
#[case::newest_first(&[3, 2, 1, 0])]
#[case::one_day_in_the_other_order(&[0, 1, 3, 2])]
#[case::a_part(&[1, 2])]
fn balances_of_an_account_follow_whoever_is_paid(#[case] order: &[usize]) {
    let rows: Vec<&str> = std::iter::once(BANK_COLUMNS).chain(order.iter().map(|at| ACCOUNT[*at])).collect();
    assert_eq!(said(BANK, &rows), [""; 0]);
}

#[test]
fn a_balance_that_does_not_follow() {
    let gap = [BANK_COLUMNS, ACCOUNT[0], ACCOUNT[2]];
    let expected = "3 balance: the balance is 770, but 1000 in row 2 less 30 makes 970";
    assert_eq!(said(BANK, &gap), [expected], "a line is missing");
    assert_eq!(said(&format!("file = {{ unchecked = \"balance\" }}\n{BANK}"), &gap), [""; 0]);
    let overdrawn = [BANK_COLUMNS, "2026-09-01|200||-150|甲", "2026-09-02|10||-160|乙"];
    assert_eq!(said(BANK, &overdrawn), [""; 0], "an account may be overdrawn");
    let sided = [SIDED_COLUMNS, "2026-09-01|收|100|100", "2026-09-02|支|30|70", "2026-09-02|支|-30|100"];
    assert_eq!(said(SIDED, &sided), [""; 0], "a debit that is taken back");
    assert_eq!(
        said(SIDED, &[sided[0], sided[1], "2026-09-02|支|30|130"]),
        ["3 balance: the balance is 130, but 100 in row 2 less 30 makes 70"]
    );
}

#[test]
fn each_account_and_currency_has_a_balance_of_its_own() {
    let mapping = BANK.replace("debit =", "currency = \"币种\"\ndebit =");
    let columns = "账号|日期|支出|收入|余额|币种";
    let rows = [
        columns,
        "1|2026-09-01||100|100|CNY",
        "2|2026-09-01||70|70|CNY",
        "1|2026-09-02|10||90|CNY",
        "1|2026-09-02|10||590|USD",
        "2|2026-09-02|10||60|CNY",
    ];
    assert_eq!(said(&mapping, &rows), [""; 0]);
    let one = rows.map(|row| row.replacen("2|2026", "1|2026", 1));
    assert!(!said(&mapping, &one.each_ref().map(String::as_str)).is_empty());
}

#[rstest]
#[case("合计|230|1005.5||", &[])]
#[case("合计|231|1005.5||", &["6 debit: the total is 231, but the lines that it is of add up to 230"])]
fn totals_of_each_side(#[case] total: &str, #[case] expected: &[&str]) {
    let rows: Vec<&str> = std::iter::once(BANK_COLUMNS).chain(ACCOUNT).chain([total]).collect();
    assert_eq!(said(BANK, &rows), expected);
}

#[rstest]
#[case::of_all("130", true)]
#[case::of_what_left("30", true)]
#[case::of_what_came("100", true)]
#[case::with_signs("70", true)]
#[case::of_nothing("71", false)]
fn a_total_beside_a_direction_is_of_a_side_or_of_both(#[case] total: &str, #[case] right: bool) {
    let rows = [SIDED_COLUMNS, "2026-09-01|收|100|", "2026-09-02|支|30|", &format!("合计||{total}|")];
    let found = said(SIDED, &rows);
    assert_eq!(found.is_empty(), right, "{found:?}");
}

#[rstest]
#[case("|2026-09-01|甲|100|6|106|", "2 number: an invoice without a number")]
#[case("1||甲|100|6|106|", "2 issued_on: an invoice without the day of issue")]
#[case("1|2026-09-01|甲||6||", "2 gross: an invoice without an amount: neither gross nor net")]
#[case("1|2026-09-01|甲|100|6|一百|", "2 gross: \"一百\" is no number that can be read")]
#[case("1|2026-09-01|甲|100|6|106.01|", "2 gross: the gross is 106.01, but net 100 plus tax 6 makes 106")]
#[case("1|2026-10-02|甲|100|6|106|", "2 issued_on: 2026-10-02 lies in the future: today is 2026-10-01 in Asia/Shanghai")]
#[case("1|2026-09-01|甲|100|6|106|冻结", "2 status: the status \"冻结\" is not known")]
#[case("1|2026-09-01|甲|$100|6|106|", "2 net: \"$100\" is in USD, but no column names a currency, so that amounts are in CNY")]
fn a_row_that_is_no_invoice(#[case] row: &str, #[case] expected: &str) {
    assert_eq!(said(INVOICES, &[INVOICE_COLUMNS, row]), [expected]);
}

#[rstest]
#[case("1|2026-09-01|甲|100|6|106.00|正常")]
#[case("1|2026-09-01|甲|-100|-6|-106|正常")] // a red-letter invoice
#[case("1|2026-09-01|甲|100|6|106.000000001|")] // as sheets keep it
#[case("1|2026-09-01|甲||6|106|")]
fn a_row_that_is_one(#[case] row: &str) {
    assert_eq!(said(INVOICES, &[INVOICE_COLUMNS, row]), [""; 0]);
}

#[test]
fn an_invoice_stands_in_its_list_once() {
    let first = "1|2026-09-01|甲|100|6|106|正常";
    let of = |second: &str| said(INVOICES, &[INVOICE_COLUMNS, first, second]);
    assert_eq!(of("1|2026-09-01|甲|100.00|6|106|正常"), ["3 number: the invoice 1 stands in row 2 already"]);
    assert_eq!(
        of("1|2026-09-01|甲|200|12|212|正常"),
        ["3 number: the invoice 1 stands in row 2 already, and its gross is \"106\" there and \"212\" here"]
    );
    assert_eq!(
        of("1|2026-09-02|甲|100|6|106|正常"),
        ["3 number: the invoice 1 stands in row 2 already, and its day of issue is \"2026-09-01\" there and \"2026-09-02\" here"]
    );
    assert_eq!(of("1|2026-09-01|乙|200|12|212|正常"), [""; 0], "another seller's");
    let unchecked = format!("file = {{ unchecked = \"numbers\" }}\n{INVOICES}");
    assert_eq!(said(&unchecked, &[INVOICE_COLUMNS, first, first]), [""; 0]);
}

#[test]
fn items_of_one_invoice_differ_in_what_is_theirs() {
    let columns = format!("{INVOICE_COLUMNS}|货物或应税劳务名称");
    let of = |second: &str| said(INVOICES, &[&columns, "1|2026-09-01|甲|100|6|106|正常|职位", second]);
    assert_eq!(of("1|2026-09-01|甲|50|3|53|正常|刷新"), [""; 0]);
    assert_eq!(of("1|2026-09-01|甲|100|6|106|正常|职位"), [""; 0], "two equal items are two");
    assert_eq!(
        of("1|2026-09-01|甲|50|3|53|作废|刷新"),
        ["3 number: the invoice 1 stands in row 2 already, and its status is \"normal\" there and \"voided\" here"]
    );
}

#[rstest]
#[case::of_all("318", true)]
#[case::of_those_that_stand("212", true)]
#[case::of_nothing("213", false)]
fn a_total_of_invoices_may_leave_out_the_void(#[case] total: &str, #[case] right: bool) {
    let invoices = ["1|2026-09-01|甲|100|6|106|正常", "2|2026-09-01|甲|100|6|106|作废", "3|2026-09-02|甲|100|6|106|正常"];
    let total = format!("合计|||||{total}|");
    let rows: Vec<&str> = std::iter::once(INVOICE_COLUMNS).chain(invoices).chain([total.as_str()]).collect();
    let found = said(INVOICES, &rows);
    assert_eq!(found.is_empty(), right, "{found:?}");
}
