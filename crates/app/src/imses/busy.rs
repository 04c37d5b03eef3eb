//! How much an account has under way (features.md S15): calls at once, and calls that began in this minute.
//!
//! Not here: the answer to whoever has too much; that is a status (`targetisbusy`) for each item.
//!
//! Invariant: what was counted when a call began is given back when its permit is dropped, whatever happens to the call.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use store::Timestamp;
use store::ims::{AccountId, CallLimits};

/// Counts the calls of all accounts.
#[derive(Clone, Default)]
pub(super) struct Busy {
    loads: Arc<Mutex<HashMap<AccountId, Load>>>,
}

#[derive(Clone, Copy, Default)]
struct Load {
    under_way: u32,
    minute: i64,
    begun_in_minute: u32,
}

/// A call that is under way.
pub(super) struct Permit {
    busy: Busy,
    account: AccountId,
}

impl Busy {
    /// Lets a call begin; `None` if the account has too much already.
    pub(super) fn begin(&self, account: AccountId, limits: CallLimits, now: Timestamp) -> Option<Permit> {
        let mut loads = self.loads.lock().unwrap_or_else(PoisonError::into_inner);
        let load = loads.entry(account).or_default();
        let minute = now.0.div_euclid(60);
        if load.minute != minute {
            (load.minute, load.begun_in_minute) = (minute, 0);
        }
        let is_over = |count: u32, max: u32| max > 0 && count >= max;
        if is_over(load.under_way, limits.at_once_max) || is_over(load.begun_in_minute, limits.per_minute_max)
        {
            return None;
        }
        load.under_way += 1;
        load.begun_in_minute += 1;
        Some(Permit { busy: self.clone(), account })
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut loads = self.busy.loads.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(load) = loads.get_mut(&self.account) {
            load.under_way = load.under_way.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: AccountId = AccountId(1);

    #[test]
    fn s15_a_call_too_many_at_once_is_refused_until_another_ends() {
        let (busy, limits) = (Busy::default(), CallLimits { at_once_max: 2, per_minute_max: 0 });
        let begin = || busy.begin(ACCOUNT, limits, Timestamp(0));
        let (first, second) = (begin(), begin());
        assert!(first.is_some() && second.is_some() && begin().is_none());
        assert!(busy.begin(AccountId(2), limits, Timestamp(0)).is_some(), "another account");
        drop(first);
        assert!(begin().is_some());
    }

    #[test]
    fn s15_calls_are_counted_by_the_minute() {
        let (busy, limits) = (Busy::default(), CallLimits { at_once_max: 0, per_minute_max: 2 });
        let begin = |second| busy.begin(ACCOUNT, limits, Timestamp(second)).is_some();
        assert_eq!([begin(0), begin(30), begin(59), begin(60)], [true, true, false, true]);
    }
}
