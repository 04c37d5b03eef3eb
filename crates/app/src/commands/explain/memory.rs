//! What is remembered: loaded once for a command, and in one look for all the courses that it is about.
//!
//! Not here: what it means (the chains beside this file), and what the platform shows now (`live.rs`).
//!
//! Invariant: the number of statements does not grow with the groups or people of a course.

use std::collections::{BTreeMap, HashMap, HashSet};

use reconcile::finding::Reason;
use reconcile::keys::{CourseId, GroupKey, ModuleCode, PersonKey, SourceName};
use reconcile::operation::Fingerprint;
use reconcile::snapshot::CourseSnapshot;
use store::{
    CourseHit, DeliveryRow, FindingFilter, FindingRow, JournalRow, MappingFilter, MappingRow, PauseRow,
    RejectionFilter, RejectionRow, RunId, Timestamp,
};

use super::live::Live;
use crate::app::App;
use crate::clock::written;
use crate::exit::Failure;

/// How many deliveries are looked through for the newest of each source.
const DELIVERIES_READ_MAX: u32 = 100;

/// What is remembered whatever the course.
pub(super) struct Memory {
    pub(super) now: Timestamp,
    /// Newest first.
    pub(super) deliveries: Vec<DeliveryRow>,
    pub(super) rejections: Vec<RejectionRow>,
    /// Those that count now.
    pub(super) pauses: Vec<PauseRow>,
    /// What a person approved and no run has carried out.
    pub(super) approved: HashSet<Fingerprint>,
}

/// What is remembered of one course.
pub(super) struct Known {
    pub(super) course: CourseId,
    /// The course with its name, for headings.
    pub(super) title: String,
    pub(super) snapshot: CourseSnapshot,
    pub(super) mappings: Vec<MappingRow>,
    pub(super) findings: Vec<FindingRow>,
    pub(super) hit: Option<CourseHit>,
    /// The newest run that planned anything here, unless a later one found nothing left to do.
    pub(super) newest: Option<Newest>,
    /// What the platform shows now, where it was asked.
    pub(super) live: Option<Live>,
}

/// What the newest run planned in a course.
pub(super) struct Newest {
    pub(super) run: RunId,
    /// When it began.
    pub(super) since: Timestamp,
    /// What did not end well, or has not ended: waiting, planned, refused, unknown, not tried.
    pub(super) open: Vec<JournalRow>,
}

impl Memory {
    /// Loads it.
    pub(super) async fn load(app: &App) -> Result<Memory, Failure> {
        let now = app.clock.now();
        let mut pauses = app.store.pauses().await?;
        pauses.retain(|row| row.counts(now));
        Ok(Memory {
            now,
            deliveries: app.store.deliveries(DELIVERIES_READ_MAX).await?,
            rejections: app.store.rejections(&RejectionFilter::default()).await?,
            pauses,
            approved: app.store.decisions(now).await?.approved,
        })
    }

    /// Says that the delivery which counts for a source has something.
    pub(super) fn has(&self, source: &SourceName, what: &str) -> String {
        format!("{what} in {}", self.delivery(source).unwrap_or_else(|| source.to_string()))
    }

    /// Says that the delivery which counts for a source does not have something.
    pub(super) fn lacks(&self, source: &SourceName, what: &str) -> String {
        match self.delivery(source) {
            Some(delivery) => format!("{what} is not in {delivery}"),
            None => format!("no delivery of {source} was accepted yet, so {what} is not known"),
        }
    }

    fn delivery(&self, source: &SourceName) -> Option<String> {
        let newest = self.deliveries.iter().find(|row| row.source == *source && row.accepted);
        newest.map(|row| format!("delivery {} of {source} ({})", row.id.0, written(row.received_at)))
    }

    /// The newest delivery of a source, if it was refused.
    pub(super) fn refused_delivery(&self, source: &SourceName) -> Option<&DeliveryRow> {
        self.deliveries.iter().find(|row| row.source == *source).filter(|row| !row.accepted)
    }
}

