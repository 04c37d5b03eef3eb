//! A server goes away, or takes the run lock away: a wait or a clear error, and nothing is lost.
//!
//! A gate stands between the store and the real server; closing it is what the end of the server looks like from here.
//!
//! Not here: the end of our own process (`kill.rs`).

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reconcile::outcome::Outcome;
use store::ims::SiteId;
use store::{
    MappingKey, MappingSettings, OperationFilter, OperationState, Store, StoreError, Trouble, Verdict,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::place::{Place, server};
use crate::support::{COURSE, accept, at, begin, change, cmis, create, delivery, on_disk, owner, plan};

/// Lets connections through to a server, as long as it is open.
struct Gate {
    /// The URL through the gate.
    url: String,
    port: u16,
    to: String,
    /// How many bytes may still go to the server.
    bytes_left: Arc<AtomicI64>,
    open: Mutex<Option<JoinHandle<()>>>,
}

impl Gate {
    async fn before(place: &Place) -> Gate {
        let (login, rest) = place.url().rsplit_once('@').unwrap();
        let (to, database) = rest.split_once('/').unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let gate = Gate {
            url: format!("{login}@127.0.0.1:{port}/{database}"),
            port,
            to: to.to_owned(),
            bytes_left: Arc::new(AtomicI64::new(i64::MAX)),
            open: Mutex::new(None),
        };
        gate.serve(listener);
        gate
    }

    fn serve(&self, listener: TcpListener) {
        let (to, bytes_left) = (self.to.clone(), self.bytes_left.clone());
        let serving = tokio::spawn(async move {
            // What is under way ends with the gate.
            let mut under_way = tokio::task::JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                under_way.spawn(carry(client, to.clone(), bytes_left.clone()));
            }
        });
        *self.open.lock().unwrap() = Some(serving);
    }

    /// The server is gone: connections break, new ones are refused.
    async fn close(&self) {
        let serving = self.open.lock().unwrap().take();
        if let Some(serving) = serving {
            serving.abort();
            let _ = serving.await;
        }
    }

    /// The server is back.
    async fn open(&self) {
        self.bytes_left.store(i64::MAX, Ordering::Relaxed);
        self.serve(TcpListener::bind(("127.0.0.1", self.port)).await.unwrap());
    }
}

async fn carry(client: TcpStream, to: String, bytes_left: Arc<AtomicI64>) {
    let Ok(server) = TcpStream::connect(to).await else { return };
    let (mut client_read, mut client_write) = client.into_split();
    let (mut server_read, mut server_write) = server.into_split();
    let forth = async {
        let mut buffer = vec![0; 512];
        loop {
            let count = client_read.read(&mut buffer).await.unwrap_or(0);
            let left = bytes_left.fetch_sub(i64::try_from(count).unwrap(), Ordering::Relaxed);
            if count == 0 || left < 0 || server_write.write_all(&buffer[..count]).await.is_err() {
                return;
            }
        }
    };
    let back = async {
        let _ = tokio::io::copy(&mut server_read, &mut client_write).await;
    };
    tokio::select! { () = forth => {}, () = back => {} }
}

