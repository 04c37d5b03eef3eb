//! Opening, and the run lock.

use store::{LockState, Store, StoreError};

use crate::place::Place;
use crate::support::{memory, on_disk, owner};

#[tokio::test]
async fn a_database_in_a_missing_folder_says_what_to_look_at() {
    let error = Store::open("sqlite:/there/is/no/such/folder/muster.db").await.err().unwrap();
    assert!(matches!(error, StoreError::CannotOpen { .. }), "{error}");
    assert!(error.to_string().starts_with("cannot open the database /there/is/no/such/folder/muster.db"));
}

#[tokio::test]
async fn other_schemes_are_refused_without_showing_a_password() {
    for url in ["oracle://user:secret@db.example.ac.uk/muster", "muster.db", "sqlite:", ""] {
        let error = Store::open(url).await.err().unwrap();
        assert!(matches!(error, StoreError::Unsupported { .. }), "{url}: {error}");
        assert!(error.to_string().contains("sqlite:PATH") && !error.to_string().contains("secret"));
    }
}

#[tokio::test]
async fn a_second_opening_finds_what_the_first_left() {
    let (place, store, lock) = on_disk().await;
    crate::support::accept(&store, &lock, &["ANTH1014 1 20000001"], 10).await;
    let store_path = store.path().map(ToOwned::to_owned);
    drop(lock);
    store.close().await;
    let again = Store::open(place.url()).await.unwrap();
    assert_eq!(again.deliveries(10).await.unwrap().len(), 1);
    assert_eq!(again.path(), store_path.as_deref());
}

#[tokio::test]
async fn many_processes_may_open_a_new_database_at_once() {
    let place = Place::new().await;
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let url = place.url().to_owned();
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(async { Store::open(&url).await.map(|_| ()) })
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap().unwrap();
    }
}

#[tokio::test]
async fn the_lock_names_its_holder_to_another_process() {
    let (place, store, lock) = on_disk().await;
    let url = place.url().to_owned();
    let second = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { Store::open(&url).await.unwrap().lock(&owner("second")).await })
    });
    let error = second.join().unwrap().err().unwrap();
    let text = error.to_string();
    assert!(
        matches!(&error, StoreError::Held { owner: Some(holder) } if **holder == owner("test")),
        "{text}"
    );
    assert!(text.contains("muster 0.1.0 (process 4711 on host.example.ac.uk, test)"), "{text}");
    drop(lock);
    let _lock = store.lock(&owner("third")).await.unwrap();
}

#[tokio::test]
async fn the_lock_in_memory_is_let_go_as_well() {
    let (store, lock) = memory().await;
    assert!(matches!(store.clone().lock(&owner("second")).await, Err(StoreError::Held { owner: Some(_) })));
    drop(lock);
    let _lock = store.lock(&owner("second")).await.unwrap();
}

#[tokio::test]
async fn a_lock_file_with_anything_in_it_is_just_a_file() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("muster.db.lock"), "\u{0}not json").unwrap();
    let url = format!("sqlite:{}", folder.path().join("muster.db").display());
    let store = Store::open(&url).await.unwrap();
    let _lock = store.lock(&owner("test")).await.unwrap();
}

/// A server sees a moment later that a session ended.
async fn is_let_go(store: &Store) {
    let mut looks = 0;
    while store.lock_state().await.unwrap() != LockState::Free {
        looks += 1;
        assert!(looks < 100, "the lock is still held");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn who_looks_at_the_lock_sees_its_holder_and_takes_nothing() {
    let (_place, store, lock) = on_disk().await;
    match store.lock_state().await.unwrap() {
        LockState::Held(Some(holder)) => assert_eq!(holder.pid, owner("").pid),
        other => panic!("{other:?}"),
    }
    drop(lock);
    is_let_go(&store).await;
    // A killed process leaves its name behind, and no lock; on a server the name always stays.
    if let Some(path) = store.path() {
        let name = serde_json::to_string(&owner("killed")).unwrap();
        std::fs::write(path.with_extension("db.lock"), name).unwrap();
        assert_eq!(store.lock_state().await.unwrap(), LockState::Free);
    }
    drop(store.lock(&owner("next")).await.unwrap());
}

#[tokio::test]
async fn trying_to_write_leaves_nothing_behind() {
    let (_place, store, _lock) = on_disk().await;
    let version = store.try_writing().await.unwrap();
    assert!(version > 0);
    assert_eq!(store.try_writing().await.unwrap(), version);
}
