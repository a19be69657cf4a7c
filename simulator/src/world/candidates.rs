//! People and their applications, as far as each source tells them.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use inflow_config::Stage;

use super::calendar::{Span, draw, instant, local_day};
use super::dice::Dice;
use super::funnel::{LADDER, Way, advance};
use super::plan::{CHANNELS, Channel, Line, Route, SHOPS, Shop};
use super::postings::DAY_ONLY;
use super::{Application, Person, Posting, Precision, Reached, Shown};

/// Share of applications by somebody who is known from another channel.
const KNOWN_ELSEWHERE: f64 = 0.09;
/// Share of applications by somebody who applied on the same channel before.
const KNOWN_HERE: f64 = 0.03;

const REJECTIONS: [&str; 4] = ["经验不符", "薪资期望过高", "无法接受夜班", "面试未通过"];
const WITHDRAWALS: [&str; 3] = ["已入职其他公司", "通勤太远", "个人原因"];

pub(crate) fn invent(scenario: &str, seed: u64, span: Span, now: DateTime<Utc>, postings: &[Posting]) -> (Vec<Person>, Vec<Application>) {
    let mut town = Town { people: Vec::new(), seen: BTreeMap::new() };
    let mut applications = Vec::new();
    for shop in &SHOPS {
        for line in shop.lines {
            let Some(channel) = CHANNELS.iter().find(|channel| channel.id == line.channel) else { continue };
            let dice = Dice::new(scenario, seed, &format!("applications/{}/{}", shop.name, channel.id));
            let postings = advertisements(postings, shop, channel);
            let mut desk = Desk { shop, line, channel, dice, now, postings, departments: shop.departments() };
            desk.receive(span, &mut town, &mut applications);
        }
    }
    (town.people, applications)
}

/// Everybody who ever applied, and on which channel.
struct Town {
    people: Vec<Person>,
    seen: BTreeMap<&'static str, Vec<usize>>,
}

impl Town {
    /// Somebody new, or somebody known from here or elsewhere.
    fn meet(&mut self, dice: &mut Dice, channel: &Channel) -> usize {
        let here = self.seen.get(channel.id).map_or(0, Vec::len);
        let person = if here > 0 && dice.chance(KNOWN_HERE) {
            self.seen[channel.id][dice.index(here)]
        } else if !self.people.is_empty() && dice.chance(KNOWN_ELSEWHERE) {
            dice.index(self.people.len())
        } else {
            self.people.push(stranger(self.people.len(), dice, channel));
            self.people.len() - 1
        };
        self.seen.entry(channel.id).or_default().push(person);
        person
    }
}

fn stranger(number: usize, dice: &mut Dice, channel: &Channel) -> Person {
    let stem = ["甲", "乙", "丙", "丁", "戊", "己", "庚", "辛", "壬", "癸"][number / 10_000 % 10];
    let name =
        if channel.route == Route::Lever { format!("Test Person {number:05}") } else { format!("测试{stem}{:04}", number % 10_000) };
    Person {
        name,
        phone: format!("1990{number:07}"),
        email: format!("test.person{number:05}@example.invalid"),
        birth_year: dice.range(channel.born.0, channel.born.1) as i32,
    }
}

/// What a source tells of one case.
struct Tale {
    searched: bool,
    first_at: DateTime<Utc>,
    applied_at: Option<DateTime<Utc>>,
    events: Vec<Reached>,
    moved_at: DateTime<Utc>,
}

/// One shop's intake from one channel.
struct Desk {
    shop: &'static Shop,
    line: &'static Line,
    channel: &'static Channel,
    dice: Dice,
    now: DateTime<Utc>,
    /// Indices of advertisements with their publication.
    postings: Vec<(usize, DateTime<Utc>)>,
    departments: Vec<String>,
}

