//! Tries the mail: settings, server, encryption, login, and on request one letter.
//!
//! Not here: the conversation with the server (`crate::mail`).

use super::line::Line;
use crate::config::Config;
use crate::exit::Exit;
use crate::mail::{Examined, Trial, Verdict, examine};

pub(super) async fn lines(config: &Config, trial: Trial) -> Vec<Line> {
    examine(config, trial).await.into_iter().map(line).collect()
}

fn line(Examined { what, verdict, text, remedy }: Examined) -> Line {
    match verdict {
        Verdict::Ok => Line { remedy, ..Line::ok(what, text) },
        Verdict::Wrong => Line::wrong(Exit::Configuration, what, text, remedy),
        Verdict::CannotTell => Line::cannot_tell(what, text, remedy),
    }
}
