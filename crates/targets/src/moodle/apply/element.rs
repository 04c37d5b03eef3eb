//! What the batches of all writing functions have in common.
//!
//! Not here: the functions themselves (`elements`).

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;

use futures_util::stream::{self, StreamExt};
use reconcile::keys::{CourseId, Text};
use reconcile::outcome::{Outcome, Refusal};

use super::super::Moodle;
use super::super::errors::{CallError, Kind, seen_refusal};
use super::super::functions::Function;

/// One element of a writing call. The order of elements is the order in which they are sent: by course, then group.
pub(super) trait Element: Clone + Ord + Send + Sync {
    /// The function that is called.
    const FUNCTION: Function;
    /// How many form fields the element needs.
    const FIELDS: usize;
    /// Whether the call makes something new: then it is repeated only after two looks agree that it is not there, and
    /// a failure may leave ghosts in Moodle's cached lists (facts/moodle-ws.md §7).
    const CREATES: bool = false;

    /// The course that is written to.
    fn course(&self) -> CourseId;

    /// Sends a batch; gives one outcome for each element, in order.
    fn send(moodle: &Moodle, batch: &[Self]) -> impl Future<Output = Result<Vec<Outcome>, CallError>> + Send;

    /// Reads whether each element is done, can be done, or cannot, after a call failed with `trouble`.
    ///
    /// An error is a failure of the whole site.
    fn look_again(
        moodle: &Moodle,
        batch: &[Self],
        trouble: &CallError,
    ) -> impl Future<Output = Result<Vec<Verdict>, CallError>> + Send;
}

/// What a second look says about an element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing speaks against sending it.
    Send,
    /// Probably the culprit, but only Moodle can say: it is sent apart from the others.
    Suspect(Refusal),
    /// It is so already.
    AlreadySo(Option<i64>),
    /// It cannot be done.
    Refuse(Refusal),
    /// It could not be looked at.
    Unclear(Text),
}

impl Verdict {
    /// What a failed look says about the element that it was about.
    pub(super) fn of_failed_look(error: &CallError) -> Verdict {
        match error.kind {
            Kind::Item => Verdict::Refuse(error.refusal()),
            Kind::Configuration | Kind::Transient | Kind::Protocol => {
                Verdict::Unclear(error.in_words().into())
            }
        }
    }

    pub(super) fn refuse(code: &'static str, meaning: impl Into<Text>) -> Verdict {
        Verdict::Refuse(seen_refusal(code, meaning))
    }
}

/// What each course answered.
pub(super) type ByCourse<T> = BTreeMap<CourseId, Result<T, CallError>>;

impl Moodle {
    /// Reads something of each course of a batch, several at a time. A failure of the site fails it all.
    pub(super) async fn look_at_courses<E: Element, T, Answer>(
        &self,
        batch: &[E],
        read: impl Fn(CourseId) -> Answer,
    ) -> Result<ByCourse<T>, CallError>
    where
        Answer: Future<Output = Result<T, CallError>>,
    {
        let courses: BTreeSet<CourseId> = batch.iter().map(Element::course).collect();
        let reads: Vec<_> = courses
            .into_iter()
            .map(|course| {
                let answer = read(course);
                async move { (course, answer.await) }
            })
            .collect();
        let answers: ByCourse<T> =
            stream::iter(reads).buffer_unordered(self.client.settings.concurrency_max.max(1)).collect().await;
        for answer in answers.values() {
            if let Err(error) = answer
                && error.is_of_the_site()
            {
                return Err(error.clone());
            }
        }
        Ok(answers)
    }
}
