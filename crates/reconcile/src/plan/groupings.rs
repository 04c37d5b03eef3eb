//! Decides about the groupings: one for each module, holding the module's groups (feature B5).
//!
//! Not here: the groups themselves.
//!
//! Invariant: a grouping is deleted only when it is ours and nothing but groups of ours is in it (feature C12).

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use super::groups::{Fate, Groups, Leaving};
use super::{Context, CoursePlan};
use crate::finding::{Finding, Reason, Subject};
use crate::keys::{GroupId, GroupingKey, Text};
use crate::link::{GroupingLink, LinkState};
use crate::naming::fold;
use crate::observed::ObservedGrouping;
use crate::operation::{Because, Change, GroupingHead};
use crate::policy::{Groupings, OnUnmap, RenamedThere};
use crate::snapshot::Wish;

pub(super) fn plan(context: &Context<'_>, groups: &Groups<'_>, plan: &mut CoursePlan) {
    let mut heads: BTreeMap<&GroupingKey, (Arc<GroupingHead>, Option<&ObservedGrouping>)> = BTreeMap::new();
    for (key, name) in &context.desired.groupings {
        // A grouping without groups that may be there yet is not made.
        if !groups.staying.iter().any(|group| group.desired.groupings.contains(key)) {
            continue;
        }
        let link = context.snapshot.links.groupings.get(key);
        let shown = find(context, key, link);
        let head = match shown {
            Some(shown) => keep(context, key, name, link, shown, plan),
            None => create(context, key, name, plan),
        };
        if let Some(head) = head {
            heads.insert(key, (head, shown));
        }
    }
    for group in &groups.staying {
        for (grouping, shown) in group.desired.groupings.iter().filter_map(|key| heads.get(key)) {
            let holds = shown.and_then(|shown| shown.groups.as_ref()).zip(group.shown);
            if !holds.is_some_and(|(held, group)| held.contains(&group.id)) {
                let change =
                    Change::AssignGrouping { group: Arc::clone(&group.head), grouping: Arc::clone(grouping) };
                plan.operations.push(context.operation(change, Because::SourceHas));
            }
        }
    }
    for (grouping, shown) in heads.values() {
        take_out(context, groups, grouping, *shown, plan);
    }
    for (key, link) in &context.snapshot.links.groupings {
        if !heads.contains_key(key) && is_over(context, groups, key) {
            remove(context, groups, key, link, plan);
        }
    }
}

fn find<'a>(
    context: &Context<'a>,
    key: &GroupingKey,
    link: Option<&GroupingLink>,
) -> Option<&'a ObservedGrouping> {
    let groupings = &context.course.groupings;
    let by_id =
        link.and_then(|link| link.id).and_then(|id| groupings.iter().find(|grouping| grouping.id == id));
    let numbered = |idnumber: &Text| {
        groupings.iter().filter(|grouping| grouping.idnumber == *idnumber).min_by_key(|one| one.id)
    };
    // After a change of the module's code the platform may still show the idnumber of before.
    by_id.or_else(|| numbered(&key.idnumber())).or_else(|| numbered(&link?.idnumber))
}

/// Brings a grouping that is there in line; names are compared three ways, as for groups.
fn keep(
    context: &Context<'_>,
    key: &GroupingKey,
    wanted: &Text,
    link: Option<&GroupingLink>,
    shown: &ObservedGrouping,
    plan: &mut CoursePlan,
) -> Option<Arc<GroupingHead>> {
    let mut head = Arc::new(GroupingHead {
        key: key.clone(),
        idnumber: key.idnumber(),
        id: Some(shown.id),
        name: shown.name.clone(),
    });
    let applied = link.filter(|_| shown.name != *wanted).map_or(wanted, |link| &link.name_applied);
    let confirmed = link.filter(|link| link.state == LinkState::Confirmed && link.id == Some(shown.id));
    let others = context.course.groupings.iter().filter(|other| other.id != shown.id);
    if let Some(other) = others.clone().find(|other| other.idnumber == head.idnumber) {
        let detail = format!("grouping {} (id {}) beside id {}", other.name, other.id, shown.id);
        plan.findings.push(about(context, Reason::Duplicate, key, &detail));
    } else if confirmed.is_none() || shown.idnumber != head.idnumber {
        let because = if shown.idnumber == head.idnumber {
            Because::AlreadyThere
        } else if link.is_some_and(|link| link.idnumber == shown.idnumber) {
            Because::SourceChangedId
        } else {
            Because::IdnumberChangedThere
        };
        let change = Change::AdoptGrouping {
            grouping: Arc::clone(&head),
            idnumber_before: shown.idnumber.clone(),
            name_applied: applied.clone(),
        };
        plan.operations.push(context.operation(change, because));
    }
    let renamed_here = wanted != applied;
    let restore = context.policy.renamed_there == RenamedThere::Restore;
    let mut record_as = None;
    if shown.name == *wanted {
        record_as = Some(wanted);
    } else if renamed_here || restore {
        if is_taken(context, wanted, shown) {
            plan.findings.push(about(context, Reason::GroupingNameTaken, key, wanted));
        } else {
            let because = if renamed_here { Because::SourceRenamed } else { Because::RenamedThere };
            // Later operations know it by its new name.
            head = Arc::new(GroupingHead { name: wanted.clone(), ..(*head).clone() });
            let change = Change::RenameGrouping {
                grouping: Arc::clone(&head),
                before: shown.name.clone(),
                via: (fold(wanted) == fold(&shown.name)).then(|| head.idnumber.clone()),
            };
            plan.operations.push(context.operation(change, because));
        }
    } else {
        plan.findings.push(about(context, Reason::RenamedThere, key, &shown.name));
        record_as = Some(applied);
    }
    if let (Some(applied), Some(link)) = (record_as, confirmed)
        && (link.name_shown != shown.name || link.name_applied != *applied)
    {
        let change =
            Change::RecordGroupingName { grouping: Arc::clone(&head), name_applied: applied.clone() };
        plan.operations.push(context.operation(change, Because::RenamedThere));
    }
    Some(head)
}

