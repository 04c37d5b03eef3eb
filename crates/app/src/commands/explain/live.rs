//! `--live`: asks the platform, with the same reading and the same planning as a run, and writes nothing anywhere.
//!
//! Not here: how a course is read (`targets`) and compared (`reconcile`).
//!
//! Invariant: what is said here is what `muster plan` would say now, because it is the same code.

use std::collections::HashSet;

use reconcile::keys::{CourseId, GroupId, GroupKey, PersonKey, UserId};
use reconcile::link::LinkState;
use reconcile::observed::{Observed, ObservedCourse, ObservedGroup};
use reconcile::operation::Operation;
use reconcile::plan::CoursePlan;
use store::FindingRow;
use targets::moodle::Moodle;

use super::chain::{Chain, Step};
use super::code::Code;
use super::memory::{Known, Memory};
use super::steps::names;
use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::planning::plan_snapshots;
use crate::present::table::counted;

/// More courses than this are not asked about one question.
const COURSES_MAX: usize = 20;

/// What a course shows now, and what would be done about it.
pub(super) struct Live {
    pub(super) observed: Observed,
    pub(super) plan: CoursePlan,
}

impl Live {
    /// The course, if it could be read whole.
    pub(super) fn course(&self) -> Option<&ObservedCourse> {
        match &self.observed {
            Observed::Complete(course) => Some(course),
            Observed::Gone | Observed::Unknown(_) => None,
        }
    }

    /// A group as the platform shows it.
    pub(super) fn group(&self, id: Option<GroupId>, idnumber: &str) -> Option<&ObservedGroup> {
        let groups = || self.course().into_iter().flat_map(|course| &course.groups);
        groups()
            .find(|group| Some(group.id) == id)
            .or_else(|| groups().find(|group| &*group.idnumber == idnumber))
    }

    /// What would be done about a group and its people.
    pub(super) fn operations_of<'a>(&'a self, key: &'a GroupKey) -> impl Iterator<Item = &'a Operation> {
        self.plan
            .operations
            .iter()
            .filter(move |operation| operation.group().is_some_and(|group| group.key == *key))
    }
}

/// Asks what some courses show now, and what would be done; their findings are those of this moment.
pub(super) async fn ask(app: &App, memory: &Memory, all: &mut [Known]) -> Result<Moodle, Failure> {
    if all.len() > COURSES_MAX {
        let message =
            format!("--live would have to read {} courses, and reads at most {COURSES_MAX}", all.len());
        return Err(Failure::new(Exit::Usage, message).hint("name one of them with --course ID"));
    }
    let moodle = app.moodle().await?;
    let refused = app.store.decisions(memory.now).await?.refused;
    let snapshots: Vec<_> = all.iter().map(|known| known.snapshot.clone()).collect();
    let planned = plan_snapshots(app, &moodle, &snapshots, &refused).await?;
    for (known, (observed, plan)) in all.iter_mut().zip(planned) {
        let before = std::mem::take(&mut known.findings);
        known.findings = plan
            .findings
            .iter()
            .map(|finding| {
                let same = before.iter().find(|row| row.finding.identity() == finding.identity());
                FindingRow {
                    first_seen: same.map_or(memory.now, |row| row.first_seen),
                    finding: finding.clone(),
                    last_seen: memory.now,
                    last_run: same.map_or(store::RunId(0), |row| row.last_run),
                    healed_at: None,
                }
            })
            .collect();
        known.live = Some(Live { observed, plan });
    }
    Ok(moodle)
}

/// What the whole course shows now.
pub(super) fn course_step(known: &Known, live: &Live) -> Option<Step> {
    let course = live.course()?;
    let of_ours: HashSet<GroupId> = known.snapshot.links.groups.values().filter_map(|link| link.id).collect();
    let ours = course.groups.iter().filter(|group| of_ours.contains(&group.id)).count() as u64;
    let others = course.groups.len() as u64 - ours;
    let text = format!(
        "{} of ours and {} of others are there, {} enrolled; asked just now",
        counted(ours, "group", "groups"),
        counted(others, "group", "groups"),
        counted(course.enrolled.len() as u64, "person is", "people are"),
    );
    let sent: Vec<&Operation> = live.plan.operations.iter().filter(|operation| operation.sends()).collect();
    Some(match sent.first() {
        None => Step::well("platform", text),
        Some(first) => Step::note(
            "platform",
            Code::DiffersNow,
            format!("{text}; {}", to_do(first, sent.len())),
            &names(known, None),
        ),
    })
}

