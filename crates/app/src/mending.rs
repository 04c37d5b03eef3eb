//! The plans of a run by what it is for: in step with the source, undone, forgotten, or taken over.
//!
//! Not here: how courses are read and compared (`planning.rs`, `reconcile`), and what is selected (`select.rs`).
//!
//! Invariant: the mappings of what is undone are frozen before anything is sent, because the next night would do it all
//! again.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use reconcile::finding::{Finding, Reason, Subject};
use reconcile::forget::{Forgotten, forget};
use reconcile::keys::{CourseId, GroupId, GroupKey, GroupingKey, Text};
use reconcile::observed::Observed;
use reconcile::operation::{Because, Change, Fingerprint};
use reconcile::plan::CoursePlan;
use reconcile::takeover::OldRecords;
use reconcile::undo::{Deed, Dropped, Past, undo};
use store::{
    JournalRow, MappingChange, MappingFilter, MappingKey, MappingSettings, OperationFilter, OperationState,
    RunId, RunKind, Tombstone, TombstoneFilter, TombstoneKind,
};
use targets::moodle::Moodle;

use crate::app::{App, person};
use crate::choose::Choice;
use crate::exit::Failure;
use crate::planning::{COURSES_AT_ONCE, make_plans, name_plans, read_whole};
use crate::select::{Select, Selected, select};
use crate::take_over::take_over_plans;

/// What a run is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Goal {
    /// To bring the platform in step with the source, or to do a part of that.
    InStep(Select),
    /// To take back what a run did.
    Undo(RunId),
    /// To drop our memory of something.
    Forget(BTreeMap<CourseId, Forgotten>),
    /// To take over what the integration made that Muster replaces.
    TakeOver(Arc<OldRecords>),
}

/// Makes the plans of a run.
pub(crate) async fn plans_for(
    app: &App,
    moodle: &Moodle,
    goal: &Goal,
    choice: &Choice,
    refused: &HashSet<Fingerprint>,
) -> Result<(Vec<CoursePlan>, Selected), Failure> {
    let courses: Vec<CourseId> = choice.courses.iter().map(|state| state.course).collect();
    let mut plans = match goal {
        Goal::InStep(selection) => {
            let mut plans = make_plans(app, moodle, choice, refused).await?;
            let links = match selection {
                Select::Repairs => app.store.links(&courses).await?,
                Select::All | Select::About(_) | Select::Adoptions => BTreeMap::new(),
            };
            let selected = select(selection, &mut plans, &links);
            return Ok((plans, selected));
        }
        Goal::Undo(run) => undo_plans(app, moodle, *run, &courses).await?,
        Goal::Forget(what) => {
            let links = app.store.links(&courses).await?;
            let plan = |(course, links)| CoursePlan {
                course,
                operations: what
                    .get(&course)
                    .map_or_else(Vec::new, |what| forget(course, &links, what, Because::Asked)),
                ..CoursePlan::default()
            };
            links.into_iter().map(plan).collect()
        }
        Goal::TakeOver(old) => take_over_plans(app, moodle, old, choice).await?,
    };
    name_plans(&choice.courses, &mut plans);
    Ok((plans, Selected::default()))
}

async fn undo_plans(
    app: &App,
    moodle: &Moodle,
    run: RunId,
    courses: &[CourseId],
) -> Result<Vec<CoursePlan>, Failure> {
    let mut plans = Vec::with_capacity(courses.len());
    for some in courses.chunks(COURSES_AT_ONCE) {
        let snapshots = app.store.snapshots(some, &app.default_source(), app.clock.now()).await?;
        let mut observed = read_whole(app, moodle, &snapshots, &|_| Default::default()).await;
        for snapshot in &snapshots {
            let rows = OperationFilter { course: Some(snapshot.course), ..OperationFilter::default() };
            let rows = app.store.operations(run, &rows).await?;
            let graves = TombstoneFilter {
                course: Some(snapshot.course),
                run: Some(run),
                ..TombstoneFilter::default()
            };
            let graves = app.store.tombstones(&graves).await?;
            let past = Past {
                course: snapshot.course,
                deeds: rows.iter().filter(|row| is_done(row)).map(deed).collect(),
                dropped: graves.iter().filter_map(dropped).collect(),
            };
            let unread = || Observed::Unknown("it was not read".into());
            let observed = observed.remove(&snapshot.course).unwrap_or_else(unread);
            let mut plan = undo(&past, &snapshot.links, &observed);
            plan.findings.extend(unanswered(snapshot.course, &rows));
            plans.push(plan);
        }
    }
    Ok(plans)
}

/// Tells whether an operation of a run was carried out.
pub(crate) fn is_done(row: &JournalRow) -> bool {
    matches!(row.state, OperationState::Done | OperationState::AlreadySo)
}

