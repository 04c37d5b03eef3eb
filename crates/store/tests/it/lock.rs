//! Opening, and the run lock.

use store::{LockState, Store, StoreError};

use crate::support::{memory, on_disk, owner, url};

#[tokio::test]
async fn a_database_in_a_missing_folder_says_what_to_look_at() {
    let error = Store::open("sqlite:/there/is/no/such/folder/muster.db").await.err().unwrap();
    assert!(matches!(error, StoreError::CannotOpen { .. }), "{error}");
    assert!(error.to_string().starts_with("cannot open the database /there/is/no/such/folder/muster.db"));
}

#[tokio::test]
async fn other_schemes_are_refused_without_showing_a_password() {
    for url in ["mysql://user:secret@db.example.ac.uk/muster", "postgres://x", "muster.db", "sqlite:", ""] {
        let error = Store::open(url).await.err().unwrap();
        assert!(matches!(error, StoreError::Unsupported { .. }), "{url}: {error}");
        assert!(error.to_string().contains("sqlite:PATH") && !error.to_string().contains("secret"));
    }
}

#[tokio::test]
async fn a_second_opening_finds_what_the_first_left() {
    let (folder, store, lock) = on_disk().await;
    crate::support::accept(&store, &lock, &["ANTH1014 1 20000001"], 10).await;
    store.close().await;
    let again = Store::open(&url(&folder)).await.unwrap();
    assert_eq!(again.deliveries(10).await.unwrap().len(), 1);
    assert_eq!(again.path().unwrap(), folder.path().join("muster.db"));
}

#[tokio::test]
async fn many_processes_may_open_a_new_database_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let url = url(&folder);
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
    let (folder, store, lock) = on_disk().await;
    let url = url(&folder);
    let second = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { Store::open(&url).await.unwrap().lock(&owner("second")) })
    });
    let error = second.join().unwrap().err().unwrap();
    let text = error.to_string();
    assert!(
        matches!(&error, StoreError::Held { owner: Some(holder) } if **holder == owner("test")),
        "{text}"
    );
    assert!(text.contains("muster 0.1.0 (process 4711 on host.example.ac.uk, test)"), "{text}");
    drop(lock);
    let _lock = store.lock(&owner("third")).unwrap();
}

#[tokio::test]
async fn the_lock_in_memory_is_let_go_as_well() {
    let (store, lock) = memory().await;
    assert!(matches!(store.clone().lock(&owner("second")), Err(StoreError::Held { owner: Some(_) })));
    drop(lock);
    let _lock = store.lock(&owner("second")).unwrap();
}

#[tokio::test]
async fn a_lock_file_with_anything_in_it_is_just_a_file() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("muster.db.lock"), "\u{0}not json").unwrap();
    let store = Store::open(&url(&folder)).await.unwrap();
    let _lock = store.lock(&owner("test")).unwrap();
}

#[tokio::test]
async fn who_looks_at_the_lock_sees_its_holder_and_takes_nothing() {
    let (_folder, store, lock) = on_disk().await;
    match store.lock_state().unwrap() {
        LockState::Held(Some(holder)) => assert_eq!(holder.pid, owner("").pid),
        other => panic!("{other:?}"),
    }
    drop(lock);
    assert_eq!(store.lock_state().unwrap(), LockState::Free);
    // A killed process leaves its name behind, and no lock.
    let name = serde_json::to_string(&owner("killed")).unwrap();
    let path = store.path().unwrap().with_extension("db.lock");
    std::fs::write(path, name).unwrap();
    assert_eq!(store.lock_state().unwrap(), LockState::Free);
    drop(store.lock(&owner("next")).unwrap());
}

#[tokio::test]
async fn trying_to_write_leaves_nothing_behind() {
    let (_folder, store, _lock) = on_disk().await;
    let version = store.try_writing().await.unwrap();
    assert!(version > 0);
    assert_eq!(store.try_writing().await.unwrap(), version);
}
