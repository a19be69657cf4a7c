//! Any ledger ties; what is divided adds up; the order of lines does not matter.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::allocation::{Allocation, Counted, SHARE_ONE, Share, by_people};
use crate::amount::{RATE_ONE, TEN_THOUSANDTHS, cents, part, spread};
use crate::package::{By, Terms};
use crate::wallet::Bonus;
use crate::{Account, Book, Entry, Kind, Line, Place, Reason, Rules, Word, book};

/// A line in the base currency, paid by itself; units and what belongs to wallets or packages are left out.
pub(crate) fn line(kind: Kind, day: i32, gross: i64) -> Line {
    Line {
        kind,
        booked_on: day,
        service: (day, day),
        units: None,
        bonus_units: None,
        balance: None,
        gross: gross * TEN_THOUSANDTHS,
        net: gross * TEN_THOUSANDTHS,
        deductible: false,
        currency: Word(1),
        rate: Some(RATE_ONE),
        place: Place { channel: Word(2), ..Place::default() },
        document: Word::default(),
        package: Word::default(),
        item: Word::default(),
    }
}

/// What an account holds at the end of all days.
fn balance(book: &Book, account: Account) -> i64 {
    let side = |entry: &Entry| i64::from(entry.debit == account) - i64::from(entry.credit == account);
    book.entries.iter().map(|entry| side(entry) * entry.cents).sum()
}

fn faults(book: &Book) -> Vec<Reason> {
    book.faults.iter().map(|fault| fault.reason).collect()
}

#[test]
fn tax_of_a_deductible_invoice_is_no_cost() {
    let taxed = Line { net: 1_000 * TEN_THOUSANDTHS, deductible: true, ..line(Kind::Cpc, 5, 1_060) };
    let book = book(&[taxed], &Rules::default());
    assert_eq!([Account::Cost, Account::InputVat, Account::Bank].map(|account| balance(&book, account)), [100_000, 6_000, -106_000]);
}

#[test]
fn service_before_its_bill_is_owed_and_after_it_prepaid() {
    let bill = |service, booked_on| Line { booked_on, service, ..line(Kind::Subscription, 0, 30) };
    let book = book(&[bill((1, 3), 4), bill((10, 12), 9)], &Rules::default());
    let between: Vec<(i32, Account, Account, i64)> = book.entries.iter().map(|e| (e.day, e.debit, e.credit, e.cents)).collect();
    assert_eq!(between[0], (4, Account::Payable, Account::Bank, 3_000));
    assert_eq!(between[1], (1, Account::Cost, Account::Payable, 1_000));
    assert_eq!(between[4], (9, Account::Prepaid, Account::Bank, 3_000));
    assert_eq!([Account::Payable, Account::Prepaid].map(|account| balance(&book, account)), [0, 0]);
}

/// A wallet of 1 000 units for 900.00 and 200 more; 400 are used; 100.00 come back for 200 units that cost 150.00.
#[test]
fn a_wallet_keeps_units_and_what_they_cost() {
    let account = |line: Line| Line { place: Place { account: Word(3), ..line.place }, ..line };
    let units = |line: Line, units: i64| Line { units: Some(units * TEN_THOUSANDTHS), ..account(line) };
    let lines = [
        Line { bonus_units: Some(200 * TEN_THOUSANDTHS), ..units(line(Kind::Recharge, 1, 900), 1_000) },
        Line { balance: Some(800 * TEN_THOUSANDTHS), ..units(line(Kind::Consumption, 2, 0), 400) },
        units(line(Kind::Refund, 3, 100), 200),
        Line { balance: Some(500 * TEN_THOUSANDTHS), ..units(line(Kind::Expiry, 4, 0), 100) },
    ];
    let book = book(&lines, &Rules::default());
    let [wallet] = book.wallets.as_slice() else { panic!("{:?}", book.wallets) };
    let moves: Vec<(Kind, i64, i64)> = wallet.moves.iter().map(|m| (m.kind, m.units / TEN_THOUSANDTHS, m.value)).collect();
    let expected = [
        (Kind::Recharge, 1_000, 90_000),
        (Kind::BonusCredit, 200, 0),
        (Kind::Consumption, -400, -30_000),
        (Kind::Refund, -200, -15_000),
        (Kind::Expiry, -100, -7_500),
    ];
    assert_eq!(moves, expected);
    // 300.00 used, 50.00 lost on the refund, 75.00 expired.
    assert_eq!([Account::Cost, Account::Bank, Account::Wallet].map(|account| balance(&book, account)), [42_500, -80_000, 37_500]);
    assert_eq!(faults(&book), []);
}

