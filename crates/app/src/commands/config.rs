//! `muster config`: shows, lists and explains the configuration.
//!
//! Not here: the keys themselves ([`crate::config`]).

use std::path::Path;

use crate::cli::ConfigCommand;
use crate::config::{self, Config, Mistake};
use crate::exit::{Exit, Failure};
use crate::output::Output;

pub(crate) fn run(
    command: &ConfigCommand,
    file: &Path,
    profile: Option<&str>,
    output: &Output,
) -> Result<Exit, Failure> {
    match command {
        ConfigCommand::Show => {
            let config = Config::load(file, profile).map_err(mistakes)?;
            output.answer(&config.effective, || {
                config.effective.iter().map(|effective| format!("{effective}\n")).collect()
            })?;
        }
        ConfigCommand::Keys => {
            let keys = config::keys();
            output.answer(&keys, || {
                keys.iter().map(|key| format!("{}\n  {}\n", key.key, key.about)).collect()
            })?;
        }
        ConfigCommand::Explain { key } => {
            let explanation = config::explain(key).map_err(|message| Failure::new(Exit::Usage, message))?;
            output.answer(&explanation, || explanation.to_string())?;
        }
    }
    Ok(Exit::Done)
}

/// All mistakes of a configuration, as one failure.
pub(crate) fn mistakes(mistakes: Vec<Mistake>) -> Failure {
    let count = mistakes.len();
    let lines: String = mistakes.iter().map(|mistake| format!("\n{mistake}")).collect();
    let title = if count == 1 { "one mistake".to_owned() } else { format!("{count} mistakes") };
    Failure::new(Exit::Configuration, format!("cannot use the configuration: {title}{lines}"))
}
