//! Takes over the groupings of the groups, and records the memberships that both sides show.
//!
//! Not here: which groups there are.
//!
//! Invariant: a membership becomes ours only if the old tool has it and the platform shows it; so the next run takes
//! out whom the source no longer names, and leaves whom a teacher added.
//! Invariant: memberships of a group that is ours already are left to the ordinary runs, unless none was recorded yet.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::{Taken, TakingOver, about_key};
use crate::finding::{Reason, Subject};
use crate::keys::{GroupingId, GroupingKey, PersonKey, UserId};
use crate::operation::{Change, GroupingHead};
use crate::policy::Groupings;

impl TakingOver<'_> {
    /// Takes over one grouping for each module: the first that the rows name and the course shows.
    pub(super) fn groupings(&mut self) {
        if self.policy.groupings == Groupings::None {
            return;
        }
        let mut named: BTreeMap<GroupingKey, Vec<GroupingId>> = BTreeMap::new();
        for taken in &self.taken {
            let Some(id) = taken.row.grouping else { continue };
            let key = &taken.head.key;
            let key = GroupingKey { source: key.source.clone(), module: key.module.clone() };
            let ids = named.entry(key).or_default();
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        for (key, ids) in named {
            let is_ours = self.snapshot.links.groupings.get(&key).is_some_and(|link| link.id.is_some());
            if !is_ours && let Err(detail) = self.grouping(&key, &ids) {
                let subject = Subject { module: Some(key.module), ..Subject::default() };
                self.tell(Reason::OldGrouping, subject, detail);
            }
        }
    }

    fn grouping(&mut self, key: &GroupingKey, ids: &[GroupingId]) -> Result<(), String> {
        let groupings = &self.course.groupings;
        let idnumber = key.idnumber();
        let Some(shown) = ids.iter().find_map(|id| groupings.iter().find(|grouping| grouping.id == *id))
        else {
            let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
            return Err(format!("{} had grouping {}, which is not there", key.module, ids.join(", ")));
        };
        let called = format!("{} (id {}) of {}", shown.name, shown.id, key.module);
        if let Some(other) = groupings.iter().find(|other| other.id != shown.id && other.idnumber == idnumber)
        {
            return Err(format!("{called}: Muster has grouping {} (id {})", other.name, other.id));
        }
        if !shown.idnumber.is_empty() && shown.idnumber != idnumber {
            return Err(format!("{called} carries the idnumber {}", shown.idnumber));
        }
        if self.snapshot.links.groupings.values().any(|link| link.id == Some(shown.id))
            || !self.claimed_groupings.insert(shown.id)
        {
            return Err(format!("{called} is another module's grouping as well"));
        }
        let name_applied = self.desired.groupings.get(key).unwrap_or(&shown.name).clone();
        let grouping = Arc::new(GroupingHead {
            key: key.clone(),
            idnumber,
            id: Some(shown.id),
            name: shown.name.clone(),
        });
        let idnumber_before = shown.idnumber.clone();
        self.do_it(Change::AdoptGrouping { grouping, idnumber_before, name_applied });
        Ok(())
    }

    /// Records the memberships.
    pub(super) fn members(&mut self) {
        let keys: HashMap<UserId, Option<&PersonKey>> =
            self.course.enrolled.iter().map(|user| (user.id, user.key.as_ref())).collect();
        let taken = std::mem::take(&mut self.taken);
        for taken in &taken {
            let link = self.snapshot.links.groups.get(&taken.head.key);
            if link.is_none_or(|link| link.members.is_empty()) {
                self.members_of(taken, &keys);
            }
        }
        self.taken = taken;
    }

    fn members_of(&mut self, taken: &Taken<'_>, keys: &HashMap<UserId, Option<&PersonKey>>) {
        let old = self.old;
        let Some(old) = old.members.get(&taken.shown.id) else { return };
        let Some(shown) = &taken.shown.members else {
            let detail = format!("the members of {} were not read", taken.shown.name);
            return self.tell(Reason::ReadIncomplete, about_key(&taken.head.key), detail);
        };
        let shown: BTreeSet<UserId> = shown.iter().copied().collect();
        let (mut gone, mut keyless) = (0, 0);
        for (user, member) in old {
            if !shown.contains(user) {
                gone += 1;
            } else if let Some(person) = keys.get(user).copied().flatten() {
                let change = Change::AdoptMember {
                    group: Arc::clone(&taken.head),
                    user: *user,
                    person: person.clone(),
                    role: member.role,
                };
                self.do_it(change);
            } else {
                keyless += 1;
            }
        }
        if gone + keyless > 0 {
            let mut parts = Vec::new();
            if gone > 0 {
                parts.push(format!("{gone} not on the platform"));
            }
            if keyless > 0 {
                parts.push(format!("{keyless} without the key of a person, kept as local members"));
            }
            let detail = format!("{}: {}", taken.shown.name, parts.join(", "));
            self.tell(Reason::OldMembers, about_key(&taken.head.key), detail);
        }
    }
}