#[test]
fn a_line_need_not_name_the_only_wallet_of_its_channel() {
    let account = |line: Line, account| Line { place: Place { account: Word(account), ..line.place }, ..line };
    let used = line(Kind::Consumption, 2, 30);
    let one = [account(line(Kind::Recharge, 1, 100), 3), used];
    assert_eq!(balance(&book(&one, &Rules::default()), Account::Wallet), 7_000);
    let two = [account(line(Kind::Recharge, 1, 100), 3), account(line(Kind::Recharge, 1, 100), 4), used];
    let unclear = book(&two, &Rules::default());
    assert_eq!((balance(&unclear, Account::Wallet), faults(&unclear)), (20_000, vec![Reason::NoWallet]));
}

#[test]
fn a_stated_balance_that_differs_is_told() {
    let lines = [line(Kind::Recharge, 1, 100), Line { balance: Some(75 * TEN_THOUSANDTHS), ..line(Kind::Consumption, 2, 30) }];
    let told = book(&lines, &Rules::default()).faults;
    assert_eq!((told[0].reason, told[0].amount, told[0].expected), (Reason::BalanceDiffers, Some(750_000), Some(700_000)));
}

/// 10 000.00 for 300 posting days (6 000.00) and 100 downloads (4 000.00); 30 days and 25 downloads are used.
#[test]
fn a_package_is_cost_as_it_is_used_and_its_rest_when_it_ends() {
    let bought = Line { document: Word(9), service: (10, 40), ..line(Kind::Package, 10, 10_000) };
    let used = |item, units: i64, day| Line {
        package: Word(9),
        item: Word(item),
        units: Some(units * TEN_THOUSANDTHS),
        ..line(Kind::PackageUnit, day, 0)
    };
    let items =
        vec![(Word(20), 300 * TEN_THOUSANDTHS, 6_000 * TEN_THOUSANDTHS), (Word(21), 100 * TEN_THOUSANDTHS, 4_000 * TEN_THOUSANDTHS)];
    let terms = Terms { document: Word(9), by: By::Price, items };
    let rules = Rules { packages: vec![terms], ..Rules::default() };
    let lines = [bought, used(20, 30, 12), used(21, 25, 13), used(22, 1, 14), used(20, 1, 41), used(21, 80, 40)];
    let book = book(&lines, &rules);
    let mut days: BTreeMap<(i32, &str), i64> = BTreeMap::new();
    for entry in book.entries.iter().filter(|entry| entry.debit == Account::Cost) {
        *days.entry((entry.day, entry.kind.as_str())).or_default() += entry.cents;
    }
    let expected =
        [((12, "package_unit"), 60_000), ((13, "package_unit"), 100_000), ((40, "expiry"), 540_000), ((40, "package_unit"), 300_000)];
    assert_eq!(days.into_iter().collect::<Vec<_>>(), expected);
    assert_eq!(balance(&book, Account::Prepaid), 0);
    assert_eq!(faults(&book), [Reason::NoItem, Reason::OverEntitlement, Reason::OutsideValidity]);
}

#[test]
fn a_key_that_changes_divides_by_days_and_then_by_shares() {
    let share = |store, millionths| Share { store: Some(Word(store)), share: millionths, ..Share::default() };
    let from_day_11 =
        Allocation { id: Word(30), from: Some(11), shares: vec![share(40, 600_000), share(41, 300_000)], ..Allocation::default() };
    let rules = Rules { allocations: vec![from_day_11], ..Rules::default() };
    let year = Line { service: (1, 20), booked_on: 1, ..line(Kind::Subscription, 1, 2_000) };
    let book = book(&[year], &rules);
    let mut stores: BTreeMap<(u32, u32), i64> = BTreeMap::new();
    for entry in book.entries.iter().filter(|entry| entry.debit == Account::Cost) {
        *stores.entry((entry.place.store.0, entry.allocation.0)).or_default() += entry.cents;
    }
    assert_eq!(stores.into_iter().collect::<Vec<_>>(), [((0, 0), 110_000), ((40, 30), 60_000), ((41, 30), 30_000)]);
}

