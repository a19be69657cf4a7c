//! Vouchers of any journal balance, and keep the sums of accounts.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

fn rule(account: Account, code: &str, dimensions: &[Dimension]) -> Rule {
    Rule {
        account,
        kinds: Vec::new(),
        channels: Vec::new(),
        stores: Vec::new(),
        departments: Vec::new(),
        code: code.to_owned(),
        name: format!("name of {code}"),
        dimensions: dimensions.iter().copied().collect(),
    }
}

/// Cost of stores is apart from other cost; two journal accounts share a code.
fn chart() -> Chart {
    use Dimension::{Department, Invoice, Project, Supplier};
    let of_stores = Rule { stores: vec!["*".to_owned()], ..rule(Account::Cost, "6601", &[Department, Project]) };
    Chart {
        rules: vec![
            of_stores,
            rule(Account::Cost, "6602", &[Department, Project]),
            rule(Account::Bank, "1002", &[]),
            rule(Account::Wallet, "1123", &[Supplier]),
            rule(Account::Prepaid, "1123", &[Supplier]),
            rule(Account::InputVat, "222101", &[Invoice]),
            rule(Account::Payable, "2202", &[Supplier, Invoice]),
        ],
        stores_are_departments: true,
    }
}

fn posting(debit: Account, credit: Account, cents: i64) -> Posting {
    Posting {
        day: 20_731,
        debit,
        credit,
        cents,
        facts: Facts { kind: "cpc".to_owned(), channel: "boss".to_owned(), document: "D1".to_owned(), ..Facts::default() },
        connection: "ledger".to_owned(),
        source_id: "1".to_owned(),
    }
}

fn word(words: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::sample::select(words).prop_map(str::to_owned)
}

prop_compose! {
    fn any_posting()(
        day in 20_727..20_758,
        debit in prop::sample::select(&ACCOUNTS[..]),
        credit in prop::sample::select(&ACCOUNTS[..]),
        cents in prop_oneof![-300_i64..300, -10_000_000_000_i64..10_000_000_000],
        kind in word(&["cpc", "recharge", "expiry"]),
        channel in word(&["boss", "zhaopin", "unallocated"]),
        store in word(&["", "First store", "Second store"]),
        department in word(&["", "Sales"]),
        project in word(&["", "Opening"]),
        document in word(&["", "D1", "D2", "D3"]),
        invoice in word(&["", "I1", "I2"]),
        source_id in 0_u8..6,
    ) -> Posting {
        Posting {
            day,
            debit,
            credit,
            cents,
            facts: Facts { kind, channel, store, department, project, document, invoice },
            connection: "ledger".to_owned(),
            source_id: source_id.to_string(),
        }
    }
}

fn any_grouping() -> impl Strategy<Value = Grouping> {
    (prop::sample::select(&[Split::Month, Split::Channel, Split::Day][..]), any::<bool>())
        .prop_map(|(split, detail)| Grouping { split, detail })
}

/// What each side of each account comes to, reckoned from the rows alone.
fn by_account(postings: &[Posting]) -> BTreeMap<(&'static str, Side), i128> {
    let code = |account: Account, facts: &Facts| match account {
        Account::Cost if facts.store.is_empty() => "6602",
        Account::Cost => "6601",
        Account::Bank => "1002",
        Account::Wallet | Account::Prepaid => "1123",
        Account::InputVat => "222101",
        Account::Payable => "2202",
    };
    let mut sums = BTreeMap::new();
    for row in postings {
        *sums.entry((code(row.debit, &row.facts), Side::Debit)).or_default() += i128::from(row.cents);
        *sums.entry((code(row.credit, &row.facts), Side::Credit)).or_default() += i128::from(row.cents);
    }
    sums.retain(|_, sum| *sum != 0);
    sums
}

proptest! {
    #[test]
    fn any_journal_gives_balanced_vouchers_that_keep_the_sums_of_accounts(
        rows in prop::collection::vec(any_posting(), 0..60),
        grouping in any_grouping(),
    ) {
        let made = vouchers(&rows, &chart(), grouping).unwrap();
        let mut sums: BTreeMap<(String, Side), i128> = BTreeMap::new();
        for voucher in &made {
            prop_assert!(!voucher.entries.is_empty());
            prop_assert_eq!(voucher.total(Side::Debit), voucher.total(Side::Credit));
            for entry in &voucher.entries {
                prop_assert!(entry.cents != 0, "{:?}", entry);
                *sums.entry((entry.code.clone(), entry.side)).or_default() += i128::from(entry.cents);
            }
        }
        sums.retain(|_, sum| *sum != 0);
        let expected: BTreeMap<(String, Side), i128> =
            by_account(&rows).into_iter().map(|((code, side), sum)| ((code.to_owned(), side), sum)).collect();
        prop_assert_eq!(sums, expected);
    }

    #[test]
    fn the_order_of_rows_does_not_matter(
        (rows, shuffled) in prop::collection::vec(any_posting(), 0..30).prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle())),
        grouping in any_grouping(),
    ) {
        prop_assert_eq!(vouchers(&rows, &chart(), grouping).unwrap(), vouchers(&shuffled, &chart(), grouping).unwrap());
    }
}

