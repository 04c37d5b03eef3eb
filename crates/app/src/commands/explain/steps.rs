//! The checks that more than one chain makes: mapping, source, rejected rows, and what the newest run left open.
//!
//! Not here: how they are told (`chain.rs`).

use reconcile::finding::{Reason, Severity};
use reconcile::keys::{GroupKey, ModuleCode};
use reconcile::snapshot::{Presence, SourceGroup, SourceModule, Wish};
use store::{FindingRow, MappingRow, OperationState, PauseScope, RejectionRow};

use super::chain::{Names, Step};
use super::code::Code;
use super::memory::{Known, Memory};
use crate::clock::written;
use crate::present::table::counted;

/// The names of a course and a module for remedies; the module only where it is known which.
pub(super) fn names(known: &Known, module: Option<&ModuleCode>) -> Names {
    Names {
        course: known.course.to_string(),
        module: module.map(ToString::to_string).unwrap_or_default(),
        ..Names::default()
    }
}

/// Whether anything is wanted: the mappings of the course, or of one group's module.
pub(super) fn mapping(memory: &Memory, known: &Known, of: Option<&GroupKey>) -> Step {
    let rows: Vec<&MappingRow> = known
        .mappings
        .iter()
        .filter(|row| of.is_none_or(|key| row.key.module == key.module && row.key.source == key.source))
        .collect();
    let modules = |wish: Wish| {
        let mut modules: Vec<&str> = rows
            .iter()
            .filter(|row| known.snapshot.wish(&row.key.source, &row.key.module) == Some(wish))
            .map(|row| row.key.module.as_str())
            .collect();
        modules.dedup();
        modules.join(", ")
    };
    if let Some(step) = contradiction(memory, known, &rows) {
        return step;
    }
    let (wanted, removed, kept) = (modules(Wish::Want), modules(Wish::Remove), modules(Wish::Keep));
    if !wanted.is_empty() {
        let mut text = format!("wanted: {wanted}");
        for (word, modules) in [("removed by a person", removed), ("left as it is", kept)] {
            if !modules.is_empty() {
                text.push_str(&format!("; {word}: {modules}"));
            }
        }
        return Step::well("mapping", text);
    }
    // The one that comes closest to being wanted tells.
    let tells =
        |wish| rows.iter().find(|row| known.snapshot.wish(&row.key.source, &row.key.module) == Some(wish));
    match tells(Wish::Keep).or(tells(Wish::Remove)) {
        Some(row) => unwanted(memory, known, row),
        None => {
            let module = of.map(|key| &key.module);
            let what = module.map_or("no module".to_owned(), ToString::to_string);
            let not = if of.is_some() { "not " } else { "" };
            let text = format!("{what} is {not}mapped to {}", known.title);
            let names = names(known, module);
            let command = format!("muster map add {} {}", known.course, or_word(&names.module, "MODULE"));
            Step::broken("mapping", Code::Found(Reason::NotMapped), text, &names)
                .mended_by(format!("tick the module, or `{command}`"))
        }
    }
}

/// Two rows about the same module that contradict each other; where nothing else is wanted, that is the answer.
pub(super) fn contradiction(memory: &Memory, known: &Known, rows: &[&MappingRow]) -> Option<Step> {
    let wish = |row: &MappingRow| row.settings.wish(memory.now);
    let removed = |row: &&&MappingRow| wish(row) == Wish::Remove;
    let row = rows.iter().find(|row| {
        let same = |other: &&&MappingRow| other.key == row.key && removed(other);
        wish(row) == Wish::Want && rows.iter().any(|other| same(&other))
    })?;
    let module = &row.key.module;
    let text =
        format!("one row of mapped_modules brings {module}, another one removes it; nothing is touched");
    Some(Step::broken("mapping", Code::Contradiction, text, &names(known, Some(module))))
}

fn or_word<'a>(name: &'a str, word: &'a str) -> &'a str {
    if name.is_empty() { word } else { name }
}

