//! What a course should show, by the source, the mappings and the policy (step 3 of a run).
//!
//! Not here: what the course shows now. Nothing of this file knows the platform.
//!
//! Invariant: no two desired groups of a course have names that a collation could take for equal; the same holds for
//! groupings.
//! Invariant: whatever the order of the rows, the same state comes out.

use std::collections::{BTreeMap, HashMap};

use crate::finding::{Finding, Reason, Subject};
use crate::keys::{GroupKey, GroupingKey, Part, PersonKey, Role, Text};
use crate::naming::{Changed, Fitted, GROUP_NAME_CHARS_MAX, GROUPING_NAME_CHARS_MAX, fit, fold, render};
use crate::policy::{Groupings, Policy, SameCode, Students, Tutors};
use crate::snapshot::{CourseSnapshot, ExceptionKind, Presence, SourceGroup, SourceModule, Wish};

/// What a course should show.
#[derive(Debug, Default)]
pub(crate) struct Desired<'a> {
    /// Groups in the order of their keys.
    pub(crate) groups: Vec<DesiredGroup<'a>>,
    /// Groupings by key, with their names.
    pub(crate) groupings: BTreeMap<GroupingKey, Text>,
    /// What a person should know.
    pub(crate) findings: Vec<Finding>,
}

/// A group that a course should show.
#[derive(Debug)]
pub(crate) struct DesiredGroup<'a> {
    /// Its key.
    pub(crate) key: GroupKey,
    /// The name that it should have.
    pub(crate) name: Text,
    /// The name with its module and id, in case the plain one is taken.
    pub(crate) qualified: Text,
    /// Its term.
    pub(crate) term: &'a Text,
    /// The groupings that should hold it: one, or several after a merge.
    pub(crate) groupings: Vec<GroupingKey>,
    /// Its people, sorted by person; nobody twice.
    pub(crate) members: Vec<(&'a PersonKey, Role)>,
    /// People whom an exception keeps out, whether the source or a teacher put them in.
    pub(crate) kept_out: Vec<&'a PersonKey>,
}

/// Works out what a course should show.
pub(crate) fn desire<'a>(snapshot: &'a CourseSnapshot, policy: &Policy) -> Desired<'a> {
    let mut desired = Desired::default();
    for module in wanted_modules(snapshot) {
        for group in &module.groups {
            if !is_kind_left_out(&group.kind, policy) {
                desired.groups.extend(groups_of(snapshot, module, group, policy, &mut desired.findings));
            }
        }
    }
    desired.groups.sort_by(|one, other| one.key.cmp(&other.key));
    desired.resolve_same_names(snapshot, policy);
    desired.name_groupings(policy);
    desired
}

/// Tells whether the policy leaves a kind of group out (feature A12).
pub fn is_kind_left_out(kind: &str, policy: &Policy) -> bool {
    policy.kinds_excluded.iter().any(|excluded| excluded.eq_ignore_ascii_case(kind))
}

/// The modules that a person wants in the course and about which the source speaks.
pub(crate) fn wanted_modules(snapshot: &CourseSnapshot) -> impl Iterator<Item = &SourceModule> {
    snapshot.modules.iter().filter(|module| {
        module.presence == Presence::Delivered
            && snapshot.wish(&module.source, &module.module) == Some(Wish::Want)
    })
}

/// The one or two groups that a source group becomes.
fn groups_of<'a>(
    snapshot: &'a CourseSnapshot,
    module: &SourceModule,
    group: &'a SourceGroup,
    policy: &Policy,
    findings: &mut Vec<Finding>,
) -> Vec<DesiredGroup<'a>> {
    let key = |part| GroupKey {
        source: module.source.clone(),
        module: module.module.clone(),
        group: group.id.clone(),
        part,
    };
    let (members, kept_out) = people_of(snapshot, module, group, findings);
    let plain = plain_name(module, group, policy);
    let of_role = |role: Role| members.iter().filter(move |(_, r)| *r == role).copied();
    let students: Vec<_> = match policy.students {
        Students::Add => of_role(Role::Student).collect(),
        Students::Ignore => Vec::new(),
    };
    let mut parts = Vec::with_capacity(1);
    match policy.tutors {
        Tutors::Add => {
            let mut everyone = students;
            everyone.extend(of_role(Role::Tutor));
            parts.push((Part::Everyone, plain, everyone));
        }
        Tutors::Ignore => parts.push((Part::Everyone, plain, students)),
        Tutors::OwnGroup => {
            let tutors: Vec<_> = of_role(Role::Tutor).collect();
            let name = render(&policy.tutors_name, &[("name", &plain)]);
            parts.push((Part::Everyone, plain, students));
            if !tutors.is_empty() {
                parts.push((Part::Tutors, name, tutors));
            }
        }
    }
    let mut groups = Vec::with_capacity(parts.len());
    for (part, name, mut members) in parts {
        members.sort_unstable();
        let key = key(part);
        let Fitted { name: fitted, changed } = fit(&name, GROUP_NAME_CHARS_MAX);
        if changed == Changed::Yes {
            let detail = format!("{} in the source is shown as {fitted}", shorten(&name));
            findings.push(about_group(snapshot, Reason::NameAdjusted, &key, detail));
        }
        groups.push(DesiredGroup {
            qualified: qualified(&fitted, &format!(" ({} {})", key.module, key.group)),
            name: fitted,
            term: &group.term,
            groupings: match policy.groupings {
                Groupings::PerModule => {
                    vec![GroupingKey { source: key.source.clone(), module: key.module.clone() }]
                }
                Groupings::None => Vec::new(),
            },
            members,
            kept_out: kept_out.clone(),
            key,
        });
    }
    groups
}

