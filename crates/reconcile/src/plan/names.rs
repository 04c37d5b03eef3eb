//! Decides which name each group gets, and brings existing and new groups under it.
//!
//! Not here: which groups there are.
//!
//! Invariant: names are compared three ways (last applied, source, platform), so a teacher's name survives as long as
//! the source's does not change (known issue 4).
//! Invariant: when the operations are carried out in order, no step gives a group a name that another group has at
//! that moment.

use std::collections::HashSet;
use std::sync::Arc;

use super::groups::{Fate, Groups, Leaving, Staying, leaving_head, rekey};
use super::{Context, CoursePlan, numbers};
use crate::desired::about_group;
use crate::finding::{Finding, Reason};
use crate::keys::{GroupId, Text, is_ours, short_hash};
use crate::link::LinkState;
use crate::naming::{GROUP_NAME_CHARS_MAX, fit, fold, render};
use crate::observed::ObservedGroup;
use crate::operation::{Because, Becomes, Change, GroupHead};
use crate::policy::{NameTaken, RenamedThere};

pub(super) fn plan<'a>(context: &'a Context<'a>, groups: &mut Groups<'a>, plan: &mut CoursePlan) {
    let mut wishes: Vec<Wish> =
        groups.staying.iter().map(|group| wish(context, group, &mut plan.findings)).collect();
    let mut names = Names {
        fixed: fixed_names(context, groups, &wishes),
        targets: HashSet::new(),
        wanted: context.desired.groups.iter().map(|group| fold(&group.name)).collect(),
    };
    names.give_up_blocked_renames(context, groups, &mut wishes, &mut plan.findings);
    carry_on(context, groups, &mut names, plan);
    archive(context, groups, &mut names, plan);
    // A group that waits leaves the plan, and its people with it.
    let mut wishes = wishes.into_iter();
    let ours = &groups.ours;
    groups.staying.retain_mut(|group| match wishes.next() {
        Some(Wish::Create(name)) => names.create(context, group, ours, &name, plan) == Place::There,
        Some(Wish::Rename { to, because }) => {
            record(context, group, plan);
            rename(context, group, &to, because, &names, plan);
            true
        }
        Some(Wish::Keep) | None => {
            record(context, group, plan);
            true
        }
    });
    make_room(context, groups, &mut names, plan);
}

/// Whether a group is there after the plan.
#[derive(PartialEq, Eq)]
enum Place {
    There,
    Waiting,
}

/// What shall happen to the name of a group that stays.
enum Wish {
    /// The name that it shows is right, or stays although the source has another.
    Keep,
    /// It is given another name.
    Rename { to: Text, because: Because },
    /// It is not there yet.
    Create(Text),
}

/// The three-way comparison of names.
fn wish(context: &Context<'_>, group: &Staying<'_>, findings: &mut Vec<Finding>) -> Wish {
    let wanted = &group.desired.name;
    let Some(shown) = group.shown else { return Wish::Create(wanted.clone()) };
    if shown.name == *wanted {
        return Wish::Keep;
    }
    let source_renamed = || Wish::Rename { to: wanted.clone(), because: Because::SourceRenamed };
    let restore = || Wish::Rename { to: wanted.clone(), because: Because::RenamedThere };
    if group.old_key.is_some() {
        // A rename by id brings the new name with it, save for a change of letter case, which needs two steps.
        let in_two_steps = fold(&shown.name) == fold(wanted) || is_passing(&shown.name, &group.head.idnumber);
        return if in_two_steps { source_renamed() } else { Wish::Keep };
    }
    if is_passing(&shown.name, &group.head.idnumber) {
        return source_renamed();
    }
    let Some(link) = group.link else {
        // Without memory nobody can tell who changed the name.
        return match context.policy.renamed_there {
            RenamedThere::Keep => Wish::Keep,
            RenamedThere::Restore => restore(),
        };
    };
    let mut tell = |reason, detail: String| {
        findings.push(about_group(context.snapshot, reason, &group.desired.key, detail));
    };
    if *wanted == link.name_applied {
        return match context.policy.renamed_there {
            RenamedThere::Keep => {
                tell(Reason::RenamedThere, format!("{} is {wanted} in the source", shown.name));
                Wish::Keep
            }
            RenamedThere::Restore => restore(),
        };
    }
    if shown.name != link.name_applied {
        tell(Reason::RenamedBoth, format!("{} became {wanted}", shown.name));
    }
    source_renamed()
}

