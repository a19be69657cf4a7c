//! From a business series (orders, sales) to heads, hires, applications and budget ([`inflow_statistics::demand`]).
//!
//! What the store knows (heads, leavers, lead time, what channels bring) is read from it; what it cannot know (productivity, shrinkage) is given. Each
//! figure says where it comes from.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, Utc};
use chrono_tz::Tz;
use inflow_config::Config;
use inflow_statistics::demand::{self, Attrition, Demand, Needs, SETTLED, Staff};
use inflow_statistics::forecast::periods::{Effect, Known, LEAST_PERIODS, Outlook, Part, PeriodMethod, around_occasions};
use inflow_store::Store;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use crate::AnalyticsError;
use crate::analyze::Marts;
use crate::budget::{ChannelYield, money, yields};
use crate::jobs::Desk;
use crate::jobs::calendar::{Occasion, occasion};
use crate::report::instant;

pub use inflow_statistics::demand::Step;

/// Hires under which their lead time is no measure.
const LEAST_HIRES: u64 = 10;
/// Days of lead that are assumed then.
const ASSUMED_LEAD: u32 = 30;

/// How long the periods of a series are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Grain {
    /// Seven days; a series by day is summed to weeks from Monday on.
    Week,
    /// Calendar months.
    Month,
}

impl Grain {
    fn season(self) -> usize {
        match self {
            Self::Week => 52,
            Self::Month => 12,
        }
    }

    /// Periods ahead unless said otherwise.
    fn ahead(self) -> u32 {
        match self {
            Self::Week => 12,
            Self::Month => 4,
        }
    }

    /// Periods after those planned that say whether people will still be needed.
    fn tail(self) -> usize {
        match self {
            Self::Week => 8,
            Self::Month => 3,
        }
    }

    /// Periods that may lie between the end of a series and today.
    fn patience(self) -> usize {
        match self {
            Self::Week => 8,
            Self::Month => 2,
        }
    }

    /// The first day of the period that comes so many after the one that begins on `first`.
    pub fn start(self, first: NaiveDate, place: usize) -> Option<NaiveDate> {
        match self {
            Self::Week => first.checked_add_days(Days::new(7 * place as u64)),
            Self::Month => first.checked_add_months(Months::new(u32::try_from(place).ok()?)),
        }
    }
}

/// A business by week or month.
#[derive(Debug, Clone, PartialEq)]
pub struct BusinessSeries {
    /// Length of its periods.
    pub grain: Grain,
    /// First day of the first period.
    pub first: NaiveDate,
    /// Units, without gaps; none where they are not known.
    pub values: Vec<Option<f64>>,
}

/// What is asked for and given.
#[derive(Debug, Clone, PartialEq)]
pub struct DemandQuery {
    /// Units that a head at work does in a period.
    pub units_per_head: f64,
    /// Share of paid time in which nobody works, below 1.
    pub shrinkage: f64,
    /// Days from asking for people until they start; none: measured.
    pub lead_days: Option<u32>,
    /// Heads of now; none: as employment tells.
    pub heads: Option<u32>,
    /// Share of heads that leaves in a month; none: as employment tells.
    pub attrition: Option<f64>,
    /// Periods to plan, that of today included.
    pub ahead: Option<u32>,
    /// Only the people of this store.
    pub store: Option<String>,
}

/// Where a figure comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Given by who asks, or in the configuration.
    Given,
    /// From the store.
    Measured,
    /// A rule of thumb, as nothing is known.
    Assumed,
}

/// One period of a plan.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlannedPeriod {
    /// Its first day.
    pub start: NaiveDate,
    /// Promotions and holidays with days in it.
    pub occasions: Vec<Occasion>,
    /// Units, heads, leavers, gap.
    #[serde(flatten)]
    pub need: demand::PeriodNeed,
}

/// A promotion or holiday with days in the periods planned.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlannedOccasion {
    /// Which.
    pub occasion: Occasion,
    /// How well the series knows it.
    pub known: Known,
    /// In how many years the series saw it, with ordinary periods on both sides.
    pub seen: usize,
    /// The greatest of its periods planned, over an ordinary one.
    pub factor: f64,
    /// First days of its periods planned.
    pub periods: Vec<NaiveDate>,
}

/// What a week asks of a channel.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlannedPart {
    /// The channel.
    pub channel: String,
    /// Applications; the mean, so that weeks and channels add up.
    pub applications: Step,
    /// Postings that bring them in the week, at what a live one brings now; none where none was live.
    pub postings: Option<Step>,
    /// Cents; written as `budget`, decimal text of the currency.
    #[serde(rename = "budget", serialize_with = "step_amounts")]
    pub cents: Step,
}

