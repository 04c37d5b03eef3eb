//! `muster map`: which module fills which course, and who is kept in or out whatever the source says.
//!
//! Not here: what becomes of a mapping (`reconcile`); the table (`store`).
//!
//! Invariant: every change names who and why in the audit log.

use reconcile::keys::{CourseId, ModuleCode};
use reconcile::snapshot::{Exception, ExceptionKind, Wish};
use serde_json::json;
use store::{
    ExceptionId, Flag, MappingChange, MappingFilter, MappingKey, MappingRow, MappingSettings, Timestamp,
};

use super::import::known_source;
use super::map_doubts::{doubts, in_words};
use crate::app::{App, person};
use crate::cli::{self, ExceptArgs, ExceptCommand, InOrOut, MapArgs, MapCommand};
use crate::clock::{DAY_S, written};
use crate::exit::{Exit, Failure};
use crate::output::{Output, unless_nobody_reads};
use crate::present::table::{bad, columns, counted, good, pending};
use crate::sources;

pub(crate) async fn run(app: &App, command: &MapCommand, output: &Output) -> Result<Exit, Failure> {
    match command {
        MapCommand::List { course, module } => list(app, *course, module.as_deref(), output).await,
        MapCommand::Add(args) => add(app, args, output).await,
        MapCommand::Set { mapping, group_import, active } => {
            set(app, mapping, *group_import, *active, output).await
        }
        MapCommand::Remove(args) => remove(app, args, output).await,
        MapCommand::Import { file, reason } => import(app, file, reason, output).await,
        MapCommand::Export => export(app).await,
        MapCommand::Except(command) => except(app, command, output).await,
    }
}

/// A mapping's wish in a word for people.
pub(crate) fn wish_word(wish: Wish) -> String {
    match wish {
        Wish::Want => good("wanted"),
        Wish::Keep => pending("frozen"),
        Wish::Remove => bad("removed"),
    }
}

async fn list(
    app: &App,
    course: Option<i64>,
    module: Option<&str>,
    output: &Output,
) -> Result<Exit, Failure> {
    let filter = MappingFilter {
        course: course.map(CourseId),
        module: module.map(Into::into),
        ..MappingFilter::default()
    };
    let mappings = app.store.mappings(&filter, &app.default_source()).await?;
    let now = app.clock.now();
    let document: Vec<_> = mappings
        .iter()
        .map(|row| {
            json!({
                "moodle_id": row.key.course, "modulecode": row.key.module, "source": row.key.source,
                "settings": row.settings, "wish": row.settings.wish(now),
            })
        })
        .collect();
    output.answer(&document, || {
        if mappings.is_empty() {
            return "No mappings. next: muster map add COURSE MODULE, or muster map import FILE".to_owned();
        }
        columns(
            &["course", "module", "group_import", "mapping_action", "wish", "changed", "by"],
            mappings.iter().map(|row| line(row, now)).collect(),
        )
    })?;
    Ok(Exit::Done)
}

fn line(row: &MappingRow, now: Timestamp) -> Vec<String> {
    let flag = |flag: &Option<Flag>| flag.as_ref().map_or("", Flag::as_str).to_owned();
    vec![
        row.key.course.to_string(),
        row.key.module.to_string(),
        flag(&row.settings.group_import),
        flag(&row.settings.mapping_action),
        wish_word(row.settings.wish(now)),
        row.changed_at.map(written).unwrap_or_default(),
        who(row),
    ]
}

/// Who changed a mapping last, as far as that is known. Muster always writes a name; an early one wrote "unknown".
fn who(row: &MappingRow) -> String {
    match row.changed_by.as_deref() {
        Some("unknown") => String::new(),
        Some(who) => who.to_owned(),
        None => "set by another program".to_owned(),
    }
}

fn key(app: &App, args: &MapArgs) -> Result<MappingKey, Failure> {
    if args.module.trim().is_empty() {
        return Err(Failure::new(Exit::Usage, "the module's code is empty").hint("muster map add 7 ANTH1014"));
    }
    let source = match &args.source {
        Some(name) => known_source(app, name)?,
        None if app.config.sources.len() > 1 => {
            let names: Vec<_> = app.config.sources.keys().map(ToString::to_string).collect();
            let message = format!("there are several sources: {}", names.join(", "));
            return Err(
                Failure::new(Exit::Usage, message).hint("--source NAME says which one knows the module")
            );
        }
        None => app.default_source(),
    };
    Ok(MappingKey { course: CourseId(args.course), source, module: ModuleCode(args.module.trim().into()) })
}

async fn current(app: &App, key: &MappingKey) -> Result<Option<MappingRow>, Failure> {
    let filter = MappingFilter {
        course: Some(key.course),
        module: Some(key.module.clone()),
        source: Some(key.source.clone()),
        ..MappingFilter::default()
    };
    Ok(app.store.mappings(&filter, &app.default_source()).await?.into_iter().next())
}

