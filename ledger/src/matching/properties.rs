//! What holds of any lists.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::bank::{Place, Reason, Rules, match_bank};
use super::invoices::{self, Charge, Invoice, Standing, State, match_invoices};
use super::tests::{day, month};
use super::{Basis, Line};

/// Lines of few parties, days, amounts and documents: many of them could be one another.
fn crowded(side: &'static str) -> impl Strategy<Value = Vec<Line>> {
    let one = (0..3u8, 0..20i32, prop_oneof![-6i64..7, Just(-100)], 0..2u8, prop::collection::vec(0..5u8, 0..3));
    prop::collection::vec(one, 0..25).prop_map(move |rows| {
        let made = rows.into_iter().enumerate().map(|(at, (party, on, amount, currency, documents))| Line {
            key: format!("{side}{at:02}"),
            party: ["", "boss", "zhaopin"][usize::from(party)].to_owned(),
            day: day("2026-10-25") + on,
            month: month(day("2026-10-25") + on),
            amount,
            currency: ["CNY", "USD"][usize::from(currency)].to_owned(),
            documents: documents.iter().map(|number| format!("D-{number}")).collect(),
        });
        made.collect()
    })
}

/// The keys of both sides of each match.
type Together = BTreeSet<(Vec<String>, Vec<String>, Basis)>;
/// By key of what is left: the reason, the candidate's key and the difference.
type Left = BTreeMap<String, (Reason, Option<String>, Option<i64>)>;

/// A matching by keys: what is together, and of the rest the reason and candidate.
fn by_keys(bank: &[Line], ledger: &[Line]) -> (Together, Left) {
    let matching = match_bank(bank, ledger, &Rules::default());
    let keys = |lines: &[Line], at: &[usize]| at.iter().map(|at| lines[*at].key.clone()).collect::<Vec<_>>();
    let matches = matching.matches.iter().map(|one| (keys(bank, &one.other), keys(ledger, &one.ledger), one.basis)).collect();
    let mut left = BTreeMap::new();
    for (lines, places, others) in [(bank, &matching.bank, ledger), (ledger, &matching.ledger, bank)] {
        for (line, place) in lines.iter().zip(places) {
            if let Place::Unmatched(why) = place {
                left.insert(line.key.clone(), (why.reason, why.candidate.map(|at| others[at].key.clone()), why.difference));
            }
        }
    }
    (matches, left)
}

/// Invoices and charges of crowded lines.
fn papers(other: &[Line], ledger: &[Line]) -> (Vec<Invoice>, Vec<Charge>) {
    let named = |line: &Line| line.documents.first().map(|text| text.replace("D-", "N-")).unwrap_or_default();
    let invoice = |line: &Line| {
        let last = line.key.bytes().last().unwrap_or_default();
        let standing =
            if line.amount < 0 { Standing::RedLetter } else { [Standing::Normal, Standing::Normal, Standing::Void][usize::from(last % 3)] };
        Invoice {
            line: line.clone(),
            number: format!("N-{}", last % 5),
            standing,
            original: if last.is_multiple_of(2) { named(line) } else { String::new() },
            service: (last.is_multiple_of(4)).then(|| (day("2026-10-25"), line.day)),
            personal: last.is_multiple_of(7),
        }
    };
    let charge =
        |line: &Line| Charge { line: line.clone(), number: if line.amount % 2 == 0 { named(line) } else { String::new() }, expected: true };
    (other.iter().map(invoice).collect(), ledger.iter().map(charge).collect())
}

/// How each line and invoice stands, by keys, and what is together.
type Standings = (BTreeMap<String, State>, BTreeSet<(Vec<String>, Vec<String>, i64)>);

fn standings(invoices: &[Invoice], charges: &[Charge]) -> Standings {
    let matching = match_invoices(invoices, charges, &invoices::Rules::as_of(day("2026-12-01")));
    let of_invoices = invoices.iter().zip(&matching.invoices).map(|(invoice, place)| (invoice.line.key.clone(), place.state));
    let of_charges = charges.iter().zip(&matching.charges).map(|(charge, place)| (charge.line.key.clone(), place.state));
    let bundles = matching.bundles.iter().map(|bundle| {
        let other = bundle.lines.other.iter().map(|at| invoices[*at].line.key.clone()).collect();
        let ledger = bundle.lines.ledger.iter().map(|at| charges[*at].line.key.clone()).collect();
        (other, ledger, bundle.difference)
    });
    (of_invoices.chain(of_charges).collect(), bundles.collect())
}

