//! Makes Moodle forget its cached list of groups and groupings of a course (facts/moodle-ws.md §7).
//!
//! A list may hold ghosts of what was rolled back, or miss what was just made. Any real write to a group or grouping
//! drops it; the gentlest is to write a grouping of ours as it is. `update_groups` would do too, but switches group
//! messaging off (facts/moodle-ws.md §5.5).
//!
//! Not here: reading the list again.
//!
//! Invariant: no name, description or membership is different afterwards; a grouping that was made for the purpose is
//! gone again, and one that an interrupted run left behind is cleared away the next time.

use std::collections::BTreeSet;

use backon::Retryable;
use futures_util::stream::{self, StreamExt};
use reconcile::keys::{CourseId, NAMESPACE, is_ours};

use super::super::Moodle;
use super::super::errors::{CallError, Kind};
use super::super::form::Form;
use super::super::functions::{Function, GroupingRow};
use super::elements::update_grouping_form;

/// The name of the grouping that is made where the course has none of ours.
const PASSING_NAME: &str = "Muster (can be deleted)";

/// What a course has to offer for the purpose.
struct Offer {
    course: CourseId,
    /// A grouping of ours that really exists and may be written.
    ours: Option<GroupingRow>,
    /// Passing groupings that an interrupted run left behind.
    left: Vec<i64>,
}

impl Moodle {
    /// Drops the cached lists of courses. What fails is only logged: the look that follows sees what is left.
    pub(super) async fn refresh_lists(&self, courses: &BTreeSet<CourseId>) {
        let mut ours = Vec::new();
        let mut left = Vec::new();
        let mut without = Vec::new();
        for offer in self.offers(courses.iter().copied().collect()).await {
            // Deleting what was left behind drops the list just as well.
            let needs_one = offer.ours.is_none() && offer.left.is_empty();
            without.extend(needs_one.then_some(offer.course));
            ours.extend(offer.ours);
            left.extend(offer.left);
        }
        for batch in ours.chunks(self.client.settings.batch_max(4)) {
            let mut form = Form::new();
            for grouping in batch {
                update_grouping_form(&mut form, grouping, &grouping.name, None);
            }
            log(self.client.change(Function::UpdateGroupings, &form).await);
        }
        if self.grants(Function::DeleteGroupings) {
            left.extend(self.make_passing_groupings(&without).await);
            self.delete_passing_groupings(&left).await;
        }
    }

    /// Looks what each course has to offer. A course that cannot be read is left out; the look that follows says so.
    async fn offers(&self, courses: Vec<CourseId>) -> Vec<Offer> {
        let mut offers = Vec::with_capacity(courses.len());
        for course in courses {
            offers.push(self.offer(course));
        }
        let at_a_time = self.client.settings.concurrency_max.max(1);
        stream::iter(offers).buffered(at_a_time).filter_map(std::future::ready).collect().await
    }

    async fn offer(&self, course: CourseId) -> Option<Offer> {
        let listed = self.client.get_course_groupings(course).await.ok()?;
        let passing = passing_idnumber();
        let (mut ids, mut left) = (BTreeSet::new(), Vec::new());
        for row in &listed {
            match row.idnumber.as_deref() {
                Some(idnumber) if idnumber == passing => left.push(row.id),
                Some(idnumber) if is_ours(idnumber) => _ = ids.insert(row.id),
                Some(_) | None => {}
            }
        }
        let may_update = self.grants(Function::UpdateGroupings) && self.grants(Function::GetGroupings);
        let ours =
            if may_update { self.confirm_groupings(&ids).await.there.into_values().next() } else { None };
        Some(Offer { course, ours, left })
    }

    /// Makes a grouping in each course: all in one call, or one by one where a course spoils the call.
    async fn make_passing_groupings(&self, courses: &[CourseId]) -> Vec<i64> {
        let mut made = Vec::new();
        for batch in courses.chunks(self.client.settings.batch_max(4)) {
            match self.make_passing(batch).await {
                Ok(ids) => made.extend(ids),
                Err(_) => {
                    for course in batch {
                        match self.make_passing(&[*course]).await {
                            Ok(ids) => made.extend(ids),
                            // It may have been made all the same.
                            Err(_) => {
                                made.extend(self.offer(*course).await.into_iter().flat_map(|it| it.left))
                            }
                        }
                    }
                }
            }
        }
        made
    }

    async fn make_passing(&self, courses: &[CourseId]) -> Result<Vec<i64>, CallError> {
        let passing = passing_idnumber();
        let mut form = Form::new();
        for course in courses {
            form.element(
                "groupings",
                &[
                    ("courseid", course),
                    ("name", &PASSING_NAME),
                    ("description", &""),
                    ("idnumber", &passing),
                ],
            );
        }
        self.client.create(Function::CreateGroupings, &form).await
    }

    /// Deletes passing groupings; repeated without care, because what is gone is skipped.
    async fn delete_passing_groupings(&self, ids: &[i64]) {
        for batch in ids.chunks(self.client.settings.batch_max(1)) {
            let form = Form::new().list("groupingids", batch);
            let attempt = || self.client.change(Function::DeleteGroupings, &form);
            let deleted = attempt
                .retry(self.client.settings.retry.backoff())
                .sleep(tokio::time::sleep)
                .when(|error: &CallError| matches!(error.kind, Kind::Transient | Kind::Protocol))
                .await;
            log(deleted);
        }
    }
}

fn log(result: Result<(), CallError>) {
    if let Err(error) = result {
        tracing::warn!(code = &*error.code, "cached lists of groups could not be dropped");
    }
}

/// Begins in our namespace and belongs to no source, because the name of a source is never empty.
fn passing_idnumber() -> String {
    format!("{NAMESPACE}:refresh")
}
