//! Puts people back who were removed, and takes people out who were added.
//!
//! Not here: the members of groups that the run made, who go with their group.
//!
//! Invariant: only a membership that is ours is taken away.
//! Invariant: a person who is not enrolled any more is told, not sent.

use std::collections::HashSet;
use std::sync::Arc;

use super::{Dropped, Undoing};
use crate::keys::{GroupKey, PersonKey, Role, UserId};
use crate::operation::Change;

impl Undoing<'_> {
    /// Decides about every membership, and about the groupings of the groups.
    pub(super) fn members(&mut self) {
        self.assignments();
        let enrolled: HashSet<UserId> = self.course.enrolled.iter().map(|user| user.id).collect();
        for dropped in &self.past.dropped {
            if let Dropped::Member { group, user, person, role } = dropped {
                // What was never ours was removed by policy; back again it is a student's place like any other.
                let group = self.group_keys.get(&*group.idnumber()).copied().unwrap_or(group);
                self.put_back(group, *user, person, role.unwrap_or(Role::Student), &enrolled);
            }
        }
        for deed in self.deeds(&["add_member"]) {
            let (Some(key), Some(user)) = (self.group_keys.get(&*deed.idnumber).copied(), deed.user) else {
                continue;
            };
            if !self.leaving.contains(key) && !self.kept.contains(key) {
                self.take_out(key, user, &PersonKey(deed.person.clone()));
            }
        }
        for deed in self.deeds(&["enrol_person"]) {
            let person = PersonKey(deed.person.clone());
            self.lose(None, Some(&person), format!("{person} was enrolled and stays enrolled"));
        }
    }

    fn put_back(
        &mut self,
        key: &GroupKey,
        user: UserId,
        person: &PersonKey,
        role: Role,
        enrolled: &HashSet<UserId>,
    ) {
        let Some(group) = self.groups.get(key).filter(|_| !self.leaving.contains(key)).cloned() else {
            return;
        };
        let person = person.clone();
        let members = self.shown(&group).and_then(|shown| shown.members.as_ref());
        if members.is_some_and(|members| members.contains(&user)) {
            let is_ours = self.links.groups.get(key).is_some_and(|link| link.members.contains_key(&user));
            if !is_ours {
                self.do_it(Change::AdoptMember { group, user, person, role });
            }
        } else if !self.was_taken_away(key, user) {
            // It was gone already when the run forgot it.
        } else if enrolled.contains(&user) {
            self.do_it(Change::AddMember { group, user, person, role });
        } else {
            let detail = format!("{person} is no longer enrolled, and not put back into {}", group.name);
            self.lose(Some(key), Some(&person), detail);
        }
    }

    /// Tells whether the run itself took the person out, or deleted the group.
    fn was_taken_away(&self, key: &GroupKey, user: UserId) -> bool {
        self.deeds(&["remove_member", "delete_group"]).any(|deed| {
            let is_theirs = &*deed.kind == "delete_group" || deed.user == Some(user);
            is_theirs && self.group_keys.get(&*deed.idnumber).copied() == Some(key)
        })
    }

    fn take_out(&mut self, key: &GroupKey, user: UserId, person: &PersonKey) {
        let Some(group) = self.groups.get(key).map(Arc::clone) else { return };
        let is_ours = self.links.groups.get(key).is_some_and(|link| link.members.contains_key(&user));
        let Some(members) = self.shown(&group).and_then(|shown| shown.members.as_ref()) else { return };
        let person = person.clone();
        match (members.contains(&user), is_ours) {
            (true, true) => self.do_it(Change::RemoveMember { group, user, person }),
            (false, true) => self.do_it(Change::ForgetMember { group, user, person }),
            (_, false) => {}
        }
    }
}
