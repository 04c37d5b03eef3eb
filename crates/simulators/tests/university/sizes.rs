//! Every profile has the sizes of DESIGN §12, spread as in life.
//!
//! Not here: how long any of it takes.

use std::collections::{HashMap, HashSet};

use simulators::university::{ChangeKind, Day, Profile, University};

fn near(what: &str, actual: usize, wanted: u32) {
    let wanted = wanted as usize;
    assert!(actual.abs_diff(wanted) * 50 <= wanted, "{what}: {actual} is not within 2 % of {wanted}");
}

fn check(profile: Profile) {
    let sizes = profile.sizes();
    let university = University::generate(profile, 1);
    near("courses", university.courses().count(), sizes.courses);
    near("groups", university.groups().count(), sizes.groups);
    near("people", university.people().count(), sizes.people);
    near("memberships", university.members().count(), sizes.memberships);
}

#[test]
fn a_college_has_the_sizes_of_the_table() {
    check(Profile::S);
}

#[test]
fn a_university_has_the_sizes_of_the_table() {
    check(Profile::M);
}

#[test]
fn a_large_university_has_the_sizes_of_the_table() {
    check(Profile::L);
}

#[test]
fn a_state_tenant_has_the_sizes_of_the_table() {
    check(Profile::Xl);
    let mut university = University::generate(Profile::Xl, 1);
    near("quiet day", memberships_changed(&university.next_day()), Profile::Xl.sizes().quiet_day);
    near("peak day", memberships_changed(&university.next_peak_day()), Profile::Xl.sizes().peak_day);
}

fn memberships_changed(day: &Day) -> usize {
    let of_members = |kind| matches!(kind, ChangeKind::MemberAdded | ChangeKind::MemberRemoved);
    day.changes.iter().filter(|change| of_members(change.kind)).count()
}

#[test]
fn every_quiet_day_changes_as_many_memberships_as_the_table_says() {
    for (profile, seed) in
        [(Profile::S, 1), (Profile::S, 2), (Profile::S, 3), (Profile::M, 1), (Profile::L, 1)]
    {
        let mut university = University::generate(profile, seed);
        for _ in 0..5 {
            near("quiet day", memberships_changed(&university.next_day()), profile.sizes().quiet_day);
        }
    }
}

#[test]
fn a_peak_day_changes_as_many_memberships_as_the_table_says() {
    for profile in [Profile::S, Profile::M, Profile::L] {
        let mut university = University::generate(profile, 1);
        near("peak day", memberships_changed(&university.next_peak_day()), profile.sizes().peak_day);
    }
}

#[test]
fn the_changes_of_a_quiet_day_come_in_clusters_of_four_or_five_a_module() {
    let mut university = University::generate(Profile::L, 1);
    let day = university.next_day();
    let modules: HashSet<&str> = day.changes.iter().map(|change| change.module_code.as_str()).collect();
    assert!((200..=250).contains(&modules.len()), "{} modules touched", modules.len());
}

#[test]
fn a_few_modules_are_large_and_many_are_small() {
    let university = University::generate(Profile::L, 1);
    let mut sizes: HashMap<String, usize> = HashMap::new();
    for group in university.groups() {
        *sizes.entry(group.module_code.to_owned()).or_default() += 1;
    }
    let mut sizes: Vec<usize> = sizes.into_values().collect();
    sizes.sort_unstable();
    let (median, largest) = (sizes[sizes.len() / 2], sizes[sizes.len() - 1]);
    assert!(largest >= 20 * median, "largest {largest}, median {median}");
}
