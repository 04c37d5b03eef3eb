//! Where keys went that a source changed and told so: what is ours follows, before a plan is made.
//!
//! Not here: a new id that nobody told of; the planner guesses it by the people ([`crate::plan`]) and asks. Nor the tables in
//! which the keys are replaced (`store`).
//!
//! Invariant: no two keys go to the same place, and nothing goes to a place where something else stays: what stood there is
//! gone, and steps aside under a key that no source has.
//! Invariant: changes that cancel out leave everything where it is.

use std::collections::{BTreeMap, HashMap};

use crate::keys::{GroupKey, GroupingKey, ModuleCode, PersonKey, SourceGroupId, Text};

/// The longest key that the tables keep, in characters (`store::SUBKEY_CHARS_MAX`).
const KEY_CHARS_MAX: usize = 190;

/// A change of a key that a source told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyChange {
    /// Its number; later changes have greater ones.
    pub number: i64,
    /// The key that the object lost.
    pub before: Text,
    /// The key that it got; nothing else has it at that moment.
    pub after: Text,
}

/// For each key of before the key of now, where they differ.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewKeys(BTreeMap<Text, Text>);

/// New keys of everything that a source names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Of groups.
    pub groups: NewKeys,
    /// Of modules.
    pub modules: NewKeys,
    /// Of people.
    pub persons: NewKeys,
}

impl NewKeys {
    /// Follows changes, in the order in which they were told.
    pub fn of(changes: &[KeyChange]) -> NewKeys {
        // Where each thing of before is now, and what of before is at each key now.
        let mut now: BTreeMap<Text, Text> = BTreeMap::new();
        let mut at: HashMap<Text, Text> = HashMap::new();
        for KeyChange { number, before, after } in changes {
            if before == after {
                continue;
            }
            let mut take = |key: &Text, now: &BTreeMap<Text, Text>| {
                // A key that nothing of before has left still stands for the thing that had it then.
                at.remove(key).or_else(|| (!now.contains_key(key)).then(|| key.clone()))
            };
            let moved = take(before, &now);
            let gone = take(after, &now);
            if let Some(gone) = gone {
                now.insert(gone, aside(after, *number));
            }
            if let Some(moved) = moved {
                now.insert(moved.clone(), after.clone());
                at.insert(after.clone(), moved);
            }
        }
        now.retain(|before, after| before != after);
        NewKeys(now)
    }

    /// The key of now, where it is another one.
    pub fn get(&self, before: &str) -> Option<&Text> {
        self.0.get(before)
    }

    /// The key of now.
    fn now<'k>(&'k self, before: &'k Text) -> &'k Text {
        self.0.get(before).unwrap_or(before)
    }

    /// Tells whether every key is the one of before.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The keys of before that are others now, in order.
    pub fn before(&self) -> impl Iterator<Item = &Text> {
        self.0.keys()
    }
}

impl Told {
    /// Tells whether nothing changed.
    pub fn is_empty(&self) -> bool {
        let Told { groups, modules, persons } = self;
        groups.is_empty() && modules.is_empty() && persons.is_empty()
    }

    /// A group's key of now.
    pub fn group(&self, key: &GroupKey) -> GroupKey {
        GroupKey {
            source: key.source.clone(),
            module: self.module(&key.module),
            group: SourceGroupId(self.groups.now(&key.group.0).clone()),
            part: key.part,
        }
    }

    /// A grouping's key of now.
    pub fn grouping(&self, key: &GroupingKey) -> GroupingKey {
        GroupingKey { source: key.source.clone(), module: self.module(&key.module) }
    }

    /// A module's code of now.
    pub fn module(&self, module: &ModuleCode) -> ModuleCode {
        ModuleCode(self.modules.now(&module.0).clone())
    }

    /// A person's key of now.
    pub fn person(&self, person: &PersonKey) -> PersonKey {
        PersonKey(self.persons.now(&person.0).clone())
    }
}

/// A key for what stood under one that another thing has now.
fn aside(key: &str, number: i64) -> Text {
    let mark = format!("~{number}");
    let head: String = key.chars().take(KEY_CHARS_MAX - mark.len()).collect();
    (head + &mark).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(changes: &[(&str, &str)], expected: &[(&str, &str)]) {
        let changes: Vec<_> = (1..)
            .zip(changes)
            .map(|(number, (before, after))| KeyChange {
                number,
                before: (*before).into(),
                after: (*after).into(),
            })
            .collect();
        let keys = NewKeys::of(&changes);
        let told: Vec<_> = keys.0.iter().map(|(before, after)| (&**before, &**after)).collect();
        assert_eq!(told, expected, "{changes:?}");
    }

    #[test]
    fn a_key_is_followed_through_every_change() {
        check(&[], &[]);
        check(&[("a", "b")], &[("a", "b"), ("b", "b~1")]);
        check(&[("a", "a")], &[]);
        check(&[("a", "b"), ("b", "c")], &[("a", "c"), ("b", "b~1"), ("c", "c~2")]);
        check(&[("b", "c"), ("a", "b")], &[("a", "b"), ("b", "c"), ("c", "c~1")]);
        // An exchange over a third key, and one that is taken back.
        check(&[("a", "t"), ("b", "a"), ("t", "b")], &[("a", "b"), ("b", "a"), ("t", "t~1")]);
        check(&[("a", "t"), ("t", "a")], &[("t", "t~1")]);
    }

    #[test]
    fn a_key_that_is_in_use_again_does_not_carry_its_first_owner_along() {
        // Something new was made as a, and renamed in its turn.
        check(&[("a", "b"), ("a", "c")], &[("a", "b"), ("b", "b~1"), ("c", "c~2")]);
        // Something new was made as a, and b, which a had become, was deleted before the new one became b.
        check(&[("a", "b"), ("a", "b")], &[("a", "b~2"), ("b", "b~1")]);
    }

    #[test]
    fn no_two_keys_go_to_the_same_place() {
        let mut dice = 7_u64;
        for _ in 0..2_000 {
            let mut changes = Vec::new();
            for number in 1..=8 {
                dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let key = |shift: u32| Text::from(["a", "b", "c", "d"][(dice >> shift) as usize % 4]);
                changes.push(KeyChange { number, before: key(33), after: key(41) });
            }
            let NewKeys(keys) = NewKeys::of(&changes);
            let mut places: Vec<_> = keys.values().collect();
            places.sort();
            places.dedup();
            assert_eq!(places.len(), keys.len(), "{changes:?}");
            let is_vacated = |place: &Text| place.contains('~') || keys.contains_key(place);
            assert!(places.into_iter().all(is_vacated), "{changes:?}");
        }
    }

    #[test]
    fn a_key_steps_aside_within_the_longest_that_is_kept() {
        let long = "k".repeat(KEY_CHARS_MAX);
        assert_eq!(aside(&long, 123).chars().count(), KEY_CHARS_MAX);
        assert!(aside(&long, 123).ends_with("k~123"));
    }
}