#[test]
fn every_account_of_the_journal_has_its_word() {
    assert!(ACCOUNTS.iter().all(|account| account_of(account.as_str()) == Some(*account)));
    assert_eq!(account_of("costs"), None);
}

#[test]
fn equal_accounts_and_dimensions_are_one_entry_unless_lines_keep_their_own() {
    let mut second = posting(Account::Cost, Account::Wallet, 250);
    second.source_id = "2".to_owned();
    second.facts.document = "D2".to_owned();
    let rows = [posting(Account::Cost, Account::Wallet, 100), second];
    let made = vouchers(&rows, &chart(), Grouping::default()).unwrap();
    let lines = |voucher: &Voucher| voucher.entries.iter().map(|entry| (entry.side, entry.code.clone(), entry.cents)).collect::<Vec<_>>();
    assert_eq!(lines(&made[0]), [(Side::Debit, "6602".to_owned(), 350), (Side::Credit, "1123".to_owned(), 350)]);
    assert_eq!((made.len(), made[0].documents(), made[0].entries[1].supplier.as_str()), (1, 2, "boss"));
    let made = vouchers(&rows, &chart(), Grouping { detail: true, ..Grouping::default() }).unwrap();
    assert_eq!(made[0].entries.iter().map(|entry| entry.cents).collect::<Vec<_>>(), [100, 250, 100, 250]);
}

#[test]
fn an_account_bears_its_own_dimensions_alone_and_a_store_may_stand_for_its_department() {
    let mut row = posting(Account::Cost, Account::Payable, 100);
    row.facts = Facts { store: "First store".to_owned(), project: "Opening".to_owned(), invoice: "I1".to_owned(), ..row.facts };
    let made = vouchers(std::slice::from_ref(&row), &chart(), Grouping::default()).unwrap();
    let [debit, credit] = &made[0].entries[..] else { panic!("{made:?}") };
    let dimensions = |entry: &Entry| [&entry.department, &entry.project, &entry.supplier, &entry.invoice].map(String::clone);
    assert_eq!((debit.code.as_str(), dimensions(debit)), ("6601", ["First store", "Opening", "", ""].map(str::to_owned)));
    assert_eq!((credit.code.as_str(), dimensions(credit)), ("2202", ["", "", "boss", "I1"].map(str::to_owned)));
    let apart = Chart { stores_are_departments: false, ..chart() };
    assert_eq!(vouchers(&[row], &apart, Grouping::default()).unwrap()[0].entries[0].department, "");
}

#[test]
fn a_correction_stays_on_its_side_and_what_cancels_out_is_no_entry() {
    let made = vouchers(&[posting(Account::Cost, Account::Payable, -100)], &chart(), Grouping::default()).unwrap();
    assert_eq!((made[0].entries[0].side, made[0].entries[0].cents, made[0].total(Side::Credit)), (Side::Debit, -100, -100));
    let cancelled = [posting(Account::Cost, Account::Payable, 100), posting(Account::Cost, Account::Payable, -100)];
    assert_eq!(vouchers(&cancelled, &chart(), Grouping::default()).unwrap(), []);
}

#[test]
fn a_row_without_an_account_and_a_sum_without_bounds_are_refused() {
    let mut chart = chart();
    chart.rules.retain(|rule| rule.account != Account::Payable);
    let error = vouchers(&[posting(Account::Cost, Account::Payable, 1)], &chart, Grouping::default()).unwrap_err();
    assert_eq!(error.to_string(), "no [[account]] fits `payable` (kind `cpc`, channel `boss`, store ``, department ``)");
    let rows = [posting(Account::Cost, Account::Bank, i64::MAX), posting(Account::Cost, Account::Bank, 1)];
    let error = vouchers(&rows, &chart, Grouping::default()).unwrap_err();
    assert_eq!(error.to_string(), "the sum of account 6602 is too large for an amount of money");
}
