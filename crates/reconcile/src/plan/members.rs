//! Compares the people of each group: desired, observed, ours (the table of DESIGN section 4, line by line).
//!
//! Not here: which groups there are.
//!
//! Invariant: a member is removed only if the membership is ours and the source no longer names the person (or an
//! exception or the policy says so); a person who is only hard to identify tonight is left where they are.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use super::groups::{Fate, Groups, Leaving, Staying, leaving_head, why_kept};
use super::{Context, CoursePlan, Enrolled};
use crate::desired::about_group;
use crate::finding::{Finding, Reason};
use crate::keys::{GroupKey, PersonKey, Role, UserId};
use crate::link::{LinkState, MemberLink};
use crate::operation::{Because, Change, GroupHead, Operation};
use crate::policy::{LocalMembers, NotEnrolled, RemovedThere};

pub(super) fn plan(context: &Context<'_>, groups: &Groups<'_>, plan: &mut CoursePlan) {
    let mut enrolling = HashSet::new();
    for group in &groups.staying {
        compare(context, group, &mut enrolling, plan);
    }
    for group in groups.leaving.iter().filter(|group| group.fate == Fate::Emptied) {
        empty(context, group, plan);
    }
}

/// The desired people of a group, as users of the platform.
#[derive(Default)]
struct Wanted<'a> {
    /// Users, sorted.
    users: Vec<(UserId, &'a PersonKey, Role)>,
    /// People who are no user whom we could add tonight.
    unresolved: HashSet<&'a PersonKey>,
}

fn compare(
    context: &Context<'_>,
    group: &Staying<'_>,
    enrolling: &mut HashSet<UserId>,
    plan: &mut CoursePlan,
) {
    let wanted = resolve(context, group, enrolling, plan);
    let no_links = BTreeMap::new();
    // A group that is created again begins without members, whatever we remember of the old one.
    let ours = match (group.shown, group.link) {
        (Some(_), Some(link)) => &link.members,
        _ => &no_links,
    };
    let shown = match group.shown {
        None => Vec::new(),
        Some(shown) => {
            let Some(members) = &shown.members else {
                let detail = format!("the members of {} were not read", shown.name);
                plan.findings.push(about_group(
                    context.snapshot,
                    Reason::ReadIncomplete,
                    &group.desired.key,
                    detail,
                ));
                return;
            };
            sorted(members)
        }
    };
    let mut comparison = Comparison { context, group, unresolved: &wanted.unresolved, locals: 0, plan };
    for line in three_way(&wanted.users, &shown, ours) {
        comparison.decide(line);
    }
    let locals = comparison.locals;
    if locals > 0 {
        let members = if locals == 1 { "member" } else { "members" };
        let detail = format!("{} has {locals} {members} of its own", group.head.name);
        plan.findings.push(about_group(context.snapshot, Reason::LocalMembers, &group.desired.key, detail));
    }
}

/// One user in the three-way comparison.
struct Line<'a> {
    user: UserId,
    desired: Option<(&'a PersonKey, Role)>,
    observed: bool,
    ours: Option<&'a MemberLink>,
}

/// Walks three sorted lists at once.
fn three_way<'a>(
    wanted: &'a [(UserId, &'a PersonKey, Role)],
    shown: &'a [UserId],
    ours: &'a BTreeMap<UserId, MemberLink>,
) -> impl Iterator<Item = Line<'a>> {
    let mut wanted = wanted.iter().peekable();
    let mut shown = shown.iter().peekable();
    let mut ours = ours.iter().peekable();
    std::iter::from_fn(move || {
        let heads = [
            wanted.peek().map(|next| next.0),
            shown.peek().map(|next| **next),
            ours.peek().map(|next| *next.0),
        ];
        let user = heads.into_iter().flatten().min()?;
        Some(Line {
            user,
            desired: wanted.next_if(|next| next.0 == user).map(|next| (next.1, next.2)),
            observed: shown.next_if(|next| **next == user).is_some(),
            ours: ours.next_if(|next| *next.0 == user).map(|next| next.1),
        })
    })
}

