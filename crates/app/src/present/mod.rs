//! How answers look on a terminal. JSON is made where the answer is made.
//!
//! Not here: what is answered.

pub(crate) mod plan;
pub(crate) mod report;
pub(crate) mod run_log;
pub(crate) mod run_page;
pub(crate) mod table;
