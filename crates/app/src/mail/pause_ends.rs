//! Tells people on the day before a pause ends (feature B9), so that nobody is surprised by what comes after it.
//!
//! Not here: what a pause covers (`store`), and that the first run after it only plans (`reconcile::safety`).
//!
//! Invariant: pure but for [`tell_pause_ends`].
//! Invariant: people are told once of each pause, whether a run or the service looks first.

use store::{PauseId, PauseRow, PauseScope};

use super::compose::{Letter, subject_of};
use super::paper::{Block, as_html, as_text, name, one_line};
use super::{dispatch, wanted};
use crate::app::App;
use crate::clock::{DAY_S, written};
use crate::exit::Failure;
use crate::present::table::counted;

/// Tells of pauses that end within a day. Nothing is sent where nobody is told by mail.
///
/// A letter that could not be sent is tried again at the next look.
pub(crate) async fn tell_pause_ends(app: &App) -> Result<(), Failure> {
    let Some(config) = wanted(app) else { return Ok(()) };
    let ending = app.store.take_pause_ends(DAY_S, app.clock.now()).await?;
    if ending.is_empty() {
        return Ok(());
    }
    let site = app.config.moodle.as_ref().map_or("the platform", |moodle| moodle.url.as_str());
    let letter = compose(app.config.profile.as_deref(), site, &ending);
    if !dispatch(app, config, &letter).await {
        let ending: Vec<PauseId> = ending.iter().map(|row| row.id).collect();
        app.store.give_back_pause_ends(&ending).await?;
    }
    Ok(())
}

/// Writes the letter.
pub(super) fn compose(profile: Option<&str>, site: &str, ending: &[PauseRow]) -> Letter {
    let pauses = counted(ending.len() as u64, "pause", "pauses");
    let (end, them) = if ending.len() == 1 { ("ends", "it") } else { ("end", "them") };
    let subject = subject_of(profile, &[format!("{pauses} {end} within a day"), one_line(site)]);
    let mut blocks = vec![Block::Opening(format!("{pauses} on {} {end} within a day.", name(site)))];
    blocks.push(Block::Items(ending.iter().map(item).collect()));
    blocks.push(Block::Paragraph(
        "Next run: the first one after the end only plans what was paused, and tells you. Nothing is changed there until somebody approves it."
            .to_owned(),
    ));
    blocks.push(Block::Paragraph(format!(
        "What you may do: nothing, if that is right. To keep {them} longer, pause again before the end:"
    )));
    blocks.extend(ending.iter().map(|row| Block::Command(again(&row.pause.scope))));
    Letter { text: as_text(&blocks), html: as_html(&subject, &blocks), subject, attachment: None }
}

fn item(row: &PauseRow) -> String {
    let pause = &row.pause;
    format!(
        "{} until {}: {} ({})",
        name(&pause.scope.to_string()),
        written(pause.ends_at),
        name(&pause.reason),
        name(&pause.owner)
    )
}

/// The command that pauses the same again.
fn again(scope: &PauseScope) -> String {
    let what = match scope {
        PauseScope::All => "--all".to_owned(),
        PauseScope::Source(source) => format!("--source {}", one_line(&source.to_string())),
        PauseScope::School(school) => format!("--school {}", one_line(&school.name)),
        PauseScope::Module(module) => format!("--module {}", one_line(&module.to_string())),
        PauseScope::Course(course) => format!("--course {course}"),
    };
    format!("muster pause {what} --days 7 --reason \"…\"")
}