/// Why a mapping that is there is not in force.
fn unwanted(memory: &Memory, known: &Known, row: &MappingRow) -> Step {
    let module = &row.key.module;
    let names = names(known, Some(module));
    let by = row.changed_by.as_deref().map(|who| format!(" by {who}")).unwrap_or_default();
    let broken = |code, text: String| Step::broken("mapping", code, text, &names).since(row.changed_at);
    let settings = &row.settings;
    match settings.wish(memory.now) {
        Wish::Remove => {
            let links = known.snapshot.links.groups.keys();
            let still =
                links.filter(|key| key.module == *module && key.source == row.key.source).count() as u64;
            let left = if still == 0 {
                String::new()
            } else {
                format!("; {} still there, and --removal says why", counted(still, "group is", "groups are"))
            };
            broken(Code::Unticked, format!("{module} was removed{by} (a flag is RMV){left}"))
        }
        Wish::Keep if !settings.active => broken(Code::Frozen, format!("{module} was deactivated{by}")),
        Wish::Keep if settings.valid_from.is_some_and(|from| memory.now < from) => {
            let from = settings.valid_from.map(written).unwrap_or_default();
            broken(Code::OutsideDates, format!("{module} begins to count {from}"))
        }
        Wish::Keep if settings.valid_until.is_some_and(|until| until <= memory.now) => {
            let until = settings.valid_until.map(written).unwrap_or_default();
            broken(Code::OutsideDates, format!("{module} counted until {until}")).since(settings.valid_until)
        }
        Wish::Keep => broken(Code::NotDecided, format!("{module} is mapped, and nobody ticked it yet")),
        Wish::Want => paused(memory, known, row),
    }
}

fn paused(memory: &Memory, known: &Known, row: &MappingRow) -> Step {
    let module = &row.key.module;
    let covers = |scope: &PauseScope| scope.covers(known.course, &row.key.source, module);
    let names = names(known, Some(module));
    match memory.pauses.iter().find(|pause| covers(&pause.pause.scope)) {
        Some(found) => {
            let (scope, until) = (&found.pause.scope, written(found.pause.ends_at));
            let text = format!(
                "{module} is paused with {scope} until {until}, by {}: {}",
                found.pause.owner, found.pause.reason
            );
            let remedy =
                format!("nothing to do until then; `muster resume {}` ends the pause now", found.id.0);
            Step::broken("mapping", Code::Paused, text, &names)
                .since(Some(found.pause.begins_at))
                .mended_by(remedy)
        }
        // The wish and the pauses are read one after the other; a pause may have ended in between.
        None => Step::well("mapping", format!("wanted: {module}")),
    }
}

/// What the newest accepted deliveries say about the wanted modules.
pub(super) fn source(memory: &Memory, known: &Known) -> Vec<Step> {
    let wanted: Vec<&SourceModule> = known
        .snapshot
        .modules
        .iter()
        .filter(|said| known.snapshot.wish(&said.source, &said.module) == Some(Wish::Want))
        .collect();
    let mut steps: Vec<Step> = wanted.iter().filter_map(|said| refused(memory, known, said)).collect();
    steps.dedup_by(|one, other| one.is_like(other));
    let absent = |said: &&&SourceModule| said.presence == Presence::Absent;
    if let Some(first) = wanted.iter().find(absent) {
        let silent: Vec<&str> = wanted.iter().filter(absent).map(|said| said.module.as_str()).collect();
        let text = format!("{}; what was there is kept", memory.lacks(&first.source, &silent.join(", ")));
        let step = not_in_source(known, Some(&first.module), text);
        // Another module of the course may be well, so the chain goes on.
        let others_speak = wanted.iter().any(|said| said.presence == Presence::Delivered);
        steps.push(if others_speak { step.noted() } else { step });
    }
    let told: Vec<String> = wanted
        .iter()
        .filter(|said| said.presence == Presence::Delivered)
        .map(|said| format!("{} has {}", said.module, counted(said.groups.len() as u64, "group", "groups")))
        .collect();
    if let Some(first) = wanted.iter().find(|said| said.presence == Presence::Delivered) {
        let text = memory.has(&first.source, &told.join(", "));
        let is_empty = wanted.iter().all(|said| said.groups.is_empty());
        steps.push(if is_empty {
            Step::broken("source", Code::NoGroups, text, &names(known, Some(&first.module)))
        } else {
            Step::well("source", text)
        });
    }
    steps
}

