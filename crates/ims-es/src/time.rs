//! Moments and days in the spelling of XML Schema.
//!
//! Not here: any clock. The caller hands the time in.
//!
//! Invariant: what is written reads back as the same moment.

use crate::lexical::Lexicon;
use crate::record::Kind;

const DAY_MS: i64 = 86_400_000;

/// A moment, in milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UtcTime {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub unix_ms: i64,
}

/// A day of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    /// The year, 1 to 9999.
    pub year: i32,
    /// The month, 1 to 12.
    pub month: u8,
    /// The day of the month, from 1.
    pub day: u8,
}

/// xs:dateTime. Without a time zone it is taken for UTC; fractions below a millisecond are dropped.
impl Lexicon for UtcTime {
    fn from_text(text: &str) -> Option<UtcTime> {
        let (date, time) = text.trim().split_once('T')?;
        let date = calendar_day(date)?;
        let (time, offset_min) = split_zone(time)?;
        let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
        let mut parts = time.split(':');
        let (hour, minute, second) =
            (two_digits(parts.next()?)?, two_digits(parts.next()?)?, two_digits(parts.next()?)?);
        let is_digits = !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit());
        if parts.next().is_some() || hour > 23 || minute > 59 || second > 59 || !is_digits {
            return None;
        }
        let thousandths: i64 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
        let seconds = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second) - offset_min * 60;
        let unix_ms = days_since_1970(date) * DAY_MS + seconds * 1000 + thousandths;
        // With its zone taken away, a moment may be in a year that has no spelling.
        let year = day_after_1970(unix_ms.div_euclid(DAY_MS)).year;
        (1..=9999).contains(&year).then_some(UtcTime { unix_ms })
    }

    /// With milliseconds and `Z`, as itslearning writes it (facts/ims-es.md §1.5).
    fn to_text(&self) -> String {
        let date = day_after_1970(self.unix_ms.div_euclid(DAY_MS));
        let of_day = self.unix_ms.rem_euclid(DAY_MS);
        let (seconds, ms) = (of_day / 1000, of_day % 1000);
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        format!("{}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z", date.to_text())
    }

    fn kind() -> Kind {
        Kind::Schema("dateTime")
    }

    #[cfg(test)]
    fn draw(dice: &mut crate::sample::Dice) -> UtcTime {
        UtcTime { unix_ms: i64::from(i32::draw(dice)) * 123_456_789 }
    }
}

/// xs:date. A time zone behind it is read and dropped.
impl Lexicon for Date {
    fn from_text(text: &str) -> Option<Date> {
        let text = text.trim();
        let day = text.get(..10)?;
        let zone = text.get(10..)?;
        if !zone.is_empty() {
            split_zone(zone).filter(|(before, _)| before.is_empty())?;
        }
        calendar_day(day)
    }

    fn to_text(&self) -> String {
        format!("{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }

    fn kind() -> Kind {
        Kind::Schema("date")
    }

    #[cfg(test)]
    fn draw(dice: &mut crate::sample::Dice) -> Date {
        day_after_1970(i64::from(i32::draw(dice)) * 40)
    }
}

/// Takes `Z`, `+hh:mm` or `-hh:mm` off the end, in minutes east of UTC.
fn split_zone(text: &str) -> Option<(&str, i64)> {
    if let Some(before) = text.strip_suffix('Z') {
        return Some((before, 0));
    }
    let Some(sign_at) = text.rfind(['+', '-']) else { return Some((text, 0)) };
    let (before, zone) = text.split_at(sign_at);
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    let (hours, minutes) = (two_digits(hours)?, two_digits(minutes)?);
    let offset = i64::from(hours) * 60 + i64::from(minutes);
    (hours <= 14 && minutes <= 59).then_some((before, if zone.starts_with('-') { -offset } else { offset }))
}

fn two_digits(text: &str) -> Option<u8> {
    let is_two = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_two { text.parse().ok() } else { None }
}

fn calendar_day(text: &str) -> Option<Date> {
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next()?, two_digits(parts.next()?)?, two_digits(parts.next()?)?);
    let is_year = year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit());
    let year: i32 = if is_year { year.parse().ok()? } else { return None };
    let date = Date { year, month, day };
    let exists = parts.next().is_none() && year > 0 && (1..=12).contains(&month) && (1..=31).contains(&day);
    // A day that the calendar does not have comes back as another one.
    (exists && day_after_1970(days_since_1970(date)) == date).then_some(date)
}

/// Counts days in years that begin in March, so that the leap day is the last of its year.
fn days_since_1970(date: Date) -> i64 {
    let (year, month) = (i64::from(date.year), i64::from(date.month));
    let year = if month <= 2 { year - 1 } else { year };
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + i64::from(date.day) - 1;
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn day_after_1970(days: i64) -> Date {
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    let (year, month, day) = (i32::try_from(year), u8::try_from(month), u8::try_from(day));
    Date { year: year.unwrap_or(i32::MAX), month: month.unwrap_or(1), day: day.unwrap_or(1) }
}

#[cfg(test)]
mod tests {
    use super::{Date, UtcTime};
    use crate::lexical::Lexicon;

    fn check(text: &str, expected: Option<i64>) {
        assert_eq!(UtcTime::from_text(text).map(|time| time.unix_ms), expected, "{text}");
    }

    #[test]
    fn moments_are_read_in_every_form_of_the_schema() {
        check("1970-01-01T00:00:00Z", Some(0));
        check("2026-01-01T12:00:00.000Z", Some(1_767_268_800_000));
        check("2026-01-01T13:00:00.5+01:00", Some(1_767_268_800_500));
        check("2026-01-01T12:00:00", Some(1_767_268_800_000));
        check("2026-01-01T12:00:00.1234567Z", Some(1_767_268_800_123));
        check("2000-02-29T00:00:00-00:30", Some(951_784_200_000));
    }

    #[test]
    fn what_is_no_moment_is_not_read() {
        for text in [
            "",
            "2026-01-01",
            "2026-02-29T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-1-1T00:00:00Z",
            "T",
            "2026-01-01T00:00:00.Z",
            "0001-01-01T00:00:00+01:00",
            "9999-12-31T23:59:59-01:00",
        ] {
            check(text, None);
        }
    }

    #[test]
    fn days_lose_their_time_zone_and_nothing_else() {
        for text in ["2001-02-03", "2001-02-03Z", " 2001-02-03+01:00 "] {
            assert_eq!(Date::from_text(text), Some(Date { year: 2001, month: 2, day: 3 }), "{text}");
        }
        for text in ["", "2001-02-30", "03.02.2001", "2001-02-03T00:00:00", "ö001-02-03"] {
            assert_eq!(Date::from_text(text), None, "{text}");
        }
    }
}
