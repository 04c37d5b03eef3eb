//! Random installations and what happens to them between two nights.
//!
//! Not here: what must hold ([`crate::laws`]).
//!
//! Invariant: every event is possible on a real platform; what the platform would refuse a teacher does not happen.

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use reconcile::keys::Role;
use reconcile::link::CourseLinks;
use reconcile::policy::{
    DeletedThere, Groupings, LocalMembers, NameTaken, NewId, NotEnrolled, OnUnmap, Policy, RemovedThere,
    RenamedThere, SameCode, Students, Tutors,
};
use reconcile::snapshot::{Exception, ExceptionKind, Presence, SourceGroup, SourceMember, Wish};

use crate::installation::{Installation, source};
use crate::world::Reading;

/// Names that meet: letter case, accents, qualified forms, makeshift forms, tags, nothing at all.
const NAMES: [&str; 14] = [
    "A",
    "a",
    "á",
    "B",
    "b",
    "C",
    "A (M1)",
    "A (M1 1)",
    "A (old 1)",
    "B (archived)",
    "A tutors",
    "x<y",
    " ",
    "C c",
];
const MODULES: [&str; 3] = ["M1", "M2", "M3"];
const PEOPLE: usize = 8;

/// A group as the source says it: id, name, term and kind, and who is in it (two bits for each person).
pub(crate) type Saying = (u8, usize, u8, u16);

#[derive(Clone, Debug)]
pub(crate) enum Event {
    Map(usize, Option<Wish>),
    Say(usize, Vec<Saying>),
    Reword(usize, usize, usize),
    Toggle(usize, usize, usize),
    Silence(usize),
    Terms(u8),
    Policy([u8; 4]),
    Create(usize, u8),
    Delete(usize),
    Rename(usize, usize),
    Join(usize, usize),
    Part(usize, usize),
    ClearIdnumber(usize),
    RenameGrouping(usize, usize),
    DeleteGrouping(usize),
    Assign(usize, usize),
    Unassign(usize, usize),
    Enrol(usize),
    Unenrol(usize),
    Rekey(usize, usize),
    LoseKey(usize),
    Except(ExceptionKind, usize, u8, usize),
    Forget,
    Read(u8),
    Decide(bool),
}

pub(crate) fn saying() -> impl Strategy<Value = Saying> {
    (1..5u8, 0..NAMES.len(), any::<u8>(), any::<u16>())
}

pub(crate) fn event() -> impl Strategy<Value = Event> {
    let (module, name, nth, person) = (0..MODULES.len(), 0..NAMES.len(), 0..12usize, 0..PEOPLE);
    let wish = prop_oneof![
        4 => Just(Some(Wish::Want)),
        2 => Just(Some(Wish::Remove)),
        1 => Just(Some(Wish::Keep)),
        1 => Just(None)
    ];
    let kind = prop_oneof![Just(ExceptionKind::Include), Just(ExceptionKind::Exclude)];
    prop_oneof![
        6 => (module.clone(), wish).prop_map(|(module, wish)| Event::Map(module, wish)),
        6 => (module.clone(), vec(saying(), 0..5)).prop_map(|(module, said)| Event::Say(module, said)),
        5 => (module.clone(), nth.clone(), name.clone())
            .prop_map(|(module, nth, name)| Event::Reword(module, nth, name)),
        4 => (module.clone(), nth.clone(), person.clone())
            .prop_map(|(module, nth, person)| Event::Toggle(module, nth, person)),
        1 => module.clone().prop_map(Event::Silence),
        1 => any::<u8>().prop_map(Event::Terms),
        3 => any::<[u8; 4]>().prop_map(Event::Policy),
        4 => (name.clone(), any::<u8>()).prop_map(|(name, people)| Event::Create(name, people)),
        2 => nth.clone().prop_map(Event::Delete),
        3 => (nth.clone(), name.clone()).prop_map(|(nth, name)| Event::Rename(nth, name)),
        2 => (nth.clone(), person.clone()).prop_map(|(nth, person)| Event::Join(nth, person)),
        2 => (nth.clone(), person.clone()).prop_map(|(nth, person)| Event::Part(nth, person)),
        1 => nth.clone().prop_map(Event::ClearIdnumber),
        1 => (nth.clone(), name.clone()).prop_map(|(nth, name)| Event::RenameGrouping(nth, name)),
        1 => nth.clone().prop_map(Event::DeleteGrouping),
        1 => (nth.clone(), nth.clone()).prop_map(|(group, grouping)| Event::Assign(group, grouping)),
        1 => (nth.clone(), nth).prop_map(|(group, grouping)| Event::Unassign(group, grouping)),
        2 => person.clone().prop_map(Event::Enrol),
        1 => person.clone().prop_map(Event::Unenrol),
        1 => (person.clone(), person.clone()).prop_map(|(one, other)| Event::Rekey(one, other)),
        1 => person.clone().prop_map(Event::LoseKey),
        2 => (kind, module, 1..5u8, person)
            .prop_map(|(kind, module, group, person)| Event::Except(kind, module, group, person)),
        1 => Just(Event::Forget),
        1 => any::<u8>().prop_map(Event::Read),
        2 => any::<bool>().prop_map(Event::Decide)
    ]
}