/// What a group shows now.
pub(super) fn group_step(known: &Known, live: &Live, key: &GroupKey) -> Option<Step> {
    live.course()?;
    let link = known.snapshot.links.groups.get(key);
    let idnumber = key.idnumber();
    let shown = live.group(link.and_then(|link| link.id), &idnumber);
    let sent: Vec<&Operation> = live.operations_of(key).filter(|operation| operation.sends()).collect();
    let mut text = match shown {
        Some(group) => {
            let members = group.members.as_ref().map_or(String::new(), |members| {
                format!(" with {}", counted(members.len() as u64, "member", "members"))
            });
            format!("group {} is there as {}{members}", group.id, group.name)
        }
        None if link.is_some_and(|link| link.state == LinkState::Confirmed) => {
            "it is not there, although we made it".to_owned()
        }
        None => "it is not there".to_owned(),
    };
    text.push_str("; asked just now");
    Some(match (sent.first(), shown) {
        (None, Some(_)) => Step::well("platform", text),
        (None, None) => Step::note("platform", Code::NotCreated, text, &names(known, Some(&key.module))),
        (Some(first), shown) => {
            let code = if shown.is_none() && link.is_none() { Code::NotCreated } else { Code::DiffersNow };
            let text = format!("{text}; {}", to_do(first, sent.len()));
            Step::note("platform", code, text, &names(known, Some(&key.module)))
        }
    })
}

/// What would be done, in words.
fn to_do(first: &Operation, count: usize) -> String {
    match count - 1 {
        0 => format!("the next run would: {first}"),
        others => {
            format!("the next run would: {first}, and {} more", counted(others as u64, "change", "changes"))
        }
    }
}

/// Which users of the platform have a person's key, whatever the courses.
pub(super) async fn account(moodle: &Moodle, person: &PersonKey, ask: String) -> Result<Chain, Failure> {
    let step = account_step(moodle, person).await?;
    let title = if step.is_well() {
        format!("{person}: {}", step.words())
    } else {
        format!("{person} on the platform")
    };
    Ok(Chain::of(title, ask, vec![step]))
}

async fn account_step(moodle: &Moodle, person: &PersonKey) -> Result<Step, Failure> {
    let directory = moodle
        .directory(std::slice::from_ref(person))
        .await
        .map_err(|error| Failure::of(Exit::Target, error))?;
    let names = super::chain::Names { person: person.to_string(), ..Default::default() };
    let numbers =
        |users: &[UserId]| users.iter().map(|user| user.0.to_string()).collect::<Vec<_>>().join(", ");
    let unknown = || {
        let code = Code::Found(reconcile::finding::Reason::UnknownPerson);
        Step::note(
            "account",
            code,
            format!("no user of the platform has the key {person}; asked just now"),
            &names,
        )
    };
    Ok(match directory.users.get(person).map(Vec::as_slice) {
        // The token may not ask; the courses say who is enrolled.
        None => Step::well("account", "the token may not look people up; see the courses below"),
        Some([]) => unknown(),
        Some([user]) => Step::well("account", format!("user {user} of the platform; asked just now")),
        Some(users) => {
            let code = Code::Found(reconcile::finding::Reason::AmbiguousPerson);
            let text = format!("users {} have the same key; asked just now", numbers(users));
            Step::note("account", code, text, &names)
        }
    })
}

/// A group of the platform that our memory does not know.
pub(super) async fn stranger(app: &App, asked: &str) -> Result<Option<Chain>, Failure> {
    let Ok(number) = asked.parse() else { return Ok(None) };
    let moodle = app.moodle().await?;
    let found = moodle.group(GroupId(number)).await.map_err(|error| Failure::of(Exit::Target, error))?;
    Ok(found.map(|(CourseId(course), name)| {
        let text = format!("{name} in course {course} was made by somebody else; asked just now");
        let names = super::chain::Names { course: course.to_string(), ..Default::default() };
        let steps = vec![Step::broken("platform", Code::NotOurs, text, &names)];
        Chain::of(format!("group {number}"), format!("muster explain group {number} --live"), steps)
    }))
}
