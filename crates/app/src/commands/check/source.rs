//! The sources: rows of each table, whether the delivery would be believed, what was rejected, the trap of a wrong
//! encoding, and five masked samples (features A2, A3).
//!
//! Not here: keeping anything of it; that is `muster import`.
//!
//! Invariant: no key of a person is shown unmasked, so no rejected row is shown either.

use std::collections::BTreeMap;

use encoding_rs::WINDOWS_1252;
use reconcile::delivery::{Delivery, Doubt, Rule, doubts};
use reconcile::keys::SourceName;

use super::line::Line;
use crate::app::App;
use crate::config::{SourceConfig, SourcePlace};
use crate::exit::{Exit, chain};
use crate::present::table::{counted, thousands};
use crate::sources::{self, Reading};

/// How many rows of a source are shown, with the people masked.
const SAMPLES: usize = 5;

/// Reads a source and says what it found.
pub(super) async fn lines(app: Option<&App>, name: &SourceName, source: &SourceConfig) -> Vec<Line> {
    let what = format!("source {name}");
    let reading = match sources::read(source, name, app.map(|app| &app.store), &|_| {}).await {
        Ok(reading) => reading,
        Err(error) => return vec![Line::wrong(Exit::Source, &what, chain(&error), error.next_step())],
    };
    let mut lines = vec![delivery(app, &what, name, source, &reading).await];
    lines.extend(rejected(&reading.delivery));
    lines.push(encoding(&reading.delivery, source));
    lines.extend(reading.notices.iter().map(|notice| Line::cannot_tell(&what, notice, "")));
    let samples = sources::sample(&reading.delivery, SAMPLES);
    lines.extend(samples.iter().map(|sample| Line::ok("  sample", sample.to_string())));
    lines
}

/// Whether the delivery would be believed, beside the one that is in force.
async fn delivery(
    app: Option<&App>,
    what: &str,
    name: &SourceName,
    source: &SourceConfig,
    reading: &Reading,
) -> Line {
    let figures = reading.delivery.figures();
    let before = match app {
        Some(app) => match app.store.accepted_figures(name).await {
            Ok(before) => before,
            Err(error) => return Line::wrong(Exit::Configuration, what, chain(&error), ""),
        },
        None => None,
    };
    let rows: Vec<String> = reading
        .tables
        .iter()
        .map(|read| {
            let left_out = match read.left_out {
                0 => String::new(),
                count => format!(", {} of other terms", thousands(count)),
            };
            format!("{} {}{left_out}", thousands(read.rows), read.table.as_str())
        })
        .collect();
    let text = format!(
        "{}, {}, {} (rows: {})",
        counted(figures.groups, "group", "groups"),
        counted(figures.students + figures.tutors, "membership", "memberships"),
        counted(figures.rejections, "rejected row", "rejected rows"),
        rows.join("; ")
    );
    let doubts = doubts(&figures, before.as_ref(), &source.completeness);
    if doubts.is_empty() {
        let against = if before.is_some() { "" } else { "; none was accepted before" };
        return Line::ok(what, format!("{text}{against}"));
    }
    let why: Vec<String> = doubts.iter().map(Doubt::to_string).collect();
    Line::wrong(
        Exit::Source,
        what,
        format!("{text}; it would be refused: {}", why.join("; ")),
        "ask the office that sends it; if it is right, `muster import`, then `muster import --accept DELIVERY --reason …`",
    )
}

/// How many rows each rule rejected.
fn rejected(delivery: &Delivery) -> Vec<Line> {
    let mut by_rule: BTreeMap<Rule, Vec<String>> = BTreeMap::new();
    for rejection in &delivery.rejections {
        by_rule
            .entry(rejection.rule)
            .or_default()
            .push(format!("{} line {}", rejection.table, rejection.line));
    }
    let line = |(rule, places): (Rule, Vec<String>)| {
        let rows = counted(places.len() as u64, "row", "rows");
        let first = places.first().map(String::as_str).unwrap_or_default();
        let text = format!("{rows} rejected: {} ({}), first {first}", meaning(rule), rule.as_str());
        Line::cannot_tell("  rejected", text, "`muster import` writes them to a file with what is wrong")
    };
    by_rule.into_iter().map(line).collect()
}

fn meaning(rule: Rule) -> &'static str {
    match rule {
        Rule::FieldCount => "more or fewer fields than the header",
        Rule::Empty => "a field that must not be empty is empty",
        Rule::Encoding => "not in the declared encoding",
        Rule::Unprintable => "control characters, or endless",
        Rule::Role => "neither student nor tutor",
        Rule::Duplicate => "there twice",
        Rule::UnknownGroup => "a member of a group that is not there",
    }
}

/// Whether the declared encoding is the real one (feature A3). A wrong one shows in two ways: bytes that it does not
/// have, which are rejected, and letters that nobody means: `Ã¤` is `ä` of UTF-8 read as windows-1252.
fn encoding(delivery: &Delivery, source: &SourceConfig) -> Line {
    let what = "  encoding";
    let declared = match &source.place {
        SourcePlace::Csv(place) => place.encoding.name(),
        SourcePlace::Odbc(place) => place.encoding.name(),
        SourcePlace::Sql(_) => "the database's",
        SourcePlace::Pushed(_) => "that of the messages",
    };
    let undecodable = delivery.rejections.iter().filter(|rejection| rejection.rule == Rule::Encoding).count();
    let names = || delivery.groups.iter().map(|group| &*group.name);
    let rows = delivery.groups.len() + delivery.members.len() + delivery.rejections.len();
    if undecodable > 0 {
        let found = format!("{} cannot be read as {declared}", counted(undecodable as u64, "row", "rows"));
        // A few are mistakes of the source in the right encoding; another encoding would garble all the others.
        if undecodable * 100 < rows {
            return Line::cannot_tell(what, found, "correct these rows in the source");
        }
        return Line::wrong(
            Exit::Source,
            what,
            found,
            "set `encoding` of the source, often \"windows-1252\"",
        );
    }
    if let Some(name) = names().find(|name| is_misread(name)) {
        let found = format!("{name:?} looks like UTF-8 that was read as {declared}, here or in the source");
        return Line::wrong(
            Exit::Source,
            what,
            found,
            "set `encoding` of the source to \"utf-8\", or mend the export",
        );
    }
    if let Some(name) = names().find(|name| name.contains(char::REPLACEMENT_CHARACTER)) {
        let found = format!("{name:?} lost letters before it came here");
        return Line::wrong(Exit::Source, what, found, "mend the encoding in the program that exports");
    }
    Line::ok(what, format!("every field is {declared}, and no name looks misread"))
}

/// Tells whether a text is UTF-8 that somebody took for windows-1252.
fn is_misread(text: &str) -> bool {
    if text.is_ascii() {
        return false;
    }
    let (bytes, _, unmappable) = WINDOWS_1252.encode(text);
    !unmappable && std::str::from_utf8(&bytes).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf_8_that_was_read_as_windows_1252_is_told_from_real_letters() {
        for (text, expected) in
            [("Tutorial A", false), ("KÃ¤the", true), ("Käthe", false), ("Ã", false), ("Gruppe – Ω", false)]
        {
            assert_eq!(is_misread(text), expected, "{text}");
        }
    }
}