/// What is to be done in a week, so that people start in time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlannedWeek {
    /// Its Monday.
    pub week: NaiveDate,
    /// First day of the first period whose people are asked for in it.
    pub starts: NaiveDate,
    /// Openings to open in it, whole ones that add up.
    pub open: u64,
    /// Openings, both kinds together, expected.
    pub openings: Step,
    /// Openings for good, expected.
    pub lasting: Step,
    /// Openings until the business falls again, expected.
    pub temporary: Step,
    /// Applications that they take.
    pub applications: Option<Step>,
    /// What those cost; written as `budget`.
    #[serde(rename = "budget", serialize_with = "amounts")]
    pub cents: Option<Step>,
    /// The same by channel, at the mix that the advice on money for hires makes.
    pub channels: Vec<PlannedPart>,
}

/// A plan with all that it stands on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DemandPlan {
    /// Length of the periods.
    pub grain: Grain,
    /// Today, in the company's zone.
    pub today: NaiveDate,
    /// First day of the series' last period.
    pub known_until: NaiveDate,
    /// Periods that the series knows.
    pub known: usize,
    /// What the outlook is made by.
    pub method: PeriodMethod,
    /// Its error in the backtest over that of the naive forecast; none where that made none.
    pub backtest_ratio: Option<f64>,
    /// From that of today on.
    pub periods: Vec<PlannedPeriod>,
    /// Promotions and holidays in them.
    pub occasions: Vec<PlannedOccasion>,
    /// What is to be done by week; none when no period is in reach of the lead time.
    pub weeks: Vec<PlannedWeek>,
    /// The first day of the period that asks for most hires; none when no period is in reach of the lead time.
    pub hardest: Option<NaiveDate>,
    /// People to hire.
    pub hires: Step,
    /// Share of applications that ends in a hire.
    pub conversion: Option<Step>,
    /// Applications that the hires take.
    pub applications: Option<Step>,
    /// Cents that the applications cost at the average cost of now; written as `budget`, decimal text of the currency.
    #[serde(rename = "budget", serialize_with = "amounts")]
    pub cents: Option<Step>,
    /// The company's currency.
    pub currency: String,
    /// Units that a head at work does in a period.
    pub units_per_head: f64,
    /// Share of paid time in which nobody works.
    pub shrinkage: f64,
    /// Heads of now, those included who are about to start.
    pub heads: u32,
    /// Those who are about to start.
    pub coming: u32,
    /// Where the heads come from.
    pub heads_source: Source,
    /// Days from asking for people until they start.
    pub lead_days: u32,
    /// Where that comes from.
    pub lead_source: Source,
    /// Share of people that leaves in a month: in their first 90 days, and later.
    pub attrition: [Step; 2],
    /// Where that comes from.
    pub attrition_source: Source,
    /// What channels brought in the 13 weeks that are ripe.
    pub channels: Vec<ChannelYield>,
}

/// Plans what a business will take. The marts must have been made by [`crate::analyze`].
///
/// # Errors
/// When the series is too short or too old, when heads or leavers are neither given nor known, and those of the store.
pub async fn demand_plan(
    store: &Store,
    config: &Config,
    now: DateTime<Utc>,
    series: &BusinessSeries,
    query: &DemandQuery,
) -> Result<DemandPlan, AnalyticsError> {
    let marts = Marts::live(store, config);
    let desk = Desk::new(&marts, config, now);
    let today = now.with_timezone(&config.settings.company.timezone).date_naive();
    let ahead = Ahead::of(series, today, query.ahead, config.settings.company.timezone)?;
    let known = People::read(&desk, today, query).await?;
    let (lead, lead_source) = lead(&desk, query).await?;
    let channels = yields(&desk).await?;
    let yields: Vec<demand::Channel> = channels.iter().map(channel).collect();
    let starts: Vec<f64> = ahead.starts.iter().map(|start| (*start - today).num_days() as f64).collect();
    let (mondays, weeks) = opened_in(&ahead, today, lead);
    let demand = Demand {
        outlook: &ahead.outlook,
        starts: &starts,
        units_per_head: query.units_per_head,
        shrinkage: query.shrinkage,
        lead: f64::from(lead),
        staff: &known.staff,
        channels: &yields,
        shown: ahead.wanted,
        weeks: &weeks,
    };
    let needs = demand::plan(&demand)
        .ok_or_else(|| unplannable("nobody can work at that productivity", "units a head must be above 0, and shrinkage below 1"))?;
    let Needs { periods, hardest, hires, conversion, applications, cents, attrition, weeks: needed } = needs;
    let in_reach = periods.iter().any(|period| period.in_reach);
    let planned = planned_weeks(&ahead, (&mondays, &weeks), &channels, needed);
    Ok(DemandPlan {
        grain: series.grain,
        today,
        known_until: ahead.known_until,
        known: series.values.iter().flatten().count(),
        method: ahead.outlook.method,
        backtest_ratio: ahead.outlook.ratio,
        hardest: hardest.and_then(|place| ahead.starts.get(place).copied()),
        periods: ahead.periods(periods),
        occasions: ahead.occasions(),
        weeks: if in_reach { planned } else { Vec::new() },
        hires,
        conversion,
        applications,
        cents,
        currency: config.settings.company.currency.to_string(),
        units_per_head: query.units_per_head,
        shrinkage: query.shrinkage,
        heads: known.staff.new.len() as u32 + known.staff.settled as u32,
        coming: known.coming,
        heads_source: known.heads_source,
        lead_days: lead,
        lead_source,
        attrition,
        attrition_source: known.attrition_source,
        channels,
    })
}

