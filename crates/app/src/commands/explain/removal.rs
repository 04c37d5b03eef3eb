//! `muster explain course X --removal`: why groups that should be gone are still there (feature K5).
//!
//! For each module that has groups of ours, or had: did a person ask for the removal, does another mapping still want
//! them, what does the policy do, does a limit hold it, does somebody else protect it?
//!
//! Not here: the removal itself (`reconcile::plan`).

use std::collections::BTreeSet;

use reconcile::finding::Reason;
use reconcile::keys::{CourseId, ModuleCode, SourceName};
use reconcile::link::{GroupLink, LinkState};
use reconcile::policy::{OnUnmap, Policy};
use reconcile::snapshot::Wish;
use store::{Tombstone, TombstoneFilter, TombstoneKind};

use super::chain::{Chain, Step};
use super::code::Code;
use super::memory::{Known, Memory};
use super::{Answer, Several, find, live, steps};
use crate::app::App;
use crate::clock::written;
use crate::exit::Failure;
use crate::present::table::counted;

/// How many groups are named.
const NAMES_SHOWN: usize = 5;

type Module = (SourceName, ModuleCode);

/// Explains the removals of the courses that a person may mean: a chain for each module.
pub(super) async fn answer(app: &App, memory: &Memory, asked: &str, live: bool) -> Result<Answer, Failure> {
    let courses = find::courses(app, asked, live).await?;
    let mut all = Known::load(app, memory, &courses).await?;
    if live {
        live::ask(app, memory, &mut all).await?;
    }
    let mut chains = Vec::new();
    for known in &all {
        let filter = TombstoneFilter { course: Some(known.course), ..TombstoneFilter::default() };
        let mut graves = app.store.tombstones(&filter).await?;
        graves.retain(|grave| grave.kind == TombstoneKind::Group);
        for module in modules(known, &graves) {
            let elsewhere = app.store.courses_of_module(&module.1).await?;
            chains.push(chain(memory, known, &module, &graves, &elsewhere, &app.config.policy));
        }
        if chains.is_empty() {
            let step = Step::well("platform", "no group here is or was ours, and none is to be removed");
            chains.push(Chain::of(known.title.clone(), ask(known), vec![step]));
        }
    }
    Ok(Answer { chains, several: Several::Places })
}

fn ask(known: &Known) -> String {
    format!("muster explain course {} --removal", known.course)
}

/// The modules that have or had groups here, or whose removal a person asked for.
fn modules(known: &Known, graves: &[Tombstone]) -> BTreeSet<Module> {
    let linked = known.snapshot.links.groups.keys().map(|key| (key.source.clone(), key.module.clone()));
    let gone = graves.iter().map(|grave| (grave.source.clone(), grave.module.clone()));
    let removed = known.snapshot.mappings.iter().filter(|mapping| mapping.wish == Wish::Remove);
    let removed = removed.map(|mapping| (mapping.source.clone(), mapping.module.clone()));
    linked.chain(gone).chain(removed).collect()
}

fn chain(
    memory: &Memory,
    known: &Known,
    module: &Module,
    graves: &[Tombstone],
    elsewhere: &[CourseId],
    policy: &Policy,
) -> Chain {
    let title = format!("removal of the groups of {} from {}", module.1, known.title);
    let left = left(known, module);
    let mut steps: Vec<Step> = elsewhere_step(known, module, elsewhere).into_iter().collect();
    steps.push(wish_step(memory, known, module, left.len()));
    steps.push(policy_step(known, module, left.len(), policy));
    steps.extend(steps::findings(known.findings.iter().filter(|row| stops(row, module))));
    let of_module =
        |row: &store::JournalRow| {
            is_removal(&row.kind)
                && known.snapshot.links.groups.iter().any(|(key, link)| {
                    is_of(module, &key.source, &key.module) && link.idnumber == row.idnumber
                })
                || row.kind.as_ref() == "delete_grouping"
        };
    steps.extend(steps::open(memory, known, of_module));
    steps.push(left_step(known, module, &left, graves));
    Chain::of(title, ask(known), steps)
}

fn is_of(module: &Module, source: &SourceName, code: &ModuleCode) -> bool {
    module.0 == *source && module.1 == *code
}

fn is_removal(kind: &str) -> bool {
    matches!(kind, "delete_group" | "delete_grouping" | "remove_member" | "unassign_grouping")
}

/// The names of the module's groups that are still there.
fn left(known: &Known, module: &Module) -> Vec<String> {
    let shown = known.live.as_ref().and_then(|live| live.course());
    let is_there = |link: &GroupLink| {
        shown.is_none_or(|course| course.groups.iter().any(|group| Some(group.id) == link.id))
    };
    let links = known.snapshot.links.groups.iter();
    links
        .filter(|(key, link)| is_of(module, &key.source, &key.module) && link.state != LinkState::Archived)
        .filter(|(_, link)| is_there(link))
        .map(|(_, link)| link.name_shown.to_string())
        .collect()
}

