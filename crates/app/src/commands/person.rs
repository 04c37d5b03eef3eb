//! `muster export person` and `muster forget person`: what is held about one person, and its erasure (feature N11).
//!
//! Not here: where it is held (`store::people`); what sources, platform, mails and backups hold.
//!
//! Invariant: nobody is erased whom a source, a student system that pushes or a course has now: they would be brought back.

use std::fmt::Write;

use reconcile::keys::PersonKey;
use serde_json::{Map, Value, json};
use store::{Held, Shown};

use crate::app::{App, person as operator};
use crate::ask::{Consent, ask};
use crate::clock::written;
use crate::config::PeopleKeys;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::present::table::{columns, counted, strong};

/// What an erasure does not reach, for people who have to answer for it.
const OUT_OF_REACH: &str = "It does not reach the sources, the platform, mails that were sent, files that were written \
     (rejected rows, exports) and backups of the database.";

/// What is asked of an erasure.
pub(crate) struct Erasure<'a> {
    pub(crate) person: &'a str,
    pub(crate) reason: &'a str,
    pub(crate) yes: bool,
}

pub(crate) async fn export(app: &App, person: &str, output: &Output) -> Result<Exit, Failure> {
    let key = key(app, person);
    let held = app.store.held_about(&key).await?;
    output.answer(
        &json!({ "person": key, "held": held.iter().map(document).collect::<Vec<_>>() }),
        || {
            if held.is_empty() {
                return format!("Nothing is held about {key}.");
            }
            held.iter().map(section).collect::<Vec<_>>().join("\n")
        },
    )?;
    Ok(Exit::Done)
}

pub(crate) async fn erase(app: &App, erasure: &Erasure<'_>, output: &Output) -> Result<Exit, Failure> {
    let key = key(app, erasure.person);
    let held = app.store.held_about(&key).await?;
    if held.is_empty() {
        output.answer(&json!({ "erased": null, "rows": 0 }), || {
            format!("Nothing is held about {key}; there is nothing to erase.")
        })?;
        return Ok(Exit::Done);
    }
    refuse_current(&key, &held)?;
    let rows: usize = held.iter().map(|held| held.rows.len()).sum();
    let rows = counted(rows as u64, "row names", "rows name");
    let places: Vec<&str> = held.iter().map(|held| held.place).collect();
    let places = places.join(", ");
    output.text(&format!("{rows} {key}: {places}.\n{OUT_OF_REACH}"))?;
    let command = format!("muster forget person {:?} --reason {:?} --yes", erasure.person, erasure.reason);
    match Consent::of(erasure.yes, output) {
        Consent::Given => {}
        Consent::Ask if ask("Erase? This cannot be undone.")? => {}
        Consent::Ask => {
            output.text("Nothing was changed.")?;
            return Ok(Exit::Done);
        }
        Consent::Nobody => {
            let document = json!({ "erased": null, "held": held.iter().map(document).collect::<Vec<_>>(), "next": command });
            output.json(&document)?;
            output.text(&format!("Nothing was changed. next: {command}"))?;
            return Ok(Exit::Done);
        }
    }
    let lock = app.lock("erase a person").await?;
    let erased = app.store.erase_person(&lock, &key, &operator(), erasure.reason, app.clock.now()).await?;
    output.answer(&json!({ "erased": erased.pseudonym, "rows": erased.rows }), || {
        let rows = counted(erased.rows, "row", "rows");
        format!("Erased from {rows}: there the person is called {} now.", erased.pseudonym)
    })?;
    Ok(Exit::Done)
}

/// The key as it is kept.
fn key(app: &App, person: &str) -> PersonKey {
    let folds = app.config.sources.values().any(|source| source.people == PeopleKeys::LowerCase);
    let person = person.trim();
    PersonKey(if folds { person.to_lowercase().into() } else { person.into() })
}

fn refuse_current(key: &PersonKey, held: &[Held]) -> Result<(), Failure> {
    let current: Vec<&str> = held.iter().filter(|held| held.is_current).map(|held| held.place).collect();
    if current.is_empty() {
        return Ok(());
    }
    let message = format!("cannot erase {key}, who is still in: {}", current.join(", "));
    Err(Failure::new(Exit::Usage, message).hint(
        "take the person out of the source, or let the student system that pushed them delete them; let `muster run` \
         take them out of the groups, then erase; `muster export person` shows where they are",
    ))
}

fn document(held: &Held) -> Value {
    let row = |row: &Vec<Shown>| -> Value {
        let fields = held.columns.iter().zip(row);
        let value = |shown: &Shown| match shown {
            Shown::Nothing => Value::Null,
            Shown::Number(number) => (*number).into(),
            Shown::Text(text) => text.to_string().into(),
            Shown::Time(time) => time.0.into(),
        };
        Value::Object(fields.map(|(name, shown)| ((*name).to_owned(), value(shown))).collect::<Map<_, _>>())
    };
    json!({ "place": held.place, "current": held.is_current, "rows": held.rows.iter().map(row).collect::<Vec<_>>() })
}

fn section(held: &Held) -> String {
    let cell = |shown: &Shown| match shown {
        Shown::Nothing => String::new(),
        Shown::Number(number) => number.to_string(),
        Shown::Text(text) => text.to_string(),
        Shown::Time(time) => written(*time),
    };
    let rows: Vec<Vec<String>> = held.rows.iter().map(|row| row.iter().map(cell).collect()).collect();
    let mut text = String::new();
    let _ = writeln!(text, "{}", strong(held.place));
    text.push_str(&columns(&held.columns, rows));
    text
}
