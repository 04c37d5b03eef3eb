//! Why a group is, or is not, in a course: by its number on the platform, its id in the source, its idnumber, its name or
//! its code, also when it is long gone. A grouping answers to the same question.
//!
//! Not here: finding groups by what people know of them (`store::lookup`).
//!
//! Invariant: a group that went and came back is one group; its earlier numbers are told with it.

use reconcile::desired::is_kind_left_out;
use reconcile::finding::Reason;
use reconcile::keys::{CourseId, GroupKey, Text};
use reconcile::link::LinkState;
use reconcile::policy::Policy;
use store::{GroupHit, HitPlace, RejectionRow};

use super::chain::{Chain, Names, Step};
use super::code::Code;
use super::find::typed;
use super::memory::{Known, Memory};
use super::{Answer, Manner, Several, grouping, live, steps};
use crate::app::App;
use crate::clock::written;
use crate::exit::Failure;
use crate::present::table::counted;

/// A group in a course, with what is left of its earlier lives.
struct Found {
    course: CourseId,
    key: GroupKey,
    name: Text,
    graves: Vec<GroupHit>,
}

/// Explains the groups and groupings that a person may mean.
pub(super) async fn answer(
    app: &App,
    memory: &Memory,
    asked: &str,
    manner: Manner,
) -> Result<Answer, Failure> {
    let hits = app.store.find_groups(asked).await?;
    let found = in_courses(app, &hits, manner.course).await?;
    let groupings = grouping::find(app, asked, manner.course).await?;
    let mut courses: Vec<CourseId> = found.iter().map(|found| found.course).collect();
    courses.extend(groupings.iter().map(|found| found.course()));
    courses.sort_unstable();
    courses.dedup();
    let mut all = Known::load(app, memory, &courses).await?;
    if manner.live && !all.is_empty() {
        live::ask(app, memory, &mut all).await?;
    }
    let known = |course: CourseId| all.iter().find(|known| known.course == course);
    let mut chains = Vec::new();
    for found in &found {
        chains.extend(known(found.course).map(|known| chain(memory, known, found, &app.config.policy)));
    }
    for found in &groupings {
        chains.extend(known(found.course()).map(|known| grouping::chain(memory, known, found)));
    }
    if chains.is_empty() {
        chains.push(nowhere(app, memory, asked, hits.first(), manner).await?);
    }
    Ok(Answer { chains, several: Several::Matches })
}

/// The courses in which the found groups are, were or should be; each group once in each.
async fn in_courses(app: &App, hits: &[GroupHit], only: Option<CourseId>) -> Result<Vec<Found>, Failure> {
    let mut all: Vec<Found> = Vec::new();
    for hit in hits {
        let courses = match &hit.place {
            HitPlace::Ours(course) | HitPlace::Gone { course, .. } => vec![*course],
            HitPlace::Delivered => app.store.courses_of_module(&hit.key.module).await?,
        };
        for course in courses.into_iter().filter(|course| only.is_none_or(|only| only == *course)) {
            let grave = matches!(hit.place, HitPlace::Gone { .. }).then(|| hit.clone());
            match all.iter_mut().find(|found| found.course == course && found.key == hit.key) {
                Some(found) => found.graves.extend(grave),
                None => all.push(Found {
                    course,
                    key: hit.key.clone(),
                    name: hit.name.clone(),
                    graves: grave.into_iter().collect(),
                }),
            }
        }
    }
    Ok(all)
}

fn chain(memory: &Memory, known: &Known, found: &Found, policy: &Policy) -> Chain {
    let Found { course, key, name, graves } = found;
    let title = format!("group {name} ({} {}) in {}", key.module, key.group, known.title);
    let ask = format!("muster explain group {} --course {course}", typed(&key.idnumber()));
    let link = known.snapshot.links.groups.get(key);
    let mut steps: Vec<Step> = graves.iter().map(|grave| grave_step(known, grave, link.is_some())).collect();
    if let Some(link) = link.filter(|link| link.state == LinkState::Archived) {
        let text = format!("it is kept as {}, {}", link.name_shown, known.read());
        steps.push(Step::broken("platform", Code::Archived, text, &steps::names(known, Some(&key.module))));
    }
    steps.push(steps::mapping(memory, known, Some(key)));
    let of_rows = |row: &RejectionRow| {
        row.group.as_ref() == Some(&key.group)
            && row.module.as_ref().is_none_or(|module| *module == key.module)
    };
    steps.extend(steps::rejected_rows(memory, of_rows));
    let (said, group) = steps::source_of_group(memory, known, key);
    steps.extend(said);
    if let Some(group) = group
        && is_kind_left_out(&group.kind, policy)
    {
        let text = format!("groups of kind {} are left out", group.kind);
        steps.push(Step::broken("policy", Code::KindExcluded, text, &steps::names(known, Some(&key.module))));
    }
    // What the last run found comes before the link: it says why there is none.
    steps.extend(steps::findings(known.findings_of(key)));
    let idnumber = key.idnumber();
    steps.extend(steps::open(memory, known, |row| row.idnumber == idnumber && row.person.is_empty()));
    let now = known.live.as_ref().and_then(|live| live::group_step(known, live, key));
    let last = now.unwrap_or_else(|| link_step(known, key));
    let explained = steps.iter().any(Step::tells);
    steps.push(if explained { last.without_remedy() } else { last });
    Chain::of(title, ask, steps)
}