/// Some nights: what happens before each of them.
pub(crate) fn nights() -> impl Strategy<Value = Vec<Vec<Event>>> {
    let said = (vec(saying(), 1..5), vec(saying(), 0..4), any::<[u8; 4]>());
    let first = (said, vec(event(), 0..8)).prop_map(|((one, other, choices), mut events)| {
        events.extend([Event::Say(0, one), Event::Say(1, other), Event::Policy(choices)]);
        events
    });
    (first, vec(vec(event(), 0..7), 1..5)).prop_map(|(first, mut nights)| {
        nights.insert(0, first);
        nights
    })
}

/// An installation with people of whom most are enrolled, and mappings that are wanted.
pub(crate) fn installation() -> Installation {
    let mut here = Installation::default();
    for person in 0..PEOPLE {
        let user = here.world.add_user(Some(&key(person)));
        if person < 6 {
            here.world.enrolled.insert(user);
        }
    }
    here.mappings = MODULES.iter().take(2).map(|module| ((*module).into(), Wish::Want)).collect();
    // Everything may go; limits have their own law.
    here.limits.groups_deleted_small = 1000;
    here.limits.members_removed_small = 1000;
    here
}

fn key(person: usize) -> String {
    format!("p{person}")
}

fn policy(choices: [u8; 4]) -> Policy {
    let bits = u32::from_be_bytes(choices);
    let bit = |at: u32| bits >> at & 1 == 1;
    Policy {
        same_code: if bit(0) { SameCode::Merge } else { SameCode::Qualify },
        name_taken: [NameTaken::Hold, NameTaken::Adopt, NameTaken::Qualify, NameTaken::Qualify]
            [(bits >> 1 & 3) as usize],
        not_enrolled: if bit(3) { NotEnrolled::Enrol } else { NotEnrolled::Wait },
        on_unmap: [OnUnmap::Delete, OnUnmap::Keep, OnUnmap::Empty, OnUnmap::Archive]
            [(bits >> 4 & 3) as usize],
        deleted_there: if bit(6) { DeletedThere::Respect } else { DeletedThere::Recreate },
        removed_there: if bit(7) { RemovedThere::Respect } else { RemovedThere::Restore },
        renamed_there: if bit(8) { RenamedThere::Restore } else { RenamedThere::Keep },
        local_members: if bit(9) { LocalMembers::Remove } else { LocalMembers::Keep },
        tutors: [Tutors::Add, Tutors::Add, Tutors::Ignore, Tutors::OwnGroup][(bits >> 10 & 3) as usize],
        students: if bits >> 12 & 7 == 0 { Students::Ignore } else { Students::Add },
        groupings: if bits >> 15 & 3 == 0 { Groupings::None } else { Groupings::PerModule },
        new_id: if bit(17) { NewId::Replace } else { NewId::Propose },
        ..Policy::default()
    }
}

fn group((id, name, traits, people): Saying) -> SourceGroup {
    let member = |person: usize| {
        let role = match people >> (2 * person) & 3 {
            0 => return None,
            3 => Role::Tutor,
            _ => Role::Student,
        };
        Some(SourceMember { person: key(person).as_str().into(), role })
    };
    SourceGroup {
        id: id.to_string().as_str().into(),
        code: "".into(),
        name: NAMES[name].into(),
        kind: if traits & 7 == 0 { "class" } else { "tutorial" }.into(),
        term: if traits & 8 == 0 { "T1" } else { "T2" }.into(),
        members: (0..PEOPLE).filter_map(member).collect(),
    }
}

/// A group that the source has said something about.
fn nth_said(here: &mut Installation, module: usize, nth: usize) -> Option<&mut SourceGroup> {
    let (_, groups) = here.modules.get_mut(&MODULES[module].into())?;
    let count = groups.len();
    groups.get_mut(nth.checked_rem(count)?)
}

