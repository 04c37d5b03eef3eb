//! The rehearsal of a term (feature Z10): the nights of a September with today's policy, limits and mappings, on an
//! invented university, the built-in Moodle and a database of their own.
//!
//! The way through: `mappings.rs` copies what is mapped today, `stage.rs` builds the copies, `nights.rs` lives through
//! the nights, `advice.rs` says what the limits did, `tell.rs` tells it.
//!
//! Not here: any shortcut. Each night is a run as every other, and its mail is the one that would go out.
//!
//! Invariant: the real database, sources, platform, mail server and logs are not touched: of them a rehearsal reads
//! the configuration and a copy of the database file, and nothing else.

mod advice;
mod mappings;
mod nights;
mod stage;
mod tell;

use simulators::university::Profile;

pub(crate) use self::stage::Wanted;
use crate::app::ShowProgress;
use crate::config::Config;
use crate::exit::{Exit, Failure};
use crate::output::Output;

/// Rehearses a term and tells of it.
pub(crate) async fn rehearse(config: Config, wanted: &Wanted, output: &Output) -> Result<Exit, Failure> {
    let mut stage = stage::Stage::build(config, wanted).await?;
    let progress = if output.is_for_people() { ShowProgress::OnTerminal } else { ShowProgress::Never };
    let nights = nights::live_through(&mut stage, wanted.nights, progress).await?;
    let advice = advice::advise(&nights, &stage.limits);
    let story = tell::Story { stage: &stage, wanted, nights: &nights, advice: &advice };
    output.answer(&tell::document(&story), || tell::text(&story))?;
    stage.end().await;
    Ok(Exit::Done)
}

/// The smallest size that has as many courses as are mapped.
fn size_for(mapped_courses: usize) -> Profile {
    if mapped_courses > Profile::S.sizes().courses as usize { Profile::M } else { Profile::S }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn z10_the_university_is_as_large_as_what_is_mapped() {
        for (courses, expected) in [(0, Profile::S), (900, Profile::S), (901, Profile::M)] {
            assert_eq!(size_for(courses), expected, "{courses}");
        }
    }
}
