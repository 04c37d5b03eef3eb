//! Reads the chosen courses and plans them: steps 2 to 5 of a run, some hundred courses at a time.
//!
//! Not here: which courses are chosen (`choose.rs`), and what becomes of the plans (`run.rs`).
//!
//! Invariant: a plan that changes more than people rests on the whole course, also on what is not ours.
//! Invariant: memory holds the plans of all courses, but what the platform shows of some hundred only.

use std::collections::{HashMap, HashSet};

use indicatif::ProgressBar;
use reconcile::desired::wanted_names;
use reconcile::keys::{CourseId, GroupId, GroupingId, Text};
use reconcile::observed::{Directory, Observed};
use reconcile::operation::Fingerprint;
use reconcile::plan::{CoursePlan, people_to_look_up, plan_course, wants_only_what_is_ours};
use reconcile::policy::NameTaken;
use reconcile::snapshot::CourseSnapshot;
use store::{CourseNamed, CourseState, RunLock, Timestamp};
use targets::moodle::{CourseNames, Look, Moodle, ObserveScope};

use crate::app::App;
use crate::choose::Choice;
use crate::exit::Failure;

/// Courses that are read and planned together: enough to fill batches, few enough to bound memory.
pub(crate) const COURSES_AT_ONCE: usize = 400;

/// Plans the chosen courses, by number. `refused` holds the proposals that a person refused.
///
/// Where our memory holds all that the source wants, a look at what is ours is enough. If it shows that more than
/// people have to be changed, the course is read whole and planned again.
pub(crate) async fn make_plans(
    app: &App,
    moodle: &Moodle,
    choice: &Choice,
    refused: &HashSet<Fingerprint>,
) -> Result<Vec<CoursePlan>, Failure> {
    let progress = app.progress("reading the platform", choice.courses.len() as u64);
    let mut plans = Vec::with_capacity(choice.courses.len());
    for some in choice.courses.chunks(COURSES_AT_ONCE) {
        let courses: Vec<CourseId> = some.iter().map(|state| state.course).collect();
        let now = app.clock.now();
        plans.extend(plan_some(app, moodle, &courses, &choice.whole, refused, now, &progress).await?);
    }
    progress.finish_and_clear();
    plans.sort_by_key(|plan| plan.course);
    name_plans(&choice.courses, &mut plans);
    Ok(plans)
}

/// Plans some courses, in no order and without their names, as they are to be at a moment. Those in `whole` are read whole
/// in any case.
pub(crate) async fn plan_some(
    app: &App,
    moodle: &Moodle,
    courses: &[CourseId],
    whole: &HashSet<CourseId>,
    refused: &HashSet<Fingerprint>,
    now: Timestamp,
    progress: &ProgressBar,
) -> Result<Vec<CoursePlan>, Failure> {
    let planner = Planner { app, moodle, refused, progress };
    let snapshots = app.store.snapshots(courses, &app.default_source(), now).await?;
    let (mut whole, ours): (Vec<_>, Vec<_>) = snapshots.into_iter().partition(|snapshot| {
        whole.contains(&snapshot.course) || !wants_only_what_is_ours(snapshot, &app.config.policy)
    });
    let light = planner.plan(&ours, Look::Ours).await?;
    let mut plans = Vec::with_capacity(courses.len());
    for (snapshot, plan) in ours.into_iter().zip(light) {
        if plan.changes_only_people() {
            plans.push(plan);
        } else {
            progress.inc_length(1);
            whole.push(snapshot);
        }
    }
    plans.extend(planner.plan(&whole, Look::Whole).await?);
    Ok(plans)
}

/// Reads some courses whole and plans them, and records nothing: what each shows, and what would be done, in the order
/// of the snapshots.
pub(crate) async fn plan_snapshots(
    app: &App,
    moodle: &Moodle,
    snapshots: &[CourseSnapshot],
    refused: &HashSet<Fingerprint>,
) -> Result<Vec<(Observed, CoursePlan)>, Failure> {
    let progress = app.progress("reading the platform", snapshots.len() as u64);
    let planner = Planner { app, moodle, refused, progress: &progress };
    let mut observed = planner.observe(snapshots, Look::Whole, &|_| Ids::default()).await;
    progress.finish_and_clear();
    let directory = planner.look_up(snapshots, &observed).await?;
    let plan = |snapshot: &CourseSnapshot| {
        let unread = || Observed::Unknown("it was not read".into());
        let observed = observed.remove(&snapshot.course).unwrap_or_else(unread);
        let plan = plan_course(snapshot, &observed, &directory, &app.config.policy, refused);
        (observed, plan)
    };
    Ok(snapshots.iter().map(plan).collect())
}

/// Ids of groups and groupings of a course.
type Ids = (Vec<GroupId>, Vec<GroupingId>);

