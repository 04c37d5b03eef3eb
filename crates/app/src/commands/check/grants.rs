//! What the account on the server of the database has to be granted, and no more (feature E4).
//!
//! Not here: which rights these are (`store`).

use std::fmt;

use serde::Serialize;

use crate::app::App;

/// The least rights.
#[derive(Serialize)]
pub(super) struct Grants {
    account: String,
    every_day: String,
    new_version: String,
}

impl Grants {
    /// Asks the server for the account; `None` where there is none, or nobody can be asked.
    pub(super) async fn of(app: &App) -> Option<Grants> {
        let store::LeastGrants { account, every_day, new_version } =
            app.store.least_grants().await.ok()??;
        Some(Grants { account, every_day, new_version })
    }
}

impl fmt::Display for Grants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\nThe least that {} has to be granted", self.account)?;
        writeln!(f, "  for every day:          {}", self.every_day)?;
        writeln!(f, "  for a new version too:  {}", self.new_version)
    }
}
