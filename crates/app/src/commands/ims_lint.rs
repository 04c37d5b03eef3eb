//! `muster ims lint`: what is wrong with a message of IMS Enterprise Services, and how to mend it (feature Z15).
//!
//! Not here: the rules, which are those of the service (`ims_es::lint`), and what only a look at a site can tell.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use ims_es::limits::Limits;
use ims_es::lint::{Lint, lint};
use ims_es::policy::Policy;
use ims_es::problem::{Problem, Weight};
use serde_json::json;

use crate::exit::{Exit, Failure, chain};
use crate::output::Output;
use crate::present::table::{bad, counted, faint, good, pending};

pub(crate) fn run(file: &Path, output: &Output) -> Result<Exit, Failure> {
    let source: Box<dyn BufRead + Send> = if file == Path::new("-") {
        Box::new(BufReader::new(std::io::stdin()))
    } else {
        let opened = File::open(file).map_err(|error| {
            Failure::new(Exit::Usage, format!("cannot read {}: {error}", file.display()))
                .hint("name a file with one message, or - for standard input")
        })?;
        Box::new(BufReader::new(opened))
    };
    let found = match lint(source, Limits::default(), &Policy::default()) {
        Ok(found) => found,
        Err(error) => {
            let text = chain(&error);
            output.answer(&json!({ "readable": false, "why": text }), || {
                format!("{} {text}", bad("not a request:"))
            })?;
            return Ok(Exit::Attention);
        }
    };
    let notes = notes(&found);
    let document = json!({
        "readable": true, "operation": found.operation.name(), "message_identifier": found.header.message_identifier(),
        "notes": notes, "items": found.items,
        "remarks": found.remarks.iter().map(|remark| json!({
            "at_byte": remark.at, "text": remark.text, "how_to_mend": remark.how_to_mend,
        })).collect::<Vec<_>>(),
    });
    output.answer(&document, || text(&found, &notes))?;
    let is_well = found.items.iter().flatten().all(|problem| problem.weight == Weight::Advice);
    Ok(if is_well { Exit::Done } else { Exit::Attention })
}

/// What is to be said about the header.
fn notes(found: &Lint) -> Vec<String> {
    let mut notes = Vec::new();
    if found.header.message_identifier().is_empty() {
        notes.push("the message has no messageIdentifier; with one, a message that is sent again is not carried out twice".to_owned());
    }
    match &found.header.security {
        None => notes.push("there is no Security header; the service answers InvalidSecurity".to_owned()),
        Some(security) if security.token.is_none() => {
            notes.push(
                "the Security header holds no UsernameToken; the service answers InvalidSecurity".to_owned(),
            );
        }
        Some(_) => {}
    }
    for block in &found.header.not_understood {
        notes.push(format!(
            "the header block {block} must be understood and is not; the service answers MustUnderstand"
        ));
    }
    notes
}

fn text(found: &Lint, notes: &[String]) -> String {
    let count = counted(found.items.len() as u64, "item", "items");
    let mut lines = vec![format!("{}, {count}", found.operation.name())];
    lines.extend(notes.iter().map(|note| format!("  {} {note}", pending("header"))));
    lines.extend(found.remarks.iter().map(|remark| {
        format!(
            "  {} byte {}: {}\n          next: {}",
            pending("passed over"),
            remark.at,
            remark.text,
            remark.how_to_mend
        )
    }));
    for (at, problems) in found.items.iter().enumerate() {
        lines.extend(problems.iter().map(|problem| problem_line(at + 1, problem)));
    }
    if lines.len() == 1 {
        lines.push(good("  nothing is wrong with it, as far as the message alone can tell"));
    }
    lines.join("\n")
}

fn problem_line(item: usize, problem: &Problem) -> String {
    let weight = match problem.weight {
        Weight::Advice => faint("advice"),
        Weight::Warning => pending("warning"),
        Weight::Error => bad("error"),
    };
    let code = problem.code_minor.as_str();
    format!("  item {item}: {weight} {code}: {}\n          next: {}", problem.sentence(), problem.how_to_mend)
}
