//! Decides about each group of the old tool: it becomes ours, is ours already, or is left as it is and why.
//!
//! Not here: groupings and people.
//!
//! Invariant: no idnumber that somebody else wrote is written over.

use std::sync::Arc;

use super::{Missing, OldGroup, Pending, Taken, TakingOver, about_key};
use crate::finding::{Finding, Reason, Subject};
use crate::keys::{GroupKey, Part, Text};
use crate::naming::fold;
use crate::observed::ObservedGroup;
use crate::operation::{Change, GroupHead};
use crate::snapshot::{SourceModule, Wish};

/// What a row stands for: our key, its term, and its name where the source wants it.
struct Place<'a> {
    key: GroupKey,
    term: &'a Text,
    name: Option<&'a Text>,
}

/// Why a row is left as it is.
type Unmatched = (Reason, Subject, String);

impl<'a> TakingOver<'a> {
    /// Decides about one row.
    pub(super) fn group(&mut self, row: &'a OldGroup) {
        let Some(id) = row.id else {
            let detail = format!("group {} of {} never arrived (toadd)", row.group, row.module);
            self.tell(Reason::OldGroupPending, about_row(row), detail);
            return;
        };
        let shown = self.course.groups.iter().find(|group| group.id == id);
        let place = match self.place(row, shown) {
            Ok(place) => place,
            Err((reason, subject, detail)) => return self.tell(reason, subject, detail),
        };
        let link = self.snapshot.links.groups.get(&place.key);
        let Some(shown) = shown else {
            // Where we have made the group again already, the row is only old.
            if link.is_none() {
                let detail = format!("group {} of {} had the id {id}", row.group, row.module);
                let (course, subject) = (self.snapshot.course, about_key(&place.key));
                let finding =
                    Finding { course, reason: Reason::OldGroupGone, subject, detail: detail.into() };
                self.done.missing.push(Missing { id, finding });
            }
            return;
        };
        if let Err((reason, subject, detail)) = self.is_free(&place, row, shown) {
            return self.tell(reason, subject, detail);
        }
        self.claimed.insert(shown.id);
        let head = Arc::new(GroupHead {
            idnumber: place.key.idnumber(),
            key: place.key.clone(),
            id: Some(shown.id),
            name: shown.name.clone(),
            term: place.term.clone(),
        });
        self.taken.push(Taken { row, shown, head: Arc::clone(&head) });
        if link.is_some_and(|link| link.id == Some(shown.id)) {
            return;
        }
        self.notes(&place, row, shown);
        let change = Change::AdoptGroup {
            group: head,
            idnumber_before: shown.idnumber.clone(),
            // With another name the group counts as renamed on the platform, and policy `renamed_there` decides.
            name_applied: place.name.unwrap_or(&shown.name).clone(),
        };
        self.do_it(change);
    }

