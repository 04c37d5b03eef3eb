//! `muster ims`: what student systems pushed, and the log of their messages.
//!
//! Not here: judging a message that was not sent (`ims_lint.rs`).

use ims_es::extension::{GroupExtension, Setting};
use ims_es::group::object::Group;
use ims_es::keep::take;
use ims_es::status_info::{Ending, StatusInfo, StatusInfoSet};
use serde_json::{Value, json};
use store::Timestamp;
use store::ims::{GroupKind, GroupRow, MessageFilter, MessageOutcome, MessageRow, Reading, SiteRow};

use crate::app::App;
use crate::cli::{ImsCommand, ImsLogArgs};
use crate::clock::{DAY_S, written};
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::present::table::{bad, columns, faint, good, pending, strong};

pub(crate) async fn run(app: &App, command: &ImsCommand, output: &Output) -> Result<Exit, Failure> {
    match command {
        ImsCommand::Log(args) => log(app, args, output).await,
        ImsCommand::Show { number, body } => show(app, *number, *body, output).await,
        ImsCommand::Counts { days } => counts(app, *days, output).await,
        ImsCommand::Tree { site, below } => tree(app, site, below.as_deref(), output).await,
        ImsCommand::Courses { site } => courses(app, site, output).await,
        ImsCommand::Lint { file } => super::ims_lint::run(file, output),
        ImsCommand::Call(call) => {
            super::ims_call::run(call, &app.config.file, app.config.profile.as_deref(), output).await
        }
    }
}

async fn log(app: &App, args: &ImsLogArgs, output: &Output) -> Result<Exit, Failure> {
    let now = app.clock.now();
    let site = match &args.site {
        Some(name) => Some(site(app, name).await?.id),
        None => None,
    };
    let filter = MessageFilter {
        sender: args.sender.clone(),
        site,
        operation: args.operation.clone(),
        only_failed: args.failed,
        text: args.find.clone(),
        since: args.hours.map(|hours| Timestamp(now.0 - i64::from(hours) * 3_600)),
        id: None,
        limit: args.limit,
    };
    let messages = app.store.messages(&filter).await?;
    let document: Vec<Value> = messages.iter().map(|row| document(row, false)).collect();
    output.answer(&document, || {
        if messages.is_empty() {
            return "No such message.".to_owned();
        }
        let header =
            ["message", "at", "sender", "operation", "items", "failed", "ms", "how it ended", "identifier"];
        columns(&header, messages.iter().map(line).collect())
    })?;
    Ok(Exit::Done)
}

fn line(row: &MessageRow) -> Vec<String> {
    let message = &row.message;
    let failed = match message.failures {
        0 => String::new(),
        count => bad(&count.to_string()),
    };
    vec![
        row.id.to_string(),
        written(message.at),
        message.sender.to_string(),
        message.operation.to_string(),
        message.items.to_string(),
        failed,
        format!("{:.1}", message.duration_us as f64 / 1_000.0),
        ended(row),
        message.message_identifier.to_string(),
    ]
}

fn ended(row: &MessageRow) -> String {
    match row.message.outcome {
        MessageOutcome::Done if row.message.failures == 0 => good("done"),
        MessageOutcome::Done => pending("done"),
        MessageOutcome::Repeated => faint("answered as before"),
        MessageOutcome::Busy => pending("too many at once"),
        MessageOutcome::Fault => bad(&format!("fault {}", row.message.detail)),
        MessageOutcome::Http => bad(&format!("HTTP {}", row.message.detail)),
    }
}

async fn show(app: &App, number: i64, with_body: bool, output: &Output) -> Result<Exit, Failure> {
    let filter = MessageFilter { id: Some(number), limit: 1, ..MessageFilter::default() };
    let Some(row) = app.store.messages(&filter).await?.into_iter().next() else {
        return Err(Failure::new(Exit::Usage, format!("there is no message {number}"))
            .hint("`muster ims log` lists those that are kept"));
    };
    output.answer(&document(&row, with_body), || story(&row, with_body))?;
    Ok(Exit::Done)
}

fn story(row: &MessageRow, with_body: bool) -> String {
    let message = &row.message;
    let mut lines = vec![
        format!("{} {} of {} at {}", strong("message"), row.id, message.sender, written(message.at)),
        format!("  operation   {}", message.operation),
        format!("  identifier  {}", message.message_identifier),
        format!(
            "  ended       {} after {:.1} ms, {} bytes",
            ended(row),
            message.duration_us as f64 / 1_000.0,
            message.request_bytes
        ),
        format!(
            "  items       {}: {} done, {} with a warning, {} failed",
            message.items, message.successes, message.warnings, message.failures
        ),
    ];
    for (at, status) in statuses(row).iter().enumerate() {
        let word = match status.ending() {
            Ending::Done => good("success"),
            Ending::DoneWithWarning => pending("warning"),
            Ending::Processing | Ending::Unsupported | Ending::Refused(_) => bad("failure"),
        };
        let code = status.code().map(|code| code.as_str()).unwrap_or_default();
        lines.push(format!("  item {:<6} {word} {code} {}", at + 1, status.text()).trim_end().to_owned());
    }
    if !message.notes.is_empty() {
        lines.push("what was wrong and how to mend it:".to_owned());
        lines.extend(message.notes.lines().map(|note| format!("  {note}")));
    }
    match &message.body {
        Some(body) if with_body => lines.push(format!("the message:\n{body}")),
        Some(_) => lines.push(format!("next: muster ims show {} --body prints the message", row.id)),
        None => lines.push(faint("the message itself is not kept")),
    }
    lines.join("\n")
}

