//! The first stage of an observation: what the lists of a course say.
//!
//! Not here: whether to believe them (`judge.rs`).
//!
//! Invariant: a [`Listing::Listed`] holds all that was asked for whole; participants are read until an empty page,
//! because a short page is not the last one (facts/moodle-ws.md §9).

use reconcile::keys::{CourseId, Text, UserId};
use reconcile::observed::EnrolledUser;

use super::super::Moodle;
use super::super::errors::CallError;
use super::super::functions::{Function, GroupRow, GroupingRow, Page, UserRow};
use super::{Look, ObserveScope};

/// What the lists of a course say.
#[derive(Debug)]
pub(super) enum Listing {
    /// The lists that were asked for.
    Listed(Lists),
    /// Moodle names a missing record: the course may be gone.
    SeemsGone(CallError),
    /// A list could not be read.
    Failed(Text),
}

/// The lists of a course. Those of groups and groupings are empty where only what is ours was asked for: the second
/// stage asks for that by id.
#[derive(Debug)]
pub(super) struct Lists {
    pub(super) groups: Vec<GroupRow>,
    pub(super) groupings: Vec<GroupingRow>,
    pub(super) enrolled: Vec<EnrolledUser>,
}

impl Moodle {
    pub(super) async fn list_course(&self, scope: &ObserveScope) -> Listing {
        let (mut groupings, mut groups) = (Vec::new(), Vec::new());
        if scope.look == Look::Whole || !self.asks_by_id() {
            // This one first: for a missing course it names a missing record, where the list of groups answers the
            // same for a missing and for a closed course (facts/moodle-ws.md §3).
            groupings = match self.client.get_course_groupings(scope.course).await {
                Ok(groupings) => groupings,
                Err(error) if error.is_missing_record() => return Listing::SeemsGone(error),
                Err(error) => return failed("its groupings", &error),
            };
            groups = match self.client.get_course_groups(scope.course).await {
                Ok(groups) => groups,
                Err(error) => return failed("its groups", &error),
            };
        }
        match self.list_participants(scope.course).await {
            Ok(rows) => {
                let field = self.client.settings.person_key;
                let enrolled =
                    rows.into_iter().map(|row| EnrolledUser { id: UserId(row.id), key: row.key(field) });
                Listing::Listed(Lists { groups, groupings, enrolled: enrolled.collect() })
            }
            Err(error) if error.is_missing_record() => Listing::SeemsGone(error),
            Err(error) => failed("its participants", &error),
        }
    }

    /// Tells whether groups and groupings can be asked for by their ids, with their names.
    fn asks_by_id(&self) -> bool {
        self.grants(Function::GetGroups) && self.grants(Function::GetGroupings)
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
    Listing::Failed(error.parts(&format!("{what} could not be read")).into())
}
