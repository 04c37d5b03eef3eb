//! Sets a plan of ours beside what the old tool's tables ask for, for the weeks in which both run side by side.
//!
//! Not here: whether a difference is right or wrong; a person looks at it.
//!
//! Invariant: every operation of ours that changes a group or a membership of the platform, and every `toadd` and
//! `todelete` of the old tables, is agreed upon or told as a difference.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::Range;

use serde::Serialize;

use super::{OldGroup, OldMember, OldRecords, Pending};
use crate::finding::Reason;
use crate::keys::{CourseId, GroupId, ModuleCode, SourceGroupId, UserId};
use crate::link::CourseLinks;
use crate::numbering::numbered_plans;
use crate::operation::{Change, GroupHead};
use crate::plan::CoursePlan;

/// What came of the comparison.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// What both would do.
    pub agreed: Agreed,
    /// What only one would do, sorted by cause.
    pub differences: Vec<Difference>,
}

/// How much both would do alike.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Agreed {
    /// Groups that both make.
    pub groups_made: u64,
    /// Groups that both delete.
    pub groups_deleted: u64,
    /// Members whom both add.
    pub members_added: u64,
    /// Members whom both remove.
    pub members_removed: u64,
}

/// Something that only one of the two would do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Difference {
    /// Why.
    #[serde(serialize_with = "code")]
    pub cause: Cause,
    /// The course.
    pub course: CourseId,
    /// The particulars.
    pub detail: String,
}

fn code<S: serde::Serializer>(cause: &Cause, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(cause.code())
}

/// Declares the closed set of causes: code, title, and what to make of it.
macro_rules! causes {
    ($($(#[$meta:meta])* $variant:ident $code:literal $title:literal $meaning:literal),+ $(,)?) => {
        /// Why the two differ.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Cause { $($(#[$meta])* $variant),+ }

        impl Cause {
            /// The word in JSON.
            pub fn code(self) -> &'static str {
                match self { $(Cause::$variant => $code),+ }
            }

            /// The heading, for people.
            pub fn title(self) -> &'static str {
                match self { $(Cause::$variant => $title),+ }
            }

            /// What it means, and what can be done.
            pub fn meaning(self) -> &'static str {
                match self { $(Cause::$variant => $meaning),+ }
            }
        }
    };
}

causes!(
    /// The course could not be compared.
    CourseUnread "course_unread" "The course is gone or could not be read"
        "Muster plans nothing there; `muster plan --course COURSE` says why",
    /// The old tool's group is a stranger to us.
    NotTakenOver "not_taken_over" "Groups of the old tool that are not taken over"
        "`muster adopt --from-legacy URL` takes them over, or says why not",
    /// Only we make a group.
    OnlyMusterMakes "only_muster_makes" "Only Muster would make these groups"
        "new in the source since the old tool last ran, or it never imported them",
    /// We make a group that the old tool deleted.
    MusterMakesDeleted "muster_makes_deleted" "Muster would make groups that the old tool deleted"
        "see whether the mapping was removed in the old tool after it was brought over: `--mappings` brings changes",
    /// We make a group that the old tool believes is there.
    GoneUnnoticed "gone_unnoticed" "Muster would make groups again that the old tool believes are there"
        "somebody deleted them on the platform; `deleted_there` in [policy] decides",
    /// Only we delete a group.
    OnlyMusterDeletes "only_muster_deletes" "Only Muster would delete these groups"
        "the source no longer has them, or their mapping was removed; look at them before you let Muster do it",
    /// Only the old tool makes a group.
    OnlyOldMakes "only_old_makes" "Only the old tool would make these groups (toadd)"
        "not in the source any more, not mapped here, or its name is taken; `muster explain course COURSE` says which",
    /// Only the old tool deletes a group.
    OnlyOldDeletes "only_old_deletes" "Only the old tool would delete these groups (todelete)"
        "the source still has them, or a deletion was stuck; `muster explain group GROUP` says why Muster keeps it",
    /// Only we add a member.
    OnlyMusterAdds "only_muster_adds" "Only Muster would add these members"
        "new in the source since the old tool last ran",
    /// We add a member whom the old tool removed.
    MusterAddsDeleted "muster_adds_deleted" "Muster would add members whom the old tool removed"
        "see whether the source names them: `muster explain person PERSON`",
    /// We add a member whom the old tool believes is there.
    MemberGoneUnnoticed "member_gone_unnoticed" "Muster would add members again whom the old tool believes are there"
        "somebody removed them on the platform, or they were enrolled anew; `removed_there` in [policy] decides",
    /// Only we remove a member.
    OnlyMusterRemoves "only_muster_removes" "Only Muster would remove these members"
        "the source no longer names them; look at them before you let Muster do it",
    /// Only the old tool adds a member.
    OnlyOldAdds "only_old_adds" "Only the old tool would add these members (toadd)"
        "not enrolled yet, or not in the source any more; `muster explain person PERSON` says which",
    /// Only the old tool removes a member.
    OnlyOldRemoves "only_old_removes" "Only the old tool would remove these members (todelete)"
        "the source still names them, or a removal was stuck",
);

