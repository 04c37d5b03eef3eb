//! Writes letters: a story becomes subject, plain text, HTML and a list for a spreadsheet.
//!
//! Not here: how text and HTML look (`paper.rs`), and sending.
//!
//! Invariant: pure; the same story gives the same letter.
//! Invariant: the first sentence says whether all is well or what is wrong; no answer of a machine comes before it.

use std::collections::{BTreeMap, HashSet};

use reconcile::finding::{Reason, Severity};
use store::{RunId, Timestamp};

use super::attachment;
use super::next_run::next_run;
use super::paper::{Block, as_html, as_text, name, one_line, plain};
use super::silence::Silence;
use super::story::{BadDelivery, Figures, Story, Told};
use crate::clock::{DAY_S, written};
use crate::present::table::{counted, thousands};

/// A letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Letter {
    /// The subject: one line.
    pub(crate) subject: String,
    /// The plain text.
    pub(crate) text: String,
    /// The same as HTML.
    pub(crate) html: String,
    /// A list for a spreadsheet.
    pub(crate) attachment: Option<Attachment>,
}

/// A file that goes with a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Attachment {
    /// Its name.
    pub(crate) name: String,
    /// Its content, as CSV.
    pub(crate) csv: String,
}

/// How much is told when all is well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Length {
    /// A few lines.
    Digest,
    /// Everything.
    Whole,
}

/// Findings of one reason that are shown by name; the attachment has the others.
const ITEMS_MAX: usize = 5;

/// Begins the line of a failure that says what to do next.
const NEXT: &str = "next: ";

/// What is open, by reason.
type ByReason<'a> = BTreeMap<Reason, Vec<&'a Told>>;

impl Story {
    /// Tells whether a person is needed.
    pub(super) fn needs_person(&self) -> bool {
        self.stopped.is_some() || self.operations_waiting > 0 || self.things() > 0
    }

    /// Tells whether something needs a person that no letter told yet.
    pub(super) fn has_news(&self) -> bool {
        self.stopped.is_some() || self.operations_waiting > 0 || self.things_new() > 0
    }

    /// What needs a person, counted as the letter groups it: by delivery and by reason.
    fn things(&self) -> u64 {
        (self.deliveries.len() + self.open(Severity::Attention).len()) as u64
    }

    /// Those of them that are new.
    fn things_new(&self) -> u64 {
        let causes = self.open(Severity::Attention);
        let new = causes.values().filter(|told| told.iter().any(|told| told.is_new)).count();
        (self.deliveries.len() + new) as u64
    }

    fn open(&self, severity: Severity) -> ByReason<'_> {
        let mut by_reason = ByReason::new();
        for told in self.findings.iter().filter(|told| told.severity() == severity) {
            by_reason.entry(told.finding.reason).or_default().push(told);
        }
        by_reason
    }

    /// The command that shows the run.
    fn show(&self) -> String {
        match self.run {
            Some(RunId(run)) => format!("muster runs show {run}"),
            None => "muster status".to_owned(),
        }
    }

    fn who(&self) -> String {
        match self.run {
            Some(RunId(run)) => format!("Run {run} on {}", name(&self.site)),
            None => format!("A run on {}", name(&self.site)),
        }
    }
}

/// Writes the letter about a run.
pub(super) fn compose(story: &Story, length: Length) -> Letter {
    let subject = subject(story);
    let mut blocks = vec![Block::Opening(opening(story))];
    stopped(story, &mut blocks);
    for delivery in &story.deliveries {
        bad_delivery(delivery, &mut blocks);
    }
    waiting(story, &mut blocks);
    let causes = story.open(Severity::Attention);
    for (reason, told) in &causes {
        if told.iter().any(|told| told.is_new) {
            new_cause(*reason, told, story.now, &mut blocks);
        }
    }
    known_causes(&causes, story.now, &mut blocks);
    let is_whole = length == Length::Whole || story.needs_person();
    if is_whole {
        pending(&story.open(Severity::Pending), &mut blocks);
    }
    if story.run.is_some() {
        figures(story, is_whole, &mut blocks);
    }
    let attachment = attachment::list(story).filter(|_| is_whole).map(|csv| Attachment {
        name: story.run.map_or("muster.csv".to_owned(), |run| format!("muster-run-{}.csv", run.0)),
        csv,
    });
    let list = if attachment.is_some() { " The attachment lists every open finding." } else { "" };
    blocks.push(Block::Paragraph(format!("The whole story: `{}`.{list}", story.show())));
    Letter { text: as_text(&blocks), html: as_html(&subject, &blocks), subject, attachment }
}

