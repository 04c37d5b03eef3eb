//! Arranges modules and courses as a table of mappings says, before groups are formed.
//!
//! Not here: where the table comes from, and what is in the groups (`generate.rs`).
//!
//! Invariant: every row of the table is a mapping of the university, once.
//! Invariant: the module at a place in the list is mapped to the course at that place wherever the table allows it;
//! the awkward cases look for their modules there.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::University;
use super::generate::new_module;
use super::model::{Account, CourseRecord, Mapping, MappingRecord, ModuleRecord};
use super::profile::Sizes;

/// Replaces the modules and courses of an empty university by those of a table.
pub(super) fn arrange(university: &mut University, given: &[Mapping<'_>]) {
    let mut courses: BTreeMap<u32, Vec<&Mapping<'_>>> = BTreeMap::new();
    for row in given {
        courses.entry(row.moodle_id).or_default().push(row);
    }
    let codes: HashSet<&str> = given.iter().map(|row| row.modulecode).collect();
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut modules: Vec<ModuleRecord> = Vec::with_capacity(codes.len());
    for rows in courses.values() {
        let own = rows.iter().find(|row| !places.contains_key(row.modulecode));
        modules.push(match own {
            Some(row) => {
                places.insert(row.modulecode, modules.len());
                named(modules.len(), row.modulecode)
            }
            None => unmapped(modules.len(), &codes),
        });
    }
    for row in given {
        if !places.contains_key(row.modulecode) {
            places.insert(row.modulecode, modules.len());
            modules.push(named(modules.len(), row.modulecode));
        }
    }
    for (course, rows) in courses.values().enumerate() {
        for row in rows {
            let Mapping { moodle_id: _, modulecode, group_import, mapping_action } = **row;
            let mappings = &mut modules[places[modulecode]].mappings;
            if mappings.iter().all(|known| known.course != course) {
                mappings.push(MappingRecord { course, group_import, mapping_action });
            }
        }
    }
    let record = |id: &u32| CourseRecord { id: *id, account: Account::InMoodle, enrolled: Vec::new() };
    university.courses = courses.keys().map(record).collect();
    university.sizes = scaled(university.sizes, university.modules.len(), modules.len());
    university.modules = modules;
}

/// As many groups, members and changes for each module as in a university of that size.
fn scaled(sizes: Sizes, modules_usual: usize, modules: usize) -> Sizes {
    let scaled = |count: u32| {
        let whole = u64::from(count) * modules as u64 / (modules_usual as u64).max(1);
        u32::try_from(whole).unwrap_or(u32::MAX).max(1)
    };
    Sizes {
        groups: scaled(sizes.groups),
        memberships: scaled(sizes.memberships),
        quiet_day: scaled(sizes.quiet_day),
        peak_day: scaled(sizes.peak_day),
        ..sizes
    }
}

fn named(place: usize, code: &str) -> ModuleRecord {
    ModuleRecord { code: code.to_owned(), ..new_module(place) }
}

/// A module that fills no course, under a code that the table does not use.
fn unmapped(place: usize, codes: &HashSet<&str>) -> ModuleRecord {
    let mut module = new_module(place);
    while codes.contains(module.code.as_str()) {
        module.code.push('X');
    }
    module
}
