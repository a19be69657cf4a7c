//! A clothing shop: the best fifth share three tags, leavers asked for over a tenth more than the job offers; hiring by them takes interview to hire from
//! 20 % to 35 %.

use super::sheets::{Dice, Person, Sheets, company, day};
use super::{close, find, number, report};
use chrono::{Days, TimeDelta};
use std::collections::BTreeSet;

const TAGS: [(&str, &str); 5] =
    [("rules", "熟悉平台规则"), ("polite", "礼貌用语"), ("typing", "打字快"), ("sport", "爱运动"), ("music", "爱音乐")];
/// What the best have in common, beside working at night.
const GOOD: [&str; 3] = ["rules", "polite", "nights"];

fn personas() -> String {
    let words = TAGS
        .iter()
        .map(|(id, word)| format!("[[tag]]\nid = \"{id}\"\nname = {{ en = \"{id}\", zh = \"{word}\" }}\nwords = [\"{word}\"]\n"));
    words.collect::<String>()
        + "[[tag]]\nid = \"nights\"\nname = { en = \"Nights\", zh = \"可上夜班\" }\nnight_shift = true\n\
           [[tag]]\nid = \"asks_more\"\nname = { en = \"Asks for more\", zh = \"期望高于预算一成\" }\npay_above_offer = \"0.1\"\n\
           [[persona]]\nid = \"service\"\nname = { en = \"Service\", zh = \"客服\" }\ntags = [\"rules\", \"polite\", \"nights\"]\n"
}

#[test]
fn the_best_have_tags_in_common_and_leavers_asked_for_more() {
    let company = company(&["boss", "zhaopin"], "2026-11-20T09:00:00+08:00");
    company.write("personas.toml", personas());
    let (mut sheets, mut dice) = (Sheets::default(), Dice::new(44));
    sheets.posting("P1", "boss", "服装客服", "服装店", day("2026-03-01"), 6_000);
    for (month, hires) in [("2026-03-01", 0.20), ("2026-05-01", 0.20), ("2026-07-01", 0.35)] {
        let chosen = hires > 0.3;
        for _ in 0..400 {
            let applied = dice.time(day(month), 40, 9, 22);
            // From July on the shop asks whom it looks for: more of those who come have the three.
            let fits = dice.chance(if chosen { 0.6 } else { 0.2 });
            let has = |dice: &mut Dice, tag: &str| if GOOD.contains(&tag) { fits || dice.chance(0.25) } else { dice.chance(0.4) };
            let tags = TAGS.iter().filter(|(id, _)| has(&mut dice, id)).map(|(_, word)| *word).collect();
            let night = if has(&mut dice, "nights") { "是" } else { "否" };
            let asks_more = dice.chance(0.3);
            let accepted = dice.chance(hires);
            let id = sheets.person(&Person {
                channel: if dice.chance(0.6) { "boss" } else { "zhaopin" },
                store: "服装店",
                title: "服装客服",
                posting: "P1".to_owned(),
                applied,
                attended: Some(applied + TimeDelta::days(3)),
                accepted: accepted.then(|| applied + TimeDelta::days(6)),
                night,
                tags,
                pay: Some(if asks_more { 6_800 } else { 5_500 }),
            });
            if accepted {
                let first = (applied + TimeDelta::days(12)).date();
                let last = dice.chance(if asks_more { 0.6 } else { 0.1 }).then(|| first + Days::new(dice.between(10.0, 85.0) as u64));
                sheets.employment(&id, first, last, if last.is_some() { "薪资" } else { "" });
                if last.is_none() {
                    let score = if fits { dice.between(78.0, 99.0) } else { dice.between(40.0, 85.0) };
                    sheets.performance(&id, first + Days::new(80), score);
                }
            }
        }
    }
    sheets.import(&company);

    let tags = report(&company, "tag_outcome", "store", "2026-03-01", "2026-08-20");
    let found = |outcome: &str| {
        let known =
            tags.iter().filter(|row| row["outcome"] == outcome && number(row, "q_value") < 0.05 && number(row, "difference_low") > 0.0);
        known.map(|row| row["tag"].as_str().unwrap()).collect::<BTreeSet<_>>()
    };
    assert_eq!(found("best_fifth"), GOOD.into(), "{tags:#?}");
    assert_eq!(found("left_90"), ["asks_more"].into(), "{tags:#?}");

    // Whom the persona finds, and what became of interviews before and since.
    let matched =
        |from: &str, to: &str| number(find(&report(&company, "persona_match", "none", from, to), &[("persona", "service")]), "value");
    assert!(matched("2026-07-01", "2026-08-20") > 2.0 * matched("2026-03-01", "2026-06-20"));
    // Who accepted was offered it.
    let hired = |from: &str, to: &str| {
        let rows = report(&company, "conversion", "none", from, to);
        find(&rows, &[("from_stage", "attended"), ("to_stage", "offered")]).clone()
    };
    let (before, since) = (hired("2026-03-01", "2026-06-20"), hired("2026-07-01", "2026-08-20"));
    close(number(&before, "value"), 0.20, 0.04);
    close(number(&since, "value"), 0.35, 0.06);
    assert!(number(&since, "low") > number(&before, "high"), "and surely so: {before} {since}");
}
