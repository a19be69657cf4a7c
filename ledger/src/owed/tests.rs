//! What hires owe and how lines settle it; any hires and lines tie.

use proptest::prelude::*;

use super::*;
use crate::amount::{TEN_THOUSANDTHS, cents};
use crate::tests::line;
use crate::{Account, Book, Entry, Place, Reason, Rules, book};

const CHANNEL: Word = Word(2);

/// A ledger of these lines in which these amounts are owed, each named by its own word from 100 on.
fn ledger(mut lines: Vec<Line>, hires: &[(Kind, Terms, Hire, i64)]) -> (Vec<Line>, Rules) {
    let mut rules = Rules::default();
    for ((kind, terms, hire, gross), name) in hires.iter().zip(100..) {
        let own = line(*kind, hire.started, *gross);
        let names = vec![Word(name)];
        rules.owed.push(Owed { line: lines.len() as u32, names, reckoned: reckon(terms, hire, own.gross), no_pay: false });
        rules.reckoned.push(Reckoning { kind: *kind, channel: CHANNEL, from: None });
        lines.push(own);
    }
    (lines, rules)
}

/// What an account holds at the end of a day.
fn balance(book: &Book, account: Account, until: i32) -> i64 {
    let side = |entry: &Entry| i64::from(entry.debit == account) - i64::from(entry.credit == account);
    book.entries.iter().filter(|entry| entry.day <= until).map(|entry| side(entry) * entry.cents).sum()
}

fn reasons(book: &Book) -> Vec<Reason> {
    book.faults.iter().map(|fault| fault.reason).collect()
}

fn hire(started: i32, left: Option<i32>) -> Hire {
    Hire { started, left, ..Hire::default() }
}

#[test]
fn a_bonus_is_lost_when_the_person_leaves_before_it_is_due() {
    let probation = Terms::Bonus(Due::Probation);
    let known = Hire { probation_until: Some(90), ..hire(0, None) };
    assert_eq!(reckon(&probation, &known, 10).due, Some(91));
    assert_eq!(reckon(&probation, &Hire { passed: Some(60), ..known }, 10).due, Some(60));
    // The last day of probation is one of it.
    let lost = |hire: Hire| reckon(&probation, &hire, 10).back;
    assert_eq!((lost(Hire { left: Some(90), ..known }), lost(Hire { left: Some(91), ..known })), (Some((90, 10)), None));
    assert_eq!(lost(Hire { left: Some(70), passed: Some(60), ..known }), None);
    // Nobody tells of probation: who left did not pass it.
    assert_eq!((lost(hire(0, Some(400))), reckon(&probation, &hire(0, None), 10).due), (Some((400, 10)), None));
    let days = Terms::Bonus(Due::Days(30));
    assert_eq!(reckon(&days, &hire(5, Some(34)), 10).back, Some((34, 10)));
    assert_eq!(reckon(&days, &hire(5, Some(35)), 10), Reckoned { due: Some(35), back: None, unclear: false });
    assert!(reckon(&days, &Hire { left_unknown: true, ..hire(5, None) }, 10).unclear);
}

#[test]
fn a_fee_comes_back_by_its_guarantee() {
    let back = |clawback: Clawback, worked: i32| {
        let terms = Terms::Fee { due: 10, guarantee: Some((90, clawback)) };
        let reckoned = reckon(&terms, &hire(100, Some(100 + worked - 1)), 36_000);
        assert_eq!(reckoned.due, Some(110));
        reckoned.back.map_or(0, |(_, back)| back)
    };
    let steps = || Clawback::Steps(vec![(30, SHARE_ONE), (60, SHARE_ONE / 2)]);
    assert_eq!([30, 60, 90, 91].map(|worked| back(Clawback::ProRata, worked)), [24_000, 12_000, 0, 0]);
    assert_eq!([1, 90, 91].map(|worked| back(Clawback::Full, worked)), [36_000, 36_000, 0]);
    assert_eq!([30, 31, 60, 61, 90].map(|worked| back(steps(), worked)), [36_000, 18_000, 18_000, 0, 0]);
    let none = Terms::Fee { due: 0, guarantee: None };
    assert_eq!(reckon(&none, &Hire { left_unknown: true, ..hire(1, Some(2)) }, 10), Reckoned { due: Some(1), back: None, unclear: false });
}

