//! `muster serve`: the schedule, the alarm and the two pages, until a signal ends it.
//!
//! Not here: how it works ([`crate::serve`]).

use crate::app::{App, ShowProgress};
use crate::exit::{Exit, Failure};
use crate::output::Output;

pub(crate) async fn run(app: App, output: &Output) -> Result<Exit, Failure> {
    // A service has no terminal to draw on, even where somebody started it by hand.
    let app = App { progress: ShowProgress::Never, ..app };
    crate::serve::serve(app, output).await
}
