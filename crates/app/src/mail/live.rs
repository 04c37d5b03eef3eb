//! Letters about live runs: only of what is new and needs a person, and at most once an hour.
//!
//! Not here: the letter itself; it is the one of any run.

use store::Timestamp;

use super::{Length, compose, dispatch, story, wanted, warn};
use crate::app::App;
use crate::exit::{Exit, Failure};
use crate::import::Imported;
use crate::run::Finished;

/// How many seconds lie between two letters.
const LETTER_EVERY_S: i64 = 60 * 60;

/// When a letter about live runs went, and whether one is owed.
#[derive(Debug, Default)]
pub(crate) struct LiveLetters {
    written_at: Option<Timestamp>,
    is_owed: bool,
}

impl LiveLetters {
    /// Tells whether a letter goes now.
    fn goes(&mut self, has_news: bool, now: Timestamp) -> bool {
        self.is_owed |= has_news;
        let is_time = self.written_at.is_none_or(|written| now.0 - written.0 >= LETTER_EVERY_S);
        let goes = self.is_owed && is_time;
        if goes {
            (self.written_at, self.is_owed) = (Some(now), false);
        }
        goes
    }
}

/// Tells people about a live run, where something in it is new and needs them. The letter of the next whole run tells the
/// same again, for those who were not there.
pub(crate) async fn after_live_run(
    app: &App,
    ended: &Result<(Vec<Imported>, Option<Finished>), Failure>,
    letters: &mut LiveLetters,
) {
    let Some(config) = wanted(app) else { return };
    let story = match ended {
        Ok((imported, Some(finished))) => {
            story::of_run(app, finished).await.map(|story| story.with_deliveries(imported))
        }
        Ok((imported, None)) => Ok(story::of_import(app, imported)),
        Err(failure) if failure.exit == Exit::Usage => return,
        Err(failure) => Ok(story::of_failure(app, failure)),
    };
    match story {
        Ok(story) if letters.goes(story.has_news(), app.clock.now()) && story.needs_person() => {
            dispatch(app, config, &compose(&story, Length::Whole)).await;
        }
        Ok(_) => {}
        Err(failure) => {
            warn(&format!("cannot tell anybody of the live run: {failure}"), "`muster status` shows it")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_about_live_runs_goes_at_most_once_an_hour_and_none_is_lost() {
        let mut letters = LiveLetters::default();
        let mut goes = |has_news, minutes: i64| letters.goes(has_news, Timestamp(minutes * 60));
        assert!(!goes(false, 0), "all is well");
        assert!(goes(true, 1));
        assert!(!goes(true, 2) && !goes(false, 3) && !goes(false, 60));
        assert!(goes(false, 61), "what came in between is told when the hour is over");
        assert!(!goes(false, 200));
    }
}
