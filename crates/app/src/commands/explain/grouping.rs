//! Why a grouping is, or is not, in a course: by its number on the platform, its idnumber or its name, also when it is
//! long gone (feature K8).
//!
//! Not here: the groups in it (`group.rs`).

use reconcile::keys::{CourseId, GroupingKey};
use store::{GroupingHit, HitPlace};

use super::chain::{Chain, Names, Step};
use super::code::Code;
use super::find::typed;
use super::group::{ended, words_of};
use super::memory::{Known, Memory};
use super::steps;
use crate::app::App;
use crate::clock::written;
use crate::exit::Failure;
use crate::present::table::counted;

/// A grouping in a course, with what is left of its earlier lives.
pub(super) struct Found {
    hit: GroupingHit,
    course: CourseId,
    graves: Vec<GroupingHit>,
}

impl Found {
    pub(super) fn course(&self) -> CourseId {
        self.course
    }
}

/// The groupings that answer to what was asked; each once in each course.
pub(super) async fn find(app: &App, asked: &str, only: Option<CourseId>) -> Result<Vec<Found>, Failure> {
    let mut all: Vec<Found> = Vec::new();
    for hit in app.store.find_groupings(asked).await? {
        let (course, is_grave) = match &hit.place {
            HitPlace::Ours(course) => (*course, false),
            HitPlace::Gone { course, .. } => (*course, true),
            HitPlace::Delivered => continue,
        };
        if only.is_some_and(|only| only != course) {
            continue;
        }
        let grave = is_grave.then(|| hit.clone());
        match all.iter_mut().find(|found| found.course == course && found.hit.key == hit.key) {
            Some(found) => found.graves.extend(grave),
            None => all.push(Found { hit, course, graves: grave.into_iter().collect() }),
        }
    }
    Ok(all)
}

pub(super) fn chain(memory: &Memory, known: &Known, found: &Found) -> Chain {
    let GroupingHit { key, name, .. } = &found.hit;
    let title = format!("grouping {name} (of module {}) in {}", key.module, known.title);
    let ask = format!("muster explain group {} --course {}", typed(&key.idnumber()), found.course);
    let link = known.snapshot.links.groupings.get(key);
    let mut steps: Vec<Step> =
        found.graves.iter().map(|grave| grave_step(known, grave, link.is_some())).collect();
    let of_module = |row: &&store::FindingRow| {
        let subject = &row.finding.subject;
        subject.group.is_none()
            && subject.person.is_none()
            && subject.module.as_ref().is_none_or(|module| *module == key.module)
    };
    steps.push(mapping(memory, known, key));
    steps.extend(steps::findings(known.findings.iter().filter(of_module)));
    let idnumber = key.idnumber();
    steps.extend(steps::open(memory, known, |row| row.idnumber == idnumber));
    steps.push(platform(known, key));
    Chain::of(title, ask, steps)
}

/// The mapping of the grouping's module, as a group of it would see it.
fn mapping(memory: &Memory, known: &Known, key: &GroupingKey) -> Step {
    let as_group = reconcile::keys::GroupKey {
        source: key.source.clone(),
        module: key.module.clone(),
        group: "".into(),
        part: reconcile::keys::Part::Everyone,
    };
    steps::mapping(memory, known, Some(&as_group))
}

fn grave_step(known: &Known, grave: &GroupingHit, lives: bool) -> Step {
    let HitPlace::Gone { at, run, because, .. } = &grave.place else { return Step::well("history", "") };
    let number = grave.moodle_id.map_or("it".to_owned(), |id| format!("number {id}"));
    let text = format!("{number} was {} by run {}: {}", ended(because), run.0, words_of(because));
    if lives {
        return Step::well("history", format!("{text} ({}); it is there again", written(*at)));
    }
    let names = Names { run: run.0.to_string(), ..steps::names(known, Some(&grave.key.module)) };
    Step::note("history", Code::Deleted, text, &names).since(Some(*at))
}

/// What our memory, or the platform just now, holds of the grouping.
fn platform(known: &Known, key: &GroupingKey) -> Step {
    let names = steps::names(known, Some(&key.module));
    let link = known.snapshot.links.groupings.get(key);
    let id = link.and_then(|link| link.id);
    if let Some(course) = known.live.as_ref().and_then(|live| live.course()) {
        let shown =
            course.groupings.iter().find(|shown| Some(shown.id) == id || shown.idnumber == key.idnumber());
        return match shown {
            Some(shown) => {
                let groups = shown.groups.as_ref().map_or(String::new(), |groups| {
                    format!(" with {}", counted(groups.len() as u64, "group", "groups"))
                });
                Step::well(
                    "platform",
                    format!("grouping {} is there as {}{groups}; asked just now", shown.id, shown.name),
                )
            }
            None if link.is_some() => Step::note(
                "platform",
                Code::DiffersNow,
                "it is not there, although we made it; asked just now",
                &names,
            ),
            None => Step::note("platform", Code::NotCreated, "it is not there; asked just now", &names),
        };
    }
    let groups = known.snapshot.links.groups.keys();
    let groups =
        groups.filter(|group| group.module == key.module && group.source == key.source).count() as u64;
    match id {
        Some(id) => {
            let groups = counted(groups, "group", "groups");
            Step::well(
                "platform",
                format!("grouping {id} on the platform, for {groups} of ours, {}", known.read()),
            )
        }
        None => Step::note(
            "platform",
            Code::NotCreated,
            format!("it is not on the platform, {}", known.read()),
            &names,
        ),
    }
}
