//! Tells of a rehearsal: a line for each night, what waited, what the limits did, and what that means.
//!
//! Not here: working any of it out.

use std::fmt::Write;

use reconcile::report::Waiting;
use reconcile::safety::ObjectionKind;
use serde_json::{Value, json};

use super::advice::{Advice, Setting};
use super::nights::NightTold;
use super::stage::{Stage, Wanted};
use crate::clock::written;
use crate::present::table::{bad, columns, counted, faint, good, pending, short, strong, thousands};

/// Reasons of one night that are shown; the others are counted.
const REASONS_MAX: usize = 3;

/// The date of a written time.
const DATE_CHARS: usize = "2026-09-01".len();

/// What a call takes on a platform that is neither fast nor slow, in milliseconds: for the estimate.
const CALL_MS: u64 = 300;

/// What there is to tell.
pub(super) struct Story<'a> {
    pub(super) stage: &'a Stage,
    pub(super) wanted: &'a Wanted,
    pub(super) nights: &'a [NightTold],
    pub(super) advice: &'a [Advice],
}

/// The story for programs.
pub(super) fn document(story: &Story<'_>) -> Value {
    let Story { stage, wanted, nights, advice } = story;
    let night = |night: &NightTold| {
        json!({
            "began_at": night.began.0,
            "brings": night.brings.as_str(),
            "source_changes": night.happened.0,
            "moodle_events": night.happened.1,
            "operations": {
                "planned": night.planned, "done": night.done, "failed": night.failed, "waiting": night.waited,
            },
            "waiting": night.waiting,
            "approved": night.is_approved,
            "blackout": night.is_blackout,
            "calls": { "read": night.reads, "write": night.writes },
            "duration_ms": night.duration_ms,
            "refused_delivery": night.refused_delivery,
            "stopped": night.stopped,
            "mail": night.mail,
        })
    };
    json!({
        "size": stage.size.as_str(),
        "seed": wanted.seed,
        "mappings": { "from": stage.today.from, "rows": stage.today.rows.len(), "left_out": stage.today.left_out },
        "nights": nights.iter().map(night).collect::<Vec<_>>(),
        "advice": advice,
        "estimated_longest_night_s": longest_night_s(story),
        "kept_in": wanted.keep,
    })
}

/// The story for people.
pub(super) fn text(story: &Story<'_>) -> String {
    let mut text = opening(story);
    let rows = story.nights.iter().map(row).collect();
    let header = ["night", "", "planned", "done", "wait", "calls", "seconds", "mail"];
    let table = columns(&header, rows);
    let mut lines = table.lines();
    let _ = writeln!(text, "\n{}", lines.next().unwrap_or_default());
    for (line, night) in lines.zip(story.nights) {
        let _ = writeln!(text, "{line}");
        text.push_str(&below(night));
    }
    text.push_str(&limits(story));
    text.push_str(&sums(story));
    text
}

fn opening(story: &Story<'_>) -> String {
    let Story { stage, wanted, nights, .. } = story;
    let today = &stage.today;
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{}",
        strong(&format!("A rehearsal of {} of term", counted(nights.len() as u64, "night", "nights")))
    );
    let mapped = if today.rows.is_empty() {
        today.from.clone()
    } else {
        format!("{}, {}", counted(today.rows.len() as u64, "row", "rows"), today.from)
    };
    let left_out = match today.left_out {
        0 => String::new(),
        left_out => format!("; {} left out, frozen or unclear", thousands(left_out as u64)),
    };
    let _ = writeln!(
        text,
        "Policy, limits and settings of {}; size {}, seed {}.\nMappings: {mapped}{left_out}.\n{}",
        stage.config.file.display(),
        stage.size,
        wanted.seed,
        faint("Timetable, Moodle, database and mail are copies or inventions; nothing real was touched.")
    );
    text
}

fn row(night: &NightTold) -> Vec<String> {
    let number = |number: u64, paint: fn(&str) -> String| match number {
        0 => "0".to_owned(),
        number => paint(&thousands(number)),
    };
    let seconds = format!("{}.{}", night.duration_ms / 1_000, night.duration_ms % 1_000 / 100);
    vec![
        written(night.began).chars().take(DATE_CHARS).collect(),
        night.brings.title().to_owned(),
        thousands(night.planned),
        thousands(night.done),
        number(night.waited, pending),
        thousands(night.reads + night.writes),
        seconds,
        night.mail.len().to_string(),
    ]
}

/// What there is to say of a night besides its numbers.
fn below(night: &NightTold) -> String {
    let mut text = String::new();
    let mut say = |line: &str| {
        let _ = writeln!(text, "     {line}");
    };
    if let Some(why) = &night.stopped {
        say(&format!("{} {why}", bad("stopped:")));
    }
    if let Some(why) = &night.refused_delivery {
        say(&format!("{} {}", bad("delivery refused:"), short(why)));
    }
    if night.is_blackout {
        say(&pending("only planned: a blackout of [schedule]"));
    }
    let (new_ids, others): (Vec<&Waiting>, Vec<&Waiting>) =
        night.waiting.iter().partition(|waiting| waiting.kind == ObjectionKind::NewId.as_str());
    for waiting in others.iter().take(REASONS_MAX) {
        say(&format!("{} {}", pending("waits:"), waiting.sentence));
    }
    if others.len() > REASONS_MAX {
        let more = (others.len() - REASONS_MAX) as u64;
        say(&format!("       … and {}", counted(more, "more like it", "more like these")));
    }
    match new_ids.as_slice() {
        [] => {}
        [one] => say(&format!("{} {}", pending("waits:"), one.sentence)),
        several => {
            let groups = thousands(several.len() as u64);
            say(&format!("{} {groups} groups seem to have come back under a new id", pending("waits:")));
        }
    }
    if night.is_approved {
        say(&faint("a person approves it in the morning; the next night does it"));
    } else if night.waited > 0 {
        say(&faint("nobody approves it: the extract was spoilt, and the next one is whole"));
    }
    for subject in &night.mail {
        say(&faint(&format!("mail: {subject}")));
    }
    text
}