impl Desk {
    fn receive(&mut self, span: Span, town: &mut Town, applications: &mut Vec<Application>) {
        let instants = draw(&mut self.dice, self.line.habit, span, self.now, self.line.resumes);
        let mut ways: Vec<Way> = instants.into_iter().map(|at| Way::plan(&mut self.dice, at)).collect();
        advance(&mut self.dice, &mut ways, &self.line.reach, self.now);
        for way in ways {
            let tale = self.tell(&way);
            applications.push(self.file(town, applications.len(), tale));
        }
        for (stage, count) in [(Stage::Contacted, self.line.chats), (Stage::Viewed, self.line.views)] {
            for at in draw(&mut self.dice, self.line.habit, span, self.now, count) {
                let mut event = reached(stage, at);
                if self.channel.route == Route::Moka {
                    event = self.observed(stage);
                }
                let tale = Tale { searched: stage == Stage::Contacted, first_at: at, applied_at: None, events: vec![event], moved_at: at };
                applications.push(self.file(town, applications.len(), tale));
            }
        }
    }

    fn observed(&self, stage: Stage) -> Reached {
        Reached { precision: Precision::Observed, ..reached(stage, self.now) }
    }

    /// What the source tells of a way.
    fn tell(&mut self, way: &Way) -> Tale {
        let searched = self.dice.chance(match self.channel.id {
            "linkedin" => 0.5,
            "douyin" | "kuaishou" => 0.3,
            "boss" => 0.1,
            _ => 0.0,
        });
        let applied_at = Some(way.applied_at);
        let earlier = TimeDelta::minutes(self.dice.range(5, 2_000));
        let (first_at, events) = match self.channel.route {
            Route::Moka => (way.applied_at, self.tell_the_present(way, searched)),
            Route::Lever | Route::File => {
                let first_at = if searched { way.applied_at - earlier } else { way.applied_at };
                (first_at, self.tell_the_history(way, first_at))
            }
        };
        let moved_at = events.iter().filter(|event| event.precision == Precision::Exact).map(|event| event.at).max();
        let moved_at = moved_at.unwrap_or(way.applied_at).max(way.last_at());
        Tale { searched, first_at, applied_at, events, moved_at }
    }

    /// Moka's documented fields know the present stage, and no instant of it.
    fn tell_the_present(&self, way: &Way, searched: bool) -> Vec<Reached> {
        let mut events = vec![reached(if searched { Stage::Contacted } else { Stage::Applied }, way.applied_at)];
        events.push(self.observed(way.depth.checked_sub(1).map_or(Stage::Applied, |last| LADDER[last])));
        events
    }

    /// Lever and the exports keep a history.
    fn tell_the_history(&mut self, way: &Way, first_at: DateTime<Utc>) -> Vec<Reached> {
        let mut events = Vec::new();
        if first_at < way.applied_at {
            events.push(reached(Stage::Contacted, first_at));
        }
        events.push(reached(Stage::Applied, way.applied_at));
        for (index, stage) in LADDER.iter().take(way.depth).enumerate() {
            // Nobody wrote every stage down: who is later must have passed it.
            let forgotten = index + 1 < way.depth && self.channel.route == Route::File && self.dice.chance(0.04);
            if !forgotten {
                events.push(reached(*stage, way.at[index]));
            }
        }
        if self.channel.route == Route::File && way.depth == 2 && self.dice.chance(0.06) {
            self.mistake(way, &mut events);
        }
        self.end(way, &mut events);
        events
    }

    /// A visit that was booked on the wrong candidate, and taken back on a later day.
    fn mistake(&mut self, way: &Way, events: &mut Vec<Reached>) {
        let taken_back = way.at[2] + TimeDelta::hours(self.dice.range(25, 60));
        if taken_back < self.now {
            events.push(reached(Stage::Attended, way.at[2]));
            events.push(Reached { retracts: true, ..reached(Stage::Attended, taken_back) });
        }
    }

    fn end(&mut self, way: &Way, events: &mut Vec<Reached>) {
        // A mistake may be the last thing told, so the end comes days after everything.
        let last = events.iter().map(|event| event.at).max().unwrap_or(way.applied_at);
        let at = last + TimeDelta::minutes(self.dice.range(1_500, 9_000));
        let outcome = self.dice.range(1, 100);
        if way.depth >= 6 || at >= self.now || outcome > 70 {
            return;
        }
        let (stage, reasons): (_, &[&str]) = if outcome <= 57 { (Stage::Rejected, &REJECTIONS) } else { (Stage::Withdrawn, &WITHDRAWALS) };
        let reason = Some(self.dice.one_of(reasons));
        events.push(Reached { reason, ..reached(stage, at) });
    }

