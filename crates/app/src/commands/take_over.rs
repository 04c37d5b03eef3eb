//! `muster adopt --from-legacy URL`: takes over the groups of the integration that Muster replaces (feature Z14).
//!
//! Not here: the decisions (`reconcile::takeover`); the comparison of the weeks after it (`compare.rs`).
//!
//! Invariant: mappings are brought only where that was asked for, and before the groups, which need them.

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::Arc;

use reconcile::finding::Finding;
use reconcile::keys::CourseId;
use serde_json::{Value, json};
use store::{Flag, MappingChange, MappingFilter, MappingKey, MappingSettings, RunKind};

use super::mend::{Mending, mend};
use crate::app::{App, person};
use crate::ask::{Consent, ask};
use crate::cli::AdoptArgs;
use crate::config::DatabaseUrl;
use crate::exit::{Exit, Failure};
use crate::mending::Goal;
use crate::output::Output;
use crate::present::table::{bad, counted, faint, strong};
use crate::run::{Finished, RunWish, Scope, Until};
use crate::sources::{OldDatabase, read_old_database};

/// Examples shown of each cause.
const EXAMPLES_MAX: usize = 5;

const NOTHING: &str = "Nothing is left that could be taken over.";

/// What is said instead while the mappings are missing that the groups need.
const NOT_YET: &str = "Groups can be matched once the mappings of their modules are here.";

/// What the audit log says of a mapping that was brought.
const REASON: &str = "taken over from the old database";

pub(crate) async fn run(
    app: &App,
    args: &AdoptArgs,
    address: &str,
    output: &Output,
) -> Result<Exit, Failure> {
    let old = read_old(app, address).await?;
    let consent = Consent::of(args.consent.yes, output);
    let mut mappings = if args.mappings { new_mappings(app, &old).await? } else { NewMappings::default() };
    if !mappings.rows.is_empty() {
        let is_wanted = match consent {
            Consent::Given => true,
            Consent::Nobody => false,
            Consent::Ask => {
                output.text(&(summary(&old) + &mappings.text()))?;
                ask("Bring these mappings?")?
            }
        };
        if is_wanted {
            bring(app, &mappings).await?;
            mappings.are_brought = true;
        }
    }
    let (scope, named) = if args.course.is_empty() {
        (Scope::All, String::new())
    } else {
        let courses = args.course.iter().copied().map(CourseId).collect();
        let named = args.course.iter().map(|course| format!(" --course {course}")).collect();
        (Scope::of_courses(courses), named)
    };
    let with_mappings = if args.mappings { " --mappings" } else { "" };
    let wish = RunWish {
        kind: RunKind::Adopt,
        import: true,
        until: Until::Apply(None),
        scope,
        goal: Goal::TakeOver(Arc::new(old.records.clone())),
        accept_new_site: false,
    };
    let command = format!("muster adopt --from-legacy {}{with_mappings}{named} --yes", old.url);
    let nothing = if mappings.rows.is_empty() || mappings.are_brought {
        NOTHING.to_owned()
    } else {
        format!("{NOT_YET} next: {command}")
    };
    let mending = Mending {
        wish,
        nothing: &nothing,
        command: command.clone(),
        tell: &|finished| tell(finished, &old, &mappings),
        details: &|finished| details(finished, &old, &mappings),
    };
    let exit = mend(app, &mending, args.consent.yes, output).await?.exit();
    Ok(if exit == Exit::Done && !old.odd.is_empty() { Exit::Attention } else { exit })
}

/// Reads the old database.
pub(super) async fn read_old(app: &App, address: &str) -> Result<OldDatabase, Failure> {
    let own = app.config.database.reveal();
    if DatabaseUrl::parse(address, &app.config.base_dir).is_ok_and(|address| address.reveal() == own) {
        let message = "that is Muster's own database, whose views have the old names";
        return Err(Failure::new(Exit::Usage, message).hint("name the database of the old tool"));
    }
    let read = read_old_database(address, &app.config.base_dir).await;
    read.map_err(|error| {
        let next = error.next_step();
        Failure::of(Exit::Source, error).hint(next)
    })
}

/// Mappings of the old database that are not here, or otherwise.
#[derive(Default)]
struct NewMappings {
    rows: Vec<(MappingKey, MappingSettings)>,
    added: u64,
    changed: u64,
    unchanged: u64,
    are_brought: bool,
}

impl NewMappings {
    fn text(&self) -> String {
        let NewMappings { added, changed, unchanged, .. } = self;
        if self.are_brought {
            format!("Mappings: {added} were added, {changed} changed, {unchanged} left as they were\n")
        } else {
            format!(
                "Mappings: {added} to add, {changed} to change, {unchanged} as they are; not brought yet\n"
            )
        }
    }
}

