//! Reads what courses show: three calls for each course, and a few that many courses share; one call for each course
//! where what is ours is enough ([`Look`]).
//!
//! A course is read in two stages. Its lists come first (`listed.rs`); they may hold ghosts or be out of date. Then
//! everything that is ours is asked for again, past the cache, for many courses in one call (`verified.rs`), and
//! `judge.rs` says what of it may be believed.
//!
//! Not here: comparing with what is wanted.
//!
//! Invariant: a course of which any part could not be read is `Unknown`, never short or empty.
//! Invariant: `Gone` needs three signs: the course's lists name a missing record, the site does not list the course,
//! and it does list another course that we know (facts/moodle-ws.md §3).

mod judge;
mod listed;
mod verified;

use std::collections::HashSet;

use futures_util::stream::{self, StreamExt};
use reconcile::keys::{CourseId, GroupId, GroupingId};
use reconcile::observed::Observed;

use self::listed::Listing;
use super::Moodle;

/// How many courses share their confirming calls.
const COURSES_TOGETHER: usize = 100;

/// The front page of a Moodle is a course with this number; it always exists.
const FRONT_PAGE: CourseId = CourseId(1);

/// How much of a course is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Look {
    /// All of it, also groups and groupings that are not ours: what a plan needs that makes or renames any.
    #[default]
    Whole,
    /// The groups and groupings in our memory, asked for by their ids, and who is enrolled: what a plan needs in which
    /// at most people differ. Where the token may not ask by id, the course is read whole.
    Ours,
}

/// What is to be read in one course.
#[derive(Clone, Debug, Default)]
pub struct ObserveScope {
    /// The course.
    pub course: CourseId,
    /// How much of it.
    pub look: Look,
    /// Ids of groups in our memory.
    pub group_ids: Vec<GroupId>,
    /// Ids of groupings in our memory.
    pub grouping_ids: Vec<GroupingId>,
    /// Names of local groups that may be taken over, folded by [`reconcile::naming::fold`].
    pub adopt_names: HashSet<String>,
}

impl Moodle {
    /// Reads many courses and hands each over as soon as it is judged. The order is not that of the scopes.
    ///
    /// Nothing fails: what could not be read is [`Observed::Unknown`] with the reason.
    pub async fn observe(&self, scopes: Vec<ObserveScope>, mut on_course: impl FnMut(CourseId, Observed)) {
        let mut known_course = None;
        let mut scopes = scopes.into_iter();
        loop {
            let together: Vec<ObserveScope> = scopes.by_ref().take(COURSES_TOGETHER).collect();
            if together.is_empty() {
                return;
            }
            let listings: Vec<(ObserveScope, Listing)> = stream::iter(together)
                .map(|scope| async move {
                    let listing = self.list_course(&scope).await;
                    (scope, listing)
                })
                .buffer_unordered(2 * self.client.settings.concurrency_max)
                .collect()
                .await;
            self.judge_courses(listings, &mut known_course, &mut on_course).await;
        }
    }
}
