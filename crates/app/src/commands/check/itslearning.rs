//! itslearning: one line for the address, the certificate, the account, and each operation that is used.
//!
//! Not here: the examination itself ([`targets::itslearning::examine`]).

use targets::itslearning::{Proof, Step, Verdict, examine};

use super::line::Line;
use crate::app::itslearning_settings;
use crate::config::Config;
use crate::exit::{Exit, chain};

/// Tries the service.
pub(super) async fn lines(config: &Config) -> Vec<Line> {
    let Some(itslearning) = &config.itslearning else {
        let found = format!("{} has no [itslearning]", config.file.display());
        let next = "`muster config explain itslearning.url` shows what belongs there";
        return vec![Line::wrong(Exit::Configuration, "itslearning", found, next)];
    };
    match itslearning_settings(itslearning) {
        Ok(settings) => examine(settings).await.iter().map(line).collect(),
        Err(error) => {
            let next = format!(
                "{}; `password` of [itslearning] says where it is kept, docs/itslearning.md where it comes from",
                error.next_step()
            );
            vec![Line::wrong(Exit::Configuration, what(Step::Login), chain(&error), next)]
        }
    }
}

fn what(step: Step) -> &'static str {
    match step {
        Step::Settings => "itslearning",
        Step::Connection => "itslearning address",
        Step::Login => "itslearning login",
        Step::Operation(operation) => operation.name(),
    }
}

fn line(proof: &Proof) -> Line {
    let what = what(proof.step);
    let exit = if proof.step == Step::Settings { Exit::Configuration } else { Exit::Target };
    match proof.verdict {
        Verdict::Ok => Line::ok(what, proof.found.clone()),
        Verdict::Wrong => Line::wrong(exit, what, proof.found.clone(), proof.remedy.clone()),
        Verdict::CannotTell => Line::cannot_tell(what, proof.found.clone(), proof.remedy.clone()),
    }
}