/// A place on a server with a gate before it; `None` where the tests use SQLite.
async fn gated() -> Option<(Place, Gate)> {
    if server().is_none() {
        println!("left out: SQLite has no server that could go away");
        return None;
    }
    let place = Place::new().await;
    let gate = Gate::before(&place).await;
    Some((place, gate))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_starts_again_between_two_transactions_is_waited_for() {
    let Some((_place, gate)) = gated().await else { return };
    let store = Store::open(&gate.url).await.unwrap();
    let lock = store.lock(&owner("night")).await.unwrap();
    let first = begin(&store, &lock, 10).await;
    gate.close().await;
    let back = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        gate.open().await;
    };
    let (second, ()) = tokio::join!(begin(&store, &lock, 20), back);
    assert!(second > first);
    assert_eq!(store.runs(9).await.unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_is_kept_for_a_question_is_replaced_when_the_server_has_started_again() {
    let Some((_place, gate)) = gated().await else { return };
    let store = Store::open(&gate.url).await.unwrap();
    let mut versions = store.ims_versions();
    let nobody = BTreeSet::from([SiteId(0)]);
    for _ in 0..3 {
        assert_eq!(versions.now(&nobody).await.unwrap().len(), 0);
        gate.close().await;
        gate.open().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_lost_anywhere_in_a_delivery_leaves_it_whole_or_out() {
    let Some((_place, gate)) = gated().await else { return };
    let store = Store::open(&gate.url).await.unwrap().keeping_deliveries(100);
    let lock = store.lock(&owner("night")).await.unwrap();
    accept(&store, &lock, &["M 1 a b"], 10).await;
    let mut kept = 1;
    for bytes in (100..6_000).step_by(700) {
        let new = delivery(&["M 1 a b c", &format!("N{bytes} 2 d")]);
        gate.bytes_left.store(bytes, Ordering::Relaxed);
        let saved = store.save_delivery(&lock, &new, at(20), &Verdict::Accepted);
        let saved = tokio::time::timeout(Duration::from_secs(2), saved).await;
        gate.close().await;
        gate.open().await;
        if let Ok(Err(error)) = &saved {
            assert_eq!(error.trouble(), Some(Trouble::Lost), "{error}");
            assert!(error.to_string().contains("connection to the database was lost"), "{error}");
        }
        let rows = store.deliveries(100).await.unwrap();
        let arrived = rows.len() > kept;
        assert!(arrived || !matches!(saved, Ok(Ok(_))), "what was saved is there");
        if arrived {
            kept += 1;
            assert_eq!((rows.len(), &*rows[0].content_hash), (kept, &*new.content_hash().to_string()));
        }
    }
    accept(&store, &lock, &["M 1 a b"], 30).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_whose_lock_was_lost_writes_nothing_once_another_run_took_it() {
    let Some((place, gate)) = gated().await else { return };
    let store = Store::open(&gate.url).await.unwrap();
    let lock = store.lock(&owner("first")).await.unwrap();
    begin(&store, &lock, 10).await;
    gate.close().await;
    gate.open().await;
    begin(&store, &lock, 20).await;

    let other = Store::open(place.url()).await.unwrap();
    let other_lock = other.lock(&owner("second")).await.unwrap();
    let new = delivery(&["M 1 a"]);
    let lost = store.save_delivery(&lock, &new, at(30), &Verdict::Accepted).await;
    assert!(matches!(lost, Err(StoreError::LockLost)), "{lost:?}");
    accept(&other, &other_lock, &["M 1 a"], 40).await;
    assert_eq!(other.deliveries(9).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named_without_the_account() {
    for scheme in ["mysql", "postgres"] {
        let error = Store::open(&format!("{scheme}://ada:s3cret@127.0.0.1:1/muster")).await.err().unwrap();
        assert!(matches!(error, StoreError::CannotReach { .. }), "{error}");
        let text = error.to_string();
        assert!(text.contains("127.0.0.1:1/muster") && !text.contains("s3cret"), "{text}");
    }
}

#[tokio::test]
async fn a_database_that_only_lets_itself_be_read_says_so() {
    let place = Place::new().await;
    let store = Store::open(place.url()).await.unwrap();
    if place.url().starts_with("postgres") {
        let (_, name) = place.url().rsplit_once('/').unwrap();
        place.sql(format!("ALTER DATABASE {name} SET default_transaction_read_only = on")).await;
    } else {
        println!(
            "left out: the program's `outages` do this on a server of their own and on a disk of their own"
        );
        return;
    }
    store.close().await;
    let store = Store::open(place.url()).await.unwrap();
    let error = store.try_writing().await.unwrap_err();
    assert_eq!(error.trouble(), Some(Trouble::ReadOnly), "{error}");
    assert!(store.runs(9).await.unwrap().is_empty(), "it can be read");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_of_mappings_that_waits_for_another_program_and_that_for_ours_is_tried_again() {
    if server().is_none() {
        println!("left out: SQLite lets one program write at a time");
        return;
    }
    let (place, store, _lock) = on_disk().await;
    let source = cmis();
    let keys =
        ["B", "A"].map(|module| MappingKey { course: COURSE, source: source.clone(), module: module.into() });
    for key in &keys {
        store.set_mapping(key, &MappingSettings::default(), &change(&source)).await.unwrap();
    }
    let begun = "BEGIN; UPDATE mapped_modules SET owner = 'x' WHERE modulecode = 'A'";
    let goes_on = "UPDATE mapped_modules SET owner = 'x' WHERE modulecode = 'B'; COMMIT";
    let pause = if place.url().starts_with("postgres") { "SELECT pg_sleep(0.3)" } else { "DO SLEEP(0.3)" };
    let theirs = place.try_sql(format!("{begun}; {pause}; {goes_on}"));
    let frozen = MappingSettings { active: false, ..MappingSettings::default() };
    let rows: Vec<_> = keys.iter().map(|key| (key.clone(), frozen.clone())).collect();
    let ours = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        store.import_mappings(&rows, &change(&source)).await
    };
    // Whichever of the two the database gives up.
    let (ours, _theirs) = tokio::join!(ours, theirs);
    assert_eq!(ours.unwrap().changed, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outcome_that_meets_somebody_who_mends_the_journal_by_hand_is_tried_again() {
    if server().is_none() {
        println!("left out: SQLite lets one program write at a time");
        return;
    }
    let (place, store, lock) = on_disk().await;
    let run = begin(&store, &lock, 10).await;
    let setup = [create("1")];
    store.record_plan(&lock, run, &[plan(setup.to_vec())]).await.unwrap();
    let begun = "BEGIN; UPDATE operations SET detail = 'x' WHERE number = 1";
    let goes_on = "UPDATE muster_lock SET fence = fence WHERE id = 1; COMMIT";
    let pause = if place.url().starts_with("postgres") { "SELECT pg_sleep(0.3)" } else { "DO SLEEP(0.3)" };
    let theirs = place.try_sql(format!("{begun}; {pause}; {goes_on}"));
    let ours = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        store.settled(&lock, run, &[(1, &setup[0], Outcome::Done(Some(70)))], at(20)).await
    };
    // Whichever of the two the database gives up.
    let (ours, _theirs) = tokio::join!(ours, theirs);
    ours.unwrap();
    let rows = store.operations(run, &OperationFilter::default()).await.unwrap();
    assert_eq!(rows[0].state, OperationState::Done);
}
