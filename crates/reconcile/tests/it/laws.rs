//! What must hold in every world, on every night.
//!
//! Not here: how worlds come about ([`crate::chance`]).

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::{ProptestConfig, any, proptest};
use proptest::test_runner::{RngSeed, TestCaseError};
use reconcile::keys::is_ours;
use reconcile::link::CourseLinks;
use reconcile::observed::{Directory, Observed};
use reconcile::operation::{Because, Change, Operation};
use reconcile::plan::{people_to_look_up, plan_course, wants_only_what_is_ours};
use reconcile::policy::{LocalMembers, NameTaken, NotEnrolled};
use reconcile::snapshot::{CourseSnapshot, Presence, Wish};

use crate::chance::{happen, installation, nights};
use crate::installation::{Installation, Lost, Night};
use crate::world::{Reading, World};

/// The same cases on every machine; `PROPTEST_CASES` in the environment asks for other and more ones.
pub(crate) fn config() -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    let (cases, rng_seed) = asked.map_or((400, RngSeed::Fixed(2026)), |cases| (cases, RngSeed::Random));
    ProptestConfig {
        cases,
        rng_seed,
        failure_persistence: None,
        max_shrink_iters: 20_000,
        ..ProptestConfig::default()
    }
}

fn broken(law: impl Into<String>) -> TestCaseError {
    TestCaseError::fail(law.into())
}

fn is_removal(operation: &Operation) -> bool {
    matches!(
        operation.change,
        Change::RemoveMember { .. }
            | Change::UnassignGrouping { .. }
            | Change::DeleteGroup { .. }
            | Change::DeleteGrouping { .. }
    )
}

/// Nothing is done to what is not ours, save by policy.
fn spares_what_is_not_ours(here: &Installation, night: &Night) -> Result<(), String> {
    let linked: BTreeSet<i64> = here.links.groups.values().filter_map(|link| Some(link.id?.0)).collect();
    let mut adopted = BTreeSet::new();
    for operation in &night.plan.operations {
        let said = |law: &str| Err(format!("{law}: {operation}"));
        if let Change::DeleteGrouping { grouping } | Change::RenameGrouping { grouping, .. } =
            &operation.change
        {
            let shown = grouping.id.and_then(|id| here.world.groupings.get(&id.0));
            let is_linked = here.links.groupings.values().any(|link| link.id == grouping.id);
            if !is_linked && !shown.is_some_and(|shown| is_ours(&shown.idnumber)) {
                return said("a grouping that is not ours");
            }
        }
        let Some(id) = operation.group().and_then(|group| group.id) else { continue };
        let Some(shown) = here.world.groups.get(&id.0) else { continue };
        let adopts = matches!(operation.change, Change::AdoptGroup { .. })
            && here.policy.name_taken == NameTaken::Adopt;
        if adopts {
            adopted.insert(id.0);
        }
        if !linked.contains(&id.0) && !is_ours(&shown.idnumber) && !adopted.contains(&id.0) {
            return said("a group that is not ours");
        }
        if let Change::RemoveMember { user, .. } = &operation.change {
            let link = here.links.groups.values().find(|link| link.id == Some(id));
            let ours = link.is_some_and(|link| link.members.contains_key(user));
            let by_policy = operation.because == Because::Exception
                || (operation.because == Because::LocalMember
                    && here.policy.local_members == LocalMembers::Remove);
            if !ours && !by_policy {
                return said("a member who is not ours");
            }
        }
    }
    Ok(())
}