/// Names, folded, that nobody else may take.
struct Names {
    /// Names that groups have now and keep.
    fixed: HashSet<String>,
    /// Names that groups get by this plan.
    targets: HashSet<String>,
    /// Names that the source wants: no group is given one of them as a makeshift.
    wanted: HashSet<String>,
}

/// The names that stay where they are: of local groups, and of ours that are not renamed and do not leave.
fn fixed_names(context: &Context<'_>, groups: &Groups<'_>, wishes: &[Wish]) -> HashSet<String> {
    let renamed = groups.staying.iter().zip(wishes).filter(|(_, wish)| matches!(wish, Wish::Rename { .. }));
    let leaving = groups.leaving.iter().filter(|group| gives_name_up(context, group));
    let given_up: HashSet<GroupId> = renamed
        .filter_map(|(group, _)| group.shown)
        .chain(leaving.filter_map(|group| group.shown))
        .map(|shown| shown.id)
        .collect();
    let staying_names = context.course.groups.iter().filter(|group| !given_up.contains(&group.id));
    staying_names.map(|group| fold(&group.name)).collect()
}

fn gives_name_up(context: &Context<'_>, group: &Leaving<'_>) -> bool {
    match group.fate {
        Fate::Deleted(_) => true,
        Fate::Archived => {
            group.link.state != LinkState::Archived
                && !group.shown.is_some_and(|shown| is_archived_name(context, shown, &group.link.idnumber))
        }
        Fate::Kept | Fate::Emptied => false,
    }
}

impl Names {
    fn is_taken(&self, name: &str) -> bool {
        let folded = fold(name);
        self.fixed.contains(&folded) || self.targets.contains(&folded)
    }

    /// A rename to a name that somebody keeps cannot be done; the group keeps its name, which may block another.
    fn give_up_blocked_renames(
        &mut self,
        context: &Context<'_>,
        groups: &Groups<'_>,
        wishes: &mut [Wish],
        findings: &mut Vec<Finding>,
    ) {
        loop {
            let mut blocked = None;
            for (at, (group, wish)) in groups.staying.iter().zip(wishes.iter()).enumerate() {
                if let (Wish::Rename { to, .. }, Some(shown)) = (wish, group.shown)
                    && self.fixed.contains(&fold(to))
                {
                    blocked = Some((at, group, shown, to.clone()));
                    break;
                }
            }
            let Some((at, group, shown, to)) = blocked else { break };
            // A group that was qualified because the name is taken stays so without a word.
            if context.policy.name_taken != NameTaken::Qualify {
                let detail = format!("{} stays, because {to} is the name of another group", shown.name);
                findings.push(about_group(context.snapshot, Reason::NameTaken, &group.desired.key, detail));
            }
            self.fixed.insert(fold(&shown.name));
            wishes[at] = Wish::Keep;
        }
        let renamed = wishes.iter().filter_map(|wish| match wish {
            Wish::Rename { to, .. } => Some(fold(to)),
            Wish::Keep | Wish::Create(_) => None,
        });
        self.targets.extend(renamed);
    }

