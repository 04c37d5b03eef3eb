//! `muster simulate`: a Moodle or an itslearning in memory behind real HTTP, to rehearse with; with `--term` the rehearsal
//! itself.
//!
//! Not here: how these platforms behave (`simulators`), and what a rehearsal is ([`crate::rehearsal`]).

mod itslearning;

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::str::FromStr;

use serde_json::json;
use simulators::moodle::{FaultRule, FaultWordsError, Server, Settings, Token, World};
use simulators::university::{Profile, University, load_world};

use crate::cli::{SimulateArgs, Size};
use crate::config::Config;
use crate::exit::{Exit, Failure, chain};
use crate::output::Output;
use crate::rehearsal::{Wanted, rehearse};

/// The token that the built-in Moodle accepts. It opens nothing else.
pub(crate) const TOKEN: &str = "token-of-the-built-in-moodle";

/// The file in which `muster demo --keep` leaves the state of its Moodle.
pub(crate) const WORLD_FILE: &str = "moodle.json";

pub(crate) async fn run(
    args: &SimulateArgs,
    file: &Path,
    profile: Option<&str>,
    output: &Output,
) -> Result<Exit, Failure> {
    if args.term {
        let config = Config::load(file, profile).map_err(super::config::cannot_use)?;
        let wanted = Wanted {
            seed: args.seed,
            nights: args.nights,
            size: args.size.map(|size| match size {
                Size::S => Profile::S,
                Size::M => Profile::M,
            }),
            mappings: args.mappings.clone(),
            keep: args.keep.clone(),
        };
        return rehearse(config, &wanted, output).await;
    }
    if args.itslearning {
        return itslearning::run(args, output).await;
    }
    let faults: Vec<FaultRule> = faults(args)?;
    let release = args.release.parse().map_err(|error| Failure::of(Exit::Usage, error))?;
    let mut world = match &args.data {
        Some(dir) => load(dir)?,
        None => {
            let mut world = World::new(Settings::default());
            University::generate(Profile::S, 1).furnish(&mut world);
            world
        }
    };
    world.set_release(release);
    world.set_debugging(args.debugging);
    let world = with_token(world);
    let server = Server::start_on(world, args.listen).await.map_err(|error| cannot_listen(args, &error))?;
    for fault in faults {
        server.faults().push(fault);
    }
    serve(server, output).await
}

/// The faults of the command line, in the words of the platform that is simulated.
fn faults<R: FromStr<Err = FaultWordsError>>(args: &SimulateArgs) -> Result<Vec<R>, Failure> {
    let read = |text: &String| {
        text.parse().map_err(|error: FaultWordsError| {
            Failure::new(Exit::Usage, format!("cannot use --fault {text}: {error}"))
                .hint("`muster simulate --help` lists the faults")
        })
    };
    args.faults.iter().map(read).collect()
}

fn cannot_listen(args: &SimulateArgs, error: &std::io::Error) -> Failure {
    Failure::new(Exit::Configuration, format!("cannot listen on {}: {error}", args.listen))
        .hint("--listen ADDRESS chooses another address; port 0 takes any free one")
}

/// Serves until the person stops it.
pub(crate) async fn serve(server: Server, output: &Output) -> Result<Exit, Failure> {
    let url = server.url();
    output.answer(&json!({ "url": url, "token": TOKEN }), || {
        format!("The built-in Moodle answers at {url} with the token {TOKEN}. Ctrl-C stops it.")
    })?;
    // Without a signal handler the only way out would be a kill, which is as good.
    let _ = tokio::signal::ctrl_c().await;
    server.stop().await;
    Ok(Exit::Done)
}

/// A Moodle from a folder: its saved state where there is one, else its data.
fn load(dir: &Path) -> Result<World, Failure> {
    let saved = dir.join(WORLD_FILE);
    if !saved.exists() {
        return load_world(dir, Settings::default()).map_err(|error| {
            Failure::new(Exit::Configuration, chain(&error))
                .hint("`cargo xtask data DIR` writes such a folder")
        });
    }
    let failed = |error: &dyn std::fmt::Display| {
        Failure::new(Exit::Configuration, format!("cannot read {}: {error}", saved.display()))
            .hint("`muster demo --keep DIR` writes it anew")
    };
    let text = std::fs::read_to_string(&saved).map_err(|error| failed(&error))?;
    serde_json::from_str(&text).map_err(|error| failed(&error))
}

/// Lets the web service account in: a user of its own with every right that Muster needs.
pub(crate) fn with_token(mut world: World) -> World {
    if world.token_mut(TOKEN).is_none() {
        let user = world.add_user(simulators::moodle::NewUser {
            username: "muster".into(),
            firstname: "Muster".into(),
            lastname: "Webservice".into(),
            email: "muster@example.ac.uk".into(),
            ..Default::default()
        });
        world.add_token(Token::new(TOKEN, user));
    }
    world
}

/// Writes a file that only its owner may read, as a token wants to be.
pub(crate) fn write_private(path: &Path, text: &str) -> Result<(), Failure> {
    let file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|error| {
        Failure::new(Exit::Configuration, format!("cannot write {}: {error}", path.display()))
            .hint("--keep DIR names a folder in which you may write")
    })
}
