//! `muster explain`: why a course, group, grouping or person is, or is not, as expected (features Z1, K1 to K5, K8).
//!
//! The chain of checks is always the same: mapping, source, rejections, what the runs found and left open, the
//! platform. It stops at the first broken link and says since when, who can mend it, and how. It answers from memory
//! and says how old that memory is; with `--live` it asks the platform.
//!
//! Not here: the checks; each sort of thing has its file below `explain/`.
//!
//! Invariant: nothing is written, neither on the platform nor in our memory.

mod chain;
mod code;
mod course;
mod find;
mod group;
mod grouping;
mod history;
mod live;
mod memory;
mod person;
mod removal;
mod steps;

use reconcile::keys::CourseId;
use serde_json::json;

use self::chain::{Chain, Names, Step};
use self::code::Code;
#[cfg(test)]
pub(crate) use self::code::{Mender, mender_of};
pub(crate) use self::history::EVENTS_SHOWN;
use self::memory::Memory;
use crate::app::App;
use crate::cli::ExplainCommand;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::present::table::{counted, strong};

/// More matches than this are not listed for people; programs get all of them.
const MATCHES_SHOWN: usize = 20;

/// What a question is answered with.
struct Answer {
    chains: Vec<Chain>,
    /// Whether several chains mean that the question was not exact.
    several: Several,
}

/// What several chains in an answer mean.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Several {
    /// Several things answer to what was asked.
    Matches,
    /// One thing is in several places.
    Places,
}

/// How a question is asked.
#[derive(Clone, Copy)]
struct Manner {
    /// Only in this course.
    course: Option<CourseId>,
    /// Whether the platform is asked.
    live: bool,
}

pub(crate) async fn run(app: &App, command: &ExplainCommand, output: &Output) -> Result<Exit, Failure> {
    let memory = Memory::load(app).await?;
    let (asked, live) = match command {
        ExplainCommand::Course { course: asked, live, .. }
        | ExplainCommand::Module { module: asked, live }
        | ExplainCommand::Group { group: asked, live, .. }
        | ExplainCommand::Person { person: asked, live, .. } => (asked, *live),
    };
    let (answer, exit) = match answer(app, &memory, command, live).await {
        Ok(answer) => (answer, Exit::Done),
        // What is remembered helps also when the platform cannot be asked.
        Err(failure) if live && failure.exit == Exit::Target => {
            let mut from_memory = answer(app, &memory, command, false).await?;
            from_memory.chains.insert(0, unreachable(&failure));
            from_memory.several = Several::Places;
            (from_memory, Exit::Target)
        }
        Err(failure) => return Err(failure),
    };
    output.answer(&json!(answer.chains), || told(asked, &answer))?;
    Ok(exit)
}

async fn answer(app: &App, memory: &Memory, command: &ExplainCommand, live: bool) -> Result<Answer, Failure> {
    let manner = |course: &Option<i64>| Manner { course: course.map(CourseId), live };
    match command {
        ExplainCommand::Course { course, removal: true, .. } => {
            removal::answer(app, memory, course, live).await
        }
        ExplainCommand::Course { course, removal: false, last, .. } => {
            course::answer(app, memory, course, live, *last).await
        }
        ExplainCommand::Module { module, .. } => course::of_module(app, memory, module, live).await,
        ExplainCommand::Group { group, course, .. } => {
            group::answer(app, memory, group, manner(course)).await
        }
        ExplainCommand::Person { person, course, .. } => {
            person::answer(app, memory, &person.as_str().into(), manner(course)).await
        }
    }
}

/// The platform could not be asked; what follows is from memory.
fn unreachable(failure: &Failure) -> Chain {
    let text = failure.to_string();
    let text = text.lines().next().unwrap_or_default();
    let step = Step::broken("platform", Code::Unreachable, text, &Names::default());
    Chain::of("the platform; what follows is from memory", "muster check moodle", vec![step])
}

/// One chain whole. Of several matches a list with the exact question for each; of several places those in which
/// something is wrong whole, and the others in a line each.
fn told(asked: &str, answer: &Answer) -> String {
    let chains = &answer.chains;
    if let [only] = chains.as_slice() {
        return only.to_string();
    }
    if answer.several == Several::Matches {
        let many = counted(chains.len() as u64, "thing answers", "things answer");
        let mut text =
            format!("{}\n", strong(&format!("{many} to {asked:?}; below each stands the exact question")));
        let (well, telling): (Vec<&Chain>, Vec<&Chain>) = chains.iter().partition(|chain| chain.is_well());
        text.extend(telling.into_iter().chain(well).take(MATCHES_SHOWN).map(Chain::in_a_line));
        if chains.len() > MATCHES_SHOWN {
            let more = counted((chains.len() - MATCHES_SHOWN) as u64, "more", "more");
            text.push_str(&format!("… and {more}: --course ID chooses, --format json lists all\n"));
        }
        return text;
    }
    let (well, telling): (Vec<&Chain>, Vec<&Chain>) = chains.iter().partition(|chain| chain.is_well());
    let mut text: String = telling.iter().map(|chain| format!("{chain}\n")).collect();
    text.extend(well.iter().map(|chain| chain.in_a_line()));
    text
}
