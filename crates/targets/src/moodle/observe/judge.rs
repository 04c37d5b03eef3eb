//! Says what of an observation may be believed, and makes the observed course of it.
//!
//! Not here: any reading of lists.
//!
//! Invariant: what the database shows is there, and what it does not know is not, whatever a list says.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::Ordering;

use reconcile::keys::{CourseId, GroupId, GroupingId, Text, UserId};
use reconcile::observed::{EnrolledUser, Observed, ObservedCourse, ObservedGroup, ObservedGrouping};

use super::super::Moodle;
use super::super::errors::CallError;
use super::super::functions::{Function, GroupRow};
use super::super::settings::PersonKeyField;
use super::listed::{Listing, Lists};
use super::verified::{Verified, is_wanted, is_wanted_grouping};
use super::{FRONT_PAGE, ObserveScope};

/// Up to this many participants without a key are believed to have none, once anybody was seen with one. With more,
/// it is likelier that the right to see keys is missing in this course.
const KEYLESS_BELIEVED_MAX: usize = 9;

impl Moodle {
    /// Judges courses that were listed together, and hands each over.
    pub(super) async fn judge_courses(
        &self,
        listings: Vec<(ObserveScope, Listing)>,
        known_course: &mut Option<CourseId>,
        on_course: &mut impl FnMut(CourseId, Observed),
    ) {
        let mut listed = Vec::new();
        let mut seem_gone = Vec::new();
        for (scope, listing) in listings {
            match listing {
                Listing::Listed(lists) => listed.push((scope, lists)),
                Listing::SeemsGone(error) => seem_gone.push((scope.course, error)),
                Listing::Failed(why) => on_course(scope.course, Observed::Unknown(why)),
            }
        }
        if let Some((scope, _)) = listed.first() {
            known_course.get_or_insert(scope.course);
        }
        if listed.iter().any(|(_, lists)| lists.enrolled.iter().any(|user| user.key.is_some())) {
            self.keys_seen.store(true, Ordering::Relaxed);
        }
        let verified = self.verify(&listed).await;
        for (scope, lists) in listed {
            on_course(scope.course, self.judge_course(&scope, lists, &verified));
        }
        for (course, error) in seem_gone {
            let observed = self.judge_missing(course, &error, known_course.unwrap_or(FRONT_PAGE)).await;
            on_course(course, observed);
        }
    }

    fn judge_course(&self, scope: &ObserveScope, lists: Lists, verified: &Verified) -> Observed {
        let groups = match observed_groups(scope, &lists, verified) {
            Ok(groups) => groups,
            Err(why) => return Observed::Unknown(why),
        };
        let groupings = match observed_groupings(scope, &lists, verified) {
            Ok(groupings) => groupings,
            Err(error) => return unknown("its groupings could not be confirmed", error),
        };
        let keys_seen = self.keys_seen.load(Ordering::Relaxed);
        if let Some(why) = doubt(self.client.settings.person_key, keys_seen, &groups, &lists.enrolled) {
            return Observed::Unknown(why);
        }
        Observed::Complete(ObservedCourse { groups, groupings, enrolled: lists.enrolled })
    }

    /// Tells a course that is gone from one that is closed to us.
    async fn judge_missing(&self, course: CourseId, error: &CallError, known: CourseId) -> Observed {
        if !self.grants(Function::GetCoursesByField) {
            let function = Function::GetCoursesByField.name();
            return Observed::Unknown(
                format!(
                    "Moodle finds no such course, which cannot be confirmed; add {function} to the token's service"
                )
                .into(),
            );
        }
        match self.client.course_is_listed(course).await {
            Ok(true) => unknown("Moodle lists the course but cannot read it", error),
            Ok(false) => match self.client.course_is_listed(known).await {
                Ok(true) => Observed::Gone,
                Ok(false) => Observed::Unknown(
                    "Moodle finds no such course, but no other course either; see what the web service user may view"
                        .into(),
                ),
                Err(other) => unknown("it could not be confirmed that the course is gone", &other),
            },
            Err(other) => unknown("it could not be confirmed that the course is gone", &other),
        }
    }
}

fn unknown(what: &str, error: &CallError) -> Observed {
    Observed::Unknown(error.parts(what).into())
}

/// Merges the list of groups with what the database says.
fn observed_groups(
    scope: &ObserveScope,
    lists: &Lists,
    verified: &Verified,
) -> Result<Vec<ObservedGroup>, Text> {
    let mut rows: BTreeMap<i64, &GroupRow> = lists.groups.iter().map(|row| (row.id, row)).collect();
    // A row of the database is newer than the same row of the list, and may be missing there.
    if let Some(groupings) = &verified.groupings {
        let wanted = groupings.there.values().filter(|grouping| grouping.courseid == scope.course.0);
        for row in wanted.flat_map(|grouping| &grouping.groups) {
            if row.courseid == scope.course.0 {
                rows.insert(row.id, row);
            }
        }
    }
    for id in &scope.group_ids {
        if let Some(error) = verified.unlisted.unreadable.get(&id.0) {
            return Err(unconfirmed(error));
        }
        match verified.unlisted.there.get(&id.0) {
            Some(Some(row)) if row.courseid == scope.course.0 => {
                rows.insert(row.id, row);
            }
            // It exists, but without the function nobody can say under which name.
            Some(None) if !rows.contains_key(&id.0) => {
                let function = Function::GetGroups.name();
                return Err(format!(
                    "Moodle's list of groups is out of date: group {id} exists and is not in it; change any group of \
                     the course by hand, or add {function} to the token's service"
                )
                .into());
            }
            Some(_) | None => {}
        }
    }
    let mut groups = Vec::with_capacity(rows.len());
    for (id, row) in rows {
        if let Some(error) = verified.members.unreadable.get(&id) {
            return Err(unconfirmed(error));
        }
        let members = verified.members.there.get(&id);
        if members.is_none() && is_wanted(scope, row) {
            // Listed, and unknown to the database: a ghost.
            continue;
        }
        groups.push(ObservedGroup {
            id: GroupId(id),
            name: row.name.as_str().into(),
            idnumber: row.idnumber.as_deref().unwrap_or_default().into(),
            members: members.map(|users| users.iter().copied().map(UserId).collect()),
        });
    }
    Ok(groups)
}

