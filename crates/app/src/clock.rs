//! The one place that looks at a clock.
//!
//! Not here: what the time is needed for; everything below the commands is handed a [`Timestamp`].

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use store::Timestamp;

/// Tells the time.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Clock {
    /// Seconds by which this clock is ahead; the demo lives through several nights in a few seconds.
    ahead_s: i64,
}

/// Seconds of a day.
pub(crate) const DAY_S: i64 = 24 * 60 * 60;

impl Clock {
    /// A clock that is some days ahead.
    pub(crate) fn days_ahead(days: i64) -> Clock {
        Clock { ahead_s: days * DAY_S }
    }

    /// A clock that shows a time now, and goes on from there.
    pub(crate) fn ahead_until(time_s: i64) -> Clock {
        Clock { ahead_s: time_s - jiff::Timestamp::now().as_second() }
    }

    /// The time now.
    pub(crate) fn now(self) -> Timestamp {
        Timestamp(jiff::Timestamp::now().as_second() + self.ahead_s)
    }

    /// The time now, in milliseconds since 1970-01-01 00:00 UTC.
    pub(crate) fn now_ms(self) -> i64 {
        jiff::Timestamp::now().as_millisecond() + self.ahead_s * 1000
    }
}

/// Reads a day (its first moment) or a minute of this place, as [`written`] writes it.
pub(crate) fn time_of(text: &str) -> Option<Timestamp> {
    let day = Date::strptime("%Y-%m-%d", text).ok().map(DateTime::from);
    let time = day.or_else(|| DateTime::strptime("%Y-%m-%d %H:%M", text).ok())?;
    Some(Timestamp(TimeZone::system().to_ambiguous_timestamp(time).compatible().ok()?.as_second()))
}

/// A time as people of this place write it, for example `2026-11-25 02:17`.
pub(crate) fn written(time: Timestamp) -> String {
    match jiff::Timestamp::from_second(time.0) {
        Ok(time) => time.to_zoned_datetime(TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string(),
        Err(_) => format!("{} s", time.0),
    }
}