struct Comparison<'a> {
    context: &'a Context<'a>,
    group: &'a Staying<'a>,
    unresolved: &'a HashSet<&'a PersonKey>,
    locals: u64,
    plan: &'a mut CoursePlan,
}

impl Comparison<'_> {
    /// The table of DESIGN section 4.
    fn decide(&mut self, line: Line<'_>) {
        let user = line.user;
        match (line.desired, line.observed, line.ours) {
            (Some((person, role)), false, None) => self.add(user, person, role, Because::SourceHas),
            (Some((person, role)), false, Some(link)) if link.state == LinkState::Intended => {
                // It never arrived: nobody removed anything.
                self.add(user, person, role, Because::SourceHas);
            }
            (Some((person, role)), false, Some(_)) => {
                self.tell(
                    Reason::RemovedThere,
                    person,
                    format!("{person} was removed from {}", self.group.head.name),
                );
                if self.context.policy.removed_there == RemovedThere::Restore {
                    self.add(user, person, role, Because::RemovedThere);
                }
            }
            (Some((person, role)), true, link) => {
                let as_remembered = link.is_some_and(|link| {
                    link.state == LinkState::Confirmed && link.role == role && link.person == *person
                });
                if !as_remembered {
                    let (group, person) = (self.head(), person.clone());
                    self.push(Change::AdoptMember { group, user, person, role }, Because::AlreadyThere);
                }
            }
            (None, true, Some(link)) => {
                // The source still names the person; only tonight nobody can tell who that is.
                if !self.unresolved.contains(&link.person) {
                    self.gone(user, &link.person);
                }
            }
            (None, true, None) => self.local(user),
            (None, false, Some(link)) => {
                let because = if self.unresolved.contains(&link.person) {
                    Because::Unenrolled
                } else {
                    Because::GoneThere
                };
                let (group, person) = (self.head(), link.person.clone());
                self.push(Change::ForgetMember { group, user, person }, because);
            }
            (None, false, None) => {}
        }
    }

    /// A member of ours whom the source no longer names, or an exception keeps out.
    fn gone(&mut self, user: UserId, person: &PersonKey) {
        if self.group.desired.kept_out.contains(&person) {
            self.remove(user, person.clone(), Because::Exception);
        } else if let Some(finding) = why_kept(self.context, &self.group.desired.key, Some(person)) {
            self.plan.findings.push(finding);
        } else {
            self.remove(user, person.clone(), Because::SourceDropped);
        }
    }

    /// A member who was added on the platform.
    fn local(&mut self, user: UserId) {
        let removes = self.context.policy.local_members == LocalMembers::Remove;
        if !removes && self.group.desired.kept_out.is_empty() {
            self.locals += 1;
            return;
        }
        let key = self.context.course.enrolled.iter().find(|enrolled| enrolled.id == user);
        let key = key.and_then(|enrolled| enrolled.key.as_ref());
        if let Some(person) = key.filter(|person| self.group.desired.kept_out.contains(person)) {
            self.remove(user, person.clone(), Because::Exception);
        } else if removes && !key.is_some_and(|person| self.unresolved.contains(person)) {
            let person = key.cloned().unwrap_or_else(|| format!("user {user}").as_str().into());
            self.remove(user, person, Because::LocalMember);
        } else {
            self.locals += 1;
        }
    }

    fn head(&self) -> Arc<GroupHead> {
        Arc::clone(&self.group.head)
    }

    fn add(&mut self, user: UserId, person: &PersonKey, role: Role, because: Because) {
        let (group, person) = (self.head(), person.clone());
        self.push(Change::AddMember { group, user, person, role }, because);
    }

    fn remove(&mut self, user: UserId, person: PersonKey, because: Because) {
        let group = self.head();
        self.push(Change::RemoveMember { group, user, person }, because);
    }

    fn push(&mut self, change: Change, because: Because) {
        let operation: Operation = self.context.operation(change, because);
        self.plan.operations.push(operation);
    }

    fn tell(&mut self, reason: Reason, person: &PersonKey, detail: String) {
        self.plan.findings.push(about_person(self.context, reason, &self.group.desired.key, person, detail));
    }
}

