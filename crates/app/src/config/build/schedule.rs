//! Makes the schedule.
//!
//! Not here: when the next run is (`crate::serve`).

use jiff::tz::TimeZone;

use super::Build;
use crate::serve::{Cron, Schedule};

impl Build<'_> {
    /// The schedule; `None` where there is none.
    pub(super) fn schedule(&mut self) -> Option<Schedule> {
        // Everything is looked at, so that every mistake is told also where no time is set.
        let cron = self.document.text("schedule.run").and_then(|text| Cron::parse(&text).ok());
        let zone = self.time_zone();
        let mut blackouts = Vec::new();
        for range in self.document.list("schedule.blackout").unwrap_or_default() {
            match range.parse() {
                Ok(blackout) => blackouts.push(blackout),
                Err(why) => {
                    let hint = "write days or ranges such as \"2026-12-20..2027-01-04\"".to_owned();
                    self.mistake("schedule.blackout", why, Some(hint));
                }
            }
        }
        let jitter_minutes = u32::try_from(self.document.number("schedule.jitter_minutes")).ok()?;
        Some(Schedule { cron: cron?, zone: zone?, jitter_minutes, blackouts })
    }

    fn time_zone(&mut self) -> Option<TimeZone> {
        let Some(name) = self.document.text("schedule.time_zone") else { return Some(TimeZone::system()) };
        let zone = TimeZone::get(&name).ok();
        if zone.is_none() {
            let hint =
                "write a name such as \"Europe/London\"; this machine needs its time zones (package tzdata)";
            self.mistake("schedule.time_zone", format!("{name:?} is not a time zone"), Some(hint.into()));
        }
        zone
    }
}
