//! The commands: each file asks the crates for what it needs and answers in text or JSON.
//!
//! Not here: any decision about groups; that is `reconcile`.

pub(crate) mod account;
pub(crate) mod adopt;
pub(crate) mod approve;
pub(crate) mod check;
mod compare;
pub(crate) mod config;
pub(crate) mod demo;
pub(crate) mod explain;
mod focus;
pub(crate) mod forget;
pub(crate) mod import;
pub(crate) mod ims;
pub(crate) mod ims_call;
pub(crate) mod ims_lint;
pub(crate) mod init;
pub(crate) mod map;
mod map_doubts;
pub(crate) mod mend;
pub(crate) mod nagios;
pub(crate) mod night;
pub(crate) mod owners;
pub(crate) mod pause;
pub(crate) mod person;
pub(crate) mod repair;
pub(crate) mod retry;
pub(crate) mod runs;
pub(crate) mod serve;
pub(crate) mod simulate;
pub(crate) mod skip;
pub(crate) mod status;
pub(crate) mod support_bundle;
mod take_over;
pub(crate) mod undo;
pub(crate) mod work;
