//! Takes over what the old integration made: links its groups and groupings by the ids that it stored, writes our
//! idnumbers, and records the memberships that its tables and the platform both show (feature Z14).
//!
//! [`groups`] decides about each group, [`people`] about groupings and memberships, [`compare`] sets a plan of ours
//! beside what the old tables ask for. This file holds what they look at.
//!
//! Not here: reading the old database.
//!
//! Invariant: no membership changes, and nothing is made, renamed or deleted; the idnumber is all that is written.
//! Invariant: a group is matched by the id that the old tool stored and by the source's id, never by its name.
//! Invariant: what was taken over once is not touched again: a second call finds nothing to do.

pub mod compare;
mod groups;
mod people;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use crate::desired::{Desired, desire};
use crate::finding::{Finding, Reason, Subject};
use crate::keys::{CourseId, GroupId, GroupKey, GroupingId, ModuleCode, Role, SourceGroupId, Text, UserId};
use crate::observed::{Observed, ObservedCourse, ObservedGroup};
use crate::operation::{Because, Change, GroupHead, Operation};
use crate::plan::{CoursePlan, order, ours};
use crate::policy::Policy;
use crate::snapshot::CourseSnapshot;

/// What the tables of the old integration hold (DESIGN section 5), as far as it could be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OldRecords {
    /// Groups by course.
    pub courses: BTreeMap<CourseId, OldCourse>,
    /// Memberships by the platform's id of the group: students and tutors together.
    pub members: BTreeMap<GroupId, BTreeMap<UserId, OldMember>>,
    /// Memberships that the old tool ended.
    pub deleted_members: BTreeSet<(GroupId, UserId)>,
}

/// The groups of one course.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OldCourse {
    /// `cmis_groups_course`, in the order of the rows.
    pub groups: Vec<OldGroup>,
    /// `cmis_groups_deleted`: the module, and the group where the row names one.
    pub deleted: BTreeSet<(ModuleCode, Option<SourceGroupId>)>,
}

/// A row of `cmis_groups_course`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OldGroup {
    /// `module_code`.
    pub module: ModuleCode,
    /// `groupid`: the source's id.
    pub group: SourceGroupId,
    /// `moodlegroupid`; `None` while it never arrived.
    pub id: Option<GroupId>,
    /// `moodlegroupingid`.
    pub grouping: Option<GroupingId>,
    /// What the old tool still wants to do.
    pub pending: Pending,
}

/// A row of `cmis_groupmembers` or `cmis_tutgroupmembers`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OldMember {
    /// Which of the two tables; whoever is in both is a tutor.
    pub role: Role,
    /// What the old tool still wants to do.
    pub pending: Pending,
}

/// What the flags `toadd` and `todelete` say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pending {
    /// Neither: the old tool believes that it is there.
    Nothing,
    /// `toadd = 1`.
    Add,
    /// `todelete = 1`.
    Delete,
}

impl OldRecords {
    /// The ids that the old tool has in a course: they are read from the platform with their members.
    pub fn ids(&self, course: CourseId) -> (Vec<GroupId>, Vec<GroupingId>) {
        let groups = || self.courses.get(&course).into_iter().flat_map(|old| &old.groups);
        let groupings: BTreeSet<GroupingId> = groups().filter_map(|row| row.grouping).collect();
        (groups().filter_map(|row| row.id).collect(), groupings.into_iter().collect())
    }

    /// Findings about a course of which this program knows nothing, one for each module.
    pub fn unmapped(&self, course: CourseId) -> CoursePlan {
        let mut modules: BTreeMap<&ModuleCode, u64> = BTreeMap::new();
        for row in self.courses.get(&course).into_iter().flat_map(|old| &old.groups) {
            *modules.entry(&row.module).or_default() += 1;
        }
        let finding = |(module, count): (&ModuleCode, u64)| Finding {
            course,
            reason: Reason::OldGroupNotMapped,
            subject: Subject { module: Some(module.clone()), ..Subject::default() },
            detail: format!("{} of {module}", groups_in_words(count)).into(),
        };
        CoursePlan { course, findings: modules.into_iter().map(finding).collect(), ..CoursePlan::default() }
    }
}

