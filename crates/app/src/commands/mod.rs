//! The commands: each file asks the crates for what it needs and answers in text or JSON.
//!
//! Not here: any decision about groups; that is `reconcile`.

pub(crate) mod approve;
pub(crate) mod check;
pub(crate) mod config;
pub(crate) mod demo;
pub(crate) mod explain;
pub(crate) mod import;
pub(crate) mod init;
pub(crate) mod map;
pub(crate) mod night;
pub(crate) mod pause;
pub(crate) mod runs;
pub(crate) mod simulate;
pub(crate) mod status;
