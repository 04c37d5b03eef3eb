//! What the limits did in a term, and what to set: they should let through what departments wanted, and hold what a
//! spoilt extract asks for.
//!
//! Not here: the limits themselves (`reconcile::safety`), which are asked again here for every night.
//!
//! Invariant: pure; an advice was tried on every night of the term with the reviewer that the runs use.

use std::collections::HashSet;

use reconcile::policy::Limits;
use reconcile::safety::{ObjectionKind, review};
use serde::Serialize;
use simulators::university::Feed;

use super::nights::NightTold;

/// What one kind of limit did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Advice {
    /// What it guards: `groups_deleted` or `members_removed`.
    pub(super) limit: &'static str,
    /// Nights on which it asked about what departments wanted.
    pub(super) asked_nights: usize,
    /// Settings with which it would not have asked, each by itself, and would have held what it held.
    pub(super) would_not_ask: Vec<Setting>,
    /// Removals that a spoilt extract asked for and that it held.
    pub(super) held: usize,
    /// Removals that a spoilt extract asked for and that went on unasked.
    pub(super) passed: usize,
    /// The setting with which it would have held all of them without asking more often.
    pub(super) would_hold: Option<Setting>,
}

/// A key and its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Setting {
    /// The key of the configuration.
    pub(super) key: &'static str,
    /// The value to set.
    pub(super) value: u64,
}

/// A number of `[limits]` that belongs to one kind.
struct Knob {
    key: &'static str,
    get: fn(&Limits) -> u64,
    set: fn(&mut Limits, u64),
    /// The largest value that means something.
    most: u64,
}

/// Limits under which every removal waits.
const NOTHING_ALLOWED: Limits = Limits {
    members_removed_percent_max: 100,
    members_removed_small: 0,
    members_removed_max: 0,
    groups_deleted_percent_max: 100,
    groups_deleted_small: 0,
    groups_deleted_max: 0,
};

/// No removal is larger than this, and so no limit has to be.
const COUNT_MOST: u64 = 1_000_000;

/// What guards groups.
const GROUPS: [Knob; 3] = [
    Knob {
        key: "limits.groups_deleted_percent_max",
        get: |limits| u64::from(limits.groups_deleted_percent_max),
        set: |limits, value| limits.groups_deleted_percent_max = value as u32,
        most: 100,
    },
    Knob {
        key: "limits.groups_deleted_small",
        get: |limits| limits.groups_deleted_small,
        set: |limits, value| limits.groups_deleted_small = value,
        most: COUNT_MOST,
    },
    Knob {
        key: "limits.groups_deleted_max",
        get: |limits| limits.groups_deleted_max,
        set: |limits, value| limits.groups_deleted_max = value,
        most: COUNT_MOST,
    },
];

/// What guards members.
const MEMBERS: [Knob; 3] = [
    Knob {
        key: "limits.members_removed_percent_max",
        get: |limits| u64::from(limits.members_removed_percent_max),
        set: |limits, value| limits.members_removed_percent_max = value as u32,
        most: 100,
    },
    Knob {
        key: "limits.members_removed_small",
        get: |limits| limits.members_removed_small,
        set: |limits, value| limits.members_removed_small = value,
        most: COUNT_MOST,
    },
    Knob {
        key: "limits.members_removed_max",
        get: |limits| limits.members_removed_max,
        set: |limits, value| limits.members_removed_max = value,
        most: COUNT_MOST,
    },
];

/// Looks back at a term.
pub(super) fn advise(nights: &[NightTold], limits: &Limits) -> Vec<Advice> {
    let kinds = [(ObjectionKind::GroupsDeleted, &GROUPS), (ObjectionKind::MembersRemoved, &MEMBERS)];
    kinds.map(|(kind, knobs)| advise_on(nights, limits, kind, knobs)).into()
}

fn advise_on(nights: &[NightTold], limits: &Limits, kind: ObjectionKind, knobs: &[Knob]) -> Advice {
    // What was refused at the door asked for nothing: the delivery before it stayed in force.
    let is_spoilt =
        |night: &&NightTold| spoils(night.brings.feed(), kind) && night.refused_delivery.is_none();
    let (spoilt, whole): (Vec<&NightTold>, Vec<&NightTold>) = nights.iter().partition(is_spoilt);
    let asked = |limits: &Limits| whole.iter().filter(|night| held_of(night, limits, kind) > 0).count();
    let held = |limits: &Limits| spoilt.iter().map(|night| held_of(night, limits, kind)).sum::<usize>();
    // What was approved draws the same objection in the night that does it, and asks nobody.
    let waited = |night: &&&NightTold| night.waiting.iter().any(|waiting| waiting.kind == kind.as_str());
    let asked_nights = whole.iter().filter(waited).count();
    let (asked_now, held_now) = (asked(limits), held(limits));
    let wanted: usize = spoilt.iter().map(|night| held_of(night, &NOTHING_ALLOWED, kind)).sum();
    let with = |knob: &Knob, value: u64| {
        let mut changed = limits.clone();
        (knob.set)(&mut changed, value);
        changed
    };
    // A larger number never holds more, so each question can be answered by halving.
    let silent = |knob: &Knob| {
        let value = smallest((knob.get)(limits), knob.most, |value| asked(&with(knob, value)) == 0)?;
        (held(&with(knob, value)) == held_now).then_some(Setting { key: knob.key, value })
    };
    let holding = |knob: &Knob| {
        let now = (knob.get)(limits);
        let most = smallest(0, now, |value| held(&with(knob, value)) < wanted)?.checked_sub(1)?;
        let least = smallest(0, most, |value| asked(&with(knob, value)) == asked_now)?;
        // In the middle, because the next term is not this one.
        Some(Setting { key: knob.key, value: least + (most - least) / 2 })
    };
    Advice {
        limit: kind.as_str(),
        asked_nights,
        would_not_ask: if asked_nights > 0 { knobs.iter().filter_map(silent).collect() } else { Vec::new() },
        held: held_now,
        passed: wanted - held_now,
        would_hold: if held_now < wanted { knobs.iter().find_map(holding) } else { None },
    }
}

