//! Decides what becomes of each group: ours that stay, ours that leave, and new ones.
//!
//! Not here: people, groupings and the choice of names.
//!
//! Invariant: a group is matched by the id that we stored, then by its idnumber; never by its name (feature C7).
//! Invariant: no two of our groups are matched with the same group of the platform; what shall stay comes first.
//! Invariant: a group leaves only if a person removed its mapping, or the source spoke about its module and term and
//! did not name it.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::{Context, CoursePlan, Enrolled, names};
use crate::desired::{DesiredGroup, about_group};
use crate::finding::{Finding, Reason, Subject};
use crate::keys::{GroupId, GroupKey, PersonKey, Role, Text, is_ours};
use crate::link::{GroupLink, LinkState};
use crate::observed::ObservedGroup;
use crate::operation::{Because, Change, GroupHead, Operation};
use crate::policy::{DeletedThere, NewId, OnUnmap};
use crate::snapshot::Wish;

/// What becomes of the groups of a course.
pub(super) struct Groups<'a> {
    /// Groups that shall be there after the plan, with their people.
    pub(super) staying: Vec<Staying<'a>>,
    /// Groups of ours that are emptied, archived or deleted.
    pub(super) leaving: Vec<Leaving<'a>>,
    /// Ids of every group of ours that the platform shows.
    pub(super) ours: HashSet<GroupId>,
}

/// A desired group that is there, or will be.
pub(super) struct Staying<'a> {
    pub(super) desired: &'a DesiredGroup<'a>,
    pub(super) link: Option<&'a GroupLink>,
    pub(super) shown: Option<&'a ObservedGroup>,
    /// The group as later operations refer to it.
    pub(super) head: Arc<GroupHead>,
    /// Why it is created, where the platform does not show it.
    pub(super) because: Because,
    /// The key under which our memory holds it, while a rename by id waits.
    pub(super) old_key: Option<&'a GroupKey>,
}

/// A group of ours that is not desired.
pub(super) struct Leaving<'a> {
    pub(super) key: &'a GroupKey,
    pub(super) link: &'a GroupLink,
    pub(super) shown: Option<&'a ObservedGroup>,
    pub(super) fate: Fate,
    /// The name under which it makes room for another group, so that an approval of its deletion names it rightly.
    pub(super) renamed: Option<Text>,
}

/// What becomes of a group that leaves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is left alone.
    Kept,
    /// It loses the members that are ours.
    Emptied,
    /// It is renamed and taken out of its grouping.
    Archived,
    /// It is deleted.
    Deleted(Because),
}

pub(super) fn plan<'a>(context: &'a Context<'a>, plan: &mut CoursePlan) -> Groups<'a> {
    let mut shown = Shown::of(context, &mut plan.findings);
    let mut groups = Groups {
        staying: Vec::with_capacity(context.desired.groups.len()),
        leaving: Vec::new(),
        ours: HashSet::new(),
    };
    let links = &context.snapshot.links.groups;
    // A group whose key was changed while the answer was lost carries the new idnumber and the old memory: the
    // idnumber of a group that shall stay counts more than the memory of one that leaves.
    let by_id: Vec<_> =
        context.desired.groups.iter().map(|desired| shown.claim_id(links.get(&desired.key)?.id?)).collect();
    for (desired, by_id) in context.desired.groups.iter().zip(by_id) {
        stay(context, &mut shown, desired, by_id, &mut groups, &mut plan.findings);
    }
    let resumed = resume_carrying_on(context, &mut groups);
    let desired_keys: HashSet<&GroupKey> = context.desired.groups.iter().map(|group| &group.key).collect();
    let is_left = |key: &GroupKey| !desired_keys.contains(key) && !resumed.contains(key);
    for (key, link) in links.iter().filter(|(key, _)| is_left(key)) {
        let fate = fate(context, key, link, &mut plan.findings);
        let by_id = link.id.and_then(|id| shown.claim_id(id));
        let shown = by_id.or_else(|| shown.claim_idnumber(&link.idnumber));
        groups.leaving.push(Leaving { key, link, shown, fate, renamed: None });
    }
    groups.ours = shown.claimed;
    plan.findings.extend(orphans(context, &groups));
    if context.policy.new_id == NewId::Propose {
        carry_on(context, &mut groups, plan);
    }
    names::plan(context, &mut groups, plan);
    for group in &groups.leaving {
        leave(context, group, plan);
    }
    groups
}

