//! Rows with a number of their own and, mostly, a sync key.
//!
//! Not here: what the rows mean.
//!
//! Invariant: no two rows of a table have the same key.

use std::collections::{BTreeMap, HashMap};

/// The number of a row. It never changes and is never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(u64);

impl Id {
    /// The number itself, for keys that are made of it.
    pub(in crate::itslearning) fn number(self) -> u64 {
        self.0
    }
}

/// A row that may have a sync key.
pub(in crate::itslearning) trait Keyed {
    /// Its key; none for what was made by hand.
    fn key(&self) -> Option<&str>;
    /// Gives it a key.
    fn set_key(&mut self, key: String);
}

/// Rows.
#[derive(Clone, Debug)]
pub(in crate::itslearning) struct Table<T> {
    rows: BTreeMap<Id, T>,
    by_key: HashMap<String, Id>,
    last: u64,
}

impl<T> Default for Table<T> {
    fn default() -> Table<T> {
        Table { rows: BTreeMap::new(), by_key: HashMap::new(), last: 0 }
    }
}

impl<T: Keyed> Table<T> {
    /// Adds a row.
    pub(in crate::itslearning) fn insert(&mut self, row: T) -> Id {
        self.last += 1;
        let id = Id(self.last);
        if let Some(key) = row.key() {
            self.by_key.insert(key.to_owned(), id);
        }
        self.rows.insert(id, row);
        id
    }

    /// Finds the row with a key. Letter case counts.
    pub(in crate::itslearning) fn find(&self, key: &str) -> Option<Id> {
        self.by_key.get(key).copied()
    }

    /// A row.
    pub(in crate::itslearning) fn get(&self, id: Id) -> Option<&T> {
        self.rows.get(&id)
    }

    /// A row, to change all but its key.
    pub(in crate::itslearning) fn get_mut(&mut self, id: Id) -> Option<&mut T> {
        self.rows.get_mut(&id)
    }

    /// Takes a row away; its key is free again.
    pub(in crate::itslearning) fn remove(&mut self, id: Id) -> Option<T> {
        let row = self.rows.remove(&id)?;
        if let Some(key) = row.key() {
            self.by_key.remove(key);
        }
        Some(row)
    }

    /// Gives a row another key, which must be free.
    pub(in crate::itslearning) fn change_key(&mut self, id: Id, key: &str) {
        if let Some(row) = self.rows.get_mut(&id) {
            if let Some(old) = row.key() {
                self.by_key.remove(old);
            }
            row.set_key(key.to_owned());
            self.by_key.insert(key.to_owned(), id);
        }
    }

    /// Every row, in the order in which they were made.
    pub(in crate::itslearning) fn iter(&self) -> impl Iterator<Item = (Id, &T)> {
        self.rows.iter().map(|(id, row)| (*id, row))
    }

    /// How many there are.
    pub(in crate::itslearning) fn len(&self) -> usize {
        self.rows.len()
    }
}
