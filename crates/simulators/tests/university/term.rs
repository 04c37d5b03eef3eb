//! The first weeks of a term: what each night brings, and mappings that somebody gave.

use std::collections::BTreeMap;
use std::path::Path;

use simulators::moodle::{Settings, World};
use simulators::university::{Brings, Mapping, Profile, Term, University, Wish};

/// The nights of a term: what each brings, and the rows of its two files.
fn nights(seed: u64, count: u32) -> Vec<(Brings, usize, usize)> {
    let folder = tempfile::tempdir().unwrap();
    let mut world = World::new(Settings::default());
    let mut term = Term::begin(University::generate(Profile::S, seed), count, &mut world);
    let mut nights = Vec::new();
    while let Some(night) = term.next_night(&mut world) {
        term.deliver(&night, folder.path()).unwrap();
        nights.push((night.brings, rows(folder.path(), "groups.csv"), rows(folder.path(), "members.csv")));
    }
    nights
}

fn rows(folder: &Path, file: &str) -> usize {
    std::fs::read(folder.join(file)).unwrap().split(|byte| *byte == b'\n').count()
}

#[test]
fn z10_a_term_is_the_same_for_the_same_seed_and_brings_everything_once() {
    let term = nights(7, 14);
    assert_eq!(term, nights(7, 14));
    assert_ne!(term, nights(8, 14));
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for (brings, _, _) in &term {
        *counts.entry(brings.as_str()).or_default() += 1;
    }
    let expected = [
        ("busy_day", 4),
        ("cut_feed", 1),
        ("lost_answers", 1),
        ("new_plans", 1),
        ("quiet_day", 4),
        ("site_down", 1),
        ("term_start", 1),
        ("thinned_feed", 1),
    ];
    assert_eq!(counts, BTreeMap::from(expected));
    assert_eq!(term[0].0, Brings::TermStart);
    assert_eq!(term[13].0, Brings::QuietDay, "the last night shows whether all has come right");
}

#[test]
fn z10_a_spoilt_feed_lacks_rows_for_one_night_only() {
    let term = nights(7, 14);
    let usual = term[0];
    for (brings, groups, members) in term {
        let (groups, members) = (groups * 100 / usual.1, members * 100 / usual.2);
        match brings {
            Brings::CutFeed => assert!((50..60).contains(&groups) && (50..60).contains(&members)),
            Brings::ThinnedFeed => assert!(groups > 95 && (75..90).contains(&members), "{members} %"),
            _ => assert!(groups > 95 && members > 95, "{brings:?}: {groups} %, {members} %"),
        }
    }
}

#[test]
fn z10_a_term_of_one_night_is_its_beginning() {
    assert_eq!(nights(1, 1).iter().map(|night| night.0).collect::<Vec<_>>(), [Brings::TermStart]);
    assert_eq!(nights(1, 0), []);
}

#[test]
fn z10_a_university_takes_the_mappings_that_it_is_given() {
    let row = |moodle_id, modulecode, group_import| Mapping {
        moodle_id,
        modulecode,
        group_import,
        mapping_action: Wish::Add,
    };
    let given = [
        row(700, "LAWS1001", Wish::Add),
        row(700, "LAWS1002", Wish::Add),
        row(9, "LAWS1001", Wish::Rmv),
        row(31, "LAWS1001", Wish::Add),
    ];
    let university = University::generate_mapped(Profile::S, 1, &given);
    let rows = |university: &University| -> Vec<(u32, String, Wish)> {
        let rows = university.mappings();
        let mut rows: Vec<_> =
            rows.map(|row| (row.moodle_id, row.modulecode.to_owned(), row.group_import)).collect();
        rows.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
        rows
    };
    let expected: Vec<(u32, String, Wish)> = [
        (9, "LAWS1001", Wish::Rmv),
        (31, "LAWS1001", Wish::Add),
        (700, "LAWS1001", Wish::Add),
        (700, "LAWS1002", Wish::Add),
    ]
    .map(|(course, module, wish)| (course, module.to_owned(), wish))
    .into();
    assert_eq!(rows(&university), expected);
    let courses: Vec<u32> = university.courses().map(|course| course.id).collect();
    assert_eq!(courses, [9, 31, 700]);
    assert_eq!(rows(&University::generate_mapped(Profile::S, 1, &[])).len(), {
        University::generate(Profile::S, 1).mappings().count()
    });
}