/// Nothing is removed because of what was not read or not said.
fn removes_only_what_was_said(here: &Installation, night: &Night) -> Result<(), String> {
    if here.world.reading != Reading::Whole && !night.plan.operations.is_empty() {
        return Err("operations in a course that was not read whole".into());
    }
    let spoken_of = |module: &reconcile::keys::ModuleCode| {
        here.modules.get(module).is_some_and(|(presence, _)| *presence == Presence::Delivered)
    };
    for operation in night.plan.operations.iter().filter(|operation| is_removal(operation)) {
        let said = |law: &str| Err(format!("{law}: {operation}"));
        let module = match (&operation.change, operation.group()) {
            (Change::DeleteGrouping { grouping }, _) => &grouping.key.module,
            (_, Some(group)) => &group.key.module,
            (_, None) => continue,
        };
        match here.mappings.iter().find(|(mapped, _)| mapped == module).map(|(_, wish)| *wish) {
            None | Some(Wish::Keep) => return said("nobody asked for it"),
            Some(Wish::Remove) => {}
            Some(Wish::Want) if !spoken_of(module) => return said("the source is silent"),
            Some(Wish::Want) => {}
        }
        let Some(head) = operation.group() else { continue };
        let named = here
            .modules
            .get(module)
            .and_then(|(_, groups)| groups.iter().find(|group| group.id == head.key.group));
        let dropped = operation.because == Because::SourceDropped;
        match (&operation.change, named) {
            (Change::DeleteGroup { .. }, Some(_)) if dropped => return said("the source has the group"),
            (Change::DeleteGroup { .. }, None) if dropped => {
                let known = here.terms.is_empty() || head.term.is_empty() || here.terms.contains(&head.term);
                if !known {
                    return said("the source is silent about the term");
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// A person whom the source names in a group is not taken out of it because nobody can tell tonight who that is.
fn spares_who_is_hard_to_identify(here: &Installation, night: &Night) -> Result<(), String> {
    for operation in &night.plan.operations {
        let Change::RemoveMember { group, user, person } = &operation.change else { continue };
        let Some((_, groups)) = here.modules.get(&group.key.module) else { continue };
        let named = groups.iter().filter(|said| said.id == group.key.group).flat_map(|said| &said.members);
        let identified = here.world.users.iter().filter(|(_, key)| key.as_ref() == Some(person)).count() == 1;
        let same_user = here.world.users.get(&user.0).cloned().flatten().as_ref() == Some(person);
        let elsewhere = identified && !same_user && here.policy.not_enrolled == NotEnrolled::Enrol;
        if operation.because == Because::SourceDropped && !elsewhere && (!identified || !same_user) {
            let everybody = here.policy.tutors == reconcile::policy::Tutors::Add
                && here.policy.students == reconcile::policy::Students::Add;
            let nobody_else = here.world.enrolled.iter().all(|id| {
                *id == user.0 || here.world.users.get(id).cloned().flatten().as_ref() != Some(person)
            });
            if everybody && nobody_else && named.clone().any(|member| member.person == *person) {
                return Err(format!("hard to identify, not dropped: {operation}"));
            }
        }
    }
    Ok(())
}

fn no_idnumber_of_ours_twice(world: &World) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for group in world.groups.values().filter(|group| is_ours(&group.idnumber)) {
        if !seen.insert(&group.idnumber) {
            return Err(format!("{} is there twice", group.idnumber));
        }
    }
    Ok(())
}

/// Everything again in another order.
fn shuffled(
    mut snapshot: CourseSnapshot,
    mut observed: Observed,
    mut directory: Directory,
    turn: usize,
) -> (CourseSnapshot, Observed, Directory) {
    fn mix<T>(rows: &mut [T], turn: usize) {
        if rows.is_empty() {
            return;
        }
        let turn_here = turn % rows.len();
        rows.rotate_left(turn_here);
        if turn % 2 == 1 {
            rows.reverse();
        }
    }
    mix(&mut snapshot.mappings, turn);
    mix(&mut snapshot.exceptions, turn);
    mix(&mut snapshot.modules, turn);
    for module in &mut snapshot.modules {
        mix(&mut module.groups, turn);
        module.groups.iter_mut().for_each(|group| mix(&mut group.members, turn));
    }
    if let Observed::Complete(course) = &mut observed {
        mix(&mut course.groups, turn);
        course.groups.iter_mut().filter_map(|group| group.members.as_mut()).for_each(|rows| mix(rows, turn));
        mix(&mut course.groupings, turn);
        course.groupings.iter_mut().filter_map(|held| held.groups.as_mut()).for_each(|rows| mix(rows, turn));
        mix(&mut course.enrolled, turn);
    }
    directory.users.values_mut().for_each(|users| mix(users, turn));
    (snapshot, observed, directory)
}

fn order_does_not_matter(here: &Installation, turn: usize) -> Result<(), String> {
    let snapshot = here.snapshot();
    let observed = here.world.observe(&here.links, here.policy.name_taken == NameTaken::Adopt);
    let directory = here.world.directory(&people_to_look_up(&snapshot, &observed));
    let plan = |snapshot: &_, observed: &_, directory: &_| {
        plan_course(snapshot, observed, directory, &here.policy, &here.decisions.refused)
    };
    let first = plan(&snapshot, &observed, &directory);
    let (snapshot, observed, directory) = shuffled(snapshot, observed, directory, turn);
    let second = plan(&snapshot, &observed, &directory);
    if first == second { Ok(()) } else { Err(format!("{first:#?}\nin another order: {second:#?}")) }
}

/// Where a look at what is ours says that at most people differ, a look at the whole course says the same, save for
/// findings about what is not ours.
fn a_look_at_what_is_ours_is_enough(here: &Installation) -> Result<(), String> {
    let snapshot = here.snapshot();
    if !wants_only_what_is_ours(&snapshot, &here.policy) {
        return Ok(());
    }
    let whole = here.world.observe(&here.links, here.policy.name_taken == NameTaken::Adopt);
    let directory = here.world.directory(&people_to_look_up(&snapshot, &whole));
    let plan = |observed: &Observed| {
        let mut plan = plan_course(&snapshot, observed, &directory, &here.policy, &here.decisions.refused);
        plan.findings.retain(|finding| !finding.reason.is_about_others());
        plan
    };
    let (light, heavy) = (plan(&only_ours(whole.clone(), &here.links)), plan(&whole));
    if !light.changes_only_people() || light == heavy {
        return Ok(());
    }
    Err(format!(
        "seen is only what is ours: {light:#?}
seen is the whole course: {heavy:#?}"
    ))
}

/// What a target reads that asks for what is in our memory and nothing else: those groups and groupings, and the
/// groups that stand in such a grouping.
fn only_ours(observed: Observed, links: &CourseLinks) -> Observed {
    let Observed::Complete(mut course) = observed else { return observed };
    course.groupings.retain(|held| links.groupings.values().any(|link| link.id == Some(held.id)));
    let held: BTreeSet<_> = course.groupings.iter().flat_map(|held| held.groups.iter().flatten()).collect();
    course.groups.retain(|group| {
        held.contains(&group.id) || links.groups.values().any(|link| link.id == Some(group.id))
    });
    Observed::Complete(course)
}

/// What people see, without the ids that the platform gave out.
fn picture(world: &World) -> BTreeMap<(String, String), (BTreeSet<i64>, BTreeSet<String>)> {
    let groupings_of = |id: &i64| {
        let holding = world.groupings.values().filter(|held| held.members.contains(id));
        holding.map(|held| format!("{} [{}]", held.name, held.idnumber)).collect()
    };
    let groups = world.groups.iter().map(|(id, group)| {
        ((group.name.clone(), group.idnumber.clone()), (group.members.clone(), groupings_of(id)))
    });
    let groupings = world
        .groupings
        .values()
        .map(|held| ((held.name.clone(), format!("grouping {}", held.idnumber)), Default::default()));
    groups.chain(groupings).collect()
}

/// Our memory without ids.
fn memory(links: &CourseLinks) -> CourseLinks {
    let mut links = links.clone();
    links.groups.values_mut().for_each(|link| link.id = None);
    links.groupings.values_mut().for_each(|link| link.id = None);
    links
}

/// A night that breaks off anywhere ends, one night later, where an undisturbed one ends.
fn recovers_from(here: &Installation, at: usize, happened: bool) -> Result<(), String> {
    let night = here.plan();
    let count = night.free_operations().len();
    if count == 0 {
        return Ok(());
    }
    let mut undisturbed = here.clone();
    undisturbed.whole_night()?;
    let mut disturbed = here.clone();
    let lost = Lost { at: at % count, happened };
    disturbed.apply(&night, Some(lost))?;
    let after = format!("after {lost:?} of {}", night.free_operations()[at % count]);
    let second = disturbed.whole_night().map_err(|law| format!("{after}: {law}"))?;
    let told = || {
        let list = |night: &Night| {
            night.plan.operations.iter().map(|operation| format!("\n  {operation}")).collect::<String>()
        };
        format!("{after}\nfirst:{}\nsecond:{}", list(&night), list(&second))
    };
    let (one, other) = (picture(&undisturbed.world), picture(&disturbed.world));
    if one != other {
        return Err(format!("{}\nundisturbed: {one:#?}\ndisturbed: {other:#?}", told()));
    }
    let (one, other) = (memory(&undisturbed.links), memory(&disturbed.links));
    if one != other {
        return Err(format!("{}\nundisturbed: {one:#?}\ndisturbed: {other:#?}", told()));
    }
    Ok(())
}

/// Only what takes something away, or carries a group on under a new id, waits.
fn additions_go_on(here: &mut Installation) -> Result<(), String> {
    let night = here.plan();
    for (_, operation) in night.numbered().filter(|(number, _)| night.waiting.contains(number)) {
        if !is_removal(operation) && !matches!(operation.change, Change::RekeyGroup { .. }) {
            return Err(format!("{operation} waits"));
        }
    }
    here.apply(&night, None)?;
    if night.carries_on() {
        here.apply(&here.plan(), None)?;
    }
    let again = here.plan();
    let left = again.free_operations().into_iter().find(|operation| !is_removal(operation));
    left.map_or(Ok(()), |operation| Err(format!("planned again: {operation}")))
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_night_touches_only_what_is_ours_and_leaves_nothing_to_do(nights in nights()) {
        let mut here = installation();
        for events in &nights {
            events.iter().for_each(|event| happen(&mut here, event));
            let night = here.plan();
            spares_what_is_not_ours(&here, &night).map_err(broken)?;
            removes_only_what_was_said(&here, &night).map_err(broken)?;
            spares_who_is_hard_to_identify(&here, &night).map_err(broken)?;
            here.whole_night().map_err(broken)?;
            no_idnumber_of_ours_twice(&here.world).map_err(broken)?;
        }
    }

    #[test]
    fn the_order_of_rows_does_not_matter(nights in nights(), turn in any::<u16>()) {
        let mut here = installation();
        for events in &nights {
            events.iter().for_each(|event| happen(&mut here, event));
            order_does_not_matter(&here, usize::from(turn)).map_err(broken)?;
            here.whole_night().map_err(broken)?;
        }
    }

    #[test]
    fn a_look_at_what_is_ours_is_enough_where_at_most_people_differ(nights in nights()) {
        let mut here = installation();
        for events in &nights {
            events.iter().for_each(|event| happen(&mut here, event));
            a_look_at_what_is_ours_is_enough(&here).map_err(broken)?;
            here.whole_night().map_err(broken)?;
        }
    }

    #[test]
    fn a_night_that_breaks_off_is_made_good(nights in nights(), at in any::<u16>(), happened in any::<bool>()) {
        let mut here = installation();
        for events in &nights {
            events.iter().for_each(|event| happen(&mut here, event));
            recovers_from(&here, usize::from(at), happened).map_err(broken)?;
            here.whole_night().map_err(broken)?;
        }
    }

    #[test]
    fn a_plan_over_a_limit_waits_and_additions_go_on(nights in nights(), percent in 0..60u32, small in 0..3u64) {
        let mut here = installation();
        here.limits.groups_deleted_percent_max = percent;
        here.limits.members_removed_percent_max = percent;
        here.limits.groups_deleted_small = small;
        here.limits.members_removed_small = small;
        for events in &nights {
            events.iter().for_each(|event| happen(&mut here, event));
            additions_go_on(&mut here).map_err(broken)?;
        }
    }
}