/// Lets an event happen; what the platform refuses does not.
pub(crate) fn happen(here: &mut Installation, event: &Event) {
    let nth_of = |ids: Vec<i64>, nth: usize| (!ids.is_empty()).then(|| ids[nth % ids.len()]);
    let group_ids: Vec<i64> = here.world.groups.keys().copied().collect();
    let grouping_ids: Vec<i64> = here.world.groupings.keys().copied().collect();
    let nth_group = |nth: usize| nth_of(group_ids.clone(), nth);
    let nth_grouping = |nth: usize| nth_of(grouping_ids.clone(), nth);
    let user = |person: usize| 1000 + person as i64;
    match event {
        Event::Map(module, wish) => {
            here.mappings.retain(|(mapped, _)| mapped.as_str() != MODULES[*module]);
            here.mappings.extend(wish.map(|wish| (MODULES[*module].into(), wish)));
        }
        Event::Say(module, said) => {
            let mut groups: Vec<_> = said.iter().map(|said| group(*said)).collect();
            groups.sort_by(|one, other| one.id.cmp(&other.id));
            groups.dedup_by(|one, other| one.id == other.id);
            here.modules.insert(MODULES[*module].into(), (Presence::Delivered, groups));
        }
        Event::Reword(module, nth, name) => {
            if let Some(group) = nth_said(here, *module, *nth) {
                group.name = NAMES[*name].into();
            }
        }
        Event::Toggle(module, nth, person) => {
            if let Some(group) = nth_said(here, *module, *nth) {
                let count = group.members.len();
                group.members.retain(|member| member.person.as_str() != key(*person));
                if group.members.len() == count {
                    group
                        .members
                        .push(SourceMember { person: key(*person).as_str().into(), role: Role::Student });
                }
            }
        }
        Event::Silence(module) => {
            here.modules.insert(MODULES[*module].into(), (Presence::Absent, Vec::new()));
        }
        Event::Terms(terms) => {
            let all = [(1, "T1"), (2, "T2")];
            here.terms =
                all.iter().filter(|(bit, _)| terms & bit != 0).map(|(_, term)| (*term).into()).collect();
        }
        Event::Policy(choices) => here.policy = policy(*choices),
        Event::Create(name, people) => {
            if let Ok(group) = here.world.create_group(NAMES[*name], "") {
                for person in (0..PEOPLE).filter(|person| people >> person & 1 == 1) {
                    let _ = here.world.add_member(group, user(person));
                }
            }
        }
        Event::Delete(nth) => {
            let _ = nth_group(*nth).map(|id| here.world.delete_group(id));
        }
        Event::Rename(nth, name) => {
            if let Some(id) = nth_group(*nth) {
                let idnumber = here.world.groups[&id].idnumber.clone();
                let _ = here.world.update_group(id, NAMES[*name], &idnumber);
            }
        }
        Event::Join(nth, person) => {
            let _ = nth_group(*nth).map(|id| here.world.add_member(id, user(*person)));
        }
        Event::Part(nth, person) => {
            let _ = nth_group(*nth).map(|id| here.world.remove_member(id, user(*person)));
        }
        Event::ClearIdnumber(nth) => {
            if let Some(group) = nth_group(*nth).and_then(|id| here.world.groups.get_mut(&id)) {
                group.idnumber.clear();
            }
        }
        Event::RenameGrouping(nth, name) => {
            if let Some(id) = nth_grouping(*nth) {
                let idnumber = here.world.groupings[&id].idnumber.clone();
                let _ = here.world.update_grouping(id, NAMES[*name], &idnumber);
            }
        }
        Event::DeleteGrouping(nth) => {
            let _ = nth_grouping(*nth).map(|id| here.world.groupings.remove(&id));
        }
        Event::Assign(group, grouping) => {
            if let (Some(group), Some(grouping)) = (nth_group(*group), nth_grouping(*grouping)) {
                let _ = here.world.assign(group, grouping);
            }
        }
        Event::Unassign(group, grouping) => {
            if let (Some(group), Some(grouping)) = (nth_group(*group), nth_grouping(*grouping)) {
                here.world.groupings.entry(grouping).and_modify(|held| {
                    held.members.remove(&group);
                });
            }
        }
        Event::Enrol(person) => {
            here.world.enrolled.insert(user(*person));
        }
        Event::Unenrol(person) => here.world.unenrol(user(*person)),
        Event::Rekey(person, other) => {
            here.world.users.insert(user(*person), Some(key(*other).as_str().into()));
        }
        Event::LoseKey(person) => {
            here.world.users.insert(user(*person), None);
        }
        Event::Except(kind, module, group, person) => here.exceptions.push(Exception {
            source: source(),
            module: MODULES[*module].into(),
            group: group.to_string().as_str().into(),
            person: key(*person).as_str().into(),
            kind: *kind,
            owner: "Ada Invented".into(),
            reason: "asked for".into(),
        }),
        Event::Forget => here.links = CourseLinks::default(),
        Event::Read(how) => {
            here.world.reading = match how % 8 {
                0 => Reading::Incomplete("broken off".into()),
                1 => Reading::Gone,
                _ => Reading::Whole,
            };
        }
        Event::Decide(approve) => {
            let night = here.plan();
            here.decide(&night, *approve);
        }
    }
}