/// Writes the alarm that nothing has run for too long.
pub(super) fn compose_silence(profile: Option<&str>, site: &str, silence: &Silence) -> Letter {
    let hours = counted(silence.hours, "hour", "hours");
    let subject = subject_of(profile, &[format!("no good run for {hours}"), one_line(site)]);
    let since = written(silence.last_good_run);
    let blocks = [
        Block::Opening(format!(
            "Muster has not finished a run on {} for {hours}: the last good one began on {since}.",
            name(site)
        )),
        Block::Paragraph(
            "Affected: everybody who joined or changed a group since then. The groups stay as they are; nothing is lost."
                .to_owned(),
        ),
        Block::Paragraph("Next run: it does all that is missing. Until there is one, nothing changes.".to_owned()),
        Block::Paragraph(
            "What you may do: see what stopped the runs, or whether there were none because the machine or its schedule stands still."
                .to_owned(),
        ),
        Block::Command("muster status".to_owned()),
    ];
    Letter { text: as_text(&blocks), html: as_html(&subject, &blocks), subject, attachment: None }
}

/// Writes the letter of `muster check mail --send`.
pub(super) fn compose_trial(profile: Option<&str>) -> Letter {
    let subject = subject_of(profile, &["this is a trial".to_owned()]);
    let blocks = [
        Block::Opening("This letter is a trial: mail from Muster arrives here.".to_owned()),
        Block::Paragraph(
            "Somebody asked for it with `muster check mail --send`. There is nothing to do.".to_owned(),
        ),
    ];
    Letter { text: as_text(&blocks), html: as_html(&subject, &blocks), subject, attachment: None }
}

pub(super) fn subject_of(profile: Option<&str>, parts: &[String]) -> String {
    let profile = profile.map_or_else(String::new, |profile| format!(" {}", one_line(profile)));
    format!("[Muster{profile}] {}", parts.join(" · "))
}

fn subject(story: &Story) -> String {
    let mut parts = Vec::new();
    if story.stopped.is_some() {
        parts.push("the run stopped".to_owned());
    }
    let things = story.things();
    if things > 0 {
        let need = if things == 1 { "needs" } else { "need" };
        let still = if story.things_new() == 0 { "still " } else { "" };
        parts.push(format!("{} {still}{need} you", counted(things, "thing", "things")));
    }
    if story.operations_waiting > 0 {
        let wait = if story.operations_waiting == 1 { "waits" } else { "wait" };
        parts.push(format!("{} {wait}", counted(story.operations_waiting, "operation", "operations")));
    }
    if parts.is_empty() {
        parts.push("all is well".to_owned());
    }
    parts.push(plain(&name(&story.site)));
    subject_of(story.profile.as_deref(), &parts)
}

