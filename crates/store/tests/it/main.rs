//! What the store promises, one file for each area.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod approvals;
mod audit;
mod courses;
mod deliveries;
mod findings;
mod firings;
mod foreign;
mod grants;
mod hostile;
mod ims;
mod journal;
mod kill;
mod links;
mod lock;
mod lookup;
mod mappings;
mod old_names;
mod outages;
mod owners;
mod pauses;
mod people;
mod place;
mod pushed;
mod rejections;
mod runs;
mod sharing;
mod snapshots;
mod steps;
mod support;
mod volume;