/// Compares the courses that were planned. `links` is our memory of them; `waiting` holds the numbers of operations that
/// wait for approval, counted from 1 through all plans.
pub fn compare(
    old: &OldRecords,
    plans: &[CoursePlan],
    links: &BTreeMap<CourseId, CourseLinks>,
    waiting: &HashSet<u32>,
) -> Comparison {
    let mut comparison = Comparison::default();
    let nothing = CourseLinks::default();
    for (numbers, plan) in numbered_plans(plans) {
        let ours = Ours::of(plan, links.get(&plan.course).unwrap_or(&nothing), numbers, waiting);
        Comparing { old, ours, course: plan.course, comparison: &mut comparison }.course(plan);
    }
    comparison.differences.sort();
    comparison
}

type Place<'a> = (&'a ModuleCode, &'a SourceGroupId);

/// What we would do in a course.
struct Ours<'a> {
    links: &'a CourseLinks,
    makes: BTreeMap<Place<'a>, &'static str>,
    deletes: BTreeMap<Place<'a>, (&'a GroupHead, &'static str)>,
    adds: BTreeMap<(GroupId, UserId), (String, &'static str)>,
    removes: BTreeMap<(GroupId, UserId), (String, &'static str)>,
}

impl<'a> Ours<'a> {
    fn of(plan: &'a CoursePlan, links: &'a CourseLinks, numbers: Range<u32>, waiting: &HashSet<u32>) -> Self {
        let mut ours = Ours {
            links,
            makes: BTreeMap::new(),
            deletes: BTreeMap::new(),
            adds: BTreeMap::new(),
            removes: BTreeMap::new(),
        };
        for (number, operation) in numbers.zip(&plan.operations) {
            let mark = if waiting.contains(&number) { " (waits for approval)" } else { "" };
            match &operation.change {
                Change::CreateGroup { group } => {
                    ours.makes.insert(place(group), mark);
                }
                Change::DeleteGroup { group, .. } => {
                    ours.deletes.insert(place(group), (group, mark));
                }
                Change::AddMember { group, user, person, .. } => {
                    // The people of a group that is new to the platform come with the group.
                    let Some(id) = group.id else { continue };
                    ours.adds.insert((id, *user), (format!("{person} in {}", group.name), mark));
                }
                Change::RemoveMember { group, user, person } => {
                    let Some(id) = group.id else { continue };
                    ours.removes.insert((id, *user), (format!("{person} in {}", group.name), mark));
                }
                _ => {}
            }
        }
        ours
    }

    fn knows(&self, row: &OldGroup) -> bool {
        self.links.groups.iter().any(|(key, link)| {
            key.module == row.module && (key.group == row.group || row.id.is_some() && link.id == row.id)
        })
    }

    fn has_member(&self, id: GroupId, user: UserId) -> bool {
        let mut groups = self.links.groups.values().filter(|link| link.id == Some(id));
        groups.any(|link| link.members.contains_key(&user))
    }
}

fn place(group: &GroupHead) -> Place<'_> {
    (&group.key.module, &group.key.group)
}

struct Comparing<'a> {
    old: &'a OldRecords,
    ours: Ours<'a>,
    course: CourseId,
    comparison: &'a mut Comparison,
}

