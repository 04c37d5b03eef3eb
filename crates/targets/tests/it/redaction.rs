//! The token is seen nowhere.

use std::io;
use std::sync::{Arc, Mutex};

use reconcile::operation::Change;
use simulators::moodle::{Fault, FaultRule, Server, When};
use targets::moodle::Moodle;
use tracing_subscriber::fmt::MakeWriter;

use crate::campus::{MemoryJournal, Plan, SERVICE_USER, TOKEN, group, settings, start, try_apply, world};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Log;

    fn make_writer(&'a self) -> Log {
        self.clone()
    }
}

#[tokio::test]
async fn the_token_is_in_no_error_no_log_line_and_no_debug_output() {
    let log = Log::default();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.clone()).finish();
    // For all threads, because a place that was first met without a subscriber would stay silent.
    tracing::subscriber::set_global_default(subscriber).unwrap();

    let mut seen = Vec::new();
    let mut world = world([101], 2);
    world.set_debugging(true);
    // A name and a user that hold the token come back in answers and messages.
    world.change_user(SERVICE_USER, |user| user.firstname = TOKEN.to_owned());
    let (server, moodle) = start(world).await;
    seen.push(format!("{moodle:?} {:?} {:#?}", settings(&server), settings(&server).token));
    let mut plan = Plan::default();
    plan.push(101, Change::CreateGroup { group: group(101, "1", &format!("<b>{}", TOKEN), None) });
    server.faults().push(FaultRule::once(When::Write(1), Fault::Garbage));
    server.faults().push(FaultRule::once(When::Call(4), Fault::TextBeforeJson));
    let journal = MemoryJournal::default();
    let result = try_apply(&moodle, &plan, &journal).await;
    // The operations hold the name, so only what came back through calls is looked at.
    seen.push(format!("{result:?} {:?}", journal.failed()));
    assert!(!journal.failed().is_empty());

    server.world().remove_token(TOKEN);
    let error = Moodle::connect(settings(&server)).await.unwrap_err();
    seen.push(format!("{error} {error:?}"));
    server.stop().await;
    let other = Server::start(crate::campus::world([], 0)).await.unwrap();
    let gone = settings(&other);
    other.stop().await;
    let error = Moodle::connect(gone).await.unwrap_err();
    seen.push(format!("{error} {error:?}"));

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let ours: Vec<&str> = log.lines().filter(|line| line.contains("targets::")).collect();
    assert!(ours.iter().any(|line| line.contains("a call to Moodle failed")), "{log}");
    assert!(ours.iter().any(|line| line.contains("called Moodle")), "{log}");
    seen.push(log);
    for text in seen {
        assert!(!text.contains(TOKEN), "{text}");
    }
}