#[test]
fn the_cents_that_are_left_go_to_the_greatest_remainders() {
    // 100 among 1, 1 and 1; 10 among 6, 3 and 5 are 4.29, 2.14 and 3.57.
    assert_eq!(by_people(100, &[1, 1, 1]), Some(vec![34, 33, 33]));
    assert_eq!(by_people(10, &[6, 3, 5]), Some(vec![4, 2, 4]));
    assert_eq!(by_people(-10, &[6, 3, 5]), Some(vec![-4, -2, -4]));
    assert_eq!((by_people(10, &[]), by_people(10, &[0, 0])), (None, None));
}

/// 61 days for 610.00: the 30 of the first month by three people to one, the 31 of the second by nobody.
#[test]
fn cost_by_people_is_cut_by_months_and_stays_where_nobody_was_counted() {
    let of = |store, people| Share { store: Some(Word(store)), share: people, ..Share::default() };
    let first = Counted { from: 1, to: 30, people: vec![of(40, 3), of(41, 1)] };
    let rule = Allocation { id: Word(30), counted: Some(vec![first]), ..Allocation::default() };
    let rules = Rules { allocations: vec![rule], ..Rules::default() };
    let made = book(&[Line { service: (1, 61), booked_on: 1, ..line(Kind::Subscription, 1, 610) }], &rules);
    let mut stores: BTreeMap<(u32, u32), i64> = BTreeMap::new();
    for entry in made.entries.iter().filter(|entry| entry.debit == Account::Cost) {
        *stores.entry((entry.place.store.0, entry.allocation.0)).or_default() += entry.cents;
    }
    assert_eq!(stores.into_iter().collect::<Vec<_>>(), [((0, 0), 31_000), ((40, 30), 22_500), ((41, 30), 7_500)]);
    let told: Vec<_> = made.faults.iter().map(|fault| (fault.reason, fault.amount, fault.day)).collect();
    assert_eq!(told, [(Reason::NoBasis, Some(310 * TEN_THOUSANDTHS), Some(31))]);
}

fn any_line() -> impl Strategy<Value = Line> {
    let kind = prop::sample::select(Kind::ALL.map(|(kind, _)| kind).to_vec());
    let amounts = (-2_000_000_i64..50_000_000, 0_i64..200_000, prop::option::of(1_i64..9_000_000), prop::option::of(1_i64..500_000));
    let places = (2_u32..5, 0_u32..3, 0_u32..3, 50_u32..53, 60_u32..63);
    let rest = (any::<bool>(), prop::option::weighted(0.97, 10_000_000_i64..800_000_000), 1_u32..3);
    (kind, 0_i32..60, 0_i32..40, -5_i32..5, amounts, places, rest).prop_map(
        |(kind, from, days, late, (gross, tax, units, bonus), (channel, account, store, document, item), (deductible, rate, currency))| {
            Line {
                kind,
                booked_on: from + late,
                service: (from, from + days),
                units,
                bonus_units: bonus,
                balance: None,
                gross,
                net: gross - tax,
                deductible,
                currency: Word(currency),
                rate,
                place: Place { channel: Word(channel), account: Word(account), store: Word(store), ..Place::default() },
                document: Word(document),
                package: Word(document),
                item: Word(item),
            }
        },
    )
}