async fn put(app: &App, key: &MappingKey, settings: &MappingSettings, reason: &str) -> Result<(), Failure> {
    let (default_source, who) = (app.default_source(), person());
    let change = MappingChange { default_source: &default_source, who: &who, reason, now: app.clock.now() };
    app.store.set_mapping(key, settings, &change).await?;
    Ok(())
}

async fn add(app: &App, args: &MapArgs, output: &Output) -> Result<Exit, Failure> {
    let key = key(app, args)?;
    let before = current(app, &key).await?.map(|row| row.settings).unwrap_or_default();
    let reason = Some(args.reason.as_str()).filter(|reason| !reason.is_empty()).map(Into::into);
    let settings = MappingSettings {
        group_import: Some(Flag::Add),
        mapping_action: Some(Flag::Add),
        active: true,
        reason: reason.or(before.reason.clone()),
        ..before
    };
    put(app, &key, &settings, &args.reason).await?;
    let doubts = doubts(app, &key).await?;
    output.answer(&json!({ "moodle_id": key.course, "modulecode": key.module, "doubts": doubts }), || {
        let next = format!("next: muster plan --course {}", key.course);
        format!("{} fills course {}. {next}\n{}", key.module, key.course, in_words(&doubts))
    })?;
    Ok(Exit::Done)
}

async fn set(
    app: &App,
    args: &MapArgs,
    group_import: Option<cli::Flag>,
    active: Option<bool>,
    output: &Output,
) -> Result<Exit, Failure> {
    let key = key(app, args)?;
    let Some(row) = current(app, &key).await? else { return Err(no_mapping(&key)) };
    let mut settings = row.settings;
    if let Some(flag) = group_import {
        settings.group_import = Some(match flag {
            cli::Flag::Add => Flag::Add,
            cli::Flag::Rmv => Flag::Rmv,
        });
    }
    settings.active = active.unwrap_or(settings.active);
    put(app, &key, &settings, &args.reason).await?;
    let wish = settings.wish(app.clock.now());
    output.answer(&json!({ "moodle_id": key.course, "modulecode": key.module, "wish": wish }), || {
        format!(
            "{} in course {} is {}. next: muster plan --course {}",
            key.module,
            key.course,
            wish_word(wish),
            key.course
        )
    })?;
    Ok(Exit::Done)
}

fn no_mapping(key: &MappingKey) -> Failure {
    Failure::new(Exit::Usage, format!("{} is not mapped to course {}", key.module, key.course))
        .hint(format!("`muster map list --course {}` shows what is", key.course))
}

async fn remove(app: &App, args: &MapArgs, output: &Output) -> Result<Exit, Failure> {
    let key = key(app, args)?;
    let (default_source, who) = (app.default_source(), person());
    let change = MappingChange {
        default_source: &default_source,
        who: &who,
        reason: &args.reason,
        now: app.clock.now(),
    };
    let existed = app.store.remove_mapping(&key, &change).await?;
    if !existed {
        // The row may be gone although its groups are there (finding `not_mapped`): the wish is written down anew.
        let links = app.store.links(&[key.course]).await?.remove(&key.course).unwrap_or_default();
        let has_groups =
            links.groups.keys().any(|group| group.source == key.source && group.module == key.module);
        if !has_groups {
            return Err(no_mapping(&key));
        }
        let settings = MappingSettings { mapping_action: Some(Flag::Rmv), ..MappingSettings::default() };
        put(app, &key, &settings, &args.reason).await?;
    }
    output.answer(&json!({ "moodle_id": key.course, "modulecode": key.module }), || {
        format!(
            "The groups of {} in course {} go with the next run, as on_unmap says. next: muster plan --course {}",
            key.module, key.course, key.course
        )
    })?;
    Ok(Exit::Done)
}

async fn import(app: &App, file: &std::path::Path, reason: &str, output: &Output) -> Result<Exit, Failure> {
    let read = sources::read_mappings(file).map_err(|error| {
        Failure::of(Exit::Source, error).hint(
            "name a CSV file that you may read, with the header moodle_id,modulecode,group_import,mapping_action",
        )
    })?;
    let source = app.default_source();
    let rows: Vec<_> = read
        .rows
        .iter()
        .map(|row| {
            let key = MappingKey { course: row.course, source: source.clone(), module: row.module.clone() };
            let text = |text: &str| Some(text).filter(|text| !text.is_empty()).map(Into::into);
            let settings = MappingSettings {
                group_import: Flag::from_word(row.group_import.as_str()),
                mapping_action: Flag::from_word(row.mapping_action.as_str()),
                owner: text(&row.owner),
                reason: text(&row.reason),
                ..MappingSettings::default()
            };
            (key, settings)
        })
        .collect();
    let who = person();
    let change = MappingChange { default_source: &source, who: &who, reason, now: app.clock.now() };
    let counts = app.store.import_mappings(&rows, &change).await?;
    let document = json!({
        "added": counts.added, "changed": counts.changed, "unchanged": counts.unchanged,
        "rejected": read.rejected.iter().map(|row| json!({ "line": row.line, "detail": row.detail })).collect::<Vec<_>>(),
    });
    output.answer(&document, || {
        let mut text = format!(
            "{} added, {} changed, {} as they were\n",
            counted(counts.added, "mapping", "mappings"),
            counts.changed,
            counts.unchanged
        );
        for row in &read.rejected {
            text.push_str(&format!("{} {}:{}: {}\n", bad("rejected"), file.display(), row.line, row.detail));
        }
        text.push_str(match (read.rejected.is_empty(), read.rows.is_empty()) {
            (true, true) => "The file has no rows. next: muster map add COURSE MODULE\n",
            (true, false) => "next: muster plan\n",
            (false, _) => "next: correct these rows and import the file again; the others are in force\n",
        });
        text
    })?;
    Ok(if read.rejected.is_empty() { Exit::Done } else { Exit::Source })
}