fn statuses(row: &MessageRow) -> Vec<StatusInfo> {
    let set = row.message.statuses.as_deref().map(take::<StatusInfoSet>);
    set.and_then(Result::ok).map(|set| set.statuses).unwrap_or_default()
}

fn document(row: &MessageRow, with_body: bool) -> Value {
    let message = &row.message;
    let items: Vec<Value> = statuses(row)
        .iter()
        .map(|status| {
            json!({
                "code_major": status.code_major.text(), "severity": status.severity.text(),
                "code_minor": status.code().map(|code| code.as_str()), "text": status.text(),
            })
        })
        .collect();
    json!({
        "message": row.id, "at": message.at.0, "sender": message.sender, "site": row.site, "operation": message.operation,
        "message_identifier": message.message_identifier, "outcome": message.outcome.as_str(), "detail": message.detail,
        "items": message.items, "successes": message.successes, "warnings": message.warnings, "failures": message.failures,
        "duration_us": message.duration_us, "request_bytes": message.request_bytes, "statuses": items,
        "notes": message.notes.lines().collect::<Vec<_>>(), "body": message.body.as_ref().filter(|_| with_body),
    })
}

async fn counts(app: &App, days: u32, output: &Output) -> Result<Exit, Failure> {
    let since = Timestamp(app.clock.now().0 - i64::from(days) * DAY_S);
    let counts = app.store.message_counts(since).await?;
    let document: Vec<Value> = counts
        .iter()
        .map(|row| {
            json!({
                "account": row.account, "requests": row.requests, "successes": row.successes, "warnings": row.warnings,
                "failures": row.failures, "faults": row.faults,
            })
        })
        .collect();
    output.answer(&document, || {
        if counts.is_empty() {
            return format!("Nothing was sent in {days} days.");
        }
        let rows = counts.iter().map(|row| {
            let name = if row.account.is_empty() { faint("(removed)") } else { row.account.to_string() };
            let figures = [row.requests, row.successes, row.warnings, row.failures, row.faults];
            [name].into_iter().chain(figures.map(|figure| figure.to_string())).collect()
        });
        columns(&["account", "requests", "successes", "warnings", "failures", "faults"], rows.collect())
    })?;
    Ok(Exit::Done)
}

async fn site(app: &App, name: &str) -> Result<SiteRow, Failure> {
    let sites = app.store.sites().await?;
    sites.into_iter().find(|site| &*site.name == name).ok_or_else(|| {
        Failure::new(Exit::Usage, format!("there is no site {name}"))
            .hint("`muster account sites` lists them")
    })
}

async fn tree(app: &App, name: &str, below: Option<&str>, output: &Output) -> Result<Exit, Failure> {
    let mut reading = app.store.ims_read(site(app, name).await?.id).await?;
    let top = match below {
        None => reading.root().await?,
        Some(key) => reading.group(key).await?.ok_or_else(|| {
            Failure::new(Exit::Usage, format!("there is no group {key} in the site {name}"))
        })?,
    };
    let branches = branches(&mut reading, top).await?;
    let document: Vec<Value> = branches
        .iter()
        .map(|(depth, row)| {
            json!({ "depth": depth, "sync_key": row.sync_key, "kind": row.kind.as_str(), "title": title(row), "parent": row.parent_key })
        })
        .collect();
    output.answer(&document, || {
        let lines = branches.iter().map(|(depth, row)| {
            let kind = faint(&kind(row.kind));
            format!("{:indent$}{} {kind} {}", "", title(row), faint(&row.sync_key), indent = depth * 2)
        });
        lines.collect::<Vec<_>>().join("\n")
    })?;
    Ok(Exit::Done)
}

/// A group and all below it with their depths, in the order in which they are shown.
async fn branches(reading: &mut Reading, top: GroupRow) -> Result<Vec<(usize, GroupRow)>, Failure> {
    let (mut open, mut shown) = (vec![(0, top)], Vec::new());
    while let Some((depth, row)) = open.pop() {
        let children = reading.children(row.id).await?;
        open.extend(children.into_iter().rev().map(|child| (depth + 1, child)));
        shown.push((depth, row));
    }
    Ok(shown)
}

fn kind(kind: GroupKind) -> String {
    kind.as_str().replace('_', " ")
}

fn title(row: &GroupRow) -> String {
    let kept: Group = take(&row.body).unwrap_or_default();
    kept.description.and_then(|description| description.desc_short).unwrap_or_default()
}

async fn courses(app: &App, name: &str, output: &Output) -> Result<Exit, Failure> {
    let courses = app.store.ims_courses_left(site(app, name).await?.id).await?;
    let rows: Vec<(String, String, String, String)> = courses
        .iter()
        .map(|course| {
            let kept: Group = take(&course.body).unwrap_or_default();
            let (extension, _) = GroupExtension::read(&kept.extension);
            let text = |setting: Option<Setting<String>>| {
                setting.and_then(|setting| setting.value().cloned()).unwrap_or_default()
            };
            let (title, code) = (text(extension.course.title), text(extension.course.code));
            (title, code, course.sync_key.to_string(), written(course.left_at))
        })
        .collect();
    let document: Vec<Value> = rows
        .iter()
        .map(|(title, code, key, at)| json!({ "title": title, "code": code, "sync_key_was": key, "group_deleted_at": at }))
        .collect();
    output.answer(&document, || {
        if rows.is_empty() {
            return format!("Every course of {name} has its group.");
        }
        let rows = rows
            .iter()
            .map(|(title, code, key, at)| vec![title.clone(), code.clone(), key.clone(), at.clone()]);
        columns(&["course", "code", "key of its group", "group deleted"], rows.collect())
    })?;
    Ok(Exit::Done)
}