/// Says whether all is well, or what is wrong.
fn opening(story: &Story) -> String {
    if story.stopped.is_some() {
        return format!(
            "{} stopped before its end. What was done is recorded, and the next run does what is missing.",
            story.who()
        );
    }
    if !story.needs_person() {
        let what = match (story.figures.planned, story.figures.done) {
            (0, _) => "had nothing to do".to_owned(),
            (_, done) => format!("carried out {}", counted(done, "operation", "operations")),
        };
        return format!("All is well. {} {what}, and nothing needs you.", story.who());
    }
    let mut needs = Vec::new();
    let (things, new) = (story.things(), story.things_new());
    if things > 0 {
        let need = if things == 1 { "needs" } else { "need" };
        let news = match new {
            0 => ", known from before",
            new if new == things => "",
            _ => ", some of them known from before",
        };
        needs.push(format!("{} {need} you{news}", counted(things, "thing", "things")));
    }
    if story.operations_waiting > 0 {
        let wait = if story.operations_waiting == 1 { "waits" } else { "wait" };
        let operations = counted(story.operations_waiting, "operation", "operations");
        needs.push(format!("{operations} {wait} for your approval"));
    }
    format!("{} came to its end, but {}.", story.who(), needs.join("; "))
}

fn stopped(story: &Story, blocks: &mut Vec<Block>) {
    let Some(lines) = &story.stopped else { return };
    blocks.push(Block::Heading("What stopped it".to_owned()));
    let (next, why): (Vec<&String>, Vec<&String>) = lines.iter().partition(|line| line.starts_with(NEXT));
    blocks.extend(why.iter().map(|line| Block::Paragraph(name(line))));
    blocks.push(Block::Paragraph(
        "Next run: it begins anew, looks at what is there, and does what is missing. Nothing is lost."
            .to_owned(),
    ));
    match next.first() {
        Some(hint) => {
            blocks.push(Block::Paragraph(format!("What you may do: {}.", one_line(&hint[NEXT.len()..]))));
        }
        None => {
            blocks.push(Block::Paragraph("What you may do: try the platform and the set-up.".to_owned()));
            blocks.push(Block::Command("muster check".to_owned()));
        }
    }
}

fn bad_delivery(delivery: &BadDelivery, blocks: &mut Vec<Block>) {
    let BadDelivery { source, number, why } = delivery;
    let shown = name(source);
    let (heading, what, command) = match number {
        Some(number) => (
            format!("The delivery of {shown} was refused"),
            "ask the timetable office whether this is right. If it is, accept the delivery:",
            format!("muster import --accept {number} --reason \"…\""),
        ),
        None => (
            format!("The source {shown} could not be read"),
            "see that the source is there and can be reached, then try it:",
            "muster check source".to_owned(),
        ),
    };
    blocks.push(Block::Heading(heading));
    blocks.push(Block::Paragraph(format!("Why: {}.", name(why.trim_end_matches('.')))));
    blocks.push(Block::Paragraph(format!(
        "Affected: all groups of {shown}. They stay as they are; what is new in the timetable does not arrive."
    )));
    blocks.push(Block::Paragraph(
        "Next run: it reads the source again, and goes on with the delivery that was accepted before."
            .to_owned(),
    ));
    blocks.push(Block::Paragraph(format!("What you may do: {what}")));
    blocks.push(Block::Command(command));
}

fn waiting(story: &Story, blocks: &mut Vec<Block>) {
    let (Some(RunId(run)), false) = (story.run, story.waiting.is_empty()) else { return };
    let wait = if story.operations_waiting == 1 { "waits" } else { "wait" };
    let operations = counted(story.operations_waiting, "operation", "operations");
    blocks.push(Block::Heading(format!("{operations} {wait} for your approval")));
    blocks.push(Block::Items(story.waiting.iter().map(|waiting| name(&waiting.sentence)).collect()));
    blocks.push(Block::Paragraph(
        "Next run: they wait again, and everything else goes on. Nothing is taken away until somebody agrees.".to_owned(),
    ));
    blocks.push(Block::Paragraph(format!(
        "What you may do: look at each with `muster runs show {run} --state waiting`. If they are right, approve them; if not, add `--refuse`:"
    )));
    blocks.push(Block::Command(format!("muster approve {run} --reason \"…\"")));
}

