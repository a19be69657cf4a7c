//! `2026-03-01`, `2026-03-01 09:05`, `2026-03-01T09:05:07.250+08:00`: the spellings that most systems use, read in one go. Every
//! other one is left to the patterns of [`super::time`], which say the same of these after many attempts.

use chrono::{DateTime, Duration, NaiveDate, NaiveDateTime, Utc};
use chrono_tz::Tz;

use super::time::{Precision, local_instant};

/// Reads a time in one of the usual spellings; `None` when it is written otherwise.
pub(super) fn read(text: &str, zone: Tz) -> Option<(DateTime<Utc>, Precision)> {
    let (day, rest) = text.as_bytes().split_at_checked(10)?;
    let day = date(day)?;
    if rest.is_empty() {
        return Some((local_instant(day.and_hms_opt(0, 0, 0)?, zone)?, Precision::Day));
    }
    let (reading, offset) = clock(day, rest)?;
    let instant = match offset {
        [] => local_instant(reading, zone)?,
        [b'Z'] => reading.and_utc(),
        [sign @ (b'+' | b'-'), hours @ .., b'0'..=b'5', b'0'..=b'9'] => {
            let minutes = number(offset.get(offset.len() - 2..)?)?;
            let hours = number(hours.strip_suffix(b":").unwrap_or(hours)).filter(|hours| *hours <= 14)?;
            let ahead = Duration::minutes(i64::from(hours * 60 + minutes));
            reading.checked_add_signed(if *sign == b'+' { -ahead } else { ahead })?.and_utc()
        }
        _ => return None,
    };
    Some((instant, Precision::Exact))
}

/// `2026-03-01`.
fn date(text: &[u8]) -> Option<NaiveDate> {
    let [year @ .., b'-', m1, m2, b'-', d1, d2] = text else { return None };
    NaiveDate::from_ymd_opt(number(year)? as i32, number(&[*m1, *m2])?, number(&[*d1, *d2])?)
}

/// ` 09:05`, `T09:05:07`, `T09:05:07.250`, and what follows. With an offset there are seconds.
fn clock(day: NaiveDate, text: &[u8]) -> Option<(NaiveDateTime, &[u8])> {
    let [b' ' | b'T', h1, h2, b':', m1, m2, rest @ ..] = text else { return None };
    let (hour, minute) = (number(&[*h1, *h2])?, number(&[*m1, *m2])?);
    let [b':', s1, s2, rest @ ..] = rest else {
        return rest.is_empty().then_some((day.and_hms_opt(hour, minute, 0)?, rest));
    };
    let second = number(&[*s1, *s2])?;
    let (nanos, rest) = match rest {
        [b'.', fraction @ ..] => {
            let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let (fraction, rest) = fraction.split_at(digits);
            let scale = 10_u32.checked_pow(9_u32.checked_sub(u32::try_from(digits).ok()?)?)?;
            (number(fraction)? * scale, rest)
        }
        rest => (0, rest),
    };
    Some((day.and_hms_nano_opt(hour, minute, second, nanos)?, rest))
}

/// A number of one to nine digits and nothing else.
fn number(digits: &[u8]) -> Option<u32> {
    let fits = (1..=9).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
    fits.then(|| digits.iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use chrono_tz::America::New_York;
    use chrono_tz::Asia::Shanghai;
    use proptest::prelude::*;

    use super::super::time::by_patterns;
    use super::*;

    #[test]
    fn what_is_written_otherwise_is_left_alone() {
        for text in [
            "",
            "2026",
            "2026-3-1",
            "2026/03/01",
            "2026-03-01 9:05",
            "2026-02-30",
            "2026-03-01 24:00",
            "2026-03-01 09:05:60",
            "2026-03-01 09:05Z",
            "2026-03-01T09:05:07 Z",
            "2026-03-01T09:05:07+99:00",
            "2026-03-01T09:05:07.",
            "+026-03-01",
            "2026-03-01 09:05:07.1234567890",
        ] {
            assert_eq!(read(text, Shanghai), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn the_short_way_agrees_with_the_patterns(
            seconds in 0_i64..4_102_444_800, between in "[ T]", shape in 0_usize..4, fraction in 0_u32..1000, offset in "(|Z|[+-](0[0-9]|1[0-4]):?[0-5][0-9])",
            east: bool,
        ) {
            let zone = if east { Shanghai } else { New_York };
            let reading = DateTime::from_timestamp(seconds, 0).unwrap().naive_utc();
            let day = reading.format("%Y-%m-%d");
            let text = match shape {
                0 => day.to_string(),
                1 => format!("{day}{between}{}", reading.format("%H:%M")),
                2 => format!("{day}{between}{}{offset}", reading.format("%H:%M:%S")),
                _ => format!("{day}{between}{}.{fraction:03}{offset}", reading.format("%H:%M:%S")),
            };
            let short = read(&text, zone);
            prop_assert!(short.is_some(), "{}", text);
            prop_assert_eq!(short, by_patterns(&text, zone), "{}", text);
        }

        #[test]
        fn never_panics(text in ".{0,40}", digits in "[0-9T:.+ -]{0,40}") {
            let _ = (read(&text, Shanghai), read(&digits, Shanghai));
        }
    }
}