/// The groups that the platform shows, for look-ups.
struct Shown<'a> {
    by_id: HashMap<GroupId, &'a ObservedGroup>,
    by_idnumber: HashMap<&'a str, &'a ObservedGroup>,
    /// Groups that are matched already.
    claimed: HashSet<GroupId>,
}

impl<'a> Shown<'a> {
    /// Indexes the observed groups; of several with one idnumber of ours the oldest counts, unless we remember
    /// another one.
    fn of(context: &'a Context<'a>, findings: &mut Vec<Finding>) -> Self {
        let count = context.course.groups.len();
        let mut shown = Shown {
            by_id: HashMap::with_capacity(count),
            by_idnumber: HashMap::with_capacity(count),
            claimed: HashSet::with_capacity(count),
        };
        let remembered: HashSet<GroupId> =
            context.snapshot.links.groups.values().filter_map(|link| link.id).collect();
        let mut observed: Vec<&ObservedGroup> = context.course.groups.iter().collect();
        observed.sort_by_key(|group| (!remembered.contains(&group.id), group.id));
        for group in observed {
            shown.by_id.insert(group.id, group);
            if !is_ours(&group.idnumber) {
                continue;
            }
            if let Some(first) = shown.by_idnumber.get(&*group.idnumber) {
                findings.push(Finding {
                    course: context.snapshot.course,
                    reason: Reason::Duplicate,
                    subject: Subject::default(),
                    detail: format!("{} (id {}) beside id {}", group.name, group.id, first.id).into(),
                });
            } else {
                shown.by_idnumber.insert(&group.idnumber, group);
            }
        }
        shown
    }

    fn claim_id(&mut self, id: GroupId) -> Option<&'a ObservedGroup> {
        let group = self.by_id.get(&id).copied()?;
        self.claimed.insert(id).then_some(group)
    }

    fn claim_idnumber(&mut self, idnumber: &str) -> Option<&'a ObservedGroup> {
        let group = self.by_idnumber.get(idnumber).copied()?;
        self.claimed.insert(group.id).then_some(group)
    }
}

/// Finds the place of a desired group: there already, new, or deleted by somebody.
fn stay<'a>(
    context: &'a Context<'a>,
    shown: &mut Shown<'a>,
    desired: &'a DesiredGroup<'a>,
    by_id: Option<&'a ObservedGroup>,
    groups: &mut Groups<'a>,
    findings: &mut Vec<Finding>,
) {
    let link = context.snapshot.links.groups.get(&desired.key);
    let idnumber = desired.key.idnumber();
    // After a change of the key the platform may still show the idnumber of before.
    let written = link.filter(|link| link.idnumber != idnumber);
    let shown = by_id
        .or_else(|| shown.claim_idnumber(&idnumber))
        .or_else(|| shown.claim_idnumber(&written?.idnumber));
    let mut because = Because::SourceHas;
    // What was only intended never arrived, and what we were removing ourselves no teacher deleted.
    let arrived = link.is_some_and(|link| matches!(link.state, LinkState::Confirmed | LinkState::Archived));
    if shown.is_none() && arrived {
        findings.push(about_group(
            context.snapshot,
            Reason::DeletedThere,
            &desired.key,
            desired.name.clone(),
        ));
        match context.policy.deleted_there {
            DeletedThere::Recreate => because = Because::DeletedThere,
            DeletedThere::Respect => return,
        }
    }
    let head = Arc::new(GroupHead {
        key: desired.key.clone(),
        idnumber,
        id: shown.map(|group| group.id),
        name: shown.map_or(&desired.name, |group| &group.name).clone(),
        term: desired.term.clone(),
    });
    groups.staying.push(Staying { desired, link, shown, head, because, old_key: None });
}

