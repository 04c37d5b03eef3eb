//! Moodle as a target: `connect`, `observe`, `directory`, `apply`; and [`mod@examine`], which finds out why it is none.
//!
//! The specification is facts/moodle-ws.md. Only this folder knows Moodle's words.
//!
//! Not here: what shall be done and whether it may be done (`reconcile`).
//!
//! Invariant: a [`Moodle`] exists only for a site that answered and grants every function without which nothing works.

mod apply;
mod client;
mod confirm;
mod contacts;
mod directory;
mod errors;
mod examine;
mod form;
mod functions;
mod limiter;
mod observe;
mod settings;

use std::collections::HashSet;
use std::sync::atomic::AtomicBool;

pub use client::CallCounts;
pub use contacts::{Contact, ContactBy};
pub use errors::{CallError, Effect, Kind, TargetError, seen};
pub use examine::{Examination, ExamineScope, Granted, Need, Proof, Step, Uses, Verdict, examine};
pub use functions::CourseNames;
pub use observe::{Look, ObserveScope};
pub use settings::{MoodleSettings, PersonKeyField, Retry};

use client::Client;
use functions::Function;

use reconcile::keys::{CourseId, GroupId, Text};

use crate::journal::FailedCall;

/// Up to this many courses are asked for their names one by one.
const COURSES_ONE_BY_ONE_MAX: usize = 10;

/// A Moodle that answered.
#[derive(Debug)]
pub struct Moodle {
    client: Client,
    site: Site,
    granted: HashSet<Function>,
    /// Whether any participant was ever seen with a key: then the right to see keys is there.
    keys_seen: AtomicBool,
}

/// What a site says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// Its name.
    pub name: String,
    /// Its address as it knows it.
    pub url: String,
    /// Its release, for example `4.5.5+ (Build: 20250613)`.
    pub release: String,
    /// Its version number, for example `2024100705.01`.
    pub version: String,
    /// The user that the token acts as.
    pub username: String,
    /// That user's id.
    pub user_id: i64,
    /// The functions that the token may call, sorted.
    pub functions: Vec<String>,
}

/// An optional function that the token may not call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Degraded {
    /// The function.
    pub function: &'static str,
    /// What is lost without it.
    pub lost: &'static str,
}

impl Moodle {
    /// Asks the site who it is and what the token may do.
    ///
    /// # Errors
    ///
    /// A setting is unusable, the site does not answer or refuses the token, or functions without which nothing works
    /// are missing from the token's service; the message names them all.
    pub async fn connect(settings: MoodleSettings) -> Result<Moodle, TargetError> {
        let client = Client::new(settings)?;
        let row = client.get_site_info().await?;
        let mut functions: Vec<String> = row.functions.into_iter().map(|function| function.name).collect();
        functions.sort();
        let granted: HashSet<Function> = Function::ALL
            .iter()
            .copied()
            // The site information was just given, whether or not it lists itself.
            .filter(|function| {
                *function == Function::GetSiteInfo || functions.iter().any(|name| name == function.name())
            })
            .collect();
        let missing: Vec<&'static str> = Function::ALL
            .iter()
            .filter(|function| function.lost_without().is_none() && !granted.contains(function))
            .map(|function| function.name())
            .collect();
        if !missing.is_empty() {
            return Err(TargetError::FunctionsMissing { missing, user: row.username });
        }
        let site = Site {
            name: row.sitename,
            url: row.siteurl,
            release: row.release,
            version: row.version,
            username: row.username,
            user_id: row.userid,
            functions,
        };
        tracing::debug!(release = %site.release, functions = site.functions.len(), "connected to Moodle");
        Ok(Moodle { client, site, granted, keys_seen: AtomicBool::new(false) })
    }

    /// What the site says about itself.
    pub fn site(&self) -> &Site {
        &self.site
    }

    /// The optional functions that the token may not call, and what is lost without each.
    pub fn degraded(&self) -> Vec<Degraded> {
        Function::ALL
            .iter()
            .filter(|function| !self.grants(**function))
            .filter_map(|function| {
                function.lost_without().map(|lost| Degraded { function: function.name(), lost })
            })
            .collect()
    }

    /// Looks at one group, uncached: its course and its name; `None` where the platform has no such group.
    ///
    /// # Errors
    ///
    /// The call failed, for example because the token's service does not hold `core_group_get_groups`.
    pub async fn group(&self, id: GroupId) -> Result<Option<(CourseId, Text)>, TargetError> {
        match self.client.get_groups(&[id.0]).await {
            Ok(rows) => Ok(rows.into_iter().next().map(|row| (CourseId(row.courseid), row.name.into()))),
            Err(error) if error.is_missing_record() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// What courses are called, as far as they are visible to us: for messages only, so a failure is no error.
    ///
    /// A few are asked one by one; for more than [`COURSES_ONE_BY_ONE_MAX`] one call reads the names of all courses.
    pub async fn course_names(&self, courses: &[CourseId]) -> Vec<CourseNames> {
        if !self.grants(Function::GetCoursesByField) || courses.is_empty() {
            return Vec::new();
        }
        if courses.len() > COURSES_ONE_BY_ONE_MAX {
            let asked: HashSet<&CourseId> = courses.iter().collect();
            let mut names = self.client.course_names(None).await.unwrap_or_default();
            names.retain(|names| asked.contains(&names.course));
            return names;
        }
        let mut names = Vec::with_capacity(courses.len());
        for course in courses {
            names.extend(self.client.course_names(Some(*course)).await.unwrap_or_default());
        }
        names
    }

    /// The courses with a short name or, where there is none, an idnumber. Nothing where the token may not ask.
    ///
    /// # Errors
    ///
    /// A call failed.
    pub async fn find_courses(&self, asked: &str) -> Result<Vec<CourseNames>, TargetError> {
        if !self.grants(Function::GetCoursesByField) {
            return Ok(Vec::new());
        }
        let named = self.client.courses_with("shortname", asked).await?;
        if named.is_empty() { Ok(self.client.courses_with("idnumber", asked).await?) } else { Ok(named) }
    }

    /// How many calls were made since the connection was made.
    pub fn calls(&self) -> CallCounts {
        self.client.counts()
    }

    /// How many calls at a time the site gets just now.
    pub fn concurrency(&self) -> usize {
        self.client.limiter.limit()
    }

    /// Hands out the calls that failed and were not handed out before, for the log of REST errors. An apply hands its
    /// own to the journal.
    pub fn take_failed_calls(&self) -> Vec<FailedCall> {
        self.client.take_failed()
    }

    fn grants(&self, function: Function) -> bool {
        self.granted.contains(&function)
    }
}
