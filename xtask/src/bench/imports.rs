//! Measures importing: the files of a first delivery into an empty database, at every size.
//!
//! Not here: reading alone (`crates/app/benches/read_csv.rs`).

use std::path::Path;

use simulators::university::{Profile, University};

use super::stage::Folder;
use super::table::{Figure, Table};
use crate::error::ChoreError;

/// Imports a university of each size.
pub(crate) fn every_size(program: &Path, seed: u64, table: &mut Table) -> Result<(), ChoreError> {
    for profile in Profile::ALL {
        let folder = Folder::new(program, None)?;
        folder.deliver(&University::generate(profile, seed))?;
        let ran = folder.muster(&["import"])?;
        let (seconds, database_mb) = (ran.seconds, folder.database_mb());
        println!("{profile}: import {seconds:.2} s, {} MB, database {database_mb} MB", ran.peak_mb);
        table.tell(&format!("{profile}: import: time"), Figure::Seconds(seconds));
        table.tell(&format!("{profile}: import: memory"), Figure::Megabytes(ran.peak_mb));
        table.tell(&format!("{profile}: import: database"), Figure::Megabytes(database_mb));
    }
    Ok(())
}