/// What the source says about one group: the step, and the group where the source has it.
pub(super) fn source_of_group<'k>(
    memory: &Memory,
    known: &'k Known,
    key: &GroupKey,
) -> (Vec<Step>, Option<&'k SourceGroup>) {
    let Some(said) = known.snapshot.delivered(&key.source, &key.module) else {
        let text = memory.lacks(&key.source, key.module.as_str());
        return (vec![not_in_source(known, Some(&key.module), text)], None);
    };
    let mut steps: Vec<Step> = refused(memory, known, said).into_iter().collect();
    let group = said.groups.iter().find(|group| group.id == key.group);
    match group {
        Some(group) => {
            let people = counted(group.members.len() as u64, "person", "people");
            let kind = if group.kind.is_empty() { String::new() } else { format!(", kind {}", group.kind) };
            let term = if group.term.is_empty() { String::new() } else { format!(", term {}", group.term) };
            steps.push(Step::well("source", memory.has(&key.source, &format!("{people}{kind}{term}"))));
        }
        None => {
            let text = memory.lacks(&key.source, &format!("group {} of {}", key.group, key.module));
            steps.push(not_in_source(known, Some(&key.module), text));
        }
    }
    (steps, group)
}

/// The source does not have something; since when, the finding of the runs knows.
fn not_in_source(known: &Known, module: Option<&ModuleCode>, text: String) -> Step {
    let code = Code::Found(Reason::NotInSource);
    let found = known.findings.iter().find(|row| {
        row.finding.reason == Reason::NotInSource && row.finding.subject.module.as_ref() == module
    });
    let course = known.course;
    let what = module.map_or("MODULE", ModuleCode::as_str);
    Step::broken("source", code, text, &names(known, module)).since(found.map(|row| row.first_seen)).mended_by(
        format!(
            "ask the timetable office, then `muster import`; if {what} is over, `muster map remove {course} {what}`"
        ),
    )
}

/// The newest delivery of a module's source was refused.
fn refused(memory: &Memory, known: &Known, said: &SourceModule) -> Option<Step> {
    let row = memory.refused_delivery(&said.source)?;
    let text = format!("delivery {} of {} was refused: {}", row.id.0, said.source, row.doubts);
    let remedy =
        format!("ask the timetable office; if it is right, `muster import --accept {} --reason …`", row.id.0);
    Some(
        Step::note("source", Code::DeliveryRefused, text, &names(known, None))
            .since(Some(row.received_at))
            .mended_by(remedy),
    )
}

/// The rejected rows that are about something; nothing where there are none.
pub(super) fn rejected_rows(memory: &Memory, about: impl Fn(&RejectionRow) -> bool) -> Option<Step> {
    let rows: Vec<&RejectionRow> = memory.rejections.iter().filter(|row| about(row)).collect();
    let first = rows.first()?;
    let since = rows.iter().map(|row| row.first_seen).min();
    let others = match rows.len() - 1 {
        0 => String::new(),
        others => format!(", and {} more", counted(others as u64, "row", "rows")),
    };
    let text = format!("{} line {} of {}: {}{others}", first.table, first.line, first.source, first.detail);
    let remedy = "send the row to the timetable office; when it is corrected, `muster import`".to_owned();
    let code = Code::Found(Reason::Rejected);
    Some(Step::note("rejections", code, text, &Names::default()).since(since).mended_by(remedy))
}

/// The rejected rows of a course's modules.
pub(super) fn rejections(memory: &Memory, known: &Known) -> Step {
    let of_module = |row: &RejectionRow| {
        known.mappings.iter().any(|mapping| row.module.as_ref() == Some(&mapping.key.module))
    };
    rejected_rows(memory, of_module)
        .unwrap_or_else(|| Step::well("rejections", "no row of its modules was rejected"))
}

