//! Manual enrolments (facts/moodle-ws.md §5.10; feature C16).
//!
//! Not here: deciding that somebody shall be enrolled; it is off by default.
//!
//! Invariant: an enrolment is only added; nobody is ever unenrolled.

use reconcile::keys::CourseId;
use reconcile::outcome::Outcome;

use crate::moodle::Moodle;
use crate::moodle::apply::element::{Element, Verdict};
use crate::moodle::errors::CallError;
use crate::moodle::form::Form;
use crate::moodle::functions::Function;

/// A person to be enrolled.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) struct EnrolUser {
    pub(in super::super) course: CourseId,
    pub(in super::super) user: i64,
    pub(in super::super) role_id: i64,
}

impl Element for EnrolUser {
    const FUNCTION: Function = Function::EnrolUsers;
    const FIELDS: usize = 3;

    fn course(&self) -> CourseId {
        self.course
    }

    async fn send(moodle: &Moodle, batch: &[Self]) -> Result<Vec<Outcome>, CallError> {
        let mut form = Form::new();
        for enrolment in batch {
            form.element(
                "enrolments",
                &[
                    ("roleid", &enrolment.role_id),
                    ("userid", &enrolment.user),
                    ("courseid", &enrolment.course),
                ],
            );
        }
        moodle.client.change(Self::FUNCTION, &form).await?;
        Ok(vec![Outcome::Done(None); batch.len()])
    }

    async fn look_again(
        moodle: &Moodle,
        batch: &[Self],
        _trouble: &CallError,
    ) -> Result<Vec<Verdict>, CallError> {
        let enrolled = moodle
            .look_at_courses(batch, |course| moodle.client.get_enrolled_users(course, "id", None))
            .await?;
        let verdict = |enrolment: &EnrolUser| match enrolled.get(&enrolment.course) {
            Some(Err(error)) => Verdict::of_failed_look(error),
            Some(Ok(rows)) if rows.iter().any(|row| row.id == enrolment.user) => Verdict::AlreadySo(None),
            Some(Ok(_)) | None => Verdict::Send,
        };
        Ok(batch.iter().map(verdict).collect())
    }
}