/// Tells whether an extract that is spoilt so asks for removals of a kind that nobody wants.
fn spoils(feed: Feed, kind: ObjectionKind) -> bool {
    match feed {
        Feed::Whole => false,
        Feed::Cut => true,
        Feed::Thinned => kind == ObjectionKind::MembersRemoved,
    }
}

/// The smallest number of a range for which something is so, if it is so for all larger ones too.
fn smallest(from: u64, to: u64, is_so: impl Fn(u64) -> bool) -> Option<u64> {
    if !is_so(to) {
        return None;
    }
    let (mut low, mut high) = (from, to);
    while low < high {
        let middle = low + (high - low) / 2;
        if is_so(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Some(high)
}

/// How many removals of a night wait under some limits.
fn held_of(night: &NightTold, limits: &Limits, kind: ObjectionKind) -> usize {
    let objections = review(&night.taken, &night.totals, limits);
    let of_kind = objections.iter().filter(|objection| objection.kind == kind);
    of_kind.flat_map(|objection| &objection.operations).collect::<HashSet<_>>().len()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use reconcile::keys::{CourseId, GroupKey, Part, PersonKey, UserId};
    use reconcile::operation::{Because, Change, GroupHead, Operation};
    use reconcile::plan::{CoursePlan, Ours};
    use reconcile::report::Waiting;
    use reconcile::safety::Totals;
    use simulators::university::Brings;

    use super::*;

    /// A night on which so many of 1,000 members in 10 courses would go, from as many courses as asked.
    fn night(brings: Brings, removed: u64, courses: i64) -> NightTold {
        let ours = Ours { groups: 1, members: 100 };
        let plans = (1..=courses).map(|course| {
            let key = GroupKey {
                source: "cmis".into(),
                module: "ANTH1014".into(),
                group: "A".into(),
                part: Part::Everyone,
            };
            let group = Arc::new(GroupHead {
                idnumber: key.idnumber(),
                key,
                id: None,
                name: "A".into(),
                term: "".into(),
            });
            let remove = |number: u64| Operation {
                course: CourseId(course),
                change: Change::RemoveMember {
                    group: Arc::clone(&group),
                    person: PersonKey(format!("p{number}").into()),
                    user: UserId(number as i64),
                },
                because: Because::SourceDropped,
            };
            let operations = (0..removed / courses as u64).map(remove).collect();
            CoursePlan { course: CourseId(course), ours, operations, ..CoursePlan::default() }
        });
        let whole = Ours { groups: 10, members: 1_000 };
        let asks =
            Waiting { scope: String::new(), kind: "members_removed", sentence: String::new(), operations: 1 };
        NightTold {
            waiting: if brings == Brings::NewPlans { vec![asks] } else { Vec::new() },
            taken: plans.collect(),
            totals: Totals { sources: [("cmis".into(), whole)].into() },
            ..NightTold::quiet(brings)
        }
    }

    fn check(nights: &[NightTold], limits: &Limits, expected: &Advice) {
        let advice = advise(nights, limits).into_iter().find(|advice| advice.limit == "members_removed");
        assert_eq!(advice.as_ref(), Some(expected));
    }

    fn nothing() -> Advice {
        Advice {
            limit: "members_removed",
            asked_nights: 0,
            would_not_ask: vec![],
            held: 0,
            passed: 0,
            would_hold: None,
        }
    }

    #[test]
    fn z10_a_quiet_term_needs_no_advice() {
        check(&[], &Limits::default(), &nothing());
        check(&[night(Brings::BusyDay, 20, 10)], &Limits::default(), &nothing());
    }

    #[test]
    fn z10_what_departments_wanted_needs_a_larger_number() {
        let setting = |key, value| Setting { key, value };
        let expected = Advice {
            asked_nights: 1,
            would_not_ask: vec![
                setting("limits.members_removed_percent_max", 30),
                setting("limits.members_removed_small", 30),
            ],
            ..nothing()
        };
        check(&[night(Brings::NewPlans, 30, 1)], &Limits::default(), &expected);
    }

    #[test]
    fn z10_what_a_spoilt_extract_took_needs_a_smaller_number_between_the_two() {
        let nights = [night(Brings::BusyDay, 60, 10), night(Brings::ThinnedFeed, 150, 10)];
        // 15 of 100 in each course are too few to be asked about, and 150 of 1,000 in all as well.
        let expected = Advice {
            passed: 150,
            would_hold: Some(Setting { key: "limits.members_removed_percent_max", value: 10 }),
            ..nothing()
        };
        check(&nights, &Limits::default(), &expected);
        let heeded = Limits { members_removed_percent_max: 10, ..Limits::default() };
        check(&nights, &heeded, &Advice { held: 150, ..nothing() });
    }

    #[test]
    fn z10_an_extract_that_was_refused_at_the_door_asked_for_nothing() {
        let refused =
            NightTold { refused_delivery: Some("too small".into()), ..night(Brings::CutFeed, 30, 1) };
        check(&[refused], &Limits::default(), &nothing());
    }

    #[test]
    fn z10_where_a_spoilt_night_looks_like_a_wanted_one_no_number_is_advised() {
        let nights = [night(Brings::BusyDay, 150, 10), night(Brings::ThinnedFeed, 150, 10)];
        check(&nights, &Limits::default(), &Advice { passed: 150, ..nothing() });
    }
}
