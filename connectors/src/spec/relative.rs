//! Time as boards say it to people, counted from the instant at which the page was fetched.
//!
//! | text | meaning |
//! |---|---|
//! | `刚刚`, `just now`, `Just posted` | the fetch instant |
//! | `10:54发布`, `今天 09:15`, `Posted Today` | that local time today; the day alone without one |
//! | `昨天`, `昨天 18:00`, `Posted Yesterday`, `前天` | one or two local days before |
//! | `3天前发布`, `Posted 3 Days Ago`, `2周前`, `1个月前` | so many days, weeks, months before: a day |
//! | `5小时前`, `12 minutes ago` | so many hours or minutes before: exact to an hour at best, so a day unless minutes |
//! | `半小时前`, `两天前`, `半年前` | the same in words |
//! | `02-26`, `2月26日`, `02-26 14:30`, `Feb 26` | the latest such day that is not after the fetch instant: lists show no future postings |
//! | `Posted 30+ Days Ago`, `3天以上`, `3天内` | a bound, not an instant: nothing |

use chrono::{DateTime, Datelike, Days, Duration, Months, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;

use unicode_normalization::UnicodeNormalization;

use super::time::{Precision, local_instant};

/// What a relative text says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relative {
    /// An instant.
    At(DateTime<Utc>, Precision),
    /// Earlier than something: no instant.
    Bound,
}

/// Reads a relative time; `None` when the text is none. Dates and times in full are not relative, see
/// [`super::TimeFormat::IsoLocal`].
pub fn read(text: &str, zone: Tz, now: DateTime<Utc>) -> Option<Relative> {
    let folded = fold(text);
    let word = folded.trim();
    let today = now.with_timezone(&zone).date_naive();
    if ["刚刚", "just now", "just", "moments ago", "刚刚活跃"].contains(&word) {
        return Some(Relative::At(now, Precision::Exact));
    }
    // 3天内 and `within a week` say the least, 30天以上 the most.
    if let Some(least) =
        word.strip_suffix("以内").or(word.strip_suffix('内')).or(word.strip_prefix("within ")).or(word.strip_prefix("less than "))
    {
        return amount(least).map(|_| Relative::Bound);
    }
    if word.contains('+') || word.contains("以上") || word.starts_with("more than") || word.starts_with("over ") {
        return amount(&word.replace(['+'], " ").replace("以上", "").replace("more than ", "").replace("over ", ""))
            .map(|_| Relative::Bound);
    }
    named_day(word, today, zone).or_else(|| ago(word, today, zone, now)).or_else(|| month_day(word, today, zone))
}

