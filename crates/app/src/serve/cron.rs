//! Five fields of cron: minute, hour, day of the month, month, day of the week (crontab(5)).
//!
//! Not here: time zones and the next time (`schedule.rs`).
//!
//! Invariant: an expression that can be read has a day on which it comes.

use std::ops::RangeInclusive;

use jiff::civil::{Date, Time};
use thiserror::Error;

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
/// The days of the months, in a leap year.
const MONTH_DAYS: [u32; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// When something comes again, without a time zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cron {
    minutes: Numbers,
    hours: Numbers,
    days: Numbers,
    months: Numbers,
    weekdays: Numbers,
}

/// Why an expression cannot be read.
#[derive(Debug, PartialEq, Eq, Error)]
pub(crate) enum CronError {
    /// It has another number of fields.
    #[error(
        "expected five fields of cron (minute hour day month weekday), such as \"17 2 * * *\", found {0} of them"
    )]
    Fields(usize),
    /// A field cannot be read.
    #[error("the {field} {text:?} {why}")]
    Field {
        /// The name of the field.
        field: &'static str,
        /// The part that cannot be read.
        text: String,
        /// What is wrong and what was expected.
        why: String,
    },
    /// There is no such day, for example 31 February.
    #[error("there is no day on which it comes: no month of these has such a day")]
    Never,
}

/// What a field may hold.
struct Field {
    name: &'static str,
    range: RangeInclusive<u32>,
    /// Words for numbers, the first for the smallest number.
    words: &'static [&'static str],
}

/// The numbers of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Numbers {
    bits: u64,
    /// Whether the field begins with `*`: then it does not choose days.
    is_any: bool,
}

impl Numbers {
    fn has(self, number: u32) -> bool {
        self.bits >> number & 1 == 1
    }
}

impl Cron {
    /// Reads an expression.
    pub(crate) fn parse(text: &str) -> Result<Cron, CronError> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minutes, hours, days, months, weekdays] = fields.as_slice() else {
            return Err(CronError::Fields(fields.len()));
        };
        let field = |name, range, words| Field { name, range, words };
        let mut cron = Cron {
            minutes: field("minute", 0..=59, &[]).parse(minutes)?,
            hours: field("hour", 0..=23, &[]).parse(hours)?,
            days: field("day of the month", 1..=31, &[]).parse(days)?,
            months: field("month", 1..=12, &MONTHS).parse(months)?,
            weekdays: field("day of the week", 0..=7, &WEEKDAYS).parse(weekdays)?,
        };
        // Sunday is 0 and 7.
        cron.weekdays.bits |= cron.weekdays.bits >> 7 & 1;
        let months_and_days = (1..).zip(MONTH_DAYS);
        let exists =
            |(month, days): (u32, u32)| cron.months.has(month) && (1..=days).any(|day| cron.days.has(day));
        if cron.weekdays.is_any && !months_and_days.into_iter().any(exists) {
            return Err(CronError::Never);
        }
        Ok(cron)
    }

    /// Tells whether it comes on a day. Where both the day of the month and that of the week are chosen, one of them
    /// is enough (crontab(5)).
    pub(crate) fn comes_on(&self, date: Date) -> bool {
        let day = self.days.has(date.day().unsigned_abs().into());
        let weekday = self.weekdays.has(date.weekday().to_sunday_zero_offset().unsigned_abs().into());
        let is_day = if self.days.is_any || self.weekdays.is_any { day && weekday } else { day || weekday };
        is_day && self.months.has(date.month().unsigned_abs().into())
    }

    /// The times of each of its days, in order.
    pub(crate) fn times(&self) -> impl Iterator<Item = Time> + '_ {
        let hours = (0..24_i8).filter(|hour| self.hours.has(u32::from(hour.unsigned_abs())));
        hours.flat_map(|hour| {
            let minutes = (0..60_i8).filter(|minute| self.minutes.has(u32::from(minute.unsigned_abs())));
            minutes.filter_map(move |minute| Time::new(hour, minute, 0, 0).ok())
        })
    }
}

