//! The rules of the hierarchy: which group may stand where, and become what (facts/ims-es.md §2.3, §2.4, §3.3).
//!
//! Not here: what a group must look like by itself (`ims_es::group::rules`), and looking at the other groups (`groups.rs`), which are
//! handed in.
//!
//! Invariant: nothing here knows a database; the answer depends on [`Around`] and [`Wish`] alone.
//! Invariant: no school stands below a school, a course group stands below a course, nothing stands below itself, and the root stays.

use ims_es::problem::Problem;
use ims_es::status::CodeMinor;
use store::ims::{GroupKind, GroupRef, Standing};

/// How deep a hierarchy may be, the root not counted. Schools have a handful of levels; a hostile sender would make thousands.
pub(super) const DEPTH_MAX: u64 = 64;

/// What a request wants of a group's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wish {
    /// The type that it names.
    pub(super) kind: Option<GroupKind>,
    /// Whether it brings the title of a course.
    pub(super) has_course: bool,
    /// Whether what it does not name is as if it was never there.
    pub(super) replaces: bool,
}

/// What stands around a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Around {
    /// The group itself, if it is there already.
    pub(super) current: Option<Current>,
    /// The parent that is named, or else the parent that the group has, and all above it up to the root. Empty if the parent that
    /// is named is not known.
    pub(super) above: Vec<Standing>,
}

/// A group that is there already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Current {
    /// The group.
    pub(super) id: GroupRef,
    /// What it is.
    pub(super) kind: GroupKind,
    /// All that stands below it.
    pub(super) below: Vec<Standing>,
}

/// Where a group will stand, and what it will be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The group above.
    pub(super) parent: GroupRef,
    /// What it will be.
    pub(super) kind: GroupKind,
}

/// Decides where a group may stand.
pub(super) fn place(wish: Wish, around: &Around) -> Result<Place, Problem> {
    let current = around.current.as_ref();
    if current.is_some_and(|current| current.kind == GroupKind::Site) {
        return Err(invalid(
            "sourcedId",
            "The root of the site cannot be changed.",
            "Address another group.",
        ));
    }
    let Some(parent) = around.above.first() else {
        return Err(invalid(PARENT, "There is no group with this identifier.", "Make the parent first."));
    };
    if current.is_some_and(|current| around.above.iter().any(|above| above.id == current.id)) {
        let text = "The parent stands below the group itself.";
        return Err(invalid(PARENT, text, "Send a parent that is not below the group."));
    }
    let height =
        current.map_or(0, |current| current.below.iter().map(|below| below.steps).max().unwrap_or(0));
    if around.above.len() as u64 + height > DEPTH_MAX {
        let text = "The hierarchy would have more than 64 levels.";
        return Err(invalid(PARENT, text, "Send a parent nearer to the root."));
    }
    let kind = kind(wish, current)?;
    if kind == GroupKind::CourseGroup && parent.kind != GroupKind::Course {
        let text = "A course group stands below a course.";
        return Err(invalid(PARENT, text, "Send the identifier of a course as the parent."));
    }
    schools(kind, around)?;
    Ok(Place { parent: parent.id, kind })
}

const PARENT: &str = "relationship/sourceId/identifier";
const TYPE: &str = "groupType/typeValue";

/// What the group will be.
fn kind(wish: Wish, current: Option<&Current>) -> Result<GroupKind, Problem> {
    let kept = current.map(|current| current.kind);
    let wanted = match (wish.has_course, wish.kind) {
        (true, _) => GroupKind::Course,
        (false, Some(kind)) => kind,
        (false, None) if wish.replaces => GroupKind::Unspecified,
        (false, None) => kept.unwrap_or(GroupKind::Unspecified),
    };
    let Some(kept) = kept.filter(|kept| *kept != wanted) else { return Ok(wanted) };
    match (kept, wanted) {
        (GroupKind::School, GroupKind::Unspecified) | (GroupKind::Unspecified, GroupKind::School) => {
            Ok(wanted)
        }
        (GroupKind::Unspecified, GroupKind::Course) if wish.has_course => Ok(wanted),
        (GroupKind::Unspecified, GroupKind::Course) => {
            let text = "A group becomes a course by the extension field course with its title.";
            let mend = "Send the extension field course as well.";
            Err(Problem::error(CodeMinor::IncompleteData, TYPE, "Course", text, mend))
        }
        (GroupKind::Course, _) => {
            let text = "The type of a group that is connected to a course cannot change.";
            Err(invalid(TYPE, text, "Send the type Course, and on a replacement the extension field course."))
        }
        (
            GroupKind::Site | GroupKind::School | GroupKind::CourseGroup | GroupKind::Unspecified,
            GroupKind::Site
            | GroupKind::School
            | GroupKind::Course
            | GroupKind::CourseGroup
            | GroupKind::Unspecified,
        ) => {
            let text =
                "Only School and Unspecified can become each other, and Unspecified can become Course.";
            Err(invalid(TYPE, text, "Send the type that the group has, or make another group."))
        }
    }
}

/// No school may stand below a school, neither the group nor one that moves with it.
fn schools(kind: GroupKind, around: &Around) -> Result<(), Problem> {
    let is_school = |standing: &Standing| standing.kind == GroupKind::School;
    let has_school_above = around.above.iter().any(is_school);
    let has_school_below = around.current.as_ref().is_some_and(|current| current.below.iter().any(is_school));
    if kind == GroupKind::School && has_school_above {
        let text = "A school cannot stand below a school.";
        return Err(invalid(TYPE, text, "Send the type Unspecified, or a parent outside of schools."));
    }
    if has_school_below && (kind == GroupKind::School || has_school_above) {
        let text = "A school that stands below this group would stand below a school.";
        return Err(invalid(TYPE, text, "Move the school below it first."));
    }
    Ok(())
}

