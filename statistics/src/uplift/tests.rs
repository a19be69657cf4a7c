use proptest::prelude::*;

use super::*;

/// Breast cancer after repeated fluoroscopy: 41 cases in 28,010 woman-years, 15 in 19,017 without (Boice and Monson 1977, as worked in
/// Rothman and Greenland 1998, Modern Epidemiology, 2nd ed., pp. 238-240: ratio 1.86, 95 % 1.03 to 3.35).
#[test]
fn rothmans_rate_ratio() {
    let ratio = rate_ratio((41, 28_010.0), (15, 19_017.0), 1.0).unwrap();
    assert!((ratio.value - 1.86).abs() < 0.005, "{ratio:?}");
    assert!((ratio.interval.low - 1.03).abs() < 0.005 && (ratio.interval.high - 3.35).abs() < 0.01, "{ratio:?}");
    assert_eq!(rate_ratio((0, 1.0), (15, 1.0), 1.0), None);
}

#[test]
fn even_counts_are_not_surer_than_chance_lets_them_be() {
    let ratio = mean_ratio(&[4; 30], &[2; 30]).unwrap();
    let poisson = rate_ratio((120, 30.0), (60, 30.0), 1.0).unwrap();
    assert!((ratio.value - 2.0).abs() < 1e-12);
    assert!(ratio.interval.low <= poisson.interval.low && ratio.interval.high >= poisson.interval.high);
    assert_eq!(mean_ratio(&[4], &[2, 3]), None);
    assert_eq!(mean_ratio(&[0, 0], &[2, 3]), None);
}

fn posting(key: u64, hour: u8, drawn: bool, people: u64) -> Posting {
    Posting { key, hour, drawn, people }
}

#[test]
fn what_chose_the_hour_does_not_measure_it() {
    // Of even keys 18 shines; of odd ones all hours are alike.
    let mut postings = Vec::new();
    for key in 0..400 {
        let hour = 9 + (key / 2 % 10) as u8;
        postings.push(posting(key, hour, true, if key % 2 == 0 && hour == 18 { 30 } else { 9 + key / 20 % 3 }));
    }
    let hours: Vec<u8> = (9..=18).collect();
    let advice = advise(&postings, &hours, &Settings::default()).unwrap();
    let lift = advice.lift.unwrap();
    assert_eq!((advice.hour, advice.proof, advice.measured, advice.against), (18, Proof::Unproven, 20, 180));
    assert!((lift.value - 1.0).abs() < 0.02, "{lift:?}");
    // It does show where it is so; and postings that followed the advice count.
    for key in 400..440 {
        postings.push(posting(key, 18, false, 20 + key % 3));
    }
    let advice = advise(&postings, &hours, &Settings::default()).unwrap();
    assert_eq!((advice.hour, advice.proof, advice.measured), (18, Proof::Proven, 60));
}

#[test]
fn little_is_unproven_and_nothing_is_no_advice() {
    let hours: Vec<u8> = (9..=18).collect();
    assert_eq!(advise(&[], &hours, &Settings::default()), None);
    assert_eq!(advise(&[posting(2, 18, false, 40)], &hours, &Settings::default()), None, "nobody was drawn");
    let advice = advise(&[posting(2, 18, true, 40)], &hours, &Settings::default()).unwrap();
    assert_eq!((advice.hour, advice.lift, advice.proof), (18, None, Proof::Unproven));
}

proptest! {
    #[test]
    fn any_postings_have_a_finite_advice(
        rows in proptest::collection::vec((any::<u64>(), 0_u8..24, any::<bool>(), 0_u64..50), 0..120)
    ) {
        let postings: Vec<Posting> = rows.iter().map(|(key, hour, drawn, people)| posting(*key, *hour, *drawn, *people)).collect();
        let hours: Vec<u8> = (9..=18).collect();
        if let Some(advice) = advise(&postings, &hours, &Settings::default()) {
            prop_assert!(hours.contains(&advice.hour));
            if let Some(lift) = advice.lift {
                prop_assert!(lift.interval.low > 0.0 && lift.interval.low <= lift.value && lift.value <= lift.interval.high);
                prop_assert!(lift.interval.high < 10.0, "no hour is better than all hours together: {}", lift.interval.high);
            }
        }
    }
}
