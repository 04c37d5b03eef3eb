//! Who moved from which group to which between two deliveries, in people's units (feature Z18).
//!
//! Not here: the differences row by row (`import.rs`).
//!
//! Invariant: a person moved where the newer delivery has them in another group of the same module, and no longer in
//! the old one.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use reconcile::keys::{ModuleCode, SourceGroupId, Text};
use serde::Serialize;
use store::{DeliveryDifference, Membership};

use crate::present::table::counted;

/// People who moved together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Move {
    /// The module.
    pub(super) module: ModuleCode,
    /// The group that they left: its name, or its id where the name did not change.
    pub(super) from: Text,
    /// The group in which they are now.
    pub(super) to: Text,
    /// How many they are.
    pub(super) people: usize,
    /// Whether the old group is gone and the new one was not there: one became the other.
    pub(super) became: bool,
}

impl Move {
    /// In a sentence.
    pub(super) fn sentence(&self) -> String {
        let Move { module, from, to, people, became } = self;
        let people = counted(*people as u64, "person", "people");
        match became {
            true => format!("{module}: {from} became {to}, {people} moved"),
            false => format!("{module}: {people} moved from {from} to {to}"),
        }
    }
}

/// Finds who moved, the largest move first.
pub(super) fn moves(difference: &DeliveryDifference) -> Vec<Move> {
    let mut left: HashMap<(&ModuleCode, &str), BTreeSet<&SourceGroupId>> = HashMap::new();
    for Membership { module, group, person, .. } in &difference.members_removed {
        left.entry((module, person.as_str())).or_default().insert(group);
    }
    let mut people: BTreeMap<(&ModuleCode, &SourceGroupId, &SourceGroupId), usize> = BTreeMap::new();
    for Membership { module, group, person, .. } in &difference.members_added {
        for from in left.get(&(module, person.as_str())).into_iter().flatten() {
            *people.entry((module, from, group)).or_default() += 1;
        }
    }
    let is_gone = |module: &ModuleCode, group: &SourceGroupId| {
        difference.groups_removed.iter().any(|old| old.module == *module && old.id == *group)
    };
    let is_new = |module: &ModuleCode, group: &SourceGroupId| {
        difference.groups_added.iter().any(|new| new.module == *module && new.id == *group)
    };
    let name = |module: &ModuleCode, group: &SourceGroupId| -> Text {
        let known = difference.groups_removed.iter().chain(&difference.groups_added);
        let name = known
            .filter(|known| known.module == *module && known.id == *group)
            .map(|known| if known.name.is_empty() { known.code.clone() } else { known.name.clone() })
            .find(|name| !name.is_empty());
        name.unwrap_or_else(|| group.0.clone())
    };
    let mut moves: Vec<Move> = people
        .into_iter()
        .map(|((module, from, to), people)| Move {
            module: module.clone(),
            from: name(module, from),
            to: name(module, to),
            people,
            became: is_gone(module, from) && is_new(module, to),
        })
        .collect();
    moves.sort_by_key(|one| std::cmp::Reverse(one.people));
    moves
}

#[cfg(test)]
mod tests {
    use reconcile::delivery::DeliveredGroup;
    use reconcile::keys::Role;

    use super::*;

    fn members(lines: &[(&str, &[&str])]) -> Vec<Membership> {
        let one = |group: &str, person: &str| Membership {
            module: "ANTH1014".into(),
            group: group.into(),
            person: person.into(),
            role: Role::Student,
        };
        lines.iter().flat_map(|(group, people)| people.iter().map(|person| one(group, person))).collect()
    }

    fn group(id: &str, name: &str) -> DeliveredGroup {
        DeliveredGroup {
            module: "ANTH1014".into(),
            id: id.into(),
            code: id.into(),
            name: name.into(),
            kind: "tutorial".into(),
            term: "T1".into(),
        }
    }

    fn check(difference: &DeliveryDifference, expected: &[&str]) {
        let found: Vec<String> = moves(difference).iter().map(Move::sentence).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn z18_a_group_that_became_another_is_told_with_its_people() {
        check(&DeliveryDifference::default(), &[]);
        let mut difference = DeliveryDifference {
            members_removed: members(&[("G1", &["a", "b", "c"])]),
            members_added: members(&[("G2", &["a", "b"]), ("G3", &["z"])]),
            ..DeliveryDifference::default()
        };
        check(&difference, &["ANTH1014: 2 people moved from G1 to G2"]);
        difference.groups_removed = vec![group("G1", "TUT5")];
        check(&difference, &["ANTH1014: 2 people moved from TUT5 to G2"]);
        difference.groups_added = vec![group("G2", "TUT4")];
        check(&difference, &["ANTH1014: TUT5 became TUT4, 2 people moved"]);
    }

    #[test]
    fn z18_the_largest_move_comes_first_and_who_only_left_did_not_move() {
        let difference = DeliveryDifference {
            members_removed: members(&[("A", &["a"]), ("B", &["b", "c", "d"])]),
            members_added: members(&[("C", &["a", "b", "c"])]),
            ..DeliveryDifference::default()
        };
        check(&difference, &["ANTH1014: 2 people moved from B to C", "ANTH1014: 1 person moved from A to C"]);
    }
}