impl Known {
    /// Loads what is remembered of some courses, in their order.
    pub(super) async fn load(
        app: &App,
        memory: &Memory,
        courses: &[CourseId],
    ) -> Result<Vec<Known>, Failure> {
        let source = app.default_source();
        let snapshots = app.store.snapshots(courses, &source, memory.now).await?;
        let hits = app.store.course_hits(courses).await?;
        let mut hits: HashMap<CourseId, CourseHit> = hits.into_iter().map(|hit| (hit.course, hit)).collect();
        let mut newest = newest(app, courses, &hits).await?;
        let mut all = Vec::with_capacity(courses.len());
        for (course, snapshot) in courses.iter().zip(snapshots) {
            let filter = MappingFilter { course: Some(*course), ..MappingFilter::default() };
            let mappings = app.store.mappings(&filter, &source).await?;
            let filter = FindingFilter { course: Some(*course), ..FindingFilter::default() };
            let findings = app.store.findings(&filter).await?;
            let hit = hits.remove(course);
            let name = hit.as_ref().map(|hit| hit.name.to_string()).unwrap_or_default();
            let title = if name.is_empty() {
                format!("course {course}")
            } else {
                format!("{name} (course {course})")
            };
            let newest = newest.remove(course);
            let course = *course;
            all.push(Known { course, title, snapshot, mappings, findings, hit, newest, live: None });
        }
        Ok(all)
    }

    /// When it was read last, in words: how old the memory is.
    pub(super) fn read(&self) -> String {
        match (&self.live, self.hit.as_ref().and_then(|hit| hit.observed_at)) {
            (Some(_), _) => "asked just now".to_owned(),
            (None, Some(at)) => format!("as read {}", written(at)),
            (None, None) => "never read yet".to_owned(),
        }
    }

    /// Tells whether the platform has no such course.
    pub(super) fn is_gone(&self) -> bool {
        self.findings.iter().any(|row| row.finding.reason == Reason::CourseGone)
    }

    /// The findings about a group, about its module or the whole course; also about its people, or not.
    pub(super) fn findings_of<'a>(&'a self, key: &'a GroupKey) -> impl Iterator<Item = &'a FindingRow> {
        self.findings.iter().filter(move |row| {
            let subject = &row.finding.subject;
            match &subject.group {
                Some(group) => group == key,
                None => subject.person.is_none() && is_of_module(subject.module.as_ref(), &key.module),
            }
        })
    }

    /// The findings that explain why a person is, or is not, in a group.
    pub(super) fn findings_of_person<'a>(
        &'a self,
        person: &'a PersonKey,
        key: &'a GroupKey,
    ) -> impl Iterator<Item = &'a FindingRow> {
        self.findings.iter().filter(move |row| {
            let subject = &row.finding.subject;
            // A merged group has the key of one of its source groups, so the id of the group is enough.
            if let Some(of) = &subject.person {
                return of == person && subject.group.as_ref().is_none_or(|group| group.group == key.group);
            }
            // What stops their group or course stops them; what is only told of it does not.
            row.finding.reason.severity() > reconcile::finding::Severity::Notice
                && match &subject.group {
                    Some(group) => group == key,
                    None => is_of_module(subject.module.as_ref(), &key.module),
                }
        })
    }
}

fn is_of_module(subject: Option<&ModuleCode>, module: &ModuleCode) -> bool {
    subject.is_none_or(|subject| subject == module)
}

/// What the newest run left open in each course; nothing where a later run read the course and found nothing to do.
async fn newest(
    app: &App,
    courses: &[CourseId],
    hits: &HashMap<CourseId, CourseHit>,
) -> Result<HashMap<CourseId, Newest>, Failure> {
    let mut of_run: BTreeMap<RunId, Vec<CourseId>> = BTreeMap::new();
    for (course, run) in app.store.newest_runs_in(courses).await? {
        of_run.entry(run).or_default().push(course);
    }
    let mut all: HashMap<CourseId, Newest> = HashMap::new();
    for (run, mut courses) in of_run {
        let Some(run) = app.store.run(run).await? else { continue };
        courses.retain(|course| {
            let read_at = hits.get(course).and_then(|hit| hit.observed_at);
            run.finished_at.zip(read_at).is_none_or(|(end, at)| at <= end)
        });
        let mut open = app.store.open_operations(run.id, &courses).await?;
        for course in courses {
            let (here, others) = open.into_iter().partition(|row| row.course == course);
            open = others;
            let (id, since) = (run.id, run.begun.started_at);
            all.insert(course, Newest { run: id, since, open: here });
        }
    }
    Ok(all)
}