/// 2 000 accrue on day 10; the line of day 100 pays them and costs nothing more.
#[test]
fn a_line_settles_what_accrued() {
    let paid = Line { document: Word(100), ..line(Kind::ReferralBonus, 100, 2_000) };
    let bonus = (Kind::ReferralBonus, Terms::Bonus(Due::Days(90)), hire(10, None), 2_000);
    let (lines, rules) = ledger(vec![paid], std::slice::from_ref(&bonus));
    let made = book(&lines, &rules);
    let at = |day| [Account::Cost, Account::Payable, Account::Bank].map(|account| balance(&made, account, day));
    assert_eq!((at(10), at(99), at(100)), ([200_000, -200_000, 0], [200_000, -200_000, 0], [200_000, 0, -200_000]));
    let [settled] = made.owed.as_slice() else { panic!("{:?}", made.owed) };
    assert_eq!((settled.accrued, settled.paid, settled.open(), settled.due), (200_000, 200_000, 0, Some(100)));
    assert_eq!(reasons(&made), []);
    // Without a word of whose it is nobody knows what it pays: it is cost by itself, and told.
    let (lines, rules) = ledger(vec![line(Kind::ReferralBonus, 100, 2_000)], &[bonus]);
    let made = book(&lines, &rules);
    assert_eq!((balance(&made, Account::Cost, 100), made.owed[0].open(), reasons(&made)), (400_000, 200_000, vec![Reason::NoAccrual]));
}

/// A fee of 36 000 is paid with tax; after 30 of 90 days the person leaves, and 24 000 come back.
#[test]
fn a_guarantee_that_is_claimed_is_owed_to_us_until_it_comes() {
    let taxed = |kind, day, net: i64, gross: i64| Line {
        net: net * TEN_THOUSANDTHS,
        deductible: true,
        document: Word(100),
        ..line(kind, day, gross)
    };
    let paid = taxed(Kind::HeadhunterFee, 20, 36_000, 38_160);
    let back = taxed(Kind::Clawback, 60, -24_000, -25_440);
    let fee = (Kind::HeadhunterFee, Terms::Fee { due: 0, guarantee: Some((90, Clawback::ProRata)) }, hire(1, Some(30)), 36_000);
    let (lines, rules) = ledger(vec![paid, back], &[fee]);
    let made = book(&lines, &rules);
    let at = |day| [Account::Cost, Account::Payable, Account::InputVat, Account::Bank].map(|account| balance(&made, account, day));
    assert_eq!(at(20), [3_600_000, 0, 216_000, -3_816_000]);
    assert_eq!(at(30), [1_200_000, 2_400_000, 216_000, -3_816_000]);
    assert_eq!(at(60), [1_200_000, 0, 72_000, -1_272_000]);
    assert_eq!((made.owed[0].open(), reasons(&made)), (0, vec![]));
}

#[test]
fn what_differs_is_cost_and_told() {
    let fee = |left| (Kind::HeadhunterFee, Terms::Fee { due: 0, guarantee: Some((90, Clawback::Full)) }, hire(1, left), 1_000);
    let paid = |day, gross| Line { document: Word(100), ..line(Kind::HeadhunterFee, day, gross) };
    let run = |lines: Vec<Line>, left| {
        let (lines, rules) = ledger(lines, &[fee(left)]);
        let made = book(&lines, &rules);
        let told = made.faults.first().map(|fault| (fault.reason, fault.amount, fault.expected));
        (balance(&made, Account::Cost, 999), -balance(&made, Account::Payable, 999), told)
    };
    let differs = |is: i64, should: i64| Some((Reason::AmountDiffers, Some(is * TEN_THOUSANDTHS), Some(should * TEN_THOUSANDTHS)));
    // Twice, too much, too little, and in two parts.
    assert_eq!(run(vec![paid(5, 1_000), paid(6, 1_000)], None), (200_000, 0, differs(2_000, 1_000)));
    assert_eq!(run(vec![paid(5, 1_250)], None), (125_000, 0, differs(1_250, 1_000)));
    assert_eq!(run(vec![paid(5, 900)], None), (100_000, 10_000, differs(900, 1_000)));
    assert_eq!(run(vec![paid(5, 400), paid(6, 600)], None), (100_000, 0, None));
    // What is still to come back is open, not wrong.
    assert_eq!(run(vec![paid(5, 1_000)], Some(10)), (0, -100_000, None));
    // A clawback of somebody who stayed is of nothing.
    let back = Line { document: Word(100), ..line(Kind::Clawback, 7, -100) };
    assert_eq!(run(vec![back], None), (90_000, 100_000, Some((Reason::NoAccrual, Some(-100 * TEN_THOUSANDTHS), None))));
}

/// Two hires of one requisition: a line of one's amount is of that one, of neither's amount of nobody.
#[test]
fn a_requisition_names_a_hire_when_there_is_but_one_that_fits() {
    let bonus = |day, gross| (Kind::ReferralBonus, Terms::Bonus(Due::Days(0)), hire(day, None), gross);
    let run = |gross: i64| {
        let asked = |line: Line| Line { place: Place { requisition: Word(9), ..line.place }, ..line };
        let (mut lines, rules) = ledger(vec![line(Kind::ReferralBonus, 50, gross)], &[bonus(5, 700), bonus(3, 500), bonus(4, 500)]);
        lines = lines.into_iter().map(asked).collect();
        let made = book(&lines, &rules);
        (made.owed.iter().map(|one| one.paid).collect::<Vec<_>>(), reasons(&made))
    };
    assert_eq!(run(700), (vec![70_000, 0, 0], vec![]));
    assert_eq!(run(500), (vec![0, 50_000, 0], vec![]));
    assert_eq!(run(600), (vec![0, 0, 0], vec![Reason::NoAccrual]));
}