fn create(
    context: &Context<'_>,
    key: &GroupingKey,
    name: &Text,
    plan: &mut CoursePlan,
) -> Option<Arc<GroupingHead>> {
    let folded = fold(name);
    if context.course.groupings.iter().any(|grouping| fold(&grouping.name) == folded) {
        plan.findings.push(about(context, Reason::GroupingNameTaken, key, name));
        return None;
    }
    let head =
        Arc::new(GroupingHead { key: key.clone(), idnumber: key.idnumber(), id: None, name: name.clone() });
    let change = Change::CreateGrouping { grouping: Arc::clone(&head) };
    plan.operations.push(context.operation(change, Because::SourceHas));
    Some(head)
}

fn is_taken(context: &Context<'_>, wanted: &Text, shown: &ObservedGrouping) -> bool {
    let folded = fold(wanted);
    context.course.groupings.iter().any(|other| other.id != shown.id && fold(&other.name) == folded)
}

/// Takes groups of ours that do not belong there any more out of a grouping that stays.
fn take_out(
    context: &Context<'_>,
    groups: &Groups<'_>,
    grouping: &Arc<GroupingHead>,
    shown: Option<&ObservedGrouping>,
    plan: &mut CoursePlan,
) {
    let Some(held) = shown.and_then(|shown| shown.groups.as_ref()) else { return };
    let archived = groups.leaving.iter().filter(|group| group.fate == Fate::Archived);
    let archived = archived
        .filter_map(|group| Some((group.shown?.id, super::groups::leaving_head(group), Because::Unmapped)));
    let elsewhere = groups.staying.iter().filter(|group| !group.desired.groupings.contains(&grouping.key));
    let elsewhere = elsewhere
        .filter_map(|group| Some((group.shown?.id, Arc::clone(&group.head), Because::SourceDropped)));
    for (_, group, because) in archived.chain(elsewhere).filter(|(id, ..)| held.contains(id)) {
        let change = Change::UnassignGrouping { group, grouping: Arc::clone(grouping) };
        plan.operations.push(context.operation(change, because));
    }
}

/// Tells whether a grouping of ours that no group needs tonight is over for good.
fn is_over(context: &Context<'_>, groups: &Groups<'_>, key: &GroupingKey) -> bool {
    if context.policy.groupings == Groupings::None {
        return false;
    }
    // A group that waits, or whose deletion is respected, still needs its grouping.
    if context.desired.groupings.contains_key(key) {
        return false;
    }
    let kept = groups.leaving.iter().any(|group| {
        group.key.module == key.module
            && group.key.source == key.source
            && matches!(group.fate, Fate::Kept | Fate::Emptied)
    });
    let snapshot = context.snapshot;
    !kept
        && match snapshot.wish(&key.source, &key.module) {
            None | Some(Wish::Keep) => false,
            Some(Wish::Remove) => matches!(context.policy.on_unmap, OnUnmap::Delete | OnUnmap::Archive),
            Some(Wish::Want) => snapshot.delivered(&key.source, &key.module).is_some(),
        }
}

fn remove(
    context: &Context<'_>,
    groups: &Groups<'_>,
    key: &GroupingKey,
    link: &GroupingLink,
    plan: &mut CoursePlan,
) {
    let shown = find(context, key, Some(link));
    let head = Arc::new(GroupingHead {
        key: key.clone(),
        idnumber: link.idnumber.clone(),
        id: shown.map(|shown| shown.id).or(link.id),
        name: shown.map_or(&link.name_shown, |shown| &shown.name).clone(),
    });
    let Some(shown) = shown else {
        plan.operations
            .push(context.operation(Change::ForgetGrouping { grouping: head }, Because::GoneThere));
        return;
    };
    // Groups of ours that stay in the course need another grouping, not this one.
    let leaving =
        groups.leaving.iter().filter(|group| matches!(group.fate, Fate::Deleted(_) | Fate::Archived));
    let shown_of_ours =
        leaving.map(|group| group.shown).chain(groups.staying.iter().map(|group| group.shown));
    let free: HashSet<GroupId> = shown_of_ours.flatten().map(|shown| shown.id).collect();
    match &shown.groups {
        Some(held) if held.iter().all(|id| free.contains(id)) => {
            let of_key =
                |group: &&Leaving<'_>| group.key.module == key.module && group.key.source == key.source;
            let because = match groups.leaving.iter().find(of_key) {
                Some(group) => match group.fate {
                    Fate::Deleted(because) => because,
                    Fate::Kept | Fate::Emptied | Fate::Archived => Because::Unmapped,
                },
                None => Because::SourceDropped,
            };
            // What stays in the course is taken out first, so that the journal tells an undo what was where.
            take_out(context, groups, &head, Some(shown), plan);
            plan.operations.push(context.operation(Change::DeleteGrouping { grouping: head }, because));
        }
        Some(_) | None => {
            let detail = format!("{} holds groups that are not ours", shown.name);
            plan.findings.push(about(context, Reason::GroupingInUse, key, &detail));
            take_out(context, groups, &head, Some(shown), plan);
        }
    }
}

fn about(context: &Context<'_>, reason: Reason, key: &GroupingKey, detail: &str) -> Finding {
    Finding {
        course: context.snapshot.course,
        reason,
        subject: Subject { module: Some(key.module.clone()), ..Subject::default() },
        detail: detail.into(),
    }
}