async fn new_mappings(app: &App, old: &OldDatabase) -> Result<NewMappings, Failure> {
    let source = app.default_source();
    let known = app.store.mappings(&MappingFilter::default(), &source).await?;
    let mut known: HashMap<MappingKey, MappingSettings> =
        known.into_iter().map(|row| (row.key, row.settings)).collect();
    let mut new = NewMappings::default();
    for row in &old.mappings {
        let key = MappingKey { course: row.course, source: source.clone(), module: row.module.clone() };
        let before = known.get(&key);
        let settings = MappingSettings {
            group_import: Flag::from_word(&row.group_import),
            mapping_action: Flag::from_word(&row.mapping_action),
            ..before.cloned().unwrap_or_default()
        };
        match before {
            Some(before) if *before == settings => new.unchanged += 1,
            Some(_) => new.changed += 1,
            None => new.added += 1,
        }
        if before != Some(&settings) {
            known.insert(key.clone(), settings.clone());
            new.rows.push((key, settings));
        }
    }
    Ok(new)
}

async fn bring(app: &App, mappings: &NewMappings) -> Result<(), Failure> {
    let (source, who) = (app.default_source(), person());
    let change = MappingChange { default_source: &source, who: &who, reason: REASON, now: app.clock.now() };
    app.store.import_mappings(&mappings.rows, &change).await?;
    Ok(())
}

fn tell(finished: &Finished, old: &OldDatabase, mappings: &NewMappings) -> String {
    let mut text = format!("\n{}", summary(old));
    if !mappings.rows.is_empty() {
        text.push_str(&mappings.text());
    }
    for finding in notices(finished) {
        let _ = writeln!(text, "\n{} ({})", strong(finding.0), finding.1.len());
        for finding in finding.1.iter().take(EXAMPLES_MAX) {
            let _ = writeln!(text, "  course {}: {}", finding.course, finding.detail);
        }
        if finding.1.len() > EXAMPLES_MAX {
            let _ = writeln!(text, "  {}", faint(&format!("… and {} more", finding.1.len() - EXAMPLES_MAX)));
        }
        if let Some(first) = finding.1.first() {
            let _ = writeln!(text, "  next: {}", first.remedy());
        }
    }
    if !old.odd.is_empty() {
        let _ = writeln!(
            text,
            "\n{} ({})",
            bad("Rows of the old database that could not be understood"),
            old.odd.len()
        );
        for odd in old.odd.iter().take(EXAMPLES_MAX) {
            let _ = writeln!(text, "  {} {}: {}", odd.table, odd.row, odd.detail);
        }
        if old.odd.len() > EXAMPLES_MAX {
            let _ = writeln!(text, "  {}", faint(&format!("… and {} more", old.odd.len() - EXAMPLES_MAX)));
        }
        let _ = writeln!(
            text,
            "  next: correct or delete them in the old database, then run the same command again"
        );
    }
    text.push('\n');
    text
}

/// What the story of a run only counts, with its findings: here it is what people want to read.
fn notices(finished: &Finished) -> Vec<(&'static str, Vec<&Finding>)> {
    let mut notices: Vec<(&'static str, Vec<&Finding>)> = Vec::new();
    for cause in finished.report.causes.iter().filter(|cause| cause.severity == "notice") {
        let findings = finished.plans.iter().flat_map(|plan| &plan.findings);
        notices
            .push((cause.title, findings.filter(|finding| finding.reason.code() == cause.reason).collect()));
    }
    notices
}

/// What the old database holds, in a line or two.
pub(super) fn summary(old: &OldDatabase) -> String {
    let groups: usize = old.records.courses.values().map(|course| course.groups.len()).sum();
    let courses = old.records.courses.values().filter(|course| !course.groups.is_empty()).count();
    let members: usize = old.records.members.values().map(|members| members.len()).sum();
    let mut text = format!(
        "The old database {} has {} in {}, {} and {}\n",
        old.url,
        counted(groups as u64, "group", "groups"),
        counted(courses as u64, "course", "courses"),
        counted(members as u64, "membership", "memberships"),
        counted(old.mappings.len() as u64, "mapping", "mappings"),
    );
    if !old.missing.is_empty() {
        let _ = writeln!(text, "  it has no {}", old.missing.join(", "));
    }
    text
}

fn details(finished: &Finished, old: &OldDatabase, mappings: &NewMappings) -> Value {
    let findings = finished.plans.iter().flat_map(|plan| &plan.findings);
    let findings: Vec<Value> = findings
        .map(|finding| {
            json!({
                "course": finding.course.0,
                "reason": finding.reason.code(),
                "module": finding.subject.module,
                "group": finding.subject.group.as_ref().map(|key| &key.group),
                "detail": finding.detail,
                "remedy": finding.remedy(),
            })
        })
        .collect();
    json!({
        "old_database": old.url,
        "missing_tables": old.missing,
        "mappings": {
            "brought": mappings.are_brought, "added": mappings.added, "changed": mappings.changed,
            "unchanged": mappings.unchanged,
        },
        "findings": findings,
        "odd_rows": old.odd,
    })
}