proptest! {
    #[test]
    fn any_order_gives_the_same_matching(
        (bank, shuffled) in crowded("b").prop_flat_map(|lines| (Just(lines.clone()), Just(lines).prop_shuffle())),
        (ledger, mixed) in crowded("l").prop_flat_map(|lines| (Just(lines.clone()), Just(lines).prop_shuffle())),
    ) {
        prop_assert_eq!(by_keys(&bank, &ledger), by_keys(&shuffled, &mixed));
        let (one, other) = (papers(&bank, &ledger), papers(&shuffled, &mixed));
        prop_assert_eq!(standings(&one.0, &one.1), standings(&other.0, &other.1));
    }

    #[test]
    fn every_line_is_in_one_place_and_matches_tie(bank in crowded("b"), ledger in crowded("l")) {
        let matching = match_bank(&bank, &ledger, &Rules::default());
        let mut seen = [vec![0; bank.len()], vec![0; ledger.len()]];
        for (number, one) in matching.matches.iter().enumerate() {
            let sum = |lines: &[Line], at: &[usize]| at.iter().map(|at| lines[*at].amount).sum::<i64>();
            prop_assert_eq!(sum(&bank, &one.other), sum(&ledger, &one.ledger));
            let currencies: BTreeSet<&str> = one.other.iter().map(|at| bank[*at].currency.as_str()).chain(one.ledger.iter().map(|at| ledger[*at].currency.as_str())).collect();
            prop_assert_eq!(currencies.len(), 1);
            prop_assert!(!one.other.is_empty() && !one.ledger.is_empty());
            for at in &one.other {
                seen[0][*at] += 1;
                prop_assert_eq!(matching.bank[*at], Place::Matched(number));
            }
            for at in &one.ledger {
                seen[1][*at] += 1;
                prop_assert_eq!(matching.ledger[*at], Place::Matched(number));
            }
        }
        for (places, seen) in [(&matching.bank, &seen[0]), (&matching.ledger, &seen[1])] {
            for (place, seen) in places.iter().zip(seen) {
                prop_assert_eq!(*seen, usize::from(matches!(place, Place::Matched(_))));
            }
        }
    }

    #[test]
    fn invoices_and_lines_that_match_tie(other in crowded("b"), ledger in crowded("l")) {
        let (invoices, charges) = papers(&other, &ledger);
        let matching = match_invoices(&invoices, &charges, &invoices::Rules::as_of(day("2026-12-01")));
        let mut seen = [vec![0; invoices.len()], vec![0; charges.len()]];
        for (number, bundle) in matching.bundles.iter().enumerate() {
            for at in &bundle.lines.other {
                seen[0][*at] += 1;
                prop_assert_eq!(matching.invoices[*at].bundle, Some(number));
            }
            for at in &bundle.lines.ledger {
                seen[1][*at] += 1;
                prop_assert_eq!(matching.charges[*at].bundle, Some(number));
            }
            // What red-letter invoices took back is off; without such it ties by itself.
            if !invoices.iter().any(|invoice| invoice.standing == Standing::RedLetter) {
                let paper: i64 = bundle.lines.other.iter().map(|at| invoices[*at].line.amount).sum();
                let booked: i64 = bundle.lines.ledger.iter().map(|at| charges[*at].line.amount).sum();
                prop_assert_eq!(paper - booked, bundle.difference);
            }
            let states: BTreeSet<State> = bundle.lines.ledger.iter().map(|at| matching.charges[*at].state).collect();
            prop_assert!(bundle.difference == 0 || states.iter().all(|state| matches!(state, State::AmountDiffers | State::Voided)));
        }
        for (places, seen) in [(&matching.invoices, &seen[0]), (&matching.charges, &seen[1])] {
            for (place, seen) in places.iter().zip(seen) {
                prop_assert_eq!(*seen, usize::from(place.bundle.is_some()));
            }
        }
    }

    /// Ledgers whose amounts tell everything: what was paid together is found, all of it, and nothing else.
    #[test]
    fn planted_payments_are_found_whole(
        plan in prop::collection::vec((0..3u8, 0..4usize, 0..300i32, 0..6i32, 0..2u8), 1..40),
        seed in prop::collection::vec(any::<prop::sample::Index>(), 200),
    ) {
        let (mut bank, mut ledger, mut truth) = (Vec::new(), Vec::new(), BTreeSet::new());
        let mut draw = seed.iter().map(|index| index.index(1 << 30));
        // Unit and its square stand apart in each amount, so no other lines come to the same: (a + b)^2 is more than a^2 + b^2.
        let mut unit = 0i64;
        let mut unique = || {
            unit += 1;
            -(unit * 1_000_003 + unit * unit * 7)
        };
        for (number, (shape, party, on, later, named)) in plan.iter().enumerate() {
            let party = ["boss", "zhaopin", "liepin", "douyin"][*party];
            // Several lines of one payment stand on a day of their own, so that no other line of the party joins them.
            let booked = day("2026-01-01") + on + if *shape == 0 { 0 } else { 400 * (number as i32 + 1) };
            let paid = booked + later;
            let document = (*named == 1).then(|| format!("DOC-{number}")).into_iter().collect::<Vec<_>>();
            let (amounts, split): (Vec<i64>, bool) = match shape {
                0 => (vec![unique()], false),
                1 => (vec![unique(), unique(), unique()], false),
                _ => (vec![unique(), unique()], true),
            };
            let whole: i64 = amounts.iter().sum();
            let put = |lines: &mut Vec<Line>, side: &str, on: i32, amounts: &[i64]| -> Vec<String> {
                let from = lines.len();
                lines.extend(amounts.iter().enumerate().map(|(at, amount)| Line {
                    key: format!("{side}{number}-{at}"), party: party.to_owned(), day: on, month: month(on), amount: *amount, currency: "CNY".to_owned(), documents: document.clone(),
                }));
                let mut keys: Vec<String> = lines[from..].iter().map(|line| line.key.clone()).collect();
                keys.sort();
                keys
            };
            let (of_bank, of_ledger) = if split { (amounts.as_slice(), &[whole][..]) } else { (&[whole][..], amounts.as_slice()) };
            truth.insert((put(&mut bank, "b", paid, of_bank), put(&mut ledger, "l", booked, of_ledger)));
        }
        for at in (1..bank.len()).rev() {
            bank.swap(at, draw.next().unwrap_or_default() % (at + 1));
        }
        let (found, left) = by_keys(&bank, &ledger);
        let found: BTreeSet<(Vec<String>, Vec<String>)> = found.into_iter().map(|(mut other, mut ledger, _)| {
            other.sort();
            ledger.sort();
            (other, ledger)
        }).collect();
        prop_assert_eq!(found, truth);
        prop_assert!(left.is_empty());
    }
}