fn unconfirmed(error: &CallError) -> Text {
    error.parts("its groups could not be confirmed").into()
}

/// Merges the list of groupings with what the database says.
fn observed_groupings<'a>(
    scope: &ObserveScope,
    lists: &Lists,
    verified: &'a Verified,
) -> Result<Vec<ObservedGrouping>, &'a CallError> {
    let mut groupings = Vec::with_capacity(lists.groupings.len());
    let mut listed = HashSet::new();
    for row in &lists.groupings {
        listed.insert(row.id);
        let confirmed = match &verified.groupings {
            Some(confirmed) if is_wanted_grouping(scope, row) => confirmed,
            Some(_) | None => {
                groupings.push(observed_grouping(row.id, &row.name, row.idnumber.as_deref(), None));
                continue;
            }
        };
        if let Some(error) = confirmed.unreadable.get(&row.id) {
            return Err(error);
        }
        // A grouping that the database does not know is a ghost.
        if let Some(row) = confirmed.there.get(&row.id) {
            groupings.push(observed_grouping(row.id, &row.name, row.idnumber.as_deref(), Some(&row.groups)));
        }
    }
    if let Some(confirmed) = &verified.groupings {
        for id in scope.grouping_ids.iter().filter(|id| !listed.contains(&id.0)) {
            if let Some(error) = confirmed.unreadable.get(&id.0) {
                return Err(error);
            }
            if let Some(row) = confirmed.there.get(&id.0)
                && row.courseid == scope.course.0
            {
                groupings.push(observed_grouping(
                    row.id,
                    &row.name,
                    row.idnumber.as_deref(),
                    Some(&row.groups),
                ));
            }
        }
    }
    Ok(groupings)
}

fn observed_grouping(
    id: i64,
    name: &str,
    idnumber: Option<&str>,
    groups: Option<&[GroupRow]>,
) -> ObservedGrouping {
    ObservedGrouping {
        id: GroupingId(id),
        name: name.into(),
        idnumber: idnumber.unwrap_or_default().into(),
        groups: groups.map(|groups| groups.iter().map(|group| GroupId(group.id)).collect()),
    }
}

/// Says why a list of participants cannot be believed, if it cannot (facts/moodle-ws.md §9, "who sees what").
fn doubt(
    field: PersonKeyField,
    keys_seen: bool,
    groups: &[ObservedGroup],
    enrolled: &[EnrolledUser],
) -> Option<Text> {
    if enrolled.is_empty() {
        let has_members =
            groups.iter().any(|group| group.members.as_ref().is_some_and(|users| !users.is_empty()));
        return has_members.then(|| {
            "Moodle shows no participants although groups of the course have members; give the web service role \
             moodle/course:viewparticipants, moodle/user:viewdetails and moodle/site:accessallgroups"
                .into()
        });
    }
    let nobody_has_a_key = enrolled.iter().all(|user| user.key.is_none());
    if !nobody_has_a_key || (keys_seen && enrolled.len() <= KEYLESS_BELIEVED_MAX) {
        return None;
    }
    let field = field.as_str();
    Some(
        format!(
            "Moodle shows the {field} of no participant; give the web service role moodle/user:viewdetails, and \
             moodle/site:viewuseridentity with {field} in Site administration, Users, Permissions, User policies, \
             \"Show user identity\" (showuseridentity), or moodle/user:viewalldetails"
        )
        .into(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn users(count: i64, key: Option<&str>) -> Vec<EnrolledUser> {
        (0..count).map(|id| EnrolledUser { id: UserId(id), key: key.map(Into::into) }).collect()
    }

    fn check(keys_seen: bool, members: &[i64], enrolled: &[EnrolledUser], expected: Option<&str>) {
        let members = Some(members.iter().copied().map(UserId).collect());
        let group = ObservedGroup { id: GroupId(1), name: "A".into(), idnumber: "".into(), members };
        let why = doubt(PersonKeyField::Idnumber, keys_seen, &[group], enrolled);
        match (why, expected) {
            (None, None) => {}
            (Some(why), Some(part)) => assert!(why.contains(part), "{why}"),
            (why, expected) => panic!("{why:?} instead of {expected:?}"),
        }
    }

    #[test]
    fn an_empty_list_of_participants_is_believed_only_where_no_group_has_members() {
        check(true, &[], &[], None);
        check(true, &[3], &[], Some("viewparticipants"));
    }

    #[test]
    fn participants_without_any_key_mean_that_a_right_is_missing() {
        check(false, &[], &users(1, None), Some("showuseridentity"));
        check(true, &[], &users(1, None), None);
        check(true, &[], &users(10, None), Some("showuseridentity"));
        check(false, &[], &users(10, Some("20000001")), None);
    }
}
