//! Measures planning against a bare hash comparison of the same rows (DESIGN section 12: at most twice as long on L).
//!
//! Not here: memory (`benches/memory.rs`).

mod university;

use std::collections::{HashMap, HashSet};

use divan::Bencher;
use reconcile::keys::{PersonKey, UserId};
use reconcile::observed::Observed;
use university::{L, Night, Profile, University, XL};

fn main() {
    divan::main();
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn l_quiet_night_plan(bencher: Bencher<'_, '_>) {
    plan(bencher, L, Night::Quiet);
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn l_quiet_night_baseline_bare_hash_comparison(bencher: Bencher<'_, '_>) {
    baseline(bencher, L, Night::Quiet);
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn l_first_night_plan(bencher: Bencher<'_, '_>) {
    plan(bencher, L, Night::First);
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn l_first_night_baseline_bare_hash_comparison(bencher: Bencher<'_, '_>) {
    baseline(bencher, L, Night::First);
}

#[divan::bench(sample_count = 2, sample_size = 1)]
fn xl_quiet_night_plan(bencher: Bencher<'_, '_>) {
    plan(bencher, XL, Night::Quiet);
}

#[divan::bench(sample_count = 2, sample_size = 1)]
fn xl_quiet_night_baseline_bare_hash_comparison(bencher: Bencher<'_, '_>) {
    baseline(bencher, XL, Night::Quiet);
}

fn plan(bencher: Bencher<'_, '_>, profile: Profile, night: Night) {
    let university = University::of(profile, night);
    bencher.bench_local(|| university.plan());
}

/// The least that any comparison does: two sets of (group, user), and the difference both ways. The users of the
/// source's people are looked up beforehand, so the baseline does not even hash a text.
fn baseline(bencher: Bencher<'_, '_>, profile: Profile, night: Night) {
    let university = University::of(profile, night);
    let (desired, observed) = rows(&university);
    drop(university);
    bencher.bench_local(|| {
        let desired: HashSet<Row> = desired.iter().copied().collect();
        let observed: HashSet<Row> = observed.iter().copied().collect();
        let missing: Vec<_> = desired.difference(&observed).copied().collect();
        let surplus: Vec<_> = observed.difference(&desired).copied().collect();
        (desired, observed, missing, surplus)
    });
}

/// A group and a user.
type Row = (i64, i64);

/// The memberships that the source wants and those that the platform shows, as numbers.
fn rows(university: &University) -> (Vec<Row>, Vec<Row>) {
    let (mut desired, mut observed) = (Vec::new(), Vec::new());
    let mut group_number = 0;
    for (snapshot, shown) in &university.courses {
        let Observed::Complete(course) = shown else { continue };
        let users: HashMap<&PersonKey, UserId> =
            course.enrolled.iter().filter_map(|user| Some((user.key.as_ref()?, user.id))).collect();
        for group in snapshot.modules.iter().flat_map(|module| &module.groups) {
            group_number += 1;
            let members = group.members.iter().filter_map(|member| users.get(&member.person));
            desired.extend(members.map(|user| (group_number, user.0)));
        }
        for group in &course.groups {
            observed.extend(group.members.iter().flatten().map(|user| (group.id.0, user.0)));
        }
    }
    (desired, observed)
}