fn limits(story: &Story<'_>) -> String {
    let mut text = format!("\n{}\n", strong("What the limits did"));
    for advice in story.advice {
        let what = match advice.limit {
            "groups_deleted" => "deleted groups",
            _ => "removed members",
        };
        let _ = writeln!(text, "  {what}:");
        for line in advice_lines(advice) {
            let _ = writeln!(text, "    {line}");
        }
    }
    let new_ids = story
        .nights
        .iter()
        .flat_map(|night| &night.waiting)
        .filter(|waiting| waiting.kind == ObjectionKind::NewId.as_str())
        .count();
    if new_ids > 0 {
        let groups = counted(new_ids as u64, "group", "groups");
        let _ = writeln!(
            text,
            "  groups under a new id:\n    {groups} came back under a new id and waited for a person; `new_id = \"replace\"` in [policy] would not ask, and would delete and create"
        );
    }
    text
}

fn advice_lines(advice: &Advice) -> Vec<String> {
    let removals = |count: usize| counted(count as u64, "removal", "removals");
    let mut lines = Vec::new();
    if advice.held > 0 {
        lines.push(good(&format!("held {} that a spoilt extract asked for", removals(advice.held))));
    }
    if advice.passed > 0 {
        let next = match &advice.would_hold {
            Some(setting) => format!("{} would have held all of them", shown(setting)),
            None => "no number tells them from what departments want; a smaller shrink_percent_max of the source may refuse such a delivery at the door".to_owned(),
        };
        let passed = bad(&format!("let {} pass that a spoilt extract asked for", removals(advice.passed)));
        lines.push(format!("{passed}; the next night put them back"));
        lines.push(format!("  next: {next}"));
    }
    if advice.asked_nights > 0 {
        let nights = counted(advice.asked_nights as u64, "night", "nights");
        let settings: Vec<String> = advice.would_not_ask.iter().map(shown).collect();
        let next = if settings.is_empty() {
            "keep it: no other number is quiet then and holds as much of a spoilt extract".to_owned()
        } else {
            format!("if that is too often, {} would not ask", settings.join(", or "))
        };
        lines.push(pending(&format!("asked about what departments wanted on {nights}")));
        lines.push(format!("  next: {next}"));
    }
    if lines.is_empty() {
        lines.push(good("never asked, and nothing went that should have stayed"));
    }
    lines
}

fn shown(setting: &Setting) -> String {
    format!("{} = {}", setting.key, setting.value)
}

fn sums(story: &Story<'_>) -> String {
    let Story { stage, wanted, nights, .. } = story;
    let sum = |figure: fn(&NightTold) -> u64| nights.iter().map(figure).sum::<u64>();
    let mut text = format!("\n{}\n", strong("In all"));
    let _ = writeln!(
        text,
        "  {} of {} operations done, {} refused or unanswered; {} to read, {} to write",
        thousands(sum(|night| night.done)),
        thousands(sum(|night| night.planned)),
        thousands(sum(|night| night.failed)),
        counted(sum(|night| night.reads), "call", "calls"),
        counted(sum(|night| night.writes), "call", "calls"),
    );
    let _ = writeln!(
        text,
        "  the longest night takes about {} with a Moodle that needs {CALL_MS} ms for a call",
        duration(longest_night_s(story))
    );
    let mails = sum(|night| night.mail.len() as u64);
    let to = if stage.tells_people {
        String::new()
    } else {
        "; nobody would get it: [report.mail] names nobody (`muster config explain report.mail.to`)"
            .to_owned()
    };
    let _ = writeln!(text, "  {} would go out{to}", counted(mails, "mail", "mails"));
    let _ = match &wanted.keep {
        Some(dir) => writeln!(text, "  the mails are in {}", dir.join("mail").display()),
        None => writeln!(
            text,
            "  {}",
            faint("--keep DIR leaves the mails, the database and the timetable in DIR")
        ),
    };
    text
}

/// How long the night with the most calls takes on a usual Moodle, in seconds.
fn longest_night_s(story: &Story<'_>) -> u64 {
    let at_once = story.stage.config.moodle.as_ref().map_or(1, |moodle| moodle.concurrency_max).max(1);
    let calls = story.nights.iter().map(|night| night.reads + night.writes).max().unwrap_or(0);
    calls * CALL_MS / at_once / 1_000
}

fn duration(seconds: u64) -> String {
    match seconds {
        0..=119 => counted(seconds, "second", "seconds"),
        _ => counted(seconds / 60, "minute", "minutes"),
    }
}
