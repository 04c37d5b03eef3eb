//! Answers of the platform that were not what was hoped for: the table `rest_error_logs` of the old integration.
//!
//! Not here: taking secrets out; the caller does that before.
//!
//! Invariant: names stand here as they were when the call failed; nothing looks them up later.

use reconcile::keys::{CourseId, Text};

use crate::db::{Row, Value};
use crate::error::{Cause, Result};
use crate::filter::{Conditions, Page};
use crate::lock::Proof;
use crate::runs::RunId;
use crate::store::Store;
use crate::time::Timestamp;

/// A call that did not go well, as far as it was about one course.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestError {
    /// When.
    pub at: Timestamp,
    /// In which run.
    pub run: RunId,
    /// Its number among the failed calls of the run; 0 in rows of earlier versions.
    pub request: u64,
    /// The web service function.
    pub function: Text,
    /// The platform's code, or ours where it gave none; empty in rows of earlier versions.
    pub code: Text,
    /// The parameters, without secrets.
    pub parameters: Text,
    /// The answer, shortened, without secrets.
    pub answer: Text,
    /// The course, where it was about one.
    pub course: Option<CourseId>,
    /// The name of the course.
    pub course_name: Text,
    /// The names of the groups and groupings concerned.
    pub groups: Text,
    /// The keys of the people concerned.
    pub people: Text,
    /// What happened afterwards, in words.
    pub what_happened: Text,
}

/// Which failed calls are asked for.
#[derive(Clone, Debug, Default)]
pub struct RestErrorFilter {
    /// Only of this run.
    pub run: Option<RunId>,
    /// Only about this course.
    pub course: Option<CourseId>,
    /// Which stretch of the list.
    pub page: Page,
}

impl Store {
    /// Records a call that did not go well.
    pub async fn record_rest_error(&self, proof: impl Into<Proof<'_>>, error: &RestError) -> Result<()> {
        let RestError { at, run, request, function, code, parameters, answer, .. } = error;
        let RestError { course, course_name, groups, people, what_happened, .. } = error;
        let mut write = self.db.write_proven(proof.into(), "record an answer of the platform").await?;
        let columns = [
            "at",
            "run",
            "request",
            "function_name",
            "code",
            "parameters",
            "answer",
            "course",
            "course_name",
            "group_names",
            "person_names",
            "what_happened",
        ];
        let row = [
            Value::from(*at),
            run.0.into(),
            (*request).into(),
            function.into(),
            code.into(),
            parameters.into(),
            answer.into(),
            (*course).into(),
            course_name.into(),
            groups.into(),
            people.into(),
            what_happened.into(),
        ];
        write.insert_one("rest_error_logs", columns, row).await?;
        write.commit().await
    }

    /// The calls that did not go well, newest first.
    pub async fn rest_errors(&self, filter: &RestErrorFilter) -> Result<Vec<RestError>> {
        let (sql, values) = Conditions::default()
            .equals("run", filter.run.map(|run| run.0))
            .equals("course", filter.course)
            .complete(
                "SELECT at, run, request, function_name, code, parameters, answer, course, course_name, \
                 group_names, person_names, what_happened FROM rest_error_logs",
                "id DESC",
                filter.page,
            );
        let mut read_only = self.db.read("list the answers of the platform").await?;
        read_only.rows(sql, values, read).await
    }
}

fn read(row: &mut Row<'_>) -> Result<RestError, Cause> {
    Ok(RestError {
        at: row.time()?,
        run: RunId(row.int()?),
        request: row.int_or_none()?.map_or(Ok(0), u64::try_from)?,
        function: row.text()?,
        code: row.text_or_none()?.unwrap_or_default(),
        parameters: row.text()?,
        answer: row.text()?,
        course: row.int_or_none()?.map(CourseId),
        course_name: row.text_or_none()?.unwrap_or_default(),
        groups: row.text_or_none()?.unwrap_or_default(),
        people: row.text_or_none()?.unwrap_or_default(),
        what_happened: row.text()?,
    })
}
