use super::*;
use proptest::prelude::*;

fn shown(text: &str) -> String {
    match parse(text) {
        Ok(p) => format!(
            "{}..{} {} {}{}",
            p.min.map_or_else(String::new, |m| m.to_string()),
            p.max.map_or_else(String::new, |m| m.to_string()),
            p.currency,
            p.period.as_str(),
            p.months.map_or_else(String::new, |m| format!(" x{m}"))
        ),
        Err(error) => error.to_string(),
    }
}

#[test]
fn the_shapes_of_real_boards() {
    for (text, expected) in [
        ("1-2万/月", "10000..20000 CNY month"),
        ("18k-30k", "18000..30000 CNY month"),
        ("12-18K", "12000..18000 CNY month"),
        ("25-35K·13薪", "25000..35000 CNY month x13"),
        ("2-3千/月", "2000..3000 CNY month"),
        ("8-15万/年", "80000..150000 CNY year"),
        ("2-3万", "20000..30000 CNY month"),
        ("8千-1.6万", "8000..16000 CNY month"),
        ("300-330元/天", "300..330 CNY day"),
        ("150元/天", "150..150 CNY day"),
        ("100-120元/时", "100..120 CNY hour"),
        ("薪资面议", "not stated"),
        ("2万以下/年", "..20000 CNY year"),
        ("10万以上/月", "100000.. CNY month"),
        ("$31,2k- $52k", "31200..52000 USD year"),
        ("$90,000 - $120,000 a year", "90000..120000 USD year"),
        ("", "not stated"),
        ("职位薪资", "no known form"),
        ("1234567890123456789012345678万", "no known form"),
        ("19900000001-99999999999999元", "no known form"),
    ] {
        assert_eq!(shown(text), expected, "{text}");
    }
}

proptest! {
    #[test]
    fn it_never_panics_and_bounds_are_in_order(text in "\\PC{0,24}") {
        if let Ok(Pay { min: Some(low), max: Some(high), .. }) = parse(&text) {
            prop_assert!(low <= high);
        }
    }
}

/// Texts that were written down, with what they mean, before the parser was, and others after it: see docs/normalisation.md for
/// how many of them it read at first sight.
const HELD_OUT: &[&str] = &[include_str!("held_out.tsv"), include_str!("unseen.tsv")];

#[test]
fn texts_held_out() {
    let word = |text: &str| match parse(text) {
        Err(PayError::NotStated) => "!not_stated".to_owned(),
        Err(PayError::Unknown) => "!unknown".to_owned(),
        Err(PayError::Currency) => "!currency".to_owned(),
        Err(PayError::Piece) => "!piece".to_owned(),
        Err(PayError::Period) => "!period".to_owned(),
        Ok(_) => shown(text),
    };
    let cases: Vec<(&str, &str)> = HELD_OUT.iter().flat_map(|table| table.lines()).filter_map(|line| line.split_once('\t')).collect();
    let wrong: Vec<String> = cases
        .iter()
        .filter(|(text, expected)| word(text) != *expected)
        .map(|(text, expected)| format!("{text}: {} not {expected}", word(text)))
        .collect();
    assert!(cases.len() >= 150 && wrong.is_empty(), "{} of {} wrong:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}