/// People in a group, and people kept out of it.
type People<'a> = (Vec<(&'a PersonKey, Role)>, Vec<&'a PersonKey>);

/// The people of a source group after the exceptions; whoever is tutor and student counts as tutor.
fn people_of<'a>(
    snapshot: &'a CourseSnapshot,
    module: &SourceModule,
    group: &'a SourceGroup,
    findings: &mut Vec<Finding>,
) -> People<'a> {
    let mut members: Vec<_> = group.members.iter().map(|member| (&member.person, member.role)).collect();
    let mut kept_out = Vec::new();
    let mut exceptions: Vec<_> = snapshot
        .exceptions
        .iter()
        .filter(|exception| {
            exception.source == module.source
                && exception.module == module.module
                && exception.group == group.id
        })
        .collect();
    // Whoever is kept in and kept out stays out, whatever the order of the rows.
    exceptions.sort_by_key(|exception| exception.kind);
    for exception in exceptions {
        if exception.kind == ExceptionKind::Exclude {
            kept_out.push(&exception.person);
        }
        let listed = members.iter().any(|(person, _)| **person == exception.person);
        let told = match (exception.kind, listed) {
            (ExceptionKind::Include, false) => {
                members.push((&exception.person, Role::Student));
                "is kept in"
            }
            (ExceptionKind::Exclude, true) => {
                members.retain(|(person, _)| **person != exception.person);
                "is kept out"
            }
            (ExceptionKind::Include, true) | (ExceptionKind::Exclude, false) => continue,
        };
        let key = GroupKey {
            source: module.source.clone(),
            module: module.module.clone(),
            group: group.id.clone(),
            part: Part::Everyone,
        };
        let detail = format!("{} {told} by {}: {}", exception.person, exception.owner, exception.reason);
        let mut finding = about_group(snapshot, Reason::Exception, &key, detail);
        finding.subject.person = Some(exception.person.clone());
        findings.push(finding);
    }
    one_role_each(&mut members);
    (members, kept_out)
}

/// Sorts people and leaves everybody one role: tutor, where they have both.
fn one_role_each(members: &mut Vec<(&PersonKey, Role)>) {
    members.sort_unstable_by(|one, other| one.0.cmp(other.0).then(other.1.cmp(&one.1)));
    members.dedup_by(|later, first| later.0 == first.0);
}

fn plain_name(module: &SourceModule, group: &SourceGroup, policy: &Policy) -> String {
    let first_of = |texts: [&Text; 2]| {
        let filled = texts.into_iter().find(|text| !text.trim().is_empty());
        filled.map_or_else(|| group.id.to_string(), |text| text.to_string())
    };
    let code = first_of([&group.code, &group.name]);
    let name = first_of([&group.name, &group.code]);
    let values = [
        ("group", name.as_str()),
        ("code", code.as_str()),
        ("module", module.module.as_str()),
        ("kind", &group.kind),
        ("term", &group.term),
    ];
    let rendered = render(&policy.group_name, &values);
    // A template of empty fields must not produce an empty name, which Moodle refuses.
    if fit(&rendered, GROUP_NAME_CHARS_MAX).name.is_empty() { group.id.to_string() } else { rendered }
}

/// Adds a suffix inside the length limit.
fn qualified(name: &str, suffix: &str) -> Text {
    let room = GROUP_NAME_CHARS_MAX.saturating_sub(suffix.chars().count());
    fit(&(fit(name, room).name.to_string() + suffix), GROUP_NAME_CHARS_MAX).name
}

fn shorten(text: &str) -> String {
    if text.chars().count() <= 60 { text.to_owned() } else { text.chars().take(60).chain(['…']).collect() }
}

pub(crate) fn about_group(
    snapshot: &CourseSnapshot,
    reason: Reason,
    key: &GroupKey,
    detail: impl Into<Text>,
) -> Finding {
    Finding {
        course: snapshot.course,
        reason,
        subject: Subject { module: Some(key.module.clone()), group: Some(key.clone()), person: None },
        detail: detail.into(),
    }
}

