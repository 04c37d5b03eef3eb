//! The `muster` program: reads the command line, opens what the command needs, and ends with an exit code.
//!
//! Not here: what the commands do ([`commands`]) and what a run is ([`run`]).

mod app;
mod ask;
mod choose;
mod cli;
mod cli_ims_call;
mod cli_values;
mod clock;
mod commands;
mod config;
mod database_trouble;
mod exit;
mod health;
mod help;
mod import;
mod imses;
mod journal;
mod logging;
mod mail;
mod mending;
mod notes;
mod output;
mod planning;
mod present;
mod rehearsal;
mod run;
mod select;
mod serve;
mod skipped;
mod sources;
mod take_over;
mod workers;

use std::ffi::OsString;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use clap::CommandFactory;

use crate::app::{App, ShowProgress};
use crate::cli::{Cli, Command, ExportCommand, ForgetCommand, ImsCommand, ResetCommand};
use crate::clock::Clock;
use crate::config::Config;
use crate::exit::{Exit, Failure};
use crate::output::Output;

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let cli = match help::parse(arguments.iter().cloned()) {
        Ok(cli) => cli,
        // `--help` and `--version` come this way too, and are no mistakes.
        Err(error) => return help::answer(&error, &arguments).into(),
    };
    let output = Output::new(cli.format);
    // The workspace has one TLS provider; a second installation would be the only way to fail.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            output.failure(&Failure::new(Exit::Configuration, format!("cannot start: {error}")));
            return Exit::Configuration.into();
        }
    };
    // A panic has said what happened by itself; here it gets the exit code of the contract and the next step.
    let ended = catch_unwind(AssertUnwindSafe(|| runtime.block_on(dispatch(cli, &output))));
    let ended = ended.unwrap_or_else(|_| {
        Err(Failure::new(Exit::Bug, "a mistake of Muster itself, shown above")
            .hint("run it again: nothing is lost. Please report it, with `muster support-bundle RUN` if it was a run"))
    });
    match ended {
        Ok(exit) => exit.into(),
        Err(failure) => {
            output.failure(&failure);
            failure.exit.into()
        }
    }
}

async fn dispatch(cli: Cli, output: &Output) -> Result<Exit, Failure> {
    let Cli { config: file, profile, format: _, command } = cli;
    let open = async || {
        let config = Config::load(&file, profile.as_deref()).map_err(commands::config::cannot_use)?;
        let levels = logging::begin(&config.log)?;
        let app = App::open(config, Clock::default(), ShowProgress::OnTerminal).await?;
        let app = App { levels, ..app };
        output.banner(&app.config)?;
        Ok::<App, Failure>(app)
    };
    match command {
        Command::Init(args) => commands::init::run(&args, &file, output),
        Command::Check(args) => commands::check::run(&args, &file, profile.as_deref(), output).await,
        Command::Import(args) => commands::import::run(&open().await?, &args, output).await,
        Command::Map(command) => commands::map::run(&open().await?, &command, output).await,
        Command::Owners(command) => commands::owners::run(&open().await?, &command, output).await,
        Command::Plan(args) => commands::night::plan(&open().await?, &args, output).await,
        Command::Apply(args) => commands::night::apply(&open().await?, &args, output).await,
        Command::Run(args) => commands::night::run(&open().await?, &args, output).await,
        Command::Approve(args) => commands::approve::run(&open().await?, &args, output).await,
        Command::Pause(args) => commands::pause::pause(&open().await?, &args, output).await,
        Command::Resume(args) => commands::pause::resume(&open().await?, &args, output).await,
        Command::Repair(args) => commands::repair::run(&open().await?, &args, output).await,
        Command::Retry(args) => commands::retry::run(&open().await?, &args, output).await,
        Command::Skip(args) => commands::skip::run(&open().await?, &args, output).await,
        Command::Forget(command) => commands::forget::run(&open().await?, &command, output).await,
        Command::Reset(ResetCommand::Course(args)) => {
            commands::forget::run(&open().await?, &ForgetCommand::Course(args), output).await
        }
        Command::Adopt(args) => commands::adopt::run(&open().await?, &args, output).await,
        Command::Undo(args) => commands::undo::run(&open().await?, &args, output).await,
        Command::Runs(command) => commands::runs::run(&open().await?, &command, output).await,
        Command::Status(args) if args.nagios => commands::nagios::run(open().await, output).await,
        Command::Status(_) => commands::status::run(&open().await?, output).await,
        Command::Serve => commands::serve::run(open().await?, output).await,
        Command::Work(args) => commands::work::run(open().await?, &args, output).await,
        Command::Account(command) => commands::account::run(&open().await?, &command, output).await,
        Command::Ims(ImsCommand::Lint { file }) => commands::ims_lint::run(&file, output),
        Command::Ims(ImsCommand::Call(call)) => {
            commands::ims_call::run(&call, &file, profile.as_deref(), output).await
        }
        Command::Ims(command) => commands::ims::run(&open().await?, &command, output).await,
        Command::Explain(command) => commands::explain::run(&open().await?, &command, output).await,
        Command::Simulate(args) => commands::simulate::run(&args, &file, profile.as_deref(), output).await,
        Command::Demo(args) => commands::demo::run(&args, output).await,
        Command::Export(ExportCommand::Person { person }) => {
            commands::person::export(&open().await?, &person, output).await
        }
        Command::SupportBundle(args) => commands::support_bundle::run(&open().await?, &args, output).await,
        Command::Config(command) => commands::config::run(&command, &file, profile.as_deref(), output),
        Command::Completions { shell } => {
            // Into memory first: where the reader of a pipe has gone away, clap would panic.
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "muster", &mut script);
            std::io::stdout().write_all(&script)?;
            Ok(Exit::Done)
        }
    }
}