fn invalid(field: &str, text: &str, mend: &str) -> Problem {
    Problem::error(CodeMinor::InvalidData, field, "", text, mend)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Wish = Wish { kind: None, has_course: false, replaces: false };

    fn standing(id: i64, kind: GroupKind, steps: u64) -> Standing {
        Standing { id: GroupRef(id), kind, steps }
    }

    /// The parent and those above it; the root, number 0, is added.
    fn above(kinds: &[GroupKind]) -> Vec<Standing> {
        let kinds = kinds.iter().copied().chain([GroupKind::Site]);
        let count = kinds.clone().count();
        kinds.enumerate().map(|(at, kind)| standing((count - 1 - at) as i64, kind, at as u64)).collect()
    }

    fn current(kind: GroupKind, below: &[GroupKind]) -> Option<Current> {
        let below = below.iter().enumerate().map(|(at, kind)| standing(200 + at as i64, *kind, 1)).collect();
        Some(Current { id: GroupRef(100), kind, below })
    }

    #[track_caller]
    fn check(wish: Wish, current: Option<Current>, above: Vec<Standing>, expected: Result<GroupKind, &str>) {
        let around = Around { current, above };
        let found = place(wish, &around);
        match (&found, expected) {
            (Ok(place), Ok(kind)) => assert_eq!(place.kind, kind),
            (Err(problem), Err(part)) => assert!(problem.text.contains(part), "{}", problem.text),
            (_, _) => panic!("{found:?} instead of {expected:?}"),
        }
    }

    fn wish(kind: GroupKind) -> Wish {
        Wish { kind: Some(kind), has_course: kind == GroupKind::Course, replaces: false }
    }

    #[test]
    fn t3_a_type_is_kept_made_or_changed_only_as_documented() {
        let kinds = [GroupKind::Unspecified, GroupKind::School, GroupKind::Course, GroupKind::CourseGroup];
        for before in kinds {
            for after in kinds {
                let allowed = before == after
                    || matches!(
                        (before, after),
                        (GroupKind::School, GroupKind::Unspecified)
                            | (GroupKind::Unspecified, GroupKind::School | GroupKind::Course)
                    );
                let above =
                    if after == GroupKind::CourseGroup { above(&[GroupKind::Course]) } else { above(&[]) };
                let found = place(wish(after), &Around { current: current(before, &[]), above });
                assert_eq!(found.is_ok(), allowed, "{before:?} to {after:?}: {found:?}");
            }
        }
    }

    #[test]
    fn a_group_without_a_type_is_unspecified_and_keeps_the_type_that_it_has() {
        check(PLAIN, None, above(&[]), Ok(GroupKind::Unspecified));
        check(PLAIN, current(GroupKind::School, &[]), above(&[]), Ok(GroupKind::School));
        let replacing = Wish { replaces: true, ..PLAIN };
        check(replacing, current(GroupKind::School, &[]), above(&[]), Ok(GroupKind::Unspecified));
        check(replacing, current(GroupKind::Course, &[]), above(&[]), Err("connected to a course"));
    }

    #[test]
    fn an_unspecified_group_becomes_a_course_only_with_a_title() {
        let without_title = Wish { has_course: false, ..wish(GroupKind::Course) };
        check(without_title, current(GroupKind::Unspecified, &[]), above(&[]), Err("extension field course"));
        check(without_title, current(GroupKind::Course, &[]), above(&[]), Ok(GroupKind::Course));
        check(
            wish(GroupKind::Course),
            current(GroupKind::Unspecified, &[]),
            above(&[]),
            Ok(GroupKind::Course),
        );
    }

    #[test]
    fn no_school_stands_below_a_school() {
        let school = GroupKind::School;
        check(wish(school), None, above(&[GroupKind::Unspecified]), Ok(school));
        check(wish(school), None, above(&[GroupKind::Unspecified, school]), Err("below a school"));
        check(PLAIN, current(GroupKind::Unspecified, &[school]), above(&[school]), Err("would stand"));
        check(wish(school), current(GroupKind::Unspecified, &[school]), above(&[]), Err("would stand"));
        check(PLAIN, current(GroupKind::Unspecified, &[school]), above(&[]), Ok(GroupKind::Unspecified));
        check(PLAIN, current(school, &[]), above(&[school]), Err("below a school"));
    }

    #[test]
    fn t6_a_course_group_stands_below_a_course_and_nothing_below_itself() {
        check(wish(GroupKind::CourseGroup), None, above(&[GroupKind::Course]), Ok(GroupKind::CourseGroup));
        check(wish(GroupKind::CourseGroup), None, above(&[GroupKind::School]), Err("below a course"));
        let mut chain = above(&[GroupKind::Unspecified]);
        chain[0].id = GroupRef(100);
        check(PLAIN, current(GroupKind::Unspecified, &[]), chain, Err("below the group itself"));
        check(PLAIN, None, Vec::new(), Err("no group with this identifier"));
        check(PLAIN, current(GroupKind::Site, &[]), above(&[]), Err("root of the site"));
    }

    #[test]
    fn a_hierarchy_has_a_floor() {
        let deep = |levels: usize| above(&vec![GroupKind::Unspecified; levels - 1]);
        check(PLAIN, None, deep(64), Ok(GroupKind::Unspecified));
        check(PLAIN, None, deep(65), Err("more than 64 levels"));
        check(PLAIN, current(GroupKind::Unspecified, &[GroupKind::Unspecified]), deep(64), Err("64 levels"));
    }
}
