//! When the next run begins: cron in a time zone, spread by some minutes, and the days on which runs only plan
//! (features F1, N10).
//!
//! Not here: looking at a clock, waiting and running (`keeper.rs`).
//!
//! Invariant: nothing here reads a clock or makes a random number; both are handed in.
//! Invariant: each time of cron comes once: one that the clocks jump over comes when they have jumped, and one that
//! the clocks show twice comes the first time.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, TimeZone};
use reconcile::delivery::ContentHash;
use store::Timestamp;

use super::cron::Cron;

/// From 29 February to the next one it may be eight years, as from 2096 to 2104.
const DAYS_SEARCHED_MAX: u32 = 8 * 366 + 1;

/// When runs begin.
#[derive(Clone, Debug)]
pub(crate) struct Schedule {
    /// The times.
    pub(crate) cron: Cron,
    /// The zone in which they are meant.
    pub(crate) zone: TimeZone,
    /// By how many minutes at most a run begins later.
    pub(crate) jitter_minutes: u32,
    /// The days on which runs only plan.
    pub(crate) blackouts: Vec<Blackout>,
}

/// Days on which runs only plan, the last one included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Blackout {
    first: Date,
    last: Date,
}

/// A run to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NextRun {
    /// The time of cron.
    pub(crate) due: Timestamp,
    /// The time at which it begins: a little later.
    pub(crate) begins: Timestamp,
}

impl FromStr for Blackout {
    type Err = String;

    /// Reads `2026-12-20..2027-01-04`, or one day.
    fn from_str(text: &str) -> Result<Blackout, String> {
        let (first, last) = text.split_once("..").unwrap_or((text, text));
        let day = |text: &str| {
            let day = text.trim();
            day.parse().map_err(|_| format!("{day:?} is not a day such as 2026-12-20"))
        };
        let (first, last) = (day(first)?, day(last)?);
        if first > last {
            return Err(format!("{text:?} ends before it begins"));
        }
        Ok(Blackout { first, last })
    }
}

impl fmt::Display for Blackout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.first, self.last)
    }
}

impl Schedule {
    /// The first run whose time of cron comes after a time; `None` where the calendar ends.
    ///
    /// `spread` is what this installation differs in from others, so that not all of them begin at once. The same
    /// installation waits equally long for the same time of cron, so that whoever asks hears when it will be.
    pub(crate) fn next_run(&self, after: Timestamp, spread: &str) -> Option<NextRun> {
        let due = self.next_due(after)?;
        let mut hash = ContentHash::default();
        hash.add(&[spread, &due.0.to_string()]);
        let number = hash
            .to_string()
            .bytes()
            .fold(0_u64, |number, byte| number.wrapping_mul(31).wrapping_add(u64::from(byte)));
        let wait_s = number % (u64::from(self.jitter_minutes) * 60 + 1);
        Some(NextRun { due, begins: Timestamp(due.0.saturating_add_unsigned(wait_s)) })
    }

    /// The first time of cron after a time.
    pub(crate) fn next_due(&self, after: Timestamp) -> Option<Timestamp> {
        let from = self.local(after)?;
        let mut date = from.date();
        for _ in 0..DAYS_SEARCHED_MAX {
            if self.cron.comes_on(date) {
                let times = self.cron.times().map(|time| date.to_datetime(time));
                // The minute of `after` itself is looked at too: its seconds are not those of cron.
                let due = times.filter_map(|time| self.instant(time)).find(|due| *due > after);
                if due.is_some() {
                    return due;
                }
            }
            date = date.tomorrow().ok()?;
        }
        None
    }

    /// The first time of cron after a time on a day on which runs do more than plan: if no good run began by then,
    /// one is missing.
    pub(crate) fn next_due_outside_blackouts(&self, after: Timestamp) -> Option<Timestamp> {
        let mut due = self.next_due(after)?;
        while let Some(blackout) = self.blackout(due) {
            let midnight =
                self.instant(blackout.last.tomorrow().ok()?.to_datetime(jiff::civil::Time::midnight()))?;
            due = self.next_due(Timestamp(midnight.0 - 1))?;
        }
        Some(due)
    }

    /// The blackout in which a time lies.
    pub(crate) fn blackout(&self, at: Timestamp) -> Option<Blackout> {
        let today = self.local(at)?.date();
        self.blackouts.iter().copied().find(|range| (range.first..=range.last).contains(&today))
    }

    fn local(&self, at: Timestamp) -> Option<DateTime> {
        Some(self.zone.to_datetime(jiff::Timestamp::from_second(at.0).ok()?))
    }