#[expect(clippy::ref_option, reason = "serde hands fields by reference")]
fn amounts<S: Serializer>(cents: &Option<Step>, to: S) -> Result<S::Ok, S::Error> {
    let amount = |cents: f64| money(cents.max(0.0).round() as u64);
    cents.map(|step| BTreeMap::from([("value", amount(step.value)), ("low", amount(step.low)), ("high", amount(step.high))])).serialize(to)
}

fn step_amounts<S: Serializer>(cents: &Step, to: S) -> Result<S::Ok, S::Error> {
    amounts(&Some(*cents), to)
}

fn channel(one: &ChannelYield) -> demand::Channel {
    demand::Channel {
        applied: one.applied,
        onboarded: one.onboarded,
        cents: one.spend,
        weight: one.weight,
        posting_weeks: one.posting_weeks,
    }
}

/// The Mondays of the weeks in which openings are opened, and for each planned period which of them is its own: so many days before it begins.
fn opened_in(ahead: &Ahead, today: NaiveDate, lead: u32) -> (Vec<NaiveDate>, Vec<usize>) {
    let monday = |start: &NaiveDate| {
        let day = (*start - Days::new(u64::from(lead))).max(today);
        day - Days::new(u64::from(day.weekday().num_days_from_monday()))
    };
    let of: Vec<NaiveDate> = ahead.starts.iter().take(ahead.wanted).map(monday).collect();
    let mut mondays = of.clone();
    mondays.dedup();
    let places = of.iter().map(|monday| mondays.partition_point(|other| other < monday)).collect();
    (mondays, places)
}

fn planned_weeks(
    ahead: &Ahead,
    (mondays, weeks): (&[NaiveDate], &[usize]),
    channels: &[ChannelYield],
    needed: Vec<demand::WeekNeed>,
) -> Vec<PlannedWeek> {
    let (mut so_far, mut opened) = (0.0_f64, 0_u64);
    let all = mondays.iter().enumerate().zip(needed).map(|((place, monday), need)| {
        so_far += need.openings.value;
        let open = (so_far.round() as u64).saturating_sub(opened);
        opened += open;
        let parts = channels.iter().zip(need.channels).map(|(channel, part)| PlannedPart {
            channel: channel.channel.clone(),
            applications: part.applications,
            postings: part.postings,
            cents: part.cents,
        });
        PlannedWeek {
            week: *monday,
            // A week is one of those of periods.
            starts: weeks.iter().position(|of| *of == place).and_then(|period| ahead.starts.get(period)).copied().unwrap_or(*monday),
            open,
            openings: need.openings,
            lasting: need.lasting,
            temporary: need.temporary,
            applications: need.applications,
            cents: need.cents,
            channels: parts.collect(),
        }
    });
    all.collect()
}

fn unplannable(what: impl Into<String>, hint: impl Into<String>) -> AnalyticsError {
    AnalyticsError::Unplannable { what: what.into(), hint: hint.into() }
}

/// The periods from today on.
struct Ahead {
    outlook: Outlook,
    /// Also of those after the planned ones.
    starts: Vec<NaiveDate>,
    /// How many are planned.
    wanted: usize,
    known_until: NaiveDate,
    /// What each occasion does, and what each of the periods has of it.
    effects: Vec<(Occasion, Effect, Vec<Part>)>,
}

