//! What the database of Moodle says about ids, past its cached lists (facts/moodle-ws.md §7).
//!
//! Each of these functions fails as a whole when one id is stale, so a failing call is halved until the stale id
//! stands alone (features C5, C6).
//!
//! Not here: what an absent id means; that depends on who asks.
//!
//! Invariant: an id is *absent* only if Moodle said so for that id alone; what could not be asked is *unreadable*.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;

use super::Moodle;
use super::errors::CallError;
use super::functions::{Function, GroupRow, GroupingRow};

/// What the database says about a set of ids.
#[derive(Debug)]
pub(super) struct Confirmed<T> {
    /// What is there, by id.
    pub(super) there: BTreeMap<i64, T>,
    /// What could not be asked, and why.
    pub(super) unreadable: BTreeMap<i64, CallError>,
}

impl<T> Confirmed<T> {
    /// Tells whether the database said that the id does not exist.
    pub(super) fn is_absent(&self, id: i64) -> bool {
        !self.there.contains_key(&id) && !self.unreadable.contains_key(&id)
    }

    /// Fails with the first failure that is of the whole site, not of an id.
    pub(super) fn unless_site_failed(self) -> Result<Confirmed<T>, CallError> {
        match self.unreadable.values().find(|error| error.is_of_the_site()) {
            Some(error) => Err(error.clone()),
            None => Ok(self),
        }
    }
}

impl Moodle {
    /// The members of groups.
    pub(super) async fn confirm_members(&self, ids: &BTreeSet<i64>) -> Confirmed<Vec<i64>> {
        let ask = |ids: Vec<i64>| async move {
            let rows = self.client.get_group_members(&ids).await?;
            Ok(rows.into_iter().map(|row| (row.groupid, row.userids)).collect())
        };
        confirm(ids, self.client.settings.batch_max(1), ask).await
    }

    /// Names and idnumbers of groups. Without the function for it, only that they exist: nothing is returned for
    /// those that do, so the caller keeps what the list said.
    pub(super) async fn confirm_groups(&self, ids: &BTreeSet<i64>) -> Confirmed<Option<GroupRow>> {
        if !self.grants(Function::GetGroups) {
            let members = self.confirm_members(ids).await;
            let there = members.there.into_keys().map(|id| (id, None)).collect();
            return Confirmed { there, unreadable: members.unreadable };
        }
        let ask = |ids: Vec<i64>| async move {
            let rows = self.client.get_groups(&ids).await?;
            Ok(rows.into_iter().map(|row| (row.id, Some(row))).collect())
        };
        confirm(ids, self.client.settings.batch_max(1), ask).await
    }

    /// Groupings with their groups. The caller has made sure that the function is granted.
    pub(super) async fn confirm_groupings(&self, ids: &BTreeSet<i64>) -> Confirmed<GroupingRow> {
        let ask = |ids: Vec<i64>| async move {
            let rows = self.client.get_groupings(&ids).await?;
            Ok(rows.into_iter().map(|row| (row.id, row)).collect())
        };
        confirm(ids, self.client.settings.batch_max(1), ask).await
    }
}

async fn confirm<T, Ask, Answer>(ids: &BTreeSet<i64>, batch_max: usize, ask: Ask) -> Confirmed<T>
where
    Ask: Fn(Vec<i64>) -> Answer,
    Answer: Future<Output = Result<Vec<(i64, T)>, CallError>>,
{
    let mut confirmed = Confirmed { there: BTreeMap::new(), unreadable: BTreeMap::new() };
    let all: Vec<i64> = ids.iter().copied().collect();
    let mut waiting: Vec<Vec<i64>> = all.chunks(batch_max).rev().map(<[i64]>::to_vec).collect();
    while let Some(part) = waiting.pop() {
        match ask(part.clone()).await {
            Ok(rows) => confirmed.there.extend(rows),
            // Nothing that smaller calls would mend.
            Err(error) if error.is_of_the_site() => {
                confirmed.unreadable.extend(part.into_iter().map(|id| (id, error.clone())));
            }
            Err(error) if part.len() == 1 => {
                if !error.is_missing_record() {
                    confirmed.unreadable.extend(part.into_iter().map(|id| (id, error.clone())));
                }
            }
            Err(_) => {
                let (left, right) = part.split_at(part.len() / 2);
                waiting.push(right.to_vec());
                waiting.push(left.to_vec());
            }
        }
    }
    confirmed
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// Asks for `1..=count` of which some are stale or closed; returns absent and unreadable ids and the calls.
    async fn check(count: i64, stale: &[i64], closed: &[i64]) -> (Vec<i64>, Vec<i64>, usize) {
        let calls = Cell::new(0);
        let ask = |ids: Vec<i64>| {
            calls.set(calls.get() + 1);
            let code = if ids.iter().any(|id| stale.contains(id)) {
                Some("invalidrecord")
            } else if ids.iter().any(|id| closed.contains(id)) {
                Some("nopermissions")
            } else {
                None
            };
            std::future::ready(match code {
                Some(code) => Err(CallError::new("core_x", code, "")),
                None => Ok(ids.into_iter().map(|id| (id, ())).collect()),
            })
        };
        let ids: BTreeSet<i64> = (1..=count).collect();
        let confirmed = confirm(&ids, 100, ask).await;
        let absent = ids.iter().copied().filter(|id| confirmed.is_absent(*id)).collect();
        (absent, confirmed.unreadable.into_keys().collect(), calls.get())
    }

    #[tokio::test]
    async fn a_stale_id_is_found_among_its_neighbours() {
        assert_eq!(check(250, &[], &[]).await, (vec![], vec![], 3));
        let (absent, unreadable, calls) = check(250, &[7, 201], &[42]).await;
        assert_eq!((absent, unreadable), (vec![7, 201], vec![42]));
        assert!(calls < 45, "{calls}");
    }
}