    /// Creates a group, or says why not (known issue 2).
    fn create<'a>(
        &mut self,
        context: &Context<'a>,
        group: &mut Staying<'a>,
        ours: &HashSet<GroupId>,
        name: &Text,
        plan: &mut CoursePlan,
    ) -> Place {
        let name = if !self.is_taken(name) {
            name.clone()
        } else {
            match context.policy.name_taken {
                NameTaken::Adopt if self.adopt(context, group, ours, name, plan) == Place::There => {
                    return Place::There;
                }
                NameTaken::Hold | NameTaken::Adopt => {
                    let detail = format!("{name} waits, because another group has that name");
                    plan.findings.push(about_group(
                        context.snapshot,
                        Reason::NameTaken,
                        &group.desired.key,
                        detail,
                    ));
                    return Place::Waiting;
                }
                NameTaken::Qualify => self.free(&group.desired.qualified, &group.head.idnumber, |_| false),
            }
        };
        self.targets.insert(fold(&name));
        let head = Arc::new(GroupHead { name, ..(*group.head).clone() });
        plan.operations
            .push(context.operation(Change::CreateGroup { group: Arc::clone(&head) }, group.because));
        group.head = head;
        Place::There
    }

    /// The first variation of a makeshift name that is free; `salt` decides which.
    fn free(&self, name: &Text, salt: &str, also_taken: impl Fn(&str) -> bool) -> Text {
        let is_taken = |name: &str| {
            let folded = fold(name);
            self.is_taken(name) || self.wanted.contains(&folded) || also_taken(&folded)
        };
        if !is_taken(name) {
            return name.clone();
        }
        let mut salt = short_hash(salt);
        loop {
            let salted = salted(name, &salt);
            if !is_taken(&salted) {
                return salted;
            }
            salt = short_hash(&salt);
        }
    }

    /// A free name for a group that steps aside before other groups are renamed: what anybody shows now is taken too.
    fn free_aside(&self, context: &Context<'_>, group: &Leaving<'_>, name: &str) -> Text {
        let own = group.shown.map(|shown| shown.id);
        let others = context.course.groups.iter().filter(|other| Some(other.id) != own);
        let shown: HashSet<String> = others.map(|other| fold(&other.name)).collect();
        let name = fit(name, GROUP_NAME_CHARS_MAX).name;
        self.free(&name, &group.link.idnumber, |folded| shown.contains(folded))
    }

    /// Takes over the local group that has the name, where it is one.
    fn adopt<'a>(
        &mut self,
        context: &Context<'a>,
        group: &mut Staying<'a>,
        ours: &HashSet<GroupId>,
        name: &Text,
        plan: &mut CoursePlan,
    ) -> Place {
        let folded = fold(name);
        let observed = context.course.groups.iter();
        let mut same: Vec<_> = observed.filter(|other| fold(&other.name) == folded).collect();
        same.sort_by_key(|other| other.id);
        let is_local = |other: &&&ObservedGroup| !is_ours(&other.idnumber) && !ours.contains(&other.id);
        let Some(&local) = same.iter().find(is_local) else { return Place::Waiting };
        let head =
            Arc::new(GroupHead { id: Some(local.id), name: local.name.clone(), ..(*group.head).clone() });
        let change = Change::AdoptGroup {
            group: Arc::clone(&head),
            idnumber_before: local.idnumber.clone(),
            name_applied: name.clone(),
        };
        plan.operations.push(context.operation(change, group.because));
        group.head = head;
        group.shown = Some(local);
        // What we remember is about the group that was there before: the people of this one are not ours.
        group.link = None;
        let restores = context.policy.renamed_there == RenamedThere::Restore;
        if restores && local.name != *name && same.len() == 1 {
            self.targets.insert(folded);
            rename(context, group, name, Because::RenamedThere, self, plan);
        }
        Place::There
    }
}

fn salted(name: &str, salt: &str) -> Text {
    let room = GROUP_NAME_CHARS_MAX - salt.chars().count() - 1;
    fit(&format!("{} {salt}", fit(name, room).name), GROUP_NAME_CHARS_MAX).name
}

/// A name for the moment between two steps of an exchange.
pub(crate) fn passing(name: &Text, idnumber: &str) -> Text {
    salted(name, &format!("~{}", short_hash(idnumber)))
}

/// Tells whether a name was left behind by an exchange that broke off; no teacher chose it.
fn is_passing(name: &str, idnumber: &str) -> bool {
    name.contains(" ~") && name.ends_with(&format!(" ~{}", short_hash(idnumber)))
}

/// Carries groups on under their new keys. That waits for approval, so their names stay where they are until then, and
/// the new ones are kept free. Where that stands in the way of another name, the night after the approval settles it.
fn carry_on(context: &Context<'_>, groups: &Groups<'_>, names: &mut Names, plan: &mut CoursePlan) {
    for group in groups.staying.iter().filter(|group| group.old_key.is_some()) {
        let Some(shown) = group.shown else { continue };
        let wanted = &group.desired.name;
        let name = if names.fixed.contains(&fold(wanted)) { &shown.name } else { wanted };
        names.targets.insert(fold(name));
        plan.operations.push(rekey(context, group.desired, &group.head, shown, name.clone()));
    }
}

