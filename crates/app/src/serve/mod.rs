//! `muster serve`: keeps the schedule, raises the silence alarm, and tells other programs how it is (features F1, H8,
//! N9, N10).
//!
//! The way through: `schedule.rs` and `cron.rs` say when, `keeper.rs` does it, `http.rs` and `metrics.rs` tell.
//!
//! Not here: the command that starts it ([`crate::commands::serve`]).

mod cron;
mod http;
mod keeper;
mod metrics;
#[cfg(test)]
mod packaging;
mod schedule;

use std::sync::Arc;

use serde_json::json;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

pub(crate) use self::cron::Cron;
use self::http::Pages;
use self::keeper::Board;
pub(crate) use self::schedule::Schedule;
use crate::app::App;
use crate::clock::written;
use crate::commands::config::cannot_use;
use crate::config::Config;
use crate::exit::{Exit, Failure};
use crate::output::Output;

/// Serves until a signal ends it.
pub(crate) async fn serve(app: App, output: &Output) -> Result<Exit, Failure> {
    // First of all, so that a signal that comes early ends the service as it should.
    let mut signals = Signals::listen()?;
    let listen = app.config.listen;
    let failed = |error: std::io::Error| {
        Failure::new(Exit::Configuration, format!("cannot listen on {listen}: {error}"))
            .hint("`listen` in [serve] chooses another address; port 0 takes any free one")
    };
    let listener = TcpListener::bind(listen).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let begun = app.clock.now();
    let (app, board) = (Arc::new(app), Arc::new(Board::default()));
    let keeper = keeper::keeper(&app).await?;
    let next = keeper.as_ref().and_then(keeper::Keeper::next);
    board.set_next(next);
    output.answer(&json!({ "url": format!("http://{address}"), "next_run_begins_at": next.map(|time| time.0) }), || {
        let next = match next {
            Some(next) => format!("The next run begins at {}.", written(next)),
            None => "No run is scheduled: [schedule] has no run.".to_owned(),
        };
        format!("{next}\nHow it is: http://{address}/healthz and http://{address}/metrics. SIGTERM or Ctrl-C stops it.")
    })?;
    let pages = Pages { app: Arc::clone(&app), board: Arc::clone(&board), begun };
    let answering = tokio::spawn(http::answer(listener, pages));
    let (stop, stopped) = watch::channel(false);
    let keeping = async {
        match keeper {
            Some(keeper) => keeper::keep(&app, keeper, &board, output, stopped.clone()).await,
            None => wait_for_stop(stopped.clone()).await,
        }
    };
    let mut hang_up = listen_for(SignalKind::hangup())?;
    let mut work = std::pin::pin!(async {
        let watching = keeper::keep_watch(&app, begun, stopped.clone());
        let leveling = keep_levels(&app, output, &mut hang_up, stopped.clone());
        tokio::join!(keeping, watching, leveling);
    });
    tokio::select! {
        () = &mut work => {}
        () = signals.next() => {}
    }
    let is_busy = board.is_busy();
    if is_busy {
        output
            .text("A run is under way; Muster stops when it has ended. A second signal stops it at once.")?;
    }
    // Nobody is left to be told only where the work has ended by itself.
    let _ = stop.send(true);
    let ended = tokio::select! {
        () = &mut work => Ok(Exit::Done),
        () = signals.next() => Err(Failure::new(Exit::Attention, "the run under way was stopped in its middle")
            .hint("the next run goes on from there; `muster run` does it now")),
    };
    answering.abort();
    ended
}

/// Reads `[log]` anew whenever SIGHUP comes (feature H3). A file with mistakes changes nothing.
async fn keep_levels(app: &App, output: &Output, hang_up: &mut Signal, mut stopped: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            _ = stopped.wait_for(|stop| *stop) => return,
            _ = hang_up.recv() => {}
        }
        let changed = Config::load(&app.config.file, app.config.profile.as_deref())
            .map_err(cannot_use)
            .and_then(|config| app.levels.set(&config.log.level).map(|()| config.log.level));
        match changed {
            Ok(level) => {
                tracing::info!(level, "the log level was read anew");
                // Where standard output is gone, the log says it.
                let _ = output.text(&format!("{} log level {level}", written(app.clock.now())));
            }
            Err(failure) => {
                tracing::error!(failure = %failure.in_one_line(), "the log level stays as it was");
            }
        }
    }
}

async fn wait_for_stop(mut stop: watch::Receiver<bool>) {
    // An error means that the service has ended, which is as good.
    let _ = stop.wait_for(|stop| *stop).await;
}

fn listen_for(kind: SignalKind) -> Result<Signal, Failure> {
    signal(kind)
        .map_err(|error| Failure::new(Exit::Configuration, format!("cannot listen for signals: {error}")))
}

/// The signals that end the service.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn listen() -> Result<Signals, Failure> {
        Ok(Signals {
            terminate: listen_for(SignalKind::terminate())?,
            interrupt: listen_for(SignalKind::interrupt())?,
        })
    }

    /// Waits for the next one.
    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
