//! Who is in which group: finds the membership that was told before.
//!
//! Not here: what is done about it (`intake.rs`).
//!
//! Invariant: a group and a person have at most one place.

use std::collections::HashSet;

use super::fast_map::FastMap;

/// Up to this many people a list is searched from end to end, which is quicker than a map and takes less memory.
const FEW_MAX: usize = 48;

/// The people of one group, each with the place of the membership in the delivery.
enum Group {
    Few(Vec<(u32, u32)>),
    Many(FastMap<u32, u32>),
}

/// The people of all groups.
#[derive(Default)]
pub(super) struct Roster {
    groups: Vec<Group>,
    /// Groups and people of whom both roles were told.
    both_roles: HashSet<(u32, u32)>,
}

impl Roster {
    /// Adds a group; groups are numbered as they come.
    pub(super) fn add_group(&mut self) {
        self.groups.push(Group::Few(Vec::new()));
    }

    /// Puts a person into a group, unless they are in it already: then tells the place of that membership.
    pub(super) fn put(&mut self, group: u32, person: u32, place: u32) -> Option<u32> {
        let people = &mut self.groups[group as usize];
        match people {
            Group::Few(list) => {
                if let Some((_, place)) = list.iter().find(|(known, _)| *known == person) {
                    return Some(*place);
                }
                list.push((person, place));
                if list.len() > FEW_MAX {
                    *people = Group::Many(list.iter().copied().collect());
                }
                None
            }
            Group::Many(map) => match map.entry(person) {
                std::collections::hash_map::Entry::Occupied(known) => Some(*known.get()),
                std::collections::hash_map::Entry::Vacant(free) => {
                    free.insert(place);
                    None
                }
            },
        }
    }

    /// Notes that both roles of a person were told; tells whether that is new.
    pub(super) fn note_both_roles(&mut self, group: u32, person: u32) -> bool {
        self.both_roles.insert((group, person))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_membership_is_found_again_in_small_and_large_groups() {
        let mut roster = Roster::default();
        roster.add_group();
        roster.add_group();
        for person in 0..200 {
            assert_eq!(roster.put(1, person, person + 7), None);
            assert_eq!(roster.put(1, person / 2, 999), Some(person / 2 + 7));
        }
        assert_eq!(roster.put(0, 5, 300), None);
        assert!(roster.note_both_roles(0, 5) && !roster.note_both_roles(0, 5));
    }
}
