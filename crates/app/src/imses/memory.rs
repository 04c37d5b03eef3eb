//! Remembers what was answered to calls that read, for as long as nobody writes to their site.
//!
//! Not here: how far the writing has come (`freshness.rs`).
//!
//! Invariant: what is recalled was read after the version that it is recalled for, and that version is the newest.
//! Invariant: at most [`BYTES_MAX`] are held.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use hyper::body::Bytes;
use ims_es::operation::Operation;
use store::ims::{SiteId, Version};

/// How much is held of all sites together; whoever reads more makes us forget.
const BYTES_MAX: usize = 16 << 20;

/// What an entry takes besides its texts, about.
const ENTRY_BYTES: usize = 256;

/// What was asked: the operation and its keys.
pub(super) type Question = (Operation, Vec<Option<String>>);

/// Remembers answers.
#[derive(Default)]
pub(super) struct Memory {
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    sites: HashMap<SiteId, Site>,
    bytes: usize,
}

struct Site {
    version: Version,
    answers: HashMap<Question, Bytes>,
    bytes: usize,
}

impl Memory {
    /// What was answered to this question while the site was at this version.
    pub(super) fn recall(&self, site: SiteId, version: Version, question: &Question) -> Option<Bytes> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let site = held.sites.get(&site).filter(|site| site.version == version)?;
        site.answers.get(question).cloned()
    }

    /// Remembers what was read after this version was told.
    pub(super) fn remember(&self, site: SiteId, version: Version, question: Question, answer: Bytes) {
        let keys: usize = question.1.iter().flatten().map(String::len).sum();
        let bytes = ENTRY_BYTES + keys + answer.len();
        if bytes > BYTES_MAX / 16 {
            return;
        }
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.bytes + bytes > BYTES_MAX {
            *held = Held::default();
        }
        let Held { sites, bytes: all_bytes } = &mut *held;
        let site = sites.entry(site).or_insert_with(|| Site::at(version));
        if site.version > version {
            return;
        }
        if site.version < version {
            *all_bytes -= site.bytes;
            *site = Site::at(version);
        }
        if site.answers.insert(question, answer).is_none() {
            site.bytes += bytes;
            *all_bytes += bytes;
        }
    }
}

impl Site {
    fn at(version: Version) -> Site {
        Site { version, answers: HashMap::new(), bytes: 0 }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use store::Store;
    use store::ims::{CallLimits, NewAccount};

    use super::*;

    fn question(key: &str) -> Question {
        (Operation::ReadGroup, vec![Some(key.to_owned())])
    }

    /// A site, and its version before and after a write.
    async fn versions() -> (SiteId, [Version; 2]) {
        let store = Store::open("sqlite::memory:").await.unwrap();
        let new = NewAccount {
            name: "sis".into(),
            site: "campus".into(),
            root_key: "root".into(),
            root_body: "".into(),
            hash: "a hash".into(),
            limits: CallLimits { at_once_max: 10, per_minute_max: 0 },
        };
        store.add_account(&new, "ada", "a test", store::Timestamp(1)).await.unwrap();
        let site = store.sites().await.unwrap()[0].id;
        let now = async || store.ims_versions().now(&BTreeSet::from([site])).await.unwrap()[&site];
        let before = now().await;
        let call = store.ims_batch().await.unwrap().call(site).await.unwrap();
        call.keep_call().await.unwrap().commit().await.unwrap();
        (site, [before, now().await])
    }

    #[tokio::test]
    async fn what_was_read_before_a_write_is_not_recalled_after_it() {
        let (memory, (site, [before, after])) = (Memory::default(), versions().await);
        let check = |version, key, expected: Option<&str>| {
            let found = memory.recall(site, version, &question(key));
            assert_eq!(found.as_deref(), expected.map(str::as_bytes), "{key}");
        };
        memory.remember(site, before, question("a"), Bytes::from("old"));
        check(before, "a", Some("old"));
        check(before, "b", None);
        check(after, "a", None);
        memory.remember(site, after, question("b"), Bytes::from("new"));
        check(after, "b", Some("new"));
        check(before, "a", None);
        // Whoever was slow does not bring the past back.
        memory.remember(site, before, question("b"), Bytes::from("old"));
        check(after, "b", Some("new"));
    }

    #[tokio::test]
    async fn no_more_is_held_than_may_be() {
        let (memory, (site, [version, _])) = (Memory::default(), versions().await);
        for number in 0..100_000 {
            memory.remember(site, version, question(&number.to_string()), Bytes::from(vec![0; 1_000]));
        }
        let held = memory.held.lock().unwrap();
        let entries: usize = held.sites.values().flat_map(|site| site.answers.values()).map(Bytes::len).sum();
        assert!((1..BYTES_MAX).contains(&entries), "{entries}");
        assert_eq!(held.bytes, held.sites.values().map(|site| site.bytes).sum::<usize>());
        drop(held);
        memory.remember(site, version, question("huge"), Bytes::from(vec![0; BYTES_MAX / 8]));
        assert!(memory.recall(site, version, &question("huge")).is_none());
    }
}
