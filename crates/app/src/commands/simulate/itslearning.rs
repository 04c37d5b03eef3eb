//! `muster simulate --itslearning`: an itslearning in memory behind real HTTP.
//!
//! Not here: how it behaves ([`simulators::itslearning`]).

use std::time::Duration;

use serde_json::json;
use simulators::itslearning::{Account, FaultRule, Latency, Server, Settings, Time, World};

use super::{cannot_listen, faults};
use crate::cli::SimulateArgs;
use crate::exit::{Exit, Failure};
use crate::output::Output;

/// The account that the built-in itslearning accepts. It opens nothing else.
const USERNAME: &str = "muster";

/// Its password.
const PASSWORD: &str = "password-of-the-built-in-itslearning";

pub(super) async fn run(args: &SimulateArgs, output: &Output) -> Result<Exit, Failure> {
    let faults: Vec<FaultRule> = faults(args)?;
    let call = Duration::from_millis(u64::from(args.latency_ms));
    let settings = Settings {
        accounts: vec![Account::new(USERNAME, PASSWORD)],
        in_flight_max: args.busy_above as usize,
        latency: Latency { call, item: Duration::ZERO, time: Time::Real },
        ..Settings::default()
    };
    let server = Server::start_on(World::new(settings), args.listen).await;
    let server = server.map_err(|error| cannot_listen(args, &error))?;
    for fault in faults {
        server.faults().push(fault);
    }
    let url = server.url();
    let picture = server.picture_url();
    let answer =
        json!({ "url": url, "username": USERNAME, "password": PASSWORD, "root": "root", "picture": picture });
    output.answer(&answer, || {
        format!(
            "The built-in itslearning answers at {url} with the user name {USERNAME} and the password {PASSWORD}.\n\
             Its top group has the key root; what it holds is shown at {picture}. Ctrl-C stops it."
        )
    })?;
    // Without a signal handler the only way out would be a kill, which is as good.
    let _ = tokio::signal::ctrl_c().await;
    server.stop().await;
    Ok(Exit::Done)
}
