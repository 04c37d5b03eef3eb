//! How far the writing to a site has come, so that whoever read something before can tell whether it still holds.
//!
//! Not here: what was read.
//!
//! Invariant: each call that changes objects of a site raises its version in its own transaction ([`Batch::call`]), whichever process
//! carries it out; nothing lowers it. So what was read after one version is unchanged while that is still the version.
//!
//! [`Batch::call`]: super::Batch::call

use std::collections::{BTreeMap, BTreeSet};

use super::transaction::SiteId;
use crate::db::{Standing, Value};
use crate::dialect::marks;
use crate::error::Result;
use crate::store::Store;

/// How far the writing to a site has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(i64);

/// Tells versions, over a connection that it keeps.
pub struct Versions {
    standing: Standing,
}

impl Store {
    /// Whoever asks for versions often keeps this.
    pub fn ims_versions(&self) -> Versions {
        Versions { standing: self.db.standing() }
    }
}

impl Versions {
    /// The versions of some sites, with all that was committed before this call; a site that does not exist has none.
    pub async fn now(&mut self, sites: &BTreeSet<SiteId>) -> Result<BTreeMap<SiteId, Version>> {
        let sql = format!("SELECT id, writes FROM ims_sites WHERE id IN ({})", marks(sites.len()));
        let values: Vec<Value> = sites.iter().map(|site| Value::Int(site.0)).collect();
        let rows = self.standing.rows("read how far a site has come", &sql, &values, |row| {
            Ok((SiteId(row.int()?), Version(row.int()?)))
        });
        Ok(rows.await?.into_iter().collect())
    }
}