/// Reads some courses whole and plans nothing. `also` names what is not in our memory and has to be read like it.
pub(crate) async fn read_whole(
    app: &App,
    moodle: &Moodle,
    snapshots: &[CourseSnapshot],
    also: &dyn Fn(CourseId) -> Ids,
) -> HashMap<CourseId, Observed> {
    let progress = app.progress("reading the platform", snapshots.len() as u64);
    let planner = Planner { app, moodle, refused: &HashSet::new(), progress: &progress };
    let observed = planner.observe(snapshots, Look::Whole, also).await;
    progress.finish_and_clear();
    observed
}

/// What it takes to read and plan some courses.
struct Planner<'a> {
    app: &'a App,
    moodle: &'a Moodle,
    refused: &'a HashSet<Fingerprint>,
    progress: &'a ProgressBar,
}

impl Planner<'_> {
    /// Reads some courses and plans them, in their order.
    async fn plan(&self, snapshots: &[CourseSnapshot], look: Look) -> Result<Vec<CoursePlan>, Failure> {
        let mut observed = self.observe(snapshots, look, &|_| Ids::default()).await;
        let directory = self.look_up(snapshots, &observed).await?;
        let plan = |snapshot: &CourseSnapshot| {
            let unread = || Observed::Unknown("it was not read".into());
            let observed = observed.remove(&snapshot.course).unwrap_or_else(unread);
            plan_course(snapshot, &observed, &directory, &self.app.config.policy, self.refused)
        };
        Ok(snapshots.iter().map(plan).collect())
    }

    async fn observe(
        &self,
        snapshots: &[CourseSnapshot],
        look: Look,
        also: &dyn Fn(CourseId) -> Ids,
    ) -> HashMap<CourseId, Observed> {
        let policy = &self.app.config.policy;
        let adopts = policy.name_taken == NameTaken::Adopt;
        let scopes = snapshots.iter().map(|snapshot| {
            let (groups, groupings) = also(snapshot.course);
            let links = &snapshot.links;
            ObserveScope {
                course: snapshot.course,
                look,
                group_ids: links.groups.values().filter_map(|link| link.id).chain(groups).collect(),
                grouping_ids: links.groupings.values().filter_map(|link| link.id).chain(groupings).collect(),
                adopt_names: if adopts { wanted_names(snapshot, policy) } else { HashSet::new() },
            }
        });
        let mut observed = HashMap::with_capacity(snapshots.len());
        let on_course = |course, what| {
            self.progress.inc(1);
            observed.insert(course, what);
        };
        self.moodle.observe(scopes.collect(), on_course).await;
        observed
    }

    /// Asks the platform about the people who are wanted somewhere and not enrolled there.
    async fn look_up(
        &self,
        snapshots: &[CourseSnapshot],
        observed: &HashMap<CourseId, Observed>,
    ) -> Result<Directory, Failure> {
        let mut people: Vec<_> = snapshots
            .iter()
            .filter_map(|snapshot| Some(people_to_look_up(snapshot, observed.get(&snapshot.course)?)))
            .flatten()
            .collect();
        people.sort_unstable();
        people.dedup();
        if people.is_empty() {
            return Ok(Directory::default());
        }
        self.moodle.directory(&people).await.map_err(Failure::from)
    }
}

/// Asks what the chosen courses are called, where that was never asked for, and remembers it.
pub(crate) async fn learn_names(
    app: &App,
    lock: &RunLock,
    moodle: &Moodle,
    chosen: &mut [CourseState],
) -> Result<(), Failure> {
    let is_nameless =
        |state: &&CourseState| (state.name.is_empty() || state.idnumber.is_none()) && !state.gone;
    let nameless: Vec<CourseId> = chosen.iter().filter(is_nameless).map(|state| state.course).collect();
    let named: Vec<CourseNamed> = moodle
        .course_names(&nameless)
        .await
        .into_iter()
        .map(|CourseNames { course, name, idnumber }| CourseNamed { course, name, idnumber })
        .collect();
    app.store.note_course_names(lock, &named).await?;
    let mut named: HashMap<CourseId, CourseNamed> =
        named.into_iter().map(|named| (named.course, named)).collect();
    for state in chosen {
        if let Some(CourseNamed { name, idnumber, .. }) = named.remove(&state.course) {
            (state.name, state.idnumber) = (name, Some(idnumber));
        }
    }
    Ok(())
}

/// Gives the plans the names of their courses.
pub(crate) fn name_plans(chosen: &[CourseState], plans: &mut [CoursePlan]) {
    let names: HashMap<CourseId, &Text> = chosen.iter().map(|state| (state.course, &state.name)).collect();
    for plan in plans {
        plan.name = names.get(&plan.course).copied().cloned().unwrap_or_default();
    }
}
