//! `muster config`: shows, lists and explains the configuration.
//!
//! Not here: the keys themselves ([`crate::config`]).

use std::path::Path;

use crate::cli::ConfigCommand;
use crate::config::{self, Config, ConfigError};
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::present::table::counted;

pub(crate) fn run(
    command: &ConfigCommand,
    file: &Path,
    profile: Option<&str>,
    output: &Output,
) -> Result<Exit, Failure> {
    match command {
        ConfigCommand::Show => {
            let config = Config::load(file, profile).map_err(cannot_use)?;
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

/// Why there is no configuration, as a failure with the next step.
pub(crate) fn cannot_use(error: ConfigError) -> Failure {
    match error {
        ConfigError::Unreadable { file, why, next } => {
            let message = format!("cannot read the configuration {}: {why}", file.display());
            Failure::new(Exit::Configuration, message).hint(next)
        }
        ConfigError::Mistakes(mistakes) => {
            let lines: String = mistakes.iter().map(|mistake| format!("\n{mistake}")).collect();
            let count = counted(mistakes.len() as u64, "mistake", "mistakes");
            Failure::new(Exit::Configuration, format!("cannot use the configuration: {count}{lines}"))
        }
    }
}