/// Half-width, lower case, without the words around the time.
pub(super) fn fold(text: &str) -> String {
    let mut plain: String = text.nfkc().collect::<String>().to_lowercase();
    for noise in ["reposted", "posted on", "posted", "发布时间", "发布于", "发布", "更新时间", "更新于", "更新", "updated", "active"]
    {
        if plain.contains(noise) {
            plain = plain.replace(noise, " ");
        }
    }
    let plain = plain.trim_start_matches([' ', ':']);
    plain.strip_prefix("about ").unwrap_or(plain).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn named_day(word: &str, today: NaiveDate, zone: Tz) -> Option<Relative> {
    let names = [("today", 0), ("今天", 0), ("今日", 0), ("yesterday", 1), ("昨天", 1), ("昨日", 1), ("前天", 2)];
    let (rest, back) = names.iter().find_map(|(name, back)| Some((word.strip_prefix(name)?, *back))).unwrap_or((word, 0));
    let named = rest.len() != word.len();
    let day = today.checked_sub_days(Days::new(back))?;
    let rest = rest.trim_start_matches([' ', ',']).trim_start_matches("at ").trim();
    match clock(rest) {
        Some(time) => Some(Relative::At(local_instant(day.and_time(time), zone)?, Precision::Exact)),
        None if named && rest.is_empty() => start(day, zone),
        None => None,
    }
}

fn clock(text: &str) -> Option<NaiveTime> {
    ["%H:%M", "%H:%M:%S"].iter().find_map(|pattern| NaiveTime::parse_from_str(text, pattern).ok())
}

fn start(day: NaiveDate, zone: Tz) -> Option<Relative> {
    Some(Relative::At(local_instant(day.and_hms_opt(0, 0, 0)?, zone)?, Precision::Day))
}

/// A number and its unit in `3天前`, `3 days ago`, `a month ago`.
fn amount(word: &str) -> Option<(u32, Unit)> {
    let word = word.trim().trim_end_matches("ago").trim_end_matches('前').trim();
    for (half, number, unit) in [
        ("半小时", 30, Unit::Minutes),
        ("半个小时", 30, Unit::Minutes),
        ("半天", 12, Unit::Hours),
        ("半个月", 15, Unit::Days),
        ("半年", 6, Unit::Months),
    ] {
        if word == half {
            return Some((number, unit));
        }
    }
    let digits: String = word.chars().take_while(char::is_ascii_digit).collect();
    let (number, unit) = match word.strip_prefix(digits.as_str()) {
        Some(rest) if !digits.is_empty() => (digits.parse().ok()?, rest.trim()),
        _ => said(word)?,
    };
    Some((number, Unit::of(unit)?))
}

/// A number up to ten in words, and what follows it.
fn said(word: &str) -> Option<(u32, &str)> {
    let words = ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十"];
    let chinese = words.iter().zip(1..).find_map(|(digit, number)| Some((number, word.strip_prefix(*digit)?)));
    let other = || {
        [("an ", 1), ("a ", 1), ("one ", 1), ("两", 2), ("two ", 2), ("three ", 3)]
            .into_iter()
            .find_map(|(said, number)| Some((number, word.strip_prefix(said)?)))
    };
    chinese.or_else(other).map(|(number, rest)| (number, rest.trim()))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Minutes,
    Hours,
    Days,
    Weeks,
    Months,
    Years,
}

impl Unit {
    fn of(word: &str) -> Option<Unit> {
        Some(match word {
            "分钟" | "分" | "minute" | "minutes" | "min" | "mins" | "m" => Unit::Minutes,
            "小时" | "个小时" | "时" | "hour" | "hours" | "hr" | "hrs" | "h" => Unit::Hours,
            "天" | "日" | "day" | "days" | "d" => Unit::Days,
            "周" | "星期" | "个星期" | "week" | "weeks" | "w" => Unit::Weeks,
            "月" | "个月" | "month" | "months" | "mo" => Unit::Months,
            "年" | "year" | "years" | "y" => Unit::Years,
            _ => return None,
        })
    }
}

fn ago(word: &str, today: NaiveDate, zone: Tz, now: DateTime<Utc>) -> Option<Relative> {
    if !word.ends_with("ago") && !word.ends_with('前') {
        return None;
    }
    let (number, unit) = amount(word)?;
    let back = u64::from(number);
    match unit {
        Unit::Minutes => Some(Relative::At(now.checked_sub_signed(Duration::minutes(number.into()))?, Precision::Exact)),
        // Rounded to the hour by the board: sure of the local day only.
        Unit::Hours => start(now.checked_sub_signed(Duration::hours(number.into()))?.with_timezone(&zone).date_naive(), zone),
        Unit::Days => start(today.checked_sub_days(Days::new(back))?, zone),
        Unit::Weeks => start(today.checked_sub_days(Days::new(back.checked_mul(7)?))?, zone),
        Unit::Months => start(today.checked_sub_months(Months::new(number))?, zone),
        Unit::Years => start(today.checked_sub_months(Months::new(number.checked_mul(12)?))?, zone),
    }
}

/// A day without a year, with or without a time of day.
fn month_day(word: &str, today: NaiveDate, zone: Tz) -> Option<Relative> {
    let (date, time) = match word.rsplit_once(' ') {
        Some((date, time)) if time.contains(':') => (date.trim_end_matches(','), Some(clock(time)?)),
        _ => (word, None),
    };
    let plain = date.replace(['月', '/', '.'], "-").replace('日', "");
    // The last of the five years that has such a day (a 29 February).
    let latest =
        |of_year: &dyn Fn(i32) -> Option<NaiveDate>| (0..5).find_map(|back| of_year(today.year() - back).filter(|day| *day <= today));
    let in_digits = plain.split_once('-').and_then(|(month, day)| Some((month.trim().parse().ok()?, day.trim().parse().ok()?)));
    let day = match in_digits {
        Some((month, day)) => latest(&|year| NaiveDate::from_ymd_opt(year, month, day))?,
        None if date.starts_with(|c: char| c.is_ascii_alphanumeric()) => {
            latest(&|year| super::time::english_day(&format!("{date} {year}")))?
        }
        None => return None,
    };
    match time {
        Some(time) => Some(Relative::At(local_instant(day.and_time(time), zone)?, Precision::Exact)),
        None => start(day, zone),
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::Asia::Shanghai;
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    /// 2026-03-01 09:30 in Shanghai.
    fn now() -> DateTime<Utc> {
        "2026-03-01T01:30:00Z".parse().unwrap()
    }

    #[rstest]
    #[case("刚刚", "2026-03-01 09:30", Precision::Exact)]
    #[case("08:54发布", "2026-03-01 08:54", Precision::Exact)]
    #[case("今天 09:15", "2026-03-01 09:15", Precision::Exact)]
    #[case("Posted Today", "2026-03-01 00:00", Precision::Day)]
    #[case("Posted Yesterday", "2026-02-28 00:00", Precision::Day)]
    #[case("昨天 18：00", "2026-02-28 18:00", Precision::Exact)]
    #[case("前天", "2026-02-27 00:00", Precision::Day)]
    #[case("1天前发布", "2026-02-28 00:00", Precision::Day)]
    #[case("Posted 3 Days Ago", "2026-02-26 00:00", Precision::Day)]
    #[case("2周前", "2026-02-15 00:00", Precision::Day)]
    #[case("1个月前", "2026-02-01 00:00", Precision::Day)]
    #[case("a month ago", "2026-02-01 00:00", Precision::Day)]
    #[case("12 minutes ago", "2026-03-01 09:18", Precision::Exact)]
    #[case("10小时前", "2026-02-28 00:00", Precision::Day)]
    #[case("02-26发布", "2026-02-26 00:00", Precision::Day)]
    #[case("12-31", "2025-12-31 00:00", Precision::Day)]
    #[case("2月29日", "2024-02-29 00:00", Precision::Day)]
    fn reads_what_boards_say(#[case] text: &str, #[case] local: &str, #[case] precision: Precision) {
        let naive = chrono::NaiveDateTime::parse_from_str(local, "%Y-%m-%d %H:%M").unwrap();
        assert_eq!(read(text, Shanghai, now()), Some(Relative::At(local_instant(naive, Shanghai).unwrap(), precision)), "{text}");
    }

    #[rstest]
    #[case("Posted 30+ Days Ago")]
    #[case("3天以上")]
    #[case("more than 30 days ago")]
    fn a_bound_is_no_instant(#[case] text: &str) {
        assert_eq!(read(text, Shanghai, now()), Some(Relative::Bound));
    }

    #[rstest]
    #[case("soon")]
    #[case("13-40")]
    #[case("本周活跃")]
    #[case("")]
    #[case("3")]
    fn what_is_no_time_is_refused(#[case] text: &str) {
        assert_eq!(read(text, Shanghai, now()), None);
    }

    proptest! {
        #[test]
        fn never_panics_and_never_after_the_fetch(text in "[0-9天周个月年前:小时分钟 a-z+日-]{0,14}") {
            if let Some(Relative::At(at, Precision::Day)) = read(&text, Shanghai, now()) {
                prop_assert!(at <= now());
            }
        }
    }

    /// Texts with what they mean in Shanghai at 15:30 on 2026-06-10, written down before they were tried.
    #[test]
    fn texts_written_down_beforehand() {
        let now = "2026-06-10T07:30:00Z".parse().unwrap();
        let said = |text: &str| match crate::spec::TimeFormat::Relative.read_at(&text.into(), Shanghai, Some(now)) {
            Ok(Some((at, Precision::Day))) => at.with_timezone(&Shanghai).format("%Y-%m-%d day").to_string(),
            Ok(Some((at, precision))) => format!("{} {}", at.with_timezone(&Shanghai).format("%Y-%m-%d %H:%M"), precision.as_str()),
            Ok(None) => "bound".to_owned(),
            Err(_) => "none".to_owned(),
        };
        let cases: Vec<(&str, &str)> = include_str!("relative_strings.tsv").lines().filter_map(|line| line.split_once('\t')).collect();
        let wrong: Vec<String> = cases
            .iter()
            .filter(|(text, meant)| said(text) != *meant)
            .map(|(text, meant)| format!("{text}: {} not {meant}", said(text)))
            .collect();
        assert!(cases.len() >= 100 && wrong.is_empty(), "{} of {} wrong:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    }
}
