//! What student systems push by IMS Enterprise Services: sites, accounts, the objects of a site, and the message log.
//!
//! The way in is [`ims_read`](crate::Store::ims_read) for a call that reads and [`ims_batch`](crate::Store::ims_batch) for calls that write.
//!
//! Not here: any rule of the protocol, and any password; an object is a text that its owner understands, a password a hash.
//!
//! Invariant: a handle belongs to one site; no function of it can see or change another one.
//! Invariant: a call that writes is kept whole or undone whole, and so is each item of it.

mod accounts;
mod groups;
mod memberships;
mod messages;
mod persons;
mod teaching;
mod transaction;
mod versions;

pub use accounts::{AccountId, AccountRow, CallLimits, NewAccount, PasswordRow, SiteRow};
pub use groups::{CourseLeft, GroupContent, GroupKind, GroupRef, GroupRow, Standing};
pub use memberships::{MembershipContent, MembershipRef, MembershipRow};
pub use messages::{Counts, MessageFilter, MessageOutcome, MessageRow, NewMessage};
pub use persons::{PersonPage, PersonRef, PersonRow, Relatives};
pub use teaching::{Pushed, PushedKeys, Taught, Teaching};
pub use transaction::{Batch, ObjectKind, Reading, Readings, SiteId, Writing};
pub use versions::{Version, Versions};
