//! Drops at one store of a channel: how much sooner the store's own days show them than the channel's, and what watching many stores costs in
//! false alarms.
//!
//! A world is a company of three channels, each of two to ten stores with 1 to 60 applications a day, drawn as channels are in `drops`; what was not
//! covered was not covered at any store of the channel. All false alarms of the second year count, those of channels and those of stores. Then one
//! store of each channel drops by 30 to 100 % and is judged among the others, which are quiet.

use std::collections::BTreeMap;

use inflow_statistics::drops::{Alarm, Day, Drop, Settings, assess, decide, decide_parts};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::Verdict;
use crate::drops::{APART, DAYS, JUDGED, PATIENCE, Truth, day_of, special, truth};

const CHANNELS: usize = 3;
const LARGEST: f64 = 60.0;
const SIZES: [f64; 5] = [3.0, 6.0, 12.0, 25.0, f64::INFINITY];
const DEPTHS: [f64; 3] = [0.6, 0.75, 1.01];

/// A store's true days and what came of them.
struct Shop {
    channel: usize,
    truth: Truth,
    days: Vec<Day>,
}

#[derive(Default, Clone)]
struct Found {
    drops: u32,
    at_store: [u32; PATIENCE],
    unsure: [u32; PATIENCE],
    in_channel: [u32; PATIENCE],
}

#[derive(Default)]
struct Tally {
    of_channels: u32,
    of_stores: u32,
    stores: usize,
    channel_years: f64,
    found: BTreeMap<(usize, usize), Found>,
}

/// See the module.
pub fn run(worlds: u32, seed: u64) -> Vec<Verdict> {
    let mut random = StdRng::seed_from_u64(seed);
    let mut tally = Tally::default();
    for _ in 0..worlds {
        let shops: Vec<Shop> = (0..CHANNELS).flat_map(|channel| shops(channel, &mut random)).collect();
        quiet_year(&shops, &mut tally);
        for channel in 0..CHANNELS {
            let own: Vec<usize> = (0..shops.len()).filter(|at| shops[*at].channel == channel).collect();
            let fallen = own[random.random_range(0..own.len())];
            drop_of(&shops, fallen, &mut random, &mut tally);
        }
    }
    print(&tally);
    verdicts(&tally)
}

fn shops(channel: usize, random: &mut StdRng) -> Vec<Shop> {
    let mut truths: Vec<Truth> = (0..random.random_range(2..=10)).map(|_| truth(random, LARGEST)).collect();
    let covered = truths[0].covered.clone();
    for truth in &mut truths {
        truth.covered.clone_from(&covered);
    }
    let of =
        |truth: Truth, random: &mut StdRng| Shop { channel, days: (0..DAYS).map(|day| day_of(&truth, day, 1.0, random)).collect(), truth };
    truths.into_iter().map(|truth| of(truth, random)).collect()
}

/// The days of a channel: those of its stores together.
fn together<'s>(of: impl Iterator<Item = &'s [Day]>) -> Vec<Day> {
    let add = |one: Day, other: &Day| Day { count: one.count.zip(other.count).map(|(one, other)| one + other), ..one };
    of.map(<[Day]>::to_vec).reduce(|sum, days| sum.into_iter().zip(&days).map(|(one, other)| add(one, other)).collect()).unwrap_or_default()
}

fn channel_of(shops: &[Shop], channel: usize) -> Vec<Day> {
    together(shops.iter().filter(|shop| shop.channel == channel).map(|shop| shop.days.as_slice()))
}

fn quiet_year(shops: &[Shop], tally: &mut Tally) {
    let settings = Settings::default();
    let channels: Vec<Vec<Day>> = (0..CHANNELS).map(|channel| channel_of(shops, channel)).collect();
    let mut last = vec![None::<usize>; shops.len() + CHANNELS];
    for day in DAYS - JUDGED..DAYS {
        let judged = |days: &[&[Day]]| -> Vec<(usize, Drop)> {
            days.iter().enumerate().filter_map(|(at, days)| Some((at, assess(days, day, &settings).evidence?))).collect()
        };
        let of_channels = judged(&channels.iter().map(Vec::as_slice).collect::<Vec<_>>());
        let of_stores = judged(&shops.iter().map(|shop| shop.days.as_slice()).collect::<Vec<_>>());
        let mut units: Vec<usize> = of_stores.iter().map(|(at, _)| shops[*at].channel).collect();
        units.dedup();
        let drops = |judged: &[(usize, Drop)]| judged.iter().map(|(_, drop)| *drop).collect::<Vec<_>>();
        let channels_decided = decide(&drops(&of_channels), &settings);
        let stores_decided = decide_parts(&drops(&of_stores), units.len(), &settings);
        let mut begun =
            |place: usize, alarm: Alarm| alarm == Alarm::Sure && last[place].replace(day).is_none_or(|before| day - before > APART);
        for ((at, _), (_, alarm)) in of_channels.iter().zip(channels_decided) {
            tally.of_channels += u32::from(begun(shops.len() + at, alarm));
        }
        for ((at, _), (_, alarm)) in of_stores.iter().zip(stores_decided) {
            tally.of_stores += u32::from(begun(*at, alarm));
        }
    }
    tally.stores += shops.len();
    tally.channel_years += (CHANNELS * JUDGED) as f64 / 365.25;
}