/// Whether a person asked for the removal, and whether another row of the mappings speaks against it.
fn wish_step(memory: &Memory, known: &Known, module: &Module, left: usize) -> Step {
    let rows: Vec<_> =
        known.mappings.iter().filter(|row| is_of(module, &row.key.source, &row.key.module)).collect();
    let removed = rows.iter().find(|row| row.settings.wish(memory.now) == Wish::Remove);
    let names = steps::names(known, Some(&module.1));
    if let Some(step) = steps::contradiction(memory, known, &rows) {
        return step;
    }
    match (known.snapshot.wish(&module.0, &module.1), removed) {
        (Some(Wish::Remove), Some(row)) => {
            let by = row.changed_by.as_deref().map(|who| format!(" by {who}")).unwrap_or_default();
            let when = row.changed_at.map(|at| format!(", {}", written(at))).unwrap_or_default();
            Step::well("mapping", format!("the removal of {} was asked for{by}{when}", module.1))
        }
        (Some(Wish::Want), _) => {
            let text = format!("nobody asked for the removal of {}: its flags are ADD", module.1);
            Step::broken("mapping", Code::StillWanted, text, &names)
        }
        (Some(Wish::Keep | Wish::Remove), _) => {
            let key = reconcile::keys::GroupKey {
                source: module.0.clone(),
                module: module.1.clone(),
                group: "".into(),
                part: reconcile::keys::Part::Everyone,
            };
            steps::mapping(memory, known, Some(&key))
        }
        (None, _) if left == 0 => Step::well("mapping", format!("{} is no longer mapped here", module.1)),
        (None, _) => {
            let text = format!("the row of {} is gone, but nobody said that its groups shall go", module.1);
            Step::broken("mapping", Code::Found(Reason::NotMapped), text, &names)
                .mended_by(format!("`muster map remove {} {}`", known.course, module.1))
        }
    }
}

/// Other courses that the module fills: nothing is removed there.
fn elsewhere_step(known: &Known, module: &Module, courses: &[CourseId]) -> Option<Step> {
    let others: Vec<String> =
        courses.iter().filter(|course| **course != known.course).map(ToString::to_string).collect();
    (!others.is_empty()).then(|| {
        let text =
            format!("{} is also mapped to course {}; nothing is removed there", module.1, others.join(", "));
        Step::well("mapping", text)
    })
}

/// What the policy does with the groups of a removed mapping.
fn policy_step(known: &Known, module: &Module, left: usize, policy: &Policy) -> Step {
    let names = steps::names(known, Some(&module.1));
    let words = match policy.on_unmap {
        OnUnmap::Delete => return Step::well("policy", "on_unmap deletes the groups of a removed mapping"),
        OnUnmap::Keep => "on_unmap keeps the groups of a removed mapping as they are",
        OnUnmap::Empty => "on_unmap keeps the groups of a removed mapping, without our members",
        OnUnmap::Archive => "on_unmap keeps the groups of a removed mapping under another name",
    };
    if left == 0 {
        Step::well("policy", words)
    } else {
        Step::broken("policy", Code::KeptByPolicy, words, &names)
    }
}

/// Tells whether a finding stands in the way of a removal.
fn stops(row: &store::FindingRow, module: &Module) -> bool {
    let subject = &row.finding.subject;
    let of_module = match &subject.group {
        Some(group) => is_of(module, &group.source, &group.module),
        None => subject.module.as_ref().is_none_or(|code| *code == module.1),
    };
    of_module
        && matches!(
            row.finding.reason,
            Reason::ProtectedMember
                | Reason::TargetRefused
                | Reason::GroupingInUse
                | Reason::Unanswered
                | Reason::HeldByLimit
                | Reason::Skipped
                | Reason::Rejected
                | Reason::RemovalWaits
                | Reason::TermAbsent
                | Reason::ReadIncomplete
                | Reason::CourseGone
        )
}

/// What is left, and what went.
fn left_step(known: &Known, module: &Module, left: &[String], graves: &[Tombstone]) -> Step {
    let gone: Vec<&Tombstone> =
        graves.iter().filter(|grave| is_of(module, &grave.source, &grave.module)).collect();
    let went = match gone.first() {
        Some(newest) => format!(
            "{} went, the last {} by run {}",
            counted(gone.len() as u64, "group", "groups"),
            written(newest.dropped_at),
            newest.run.0
        ),
        None => "none went yet".to_owned(),
    };
    if left.is_empty() {
        return Step::well("platform", format!("no group of {} is left, {}; {went}", module.1, known.read()));
    }
    let mut named = left.iter().take(NAMES_SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    if left.len() > NAMES_SHOWN {
        named.push_str(", …");
    }
    let count = counted(left.len() as u64, "group is", "groups are");
    let text = format!("{count} still there ({named}), {}; {went}", known.read());
    Step::note("platform", Code::RemovalDue, text, &steps::names(known, Some(&module.1)))
}