fn unanswered(course: CourseId, rows: &[JournalRow]) -> Option<Finding> {
    let count =
        rows.iter().filter(|row| matches!(row.state, OperationState::Unknown | OperationState::Sent)).count();
    (count > 0).then(|| Finding {
        course,
        reason: Reason::NotUndone,
        subject: Subject::default(),
        detail: format!("{count} operations of which nobody knows what became are not undone").into(),
    })
}

fn deed(row: &JournalRow) -> Deed {
    Deed {
        kind: row.kind.clone(),
        idnumber: row.idnumber.clone(),
        name: row.name.clone(),
        person: row.person.clone(),
        user: row.user,
        before: row.before.clone(),
        after: row.after.clone(),
    }
}

/// A tombstone as what was dropped; one that was written by hand and lacks a part is passed over.
fn dropped(grave: &Tombstone) -> Option<Dropped> {
    let Tombstone { source, module, idnumber, name, term, .. } = grave;
    let group_key = || {
        let (group, part) = (grave.group.clone()?, grave.part?);
        Some(GroupKey { source: source.clone(), module: module.clone(), group, part })
    };
    let (idnumber, name) = (idnumber.clone(), name.clone());
    Some(match grave.kind {
        TombstoneKind::Group => Dropped::Group {
            key: group_key()?,
            idnumber,
            name,
            term: term.clone(),
            id: grave.moodle_id.map(GroupId),
        },
        TombstoneKind::Grouping => Dropped::Grouping {
            key: GroupingKey { source: source.clone(), module: module.clone() },
            idnumber,
            name,
        },
        TombstoneKind::Member => Dropped::Member {
            group: group_key()?,
            user: grave.user?,
            person: grave.person.clone()?,
            role: grave.role,
        },
    })
}

/// What a run for an undo is confined to, in words; they also mark the mappings that it froze.
pub(crate) fn undo_words(run: RunId) -> String {
    format!("undo of run {}", run.0)
}

/// The mappings of everything that an undo sends.
pub(crate) fn mappings_of(plans: &[CoursePlan]) -> BTreeSet<MappingKey> {
    let sent = plans.iter().flat_map(|plan| &plan.operations).filter(|operation| operation.sends());
    let keys = sent.filter_map(|operation| {
        let (source, module) = match &operation.change {
            Change::CreateGrouping { grouping }
            | Change::AdoptGrouping { grouping, .. }
            | Change::RenameGrouping { grouping, .. }
            | Change::DeleteGrouping { grouping } => (&grouping.key.source, &grouping.key.module),
            _ => operation.group().map(|group| (&group.key.source, &group.key.module))?,
        };
        Some(MappingKey { course: operation.course, source: source.clone(), module: module.clone() })
    });
    keys.collect()
}

/// Freezes the mappings of what is undone, so that the next night leaves it. Where an undo is undone, the mappings that
/// it froze are active again instead.
pub(crate) async fn settle_mappings(app: &App, undone: RunId, plans: &[CoursePlan]) -> Result<(), Failure> {
    let source = app.default_source();
    let earlier = app.store.run(undone).await?.filter(|run| run.begun.kind == RunKind::Undo);
    let words = undo_words(undone);
    let change =
        MappingChange { default_source: &source, who: &person(), reason: &words, now: app.clock.now() };
    for key in mappings_of(plans) {
        let filter = MappingFilter {
            course: Some(key.course),
            module: Some(key.module.clone()),
            source: Some(key.source.clone()),
            ..MappingFilter::default()
        };
        let Some(row) = app.store.mappings(&filter, &source).await?.into_iter().next() else { continue };
        let settings = match &earlier {
            None => frozen(row.settings, &words),
            Some(run) => thawed(row.settings, &run.begun.scope),
        };
        app.store.set_mapping(&key, &settings, &change).await?;
    }
    Ok(())
}

fn frozen(settings: MappingSettings, mark: &str) -> MappingSettings {
    if !settings.active {
        return settings;
    }
    let reason: Text = match &settings.reason {
        Some(reason) => format!("{reason} ({mark})").into(),
        None => mark.into(),
    };
    MappingSettings { active: false, reason: Some(reason), ..settings }
}

/// Makes a mapping active again if it bears the mark of the undo that froze it.
fn thawed(settings: MappingSettings, mark: &str) -> MappingSettings {
    let reason = settings.reason.as_deref().unwrap_or_default();
    if settings.active {
        return settings;
    }
    let before = match reason.strip_suffix(&format!(" ({mark})")) {
        Some(before) => Some(before.into()),
        None if reason == mark => None,
        None => return settings,
    };
    MappingSettings { active: true, reason: before, ..settings }
}
