//! Brings deleted groups back, gives names and keys back, and takes away what the run made.
//!
//! Not here: who is in the groups, and which grouping holds them.
//!
//! Invariant: a name or idnumber that somebody changed after the run stays as it is.

use std::sync::Arc;

use super::{Deed, Dropped, Undoing};
use crate::keys::{GroupId, GroupKey, NAMESPACE, Part, PersonKey, Text};
use crate::naming::fold;
use crate::observed::ObservedGroup;
use crate::operation::{Becomes, Change, GroupHead};
use crate::plan::passing;

impl<'a> Undoing<'a> {
    /// Decides about every group; what goes is only noted, because deletions need to know who else wants a name.
    pub(super) fn groups(&mut self) {
        for deed in self.deeds(&["create_group"]) {
            self.note_leaving(deed);
        }
        // All names first: who gives one up has to know that somebody else gets it.
        let renamed: Vec<(&Deed, GroupKey)> = self
            .deeds(&["rename_group"])
            .filter(|deed| deed.before != deed.after)
            .filter_map(|deed| Some((deed, (*self.group_keys.get(&*deed.idnumber)?).clone())))
            .collect();
        let mut names_before: Vec<(GroupKey, Text)> = Vec::new();
        for (deed, key) in &renamed {
            names_before.push((key.clone(), deed.before.clone()));
            self.wanted_names.insert(fold(&deed.before));
        }
        let dropped: Vec<&'a Dropped> = self.past.dropped.iter().collect();
        for dropped in &dropped {
            if let Dropped::Group { name, .. } = dropped {
                self.wanted_names.insert(fold(name));
            }
        }
        for dropped in dropped {
            let Dropped::Group { key, idnumber, name, term, id } = dropped else { continue };
            // A group that made room for another before it was deleted gets the name that it had before that.
            let name = names_before.iter().find(|(of, _)| of == key).map_or(name, |(_, name)| name);
            let head = GroupHead {
                key: key.clone(),
                idnumber: idnumber.clone(),
                id: None,
                name: name.clone(),
                term: term.clone(),
            };
            self.bring_back(head, *id);
        }
        for (deed, key) in renamed {
            self.rename_back(deed, &key);
        }
        for deed in self.deeds(&["rekey_group"]) {
            self.rekey_back(deed);
        }
        for deed in
            self.deeds(&["adopt_group"]).filter(|deed| deed.before != deed.after && is_ours(&deed.after))
        {
            self.give_back(deed);
        }
    }

    /// Gives a group back that the run took over: its idnumber is as it was, and our memory lets go of it. Two operations
    /// that there are already do that: what is taken over under a foreign idnumber is not ours any more.
    fn give_back(&mut self, deed: &Deed) {
        // After a crash between the two the idnumber is written, and our memory still has the group.
        let known = || self.links.groups.keys().find(|key| *key.idnumber() == *deed.idnumber);
        let Some(key) = self.group_keys.get(&*deed.idnumber).copied().or_else(known) else { return };
        let Some(head) = self.groups.get(key).cloned() else { return };
        let Some(shown) = self.shown(&head) else { return };
        let stays = |why: String| format!("{} was taken over and stays ours: {why}", deed.name);
        let is_given_back = shown.idnumber == deed.before;
        if is_ours(&deed.before) || !self.came_with_its_people(key, deed) {
            self.lose(Some(key), None, stays(format!("its idnumber is {}", shown.idnumber)));
            return;
        }
        if !is_given_back && shown.idnumber != deed.after {
            let detail = stays(format!("somebody gave it the idnumber {} since", shown.idnumber));
            self.lose(Some(key), None, detail);
            return;
        }
        let holder = self.shown_as(&deed.before).filter(|other| other.id != shown.id);
        if let Some(other) = holder.filter(|_| !deed.before.is_empty()) {
            let detail = stays(format!("group {} has the idnumber {} now", other.id, deed.before));
            self.lose(Some(key), None, detail);
            return;
        }
        // The tombstone keeps the idnumber that was ours, so that an undo of this undo knows the group.
        let ours = Arc::new(GroupHead { idnumber: deed.after.clone(), ..(*head).clone() });
        if !is_given_back {
            let (idnumber, name) = (deed.before.clone(), shown.name.clone());
            let group = Arc::new(GroupHead { idnumber, name, ..(*head).clone() });
            let (idnumber_before, name_applied) = (deed.after.clone(), head.name.clone());
            self.do_it(Change::AdoptGroup { group, idnumber_before, name_applied });
        }
        self.do_it(Change::ForgetGroup { group: ours });
    }