fn new_cause(reason: Reason, told: &[&Told], now: Timestamp, blocks: &mut Vec<Block>) {
    let (new, known): (Vec<&Told>, Vec<&Told>) = told.iter().copied().partition(|told| told.is_new);
    let Some(first) = new.first() else { return };
    blocks.push(Block::Heading(format!("{} ({} new)", reason.title(), thousands(new.len() as u64))));
    let mut items: Vec<String> = new.iter().take(ITEMS_MAX).map(|told| item(told)).collect();
    if new.len() > ITEMS_MAX {
        let more = thousands((new.len() - ITEMS_MAX) as u64);
        items.push(format!("… and {more} more; the attachment has them all"));
    }
    blocks.push(Block::Items(items));
    blocks.push(Block::Paragraph(format!("Affected: {}.", affected(&new))));
    if !known.is_empty() {
        blocks.push(Block::Paragraph(format!(
            "Known from before: {} more, {}.",
            known.len(),
            age(&known, now)
        )));
    }
    blocks.push(Block::Paragraph(format!("Next run: {}", next_run(reason))));
    let remedy = one_line(&first.finding.remedy());
    let courses: HashSet<_> = new.iter().map(|told| told.finding.course).collect();
    let like = match courses.len() {
        1 => String::new(),
        several => format!(" That is for the first of {several} courses; the others are mended alike."),
    };
    blocks.push(Block::Paragraph(format!("What you may do: {remedy}.{like}")));
    if !remedy.contains("`muster ") {
        blocks.push(Block::Command(format!("muster explain course {}", first.finding.course)));
    }
}

fn item(told: &Told) -> String {
    let course = told.finding.course;
    // Each part is bounded by itself, so that a long answer does not push out what to do.
    let detail = told.finding.detail.lines().map(name).collect::<Vec<_>>().join(". ");
    if told.course_name.is_empty() {
        format!("Course {course}: {detail}")
    } else {
        format!("{} (course {course}): {detail}", name(&told.course_name))
    }
}

/// Who is affected, as far as the findings name them.
fn affected(told: &[&Told]) -> String {
    let people: HashSet<_> = told.iter().filter_map(|told| told.finding.subject.person.as_ref()).collect();
    let groups: HashSet<_> = told.iter().filter_map(|told| told.finding.subject.group.as_ref()).collect();
    let courses: HashSet<_> = told.iter().map(|told| told.finding.course).collect();
    let mut text = counted(courses.len() as u64, "course", "courses");
    if !groups.is_empty() {
        text = format!("{} of {text}", counted(groups.len() as u64, "group", "groups"));
    }
    if !people.is_empty() {
        text = format!("{} in {text}", counted(people.len() as u64, "person", "people"));
    }
    text
}

/// The age of the oldest of some findings.
fn age(told: &[&Told], now: Timestamp) -> String {
    let oldest = told.iter().map(|told| told.first_seen).min().unwrap_or(now);
    let days = u64::try_from(now.0.saturating_sub(oldest.0) / DAY_S).unwrap_or(0);
    let time = if days == 0 { "less than a day".to_owned() } else { counted(days, "day", "days") };
    if told.len() == 1 { format!("for {time}") } else { format!("the oldest for {time}") }
}

/// What was told in earlier letters and is still so: a line for each cause.
fn known_causes(causes: &ByReason<'_>, now: Timestamp, blocks: &mut Vec<Block>) {
    let known: Vec<String> = causes
        .iter()
        .filter(|(_, told)| told.iter().all(|told| !told.is_new))
        .map(|(reason, told)| {
            format!("{}: {}, {}", reason.title(), thousands(told.len() as u64), age(told, now))
        })
        .collect();
    if known.is_empty() {
        return;
    }
    blocks.push(Block::Heading("Known from before, and still open".to_owned()));
    blocks.push(Block::Items(known));
    blocks.push(Block::Paragraph("What you may do: see what is open, and what mends it.".to_owned()));
    blocks.push(Block::Command("muster status".to_owned()));
}

