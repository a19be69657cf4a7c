//! When things happen: days and hours of the company's zone, weighted by habit.

use chrono::{DateTime, Datelike, Days, NaiveDate, TimeZone, Timelike, Utc};
use chrono_tz::Asia::Shanghai;

use super::dice::Dice;

/// Hourly weights of people who look for work in breaks and evenings.
pub(crate) const USUAL_HOURS: [f64; 24] =
    [0.3, 0.2, 0.1, 0.1, 0.1, 0.2, 0.5, 1.0, 2.2, 4.0, 5.0, 4.6, 4.4, 4.0, 4.6, 4.6, 4.2, 3.6, 3.4, 4.2, 5.2, 4.4, 2.6, 1.0];
/// Hourly weights of people who look after work: the peak is 18:00 to 21:00.
pub(crate) const EVENING_HOURS: [f64; 24] =
    [0.2, 0.1, 0.1, 0.1, 0.1, 0.1, 0.3, 0.6, 1.2, 2.0, 2.4, 2.2, 2.6, 2.0, 2.0, 2.2, 2.4, 3.2, 10.0, 12.0, 10.5, 3.6, 1.6, 0.6];
/// Hourly weights of office work: advertisements and interviews.
pub(crate) const OFFICE_HOURS: [f64; 24] =
    [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.6, 4.0, 6.5, 3.5, 0.6, 1.6, 4.2, 3.8, 3.0, 1.8, 0.6, 0.2, 0.1, 0.0, 0.0, 0.0];

/// The weights by which instants are drawn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Habit {
    /// Monday to Sunday.
    pub(crate) weekdays: [f64; 7],
    pub(crate) hours: [f64; 24],
    /// From this day on, this share of the usual remains: a sudden drop.
    pub(crate) drop: Option<(NaiveDate, f64)>,
}

impl Habit {
    pub(crate) const USUAL: Self = Self { weekdays: [1.1, 1.15, 1.1, 1.05, 1.0, 0.8, 0.75], hours: USUAL_HOURS, drop: None };
    pub(crate) const OFFICE: Self = Self { weekdays: [1.6, 1.2, 1.1, 1.0, 0.9, 0.15, 0.05], hours: OFFICE_HOURS, drop: None };
    /// Weekdays twice the weekend days, evenings the peak.
    pub(crate) const EVENING: Self = Self { weekdays: [2.0, 2.0, 2.0, 2.0, 2.0, 1.0, 1.0], hours: EVENING_HOURS, drop: None };

    pub(crate) fn weight(&self, day: NaiveDate) -> f64 {
        let usual = self.weekdays[day.weekday().num_days_from_monday() as usize];
        match self.drop {
            Some((from, remains)) if day >= from => usual * remains,
            _ => usual,
        }
    }
}

/// The days of a world, first and last included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) first: NaiveDate,
    pub(crate) last: NaiveDate,
}

impl Span {
    pub(crate) fn days(self) -> Vec<NaiveDate> {
        self.first.iter_days().take_while(|day| *day <= self.last).collect()
    }
}

/// `count` instants before `now`, drawn by habit, in order of drawing.
pub(crate) fn draw(dice: &mut Dice, habit: &Habit, span: Span, now: DateTime<Utc>, count: usize) -> Vec<DateTime<Utc>> {
    let days = span.days();
    let weights: Vec<f64> = days.iter().map(|day| habit.weight(*day)).collect();
    let mut drawn = Vec::with_capacity(count);
    while drawn.len() < count {
        let day = days[dice.weighted(&weights)];
        let hour = dice.weighted(&habit.hours) as u32;
        let at = instant(day, hour, dice.range(0, 59) as u32, dice.range(0, 59) as u32);
        if at < now {
            drawn.push(at);
        }
    }
    drawn
}

/// The instant of a clock reading in the company's zone, which knows no daylight saving.
pub(crate) fn instant(day: NaiveDate, hour: u32, minute: u32, second: u32) -> DateTime<Utc> {
    let midnight = Shanghai.from_local_datetime(&day.and_time(chrono::NaiveTime::MIN)).earliest();
    let midnight = midnight.map_or_else(|| day.and_time(chrono::NaiveTime::MIN).and_utc(), |local| local.with_timezone(&Utc));
    midnight + chrono::TimeDelta::seconds(i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second))
}

/// The calendar day of an instant in the company's zone.
pub(crate) fn local_day(at: DateTime<Utc>) -> NaiveDate {
    at.with_timezone(&Shanghai).date_naive()
}

/// Weekday (1 = Monday) and hour of an instant in the company's zone.
pub(crate) fn cell(at: DateTime<Utc>) -> (u32, u32) {
    let local = at.with_timezone(&Shanghai);
    (local.weekday().number_from_monday(), local.hour())
}

/// An office hour some days after an instant, never on the same day.
pub(crate) fn office_hour_after(dice: &mut Dice, at: DateTime<Utc>, least: u64, most: u64) -> DateTime<Utc> {
    let mut day = local_day(at) + Days::new(dice.range(least as i64, most as i64) as u64);
    if day.weekday() == chrono::Weekday::Sun {
        day = day + Days::new(1);
    }
    let hour = dice.range(10, 17) as u32;
    instant(day, hour, dice.one_of(&[0, 15, 30, 45]), 0)
}
