//! The management database: what the sources said, what people wish, what is ours, and what every run did.
//!
//! The way in is [`Store::open`]. A run takes [`Store::lock`], saves deliveries, asks for [`Store::course_states`] and
//! [`Store::snapshots`], records its plan, and journals each step with [`Store::sent`] and [`Store::settled`].
//!
//! Not here: any decision; `reconcile` decides, and this crate remembers. It reads no clock: times are handed in.
//!
//! Invariant: all SQL of ours is in this crate, and only the folder `db` knows the database library, and only
//! `dialect.rs` what one database spells otherwise than another.
//! Invariant: what must be true together is written in one transaction, so that a process may be killed at any moment.
//! Invariant: a function that writes run data asks for a [`RunLock`], or for the [`Lease`] of a worker in a shared run.

mod approvals;
mod audit;
mod courses;
mod db;
mod deliveries;
mod delivery_rows;
mod dialect;
mod digest;
mod error;
mod exceptions;
mod filter;
mod findings;
mod firings;
mod grants;
pub mod ims;
mod interner;
mod journal;
mod links;
mod lock;
mod lookup;
mod mappings;
mod migrate;
mod new_keys;
mod owners;
mod pauses;
mod people;
mod rejections;
mod rest_errors;
mod retention;
mod runs;
mod school;
mod sharing;
mod snapshots;
mod store;
mod taken_over;
mod time;
mod tombstones;
mod touched;
mod words;

// The tests of this crate's inside and of its outside stand on the same.
#[cfg(test)]
#[path = "../tests/it/place.rs"]
mod place;
#[cfg(test)]
#[path = "../tests/it/steps.rs"]
mod steps;

pub use approvals::{Approval, Decided, Decision, RefusedRow};
pub use audit::{AuditState, Entry};
pub use courses::{CourseNamed, CourseNote, CourseState};
pub use db::Trouble;
pub use deliveries::{Acceptance, DeliveryId, DeliveryRow, PushedDelivery, Verdict};
pub use delivery_rows::{DeliveryDifference, Membership};
pub use dialect::{KEY_CHARS_MAX, SUBKEY_CHARS_MAX};
pub use error::{Result, StoreError};
pub use exceptions::{ExceptionId, ExceptionRow};
pub use filter::Page;
pub use findings::{FindingFilter, FindingRow};
pub use grants::LeastGrants;
pub use journal::{JournalRow, OperationFilter, OperationState};
pub use lock::{LockOwner, LockState, Proof, RunLock};
pub use lookup::{
    CourseHit, GroupHit, GroupNames, GroupingHit, HitPlace, PersonPlace, PersonTrace, PersonTraces,
};
pub use mappings::{
    Flag, MappingChange, MappingCounts, MappingFilter, MappingKey, MappingRow, MappingSettings,
};
pub use owners::{OwnerId, OwnerRow, Subscription, ToldOwners};
pub use pauses::{NewPause, PauseId, PauseRow, PauseScope};
pub use people::{Erased, Held, Shown};
pub use rejections::{RejectionFilter, RejectionRow};
pub use rest_errors::{RestError, RestErrorFilter};
pub use retention::{KeptSince, Pruned, Retention};
pub use runs::{FinishedRun, NewRun, ObjectionRow, RunFigures, RunId, RunKind, RunRow, RunStatus};
pub use school::School;
pub use sharing::{
    Calls, CourseOffered, CourseTaken, Lease, NewShare, Share, Stopped, Taken, WorkLeft, WorkPhase,
};
pub use store::{Access, DELIVERIES_KEPT, Store};
pub use taken_over::{ForeignMapping, OLD_MAPPINGS_QUERY, TakenOver, counting_mappings_query};
pub use time::Timestamp;
pub use tombstones::{Tombstone, TombstoneFilter, TombstoneKind};
pub use touched::LiveState;