/// An earlier life of the group.
fn grave_step(known: &Known, grave: &GroupHit, lives: bool) -> Step {
    let HitPlace::Gone { at, run, because, .. } = &grave.place else { return Step::well("history", "") };
    let number = grave.moodle_id.map_or("it".to_owned(), |id| format!("number {id}"));
    let why = words_of(because);
    let text = format!("{number} was {} by run {}: {why}", ended(because), run.0);
    if lives {
        return Step::well("history", format!("{text} ({}); it is there again", written(*at)));
    }
    let names = Names { run: run.0.to_string(), ..steps::names(known, Some(&grave.key.module)) };
    Step::note("history", Code::Deleted, text, &names).since(Some(*at))
}

/// What became of something that went for a reason.
pub(super) fn ended(because: &str) -> &'static str {
    match because {
        "asked" | "gone_there" => "forgotten",
        "deleted_there" => "found deleted",
        _ => "deleted",
    }
}

/// The words of a reason code of the tables.
pub(super) fn words_of(because: &str) -> String {
    let known = reconcile::operation::Because::ALL.iter().find(|reason| reason.code() == because);
    known.map_or_else(|| because.replace('_', " "), |reason| reason.words().to_owned())
}

/// What our memory holds of the group.
fn link_step(known: &Known, key: &GroupKey) -> Step {
    let Some(link) = known.snapshot.links.groups.get(key) else {
        let text = format!("it is not on the platform yet, {}", known.read());
        return Step::note("platform", Code::NotCreated, text, &steps::names(known, Some(&key.module)));
    };
    let members = counted(link.members.len() as u64, "member is", "members are");
    let shown = if link.name_shown == link.name_applied {
        String::new()
    } else {
        format!("; it shows {}, we wrote {}", link.name_shown, link.name_applied)
    };
    match link.id {
        Some(id) => Step::well(
            "platform",
            format!("group {id} on the platform, {members} ours, {}{shown}", known.read()),
        ),
        None => {
            let text = "it was asked for, and the answer never came; the next run looks whether it is there"
                .to_owned();
            let code = Code::Found(Reason::Unanswered);
            Step::note("platform", code, text, &steps::names(known, Some(&key.module)))
        }
    }
}

/// The chain of something that is in no course.
async fn nowhere(
    app: &App,
    memory: &Memory,
    asked: &str,
    hit: Option<&GroupHit>,
    manner: Manner,
) -> Result<Chain, Failure> {
    let ask = format!("muster explain group {}", typed(asked));
    let title = format!("group {asked}");
    if let Some(hit) = hit {
        let place = manner.course.map_or("no course".to_owned(), |course| format!("course {course}"));
        let text = match (manner.course, &hit.place) {
            (None, _) | (Some(_), HitPlace::Delivered) => {
                format!(
                    "{} is in the source below {}, which is mapped to {}",
                    hit.name,
                    hit.key.module,
                    not(&place)
                )
            }
            (Some(course), _) => format!("{} is known in other courses, not in course {course}", hit.name),
        };
        let command = format!(
            "muster map add {} {}",
            manner.course.map_or("COURSE".to_owned(), |id| id.to_string()),
            hit.key.module
        );
        let step = Step::broken("mapping", Code::Found(Reason::NotMapped), text, &Names::default())
            .mended_by(format!("tick the module in the course, or `{command}`"));
        return Ok(Chain::of(
            format!("group {} ({} {})", hit.name, hit.key.module, hit.key.group),
            ask,
            vec![step],
        ));
    }
    if let Some(step) =
        steps::rejected_rows(memory, |row| row.group.as_ref().is_some_and(|id| id.as_str() == asked))
    {
        return Ok(Chain::of(title, ask, vec![step]));
    }
    if manner.live
        && let Some(chain) = live::stranger(app, asked).await?
    {
        return Ok(chain);
    }
    let text = "no group or grouping has this number, id, idnumber, name or code: none of ours, none in a delivery, \
                none that is gone";
    let remedy = if manner.live {
        "look at its spelling; `muster map list` shows the modules".to_owned()
    } else {
        format!("look at its spelling; `{ask} --live` asks the platform for a number")
    };
    let step =
        Step::broken("group", Code::Found(Reason::NotInSource), text, &Names::default()).mended_by(remedy);
    Ok(Chain::of(title, ask, vec![step]))
}

fn not(place: &str) -> String {
    if place == "no course" { place.to_owned() } else { format!("other courses, not to {place}") }
}