/// Finds groups that were carried on under a new key while the answer was lost: they show the new idnumber, and our
/// memory knows their id under the old key. Returns the old keys; what is left to do is to move our memory.
fn resume_carrying_on<'a>(context: &'a Context<'a>, groups: &mut Groups<'a>) -> HashSet<&'a GroupKey> {
    let links = &context.snapshot.links.groups;
    let remembered: HashMap<GroupId, (&GroupKey, &GroupLink)> =
        links.iter().filter_map(|(key, link)| Some((link.id?, (key, link)))).collect();
    let mut resumed = HashSet::new();
    for group in groups.staying.iter_mut().filter(|group| group.link.is_none()) {
        let Some(shown) = group.shown else { continue };
        let Some(&(key, link)) = remembered.get(&shown.id) else { continue };
        if is_same_place(key, &group.desired.key) {
            group.head = Arc::new(GroupHead {
                key: key.clone(),
                idnumber: link.idnumber.clone(),
                id: Some(shown.id),
                name: shown.name.clone(),
                term: link.term.clone(),
            });
            (group.link, group.old_key) = (Some(link), Some(key));
            resumed.insert(key);
        }
    }
    resumed
}

/// Decides about a group of ours that is not desired.
fn fate(context: &Context<'_>, key: &GroupKey, link: &GroupLink, findings: &mut Vec<Finding>) -> Fate {
    let snapshot = context.snapshot;
    let Some(wish) = snapshot.wish(&key.source, &key.module) else {
        let mut finding =
            about_group(snapshot, Reason::NotMapped, key, format!("groups of {} were kept", key.module));
        finding.subject.group = None;
        findings.push(finding);
        return Fate::Kept;
    };
    match wish {
        Wish::Keep => Fate::Kept,
        Wish::Remove => match context.policy.on_unmap {
            OnUnmap::Delete => Fate::Deleted(Because::Unmapped),
            OnUnmap::Keep => Fate::Kept,
            OnUnmap::Empty => Fate::Emptied,
            OnUnmap::Archive => Fate::Archived,
        },
        Wish::Want => {
            // A module about which nothing was said has its own finding, see `silent_modules`.
            let Some(module) = snapshot.delivered(&key.source, &key.module) else { return Fate::Kept };
            if module.groups.iter().any(|group| group.id == key.group) {
                // The source has it, so a merge or the policy (kinds, tutors) left it out.
                return Fate::Deleted(Because::Policy);
            }
            if !link.term.is_empty() && !module.terms.is_empty() && !module.terms.contains(&link.term) {
                let detail = format!("{} of term {}", link.name_shown, link.term);
                findings.push(about_group(snapshot, Reason::TermAbsent, key, detail));
                return Fate::Kept;
            }
            match why_kept(context, key, None) {
                Some(finding) => {
                    findings.push(finding);
                    Fate::Kept
                }
                None => Fate::Deleted(Because::SourceDropped),
            }
        }
    }
}

/// Why a group, or a person in a group, is kept although the accepted rows of the source no longer have it: a row
/// about it was rejected, or the policy lets some days pass.
pub(super) fn why_kept(context: &Context<'_>, key: &GroupKey, person: Option<&PersonKey>) -> Option<Finding> {
    let snapshot = context.snapshot;
    let rejected = &snapshot.delivered(&key.source, &key.module)?.rejected;
    let is_named = match person {
        None => rejected.name_group(&key.group),
        Some(person) => rejected.name_person(&key.group, person),
    };
    let days = context.policy.removal_wait_days;
    let subject = (key.clone(), person.cloned());
    let gone_for_days = || snapshot.gone_for_days.get(&subject).copied().unwrap_or(0);
    let what = person
        .map_or_else(|| format!("group {}", key.group), |person| format!("{person} in group {}", key.group));
    let mut finding = if is_named {
        about_group(snapshot, Reason::Rejected, key, format!("{what} of {}", key.module))
    } else if days > 0 && gone_for_days() < days {
        about_group(
            snapshot,
            Reason::RemovalWaits,
            key,
            format!("{what} of {} stays for {days} days", key.module),
        )
    } else {
        return None;
    };
    finding.subject.person = person.cloned();
    Some(finding)
}