impl Field {
    fn parse(&self, text: &str) -> Result<Numbers, CronError> {
        let mut bits = 0;
        for part in text.split(',') {
            let (range, step) = match part.split_once('/') {
                Some((range, step)) => (range, Some(step)),
                None => (part, None),
            };
            let numbers = match (range.split_once('-'), range) {
                (_, "*") => self.range.clone(),
                (Some((first, last)), _) => self.number(part, first)?..=self.number(part, last)?,
                (None, one) if step.is_none() => self.number(part, one)?..=self.number(part, one)?,
                (None, _) => return Err(self.wrong(part, "has a step without a range, such as */2 or 1-9/2")),
            };
            if numbers.is_empty() {
                return Err(self.wrong(part, "ends before it begins"));
            }
            let step = match step.map(str::parse::<usize>) {
                None => 1,
                Some(Ok(step)) if step > 0 => step,
                Some(_) => return Err(self.wrong(part, "has a step that is not a number from 1 on")),
            };
            bits |= numbers.step_by(step).fold(0_u64, |bits, number| bits | 1 << number);
        }
        Ok(Numbers { bits, is_any: text.starts_with('*') })
    }

    fn number(&self, part: &str, text: &str) -> Result<u32, CronError> {
        let (min, max) = (*self.range.start(), *self.range.end());
        let word = (min..).zip(self.words).find(|(_, word)| word.eq_ignore_ascii_case(text));
        let digits = text.chars().all(|digit| digit.is_ascii_digit());
        let number = text.parse().ok().filter(|number| digits && self.range.contains(number));
        word.map(|(number, _)| number).or(number).ok_or_else(|| {
            let words = match (self.words.first(), self.words.last()) {
                (Some(first), Some(last)) => format!(" or {first} to {last}"),
                _ => String::new(),
            };
            self.wrong(part, &format!("is not from {min} to {max}{words}"))
        })
    }

    fn wrong(&self, part: &str, why: &str) -> CronError {
        CronError::Field { field: self.name, text: part.to_owned(), why: why.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_that_cannot_be_read_is_told_with_its_field() {
        let check = |text: &str, expected: &str| {
            let found = Cron::parse(text).map(drop).map_err(|error| error.to_string()).err();
            let found = found.unwrap_or_else(|| "can be read".to_owned());
            assert!(found.contains(expected), "{text}: {found}");
        };
        check("at two", "five fields of cron");
        check("17 2 * * * *", "found 6 of them");
        check("60 2 * * *", "the minute \"60\" is not from 0 to 59");
        check("17 24 * * *", "the hour \"24\" is not from 0 to 23");
        check("17 2 0 * *", "the day of the month \"0\" is not from 1 to 31");
        check("17 2 * foo *", "the month \"foo\" is not from 1 to 12 or jan to dec");
        check("17 2 * * 8", "the day of the week \"8\" is not from 0 to 7 or sun to sat");
        check("17 2 * * fri-mon", "ends before it begins");
        check("17 5/2 * * *", "has a step without a range");
        check("*/0 2 * * *", "a step that is not a number from 1 on");
        check("17, 2 * * *", "the minute \"\" is not");
        check("+5 2 * * *", "the minute \"+5\" is not");
        check("17 2 31 feb,apr *", "no day on which it comes");
        check("17 2 31 feb mon", "can be read");
        check("17 2 29 2 *", "can be read");
    }

    #[test]
    fn days_of_the_month_and_of_the_week_are_alternatives_only_where_both_are_chosen() {
        let check = |text: &str, year, month, day, expected: bool| {
            let cron = Cron::parse(text).unwrap();
            assert_eq!(
                cron.comes_on(jiff::civil::date(year, month, day)),
                expected,
                "{text} {year}-{month}-{day}"
            );
        };
        // 1 November 2026 is a Sunday.
        check("0 2 * * mon-fri", 2026, 11, 1, false);
        check("0 2 * * 1-5", 2026, 11, 2, true);
        check("0 2 * * 7", 2026, 11, 1, true);
        check("0 2 * * SUN", 2026, 11, 1, true);
        check("0 2 1 * *", 2026, 11, 1, true);
        check("0 2 1 * *", 2026, 11, 2, false);
        check("0 2 1 * mon", 2026, 11, 2, true);
        check("0 2 1 * mon", 2026, 11, 1, true);
        check("0 2 */2 * mon", 2026, 11, 1, false);
        check("0 2 * sep-nov *", 2026, 12, 1, false);
    }

    #[test]
    fn the_times_of_a_day_come_in_order() {
        let check = |text: &str, expected: &[&str]| {
            let times: Vec<_> =
                Cron::parse(text).unwrap().times().map(|time| time.strftime("%H:%M").to_string()).collect();
            assert_eq!(times, expected);
        };
        check("17 2 * * *", &["02:17"]);
        check("30,0 8-12/2 * * *", &["08:00", "08:30", "10:00", "10:30", "12:00", "12:30"]);
        check("*/40 1 * * *", &["01:00", "01:40"]);
    }
}
