//! `cargo xtask data`: writes an invented university into a folder.
//!
//! Not here: the university itself (`simulators::university`).
//!
//! Invariant: the same arguments give the same bytes.

use std::path::PathBuf;

use simulators::university::{Encoding, Order, Profile, write_folder};

use crate::error::ChoreError;

/// Write an invented university: deliveries day by day, the Moodle beside them, and their history
#[derive(Debug, clap::Args)]
pub(crate) struct DataArgs {
    /// How large: S, M, L or XL
    #[arg(long)]
    profile: Profile,
    /// Which university of that size
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many days of changes follow day 0
    #[arg(long, default_value_t = 4)]
    days: u32,
    /// Make this day the busiest of the term
    #[arg(long, value_name = "DAY")]
    peak_day: Option<u32>,
    /// Encoding of the deliveries: utf-8 or windows-1252
    #[arg(long, default_value_t = Encoding::Utf8)]
    encoding: Encoding,
    /// Where to write; files of an earlier university are overwritten
    dir: PathBuf,
}

/// Writes the folder and says what is in it.
pub(crate) fn run(args: &DataArgs) -> Result<(), ChoreError> {
    let order = Order {
        profile: args.profile,
        seed: args.seed,
        days: args.days,
        peak_day: args.peak_day,
        encoding: args.encoding,
    };
    write_folder(&order, &args.dir).map_err(ChoreError::file("write a university into", &args.dir))?;
    let dir = args.dir.display();
    println!(
        "profile {}, seed {}, days 0 to {}: {dir} (begin with README.txt)",
        args.profile, args.seed, args.days
    );
    Ok(())
}
