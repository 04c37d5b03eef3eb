//! `muster serve`: keeps the schedule, raises the silence alarm, tells other programs how it is (features F1, H8, N9,
//! N10), and answers student systems.
//!
//! The way through: `schedule.rs` and `cron.rs` say when, `keeper.rs` does it, `live.rs` carries out what is pushed;
//! `http.rs` takes connections, `tls.rs` encrypts them, `metrics.rs` tells, and `letters.rs` lets owners of courses get no
//! more letters.
//!
//! Not here: the command that starts it ([`crate::commands::serve`]), and what student systems are answered
//! ([`crate::imses`]).

mod cron;
mod http;
mod keeper;
mod letters;
mod live;
mod metrics;
#[cfg(test)]
mod packaging;
mod schedule;
mod tls;

use std::sync::Arc;

use serde_json::json;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

pub(crate) use self::cron::Cron;
use self::http::Pages;
use self::keeper::Board;
pub(crate) use self::schedule::Schedule;
use self::tls::Tls;
use crate::app::App;
use crate::clock::written;
use crate::commands::config::cannot_use;
use crate::config::Config;
use crate::exit::{Exit, Failure};
use crate::imses::{Ims, Transport};
use crate::output::Output;
use crate::workers::helper::{self, Stay};

/// Serves until a signal ends it.
pub(crate) async fn serve(app: App, output: &Output) -> Result<Exit, Failure> {
    // First of all, so that a signal that comes early ends the service as it should.
    let mut signals = Signals::listen()?;
    let listen = app.config.serve.listen;
    let tls = match &app.config.serve.tls {
        Some(files) => {
            Some(Tls::load(files.clone()).map_err(|error| Failure::of(Exit::Configuration, error))?)
        }
        None => None,
    };
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
    let transport = match &tls {
        Some(_) => Transport::Tls,
        None if address.ip().is_loopback() || app.config.serve.allow_http => Transport::Plain,
        None => Transport::Exposed,
    };
    let url = format!("{}://{address}", if tls.is_some() { "https" } else { "http" });
    output.answer(&json!({ "url": url, "next_run_begins_at": next.map(|time| time.0) }), || {
        let next = match next {
            Some(next) => format!("The next run begins at {}.", written(next)),
            None => "No run is scheduled: [schedule] has no run.".to_owned(),
        };
        let soap = match transport {
            Transport::Tls | Transport::Plain => {
                format!("Student systems push to {url}/ImsEnterpriseServicesPort.svc.")
            }
            Transport::Exposed => {
                "Student systems are not let in over plain HTTP: see tls_certificate in [serve].".to_owned()
            }
        };
        format!("{next}\n{soap}\nHow it is: {url}/healthz and {url}/metrics. SIGTERM or Ctrl-C stops it.")
    })?;
    let ims = Ims::begin(app.store.clone(), app.clock, app.config.imses.clone()).map_err(|error| {
        Failure::new(Exit::Configuration, format!("cannot serve: the system gives no random bytes: {error}"))
    })?;
    let ims = Arc::new(ims);
    let pages = Pages { app: Arc::clone(&app), board: Arc::clone(&board), ims: Arc::clone(&ims), begun };
    let router = http::router(pages)
        .merge(letters::router(Arc::clone(&app)))
        .merge(crate::imses::routes(Arc::clone(&ims), transport));
    let answering = tokio::spawn(http::answer(listener, router, tls));
    let forgetting = tokio::spawn({
        let ims = Arc::clone(&ims);
        async move { ims.forget_in_time().await }
    });
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
        let living = live::keep(&app, &board, output, stopped.clone());
        let helping = async {
            // Until it is stopped, a helper logs what fails and tries again.
            let _ended = match app.config.serve.work {
                true => helper::help(&app, Stay::UntilStopped, stopped.clone()).await,
                false => Ok(()),
            };
        };
        tokio::join!(keeping, watching, leveling, living, helping);
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
    forgetting.abort();
    ims.end().await;
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

/// The signals that end a service.
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Begins to listen.
    pub(crate) fn listen() -> Result<Signals, Failure> {
        Ok(Signals {
            terminate: listen_for(SignalKind::terminate())?,
            interrupt: listen_for(SignalKind::interrupt())?,
        })
    }

    /// Waits for the next one.
    pub(crate) async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
