//! The first stage of an observation: what the lists of a course say.
//!
//! Not here: whether to believe them (`judge.rs`).
//!
//! Invariant: a [`Listing::Listed`] holds all three lists whole; participants are read until an empty page, because a
//! short page is not the last one (facts/moodle-ws.md §9).

use reconcile::keys::{CourseId, Text, UserId};
use reconcile::observed::EnrolledUser;

use super::super::Moodle;
use super::super::errors::CallError;
use super::super::functions::{GroupRow, GroupingRow, Page, UserRow};
use super::ObserveScope;

/// What the lists of a course say.
#[derive(Debug)]
pub(super) enum Listing {
    /// All three lists.
    Listed(Lists),
    /// Moodle names a missing record: the course may be gone.
    SeemsGone(CallError),
    /// A list could not be read.
    Failed(Text),
}

/// The lists of a course.
#[derive(Debug)]
pub(super) struct Lists {
    pub(super) groups: Vec<GroupRow>,
    pub(super) groupings: Vec<GroupingRow>,
    pub(super) enrolled: Vec<EnrolledUser>,
}

impl Moodle {
    pub(super) async fn list_course(&self, scope: &ObserveScope) -> Listing {
        // This one first: for a missing course it names a missing record, where the list of groups answers the same
        // for a missing and for a closed course (facts/moodle-ws.md §3).
        let groupings = match self.client.get_course_groupings(scope.course).await {
            Ok(groupings) => groupings,
            Err(error) if error.is_missing_record() => return Listing::SeemsGone(error),
            Err(error) => return failed("its groupings", &error),
        };
        let groups = match self.client.get_course_groups(scope.course).await {
            Ok(groups) => groups,
            Err(error) => return failed("its groups", &error),
        };
        match self.list_participants(scope.course).await {
            Ok(rows) => {
                let field = self.client.settings.person_key;
                let enrolled =
                    rows.into_iter().map(|row| EnrolledUser { id: UserId(row.id), key: row.key(field) });
                Listing::Listed(Lists { groups, groupings, enrolled: enrolled.collect() })
            }
            Err(error) => failed("its participants", &error),
        }
    }

    async fn list_participants(&self, course: CourseId) -> Result<Vec<UserRow>, CallError> {
        let field = self.client.settings.person_key.as_str();
        let Some(size) = self.client.settings.participants_page else {
            return self.client.get_enrolled_users(course, field, None).await;
        };
        // A page of zero would mean all of them (facts/moodle-ws.md §9).
        let size = size.max(1);
        let mut all = Vec::new();
        let mut from = 0;
        loop {
            let page = self.client.get_enrolled_users(course, field, Some(Page { from, size })).await?;
            if page.is_empty() {
                return Ok(all);
            }
            all.extend(page);
            from += size;
        }
    }
}

fn failed(what: &str, error: &CallError) -> Listing {
    Listing::Failed(format!("{what} could not be read: {}; {}", error.in_words(), error.next_step).into())
}
