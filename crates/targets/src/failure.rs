//! How a call to a platform can fail, whatever the platform: the four kinds, and what may have been done meanwhile.
//!
//! Not here: the codes of a platform with their meanings (`moodle/errors.rs`, `itslearning/errors.rs`).

/// What kind of failure it is, and so what is done about it (facts/moodle-ws.md §12.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Somebody has to change a setting: the run stops.
    Configuration,
    /// It passes: wait and try again.
    Transient,
    /// One element is at fault: find it, and go on without it.
    Item,
    /// The answer makes no sense: nothing in it is trusted.
    Protocol,
}

/// What a writing call that failed may have done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Nothing: the platform said no, or never saw the request.
    Nothing,
    /// Perhaps all of it: the platform may go on after the answer was lost.
    Unknown,
}