/// From a day on that is not within a holiday, nor just before one, so that the delay is the detector's own.
fn drop_of(shops: &[Shop], fallen: usize, random: &mut StdRng, tally: &mut Tally) {
    let Shop { channel, truth, days } = &shops[fallen];
    let start = loop {
        let start = random.random_range(DAYS - JUDGED..DAYS - PATIENCE);
        if (start..start + 5).all(|day| special(day).is_none() && truth.covered[day]) {
            break start;
        }
    };
    let fall = random.random_range(0.3..1.0);
    let mut days = days.clone();
    for (day, of) in days.iter_mut().enumerate().skip(start) {
        *of = day_of(truth, day, 1.0 - fall, random);
    }
    let others =
        shops.iter().enumerate().filter(|(at, shop)| *at != fallen && shop.channel == *channel).map(|(_, shop)| shop.days.as_slice());
    let sum = together(others.chain([days.as_slice()]));
    let settings = Settings::default();
    let among =
        |drop: Drop, all: usize| -> Vec<Drop> { std::iter::once(drop).chain((1..all).map(|_| Drop { p_value: 1.0, ..drop })).collect() };
    let first = |decided: Vec<(f64, Alarm)>| decided.first().map_or(Alarm::Quiet, |(_, alarm)| *alarm);
    let (mut at_store, mut unsure, mut in_channel) = (None, None, None);
    for day in start..start + PATIENCE {
        if let Some(drop) = assess(&days, day, &settings).evidence {
            let alarm = first(decide_parts(&among(drop, shops.len()), CHANNELS, &settings));
            if alarm == Alarm::Sure {
                at_store.get_or_insert(day - start);
            }
            if alarm >= Alarm::Unsure {
                unsure.get_or_insert(day - start);
            }
        }
        if let Some(drop) = assess(&sum, day, &settings).evidence
            && first(decide(&among(drop, CHANNELS), &settings)) == Alarm::Sure
        {
            in_channel.get_or_insert(day - start);
        }
    }
    let mean = truth.means[start - 28..start].iter().sum::<f64>() / 28.0;
    let place = |value: f64, bounds: &[f64]| bounds.iter().position(|bound| value < *bound).unwrap_or(bounds.len() - 1);
    let found = tally.found.entry((place(mean, &SIZES), place(fall, &DEPTHS))).or_default();
    found.drops += 1;
    for (delays, delay) in [(&mut found.at_store, at_store), (&mut found.unsure, unsure), (&mut found.in_channel, in_channel)] {
        if let Some(delay) = delay {
            delays[delay] += 1;
        }
    }
}

fn share(delays: &[u32; PATIENCE], within: usize, drops: u32) -> f64 {
    f64::from(delays[..=within].iter().sum::<u32>()) / f64::from(drops.max(1))
}

fn print(tally: &Tally) {
    let often = |alarms: u32| f64::from(alarms) / tally.channel_years * 100.0;
    println!(
        "  false alarms in 100 channel-years: {:.2} of channels, {:.2} of stores; {:.1} stores a channel",
        often(tally.of_channels),
        often(tally.of_stores),
        tally.stores as f64 / tally.channel_years * JUDGED as f64 / 365.25
    );
    println!(
        "  mean a day at the store, fall: drops, share found within 2, 4, 7, 14 days: sure at the store; unsure at the store; sure in the channel"
    );
    for ((size, depth), found) in &tally.found {
        let within =
            |delays: &[u32; PATIENCE]| [2, 4, 7, 14].map(|days| format!("{:>4.0}", 100.0 * share(delays, days, found.drops))).join("");
        println!(
            "  under {:>4}, under {:>4.0} %: {:>5}  {}  {}  {}",
            SIZES[*size],
            (DEPTHS[*depth] * 100.0).min(100.0),
            found.drops,
            within(&found.at_store),
            within(&found.unsure),
            within(&found.in_channel)
        );
    }
}

fn verdicts(tally: &Tally) -> Vec<Verdict> {
    let often = f64::from(tally.of_channels + tally.of_stores) / tally.channel_years * 100.0;
    let of = |sizes: std::ops::Range<usize>, delays: fn(&Found) -> &[u32; PATIENCE], within: usize| {
        let clear =
            || tally.found.iter().filter(|((size, depth), _)| sizes.contains(size) && *depth == DEPTHS.len() - 1).map(|(_, found)| found);
        let drops: u32 = clear().map(|found| found.drops).sum();
        clear().map(|found| share(delays(found), within, found.drops) * f64::from(found.drops)).sum::<f64>() / f64::from(drops.max(1))
    };
    let (store, channel) = (of(1..SIZES.len(), |found| &found.at_store, 7), of(1..SIZES.len(), |found| &found.in_channel, 7));
    vec![
        Verdict {
            promise: "at most one false alarm in 100 channel-years, channels and their stores together".to_owned(),
            found: format!("{often:.2} in {:.0} channel-years", tally.channel_years),
            kept: often <= 1.0,
        },
        Verdict::share(
            "drops by three quarters and more of stores of 12 a day and more are found within 2 days",
            of(3..SIZES.len(), |found| &found.at_store, 2),
            0.9,
            1.0,
        ),
        Verdict {
            promise:
                "such drops of stores of 3 a day and more are found within a week by their own days, more of them than by their channel's"
                    .to_owned(),
            found: format!("{:.1} % against {:.1} %", store * 100.0, channel * 100.0),
            kept: store > channel && store >= 0.9,
        },
    ]
}