    /// Finds what a row stands for, by the module and the source's id.
    fn place(&self, row: &OldGroup, shown: Option<&ObservedGroup>) -> Result<Place<'a>, Unmatched> {
        let called = shown.map_or_else(String::new, |shown| format!(" ({})", shown.name));
        let unmatched = |reason, detail: String| Err((reason, about_row(row), detail));
        let mappings: Vec<_> =
            self.snapshot.mappings.iter().filter(|mapping| mapping.module == row.module).collect();
        if mappings.is_empty() {
            let detail = format!("group {} of {}{called}", row.group, row.module);
            return unmatched(Reason::OldGroupNotMapped, detail);
        }
        let delivered: Vec<&SourceModule> = mappings
            .iter()
            .filter_map(|mapping| self.snapshot.delivered(&mapping.source, &mapping.module))
            .collect();
        if delivered.is_empty() {
            let detail = format!("group {}{called}: the delivery does not name {}", row.group, row.module);
            return unmatched(Reason::OldGroupNotInSource, detail);
        }
        let found = delivered
            .iter()
            .find_map(|module| Some((*module, module.groups.iter().find(|group| group.id == row.group)?)));
        let Some((module, group)) = found else {
            let hint = shown.and_then(|shown| same_name(&delivered, shown)).unwrap_or_default();
            let detail = format!("group {} of {}{called}{hint}", row.group, row.module);
            return unmatched(Reason::OldGroupNotInSource, detail);
        };
        let key = GroupKey {
            source: module.source.clone(),
            module: module.module.clone(),
            group: group.id.clone(),
            part: Part::Everyone,
        };
        let desired = self.desired.groups.iter().find(|desired| desired.key == key);
        if self.snapshot.wish(&module.source, &module.module) == Some(Wish::Want) && desired.is_none() {
            let detail = format!("group {} of {}{called}", row.group, row.module);
            return Err((Reason::OldGroupLeftOut, about_key(&key), detail));
        }
        Ok(Place { key, term: &group.term, name: desired.map(|desired| &desired.name) })
    }

    /// Tells whether a group of the platform may become what a row stands for.
    fn is_free(&self, place: &Place<'_>, row: &OldGroup, shown: &ObservedGroup) -> Result<(), Unmatched> {
        let (key, idnumber) = (&place.key, place.key.idnumber());
        let refused = |reason, detail: String| Err((reason, about_key(key), detail));
        let what = format!("{} (group {} of {})", shown.name, row.group, row.module);
        let of_key = self.taken.iter().find(|taken| taken.head.key == *key);
        if let Some(first) = of_key {
            let detail = format!("{what} has the id {} and also {}", first.shown.id, shown.id);
            return refused(Reason::OldGroupTwice, detail);
        }
        if self.claimed.contains(&shown.id) {
            return refused(Reason::OldGroupTwice, format!("{what} is another row's group as well"));
        }
        let other_key = self
            .snapshot
            .links
            .groups
            .iter()
            .find(|(other, link)| *other != key && link.id == Some(shown.id))
            .map(|(other, _)| other);
        if let Some(other) = other_key {
            return refused(
                Reason::OldGroupDoubled,
                format!("{what} is group {} of {}", other.group, other.module),
            );
        }
        let link_id = self.snapshot.links.groups.get(key).and_then(|link| link.id);
        let by_link = link_id.filter(|id| *id != shown.id);
        let by_idnumber = || {
            let mut others = self.course.groups.iter().filter(|other| other.id != shown.id);
            others.find(|other| other.idnumber == idnumber).map(|other| other.id)
        };
        let there = |id| self.course.groups.iter().any(|group| group.id == id);
        if let Some(other) = by_link.filter(|id| there(*id)).or_else(by_idnumber) {
            return refused(
                Reason::OldGroupDoubled,
                format!("{what} has the id {}, Muster's {other}", shown.id),
            );
        }
        if !shown.idnumber.is_empty() && shown.idnumber != idnumber {
            return refused(Reason::OldGroupIdnumber, format!("{what} carries {}", shown.idnumber));
        }
        Ok(())
    }

    /// What is worth telling of a group that is taken over.
    fn notes(&mut self, place: &Place<'_>, row: &OldGroup, shown: &ObservedGroup) {
        if let Some(name) = place.name.filter(|name| **name != shown.name) {
            let detail = format!("{} is {name} in the source", shown.name);
            self.tell(Reason::OldGroupRenamed, about_key(&place.key), detail);
        }
        if row.pending == Pending::Delete {
            let wanted = if place.name.is_some() { "the source has it" } else { "its mapping decides" };
            let detail = format!("{} was to be deleted (todelete); {wanted}", shown.name);
            self.tell(Reason::OldGroupPending, about_key(&place.key), detail);
        }
    }
}

/// A group of the source with the name that the platform shows: the ids of the old tool may be other ones.
fn same_name(delivered: &[&SourceModule], shown: &ObservedGroup) -> Option<String> {
    let folded = fold(&shown.name);
    let mut groups = delivered.iter().flat_map(|module| &module.groups);
    let same = groups.find(|group| fold(&group.name) == folded || fold(&group.code) == folded)?;
    Some(format!("; the source has group {} with that name", same.id))
}

fn about_row(row: &OldGroup) -> Subject {
    Subject { module: Some(row.module.clone()), ..Subject::default() }
}