/// What runs found, as steps.
pub(super) fn findings<'a>(rows: impl Iterator<Item = &'a FindingRow>) -> Vec<Step> {
    let mut rows: Vec<&FindingRow> = rows.collect();
    // What needs a person comes first, notices come last.
    rows.sort_by_key(|row| std::cmp::Reverse(row.finding.reason.severity()));
    rows.into_iter().map(Step::of_finding).collect()
}

/// Findings of a whole course: many of one sort about people are told as one.
pub(super) fn findings_in_short(known: &Known) -> Vec<Step> {
    const ALIKE_MAX: usize = 3;
    let mut steps = Vec::new();
    for severity in [Severity::Attention, Severity::Pending, Severity::Notice] {
        for reason in Reason::ALL.iter().filter(|reason| reason.severity() == severity) {
            let rows: Vec<&FindingRow> =
                known.findings.iter().filter(|row| row.finding.reason == *reason).collect();
            steps.extend(rows.iter().take(ALIKE_MAX).map(|row| Step::of_finding(row)));
            if rows.len() > ALIKE_MAX {
                let more = counted((rows.len() - ALIKE_MAX) as u64, "more of the same", "more of the same");
                let since = rows.iter().map(|row| row.first_seen).min();
                let text = format!("{more} ({})", reason.title());
                steps.push(
                    Step::note("", Code::Found(*reason), text, &Names::default()).since(since).mended_by(
                        format!("`muster --format json explain course {}` lists all", known.course),
                    ),
                );
            }
        }
    }
    steps
}

/// What the newest run left open about something: waiting, approved, or not tried. What was refused or is unknown is
/// a finding.
pub(super) fn open(memory: &Memory, known: &Known, about: impl Fn(&store::JournalRow) -> bool) -> Vec<Step> {
    // A look at the platform just now is newer than any run.
    let Some(newest) = &known.newest else { return Vec::new() };
    let run = newest.run.0;
    let since = Some(newest.since);
    let names = Names { run: run.to_string(), ..names(known, None) };
    let rows: Vec<&store::JournalRow> = newest.open.iter().filter(|row| about(row)).collect();
    let (approved, waiting): (Vec<&store::JournalRow>, Vec<&store::JournalRow>) = rows
        .iter()
        .filter(|row| row.state == OperationState::Waiting)
        .partition(|row| memory.approved.contains(&row.fingerprint));
    let not_tried = rows.iter().filter(|row| row.state == OperationState::NotTried).copied().collect();
    let told = |rows: &[&store::JournalRow]| {
        let first =
            rows.first().map(|row| format!("{} {}{}", row.kind.replace('_', " "), row.name, of_person(row)));
        let others = match rows.len().saturating_sub(1) {
            0 => String::new(),
            others => format!(" and {} more", crate::present::table::thousands(others as u64)),
        };
        format!("{}{others}", first.unwrap_or_default())
    };
    let course = known.course;
    let cases: [(Code, Vec<&store::JournalRow>, &str, String); 3] = [
        (
            Code::Found(Reason::HeldByLimit),
            waiting,
            "waits for approval",
            format!(
                "`muster runs show {run} --course {course} --state waiting`, then `muster approve {run} --course {course} --reason …`"
            ),
        ),
        (
            Code::Approved,
            approved,
            "was approved",
            format!("the next run does it; `muster apply --course {course}` does it now"),
        ),
        (
            Code::NotTried,
            not_tried,
            "was not tried, because the run stopped",
            format!("the next run does it; `muster retry --run {run}` does it now"),
        ),
    ];
    let steps =
        cases.into_iter().filter(|(_, rows, ..)| !rows.is_empty()).map(|(code, rows, words, remedy)| {
            let text = format!("{} {words} (run {run})", told(&rows));
            Step::note("last run", code, text, &names).since(since).mended_by(remedy)
        });
    steps.collect()
}

fn of_person(row: &store::JournalRow) -> String {
    if row.person.is_empty() { String::new() } else { format!(" of {}", row.person) }
}