/// Groups that carry an idnumber of ours, although neither our memory nor the source knows it.
fn orphans(context: &Context<'_>, groups: &Groups<'_>) -> Vec<Finding> {
    let desired: HashSet<Text> = context.desired.groups.iter().map(|group| group.key.idnumber()).collect();
    let observed = context.course.groups.iter();
    observed
        .filter(|group| is_ours(&group.idnumber) && !groups.ours.contains(&group.id))
        .filter(|group| !desired.contains(&group.idnumber))
        .map(|group| Finding {
            course: context.snapshot.course,
            reason: Reason::Orphan,
            subject: Subject::default(),
            detail: format!("{} (id {}, idnumber {})", group.name, group.id, group.idnumber).into(),
        })
        .collect()
}

/// The smallest share of a vanished group's people who are in the new group, in percent.
const KEPT_PERCENT_MIN: usize = 80;

/// The smallest share of a new group's people who were in the vanished group, in percent. It is the smaller one, so
/// that latecomers who enrol while a proposal waits do not end it.
const KNOWN_PERCENT_MIN: usize = 50;

/// The fewest people in common from which two groups are compared: a pair of friends says nothing.
const COMMON_MIN: usize = 3;

/// Proposes to carry a vanished group on where a new one with nearly the same people appeared (feature Z19).
fn carry_on<'a>(context: &'a Context<'a>, groups: &mut Groups<'a>, plan: &mut CoursePlan) {
    let mut pairs = same_people(context, groups);
    pairs.sort_by_key(|pair| (Reverse((pair.same_percent, pair.same_roles)), pair.new, pair.old));
    let mut carried_on = HashSet::new();
    for Pair { new, old: at, kept_percent, .. } in pairs {
        let (new, old) = (&mut groups.staying[new], &groups.leaving[at]);
        let Some(shown) = old.shown.filter(|_| new.shown.is_none() && !carried_on.contains(&at)) else {
            continue;
        };
        let from = leaving_head(old);
        let rekey = rekey(context, new.desired, &from, shown, new.desired.name.clone());
        if context.refused.contains(&rekey.fingerprint()) {
            continue;
        }
        let detail = format!(
            "{} ({}) looks like {} ({}): {kept_percent} % of its people are the same",
            new.desired.name, new.desired.key.group, shown.name, old.key.group
        );
        plan.findings.push(about_group(context.snapshot, Reason::NewIdProposed, &new.desired.key, detail));
        new.shown = Some(shown);
        new.link = Some(old.link);
        new.old_key = Some(old.key);
        new.head = from;
        carried_on.insert(at);
    }
    let mut at = 0..;
    groups.leaving.retain(|_| at.next().is_none_or(|at| !carried_on.contains(&at)));
}

/// A new group and a vanished one with nearly the same people, by their positions.
struct Pair {
    new: usize,
    old: usize,
    /// People of both in percent of the people of either: the more, the likelier.
    same_percent: usize,
    /// How many people do the same in both: what tells groups with the same people apart.
    same_roles: usize,
    /// People of both in percent of the people of the vanished group.
    kept_percent: usize,
}