/// Brings our record of a group that is there in line with what is there.
fn record(context: &Context<'_>, group: &Staying<'_>, plan: &mut CoursePlan) {
    let Some(shown) = group.shown else { return };
    if group.old_key.is_some() && shown.idnumber == group.desired.key.idnumber() {
        // It was carried on already; moving our memory settles the rest.
        return;
    }
    if numbers::has_new_key(group) {
        return;
    }
    let head = Arc::clone(&group.head);
    let Some(link) = group.link else {
        let change = Change::AdoptGroup {
            group: head,
            idnumber_before: shown.idnumber.clone(),
            name_applied: group.desired.name.clone(),
        };
        plan.operations.push(context.operation(change, Because::AlreadyThere));
        return;
    };
    let others = || context.course.groups.iter().filter(|other| other.id != shown.id);
    if shown.idnumber != head.idnumber
        && let Some(other) = others().find(|other| other.idnumber == head.idnumber)
    {
        let detail = format!("{} (id {}) beside id {}", other.name, other.id, shown.id);
        plan.findings.push(about_group(context.snapshot, Reason::Duplicate, &head.key, detail));
        return;
    }
    let applied = if shown.name == group.desired.name { &shown.name } else { &link.name_applied };
    let settled = link.state == LinkState::Confirmed
        || (link.state == LinkState::Archived && group.desired.name != link.name_applied);
    if !settled || link.id != Some(shown.id) || shown.idnumber != head.idnumber {
        let because = if shown.idnumber == head.idnumber {
            Because::AlreadyThere
        } else {
            Because::IdnumberChangedThere
        };
        let change = Change::AdoptGroup {
            group: head,
            idnumber_before: shown.idnumber.clone(),
            name_applied: applied.clone(),
        };
        plan.operations.push(context.operation(change, because));
        return;
    }
    let as_remembered =
        link.name_shown == shown.name && link.name_applied == *applied && link.term == head.term;
    if !as_remembered {
        let because = if link.name_shown == shown.name { Because::SourceHas } else { Because::RenamedThere };
        let change = Change::RecordGroupName { group: head, name_applied: applied.clone() };
        plan.operations.push(context.operation(change, because));
    }
}

/// Renames a group that is there.
fn rename(
    context: &Context<'_>,
    group: &mut Staying<'_>,
    to: &Text,
    because: Because,
    names: &Names,
    plan: &mut CoursePlan,
) {
    let Some(shown) = group.shown else { return };
    // Somebody else needs the name first, or only the letter case changes, which Moodle refuses in one step on
    // MariaDB (facts section 5.5): the group steps aside under a passing name.
    let via = names.targets.contains(&fold(&shown.name)).then(|| passing(to, &group.head.idnumber));
    let head = Arc::new(GroupHead { name: to.clone(), ..(*group.head).clone() });
    group.head = Arc::clone(&head);
    let change =
        Change::RenameGroup { group: head, before: shown.name.clone(), via, becomes: Becomes::Current };
    plan.operations.push(context.operation(change, because));
}

/// Renames the groups that are archived.
fn archive(context: &Context<'_>, groups: &Groups<'_>, names: &mut Names, plan: &mut CoursePlan) {
    let is_new =
        |group: &&Leaving<'_>| group.fate == Fate::Archived && group.link.state != LinkState::Archived;
    for group in groups.leaving.iter().filter(is_new) {
        let Some(shown) = group.shown else { continue };
        let name = if gives_name_up(context, group) {
            let name = render(&context.policy.archived_name, &[("name", &shown.name)]);
            names.free_aside(context, group, &name)
        } else {
            shown.name.clone()
        };
        names.targets.insert(fold(&name));
        step_aside(context, group, name, Becomes::Archived, Because::Unmapped, plan);
    }
}

/// Tells whether a group has an archived name already: the answer to its archiving was lost.
fn is_archived_name(context: &Context<'_>, shown: &ObservedGroup, idnumber: &str) -> bool {
    let template = &context.policy.archived_name;
    let Some((before, after)) = template.split_once("{name}") else { return false };
    let salt = format!(" {}", short_hash(idnumber));
    let name = shown.name.strip_suffix(salt.as_str()).unwrap_or(&shown.name);
    before.len() + after.len() > 0 && name.starts_with(before) && name.ends_with(after)
}

/// Renames groups that are about to be deleted where another group needs their name: deletions come last, and may
/// wait for approval.
fn make_room(context: &Context<'_>, groups: &mut Groups<'_>, names: &mut Names, plan: &mut CoursePlan) {
    for group in groups.leaving.iter_mut().filter(|group| matches!(group.fate, Fate::Deleted(_))) {
        let Some(shown) = group.shown.filter(|shown| names.targets.contains(&fold(&shown.name))) else {
            continue;
        };
        let rendered =
            format!("{} (old {})", fit(&shown.name, GROUP_NAME_CHARS_MAX - 40).name, group.key.group);
        let name = names.free_aside(context, group, &rendered);
        names.targets.insert(fold(&name));
        step_aside(context, group, name.clone(), Becomes::Outgoing, Because::MakesRoom, plan);
        group.renamed = Some(name);
    }
}

fn step_aside(
    context: &Context<'_>,
    group: &Leaving<'_>,
    name: Text,
    becomes: Becomes,
    because: Because,
    plan: &mut CoursePlan,
) {
    let head = leaving_head(group);
    let before = head.name.clone();
    let head = Arc::new(GroupHead { name, ..(*head).clone() });
    plan.operations
        .push(context.operation(Change::RenameGroup { group: head, before, via: None, becomes }, because));
}
