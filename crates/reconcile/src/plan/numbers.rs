//! Writes the idnumbers of groups whose keys changed: the source told of it, and our memory followed ([`crate::new_keys`]).
//!
//! Not here: a new id that the source did not tell of ([`super::groups`] guesses it and asks), and an idnumber that somebody
//! changed on the platform ([`super::names`]).
//!
//! Invariant: when the operations are carried out in order, no step gives a group an idnumber that another group has at that
//! moment.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::groups::{Fate, Groups, Leaving, Staying, leaving_head};
use super::{Context, CoursePlan};
use crate::desired::about_group;
use crate::finding::Reason;
use crate::keys::{GroupId, NAMESPACE, Text, short_hash};
use crate::observed::ObservedGroup;
use crate::operation::{Because, Change, GroupHead};

/// Tells whether our memory of a group holds the idnumber of another key than it has now.
pub(super) fn has_new_key(group: &Staying<'_>) -> bool {
    group.link.is_some_and(|link| link.idnumber != group.head.idnumber)
}

/// A group that gets another idnumber.
struct Renumbered<'a> {
    shown: &'a ObservedGroup,
    head: Arc<GroupHead>,
    /// The name to remember as last applied.
    name_applied: &'a Text,
}

impl<'a> Renumbered<'a> {
    fn staying(group: &Staying<'a>) -> Option<Self> {
        let (shown, link) = (group.shown?, group.link?);
        if !has_new_key(group) || group.old_key.is_some() {
            return None;
        }
        let name_applied = if shown.name == group.desired.name { &shown.name } else { &link.name_applied };
        Some(Renumbered { shown, head: Arc::clone(&group.head), name_applied })
    }

    /// What is deleted gives its idnumber away before that, because a deletion comes last and may wait.
    fn leaving(group: &Leaving<'a>) -> Option<Self> {
        let (shown, head) = (group.shown?, leaving_head(group));
        let is_in_the_way = matches!(group.fate, Fate::Deleted(_)) && group.link.idnumber != head.idnumber;
        is_in_the_way.then_some(Renumbered { shown, head, name_applied: &group.link.name_applied })
    }
}

pub(super) fn plan(context: &Context<'_>, groups: &Groups<'_>, plan: &mut CoursePlan) {
    let staying = groups.staying.iter().filter_map(Renumbered::staying);
    let mut renumbered: Vec<Renumbered<'_>> =
        staying.chain(groups.leaving.iter().filter_map(Renumbered::leaving)).collect();
    leave_out_blocked(context, &mut renumbered, plan);
    let targets: HashSet<&Text> = renumbered.iter().map(|group| &group.head.idnumber).collect();
    for Renumbered { shown, head, name_applied } in &renumbered {
        let steps_aside = shown.idnumber != head.idnumber && targets.contains(&shown.idnumber);
        let change = Change::RenumberGroup {
            group: Arc::new(GroupHead { name: shown.name.clone(), ..(**head).clone() }),
            before: shown.idnumber.clone(),
            via: steps_aside.then(|| passing(&head.idnumber)),
            name_applied: (*name_applied).clone(),
        };
        plan.operations.push(context.operation(change, Because::SourceChangedId));
    }
}

/// An idnumber that a group has which does not get another one cannot be given: that group is left alone
/// by a wish, or is a teacher's copy. Whoever waits keeps an idnumber, which may block another.
fn leave_out_blocked(context: &Context<'_>, renumbered: &mut Vec<Renumbered<'_>>, plan: &mut CoursePlan) {
    let holders: HashMap<&Text, (GroupId, &Text)> =
        context.course.groups.iter().map(|group| (&group.idnumber, (group.id, &group.name))).collect();
    loop {
        let moving: HashSet<GroupId> = renumbered
            .iter()
            .filter(|group| group.shown.idnumber != group.head.idnumber)
            .map(|group| group.shown.id)
            .collect();
        let blocked = renumbered.iter().position(|group| {
            let holder = holders.get(&group.head.idnumber);
            holder.is_some_and(|(id, _)| *id != group.shown.id && !moving.contains(id))
        });
        let Some(at) = blocked else { break };
        let Renumbered { shown, head, .. } = renumbered.remove(at);
        if let Some((id, name)) = holders.get(&head.idnumber) {
            let detail = format!("{name} (id {id}) beside id {}", shown.id);
            plan.findings.push(about_group(context.snapshot, Reason::Duplicate, &head.key, detail));
        }
    }
}

/// An idnumber for the moment between two steps of an exchange.
fn passing(idnumber: &str) -> Text {
    format!("{NAMESPACE}~{}", short_hash(idnumber)).into()
}
