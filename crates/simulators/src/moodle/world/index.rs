//! A non-unique index from a text, as the database compares it, to ids.
//!
//! Not here: the folding; keys come folded.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// Folded text → ids. Empty texts are kept too: the database would.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::moodle) struct Index(BTreeMap<String, BTreeSet<i64>>);

impl Index {
    pub(super) fn add(&mut self, key: String, id: i64) {
        self.0.entry(key).or_default().insert(id);
    }

    pub(super) fn remove(&mut self, key: &str, id: i64) {
        if let Some(ids) = self.0.get_mut(key) {
            ids.remove(&id);
            if ids.is_empty() {
                self.0.remove(key);
            }
        }
    }

    pub(super) fn contains(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    pub(super) fn ids<'i>(&'i self, key: &str) -> impl Iterator<Item = i64> + use<'i> {
        self.0.get(key).into_iter().flatten().copied()
    }
}