impl<'a> Desired<'a> {
    /// Merges or qualifies groups that would have the same name (known issue 7).
    fn resolve_same_names(&mut self, snapshot: &CourseSnapshot, policy: &Policy) {
        let mut by_name: HashMap<String, Vec<usize>> = HashMap::with_capacity(self.groups.len());
        for (position, group) in self.groups.iter().enumerate() {
            by_name.entry(fold(&group.name)).or_default().push(position);
        }
        let mut clashes: Vec<Vec<usize>> = by_name.into_values().filter(|same| same.len() > 1).collect();
        clashes.sort_unstable();
        let mut absorbed = vec![false; self.groups.len()];
        for same in clashes {
            let mut modules: Vec<_> = same.iter().map(|&at| &self.groups[at].key.module).collect();
            modules.dedup();
            let one_of_each = modules.len() == same.len();
            let names: Vec<_> = modules.iter().map(|module| module.as_str()).collect();
            let detail = format!("{} of {}", self.groups[same[0]].name, names.join(", "));
            let told = about_group(snapshot, Reason::SameCode, &self.groups[same[0]].key, detail);
            self.findings.push(told);
            match policy.same_code {
                SameCode::Merge if one_of_each => self.merge(snapshot, &same, &mut absorbed),
                SameCode::Merge | SameCode::Qualify => self.qualify(&same, one_of_each),
            }
        }
        let mut absorbed = absorbed.into_iter();
        self.groups.retain(|_| !absorbed.next().unwrap_or(false));
        self.spread_what_still_clashes();
    }

    /// Makes one group of several. The one that exists already carries on, so that undoing the merge later creates
    /// only the others; who came from where stays in the source's rows.
    fn merge(&mut self, snapshot: &CourseSnapshot, same: &[usize], absorbed: &mut [bool]) {
        let linked = |at: &&usize| snapshot.links.groups.contains_key(&self.groups[**at].key);
        let Some(&into) = same.iter().find(linked).or(same.first()) else { return };
        for &at in same.iter().filter(|&&at| at != into) {
            let members = std::mem::take(&mut self.groups[at].members);
            let groupings = std::mem::take(&mut self.groups[at].groupings);
            let kept_out = std::mem::take(&mut self.groups[at].kept_out);
            self.groups[into].kept_out.extend(kept_out);
            self.groups[into].members.extend(members);
            self.groups[into].groupings.extend(groupings);
            absorbed[at] = true;
        }
        let DesiredGroup { members, kept_out, .. } = &mut self.groups[into];
        one_role_each(members);
        // Whoever is kept out of one of the groups may still be in another.
        kept_out.retain(|person| !members.iter().any(|(member, _)| member == person));
    }

    /// Gives each group its module as a suffix, or module and id where one module has the name twice.
    fn qualify(&mut self, same: &[usize], one_of_each: bool) {
        for &at in same {
            let group = &mut self.groups[at];
            group.name = if one_of_each {
                qualified(&group.name, &format!(" ({})", group.key.module))
            } else {
                group.qualified.clone()
            };
        }
    }

    /// A qualified name may meet a name that another group has by itself; the id settles that, and a hash what
    /// even ids do not.
    fn spread_what_still_clashes(&mut self) {
        let mut taken: HashMap<String, ()> = HashMap::with_capacity(self.groups.len());
        for group in &mut self.groups {
            if taken.insert(fold(&group.name), ()).is_none() {
                continue;
            }
            group.name = group.qualified.clone();
            if taken.insert(fold(&group.name), ()).is_some() {
                let hash = crate::keys::short_hash(&group.key.idnumber());
                group.name = qualified(&group.name, &format!(" {hash}"));
                taken.insert(fold(&group.name), ());
            }
        }
    }

    fn name_groupings(&mut self, policy: &Policy) {
        let mut taken: HashMap<String, ()> = HashMap::new();
        for key in self.groups.iter().flat_map(|group| &group.groupings) {
            if self.groupings.contains_key(key) {
                continue;
            }
            self.groupings.insert(key.clone(), "".into());
        }
        for (key, name) in &mut self.groupings {
            let rendered = render(&policy.grouping_name, &[("module", key.module.as_str())]);
            *name = fit(&rendered, GROUPING_NAME_CHARS_MAX).name;
            if name.is_empty() || taken.insert(fold(name), ()).is_some() {
                *name = fit(&format!("{name} ({} {})", key.module, key.source), GROUPING_NAME_CHARS_MAX).name;
                taken.insert(fold(name), ());
            }
        }
    }
}

/// The names, folded, of the groups that a course should show: local groups with one of them may be taken over
/// (policy `name_taken = "adopt"`), so their members have to be read.
pub fn wanted_names(snapshot: &CourseSnapshot, policy: &Policy) -> std::collections::HashSet<String> {
    desire(snapshot, policy).groups.iter().map(|group| fold(&group.name)).collect()
}

/// The keys of the groups that a course should show, in order.
pub fn wanted_groups(snapshot: &CourseSnapshot, policy: &Policy) -> Vec<GroupKey> {
    desire(snapshot, policy).groups.into_iter().map(|group| group.key).collect()
}
