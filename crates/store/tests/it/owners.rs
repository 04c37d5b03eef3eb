//! Owners of courses who get letters: what they were told, their links, and that no more are wanted.

use reconcile::keys::{CourseId, PersonKey};
use store::{Retention, Shown, Store, Subscription};

use crate::support::{at, memory, on_disk};

const ADA: &str = "ada@example.ac.uk";
const SECRET: &str = "secret-of-a-link";

async fn unsubscribed_at(store: &Store, address: &str) -> Option<i64> {
    let owners = store.owners().await.unwrap();
    owners.iter().find(|row| &*row.address == address).unwrap().unsubscribed_at.map(|time| time.0)
}

#[tokio::test]
async fn h7_an_owner_is_known_once_whatever_the_letter_case() {
    let (store, _lock) = memory().await;
    let ada = store.know_owner("Ada@Example.ac.uk", None).await.unwrap();
    assert_eq!(&*ada.address, ADA);
    let again = store.know_owner(ADA, Some(&"t1".into())).await.unwrap();
    assert_eq!((again.id, again.person), (ada.id, Some("t1".into())));
    // A letter to an address whose person is not told forgets nothing.
    assert_eq!(store.know_owner(ADA, None).await.unwrap().person, Some("t1".into()));
    assert_eq!(store.owners().await.unwrap().len(), 1);
}

#[tokio::test]
async fn h7_what_was_told_is_kept_for_each_owner_and_course() {
    let (store, _lock) = memory().await;
    let (ada, bea) = (
        store.know_owner(ADA, None).await.unwrap().id,
        store.know_owner("bea@x.org", None).await.unwrap().id,
    );
    let (one, two) = (CourseId(101), CourseId(102));
    store.note_owner_told(ada, &[one, two], Some("de"), at(10)).await.unwrap();
    store.note_owner_told(bea, &[one], None, at(20)).await.unwrap();
    store.note_owner_told(ada, &[one], Some("de"), at(30)).await.unwrap();
    let told = store.told_owners().await.unwrap();
    assert_eq!(
        told[&one].iter().map(|(owner, at)| (*owner, at.0)).collect::<Vec<_>>(),
        [(ada, 30), (bea, 20)]
    );
    assert_eq!(told[&two].len(), 1);
    let owners = store.owners().await.unwrap();
    let letters: Vec<_> = owners.iter().map(|row| (row.language.as_deref(), row.told_at)).collect();
    assert_eq!(
        letters,
        [(Some("de"), Some(at(30))), (None, None)],
        "whoever got no letter has no time of one"
    );
    // Whoever no longer owns the course is forgotten there, and nobody counts as told.
    store.note_owners_of(one, &[bea], at(40)).await.unwrap();
    store.note_owners_of(two, &[], at(40)).await.unwrap();
    let told = store.told_owners().await.unwrap();
    assert_eq!(told[&one].keys().copied().collect::<Vec<_>>(), [bea]);
    assert_eq!(told[&two].values().copied().collect::<Vec<_>>(), [at(40)]);
}

#[tokio::test]
async fn h7_a_link_leads_to_its_owner_and_the_secret_is_nowhere() {
    let (_place, store, _lock) = on_disk().await;
    let ada = store.know_owner(ADA, None).await.unwrap().id;
    store.add_owner_link(ada, SECRET, at(10)).await.unwrap();
    assert_eq!(store.owner_of_link(SECRET).await.unwrap().unwrap().id, ada);
    assert_eq!(store.owner_of_link("another").await.unwrap(), None);
    let folder = store.path().and_then(|file| file.parent()).map(std::path::Path::to_owned);
    store.close().await;
    for entry in folder.iter().flat_map(|folder| std::fs::read_dir(folder).unwrap()) {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains(SECRET), "the secret is in {}", path.display());
    }
}

#[tokio::test]
async fn h7_a_wish_is_kept_and_audited_without_the_address() {
    let (store, _lock) = memory().await;
    let change = async |wish, time| store.subscribe_owner(ADA, wish, "ada", "asked", at(time)).await.unwrap();
    assert!(!change(Subscription::On, 10).await, "whoever is unknown may be written to");
    assert!(change(Subscription::Off, 20).await);
    assert!(!change(Subscription::Off, 30).await);
    assert_eq!(unsubscribed_at(&store, ADA).await, Some(20));
    assert!(change(Subscription::On, 40).await);
    assert_eq!(unsubscribed_at(&store, ADA).await, None);
    let audit = store.audit(9).await.unwrap();
    let told: Vec<_> = audit.iter().map(|entry| (&*entry.what, &*entry.after)).collect();
    assert_eq!(told, [("letters to owner 1", "letters"), ("letters to owner 1", "no letters")]);
}

#[tokio::test]
async fn n11_owners_go_with_their_time_but_a_wish_for_no_letters_stays() {
    const DAY: i64 = 86_400;
    let (store, lock) = memory().await;
    for (address, wish) in [(ADA, Subscription::On), ("bea@example.ac.uk", Subscription::Off)] {
        let owner = store.know_owner(address, None).await.unwrap().id;
        store.add_owner_link(owner, address, at(10)).await.unwrap();
        store.note_owner_told(owner, &[CourseId(101)], Some("en"), at(10)).await.unwrap();
        store.subscribe_owner(address, wish, "ada", "", at(20)).await.unwrap();
    }
    let retention =
        Retention { runs_days: 0, failed_calls_days: 0, healed_days: 0, history_days: 0, owners_days: 1 };
    assert_eq!(store.prune(&lock, &retention, at(DAY)).await.unwrap().owners, 0);
    assert_eq!(store.kept_since().await.unwrap().owners, Some(at(10)));
    assert_eq!(store.prune(&lock, &retention, at(DAY + 11)).await.unwrap().owners, 5);
    let left = store.owners().await.unwrap();
    assert_eq!(left.iter().map(|row| &*row.address).collect::<Vec<_>>(), ["bea@example.ac.uk"]);
    assert_eq!(store.told_owners().await.unwrap().len(), 0);
}

#[tokio::test]
async fn n11_an_owner_is_written_out_and_erased_by_key_or_by_address() {
    for asked in ["t1", ADA] {
        let (store, lock) = memory().await;
        let ada = store.know_owner(ADA, Some(&"t1".into())).await.unwrap().id;
        let bea = store.know_owner("bea@example.ac.uk", Some(&"t10".into())).await.unwrap().id;
        for owner in [ada, bea] {
            store.add_owner_link(owner, &owner.0.to_string(), at(10)).await.unwrap();
            store.note_owner_told(owner, &[CourseId(101)], Some("de"), at(10)).await.unwrap();
        }
        let asked = PersonKey::from(asked);
        let held = store.held_about(&asked).await.unwrap();
        let places: Vec<_> = held.iter().map(|held| (held.place, held.is_current)).collect();
        assert_eq!(
            places,
            [("letters to owners of courses", false), ("courses that they were told of", false)],
            "{asked}"
        );
        assert_eq!(held[0].rows[0][0], Shown::Text(ADA.into()));
        let erased = store.erase_person(&lock, &asked, "ada", "asked", at(20)).await.unwrap();
        assert_eq!(erased.rows, 3, "the owner, a link and a course");
        assert_eq!(store.held_about(&asked).await.unwrap(), []);
        assert_eq!(store.owners().await.unwrap().len(), 1);
        assert_eq!(store.owner_of_link(&bea.0.to_string()).await.unwrap().unwrap().id, bea);
    }
}
