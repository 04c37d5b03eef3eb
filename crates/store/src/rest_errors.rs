//! Answers of the platform that were not what was hoped for: the table `rest_error_logs` of the old integration.
//!
//! Not here: taking secrets out; the caller does that before.

use reconcile::keys::{CourseId, Text};

use crate::db::Value;
use crate::error::Result;
use crate::filter::{Conditions, Page};
use crate::lock::RunLock;
use crate::runs::RunId;
use crate::store::Store;
use crate::time::Timestamp;

/// A call that did not go well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestError {
    /// When.
    pub at: Timestamp,
    /// In which run.
    pub run: RunId,
    /// The web service function.
    pub function: Text,
    /// The parameters, without secrets.
    pub parameters: Text,
    /// The answer, shortened, without secrets.
    pub answer: Text,
    /// The course, where it was about one.
    pub course: Option<CourseId>,
    /// What was done about it, in words.
    pub what_happened: Text,
}

impl Store {
    /// Records a call that did not go well.
    pub async fn record_rest_error(&self, lock: &RunLock, error: &RestError) -> Result<()> {
        let RestError { at, run, function, parameters, answer, course, what_happened } = error;
        let mut write = self.db.write_locked(lock, "record an answer of the platform").await?;
        let columns = ["at", "run", "function_name", "parameters", "answer", "course", "what_happened"];
        let row = [
            Value::from(*at),
            run.0.into(),
            function.into(),
            parameters.into(),
            answer.into(),
            (*course).into(),
            what_happened.into(),
        ];
        write.insert_one("rest_error_logs", columns, row).await?;
        write.commit().await
    }

    /// The calls that did not go well, newest first; of one run, or of all.
    pub async fn rest_errors(&self, run: Option<RunId>, page: Page) -> Result<Vec<RestError>> {
        let (sql, values) = Conditions::default().equals("run", run.map(|run| run.0)).complete(
            "SELECT at, run, function_name, parameters, answer, course, what_happened FROM rest_error_logs",
            "id DESC",
            page,
        );
        let mut read = self.db.read("list the answers of the platform").await?;
        read.rows(sql, values, |row| {
            Ok(RestError {
                at: row.time()?,
                run: RunId(row.int()?),
                function: row.text()?,
                parameters: row.text()?,
                answer: row.text()?,
                course: row.int_or_none()?.map(CourseId),
                what_happened: row.text()?,
            })
        })
        .await
    }
}