/// What a period has of an occasion.
fn part(zone: Tz, of: Occasion, start: NaiveDate, end: NaiveDate) -> Part {
    let days = start.iter_days().take_while(|day| *day < end);
    let (mut all, mut held, mut peak) = (0_u32, 0_u32, false);
    for day in days {
        all += 1;
        if let Some((_, is_peak)) = occasion(zone, day).filter(|(other, _)| *other == of) {
            held += 1;
            peak |= is_peak;
        }
    }
    Part { share: f64::from(held) / f64::from(all.max(1)), peak }
}

impl Ahead {
    fn of(series: &BusinessSeries, today: NaiveDate, ahead: Option<u32>, zone: Tz) -> Result<Self, AnalyticsError> {
        let BusinessSeries { grain, first, values } = series;
        let start = |place: usize| {
            grain.start(*first, place).ok_or_else(|| unplannable("the series lies out of all calendars", "check its first column"))
        };
        let count = values.len();
        let known_until = start(count.saturating_sub(1))?;
        // Periods that ended since.
        let mut gone = 0;
        while start(count + gone + 1)? <= today && gone <= grain.patience() {
            gone += 1;
        }
        if gone > grain.patience() {
            let what = format!("the series ends with the period of {known_until}, too long before today, {today}");
            return Err(unplannable(what, "add the newest rows to the file"));
        }
        let wanted = ahead.unwrap_or(grain.ahead()) as usize;
        let horizon = gone + wanted + grain.tail();
        let bounds = (0..=count + horizon).map(start).collect::<Result<Vec<NaiveDate>, _>>()?;
        let parts = |of: Occasion| bounds.windows(2).map(|pair| part(zone, of, pair[0], pair[1])).collect::<Vec<Part>>();
        let occasions: Vec<Vec<Part>> = Occasion::ALL.into_iter().map(parts).collect();
        let found = around_occasions(values, grain.season(), horizon, &occasions);
        let (mut outlook, effects) = found.ok_or_else(|| {
            let known = values.iter().flatten().count();
            unplannable(
                format!(
                    "a series of {known} known {} is too short, or all nothing",
                    if *grain == Grain::Week { "weeks" } else { "months" }
                ),
                format!("{LEAST_PERIODS} are the least; add older rows to the file"),
            )
        })?;
        outlook.values.drain(..gone);
        outlook.spreads.drain(..gone);
        let from = count + gone;
        let effects = Occasion::ALL.into_iter().zip(effects).zip(&occasions).map(|((of, effect), parts)| {
            let ahead = effect.factors[from..].to_vec();
            (of, Effect { factors: ahead, ..effect }, parts[from..].to_vec())
        });
        Ok(Self { starts: bounds[from..bounds.len() - 1].to_vec(), wanted, known_until, effects: effects.collect(), outlook })
    }

    fn periods(&self, needs: Vec<demand::PeriodNeed>) -> Vec<PlannedPeriod> {
        let held = |place: usize| {
            let of = |(occasion, _, parts): &(Occasion, Effect, Vec<Part>)| (parts[place].share > 0.0).then_some(*occasion);
            self.effects.iter().filter_map(of).collect()
        };
        let each = self.starts.iter().zip(needs).enumerate();
        each.map(|(place, (start, need))| PlannedPeriod { start: *start, occasions: held(place), need }).collect()
    }

    /// Those with days in what is planned.
    fn occasions(&self) -> Vec<PlannedOccasion> {
        let of = |(occasion, effect, parts): &(Occasion, Effect, Vec<Part>)| {
            let held: Vec<usize> = (0..self.wanted).filter(|place| parts[*place].share > 0.0).collect();
            let factors = held.iter().map(|place| effect.factors[*place]);
            let factor = factors.fold(1.0_f64, |most, factor| if (factor - 1.0).abs() > (most - 1.0).abs() { factor } else { most });
            let periods: Vec<NaiveDate> = held.iter().map(|place| self.starts[*place]).collect();
            (!periods.is_empty()).then_some(PlannedOccasion {
                occasion: *occasion,
                known: effect.known,
                seen: effect.seen,
                factor,
                periods,
            })
        };
        self.effects.iter().filter_map(of).collect()
    }
}

/// Who works now and how they leave.
struct People {
    staff: Staff,
    coming: u32,
    heads_source: Source,
    attrition_source: Source,
}

