//! What a person may mean: the courses that answer to a number, a short name, an idnumber or a module.
//!
//! Not here: groups and groupings, which the store finds by itself.
//!
//! Invariant: a number that is nobody's number is still a course, because the answer is then that nothing is mapped to it.

use reconcile::keys::{CourseId, ModuleCode};

use crate::app::App;
use crate::exit::{Exit, Failure};

/// A name as it can be typed in a shell.
pub(super) fn typed(name: &str) -> String {
    let plain = |character: char| character.is_alphanumeric() || "-_.:/@".contains(character);
    if !name.is_empty() && name.chars().all(plain) {
        return name.to_owned();
    }
    format!("'{}'", name.replace('\'', r"'\''"))
}

/// The courses that a person may mean.
pub(super) async fn courses(app: &App, asked: &str, live: bool) -> Result<Vec<CourseId>, Failure> {
    let mut found: Vec<CourseId> =
        app.store.find_courses(asked).await?.into_iter().map(|hit| hit.course).collect();
    let number = asked.parse().map(CourseId).ok();
    if let Some(number) = number
        && app.store.knows_course(number).await?
    {
        found.insert(0, number);
    }
    if found.is_empty() {
        found = app.store.courses_of_module(&ModuleCode(asked.into())).await?;
    }
    if found.is_empty() && live {
        let moodle = app.moodle().await?;
        let named = moodle.find_courses(asked).await.map_err(|error| Failure::of(Exit::Target, error))?;
        found = named.into_iter().map(|names| names.course).collect();
    }
    found.dedup();
    if found.is_empty() {
        return number.map(|number| vec![number]).ok_or_else(|| unknown(asked, live));
    }
    Ok(found)
}

fn unknown(asked: &str, live: bool) -> Failure {
    let where_looked = if live { "here or on the platform" } else { "in our memory" };
    let message = format!(
        "no course has the short name or idnumber {asked} {where_looked}, and no module {asked} fills one"
    );
    let hint = "the course's number is in its address on the platform; `muster map list` shows the mappings";
    Failure::new(Exit::Usage, message).hint(if live {
        hint.to_owned()
    } else {
        format!("{hint}; --live asks the platform too")
    })
}