fn any_rules() -> impl Strategy<Value = Rules> {
    let share = (0_i64..=SHARE_ONE / 3, 40_u32..44, prop::option::of(2_u32..5));
    let counted = prop::collection::vec(prop::collection::vec((0_i64..30, 40_u32..44), 0..4), 0..4);
    let allocation = (
        prop::collection::vec(share, 1..4),
        prop::option::of(counted),
        prop::option::of(2_u32..5),
        prop::option::of(0_i32..60),
        prop::option::of(0_i32..90),
    );
    (any::<bool>(), any::<bool>(), prop::collection::vec(allocation, 0..3)).prop_map(|(last, by_price, allocations)| Rules {
        owed: Vec::new(),
        reckoned: Vec::new(),
        bonus: if last { Bonus::Last } else { Bonus::Average },
        packages: vec![Terms {
            document: Word(50),
            by: if by_price { By::Price } else { By::Unit },
            items: vec![(Word(60), 7_000_000, 1_000_000), (Word(61), 30_000, 2_000_001)],
        }],
        allocations: allocations
            .into_iter()
            .map(|(shares, counted, channel, from, to)| Allocation {
                id: Word(70),
                channels: channel.map(Word).into_iter().collect(),
                from,
                to,
                shares: shares
                    .into_iter()
                    .map(|(share, store, channel)| Share {
                        store: Some(Word(store)),
                        channel: channel.map(Word),
                        share,
                        ..Share::default()
                    })
                    .collect(),
                counted: counted.map(|months| {
                    let people = |(people, store)| Share { store: Some(Word(store)), share: people, ..Share::default() };
                    let month = |(month, at): (Vec<(i64, u32)>, i32)| Counted {
                        from: at * 30,
                        to: at * 30 + 29,
                        people: month.into_iter().map(people).collect(),
                    };
                    months.into_iter().zip(0..).map(month).collect()
                }),
                ..Allocation::default()
            })
            .collect(),
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_ledger_ties(lines in prop::collection::vec(any_line(), 0..60), rules in any_rules()) {
        let book = book(&lines, &rules);
        // What is prepaid or owed is settled in the end, and the wallets hold what their account says.
        prop_assert_eq!(balance(&book, Account::Prepaid), 0);
        prop_assert_eq!(balance(&book, Account::Payable), 0);
        let held: i64 = book.wallets.iter().filter_map(|wallet| wallet.moves.last()).map(|last| last.balance_value).sum();
        prop_assert_eq!(balance(&book, Account::Wallet), held);
        // Money is that of the lines that move money, to the cent.
        let wallets: Vec<u32> = book.wallets.iter().flat_map(|wallet| &wallet.moves).map(|one| one.line).collect();
        let mut paid = 0;
        for (line, number) in lines.iter().zip(0_u32..) {
            let Some(rate) = line.rate else { continue };
            let gross = if line.kind.gives_back() { -line.gross.abs() } else { line.gross };
            let moves_money = if wallets.contains(&number) { matches!(line.kind, Kind::Recharge | Kind::Refund) } else { line.kind != Kind::PackageUnit };
            if moves_money {
                paid += cents(gross, rate).unwrap();
            }
        }
        prop_assert_eq!(balance(&book, Account::Bank), -paid);
        // Each move of a wallet stands on the one before.
        for wallet in &book.wallets {
            let mut before = (0, 0);
            for one in &wallet.moves {
                before = (before.0 + one.units, before.1 + one.value);
                prop_assert_eq!((one.balance_units, one.balance_value), before);
            }
        }
        // Nobody is forgotten: each line without a rate is told.
        let without = lines.iter().filter(|line| line.rate.is_none()).count();
        prop_assert_eq!(faults(&book).iter().filter(|reason| **reason == Reason::NoRate).count(), without);
    }

    #[test]
    fn days_add_up_to_the_line_and_periods_to_their_days(cents in -10_000_000_i64..10_000_000, from in 0_i32..1_000, days in 1_i32..800, cut in 0_i32..800) {
        let mut all = Vec::new();
        spread(cents, from, from + days - 1, |day, cents| all.push((day, cents)));
        prop_assert_eq!(all.iter().map(|(_, cents)| cents).sum::<i64>(), cents);
        prop_assert!(all.iter().all(|(_, each)| (each - cents / i64::from(days)).abs() <= 1));
        let cut = cut.min(days);
        let first: i64 = all.iter().filter(|(day, _)| *day < from + cut).map(|(_, cents)| cents).sum();
        prop_assert_eq!(first, part(cents, 0, i64::from(cut), i64::from(days)));
    }

    #[test]
    fn parts_by_people_add_up_and_are_within_a_cent(cents in -10_000_000_i64..10_000_000, people in prop::collection::vec(0_i64..1_000, 0..30)) {
        let all: i64 = people.iter().sum();
        let parts = by_people(cents, &people);
        prop_assert_eq!(parts.is_some(), all > 0);
        let parts = parts.unwrap_or_default();
        if all > 0 {
            prop_assert_eq!(parts.iter().sum::<i64>(), cents);
        }
        for (part, n) in parts.iter().zip(&people) {
            let exact = i128::from(cents) * i128::from(*n);
            prop_assert!((i128::from(*part) * i128::from(all) - exact).abs() < i128::from(all), "{part} of {cents} for {n} of {all}");
        }
        // More people never bear less.
        for (a, n) in parts.iter().zip(&people) {
            for (b, m) in parts.iter().zip(&people) {
                prop_assert!(n <= m || a.abs() >= b.abs());
            }
        }
    }
}