/// What is taken over in one course.
#[derive(Clone, Debug, Default)]
pub struct TakeOver {
    /// The operations and what could not be matched.
    pub plan: CoursePlan,
    /// Groups whose id the course does not show.
    pub missing: Vec<Missing>,
}

/// A group of the old tool whose id the course does not show: gone, or in another course.
#[derive(Clone, Debug)]
pub struct Missing {
    /// The id that the old tool stored.
    pub id: GroupId,
    finding: Finding,
}

impl Missing {
    /// What to tell, once it is known whether another course shows the id.
    pub fn into_finding(self, elsewhere: Option<CourseId>) -> Finding {
        match elsewhere {
            None => self.finding,
            Some(course) => Finding {
                reason: Reason::OldGroupElsewhere,
                detail: format!("{}, which course {course} has", self.finding.detail).into(),
                ..self.finding
            },
        }
    }
}

/// Plans the take-over of one course.
pub fn take_over(
    old: &OldRecords,
    snapshot: &CourseSnapshot,
    observed: &Observed,
    policy: &Policy,
) -> TakeOver {
    let plan = CoursePlan { course: snapshot.course, ours: ours(&snapshot.links), ..CoursePlan::default() };
    let rows = old.courses.get(&snapshot.course).map(|old| old.groups.as_slice()).unwrap_or_default();
    let mut done = TakeOver { plan, missing: Vec::new() };
    match observed {
        Observed::Gone => {
            let detail = format!("the old tool has {} there", groups_in_words(rows.len() as u64));
            done.plan.findings.push(about_course(snapshot, Reason::CourseGone, detail.into()));
        }
        Observed::Unknown(why) => {
            done.plan.findings.push(about_course(snapshot, Reason::ReadIncomplete, why.clone()));
        }
        Observed::Complete(course) => {
            let desired = desire(snapshot, policy);
            let mut taking = TakingOver {
                old,
                snapshot,
                course,
                policy,
                desired: &desired,
                taken: Vec::new(),
                claimed: HashSet::new(),
                claimed_groupings: HashSet::new(),
                done,
            };
            for row in rows {
                taking.group(row);
            }
            taking.groupings();
            taking.members();
            done = taking.done;
        }
    }
    done.plan.operations.sort_by(order);
    done.plan.findings.sort();
    done.plan.findings.dedup();
    done
}

/// What the parts of a take-over look at and add to.
struct TakingOver<'a> {
    old: &'a OldRecords,
    snapshot: &'a CourseSnapshot,
    course: &'a ObservedCourse,
    policy: &'a Policy,
    desired: &'a Desired<'a>,
    /// Groups that are ours now, in the order of the rows.
    taken: Vec<Taken<'a>>,
    /// Groups of the platform that a row was matched with.
    claimed: HashSet<GroupId>,
    /// Groupings of the platform that a module was matched with.
    claimed_groupings: HashSet<GroupingId>,
    done: TakeOver,
}

/// A group of the old tool that is ours, or becomes so.
struct Taken<'a> {
    row: &'a OldGroup,
    shown: &'a ObservedGroup,
    head: Arc<GroupHead>,
}

impl TakingOver<'_> {
    fn do_it(&mut self, change: Change) {
        let operation = Operation { course: self.snapshot.course, change, because: Because::TakenOver };
        self.done.plan.operations.push(operation);
    }

    fn tell(&mut self, reason: Reason, subject: Subject, detail: String) {
        let finding = Finding { course: self.snapshot.course, reason, subject, detail: detail.into() };
        self.done.plan.findings.push(finding);
    }
}

fn about_key(key: &GroupKey) -> Subject {
    Subject { module: Some(key.module.clone()), group: Some(key.clone()), person: None }
}

fn about_course(snapshot: &CourseSnapshot, reason: Reason, detail: Text) -> Finding {
    Finding { course: snapshot.course, reason, subject: Subject::default(), detail }
}

fn groups_in_words(count: u64) -> String {
    if count == 1 { "1 group".to_owned() } else { format!("{count} groups") }
}