/// Writes CSV whatever the format: it is the file that `muster map import` reads.
async fn export(app: &App) -> Result<Exit, Failure> {
    let mappings = app.store.mappings(&MappingFilter::default(), &app.default_source()).await?;
    let flag = |flag: &Option<Flag>| match flag {
        Some(Flag::Add) => sources::Flag::Add,
        Some(Flag::Rmv) => sources::Flag::Remove,
        Some(Flag::Unclear(_)) | None => sources::Flag::Unset,
    };
    let text = |text: &Option<reconcile::keys::Text>| text.as_deref().unwrap_or_default().to_owned();
    let rows: Vec<sources::MappingRow> = mappings
        .iter()
        .map(|row| sources::MappingRow {
            course: row.key.course,
            module: row.key.module.clone(),
            group_import: flag(&row.settings.group_import),
            mapping_action: flag(&row.settings.mapping_action),
            owner: text(&row.settings.owner),
            reason: text(&row.settings.reason),
        })
        .collect();
    unless_nobody_reads(sources::write_mappings(&rows, std::io::stdout().lock()))?;
    Ok(Exit::Done)
}

async fn except(app: &App, command: &ExceptCommand, output: &Output) -> Result<Exit, Failure> {
    match command {
        ExceptCommand::List => list_exceptions(app, output).await,
        ExceptCommand::Add(args) => add_exception(app, args, output).await,
        ExceptCommand::Remove { number } => {
            let removed = app
                .store
                .remove_exception(ExceptionId(*number), &person(), "removed by hand", app.clock.now())
                .await?;
            if !removed {
                return Err(Failure::new(Exit::Usage, format!("there is no exception {number}"))
                    .hint("`muster map except list` shows the numbers"));
            }
            output.answer(&json!({ "removed": number }), || format!("Exception {number} is over."))?;
            Ok(Exit::Done)
        }
    }
}

async fn list_exceptions(app: &App, output: &Output) -> Result<Exit, Failure> {
    let exceptions = app.store.exceptions().await?;
    let document: Vec<_> = exceptions
        .iter()
        .map(|row| json!({ "number": row.id.0, "exception": row.exception, "expires_at": row.expires_at.map(|at| at.0) }))
        .collect();
    output.answer(&document, || {
        let rows = exceptions.iter().map(|row| {
            let Exception { module, group, person, kind, owner, reason, source: _ } = &row.exception;
            let kind = match kind {
                ExceptionKind::Include => "in",
                ExceptionKind::Exclude => "out",
            };
            vec![
                row.id.0.to_string(),
                kind.to_owned(),
                person.to_string(),
                module.to_string(),
                group.to_string(),
                row.expires_at.map_or_else(|| "never".to_owned(), written),
                owner.to_string(),
                reason.to_string(),
            ]
        });
        let header = ["number", "", "person", "module", "group", "expires", "owner", "reason"];
        if exceptions.is_empty() { "No exceptions.".to_owned() } else { columns(&header, rows.collect()) }
    })?;
    Ok(Exit::Done)
}

async fn add_exception(app: &App, args: &ExceptArgs, output: &Output) -> Result<Exit, Failure> {
    let source = match &args.source {
        Some(name) => known_source(app, name)?,
        None => app.default_source(),
    };
    let who = person();
    let exception = Exception {
        source,
        module: args.module.as_str().into(),
        group: args.group.as_str().into(),
        person: args.person.as_str().into(),
        kind: match args.kind {
            InOrOut::Include => ExceptionKind::Include,
            InOrOut::Exclude => ExceptionKind::Exclude,
        },
        owner: who.as_str().into(),
        reason: args.reason.as_str().into(),
    };
    let now = app.clock.now();
    let expires = args.days.map(|days| Timestamp(now.0 + i64::from(days) * DAY_S));
    app.store.add_exception(&exception, expires, &who, now).await?;
    output.answer(&json!({ "exception": exception }), || {
        format!("Noted. next: muster plan --module {}", exception.module)
    })?;
    Ok(Exit::Done)
}