fn pending(causes: &ByReason<'_>, blocks: &mut Vec<Block>) {
    if causes.is_empty() {
        return;
    }
    let line = |(reason, told): (&Reason, &Vec<&Told>)| {
        let new = told.iter().filter(|told| told.is_new).count() as u64;
        let new = if new == 0 { String::new() } else { format!(", {} new", thousands(new)) };
        format!("{}: {}{new}", reason.title(), thousands(told.len() as u64))
    };
    blocks.push(Block::Heading("Waits for somebody else".to_owned()));
    blocks.push(Block::Items(causes.iter().map(line).collect()));
    blocks.push(Block::Paragraph(
        "Each completes by itself as soon as the others have done their part.".to_owned(),
    ));
}

/// What was added and removed, what is held, what waits for others, and what was changed by hand: one sentence each.
fn in_short(story: &Story) -> String {
    let done = |kinds: [&str; 2], words: [(&str, &str); 2]| {
        let told = kinds.iter().zip(words).filter_map(|(kind, (one, many))| {
            let of_kind = story.changes.iter().filter(|figures| figures.kind == *kind);
            let done: u64 = of_kind.map(|figures| figures.done).sum();
            (done > 0).then(|| counted(done, one, many))
        });
        let told: Vec<String> = told.collect();
        if told.is_empty() { "nothing".to_owned() } else { told.join(", ") }
    };
    let words = [("group", "groups"), ("member", "members")];
    let is_drift = |told: &&Told| told.finding.reason.is_drift();
    format!(
        "Added: {}. Removed: {}. Held: {}. Pending: {}. Changed by hand (drift): {}.",
        done(["create_group", "add_member"], words),
        done(["delete_group", "remove_member"], words),
        thousands(story.operations_waiting),
        thousands(story.open(Severity::Pending).values().map(|told| told.len() as u64).sum()),
        thousands(story.findings.iter().filter(is_drift).count() as u64),
    )
}

/// Totals, and how they compare with the usual.
fn figures(story: &Story, with_kinds: bool, blocks: &mut Vec<Block>) {
    blocks.push(Block::Heading("In figures".to_owned()));
    let Figures { courses, planned, done, failed, waiting, findings, duration_s } = story.figures;
    let usual = story.usual.map(|usual| usual.median);
    let row = |what: &str, now: u64, usual: Option<u64>| {
        [what.to_owned(), thousands(now), usual.map_or_else(|| "–".to_owned(), thousands)]
    };
    let looked_at = format!("courses looked at, of {}", thousands(story.courses.known));
    blocks.push(Block::Table(vec![
        row(&looked_at, courses, usual.map(|usual| usual.courses)),
        row("operations planned", planned, usual.map(|usual| usual.planned)),
        row("operations carried out", done, usual.map(|usual| usual.done)),
        row("operations refused or unanswered", failed, usual.map(|usual| usual.failed)),
        row("operations waiting", waiting, usual.map(|usual| usual.waiting)),
        row("findings", findings, usual.map(|usual| usual.findings)),
        row("seconds", duration_s, usual.map(|usual| usual.duration_s)),
    ]));
    blocks.push(Block::Paragraph(in_short(story)));
    if with_kinds && !story.changes.is_empty() {
        let kinds = story.changes.iter().map(|figures| {
            let done = figures.done + figures.already_so;
            format!(
                "{}: {} of {}",
                figures.kind.replace('_', " "),
                thousands(done),
                thousands(figures.planned)
            )
        });
        blocks.push(Block::Items(kinds.collect()));
    }
    let notices = story.findings.iter().filter(|told| told.severity() == Severity::Notice).count() as u64;
    let mut notes = Vec::new();
    if let Some(usual) = story.usual {
        notes.push(format!("The usual is the median of the last {} runs.", usual.runs));
    }
    notes.extend(story.week.map(|week| week.sentence()));
    if notices > 0 {
        let noted = if notices == 1 { "is" } else { "are" };
        notes.push(format!("{} {noted} only for the record.", counted(notices, "finding", "findings")));
    }
    if !notes.is_empty() {
        blocks.push(Block::Paragraph(notes.join(" ")));
    }
}