    /// Tells whether our memory of a group began with this run: whoever is ours in it became so in the run. The run may
    /// also have written the idnumber of a group that had been ours and lost it; that one stays ours.
    fn came_with_its_people(&self, key: &GroupKey, deed: &Deed) -> bool {
        let members = self.links.groups.get(key).map(|link| &link.members);
        let came = |user| {
            self.deeds(&["adopt_member", "add_member"])
                .any(|of| of.idnumber == deed.idnumber && of.user == Some(user))
        };
        members.is_some_and(|members| !members.is_empty() && members.keys().all(|user| came(*user)))
    }

    /// The group that an undo gave back, if it still is as it was given back.
    fn given_back(&self, head: &GroupHead, id: Option<GroupId>) -> Option<&'a ObservedGroup> {
        let deed = self
            .deeds(&["adopt_group"])
            .find(|deed| deed.before == head.idnumber && !is_ours(&deed.after))?;
        let shown = self.course.groups.iter().find(|group| Some(group.id) == id)?;
        (shown.idnumber == deed.after).then_some(shown)
    }

    fn note_leaving(&mut self, deed: &Deed) {
        let key = self.group_keys.get(&*deed.idnumber).copied();
        let ours = key.and_then(|key| Some((key, self.links.groups.get(key)?)));
        let Some((key, link)) = ours else {
            if self.shown_as(&deed.idnumber).is_some() {
                self.lose(key, None, format!("{} was forgotten since and is kept", deed.name));
            }
            return;
        };
        let Some(head) = self.groups.get(key).cloned() else {
            let group = Arc::new(crate::forget::group_head(key, link));
            self.do_it(Change::ForgetGroup { group });
            return;
        };
        let members = self.shown(&head).and_then(|shown| shown.members.as_ref());
        let strangers = members
            .map_or(0, |members| members.iter().filter(|user| !link.members.contains_key(user)).count());
        if strangers > 0 || members.is_none() {
            self.kept.insert(key.clone());
            let detail =
                format!("{} is kept: {strangers} of its members were added by others since", head.name);
            self.lose(Some(key), None, detail);
        } else {
            self.leaving.insert(key.clone());
        }
    }

    /// Brings a group back that our memory let go of.
    fn bring_back(&mut self, head: GroupHead, old_id: Option<GroupId>) {
        if self.groups.contains_key(&head.key) {
            return;
        }
        if let Some(shown) = self.shown_as(&head.idnumber).or_else(|| self.given_back(&head, old_id)) {
            if shown.idnumber != head.idnumber {
                self.tell_who_stays(&head, shown);
            }
            let name_applied = head.name.clone();
            let head = Arc::new(GroupHead { id: Some(shown.id), name: shown.name.clone(), ..head });
            self.groups.insert(head.key.clone(), Arc::clone(&head));
            let idnumber_before = shown.idnumber.clone();
            self.do_it(Change::AdoptGroup { group: head, idnumber_before, name_applied });
            return;
        }
        let deleted = self.deeds(&["delete_group"]).find(|deed| deed.idnumber == head.idnumber);
        let Some(deed) = deleted else { return };
        if let Some(other) = self.holder(&head.name, None) {
            let detail = format!("{} does not come back: group {} has the name now", head.name, other.id);
            self.lose(Some(&head.key), None, detail);
            return;
        }
        if let Some(id) = old_id {
            let detail = format!(
                "{} comes back under a new id; what the platform kept under id {id} does not: group submissions, \
                 overrides, restrictions of access, its conversation; it is put into its module's grouping and no other",
                head.name
            );
            self.lose(Some(&head.key), None, detail);
        }
        self.compare_members(deed, &head.key);
        let group = Arc::new(head);
        self.groups.insert(group.key.clone(), Arc::clone(&group));
        self.do_it(Change::CreateGroup { group });
    }

    /// Tells of people whom an undo put into a group and then gave away with it: they are not ours to take out.
    fn tell_who_stays(&mut self, head: &GroupHead, shown: &ObservedGroup) {
        // Of a group that is not ours the members may not have been read.
        let is_there = |user| shown.members.as_ref().is_none_or(|members| members.contains(&user));
        for deed in self.deeds(&["add_member"]).filter(|deed| deed.idnumber == head.idnumber) {
            if deed.user.is_some_and(is_there) {
                let detail = format!("{} was put back into {} and stays", deed.person, head.name);
                self.lose(Some(&head.key), Some(&PersonKey(deed.person.clone())), detail);
            }
        }
    }

    /// Tells of a deleted group whose people were not those in our memory: nobody remembers who they were.
    fn compare_members(&mut self, deed: &Deed, key: &GroupKey) {
        let told = deed.before.rsplit_once(" (").and_then(|(_, rest)| rest.strip_suffix(" members)"));
        let had: usize = told.and_then(|count| count.parse().ok()).unwrap_or(0);
        let is_of_group =
            |dropped: &&Dropped| matches!(dropped, Dropped::Member { group, .. } if group == key);
        let known = self.past.dropped.iter().filter(is_of_group).count();
        let (name, more, fewer) = (&deed.name, had.saturating_sub(known), known.saturating_sub(had));
        if more > 0 {
            let detail = format!("{more} members of {name} were added on the platform; nobody remembers who");
            self.lose(Some(key), None, detail);
        }
        if fewer > 0 {
            let detail =
                format!("{fewer} members of {name} had been removed on the platform; they come back as well");
            self.lose(Some(key), None, detail);
        }
    }

    fn rename_back(&mut self, deed: &Deed, key: &GroupKey) {
        let Some(head) = self.groups.get(key).filter(|_| !self.leaving.contains(key)).cloned() else {
            return;
        };
        if head.id.is_none() || head.name == deed.before {
            return;
        }
        if head.name != deed.after {
            let detail = format!(
                "{} keeps the name that it got since; before the run it was {}",
                head.name, deed.before
            );
            self.lose(Some(key), None, detail);
            return;
        }
        if let Some(other) = self.holder(&deed.before, head.id) {
            let detail =
                format!("{} keeps its name: group {} is called {} now", head.name, other.id, other.name);
            self.lose(Some(key), None, detail);
            return;
        }
        let group = Arc::new(GroupHead { name: deed.before.clone(), ..(*head).clone() });
        self.groups.insert(key.clone(), Arc::clone(&group));
        let via =
            self.wanted_names.contains(&fold(&head.name)).then(|| passing(&group.name, &group.idnumber));
        let before = head.name.clone();
        self.do_it(Change::RenameGroup { group, before, via, becomes: Becomes::Current });
    }

    /// The group that has a name and keeps it.
    fn holder(&self, name: &str, but: Option<GroupId>) -> Option<&'a ObservedGroup> {
        let folded = fold(name);
        let of_name =
            self.course.groups.iter().filter(|group| Some(group.id) != but && fold(&group.name) == folded);
        of_name.into_iter().find(|group| {
            let head = self.groups.values().find(|head| head.id == Some(group.id));
            let gives_up = head.is_some_and(|head| {
                self.leaving.contains(&head.key)
                    || fold(&head.name) != folded
                    || self
                        .deeds(&["rename_group"])
                        .any(|deed| deed.idnumber == head.idnumber && deed.after == head.name)
            });
            !gives_up
        })
    }

    fn rekey_back(&mut self, deed: &Deed) {
        let Some(key) = self.group_keys.get(&*deed.idnumber).copied() else { return };
        let Some(head) = self.groups.get(key).cloned() else { return };
        match key_of(&deed.before, key) {
            Some(key_before) => {
                let group =
                    Arc::new(GroupHead { key: key_before, idnumber: deed.before.clone(), ..(*head).clone() });
                let detail =
                    format!("{} keeps this name: no journal holds the one before its new id", head.name);
                self.lose(Some(key), None, detail);
                self.do_it(Change::RekeyGroup { group, from: head });
            }
            None => {
                let detail = format!(
                    "{} keeps its new id: the old one cannot be read from {}",
                    head.name, deed.before
                );
                self.lose(Some(key), None, detail);
            }
        }
    }

    /// Takes away what the run made, and lets it make room first where somebody gets its name back.
    pub(super) fn take_away(&mut self) {
        let mut leaving: Vec<GroupKey> = self.leaving.iter().cloned().collect();
        leaving.sort();
        for key in leaving {
            let Some(mut head) = self.groups.get(&key).cloned() else { continue };
            let members =
                self.shown(&head).and_then(|shown| shown.members.as_ref()).map_or(0, Vec::len) as u64;
            if self.wanted_names.contains(&fold(&head.name)) {
                let before = head.name.clone();
                let name = passing(&before, &head.idnumber);
                head = Arc::new(GroupHead { name, ..(*head).clone() });
                let group = Arc::clone(&head);
                self.do_it(Change::RenameGroup { group, before, via: None, becomes: Becomes::Outgoing });
            }
            self.do_it(Change::DeleteGroup { group: head, members });
        }
        self.take_groupings_away();
    }
}

/// Whether an idnumber is one that we write.
fn is_ours(idnumber: &str) -> bool {
    idnumber.starts_with(NAMESPACE)
}

/// Reads the key that a group had before it was carried on, in the same module. What does not give the same idnumber
/// again was shortened, and cannot be read.
fn key_of(idnumber: &str, now: &GroupKey) -> Option<GroupKey> {
    let prefix = format!("{NAMESPACE}{}:{}:", now.source, now.module);
    let rest = idnumber.strip_prefix(&prefix)?;
    let group = match now.part {
        Part::Everyone => rest,
        Part::Tutors => rest.strip_suffix(":tutors")?,
    };
    let key = GroupKey { group: group.into(), ..now.clone() };
    (&*key.idnumber() == idnumber).then_some(key)
}
