//! Brings groupings back, gives their names back, and puts groups into them or takes them out as before.
//!
//! Not here: the groups themselves.
//!
//! Invariant: a grouping in which something stays is not deleted.

use std::collections::HashSet;
use std::sync::Arc;

use super::{Dropped, Undoing};
use crate::keys::{GroupId, GroupKey, GroupingKey};
use crate::naming::fold;
use crate::operation::{Change, GroupingHead};

impl Undoing<'_> {
    /// Decides about every grouping, before the groups.
    pub(super) fn groupings(&mut self) {
        for dropped in &self.past.dropped {
            let Dropped::Grouping { key, idnumber, name } = dropped else { continue };
            let head =
                GroupingHead { key: key.clone(), idnumber: idnumber.clone(), id: None, name: name.clone() };
            self.bring_grouping_back(head);
        }
        for deed in self.deeds(&["adopt_grouping"]).filter(|deed| deed.before != deed.after) {
            self.lose(None, None, format!("grouping {} was taken over and stays ours", deed.name));
        }
        for deed in self.deeds(&["rename_grouping"]).filter(|deed| deed.before != deed.after) {
            let Some(key) = self.grouping_keys.get(&*deed.idnumber).copied() else { continue };
            let Some(head) = self.groupings.get(key).cloned() else { continue };
            let is_taken = self.is_grouping_name_taken(&deed.before, &head);
            if head.name == deed.before {
                continue;
            } else if head.name != deed.after || is_taken {
                self.lose(
                    None,
                    None,
                    format!("grouping {} keeps its name; it was {}", head.name, deed.before),
                );
                continue;
            }
            let grouping = Arc::new(GroupingHead { name: deed.before.clone(), ..(*head).clone() });
            self.groupings.insert(key.clone(), Arc::clone(&grouping));
            let via = (fold(&head.name) == fold(&deed.before)).then(|| head.idnumber.clone());
            self.do_it(Change::RenameGrouping { grouping, before: head.name.clone(), via });
        }
    }

    fn bring_grouping_back(&mut self, head: GroupingHead) {
        if self.groupings.contains_key(&head.key) {
            return;
        }
        if let Some(shown) = self.grouping_shown_as(&head.idnumber) {
            let name_applied = head.name.clone();
            let grouping = Arc::new(GroupingHead { id: Some(shown.id), name: shown.name.clone(), ..head });
            self.groupings.insert(grouping.key.clone(), Arc::clone(&grouping));
            let idnumber_before = shown.idnumber.clone();
            self.do_it(Change::AdoptGrouping { grouping, idnumber_before, name_applied });
            return;
        }
        if !self.deeds(&["delete_grouping"]).any(|deed| deed.idnumber == head.idnumber) {
            return;
        }
        if self.is_grouping_name_taken(&head.name, &head) {
            let detail = format!("grouping {} does not come back: another one has the name now", head.name);
            self.lose(None, None, detail);
            return;
        }
        let detail =
            format!("grouping {} comes back under a new id, and only with groups of its module", head.name);
        self.lose(None, None, detail);
        let grouping = Arc::new(head);
        self.groupings.insert(grouping.key.clone(), Arc::clone(&grouping));
        self.do_it(Change::CreateGrouping { grouping });
    }

    fn is_grouping_name_taken(&self, name: &str, but: &GroupingHead) -> bool {
        let folded = fold(name);
        self.course.groupings.iter().any(|other| Some(other.id) != but.id && fold(&other.name) == folded)
    }

    /// Puts groups into the groupings that held them, and takes them out of those that did not.
    pub(super) fn assignments(&mut self) {
        let mut into: HashSet<(GroupKey, GroupingKey)> = HashSet::new();
        for (key, head) in &self.groups {
            let grouping = GroupingKey { source: key.source.clone(), module: key.module.clone() };
            // A grouping with our idnumber is ours, also while our memory does not hold it.
            if let Some(shown) = self.grouping_shown_as(&grouping.idnumber()) {
                self.groupings.entry(grouping.clone()).or_insert_with(|| {
                    let (idnumber, name) = (shown.idnumber.clone(), shown.name.clone());
                    Arc::new(GroupingHead { key: grouping.clone(), idnumber, id: Some(shown.id), name })
                });
            }
            if head.id.is_none() && self.groupings.contains_key(&grouping) {
                into.insert((key.clone(), grouping));
            }
        }
        for deed in self.deeds(&["unassign_grouping"]) {
            into.extend(self.pair(&deed.idnumber, &deed.before));
        }
        let mut into: Vec<_> = into.into_iter().filter(|(group, _)| !self.leaving.contains(group)).collect();
        into.sort();
        for (group, grouping) in into {
            let (Some(group), Some(grouping)) = (self.groups.get(&group), self.groupings.get(&grouping))
            else {
                continue;
            };
            let (group, grouping) = (Arc::clone(group), Arc::clone(grouping));
            if !self.holds(&grouping, group.id) {
                self.do_it(Change::AssignGrouping { group, grouping });
            }
        }
        for deed in self.deeds(&["assign_grouping"]) {
            let Some((group, grouping)) = self.pair(&deed.idnumber, &deed.after) else { continue };
            let is_own = grouping.module == group.module && grouping.source == group.source;
            // A group that goes leaves its module's grouping with it; the others, after a merge, have to be named.
            let goes_along = is_own && self.leaving.contains(&group);
            if !goes_along && !self.kept.contains(&group) {
                self.put_in.insert((group, grouping));
            }
        }
    }

    /// The group of an idnumber and the grouping of a name, the one of the group's module first.
    fn pair(&self, idnumber: &str, name: &str) -> Option<(GroupKey, GroupingKey)> {
        let group = (*self.group_keys.get(idnumber)?).clone();
        let has_name = |key: &GroupingKey| {
            let was =
                |link: &crate::link::GroupingLink| &*link.name_shown == name || &*link.name_applied == name;
            self.links.groupings.get(key).is_some_and(was)
                || self.groupings.get(key).is_some_and(|head| &*head.name == name)
        };
        let own = GroupingKey { source: group.source.clone(), module: group.module.clone() };
        if has_name(&own) {
            return Some((group, own));
        }
        let grouping = self.groupings.keys().find(|key| has_name(key))?.clone();
        Some((group, grouping))
    }

    fn holds(&self, grouping: &GroupingHead, group: Option<GroupId>) -> bool {
        let held = self.shown_grouping(grouping).and_then(|shown| shown.groups.as_ref());
        held.zip(group).is_some_and(|(held, group)| held.contains(&group))
    }

    /// Takes the groups that the run put into groupings out of them, and takes away the groupings that the run made and
    /// in which nothing stays. Both are said, so that the journal tells an undo of this undo what was where.
    pub(super) fn take_groupings_away(&mut self) {
        let mut put_in: Vec<_> = std::mem::take(&mut self.put_in).into_iter().collect();
        put_in.sort();
        for deed in self.deeds(&["create_grouping"]) {
            let Some(key) = self.grouping_keys.get(&*deed.idnumber).copied() else { continue };
            let Some(grouping) = self.groupings.get(key).cloned() else { continue };
            let put_in = put_in.iter().filter(|(_, of)| of == key).map(|(group, _)| group);
            let free = self.leaving.iter().chain(put_in);
            let free: HashSet<GroupId> = free.filter_map(|key| self.groups.get(key)?.id).collect();
            let held = self.shown_grouping(&grouping).and_then(|shown| shown.groups.as_ref());
            if held.is_some_and(|held| held.iter().all(|id| free.contains(id))) {
                self.do_it(Change::DeleteGrouping { grouping });
            } else {
                self.lose(
                    None,
                    None,
                    format!("grouping {} is kept: it holds groups that stay", grouping.name),
                );
            }
        }
        for (group, grouping) in &put_in {
            let (Some(group), Some(grouping)) = (self.groups.get(group), self.groupings.get(grouping)) else {
                continue;
            };
            let (group, grouping) = (Arc::clone(group), Arc::clone(grouping));
            if self.holds(&grouping, group.id) {
                self.do_it(Change::UnassignGrouping { group, grouping });
            }
        }
    }
}