    fn file(&mut self, town: &mut Town, number: usize, tale: Tale) -> Application {
        let person = town.meet(&mut self.dice, self.channel);
        let met = tale.events.iter().any(|event| event.stage.rank() >= Stage::Invited.rank() && !event.stage.terminal());
        let (phone, email) = self.shown(person, met);
        let Tale { searched, mut first_at, mut applied_at, mut events, moved_at } = tale;
        let precision = if self.channel.id == DAY_ONLY { Precision::Day } else { Precision::Exact };
        if precision == Precision::Day {
            let start = |at| instant(local_day(at), 0, 0, 0);
            first_at = start(first_at);
            applied_at = applied_at.map(start);
            for event in &mut events {
                event.at = start(event.at);
                event.precision = Precision::Day;
            }
        }
        Application {
            id: self.application_id(number),
            candidate_id: self.candidate_id(number, person),
            channel: self.channel.id,
            source_word: self.dice.one_of(self.channel.words),
            store: self.shop.name,
            department: self.dice.pick(&self.departments).clone(),
            person,
            phone,
            email,
            posting: self.posting(first_at),
            searched,
            first_at,
            applied_at,
            events,
            precision,
            moved_at,
        }
    }

    fn application_id(&mut self, number: usize) -> String {
        match (self.channel.route, self.channel.id) {
            (Route::Moka, _) => (47_000_000 + number).to_string(),
            (Route::Lever, _) => self.dice.uuid(),
            (Route::File, "douyin") => format!("DY{number:06}"),
            (Route::File, "kuaishou") => format!("ks-{number:06}"),
            (Route::File, _) => format!("58-{number:06}"),
        }
    }

    /// Moka makes a candidate of every application; the others know their people again.
    fn candidate_id(&self, number: usize, person: usize) -> String {
        match (self.channel.route, self.channel.id) {
            (Route::Moka, _) => (28_000_000 + number).to_string(),
            (Route::Lever, _) => format!("c0000000-0000-4000-8000-{person:012x}"),
            (Route::File, "douyin") => format!("DYU{person:06}"),
            (Route::File, "kuaishou") => format!("ksu-{person:06}"),
            (Route::File, _) => format!("58U{person:06}"),
        }
    }

    /// Boards hide numbers until they are exchanged; Zhaopin always does.
    fn shown(&self, person: usize, met: bool) -> (Shown, Shown) {
        let whole_or = |whole, other| if whole { Shown::Whole } else { other };
        match self.channel.id {
            "boss" => (whole_or(met, Shown::Masked), Shown::Absent),
            "zhaopin" => (Shown::Masked, Shown::Absent),
            "douyin" | "wuba58" => (Shown::Whole, Shown::Absent),
            // The same person must look the same in one export: by person, not by dice.
            "kuaishou" => (Shown::Whole, whole_or(person.is_multiple_of(3), Shown::Absent)),
            "linkedin" | "indeed" | "referral" | "career_site" => (whole_or(!person.is_multiple_of(5), Shown::Absent), Shown::Whole),
            _ => (Shown::Whole, Shown::Whole),
        }
    }

    /// An advertisement of the shop in the system that delivers the application, out by then if any was.
    fn posting(&mut self, at: DateTime<Utc>) -> usize {
        let out: Vec<usize> = self.postings.iter().filter(|(_, posted_at)| *posted_at <= at).map(|(index, _)| *index).collect();
        if out.is_empty() { self.postings.first().map_or(0, |(index, _)| *index) } else { self.dice.one_of(&out) }
    }
}

/// The shop's advertisements in the system that delivers a channel's applications, with their
/// publication.
fn advertisements(postings: &[Posting], shop: &Shop, channel: &Channel) -> Vec<(usize, DateTime<Utc>)> {
    let listed = match channel.route {
        Route::Moka => "boss",
        Route::Lever => "linkedin",
        Route::File => channel.id,
    };
    let own = postings.iter().enumerate().filter(|(_, posting)| posting.channel == listed && posting.store == shop.name);
    own.map(|(index, posting)| (index, posting.posted_at)).collect()
}

fn reached(stage: Stage, at: DateTime<Utc>) -> Reached {
    Reached { stage, at, precision: Precision::Exact, retracts: false, reason: None }
}