    /// The moment at which the clocks of the zone show a time for the first time, or have jumped over it.
    fn instant(&self, local: DateTime) -> Option<Timestamp> {
        let moment = match self.zone.to_ambiguous_timestamp(local).offset() {
            AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(local).ok()?,
            AmbiguousOffset::Fold { before, after: _ } => before.to_timestamp(local).ok()?,
            AmbiguousOffset::Gap { before: _, after } => {
                let before_the_jump = after.to_timestamp(local).ok()?;
                self.zone.following(before_the_jump).next()?.timestamp()
            }
        };
        Some(Timestamp(moment.as_second()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(cron: &str, zone: &str) -> Schedule {
        Schedule {
            cron: Cron::parse(cron).unwrap(),
            zone: TimeZone::get(zone).unwrap(),
            jitter_minutes: 0,
            blackouts: Vec::new(),
        }
    }

    fn at(text: &str) -> Timestamp {
        Timestamp(text.parse::<jiff::Timestamp>().unwrap().as_second())
    }

    fn utc(time: Timestamp) -> String {
        jiff::Timestamp::from_second(time.0).unwrap().strftime("%Y-%m-%d %H:%M").to_string()
    }

    /// The next times of cron after a time, in UTC.
    fn check(schedule: &Schedule, after: &str, expected: &[&str]) {
        let mut found = Vec::new();
        let mut time = at(after);
        for _ in expected {
            time = schedule.next_due(time).unwrap();
            found.push(utc(time));
        }
        assert_eq!(found, expected);
    }

    #[test]
    fn f1_the_next_time_is_after_now_in_the_zone_of_the_schedule() {
        let night = schedule("17 2 * * *", "Europe/London");
        check(&night, "2026-11-24T12:00:00Z", &["2026-11-25 02:17", "2026-11-26 02:17"]);
        check(&night, "2026-11-25T02:16:59Z", &["2026-11-25 02:17"]);
        check(&night, "2026-11-25T02:17:00Z", &["2026-11-26 02:17"]);
        check(&night, "2026-07-01T00:00:00Z", &["2026-07-01 01:17"]);
        check(&schedule("17 2 * * *", "Asia/Tokyo"), "2026-11-24T12:00:00Z", &["2026-11-24 17:17"]);
        check(&schedule("0 6 29 2 *", "UTC"), "2096-03-01T00:00:00Z", &["2104-02-29 06:00"]);
        let weekdays = schedule("17 2 * * mon-fri", "Europe/London");
        check(&weekdays, "2026-11-27T12:00:00Z", &["2026-11-30 02:17", "2026-12-01 02:17"]);
    }

    #[test]
    fn f1_a_time_that_the_clocks_jump_over_comes_once_when_they_have_jumped() {
        // On 29 March 2026 London goes from 01:00 to 02:00 at 01:00 UTC.
        let check = |cron, expected: &[&str]| {
            check(&schedule(cron, "Europe/London"), "2026-03-28T12:00:00Z", expected);
        };
        check("17 1 * * *", &["2026-03-29 01:00", "2026-03-30 00:17"]);
        check("0,30 1,2 * * *", &["2026-03-29 01:00", "2026-03-29 01:30", "2026-03-30 00:00"]);
        check("59 0 * * *", &["2026-03-29 00:59", "2026-03-29 23:59"]);
    }

    #[test]
    fn f1_a_time_that_the_clocks_show_twice_comes_the_first_time() {
        // On 25 October 2026 London goes from 02:00 back to 01:00 at 01:00 UTC.
        let check = |cron, after, expected: &[&str]| {
            check(&schedule(cron, "Europe/London"), after, expected);
        };
        check("17 1 * * *", "2026-10-24T12:00:00Z", &["2026-10-25 00:17", "2026-10-26 01:17"]);
        check("17 1 * * *", "2026-10-25T01:05:00Z", &["2026-10-26 01:17"]);
        check("*/30 0-2 * * *", "2026-10-25T00:15:00Z", &["2026-10-25 00:30", "2026-10-25 02:00"]);
    }

    #[test]
    fn f1_jitter_stays_within_its_bound_and_spreads() {
        let jittered = Schedule { jitter_minutes: 10, ..schedule("17 2 * * *", "UTC") };
        let mut waits = std::collections::BTreeSet::new();
        for machine in 0..100 {
            let next = jittered.next_run(at("2026-11-24T12:00:00Z"), &format!("machine {machine}")).unwrap();
            assert_eq!(utc(next.due), "2026-11-25 02:17");
            let wait_s = next.begins.0 - next.due.0;
            assert!((0..=600).contains(&wait_s), "{wait_s}");
            waits.insert(wait_s);
        }
        assert!(waits.len() > 50, "{waits:?}");
        let one = |spread| jittered.next_run(at("2026-11-24T12:00:00Z"), spread);
        assert_eq!(one("a"), one("a"));
        let exact = schedule("17 2 * * *", "UTC").next_run(at("2026-11-24T12:00:00Z"), "a").unwrap();
        assert_eq!(exact.begins, exact.due);
    }

    #[test]
    fn n10_a_blackout_holds_from_its_first_to_its_last_day_in_the_zone() {
        let blackouts = vec!["2026-12-20..2027-01-04".parse().unwrap(), "2027-03-01".parse().unwrap()];
        let closed = Schedule { blackouts, ..schedule("17 2 * * *", "Pacific/Auckland") };
        let check = |time: &str, expected: bool| {
            assert_eq!(closed.blackout(at(time)).is_some(), expected, "{time}");
        };
        // Auckland is thirteen hours ahead in summer.
        check("2026-12-19T10:59:59Z", false);
        check("2026-12-19T11:00:00Z", true);
        check("2027-01-04T10:59:59Z", true);
        check("2027-01-04T11:00:00Z", false);
        check("2027-03-01T05:00:00Z", true);
        let due = closed.next_due_outside_blackouts(at("2026-12-19T12:00:00Z")).unwrap();
        assert_eq!(utc(due), "2027-01-04 13:17");
    }

    #[test]
    fn n10_a_blackout_that_cannot_be_read_is_told() {
        let check = |text: &str, expected: &str| {
            assert_eq!(
                text.parse::<Blackout>().map(|range| range.to_string()).unwrap_or_else(|why| why),
                expected
            );
        };
        check("2026-12-20..2027-01-04", "2026-12-20..2027-01-04");
        check("2026-12-20 .. 2026-12-21", "2026-12-20..2026-12-21");
        check("2026-12-24", "2026-12-24..2026-12-24");
        check("2027-01-04..2026-12-20", "\"2027-01-04..2026-12-20\" ends before it begins");
        check("Christmas", "\"Christmas\" is not a day such as 2026-12-20");
        check("2026-12-20..", "\"\" is not a day such as 2026-12-20");
        check("2026-02-30", "\"2026-02-30\" is not a day such as 2026-12-20");
    }
}
