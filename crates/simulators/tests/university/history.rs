//! `history.csv` says what differs between the files of two days: replayed over one day it gives the next.
//!
//! Not here: what people do in Moodle.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use simulators::university::{Encoding, Order, Profile, write_folder};

/// The good rows of a delivery: groups by id (module, name), and members (group, person, role).
#[derive(Clone, Debug, Default, PartialEq)]
struct Files {
    groups: BTreeMap<String, (String, String)>,
    members: BTreeSet<(String, String, String)>,
    mappings: BTreeSet<(String, String)>,
}

fn rows(file: &Path) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_path(file).unwrap();
    let texts = |row: csv::ByteRecord| {
        row.iter().map(|field| String::from_utf8(field.to_vec())).collect::<Result<Vec<_>, _>>()
    };
    reader.byte_records().filter_map(|row| texts(row.unwrap()).ok()).collect()
}

impl Files {
    /// Reads a day's folder as a careful importer would: the first of two rows with one id counts.
    fn read(dir: &Path) -> Self {
        let mut files = Self::default();
        for row in rows(&dir.join("groups.csv")) {
            if let [id, _, name, module, _, _] = &row[..]
                && !id.is_empty()
                && !module.is_empty()
            {
                files.groups.entry(id.clone()).or_insert((module.clone(), name.clone()));
            }
        }
        for row in rows(&dir.join("members.csv")) {
            if let [group, person, role] = &row[..]
                && files.groups.contains_key(group)
                && !person.is_empty()
                && ["student", "tutor"].contains(&role.as_str())
            {
                files.members.insert((group.clone(), person.clone(), role.clone()));
            }
        }
        for row in rows(&dir.join("mappings.csv")) {
            let text = format!("course {} group_import {} mapping_action {}", row[0], row[2], row[3]);
            files.mappings.insert((row[1].clone(), text));
        }
        files
    }

    /// Takes the groups and members of a module out.
    fn take_module(&mut self, module: &str) -> Self {
        let (gone, stay) =
            std::mem::take(&mut self.groups).into_iter().partition(|(_, group)| group.0 == module);
        self.groups = stay;
        let gone: BTreeMap<_, _> = gone;
        let members = std::mem::take(&mut self.members).into_iter();
        let (gone_members, stay) = members.partition(|member| gone.contains_key(&member.0));
        self.members = stay;
        Self { groups: gone, members: gone_members, mappings: BTreeSet::new() }
    }
}

/// Carries out one row of the history; each must find what it changes.
fn replay(files: &mut Files, stash: &mut BTreeMap<String, Files>, row: &[String]) {
    let [_, change, module, group, person, before, after] = row else { panic!("{row:?}") };
    let fits = match change.as_str() {
        "member added" => files.members.insert((group.clone(), person.clone(), after.clone())),
        "member removed" => files.members.remove(&(group.clone(), person.clone(), before.clone())),
        "group added" => files.groups.insert(group.clone(), (module.clone(), after.clone())).is_none(),
        "group removed" => files.groups.remove(group) == Some((module.clone(), before.clone())),
        "group renamed" => {
            files.groups.insert(group.clone(), (module.clone(), after.clone())).unwrap()
                == (module.clone(), before.clone())
        }
        "group id changed" => {
            let members = std::mem::take(&mut files.members).into_iter();
            let renamed = |id: String| if id == *before { after.clone() } else { id };
            files.members = members.map(|(id, person, role)| (renamed(id), person, role)).collect();
            let content = files.groups.remove(before).unwrap();
            files.groups.insert(after.clone(), content).is_none()
        }
        "module vanished" => stash.insert(module.clone(), files.take_module(module)).is_none(),
        "module returned" => {
            let back = stash.remove(module).unwrap();
            files.groups.extend(back.groups);
            files.members.extend(back.members);
            true
        }
        "mapping changed" => {
            (before.is_empty() || files.mappings.remove(&(module.clone(), before.clone())))
                && files.mappings.insert((module.clone(), after.clone()))
        }
        other => panic!("{other} is no change"),
    };
    assert!(fits, "{row:?} changes nothing");
}

fn check(profile: Profile, seed: u64, peak_day: Option<u32>) {
    let dir = tempfile::tempdir().unwrap();
    let order = Order { profile, seed, days: 4, peak_day, encoding: Encoding::Utf8 };
    write_folder(&order, dir.path()).unwrap();
    let history = rows(&dir.path().join("history.csv"));
    let mut files = Files::read(&dir.path().join("day-00"));
    let mut stash = BTreeMap::new();
    for day in 1..=4 {
        let changes = history.iter().filter(|row| row[0] == day.to_string());
        changes.for_each(|row| replay(&mut files, &mut stash, row));
        let wanted = Files::read(&dir.path().join(format!("day-{day:02}")));
        assert!(files == wanted, "{profile} seed {seed}: the history of day {day} is not what the files say");
    }
}

#[test]
fn the_history_of_a_college_agrees_with_its_files() {
    check(Profile::S, 1, None);
    check(Profile::S, 2, Some(2));
}

#[test]
fn the_history_of_a_university_agrees_with_its_files() {
    check(Profile::M, 1, Some(4));
}

#[test]
fn no_change_of_a_day_is_undone_on_the_same_day() {
    for (profile, seed, peak_day) in
        [(Profile::S, 1, None), (Profile::S, 1, Some(1)), (Profile::M, 1, Some(1))]
    {
        let dir = tempfile::tempdir().unwrap();
        let order = Order { profile, seed, days: 1, peak_day, encoding: Encoding::Utf8 };
        write_folder(&order, dir.path()).unwrap();
        let [before, after] = ["day-00", "day-01"].map(|day| Files::read(&dir.path().join(day)));
        let history = rows(&dir.path().join("history.csv"));
        // The module that vanished took its members along without a row for each.
        let module = &history.iter().find(|row| row[1] == "module vanished").unwrap()[2];
        let vanished = before.clone().take_module(module).members.len();
        let differing = before.members.symmetric_difference(&after.members).count() - vanished;
        assert_eq!(differing, history.iter().filter(|row| row[1].starts_with("member ")).count());
    }
}
