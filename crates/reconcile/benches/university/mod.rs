//! Universities of the sizes of DESIGN section 12, as a planner meets them: snapshots and what the platform shows.
//!
//! Not here: anything awkward; the tests have that. Here every person is enrolled and every name is free.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use reconcile::keys::{
    CourseId, GroupId, GroupKey, GroupingId, GroupingKey, ModuleCode, Part, PersonKey, Role, SourceGroupId,
    SourceName, Text, UserId,
};
use reconcile::link::{CourseLinks, GroupLink, GroupingLink, LinkState, MemberLink};
use reconcile::observed::{
    Directory, EnrolledUser, Observed, ObservedCourse, ObservedGroup, ObservedGrouping,
};
use reconcile::plan::{CoursePlan, plan_course};
use reconcile::policy::Policy;
use reconcile::snapshot::{
    CourseSnapshot, Mapping, Presence, RejectedRows, SourceGroup, SourceMember, SourceModule, Wish,
};

/// How large a university is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Profile {
    pub(crate) courses: usize,
    pub(crate) groups: usize,
    pub(crate) people: usize,
    pub(crate) memberships: usize,
}

pub(crate) const L: Profile =
    Profile { courses: 6_000, groups: 45_000, people: 57_000, memberships: 700_000 };

pub(crate) const XL: Profile =
    Profile { courses: 60_000, groups: 150_000, people: 600_000, memberships: 6_000_000 };

/// What the platform shows on the night that is planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Night {
    /// Nothing of ours yet.
    First,
    /// Everything as the source says.
    Quiet,
}

/// All courses of a university.
pub(crate) struct University {
    pub(crate) courses: Vec<(CourseSnapshot, Observed)>,
}

impl University {
    pub(crate) fn of(profile: Profile, night: Night) -> Self {
        let people: Vec<PersonKey> =
            (0..profile.people).map(|number| format!("{:08}", 20_000_000 + number).as_str().into()).collect();
        let mut random = 2026_u64;
        let mut next_group = 0;
        let courses = (0..profile.courses)
            .map(|at| {
                let groups = share(profile.groups, profile.courses, at);
                let sizes: Vec<usize> = (next_group..next_group + groups)
                    .map(|group| share(profile.memberships, profile.groups, group))
                    .collect();
                let course = course(at, next_group, &sizes, &people, night, &mut random);
                next_group += groups;
                course
            })
            .collect();
        University { courses }
    }

    /// Plans every course.
    pub(crate) fn plan(&self) -> Vec<CoursePlan> {
        let (directory, policy, refused) = (Directory::default(), Policy::default(), HashSet::new());
        let plan = |(snapshot, observed): &(CourseSnapshot, Observed)| {
            plan_course(snapshot, observed, &directory, &policy, &refused)
        };
        self.courses.iter().map(plan).collect()
    }
}

/// The part of a whole that falls to one of many, so that the parts add up.
fn share(whole: usize, many: usize, at: usize) -> usize {
    whole * (at + 1) / many - whole * at / many
}

/// A course with one module; its people are a stretch of all people, shuffled by chance.
fn course(
    at: usize,
    first_group: usize,
    sizes: &[usize],
    people: &[PersonKey],
    night: Night,
    random: &mut u64,
) -> (CourseSnapshot, Observed) {
    let source: SourceName = "cmis".into();
    let module: ModuleCode = format!("MODL{at:05}").as_str().into();
    let enrolled_count =
        (sizes.iter().sum::<usize>() * 2 / 3).max(sizes.iter().copied().max().unwrap_or(0) + 1);
    let mut enrolled: Vec<usize> = (0..enrolled_count).map(|_| chance(random) % people.len()).collect();
    enrolled.sort_unstable();
    enrolled.dedup();
    let mut groups = Vec::with_capacity(sizes.len());
    let mut links = CourseLinks::default();
    let mut observed = ObservedCourse::default();
    for (nth, size) in sizes.iter().enumerate() {
        let id: SourceGroupId = format!("{}", 60_000 + first_group + nth).as_str().into();
        let name: Text = format!("TUT{nth}").into();
        let start = chance(random);
        let members: BTreeSet<usize> =
            (0..*size).map(|step| enrolled[(start + step) % enrolled.len()]).collect();
        let user = |person: &usize| UserId(*person as i64 + 2);
        if night == Night::Quiet {
            let key = GroupKey {
                source: source.clone(),
                module: module.clone(),
                group: id.clone(),
                part: Part::Everyone,
            };
            let group_id = GroupId((first_group + nth) as i64 + 1);
            let member = |person: &usize| {
                let link = MemberLink {
                    person: people[*person].clone(),
                    role: Role::Student,
                    state: LinkState::Confirmed,
                };
                (user(person), link)
            };
            let link = GroupLink {
                id: Some(group_id),
                idnumber: key.idnumber(),
                name_applied: name.clone(),
                name_shown: name.clone(),
                term: "2026-T1".into(),
                state: LinkState::Confirmed,
                members: members.iter().map(member).collect(),
            };
            observed.groups.push(ObservedGroup {
                id: group_id,
                name: name.clone(),
                idnumber: link.idnumber.clone(),
                members: Some(members.iter().map(user).collect()),
            });
            links.groups.insert(key, link);
        }
        let member = |person: &usize| SourceMember { person: people[*person].clone(), role: Role::Student };
        groups.push(SourceGroup {
            id,
            code: name.clone(),
            name,
            kind: "tutorial".into(),
            term: "2026-T1".into(),
            members: members.iter().map(member).collect(),
        });
    }
    if night == Night::Quiet {
        let key = GroupingKey { source: source.clone(), module: module.clone() };
        let id = GroupingId(at as i64 + 1);
        observed.groupings.push(ObservedGrouping {
            id,
            name: module.0.clone(),
            idnumber: key.idnumber(),
            groups: Some(observed.groups.iter().map(|group| group.id).collect()),
        });
        let link = GroupingLink {
            id: Some(id),
            idnumber: key.idnumber(),
            name_applied: module.0.clone(),
            name_shown: module.0.clone(),
            state: LinkState::Confirmed,
        };
        links.groupings = BTreeMap::from([(key, link)]);
    }
    let user =
        |person: &usize| EnrolledUser { id: UserId(*person as i64 + 2), key: Some(people[*person].clone()) };
    observed.enrolled = enrolled.iter().map(user).collect();
    let course = CourseId(at as i64 + 2);
    let terms = Arc::new(BTreeSet::from([Text::from("2026-T1")]));
    let snapshot = CourseSnapshot {
        course,
        mappings: vec![Mapping { course, source: source.clone(), module: module.clone(), wish: Wish::Want }],
        modules: vec![SourceModule {
            source,
            module,
            presence: Presence::Delivered,
            terms,
            groups,
            rejected: RejectedRows::default(),
        }],
        links,
        exceptions: Vec::new(),
        gone_for_days: HashMap::new(),
    };
    (snapshot, Observed::Complete(observed))
}

/// The next number of a small generator (xorshift64*): reproducible, no dependency.
fn chance(random: &mut u64) -> usize {
    *random ^= *random >> 12;
    *random ^= *random << 25;
    *random ^= *random >> 27;
    (random.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize
}