impl People {
    async fn read(desk: &Desk<'_>, today: NaiveDate, query: &DemandQuery) -> Result<Self, AnalyticsError> {
        let params =
            [("today", today.to_string()), ("settled", format!("{SETTLED:.0}")), ("store", query.store.clone().unwrap_or_default())];
        let sql = desk.marts.here(include_str!("../sql/jobs/demand_staff.sql"));
        let rows = desk.marts.store.rows(&sql, &params).await.map_err(AnalyticsError::store("cannot read who is employed"))?;
        let row = rows.into_iter().next().unwrap_or_default();
        let number = |column: &str| row.get(column).and_then(Value::as_f64).unwrap_or_default();
        let count = |column: &str| number(column) as u64;
        let new = || row.get("new").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_f64);
        let known = count("heads") + count("coming");
        let observed = Attrition::Observed {
            new: (count("new_exits"), number("new_days")),
            settled: (count("settled_exits"), number("settled_days")),
        };
        let at_risk = number("new_days") + number("settled_days");
        let of = query.store.as_ref().map_or_else(String::new, |store| format!(" of {store}"));
        let (attrition, attrition_source) = match query.attrition {
            Some(share) => (Attrition::Given(share), Source::Given),
            None if at_risk > 0.0 => (observed, Source::Measured),
            None if query.heads.is_none() && known == 0 => {
                let hint = "give --heads N and --attrition 0.06 (a month's share), set them under [demand], or import employment";
                return Err(unplannable(format!("nothing is known of the heads of now{of} and of who leaves"), hint));
            }
            None => {
                let hint = "give --attrition 0.06 (a month's share), set it under [demand], or import employment";
                return Err(unplannable("nothing is known of who leaves", hint));
            }
        };
        let (staff, coming, heads_source) = match query.heads {
            // Of heads that are only counted all are taken for settled.
            Some(heads) => (Staff { new: Vec::new(), settled: u64::from(heads), attrition }, 0, Source::Given),
            None if known > 0 => {
                let coming = count("coming");
                let new: Vec<f64> = new().chain((0..coming).map(|_| SETTLED)).collect();
                let settled = known - new.len() as u64;
                (Staff { new, settled, attrition }, coming as u32, Source::Measured)
            }
            None => {
                return Err(unplannable(
                    format!("nothing is known of the heads of now{of}"),
                    "give --heads N, set it under [demand], or import employment",
                ));
            }
        };
        Ok(Self { staff, coming, heads_source, attrition_source })
    }
}

async fn lead(desk: &Desk<'_>, query: &DemandQuery) -> Result<(u32, Source), AnalyticsError> {
    if let Some(days) = query.lead_days {
        return Ok((days, Source::Given));
    }
    let sql = desk.marts.here(include_str!("../sql/jobs/demand_lead.sql"));
    let rows = desk.marts.store.rows(&sql, &[("as_of", instant(desk.now))]).await;
    let rows = rows.map_err(AnalyticsError::store("cannot read how long hires took"))?;
    let whole =
        |row: &Map<String, Value>, column: &str| row.get(column).and_then(|value| value.as_u64().or_else(|| value.as_str()?.parse().ok()));
    let measured = rows.first().filter(|row| whole(row, "hires").is_some_and(|hires| hires >= LEAST_HIRES));
    let days = measured.and_then(|row| whole(row, "days")).and_then(|days| u32::try_from(days).ok());
    Ok(days.map_or((ASSUMED_LEAD, Source::Assumed), |days| (days, Source::Measured)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(first: &str, count: usize) -> BusinessSeries {
        BusinessSeries { grain: Grain::Week, first: first.parse().unwrap(), values: vec![Some(100.0); count] }
    }

    fn said(series: &BusinessSeries, today: &str) -> String {
        match Ahead::of(series, today.parse().unwrap(), Some(2), Tz::Asia__Shanghai) {
            Ok(ahead) => format!("{:?} after {}", &ahead.starts[..ahead.wanted], ahead.known_until),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_plan_begins_with_the_period_of_today() {
        // Twenty weeks from Monday 6 July: the last begins on 16 November.
        let weeks = series("2026-07-06", 20);
        assert_eq!(said(&weeks, "2026-11-24"), "[2026-11-23, 2026-11-30] after 2026-11-16");
        assert_eq!(said(&weeks, "2026-12-01"), "[2026-11-30, 2026-12-07] after 2026-11-16");
        assert_eq!(said(&weeks, "2027-03-01"), "the series ends with the period of 2026-11-16, too long before today, 2027-03-01");
        assert_eq!(said(&series("2026-10-05", 7), "2026-11-24"), "a series of 7 known weeks is too short, or all nothing");
    }
}