fn any_hire() -> impl Strategy<Value = (Kind, Terms, Hire, i64)> {
    let steps = (1_i32..60, 0_i64..=SHARE_ONE).prop_map(|(days, share)| Clawback::Steps(vec![(days, SHARE_ONE), (days * 2, share)]));
    let clawback = prop_oneof![Just(Clawback::Full), Just(Clawback::ProRata), steps];
    let fee = (0_i32..40, prop::option::of((1_i32..200, clawback))).prop_map(|(due, guarantee)| Terms::Fee { due, guarantee });
    let bonus = prop_oneof![Just(Due::Probation), (0_i32..200).prop_map(Due::Days)].prop_map(Terms::Bonus);
    let day = || prop::option::of(-5_i32..250);
    let terms = prop_oneof![fee, bonus];
    (terms, 0_i32..40, day(), day(), day(), any::<bool>(), 0_i64..50_000).prop_map(
        |(terms, started, passed, until, left, left_unknown, gross)| {
            let kind = if matches!(terms, Terms::Bonus(_)) { Kind::ReferralBonus } else { Kind::HeadhunterFee };
            (kind, terms, Hire { started, passed, probation_until: until, left, left_unknown }, gross)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_hires_and_lines_tie(
        hires in prop::collection::vec((any_hire(), 0_u32..4, prop::option::weighted(0.9, 50_000_000_i64..800_000_000)), 0..8),
        lines in prop::collection::vec(
            (prop::sample::select(vec![Kind::ReferralBonus, Kind::HeadhunterFee, Kind::Clawback, Kind::Cpc]), 0_i32..200, -200_i64..60_000,
             0_i64..3_000, 99_u32..108, 0_u32..4, any::<bool>(), prop::option::weighted(0.95, 50_000_000_i64..800_000_000)), 0..24),
        exact in prop::collection::vec((0_usize..8, any::<bool>()), 0..8),
    ) {
        let facts: Vec<_> = hires.iter().map(|(one, ..)| one.clone()).collect();
        let mut booked: Vec<Line> = lines
            .into_iter()
            .map(|(kind, day, gross, tax, document, requisition, deductible, rate)| {
                let line = line(kind, day, gross);
                let place = Place { requisition: Word(requisition), ..line.place };
                let document = if document == 99 { Word::default() } else { Word(document) };
                Line { net: (gross - tax) * TEN_THOUSANDTHS, deductible, document, place, rate, ..line }
            })
            .collect();
        // Lines that pay just what is owed.
        for (at, back) in exact {
            let Some((kind, _, hire, gross)) = facts.get(at) else { continue };
            let kind = if back { Kind::Clawback } else { *kind };
            booked.push(Line { document: Word(100 + at as u32), ..line(kind, hire.started + 50, *gross) });
        }
        let count = booked.len();
        let (mut all, rules) = ledger(booked, &facts);
        for (line, (_, requisition, rate)) in all.iter_mut().skip(count).zip(&hires) {
            line.place.requisition = Word(*requisition);
            line.rate = *rate;
        }
        let made = book(&all, &rules);
        // What is payable in the end is what is open, hire by hire.
        let open: i64 = made.owed.iter().map(Settled::open).sum();
        prop_assert_eq!(-balance(&made, Account::Payable, i32::MAX), open);
        prop_assert_eq!(balance(&made, Account::Prepaid, i32::MAX), 0);
        // Money is that of the lines, each once.
        let paid: i64 = all
            .iter()
            .take(count)
            .filter_map(|line| cents(if line.kind.gives_back() { -line.gross.abs() } else { line.gross }, line.rate?))
            .sum();
        prop_assert_eq!(balance(&made, Account::Bank, i32::MAX), -paid);
        // Cost is what accrued less what was lost, what was paid beyond, and what lines cost by themselves.
        let tax = balance(&made, Account::InputVat, i32::MAX);
        let reckoned: i64 = made.owed.iter().map(|one| one.accrued - one.reversed + one.extra).sum();
        let settled: i64 = made.owed.iter().map(|one| one.paid - one.returned + one.extra).sum();
        prop_assert_eq!(balance(&made, Account::Cost, i32::MAX), reckoned + paid - tax - settled);
        for (one, owed) in made.owed.iter().zip(&rules.owed) {
            prop_assert!(one.reversed <= one.accrued && one.reversed >= 0, "{one:?}");
            prop_assert!((0..=one.accrued).contains(&one.paid) && (0..=one.reversed).contains(&one.returned), "{one:?}");
            prop_assert_eq!(one.back_on.is_some(), owed.reckoned.back.is_some());
        }
    }
}
