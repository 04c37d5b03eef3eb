//! Why a course shows what it shows, and not more.
//!
//! Not here: single groups (`group.rs`), and groups that should be gone (`removal.rs`).

use reconcile::desired::wanted_groups;
use reconcile::keys::{CourseId, GroupKey, ModuleCode};
use reconcile::link::LinkState;
use reconcile::policy::Policy;

use super::chain::{Chain, Step};
use super::code::Code;
use super::memory::{Known, Memory};
use super::{Answer, EVENTS_SHOWN, Several, find, history, live, steps};
use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::present::table::counted;

/// Explains the courses that a person may mean.
pub(super) async fn answer(
    app: &App,
    memory: &Memory,
    asked: &str,
    live: bool,
    last: usize,
) -> Result<Answer, Failure> {
    let courses = find::courses(app, asked, live).await?;
    chains(app, memory, &courses, live, last).await
}

/// Explains the courses that a module fills, or should fill.
pub(super) async fn of_module(
    app: &App,
    memory: &Memory,
    module: &str,
    live: bool,
) -> Result<Answer, Failure> {
    let courses = app.store.courses_of_module(&ModuleCode(module.into())).await?;
    if courses.is_empty() {
        return Err(Failure::new(Exit::Usage, format!("no course is mapped to {module}")).hint(format!(
            "`muster map add COURSE {module}` maps it; `muster map list` shows the mappings"
        )));
    }
    chains(app, memory, &courses, live, EVENTS_SHOWN).await
}

async fn chains(
    app: &App,
    memory: &Memory,
    courses: &[CourseId],
    live: bool,
    last: usize,
) -> Result<Answer, Failure> {
    let mut all = Known::load(app, memory, courses).await?;
    if live {
        live::ask(app, memory, &mut all).await?;
    }
    let mut chains = Vec::with_capacity(all.len());
    for known in &all {
        let (events, more) = history::of_course(app, known, last).await?;
        chains.push(chain(memory, known, &app.config.policy).with_history(events, more));
    }
    Ok(Answer { chains, several: Several::Matches })
}

fn chain(memory: &Memory, known: &Known, policy: &Policy) -> Chain {
    let mut steps = vec![steps::mapping(memory, known, None)];
    steps.extend(steps::source(memory, known));
    steps.push(steps::rejections(memory, known));
    // What the last run found says why a group is not there, so it comes first.
    steps.extend(steps::findings_in_short(known));
    steps.extend(steps::open(memory, known, |_| true));
    let now = known.live.as_ref().and_then(|live| live::course_step(known, live));
    // In a course that is gone nothing can be missing; the finding says what is the matter.
    if !known.is_gone() {
        let last = now.unwrap_or_else(|| platform(known, policy));
        let explained = steps.iter().any(Step::tells);
        steps.push(if explained { last.without_remedy() } else { last });
    }
    Chain::of(known.title.clone(), format!("muster explain course {}", known.course), steps)
}

/// What the platform had when it was last read, and what is not there yet.
fn platform(known: &Known, policy: &Policy) -> Step {
    let links = &known.snapshot.links.groups;
    let groups = counted(links.len() as u64, "group", "groups");
    let members = links.values().map(|link| link.members.len() as u64).sum();
    let members = counted(members, "membership", "memberships");
    let text = format!("{groups} with {members} are ours, {}", known.read());
    let is_there = |key: &&GroupKey| {
        let link = links.get(*key);
        link.is_some_and(|link| matches!(link.state, LinkState::Confirmed | LinkState::Archived))
    };
    let wanted = wanted_groups(&known.snapshot, policy);
    let missing = wanted.iter().filter(|key| !is_there(key)).count() as u64;
    if missing == 0 {
        return Step::well("platform", text);
    }
    let missing = counted(missing, "wanted group is", "wanted groups are");
    Step::note(
        "platform",
        Code::NotCreated,
        format!("{missing} not there yet; {text}"),
        &steps::names(known, None),
    )
}