/// Finds the user of each desired person; who has none is told, and waits or is enrolled by policy.
fn resolve<'a>(
    context: &Context<'_>,
    group: &'a Staying<'_>,
    enrolling: &mut HashSet<UserId>,
    plan: &mut CoursePlan,
) -> Wanted<'a> {
    let mut wanted = Wanted { users: Vec::with_capacity(group.desired.members.len()), ..Wanted::default() };
    for &(person, role) in &group.desired.members {
        let known = match context.people.by_key.get(person) {
            Some(Enrolled::One(user)) => {
                wanted.users.push((*user, person, role));
                continue;
            }
            Some(Enrolled::Several(users)) => users.as_slice(),
            None => context.directory.users.get(person).map_or(&[][..], Vec::as_slice),
        };
        let asked = context.directory.users.contains_key(person);
        let (reason, detail) = match known {
            [] if asked => (Reason::UnknownPerson, format!("{person}, wanted in {}", group.head.name)),
            [] => (Reason::NotEnrolled, format!("{person}, wanted in {}", group.head.name)),
            [user] => {
                if context.policy.not_enrolled == NotEnrolled::Enrol {
                    enrol(context, *user, person, role, enrolling, plan);
                    wanted.users.push((*user, person, role));
                    continue;
                }
                (Reason::NotEnrolled, format!("{person}, wanted in {}", group.head.name))
            }
            several => {
                let users: Vec<_> = sorted(several).iter().map(UserId::to_string).collect();
                (Reason::AmbiguousPerson, format!("{person} is user {}", users.join(" and user ")))
            }
        };
        wanted.unresolved.insert(person);
        plan.findings.push(about_person(context, reason, &group.desired.key, person, detail));
    }
    wanted.users.sort_unstable();
    // Two spellings of one key can be the same user, because the platform compares keys by its collation.
    wanted.users.dedup_by_key(|user| user.0);
    wanted
}

fn enrol(
    context: &Context<'_>,
    user: UserId,
    person: &PersonKey,
    role: Role,
    enrolling: &mut HashSet<UserId>,
    plan: &mut CoursePlan,
) {
    if enrolling.insert(user) {
        let role_id = match role {
            Role::Student => context.policy.enrol_student_role,
            Role::Tutor => context.policy.enrol_tutor_role,
        };
        let change = Change::EnrolPerson { user, person: person.clone(), role, role_id };
        plan.operations.push(context.operation(change, Because::NeedsEnrolment));
    }
}

/// Takes the members that are ours out of a group that stays empty (policy `on_unmap = "empty"`).
fn empty(context: &Context<'_>, group: &Leaving<'_>, plan: &mut CoursePlan) {
    let Some(members) = group.shown.and_then(|shown| shown.members.as_ref()) else { return };
    let (head, shown) = (leaving_head(group), sorted(members));
    for (&user, link) in &group.link.members {
        let (group, person) = (Arc::clone(&head), link.person.clone());
        plan.operations.push(if shown.binary_search(&user).is_ok() {
            context.operation(Change::RemoveMember { group, user, person }, Because::Unmapped)
        } else {
            context.operation(Change::ForgetMember { group, user, person }, Because::GoneThere)
        });
    }
}

fn about_person(
    context: &Context<'_>,
    reason: Reason,
    group: &GroupKey,
    person: &PersonKey,
    detail: String,
) -> Finding {
    let mut finding = about_group(context.snapshot, reason, group, detail);
    finding.subject.person = Some(person.clone());
    finding
}

fn sorted(users: &[UserId]) -> Vec<UserId> {
    let mut users = users.to_vec();
    users.sort_unstable();
    users.dedup();
    users
}
