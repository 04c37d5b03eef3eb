//! `muster work`: works for the shared runs of the database until a signal ends it.
//!
//! Not here: how it works ([`crate::workers`]).

use tokio::sync::watch;

use crate::app::{App, ShowProgress};
use crate::cli::WorkArgs;
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::serve::Signals;
use crate::workers::helper::{Stay, help};

pub(crate) async fn run(app: App, args: &WorkArgs, output: &Output) -> Result<Exit, Failure> {
    let mut signals = Signals::listen()?;
    if !app.store.is_on_server() {
        let message = "many machines cannot share a SQLite file";
        return Err(Failure::new(Exit::Configuration, message).hint(
            "name a database on a server in `database`; docs/scale.md says how to set up many machines",
        ));
    }
    let app = App { progress: ShowProgress::Never, ..app };
    let stay = if args.once { Stay::WhileThereIsARun } else { Stay::UntilStopped };
    let (stop, stopped) = watch::channel(false);
    let mut helping = std::pin::pin!(help(&app, stay, stopped));
    tokio::select! {
        ended = &mut helping => return ended.map(|()| Exit::Done),
        () = signals.next() => {}
    }
    output.text(
        "The courses under way come to their end. A second signal stops at once; others take them over.",
    )?;
    // It listens, because it has not ended.
    let _ = stop.send(true);
    tokio::select! {
        ended = &mut helping => ended.map(|()| Exit::Done),
        () = signals.next() => Ok(Exit::Attention),
    }
}
