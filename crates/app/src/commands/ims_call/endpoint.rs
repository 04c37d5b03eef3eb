//! Where a call of a person goes: the service of the configuration, or an address of the command line.
//!
//! Not here: sending.
//!
//! Invariant: a password stands in no option; options name where it is kept.

use std::path::Path;

use targets::itslearning::{Itslearning, ItslearningSettings};

use super::rows::usage;
use crate::app::itslearning_settings;
use crate::cli_ims_call::{Destination, EndpointArgs};
use crate::config::{Config, SecretRef};
use crate::exit::{Exit, Failure};
use crate::output::Output;

/// The client of the endpoint that was asked for.
pub(super) fn endpoint(
    args: &EndpointArgs,
    file: &Path,
    profile: Option<&str>,
    output: &Output,
) -> Result<Itslearning, Failure> {
    let settings = match (&args.url, &args.user) {
        (Some(url), Some(user)) => of_options(args, url, user)?,
        _ => match args.to {
            Destination::Itslearning => configured(file, profile, output)?,
        },
    };
    Ok(Itslearning::new(settings)?)
}

fn of_options(args: &EndpointArgs, url: &str, user: &str) -> Result<ItslearningSettings, Failure> {
    let place = match (&args.password_env, &args.password_file) {
        (Some(variable), _) => SecretRef::Env(variable.clone()),
        (None, Some(file)) => SecretRef::File(file.clone()),
        (None, None) => {
            return Err(usage(
                "cannot sign in without a password".to_owned(),
                "--password-env VARIABLE or --password-file FILE says where it is kept",
            ));
        }
    };
    let password = place.resolve().map_err(|error| {
        let next = error.next_step();
        Failure::of(Exit::Configuration, error).hint(next)
    })?;
    Ok(ItslearningSettings {
        ca_file: args.ca_file.clone(),
        allow_http: args.allow_http,
        ..ItslearningSettings::new(url, user, password)
    })
}

fn configured(file: &Path, profile: Option<&str>, output: &Output) -> Result<ItslearningSettings, Failure> {
    let config = Config::load(file, profile).map_err(crate::commands::config::cannot_use)?;
    output.banner(&config)?;
    let itslearning = config.itslearning.as_ref().ok_or_else(|| {
        Failure::new(Exit::Configuration, format!("{} has no [itslearning]", config.file.display())).hint(
            "`muster config explain itslearning.url` shows what belongs there; --url and --user send elsewhere",
        )
    })?;
    itslearning_settings(itslearning).map_err(|error| {
        let next = format!("{}; `password` of [itslearning] says where it is kept", error.next_step());
        Failure::of(Exit::Configuration, error).hint(next)
    })
}