/// Only people who are enrolled count: while a proposal waits, the old group is kept in step, so the shares can only
/// grow and the proposal stays.
fn same_people<'a>(context: &Context<'_>, groups: &'a Groups<'_>) -> Vec<Pair> {
    let roles_of = |group: &'a Leaving<'_>| -> HashMap<&'a PersonKey, Role> {
        group.link.members.values().map(|member| (&member.person, member.role)).collect()
    };
    let vanished: Vec<_> = groups
        .leaving
        .iter()
        .enumerate()
        .filter(|(_, group)| group.fate == Fate::Deleted(Because::SourceDropped) && group.shown.is_some())
        .map(|(at, group)| (at, group.key, roles_of(group)))
        .collect();
    let mut pairs = Vec::new();
    let new_groups = groups.staying.iter().enumerate();
    for (new, group) in new_groups.filter(|(_, group)| group.shown.is_none() && group.link.is_none()) {
        let enrolled =
            |person: &PersonKey| matches!(context.people.by_key.get(person), Some(Enrolled::One(_)));
        let people: Vec<_> = group.desired.members.iter().filter(|(person, _)| enrolled(person)).collect();
        for (old, key, known) in &vanished {
            let roles: Vec<_> =
                people.iter().filter_map(|(person, role)| Some((known.get(person)?, role))).collect();
            let common = roles.len();
            let near = is_same_place(key, &group.desired.key)
                && common >= COMMON_MIN
                && common * 100 >= known.len() * KEPT_PERCENT_MIN
                && common * 100 >= people.len() * KNOWN_PERCENT_MIN;
            if near {
                let all = known.len() + people.len() - common;
                pairs.push(Pair {
                    new,
                    old: *old,
                    same_percent: common * 100 / all,
                    same_roles: roles.iter().filter(|(before, now)| before == now).count(),
                    kept_percent: common * 100 / known.len(),
                });
            }
        }
    }
    pairs
}

/// The operation that gives a group its new key, its new idnumber and a name; the name does not change its fingerprint.
pub(super) fn rekey(
    context: &Context<'_>,
    desired: &DesiredGroup<'_>,
    from: &Arc<GroupHead>,
    shown: &ObservedGroup,
    name: Text,
) -> Operation {
    let group = Arc::new(GroupHead {
        key: desired.key.clone(),
        idnumber: desired.key.idnumber(),
        id: Some(shown.id),
        name,
        term: desired.term.clone(),
    });
    let because =
        if shown.idnumber == group.idnumber { Because::AlreadyThere } else { Because::SourceChangedId };
    context.operation(Change::RekeyGroup { group, from: Arc::clone(from) }, because)
}

fn is_same_place(one: &GroupKey, other: &GroupKey) -> bool {
    one.source == other.source && one.module == other.module && one.part == other.part
}

/// Says what happens to a group that leaves, save for names and members.
fn leave(context: &Context<'_>, group: &Leaving<'_>, plan: &mut CoursePlan) {
    let head = leaving_head(group);
    match (group.fate, group.shown) {
        (Fate::Kept, _) | (Fate::Emptied | Fate::Archived, Some(_)) => {}
        (Fate::Emptied | Fate::Archived | Fate::Deleted(_), None) => {
            plan.operations.push(context.operation(Change::ForgetGroup { group: head }, Because::GoneThere));
        }
        (Fate::Deleted(because), Some(shown)) => {
            let members = shown.members.as_ref().map_or(0, |members| members.len() as u64);
            let head = match &group.renamed {
                Some(name) => Arc::new(GroupHead { name: name.clone(), ..(*head).clone() }),
                None => head,
            };
            plan.operations.push(context.operation(Change::DeleteGroup { group: head, members }, because));
        }
    }
}

/// A group that leaves, as operations refer to it.
pub(super) fn leaving_head(group: &Leaving<'_>) -> Arc<GroupHead> {
    Arc::new(GroupHead {
        key: group.key.clone(),
        idnumber: group.key.idnumber(),
        id: group.shown.map(|shown| shown.id).or(group.link.id),
        name: group.shown.map_or(&group.link.name_shown, |shown| &shown.name).clone(),
        term: group.link.term.clone(),
    })
}