impl Comparing<'_> {
    fn differ(&mut self, cause: Cause, detail: String) {
        self.comparison.differences.push(Difference { cause, course: self.course, detail });
    }

    fn course(&mut self, plan: &CoursePlan) {
        let old = self.old;
        let rows = old.courses.get(&self.course).map(|course| course.groups.as_slice()).unwrap_or_default();
        let unread = |reason| matches!(reason, Reason::CourseGone | Reason::ReadIncomplete);
        if let Some(finding) = plan.findings.iter().find(|finding| unread(finding.reason)) {
            if !rows.is_empty() {
                self.differ(Cause::CourseUnread, finding.to_string());
            }
            return;
        }
        let mut seen_groups: BTreeSet<Place<'_>> = BTreeSet::new();
        let mut seen_ids: BTreeSet<GroupId> = BTreeSet::new();
        for row in rows {
            if seen_groups.insert((&row.module, &row.group)) {
                self.group(row, plan);
                seen_ids.extend(row.id);
            }
        }
        self.new_groups(&seen_groups);
        for id in seen_ids {
            self.members(id);
        }
        self.other_members();
    }

    /// One row of the old tool.
    fn group(&mut self, row: &OldGroup, plan: &CoursePlan) {
        let what = format!("group {} of {}", row.group, row.module);
        let place = (&row.module, &row.group);
        let makes = self.ours.makes.get(&place).copied();
        let deletes = self.ours.deletes.get(&place).map(|(_, mark)| *mark);
        let knows = self.ours.knows(row);
        let pending =
            if row.id.is_none() && row.pending == Pending::Nothing { Pending::Add } else { row.pending };
        match (pending, makes, deletes) {
            (Pending::Add, Some(_), _) => self.comparison.agreed.groups_made += 1,
            (Pending::Delete, _, Some(_)) => self.comparison.agreed.groups_deleted += 1,
            (Pending::Nothing, Some(mark), _) => self.differ(Cause::GoneUnnoticed, format!("{what}{mark}")),
            (Pending::Delete, Some(mark), None) => {
                self.differ(Cause::OnlyMusterMakes, format!("{what}{mark}"))
            }
            (Pending::Add | Pending::Nothing, None, Some(mark)) => {
                self.differ(Cause::OnlyMusterDeletes, format!("{what}{mark}"));
            }
            (Pending::Add, None, None) if knows => {}
            (Pending::Add, None, None) => {
                let why = why(plan, row).map_or_else(String::new, |title| format!(": {title}"));
                self.differ(Cause::OnlyOldMakes, format!("{what}{why}"));
            }
            (Pending::Delete, None, None) => self.differ(Cause::OnlyOldDeletes, what),
            (Pending::Nothing, None, None) if knows => {}
            (Pending::Nothing, None, None) => {
                let why = why(plan, row).map_or_else(String::new, |title| format!(": {title}"));
                self.differ(Cause::NotTakenOver, format!("{what}{why}"));
            }
        }
    }

    /// What we would make and delete without a row of the old tool.
    fn new_groups(&mut self, seen: &BTreeSet<Place<'_>>) {
        let deleted = self.old.courses.get(&self.course).map(|course| &course.deleted);
        let is_deleted = |(module, group): Place<'_>| {
            deleted.is_some_and(|deleted| {
                deleted.contains(&(module.clone(), Some(group.clone())))
                    || deleted.contains(&(module.clone(), None))
            })
        };
        let mut told = Vec::new();
        for (place, mark) in self.ours.makes.iter().filter(|(place, _)| !seen.contains(*place)) {
            let cause = if is_deleted(*place) { Cause::MusterMakesDeleted } else { Cause::OnlyMusterMakes };
            told.push((cause, format!("group {} of {}{mark}", place.1, place.0)));
        }
        for (place, (_, mark)) in self.ours.deletes.iter().filter(|(place, _)| !seen.contains(*place)) {
            told.push((Cause::OnlyMusterDeletes, format!("group {} of {}{mark}", place.1, place.0)));
        }
        told.into_iter().for_each(|(cause, detail)| self.differ(cause, detail));
    }

    /// The people of a group that the old tool knows by this id.
    fn members(&mut self, id: GroupId) {
        let old = self.old;
        // The people of a group that goes go with it.
        if self.ours.deletes.values().any(|(head, _)| head.id == Some(id)) {
            return;
        }
        let nobody = BTreeMap::new();
        for (user, member) in old.members.get(&id).unwrap_or(&nobody) {
            self.member(id, *user, member);
        }
    }

    fn member(&mut self, id: GroupId, user: UserId, member: &OldMember) {
        let what = || format!("user {user} in group {id}");
        let adds = self.ours.adds.remove(&(id, user));
        let removes = self.ours.removes.remove(&(id, user));
        let detail = |(detail, mark): (String, &str)| format!("{detail}{mark}");
        match (member.pending, adds, removes) {
            (Pending::Add, Some(_), _) => self.comparison.agreed.members_added += 1,
            (Pending::Delete, _, Some(_)) => self.comparison.agreed.members_removed += 1,
            (Pending::Nothing, Some(add), _) => self.differ(Cause::MemberGoneUnnoticed, detail(add)),
            (Pending::Delete, Some(add), None) => self.differ(Cause::OnlyMusterAdds, detail(add)),
            (Pending::Add | Pending::Nothing, None, Some(remove)) => {
                self.differ(Cause::OnlyMusterRemoves, detail(remove));
            }
            (Pending::Add, None, None) if !self.ours.has_member(id, user) => {
                self.differ(Cause::OnlyOldAdds, what());
            }
            (Pending::Delete, None, None) if self.ours.has_member(id, user) => {
                self.differ(Cause::OnlyOldRemoves, what());
            }
            (_, None, None) => {}
        }
    }

    /// Whom we would add and remove without a row of the old tool.
    fn other_members(&mut self) {
        let (adds, removes) = (std::mem::take(&mut self.ours.adds), std::mem::take(&mut self.ours.removes));
        for (place, (detail, mark)) in adds {
            let deleted = self.old.deleted_members.contains(&place);
            let cause = if deleted { Cause::MusterAddsDeleted } else { Cause::OnlyMusterAdds };
            self.differ(cause, format!("{detail}{mark}"));
        }
        for (_, (detail, mark)) in removes {
            self.differ(Cause::OnlyMusterRemoves, format!("{detail}{mark}"));
        }
    }
}

/// What our plan says about a group, or its module, that it does not make.
fn why(plan: &CoursePlan, row: &OldGroup) -> Option<&'static str> {
    let about = |finding: &&crate::finding::Finding| {
        let subject = &finding.subject;
        subject.module.as_ref() == Some(&row.module)
            && subject.group.as_ref().is_none_or(|key| key.group == row.group)
            && subject.person.is_none()
    };
    plan.findings.iter().find(about).map(|finding| finding.reason.title())
}
