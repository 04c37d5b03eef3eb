//! Tells whether it has been quiet for too long: no good run, and so perhaps nobody who would say so.
//!
//! Not here: sending the alarm ([`super::send_silence_alarm`]) and looking at the clock.

use store::Timestamp;

/// Seconds of an hour.
const HOUR_S: i64 = 60 * 60;

/// It has been quiet for too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Silence {
    /// When the last good run began.
    pub(crate) last_good_run: Timestamp,
    /// Whole hours since then.
    pub(crate) hours: u64,
}

/// Tells whether the last good run began more than `hours` ago; 0 hours never alarm.
///
/// Where no run was ever good there is nothing to measure from: whoever keeps a schedule hands in the time at which it
/// began to keep it.
pub(crate) fn silence(last_good_run: Option<Timestamp>, now: Timestamp, hours: u64) -> Option<Silence> {
    let last_good_run = last_good_run?;
    let quiet_s = now.0.saturating_sub(last_good_run.0);
    let allowed_s = i64::try_from(hours).unwrap_or(i64::MAX).saturating_mul(HOUR_S);
    if hours == 0 || quiet_s <= allowed_s {
        return None;
    }
    Some(Silence { last_good_run, hours: (quiet_s / HOUR_S).unsigned_abs() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h8_silence_is_more_than_the_hours_since_the_last_good_run() {
        let check = |last: Option<i64>, now_h: i64, hours: u64, expected: Option<u64>| {
            let found = silence(last.map(|h| Timestamp(h * HOUR_S)), Timestamp(now_h * HOUR_S), hours);
            assert_eq!(found.map(|silence| silence.hours), expected);
        };
        check(Some(0), 26, 26, None);
        check(Some(0), 27, 26, Some(27));
        check(Some(0), 9_999, 0, None);
        check(None, 9_999, 26, None);
        // A clock that was put back is no silence.
        check(Some(50), 3, 26, None);
        check(Some(0), 30, u64::MAX, None);
    }
}
