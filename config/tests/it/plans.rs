//! `plans.toml`: what it becomes, and what is said of what contradicts itself.

use std::time::Duration;

use inflow_config::{MoneyOrShare, PlanPeople};
use rstest::rstest;

use crate::Folder;

const CHANNELS: &str = "[[channel]]\nid = \"boss\"\nname = { en = \"BOSS\", zh = \"BOSS直聘\" }\n\n[[channel]]\nid = \"douyin\"\nname = { en = \"Douyin\", zh = \"抖音\" }\n";

fn folder(text: &str) -> Folder {
    Folder::new(&[("inflow.toml", ""), ("channels.toml", CHANNELS), ("plans.toml", text)])
}

#[test]
fn a_scenario_needs_a_name() {
    let text = "reconsider = 50\n[[scenario]]\nname = \"保守\"\nby = \"hires\"\ntotal = \"30000\"\nhold = [\"boss\"]\n[[scenario.channel]]\nid = \"douyin\"\nfloor = \"20%\"\n";
    let plans = folder(text).load(&[]).unwrap().plans;
    let careful = plans.scenario("保守").unwrap();
    assert_eq!(
        (careful.by, careful.weeks, careful.hold.as_slice(), plans.reconsider),
        (PlanPeople::Hires, None, &["boss".to_owned()][..], 50)
    );
    assert_eq!((careful.channel[0].floor.unwrap().cents(3_000_001), careful.channel[0].cap), (600_000, None));
    assert!(plans.scenario("calm").is_none());
    let absent = folder("").load(&[]).unwrap().plans;
    assert_eq!((absent.respect_rejections, absent.reconsider, absent.scenario.len()), (Duration::from_hours(672), 30, 0));
}

#[test]
fn money_and_shares_are_told_apart() {
    let read = |text: &str| text.parse::<MoneyOrShare>().map(|one| (one.to_string(), one.cents(1_000_000))).map_err(|bad| bad.message);
    assert_eq!(read("1999.50"), Ok(("1999.50".to_owned(), 199_950)));
    assert_eq!(read("12.5 %"), Ok(("12.5%".to_owned(), 125_000)));
    assert_eq!(read("0%"), Ok(("0%".to_owned(), 0)));
    for wrong in ["1.005", "-1", "101%", "much", "", "99999999999999999"] {
        assert!(read(wrong).unwrap_err().ends_with("is neither money nor a share, accepted: \"2000\", \"1999.50\" or \"20%\""), "{wrong}");
    }
}

#[rstest]
#[case::name("[[scenario]]\ntotal = \"1\"\n", "plans.toml:1: scenario[0].name: missing, and it has no default")]
#[case::twice("[[scenario]]\nname = \"a\"\n[[scenario]]\nname = \"a\"\n", "plans.toml:4: scenario[1].name: there are two scenarios `a`")]
#[case::typo(
    "[[scenario]]\nname = \"a\"\ntotals = \"1\"\n",
    "plans.toml:3: scenario[0].totals: unknown key, accepted here: name, by, weeks, total, max_move, target, probability, hold, channel (did you mean `total`?)"
)]
#[case::people(
    "[[scenario]]\nname = \"a\"\nby = \"hire\"\n",
    "plans.toml:3: scenario[0].by: unknown kind of people `hire`, accepted: attended, hires (did you mean `hires`?)"
)]
#[case::held(
    "[[scenario]]\nname = \"a\"\nhold = [\"bos\"]\n",
    "plans.toml:3: scenario[0].hold: there is no channel `bos` in channels.toml, which has boss, douyin (did you mean `boss`?)"
)]
#[case::channel(
    "[[scenario]]\nname = \"a\"\n[[scenario.channel]]\nid = \"duoyin\"\ncap = \"1\"\n",
    "plans.toml:4: scenario[0].channel[0].id: there is no channel `duoyin` in channels.toml, which has boss, douyin (did you mean `douyin`?)"
)]
#[case::bounds_nothing(
    "[[scenario]]\nname = \"a\"\n[[scenario.channel]]\nid = \"boss\"\n",
    "plans.toml:3: scenario[0].channel[0]: bounds nothing (give it floor = \"2000\" or cap = \"30%\", or name it in `hold`)"
)]
#[case::bounds_twice(
    "[[scenario]]\nname = \"a\"\n[[scenario.channel]]\nid = \"boss\"\ncap = \"1\"\n[[scenario.channel]]\nid = \"boss\"\nfloor = \"1\"\n",
    "plans.toml:7: scenario[0].channel[1].id: the channel `boss` has bounds twice"
)]
#[case::upside_down(
    "[[scenario]]\nname = \"a\"\n[[scenario.channel]]\nid = \"boss\"\nfloor = \"30%\"\ncap = \"20%\"\n",
    "plans.toml:3: scenario[0].channel: the floor of `boss` (30%) is above its cap (20%) (lower the floor or raise the cap)"
)]
#[case::upside_down_by_the_total(
    "[[scenario]]\nname = \"a\"\ntotal = \"10000\"\n[[scenario.channel]]\nid = \"boss\"\nfloor = \"30%\"\ncap = \"2000\"\n",
    "plans.toml:4: scenario[0].channel: the floor of `boss` (30%) is above its cap (2000) (lower the floor or raise the cap)"
)]
#[case::more_than_all(
    "[[scenario]]\nname = \"a\"\n[[scenario.channel]]\nid = \"boss\"\nfloor = \"70%\"\n[[scenario.channel]]\nid = \"douyin\"\nfloor = \"40%\"\n",
    "plans.toml:3: scenario[0].channel: the floors take 110% of the total (together they may take 100% at most)"
)]
#[case::more_than_the_total(
    "[[scenario]]\nname = \"a\"\ntotal = \"10000\"\n[[scenario.channel]]\nid = \"boss\"\nfloor = \"70%\"\n[[scenario.channel]]\nid = \"douyin\"\nfloor = \"3000.01\"\n",
    "plans.toml:3: scenario[0].total: the floors take 10000.01, more than the total of 10000.00 (raise the total or lower a floor)"
)]
#[case::held_and_bounded(
    "[[scenario]]\nname = \"a\"\nhold = [\"boss\"]\n[[scenario.channel]]\nid = \"boss\"\nfloor = \"1\"\n",
    "plans.toml:3: scenario[0].hold: `boss` is held and has bounds: it cannot both stay and move (keep it in one of them)"
)]
#[case::sure_of_nothing(
    "[[scenario]]\nname = \"a\"\nprobability = 90\n",
    "plans.toml:3: scenario[0].probability: belongs to a target, and there is none (add target = 12, or leave it out)"
)]
#[case::floor(
    "[[scenario]]\nname = \"a\"\n[[scenario.channel]]\nid = \"boss\"\nfloor = \"much\"\n",
    "plans.toml:5: scenario[0].channel[0].floor: `much` is neither money nor a share, accepted: \"2000\", \"1999.50\" or \"20%\""
)]
#[case::total(
    "[[scenario]]\nname = \"a\"\ntotal = \"10.005\"\n",
    "plans.toml:3: scenario[0].total: must be money of at most two decimals, such as \"30000\" or \"29999.50\""
)]
#[case::respect(
    "respect_rejections = \"4w\"\n",
    "plans.toml:1: respect_rejections: `4w` is not a duration, accepted: a whole number above 0 with ms, s, m, h or d, such as \"10s\""
)]
fn what_is_wrong_is_named_with_its_place(#[case] text: &str, #[case] said: &str) {
    assert_eq!(folder(text).messages(&[]), said);
}
